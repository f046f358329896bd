//! `tidings invite`: links by which others become contacts, join a group, or get an account on this node.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use tidings_api::{Invite, InviteKind, InviteRequest};

use crate::client::{Client, escaped};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::table;
use crate::{duration_arg, printable};

/// Subcommands of `invite`.
#[derive(Debug, Subcommand)]
pub(crate) enum InviteCommand {
    /// Make a link: one use within 24 hours, unless said otherwise
    Create(CreateArguments),
    /// List the invites that still count
    List,
    /// Take an invite back
    Revoke {
        /// The invite's id, from `invite list`
        id: String,
    },
}

/// Arguments of `invite create`.
#[derive(Debug, Args)]
pub(crate) struct CreateArguments {
    /// What the link gives
    #[arg(long, value_enum, default_value_t = Kind::Contact)]
    kind: Kind,
    /// Make a link into this group instead
    #[arg(long, value_name = "GROUP", conflicts_with = "kind")]
    group: Option<String>,
    /// Ask me about each who follows the link into the group
    #[arg(long, requires = "group")]
    approval: bool,
    #[command(flatten)]
    link: LinkArguments,
}

/// Arguments of `group invite`.
#[derive(Debug, Args)]
pub(crate) struct GroupInviteArguments {
    /// The group
    group: String,
    /// Ask me about each who follows the link
    #[arg(long)]
    approval: bool,
    #[command(flatten)]
    link: LinkArguments,
}

/// What can be said of every link.
#[derive(Debug, Args)]
pub(crate) struct LinkArguments {
    /// How often it can be used
    #[arg(long, default_value_t = 1)]
    uses: u32,
    /// How long it counts, such as 12h or 7d
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = duration_arg::parse)]
    expires: Duration,
    /// A note for yourself
    #[arg(long)]
    note: Option<String>,
    /// Show the link as a QR code too, on stderr
    #[arg(long)]
    qr: bool,
}

/// What an invite gives.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    /// To become your contact
    Contact,
    /// To make an account on this node
    Account,
}

/// Carries out an `invite` command.
///
/// # Errors
/// Those of the node.
pub(crate) async fn run(context: &Context, command: InviteCommand) -> Result<(), Failure> {
    match command {
        InviteCommand::Create(arguments) => create(context, arguments).await,
        InviteCommand::List => list(context).await,
        InviteCommand::Revoke { id } => {
            context.client()?.delete(&format!("/invites/{}", escaped(&id))).await?;
            Ok(())
        }
    }
}

async fn create(context: &Context, arguments: CreateArguments) -> Result<(), Failure> {
    let kind = match (&arguments.group, arguments.kind) {
        (Some(group), _) => return into_group(context, group, arguments.approval, arguments.link).await,
        (None, Kind::Contact) => InviteKind::Contact,
        (None, Kind::Account) => InviteKind::Account,
    };
    made(context, &context.client()?, InviteRequest::new(kind), arguments.link).await
}

/// Makes a link into a group: `group invite`, and `invite create --group`.
///
/// # Errors
/// Those of the node.
pub(super) async fn group(context: &Context, arguments: GroupInviteArguments) -> Result<(), Failure> {
    into_group(context, &arguments.group, arguments.approval, arguments.link).await
}

async fn into_group(context: &Context, group: &str, approval: bool, link: LinkArguments) -> Result<(), Failure> {
    let client = context.client()?;
    let group = Some(super::group::group_id(&client, group).await?);
    let request = InviteRequest { group, approval, ..InviteRequest::new(InviteKind::Group) };
    made(context, &client, request, link).await
}

async fn made(context: &Context, client: &Client, request: InviteRequest, link: LinkArguments) -> Result<(), Failure> {
    let LinkArguments { uses, expires, note, qr: shows_qr } = link;
    let request = InviteRequest { uses, expires_in_seconds: expires.as_secs(), note, ..request };
    let answer = client.post("/invites", &request).await?;
    let invite: Invite = answer.read()?;
    let link = invite.link.as_deref().map(printable::line).unwrap_or_default();
    if shows_qr {
        context.output.note(&qr(&link, context.has_colours())?);
    }
    let until = printable::time(&invite.expires_at);
    context.output.note(&match invite.approval {
        None => format!("Give this link to one person you trust. It counts until {until}."),
        Some(false) => format!("Whoever has this link gets into the group. It counts until {until}."),
        Some(true) => {
            format!("Whoever follows this link asks you: `tidings request list` shows who. It counts until {until}.")
        }
    });
    context.output.resource(&answer.text, || link)
}

/// The link as a QR code in half blocks. Filled is light, as it must be on a dark terminal; with colours it is right on every one.
fn qr(link: &str, colours: bool) -> Result<String, Failure> {
    let code = QrCode::new(link).map_err(|_| Failure::Answer("the link does not fit into a QR code".to_owned()))?;
    let drawn = code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
    let line = |line: &str| if colours { format!("\x1b[97;40m{line}\x1b[0m") } else { line.to_owned() };
    Ok(drawn.lines().map(line).collect::<Vec<_>>().join("\n"))
}

async fn list(context: &Context) -> Result<(), Failure> {
    let listed = context.client()?.list("/invites").await?;
    let invites: Vec<Invite> = listed.items()?;
    context.output.value(listed.page(), || {
        let heading = ["ID", "KIND", "USED", "EXPIRES", "NOTE"].map(str::to_owned).to_vec();
        let row = |invite: &Invite| {
            let kind = match invite.kind {
                InviteKind::Contact => "contact",
                InviteKind::Group => "group",
                InviteKind::Account => "account",
            };
            let note = invite.note.as_deref().map(printable::line).unwrap_or_default();
            vec![
                invite.id.clone(),
                kind.to_owned(),
                format!("{} of {}", invite.used, invite.uses),
                printable::time(&invite.expires_at),
                note,
            ]
        };
        if invites.is_empty() {
            String::new()
        } else {
            table(&std::iter::once(heading).chain(invites.iter().map(row)).collect::<Vec<_>>())
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_longest_link_fits_into_a_qr_code() {
        let code = qr(&format!("https://community.example/i#v1.{}", "A".repeat(199)), false).unwrap();
        let widths: Vec<usize> = code.lines().map(|line| line.chars().count()).collect();
        assert!(widths.iter().all(|width| Some(width) == widths.first() && *width <= 80), "{widths:?}");
        assert!(code.starts_with("██"), "the margin is light");
    }
}
