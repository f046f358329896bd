//! `tidings chat`: conversations and what was said in them.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use tidings_api::{Chat, ChatKind, Contact, DeliveryState, Group, Message, Page};

use super::chat_settings::{self, ArchiveArguments, MuteArguments, ReadArguments, ShownArguments, TimerArguments};
use super::send::state_name;
use crate::client::{Client, escaped};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::table;
use crate::printable;
use crate::recipient::{self, Recipient};

/// How much of a last message a list shows.
const PREVIEW_CHARACTERS: usize = 40;

/// Subcommands of `chat`.
#[derive(Debug, Subcommand)]
pub(crate) enum ChatCommand {
    /// List the conversations, latest activity first
    List,
    /// Print messages of one conversation, newest last
    History(HistoryArguments),
    /// Say that messages were seen
    Read(ReadArguments),
    /// Make no noise for a conversation
    Mute(MuteArguments),
    /// Let new messages disappear after some time, for both sides
    Timer(TimerArguments),
    /// Put a conversation away
    Archive(ArchiveArguments),
    /// Let others see what you have read, and see what they have: on or off
    Receipts(ShownArguments),
    /// Let contacts see that you are typing, and see it of them: on or off
    Typing(ShownArguments),
}

/// Arguments of `chat history`.
#[derive(Debug, Args)]
pub(crate) struct HistoryArguments {
    /// An alias, @handle, #group, an id, or the beginning of one of them
    to: String,
    /// How many messages, at most 200
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=200))]
    limit: u16,
    /// Only what came before: `next` of an earlier page
    #[arg(long, value_name = "CURSOR")]
    before: Option<String>,
}

/// Carries out a `chat` command.
///
/// # Errors
/// Those of the node.
pub(crate) async fn run(context: &Context, command: ChatCommand) -> Result<(), Failure> {
    match command {
        ChatCommand::List => list(context).await,
        ChatCommand::History(arguments) => history(context, &arguments).await,
        ChatCommand::Read(arguments) => chat_settings::read(context, arguments).await,
        ChatCommand::Mute(arguments) => chat_settings::mute(context, arguments).await,
        ChatCommand::Timer(arguments) => chat_settings::timer(context, arguments).await,
        ChatCommand::Archive(arguments) => chat_settings::archive(context, arguments).await,
        ChatCommand::Receipts(arguments) => chat_settings::receipts(context, arguments).await,
        ChatCommand::Typing(arguments) => chat_settings::typing(context, arguments).await,
    }
}

async fn list(context: &Context) -> Result<(), Failure> {
    let listed = context.client()?.list("/chats").await?;
    let chats: Vec<Chat> = listed.items()?;
    context.output.value(listed.page(), || {
        let heading = ["NAME", "UNREAD", "LAST", "MESSAGE"].map(str::to_owned).to_vec();
        if chats.is_empty() {
            String::new()
        } else {
            table(&std::iter::once(heading).chain(chats.iter().map(row)).collect::<Vec<_>>())
        }
    })
}

fn row(chat: &Chat) -> Vec<String> {
    let mark = match chat.kind {
        ChatKind::Direct => "@",
        ChatKind::Group => "#",
    };
    let unread = if chat.unread == 0 { String::new() } else { chat.unread.to_string() };
    let last = chat.last_message.as_ref().map(|message| preview(&message.text)).unwrap_or_default();
    vec![format!("{mark}{}", printable::line(&chat.name)), unread, printable::time(&chat.updated_at), last]
}

async fn history(context: &Context, arguments: &HistoryArguments) -> Result<(), Failure> {
    let client = context.client()?;
    let to = recipient::resolve(&client, &arguments.to).await?;
    let path = match &to {
        Recipient::Person { account, .. } => format!("/chat/{}", escaped(account)),
        Recipient::Group { id, .. } => format!("/group/{}/messages", escaped(id)),
    };
    let before = arguments.before.as_deref().map(|before| format!("&before={}", escaped(before))).unwrap_or_default();
    let answer = client.get(&format!("{path}?limit={}{before}", arguments.limit)).await?;
    let page: Page<Message> = answer.read()?;
    let names = if context.output.json { BTreeMap::new() } else { names(&client, &to).await? };
    if let (Some(next), false) = (&page.next, context.output.json) {
        context.output.note(&format!("There is more: --before {}", printable::line(next)));
    }
    context.output.resource(&answer.text, || {
        page.items.iter().map(|message| line(message, &names)).collect::<Vec<_>>().join("\n")
    })
}

/// What to call the people of a conversation, by account id.
pub(super) async fn names(client: &Client, to: &Recipient) -> Result<BTreeMap<String, String>, Failure> {
    match to {
        Recipient::Person { account, name } => Ok(BTreeMap::from([(account.clone(), name.clone())])),
        Recipient::Group { id, .. } => {
            let group: Group = client.get(&format!("/group/{}", escaped(id))).await?.read()?;
            let members = group.members.into_iter().map(|member| (member.account, member.display_name));
            let contacts: Vec<Contact> = client.list("/contacts").await?.items()?;
            let contacts = contacts.into_iter().map(|contact| (contact.account, contact.display_name));
            Ok(members.chain(contacts).collect())
        }
    }
}

fn line(message: &Message, names: &BTreeMap<String, String>) -> String {
    let who = who(message, names);
    let state = if message.is_self { format!("  [{}]", progress(message)) } else { String::new() };
    let text = if message.deleted { "(deleted)".to_owned() } else { printable::block(&message.text, 2) };
    let edited = if message.edited_at.is_some() { " (edited)" } else { "" };
    let answers = message.quoted.as_ref().map(|quoted| format!("> {}\n  ", preview(&quoted.text))).unwrap_or_default();
    let reactions: String = message
        .reactions
        .iter()
        .map(|reaction| format!("  {} {}", printable::line(&reaction.emoji), reaction.accounts.len()))
        .collect();
    format!("{}  {who}: {answers}{text}{edited}{state}{reactions}", printable::time(&message.time))
}

/// How far an own message has come; why, where it waits for more than its recipient.
fn progress(message: &Message) -> String {
    let waits = matches!(message.state, DeliveryState::Queued | DeliveryState::Failed);
    let reason = message.reason.as_deref().filter(|_| waits).map(|reason| format!(": {}", printable::line(reason)));
    format!("{}{}", state_name(message.state), reason.unwrap_or_default())
}

fn preview(text: &str) -> String {
    printable::line(text).chars().take(PREVIEW_CHARACTERS).collect()
}

/// The sender's name, `you` for oneself.
pub(super) fn who(message: &Message, names: &BTreeMap<String, String>) -> String {
    if message.is_self {
        "you".to_owned()
    } else {
        printable::line(names.get(&message.sender).unwrap_or(&message.sender))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_api::{Quote, Reaction};

    fn message(text: &str, is_self: bool) -> Message {
        Message {
            id: "1".to_owned(),
            conversation: "cnv1".to_owned(),
            sender: "acc1bob".to_owned(),
            time: "2026-11-24T03:15:09Z".to_owned(),
            received_at: String::new(),
            text: text.to_owned(),
            attachments: Vec::new(),
            reply_to: None,
            quoted: None,
            mentions: Vec::new(),
            expires_at: None,
            reactions: Vec::new(),
            edited_at: None,
            deleted: false,
            state: DeliveryState::Sent,
            states: Vec::new(),
            reason: None,
            next_try_at: None,
            is_self,
        }
    }

    #[test]
    fn a_message_shows_when_who_what_and_how_far() {
        let names = BTreeMap::from([("acc1bob".to_owned(), "Bob\x1b[2J".to_owned())]);
        assert_eq!(line(&message("hi\nthere", false), &names), "2026-11-24 03:15  Bob\u{fffd}[2J: hi\n  there");
        assert_eq!(line(&message("hi", true), &names), "2026-11-24 03:15  you: hi  [sent]");
        assert_eq!(line(&message("hi", false), &BTreeMap::new()), "2026-11-24 03:15  acc1bob: hi");
    }

    #[test]
    fn a_message_shows_what_it_answers_its_reactions_and_why_it_waits() {
        let mut waits = message("yes", true);
        waits.state = DeliveryState::Queued;
        waits.reason = Some("their node cannot be reached".to_owned());
        waits.quoted = Some(Quote { sender: String::new(), text: "tea?".to_owned() });
        waits.reactions = vec![Reaction { emoji: "👍".to_owned(), accounts: vec![String::new(); 2] }];
        let shown = "2026-11-24 03:15  you: > tea?\n  yes  [queued: their node cannot be reached]  👍 2";
        assert_eq!(line(&waits, &BTreeMap::new()), shown);
    }
}
