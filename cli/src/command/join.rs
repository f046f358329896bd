//! `tidings join LINK`: follows an invite link of any kind. What it leads to stands in the link.

use std::path::Path;

use clap::Args;
use tidings_api::{ContactAnswer, ContactRequest, ContactState, GroupJoin, JoinRequest, JoinState};

use crate::client::Client;
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
/// Those of the node: used, expired, not a link. [`Failure::Usage`] for a link that makes an account.
pub(crate) async fn run(context: &Context, arguments: &JoinArguments) -> Result<(), Failure> {
    let link = text(arguments)?;
    match mark(&link) {
        Some('a') => Err(Failure::Usage(
            "this link makes an account on the node that it names: tidings signup NAME --invite-file FILE".to_owned(),
        )),
        Some('g') => into_group(context, &context.client()?, link).await,
        Some(_) | None => to_contact(context, &context.client()?, link).await,
    }
}

/// Follows a link to a contact, and no other.
///
/// # Errors
/// Those of the node.
pub(super) async fn contact(context: &Context, arguments: &JoinArguments) -> Result<(), Failure> {
    to_contact(context, &context.client()?, text(arguments)?).await
}

fn text(arguments: &JoinArguments) -> Result<String, Failure> {
    if arguments.link == "-" {
        return Ok(passphrase::from_file(Path::new("-"))?.expose().to_owned());
    }
    Ok(arguments.link.clone())
}

/// The letter that says what a link leads to; the node judges the rest.
fn mark(link: &str) -> Option<char> {
    let (_, content) = link.split_once('#')?;
    let (mark, _) = content.split_once('.')?;
    let mut letters = mark.chars();
    letters.next().filter(|_| mark.len() > 1 && letters.all(|letter| letter.is_ascii_digit()))
}

async fn into_group(context: &Context, client: &Client, link: String) -> Result<(), Failure> {
    let answer = client.post("/groups/join", &JoinRequest { link }).await?;
    let join: GroupJoin = answer.read()?;
    match join.state {
        JoinState::Requested => context.output.note(
            "Asked. The group is in `tidings group list` once you are in; if you are refused, the list says why.",
        ),
        JoinState::Joined => context.output.note("You are in."),
        JoinState::Refused => {
            let why = join.reason.as_deref().map(printable::line).unwrap_or_default();
            context.output.note(&format!("You were not let in: {why}"));
        }
    }
    context.output.resource(&answer.text, || printable::line(&join.group))
}

async fn to_contact(context: &Context, client: &Client, link: String) -> Result<(), Failure> {
    let answer = client.post("/contacts", &ContactRequest { link: Some(link), handle: None }).await?;
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

#[cfg(test)]
mod tests {
    use super::mark;

    #[test]
    fn the_mark_of_a_link_says_what_it_leads_to() {
        for (link, expected) in [
            ("https://x/i#v1.abc", Some('v')),
            ("https://x/i#g1.abc", Some('g')),
            ("https://x/i#g2.abc", Some('g')),
            ("https://x/i#a1.abc", Some('a')),
            ("https://x/i#about.abc", None),
            ("https://x/i#.abc", None),
            ("https://x/i#g.abc", None),
            ("https://x/i", None),
            ("", None),
        ] {
            assert_eq!(mark(link), expected, "{link}");
        }
    }
}
