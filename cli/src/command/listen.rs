//! `tidings listen`: events as they happen, one a line; or a command run for each.

use std::collections::BTreeMap;
use std::process::Stdio;

use clap::Args;
use tidings_api::event::MemberChange;
use tidings_api::{Contact, Event, EventBody, Group, GroupSuccessor};
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;

use super::chat::who;
use super::send::state_name;
use crate::client::{Client, EventLines};
use crate::context::Context;
use crate::failure::Failure;
use crate::printable;

/// Arguments of `listen`.
#[derive(Debug, Args)]
pub(crate) struct ListenArguments {
    /// Only these types, separated by commas, such as message.new,message.state
    #[arg(long)]
    types: Option<String>,
    /// Replay what came after this cursor
    #[arg(long, value_name = "CURSOR")]
    since: Option<String>,
    /// Run this shell command for each event, with the event's JSON on its stdin
    #[arg(long, value_name = "CMD")]
    exec: Option<String>,
    /// End after this many events
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    once: Option<u64>,
}

/// Listens until the node stops, `--once` events have come, or `--timeout` is over.
///
/// # Errors
/// [`Failure::Timeout`] where fewer than `--once` events came in time; [`Failure::Partial`] where commands failed.
pub(crate) async fn run(context: &Context, arguments: ListenArguments) -> Result<(), Failure> {
    // `--timeout` is for listening here, not for the request.
    let client = Client { timeout: None, ..context.client()? };
    let events = client.events(arguments.since.as_deref(), arguments.types.as_deref()).await?;
    context.output.note("Listening.");
    let once = arguments.once;
    let mut listener = Listener { context, client, arguments, names: Names::default(), seen: 0, failed: 0 };
    let Some(time) = context.request_time() else { return listener.listen(events).await };
    match tokio::time::timeout_at(Instant::now() + time, listener.listen(events)).await {
        Ok(done) => done,
        Err(_) if once.is_none() => listener.outcome(),
        Err(_) => Err(Failure::Timeout(format!(
            "{} of {} events within {} ms",
            listener.seen,
            once.unwrap_or_default(),
            time.as_millis()
        ))),
    }
}

struct Listener<'a> {
    context: &'a Context,
    client: Client,
    arguments: ListenArguments,
    names: Names,
    seen: usize,
    failed: usize,
}

impl Listener<'_> {
    async fn listen(&mut self, mut events: EventLines) -> Result<(), Failure> {
        loop {
            let received = events.next().await?;
            // The greeting is no news: it is printed to those who take all types, and counts for nobody.
            let greets = matches!(received.event.body, EventBody::NodeReady(_));
            if greets && self.arguments.types.as_deref().is_some_and(|types| !types.contains("node.ready")) {
                continue;
            }
            match &self.arguments.exec {
                Some(_) if greets => {}
                Some(command) => {
                    self.failed += usize::from(!carried_out(command, &received.event, &received.json).await?)
                }
                None if self.context.output.json => self.context.output.line(&received.json)?,
                None => {
                    if !self.names.know(&received.event) {
                        self.names = Names::load(&self.client).await?;
                    }
                    if let Some(line) = text(&received.event, &self.names) {
                        self.context.output.line(&line)?;
                    }
                }
            }
            self.seen += usize::from(!greets);
            if self.arguments.once.is_some_and(|once| u64::try_from(self.seen).is_ok_and(|seen| seen >= once)) {
                return self.outcome();
            }
        }
    }

    fn outcome(&self) -> Result<(), Failure> {
        if self.failed == 0 { Ok(()) } else { Err(Failure::Partial { failed: self.failed, all: self.seen }) }
    }
}

/// Runs the command for one event; whether it ended well.
async fn carried_out(command: &str, event: &Event, json: &str) -> Result<bool, Failure> {
    let failed = |error| Failure::File { action: "run", what: command.to_owned(), error };
    let mut shell = tokio::process::Command::new("sh");
    shell.args(["-c", command]).env("TIDINGS_EVENT_TYPE", event.body.name()).stdin(Stdio::piped()).kill_on_drop(true);
    let mut child = shell.spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take()
        && let Err(error) = stdin.write_all(format!("{json}\n").as_bytes()).await
    {
        // A command need not read its input.
        tracing::debug!("the command did not read the event: {error}");
    }
    Ok(child.wait().await.map_err(failed)?.success())
}

/// What to call people and groups, by id.
#[derive(Default)]
struct Names {
    people: BTreeMap<String, String>,
    conversations: BTreeMap<String, String>,
}

impl Names {
    async fn load(client: &Client) -> Result<Self, Failure> {
        let (mut people, mut conversations) = (BTreeMap::new(), BTreeMap::new());
        let groups: Vec<Group> = client.list("/groups").await?.items()?;
        for group in groups {
            conversations.insert(group.id, format!("#{}", group.name));
            people.extend(group.members.into_iter().map(|member| (member.account, member.display_name)));
        }
        let contacts: Vec<Contact> = client.list("/contacts").await?.items()?;
        for contact in contacts {
            conversations.extend(contact.conversation.map(|id| (id, format!("@{}", contact.display_name))));
            people.insert(contact.account, contact.display_name);
        }
        Ok(Self { people, conversations })
    }

    fn know(&self, event: &Event) -> bool {
        let place = event.conversation.as_ref().is_none_or(|id| self.conversations.contains_key(id));
        let sender = match &event.body {
            EventBody::MessageNew(message) | EventBody::MessageEdited(message) => {
                message.is_self || self.people.contains_key(&message.sender)
            }
            EventBody::GroupMember(change) => self.people.contains_key(&change.account),
            EventBody::ContactOnline(contact) | EventBody::ContactOffline(contact) => {
                self.people.contains_key(&contact.account)
            }
            EventBody::Reaction(reaction) => self.people.contains_key(&reaction.account),
            EventBody::Typing(typing) => self.people.contains_key(&typing.account),
            EventBody::MessageState(_)
            | EventBody::MessageDeleted(_)
            | EventBody::ChatTimer(_)
            | EventBody::RequestNew(_)
            | EventBody::RequestAccepted(_)
            | EventBody::RequestRefused(_)
            | EventBody::GroupCreated(_)
            | EventBody::GroupRole(_)
            | EventBody::GroupSettings(_)
            | EventBody::GroupPetition(_)
            | EventBody::GroupSuccessor(_)
            | EventBody::GroupRemoved(_)
            | EventBody::NodeReady(_)
            | EventBody::NodePeer(_)
            | EventBody::Gap(_) => true,
        };
        place && sender
    }

    fn person(&self, account: &str) -> String {
        printable::line(self.people.get(account).map_or(account, String::as_str))
    }

    fn place(&self, id: &str) -> String {
        printable::line(self.conversations.get(id).map_or(id, String::as_str))
    }
}

fn succession(news: &GroupSuccessor, names: &Names) -> String {
    let (group, successor) = (names.place(&news.group), names.place(&news.successor));
    match &news.account {
        Some(account) => format!("{group}  {} has opened a successor: {successor}", names.person(account)),
        None => format!("{group}  goes on in {successor}"),
    }
}

/// The event in one line for people; `None` for what says nothing to them.
fn text(event: &Event, names: &Names) -> Option<String> {
    let what = match &event.body {
        EventBody::MessageNew(message) => {
            format!(
                "{}  {}: {}",
                names.place(&message.conversation),
                who(message, &names.people),
                printable::block(&message.text, 2)
            )
        }
        EventBody::MessageState(news) => {
            format!("{}  {} is {}", names.place(&news.conversation), printable::line(&news.id), state_name(news.state))
        }
        EventBody::MessageEdited(message) => {
            let text = printable::block(&message.text, 2);
            format!("{}  {} says now: {text}", names.place(&message.conversation), who(message, &names.people))
        }
        EventBody::MessageDeleted(gone) => {
            format!("{}  {} is gone", names.place(&gone.conversation), printable::line(&gone.id))
        }
        EventBody::Reaction(reaction) => {
            let (who, emoji) = (names.person(&reaction.account), printable::line(&reaction.emoji));
            let did = if reaction.chosen { "reacts with" } else { "takes back" };
            format!("{}  {who} {did} {emoji}", names.place(&reaction.conversation))
        }
        EventBody::Typing(typing) => {
            let does = if typing.typing { "is typing" } else { "is no longer typing" };
            format!("{}  {} {does}", names.place(&typing.conversation), names.person(&typing.account))
        }
        EventBody::ChatTimer(timer) => match timer.timer_seconds {
            0 => format!("{}  new messages stay", names.place(&timer.conversation)),
            seconds => format!("{}  new messages disappear after {seconds} s", names.place(&timer.conversation)),
        },
        EventBody::RequestNew(request) => {
            format!("{}  {} asks to be let in", names.place(&request.group), printable::line(&request.display_name))
        }
        EventBody::RequestRefused(join) => {
            let why = join.reason.as_deref().map(printable::line).unwrap_or_default();
            format!("{}  you were not let in: {why}", printable::line(&join.group))
        }
        EventBody::RequestAccepted(contact) => format!("{} is a contact", printable::line(&contact.display_name)),
        EventBody::GroupCreated(group) => format!("#{}  is a group you are in", printable::line(&group.name)),
        EventBody::GroupMember(change) => {
            let (place, who) = (names.place(&change.group), names.person(&change.account));
            format!("{place}  {who} {}", became(change.change))
        }
        EventBody::GroupRole(change) => {
            format!("{}  {} has another role", names.place(&change.group), names.person(&change.account))
        }
        EventBody::GroupSettings(group) => format!("#{}  has other settings", printable::line(&group.name)),
        EventBody::GroupPetition(signed) => format!(
            "{}  {} wants {} to own the group: {} of {} who are needed",
            names.place(&signed.group),
            names.person(&signed.account),
            names.person(&signed.owner),
            signed.signed,
            signed.needed
        ),
        EventBody::GroupSuccessor(news) => succession(news, names),
        EventBody::GroupRemoved(removed) => format!("{}  you are no longer in it", names.place(&removed.group)),
        EventBody::ContactOnline(contact) => format!("{} is online", names.person(&contact.account)),
        EventBody::ContactOffline(contact) => format!("{} is offline", names.person(&contact.account)),
        EventBody::Gap(_) => "some events are no longer kept: read the lists anew".to_owned(),
        EventBody::NodeReady(_) | EventBody::NodePeer(_) => return None,
    };
    Some(format!("{}  {what}", printable::time(&event.time)))
}

const fn became(change: MemberChange) -> &'static str {
    match change {
        MemberChange::Joined => "is in",
        MemberChange::Invited => "is invited",
        MemberChange::Left => "has left",
        MemberChange::Removed => "was removed",
    }
}
