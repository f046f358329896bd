//! `tidings chat read`, `mute`, `timer`, `archive`, `receipts`, `typing`: a conversation as the account has it.

use std::time::Duration;

use clap::Args;
use tidings_api::{ArchiveRequest, Contact, MuteRequest, PrivacyPatchRequest, ReadRequest, ShownRequest, TimerRequest};

use crate::client::{Client, escaped};
use crate::context::Context;
use crate::duration_arg;
use crate::failure::Failure;
use crate::recipient::{self, Recipient};

/// Arguments of `chat read`.
#[derive(Debug, Args)]
pub(crate) struct ReadArguments {
    /// An alias, @handle, #group, an id, or the beginning of one of them
    to: String,
    /// The last message seen; everything, if absent
    #[arg(long, value_name = "UUID")]
    up_to: Option<String>,
}

/// Arguments of `chat mute`.
#[derive(Debug, Args)]
pub(crate) struct MuteArguments {
    /// An alias, @handle, #group, an id, or the beginning of one of them
    to: String,
    /// For how long, such as 8h; `off` ends it; until further notice, if absent
    #[arg(value_name = "TIME|off", value_parser = span_or_off)]
    time: Option<Span>,
}

/// Arguments of `chat timer`.
#[derive(Debug, Args)]
pub(crate) struct TimerArguments {
    /// An alias, @handle or id, or the beginning of one of them
    to: String,
    /// After how long new messages disappear, such as 7d; `off` lets them stay
    #[arg(value_name = "TIME|off", value_parser = span_or_off)]
    time: Span,
}

/// Arguments of `chat archive`.
#[derive(Debug, Args)]
pub(crate) struct ArchiveArguments {
    /// An alias, @handle, #group, an id, or the beginning of one of them
    to: String,
    /// Take it up again
    #[arg(long)]
    off: bool,
}

/// Arguments of `chat receipts` and `chat typing`.
#[derive(Debug, Args)]
pub(crate) struct ShownArguments {
    /// Whether others see it of you, and you of them
    #[arg(action = clap::ArgAction::Set, value_parser = on_or_off)]
    shown: bool,
    /// Only in this conversation: an alias, @handle, #group, or an id
    #[arg(long, value_name = "TO")]
    chat: Option<String>,
}

/// A span of time, or its end.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Span {
    /// No more.
    Off,
    /// So long.
    For(Duration),
}

fn span_or_off(text: &str) -> Result<Span, String> {
    if text == "off" { Ok(Span::Off) } else { duration_arg::parse(text).map(Span::For) }
}

fn on_or_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("on or off".to_owned()),
    }
}

/// `chat read`.
///
/// # Errors
/// Those of the node.
pub(crate) async fn read(context: &Context, arguments: ReadArguments) -> Result<(), Failure> {
    let client = context.client()?;
    let path = path(&client, &arguments.to, "read").await?;
    client.post(&path, &ReadRequest { up_to: arguments.up_to }).await.map(drop)
}

/// `chat mute`.
///
/// # Errors
/// Those of the node.
pub(crate) async fn mute(context: &Context, arguments: MuteArguments) -> Result<(), Failure> {
    let client = context.client()?;
    let path = path(&client, &arguments.to, "mute").await?;
    let request = match arguments.time {
        None => MuteRequest { muted: true, seconds: None },
        Some(Span::Off) => MuteRequest { muted: false, seconds: None },
        Some(Span::For(time)) => MuteRequest { muted: true, seconds: Some(time.as_secs()) },
    };
    client.put(&path, &request).await.map(drop)
}

/// `chat timer`.
///
/// # Errors
/// Those of the node.
pub(crate) async fn timer(context: &Context, arguments: TimerArguments) -> Result<(), Failure> {
    let client = context.client()?;
    let path = path(&client, &arguments.to, "timer").await?;
    let seconds = match arguments.time {
        Span::Off => 0,
        Span::For(time) => time.as_secs(),
    };
    client.put(&path, &TimerRequest { seconds }).await.map(drop)
}

/// `chat archive`.
///
/// # Errors
/// Those of the node.
pub(crate) async fn archive(context: &Context, arguments: ArchiveArguments) -> Result<(), Failure> {
    let client = context.client()?;
    let path = path(&client, &arguments.to, "archive").await?;
    client.put(&path, &ArchiveRequest { archived: !arguments.off }).await.map(drop)
}

/// `chat receipts`.
///
/// # Errors
/// Those of the node.
pub(crate) async fn receipts(context: &Context, arguments: ShownArguments) -> Result<(), Failure> {
    let everywhere = PrivacyPatchRequest { read_receipts: Some(arguments.shown), ..PrivacyPatchRequest::default() };
    show(context, arguments, &everywhere, "read-receipts").await
}

/// `chat typing`.
///
/// # Errors
/// Those of the node.
pub(crate) async fn typing(context: &Context, arguments: ShownArguments) -> Result<(), Failure> {
    let everywhere = PrivacyPatchRequest { typing_indicators: Some(arguments.shown), ..PrivacyPatchRequest::default() };
    show(context, arguments, &everywhere, "typing-indicators").await
}

async fn show(
    context: &Context,
    arguments: ShownArguments,
    everywhere: &PrivacyPatchRequest,
    what: &str,
) -> Result<(), Failure> {
    let client = context.client()?;
    let Some(to) = arguments.chat else {
        return client.patch("/me/settings", everywhere).await.map(drop);
    };
    let path = path(&client, &to, what).await?;
    client.put(&path, &ShownRequest { shown: Some(arguments.shown) }).await.map(drop)
}

/// The path of something of the conversation that is named.
async fn path(client: &Client, to: &str, what: &str) -> Result<String, Failure> {
    let id = match recipient::resolve(client, to).await? {
        Recipient::Group { id, .. } => id,
        Recipient::Person { account, .. } => {
            let contacts: Vec<Contact> = client.list("/contacts").await?.items()?;
            let known = contacts.into_iter().find(|contact| contact.account == account);
            known.and_then(|contact| contact.conversation).unwrap_or(account)
        }
    };
    Ok(format!("/chats/{}/{what}", escaped(&id)))
}
