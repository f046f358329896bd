//! `tidings unlock`: opens the account with its passphrase.

use std::path::PathBuf;

use clap::Args;
use tidings_api::PasswordRequest;

use crate::context::Context;
use crate::failure::Failure;
use crate::passphrase;

/// Arguments of `unlock`.
#[derive(Debug, Args)]
pub(crate) struct UnlockArguments {
    /// A file with the passphrase, - for stdin; without it, a prompt
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// Unlocks the account.
///
/// # Errors
/// Those of the node; [`Failure::Usage`] without a passphrase.
pub(crate) async fn run(context: &Context, arguments: &UnlockArguments) -> Result<(), Failure> {
    let client = context.client()?;
    let password = passphrase::read(arguments.password_file.as_deref(), "Passphrase: ").await?;
    client.post("/me/unlock", &PasswordRequest { password }).await?;
    context.output.note("Unlocked.");
    Ok(())
}
