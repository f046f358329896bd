//! `tidings join LINK`: follows an invite link. This version knows links to contacts.

use std::path::Path;

use clap::Args;
use tidings_api::{ContactAnswer, ContactRequest, ContactState};

use crate::context::Context;
use crate::failure::Failure;
use crate::{passphrase, printable};

/// Arguments of `join`.
#[derive(Debug, Args)]
pub(crate) struct JoinArguments {
    /// The link, - to read it from stdin
    pub(crate) link: String,
}

/// Follows the link.
///
/// # Errors
/// Those of the node: used, expired, not a link.
pub(crate) async fn run(context: &Context, arguments: &JoinArguments) -> Result<(), Failure> {
    let link = if arguments.link == "-" {
        passphrase::from_file(Path::new("-"))?.expose().to_owned()
    } else {
        arguments.link.clone()
    };
    let answer = context.client()?.post("/contacts", &ContactRequest { link: Some(link), handle: None }).await?;
    let made: ContactAnswer = answer.read()?;
    match made.state {
        ContactState::Requested => {
            context.output.note("Asked. You can write to this id now; messages wait until the other side has answered.")
        }
        ContactState::Accepted => context.output.note("You are contacts."),
        ContactState::Refused => {
            let why = made.contact.reason.as_deref().map(printable::line).unwrap_or_default();
            context.output.note(&format!("The other side has refused: {why}"));
        }
        ContactState::Blocked => context.output.note("You have blocked this person."),
    }
    context.output.resource(&answer.text, || printable::line(&made.contact.account))
}
