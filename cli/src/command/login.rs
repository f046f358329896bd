//! `tidings login`: opens the account, and a session for use over TCP.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use tidings_api::{LoginRequest, Secret, SessionAnswer};

use crate::client::Place;
use crate::context::Context;
use crate::failure::Failure;
use crate::{passphrase, printable};

/// Arguments of `login`.
#[derive(Debug, Args)]
pub(crate) struct LoginArguments {
    /// The login name or e-mail address; --account without it
    name: Option<String>,
    /// A file with the passphrase, - for stdin; without it, a prompt
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// Logs in. The token goes into `--token-file`; over TCP without one, to stdout.
///
/// # Errors
/// Those of the node; [`Failure::Usage`] without a name or passphrase.
pub(crate) async fn run(context: &Context, arguments: LoginArguments) -> Result<(), Failure> {
    let name = arguments.name.or_else(|| context.global.account.clone());
    let login = name.ok_or_else(|| Failure::Usage("say who: tidings login NAME".to_owned()))?;
    let client = context.visitor()?;
    let password = passphrase::read(arguments.password_file.as_deref(), "Passphrase: ").await?;
    let answer = client.post("/auth/login", &LoginRequest { login, password }).await?;
    let session: SessionAnswer = answer.read()?;
    let handle = printable::line(&session.account.handle);
    if let Some(path) = &context.global.token_file {
        keep(path, &session.access_token)?;
        context.output.note(&format!(
            "The token is in {} and counts {} s.",
            path.display(),
            session.expires_in_seconds
        ));
        return context.output.resource(&answer.text, || handle);
    }
    let over_socket = matches!(client.place, Place::Socket(_));
    context
        .output
        .resource(&answer.text, || if over_socket { handle } else { session.access_token.expose().to_owned() })
}

/// Puts the token where only its owner reads it, in one step, so that nobody reads half of it.
fn keep(path: &Path, token: &Secret) -> Result<(), Failure> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let failed = |error| Failure::File { action: "write", what: path.display().to_string(), error };
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft).map_err(failed)?;
    writeln!(file, "{}", token.expose()).map_err(failed)?;
    std::fs::rename(&draft, path).map_err(failed)
}
