//! `tidings message`: what can be done to one message, which is named by its id.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use tidings_api::{EditRequest, Message};

use super::send::{state_name, text_of};
use crate::client::escaped;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::table;
use crate::printable;

/// Subcommands of `message`.
#[derive(Debug, Subcommand)]
pub(crate) enum MessageCommand {
    /// Give a message of yours another text, for all
    Edit(EditArguments),
    /// Take a message of yours back, for all; others may have copies all the same
    Delete(MessageArguments),
    /// Put a reaction on a message
    React(ReactArguments),
    /// Show how far a message has come with each recipient, and why it waits
    Info(MessageArguments),
    /// Try again at once what waits or has failed
    Retry(MessageArguments),
    /// Give up a message of yours that nobody has yet
    Cancel(MessageArguments),
}

/// Names a message.
#[derive(Debug, Args)]
pub(crate) struct MessageArguments {
    /// The message's id
    id: String,
}

/// Arguments of `message edit`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("source").required(true).args(["text", "file"])))]
pub(crate) struct EditArguments {
    /// The message's id
    id: String,
    /// The text
    text: Option<String>,
    /// A file with the text, - for stdin
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Arguments of `message react`.
#[derive(Debug, Args)]
pub(crate) struct ReactArguments {
    /// The message's id
    id: String,
    /// One emoji
    emoji: String,
    /// Take the reaction back
    #[arg(long)]
    remove: bool,
}

/// Carries out a `message` command.
///
/// # Errors
/// Those of the node.
pub(crate) async fn run(context: &Context, command: MessageCommand) -> Result<(), Failure> {
    match command {
        MessageCommand::Edit(arguments) => edit(context, arguments).await,
        MessageCommand::Delete(arguments) => context.client()?.delete(&path(&arguments.id)).await.map(drop),
        MessageCommand::React(arguments) => react(context, &arguments).await,
        MessageCommand::Info(arguments) => show_states(context, &arguments.id).await,
        MessageCommand::Retry(arguments) => retry(context, &arguments.id).await,
        MessageCommand::Cancel(arguments) => {
            context.client()?.post_empty(&format!("{}/cancel", path(&arguments.id))).await.map(drop)
        }
    }
}

fn path(id: &str) -> String {
    format!("/messages/{}", escaped(id))
}

async fn edit(context: &Context, arguments: EditArguments) -> Result<(), Failure> {
    let text = match (arguments.text, &arguments.file) {
        (Some(text), _) => text,
        (None, Some(file)) => text_of(file)?,
        (None, None) => String::new(),
    };
    let request = EditRequest { text, mentions: Vec::new() };
    let answer = context.client()?.patch(&path(&arguments.id), &request).await?;
    let message: Message = answer.read()?;
    context.output.resource(&answer.text, || format!("{}  edited", message.id))
}

async fn react(context: &Context, arguments: &ReactArguments) -> Result<(), Failure> {
    let client = context.client()?;
    let path = format!("{}/reactions/{}", path(&arguments.id), escaped(&arguments.emoji));
    if arguments.remove { client.delete(&path).await.map(drop) } else { client.put_empty(&path).await.map(drop) }
}

async fn retry(context: &Context, id: &str) -> Result<(), Failure> {
    let answer = context.client()?.post_empty(&format!("{}/retry", path(id))).await?;
    let message: Message = answer.read()?;
    context.output.resource(&answer.text, || format!("{}  {}", message.id, state_name(message.state)))
}

async fn show_states(context: &Context, id: &str) -> Result<(), Failure> {
    let answer = context.client()?.get(&path(id)).await?;
    let message: Message = answer.read()?;
    context.output.resource(&answer.text, || described(&message))
}

/// A message for people: what is known of it, then one line a recipient.
fn described(message: &Message) -> String {
    let time = |text: &Option<String>| text.as_deref().map(printable::time).unwrap_or_default();
    let mut lines = vec![
        vec!["id".to_owned(), message.id.clone()],
        vec!["sent".to_owned(), printable::time(&message.time)],
        vec!["received".to_owned(), printable::time(&message.received_at)],
    ];
    let optional =
        [("edited", &message.edited_at), ("disappears", &message.expires_at), ("answers", &message.reply_to)];
    for (name, value) in optional.into_iter().filter(|(_, value)| value.is_some()) {
        let value = if name == "answers" { value.clone().unwrap_or_default() } else { time(value) };
        lines.push(vec![name.to_owned(), value]);
    }
    let mut text = table(&lines);
    if !message.states.is_empty() {
        let heading = ["ACCOUNT", "STATE", "SINCE", "WHY", "NEXT TRY"].map(str::to_owned).to_vec();
        let row = |one: &tidings_api::Delivery| {
            let why = one.reason.as_deref().map(printable::line).unwrap_or_default();
            vec![
                one.account.clone(),
                state_name(one.state).to_owned(),
                printable::time(&one.time),
                why,
                time(&one.next_try_at),
            ]
        };
        let rows: Vec<_> = std::iter::once(heading).chain(message.states.iter().map(row)).collect();
        text = format!("{}\n\n{}", text.trim_end_matches('\n'), table(&rows));
    }
    text
}
