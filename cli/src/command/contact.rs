//! `tidings contact`: people the account can write to.

use clap::Subcommand;
use tidings_api::{Contact, ContactState};

use super::join::{self, JoinArguments};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::table;
use crate::printable;

/// Subcommands of `contact`.
#[derive(Debug, Subcommand)]
pub(crate) enum ContactCommand {
    /// Follow an invite link to a contact
    Add(JoinArguments),
    /// List the contacts
    List,
}

/// Carries out a `contact` command.
///
/// # Errors
/// Those of the node.
pub(crate) async fn run(context: &Context, command: ContactCommand) -> Result<(), Failure> {
    match command {
        ContactCommand::Add(arguments) => join::contact(context, &arguments).await,
        ContactCommand::List => list(context).await,
    }
}

async fn list(context: &Context) -> Result<(), Failure> {
    let listed = context.client()?.list("/contacts").await?;
    let contacts: Vec<Contact> = listed.items()?;
    context.output.value(listed.page(), || {
        let heading = ["NAME", "STATE", "ONLINE", "HANDLE", "ACCOUNT", "REASON"].map(str::to_owned).to_vec();
        if contacts.is_empty() {
            String::new()
        } else {
            table(&std::iter::once(heading).chain(contacts.iter().map(row)).collect::<Vec<_>>())
        }
    })
}

fn row(contact: &Contact) -> Vec<String> {
    let state = match contact.state {
        ContactState::Requested => "requested",
        ContactState::Accepted => "accepted",
        ContactState::Refused => "refused",
        ContactState::Blocked => "blocked",
    };
    let online = match contact.online {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    };
    let name =
        if contact.display_name == contact.account { String::new() } else { printable::line(&contact.display_name) };
    let reason = contact.reason.as_deref().map(printable::line).unwrap_or_default();
    vec![name, state.to_owned(), online.to_owned(), printable::line(&contact.handle), contact.account.clone(), reason]
}
