//! `tidings signup NAME`: an account on the node.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use tidings_api::{Secret, SignupAnswer, SignupRequest};

use crate::context::Context;
use crate::failure::Failure;
use crate::{passphrase, printable};

/// Arguments of `signup`.
#[derive(Debug, Args)]
pub(crate) struct SignupArguments {
    /// The name to log in with: 3 to 32 of a-z 0-9 . _ -
    name: String,
    /// An e-mail address to log in with
    #[arg(long)]
    email: Option<String>,
    /// The name other people see
    #[arg(long, value_name = "NAME")]
    display_name: Option<String>,
    /// A file with the new passphrase, - for stdin; without it, a prompt
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// A file with an invite for an account, - for stdin
    #[arg(long, value_name = "FILE")]
    invite_file: Option<PathBuf>,
    /// Write the recovery key to this new file and not to stdout
    #[arg(long, value_name = "FILE")]
    recovery_out: Option<PathBuf>,
}

/// Makes the account and prints its id and recovery key.
///
/// # Errors
/// Those of the node; [`Failure::Usage`] without a passphrase.
pub(crate) async fn run(context: &Context, arguments: SignupArguments) -> Result<(), Failure> {
    let dash = Some(Path::new("-"));
    if arguments.password_file.as_deref() == dash && arguments.invite_file.as_deref() == dash {
        return Err(Failure::Usage("only one of --password-file and --invite-file can be stdin".to_owned()));
    }
    let client = context.visitor()?;
    let invite = arguments.invite_file.as_deref().map(passphrase::from_file).transpose()?;
    let password = passphrase::read_new(arguments.password_file.as_deref()).await?;
    let kept = arguments.recovery_out.as_deref().map(RecoveryFile::open).transpose()?;
    let SignupArguments { name, email, display_name, .. } = arguments;
    let answer = client.post("/auth/signup", &SignupRequest { name, password, email, display_name, invite }).await?;
    let made: SignupAnswer = answer.read()?;
    if let Some(file) = kept {
        file.keep(&made.recovery_key)?;
        context.output.note("The recovery key is in the file. Whoever has it is the account: keep it off line.");
    } else if !context.output.json {
        context.output.note("Write down the recovery key. Whoever has it is the account, and without it a forgotten passphrase is final.");
    }
    let account = &made.account;
    context.output.resource(&answer.text, || {
        let mut text = format!("account       {}\nhandle        {}", account.id, printable::line(&account.handle));
        if arguments.recovery_out.is_none() {
            text.push_str(&format!("\nrecovery key  {}", made.recovery_key.expose()));
        }
        text
    })
}

/// A new private file, opened before the account is made, so that no key is lost to a bad path.
struct RecoveryFile(std::fs::File, PathBuf);

impl RecoveryFile {
    fn open(path: &Path) -> Result<Self, Failure> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        file.map(|file| Self(file, path.to_path_buf())).map_err(|error| Failure::File {
            action: "create",
            what: path.display().to_string(),
            error,
        })
    }

    fn keep(mut self, key: &Secret) -> Result<(), Failure> {
        let written = writeln!(self.0, "{}", key.expose()).and_then(|()| self.0.sync_all());
        written.map_err(|error| Failure::File { action: "write", what: self.1.display().to_string(), error })
    }
}
