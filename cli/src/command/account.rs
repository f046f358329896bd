//! `tidings account mailbox`: nodes that keep messages for the account while its own node is off.

use clap::{Args, Subcommand};
use tidings_api::{Mailbox, MailboxRequest, MailboxState};

use crate::client::escaped;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::table;
use crate::printable;

/// Subcommands of `account`.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Nodes that keep messages while yours is off
    #[command(subcommand)]
    Mailbox(MailboxCommand),
}

/// Subcommands of `account mailbox`.
#[derive(Debug, Subcommand)]
pub(crate) enum MailboxCommand {
    /// Name a mailbox
    Add(AddArguments),
    /// List your mailboxes
    List,
    /// Give a mailbox up
    Remove {
        /// Its multiaddr or its peer id
        mailbox: String,
    },
}

/// Arguments of `account mailbox add`.
#[derive(Debug, Args)]
pub(crate) struct AddArguments {
    /// Where it is, with /p2p/ and its peer id at the end
    multiaddr: String,
    /// What its operator gave you
    #[arg(long, value_name = "TOKEN")]
    voucher: Option<String>,
}

/// Carries out an `account` command.
///
/// # Errors
/// Those of the node.
pub(crate) async fn run(context: &Context, command: AccountCommand) -> Result<(), Failure> {
    match command {
        AccountCommand::Mailbox(MailboxCommand::Add(arguments)) => add(context, arguments).await,
        AccountCommand::Mailbox(MailboxCommand::List) => list(context).await,
        AccountCommand::Mailbox(MailboxCommand::Remove { mailbox }) => {
            let peer_id = mailbox.rsplit_once("/p2p/").map_or(mailbox.as_str(), |(_, peer_id)| peer_id);
            context.client()?.delete(&format!("/me/mailboxes/{}", escaped(peer_id))).await?;
            Ok(())
        }
    }
}

async fn add(context: &Context, arguments: AddArguments) -> Result<(), Failure> {
    let request = MailboxRequest { address: arguments.multiaddr, voucher: arguments.voucher };
    let answer = context.client()?.post("/me/mailboxes", &request).await?;
    let mailbox: Mailbox = answer.read()?;
    context.output.note("It counts once it has answered: see `tidings account mailbox list`.");
    context.output.resource(&answer.text, || printable::line(&mailbox.peer_id))
}

async fn list(context: &Context) -> Result<(), Failure> {
    let listed = context.client()?.list("/me/mailboxes").await?;
    let mailboxes: Vec<Mailbox> = listed.items()?;
    context.output.value(listed.page(), || {
        if mailboxes.is_empty() {
            return String::new();
        }
        let heading = ["PEER ID", "STATE", "KEPT", "AT MOST", "ADDRESS"].map(str::to_owned).to_vec();
        table(&std::iter::once(heading).chain(mailboxes.iter().map(row)).collect::<Vec<_>>())
    })
}

fn row(mailbox: &Mailbox) -> Vec<String> {
    let state = match mailbox.state {
        MailboxState::Waiting => "waiting".to_owned(),
        MailboxState::Registered => "registered".to_owned(),
        MailboxState::Refused => {
            format!("refused: {}", mailbox.reason.as_deref().map(printable::line).unwrap_or_default())
        }
    };
    vec![
        printable::line(&mailbox.peer_id),
        state,
        mebibytes(mailbox.used_bytes),
        mebibytes(mailbox.quota_bytes),
        mailbox.addresses.first().map(|address| printable::line(address)).unwrap_or_default(),
    ]
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1024 * 1024))
}
