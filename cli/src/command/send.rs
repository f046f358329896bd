//! `tidings send TO TEXT`: a message to a person or a group.
//!
//! Exit 0 means durable on this node, or the state asked for by `--wait`. Each message carries its id from the start, so that a node which is
//! busy is asked again without a second message coming of it.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgGroup, Args, ValueEnum};
use tidings_api::{DeliveryState, ErrorCode, EventBody, GroupSendRequest, Message, SendRequest, TEXT_BYTES_MAX};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::client::{Answer, Client, EventLines};
use crate::context::Context;
use crate::failure::Failure;
use crate::recipient::{self, Recipient};

/// How long to wait for a state, or for a busy node, where `--timeout` says nothing.
const WAIT_TIME: Duration = Duration::from_secs(30);

/// Arguments of `send`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("source").required(true).args(["text", "file", "lines"])))]
pub(crate) struct SendArguments {
    /// An alias, @handle, #group, an id, or the beginning of one of them
    to: String,
    /// The text
    text: Option<String>,
    /// A file with the text, - for stdin
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Send each line of stdin as a message of its own
    #[arg(long, conflicts_with = "id")]
    lines: bool,
    /// The message's id, a UUID: sent again with the same id, it is the same message
    #[arg(long, value_name = "UUID")]
    id: Option<String>,
    /// The message it answers, by its id
    #[arg(long, value_name = "UUID", conflicts_with = "lines")]
    reply: Option<String>,
    /// Wait until the message has come this far
    #[arg(long, value_enum, default_value_t = Wait::Queued)]
    wait: Wait,
}

/// How far to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Wait {
    /// Durable on this node
    Queued,
    /// On the disk of the recipient's node
    Sent,
    /// Decrypted by a device of the recipient; in a group, of all
    Delivered,
    /// Looked at by the recipient, who lets that be seen; in a group, by all
    Read,
}

impl Wait {
    fn state(self) -> DeliveryState {
        match self {
            Self::Queued => DeliveryState::Queued,
            Self::Sent => DeliveryState::Sent,
            Self::Delivered => DeliveryState::Delivered,
            Self::Read => DeliveryState::Read,
        }
    }
}

/// Sends.
///
/// # Errors
/// Those of the node; [`Failure::Timeout`] where `--wait` waits in vain.
pub(crate) async fn run(context: &Context, arguments: SendArguments) -> Result<(), Failure> {
    let text = match (&arguments.text, &arguments.file) {
        (Some(text), _) => Some(text.clone()),
        (None, Some(path)) => Some(text_of(path)?),
        (None, None) => None,
    };
    let client = context.client()?;
    let to = recipient::resolve(&client, &arguments.to).await?;
    let time = context.request_time().unwrap_or(WAIT_TIME);
    let mut sender = Sender { client, to, reply: arguments.reply, wait: arguments.wait, time, events: None };
    match text {
        Some(text) => {
            let sent = sender.send(text, arguments.id).await?;
            show(context, &sent)
        }
        None => each_line(context, &mut sender).await,
    }
}

async fn each_line(context: &Context, sender: &mut Sender) -> Result<(), Failure> {
    let (ahead, mut lines) = mpsc::channel(1);
    tokio::task::spawn_blocking(move || {
        for line in io::stdin().lock().lines() {
            let line = line.map_err(|error| Failure::File { action: "read", what: "stdin".to_owned(), error });
            if ahead.blocking_send(line).is_err() {
                return;
            }
        }
    });
    while let Some(line) = lines.recv().await {
        let line = line?;
        if !line.trim().is_empty() {
            let sent = sender.send(line, None).await?;
            show(context, &sent)?;
        }
    }
    Ok(())
}

fn show(context: &Context, sent: &(Answer, Message)) -> Result<(), Failure> {
    let (answer, message) = sent;
    context.output.resource(&answer.text, || format!("{}  {}", message.id, state_name(message.state)))
}

/// A state as the API writes it.
pub(super) fn state_name(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Failed => "failed",
        DeliveryState::Queued => "queued",
        DeliveryState::Sent => "sent",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Read => "read",
    }
}

/// Sends messages to one recipient.
struct Sender {
    client: Client,
    to: Recipient,
    reply: Option<String>,
    wait: Wait,
    time: Duration,
    events: Option<EventLines>,
}

impl Sender {
    async fn send(&mut self, text: String, id: Option<String>) -> Result<(Answer, Message), Failure> {
        let deadline = Instant::now() + self.time;
        if self.wait != Wait::Queued && self.events.is_none() {
            // Before the message is there, so that no step of it is missed.
            self.events = Some(self.client.events(None, Some("message.state")).await?);
        }
        let id = id.map_or_else(random_uuid, Ok)?;
        let answer = self.post(text, id, deadline).await?;
        let mut message: Message = answer.read()?;
        match tokio::time::timeout_at(deadline, self.come_to(answer, &mut message)).await {
            Ok(answer) => Ok((answer?, message)),
            Err(_) => {
                let why = message.reason.map(|why| format!(" ({why})")).unwrap_or_default();
                Err(Failure::Timeout(format!(
                    "not {} within {} ms{why}; the message is safe and the node goes on",
                    state_name(self.wait.state()),
                    self.time.as_millis()
                )))
            }
        }
    }

    /// Hands the message to the node, again where the node asks for it.
    async fn post(&self, text: String, id: String, deadline: Instant) -> Result<Answer, Failure> {
        loop {
            let (text, id, reply_to) = (text.clone(), Some(id.clone()), self.reply.clone());
            let (attachments, mentions) = (Vec::new(), Vec::new());
            let answer = match &self.to {
                Recipient::Person { account, .. } => {
                    let request = SendRequest { to: account.clone(), text, id, reply_to, attachments, mentions };
                    self.client.post("/chat/send", &request).await
                }
                Recipient::Group { id: group, .. } => {
                    let group = group.clone();
                    let request = GroupSendRequest { group, text, id, reply_to, attachments, mentions };
                    self.client.post("/group/send", &request).await
                }
            };
            let pause = match &answer {
                Err(Failure::Problem(problem)) if problem.code == ErrorCode::Busy => {
                    Duration::from_secs(problem.retry_after_seconds.unwrap_or(1))
                }
                Ok(_) | Err(_) => return answer,
            };
            if Instant::now() + pause > deadline {
                return answer;
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Waits until the message has come as far as was asked for.
    async fn come_to(&mut self, answer: Answer, message: &mut Message) -> Result<Answer, Failure> {
        let wanted = self.wait.state();
        let mut moved = false;
        while message.state < wanted {
            if message.state == DeliveryState::Failed {
                let why = message.reason.take().unwrap_or_else(|| "the node gave no reason".to_owned());
                return Err(Failure::problem(
                    ErrorCode::PeerUnreachable,
                    format!("the message will not arrive: {why}"),
                ));
            }
            let Some(events) = &mut self.events else { break };
            if let EventBody::MessageState(news) = events.next().await?.event.body
                && news.id == message.id
            {
                (message.state, message.states, message.reason, message.next_try_at) =
                    (news.state, news.states, news.reason, news.next_try_at);
                moved = true;
            }
        }
        let text = if moved {
            serde_json::to_string(message).map_err(|error| Failure::Answer(error.to_string()))?
        } else {
            answer.text
        };
        Ok(Answer { text })
    }
}

/// The text in a file or on stdin, without the end of its last line.
pub(super) fn text_of(path: &Path) -> Result<String, Failure> {
    let failed = |error| Failure::File { action: "read", what: path.display().to_string(), error };
    let limit = u64::try_from(TEXT_BYTES_MAX + 3).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        File::open(path).map_err(failed)?.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    }
    text_in(bytes)
}

fn text_in(mut bytes: Vec<u8>) -> Result<String, Failure> {
    if bytes.ends_with(b"\n") {
        bytes.pop();
        if bytes.ends_with(b"\r") {
            bytes.pop();
        }
    }
    if bytes.len() > TEXT_BYTES_MAX {
        return Err(Failure::problem(ErrorCode::TooLarge, format!("the text has more than {TEXT_BYTES_MAX} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| Failure::Usage("the text is not UTF-8".to_owned()))
}

/// A random UUID (RFC 9562 §5.4).
fn random_uuid() -> Result<String, Failure> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)
        .map_err(|_| Failure::Node { exit: 1, text: "the system gives no random numbers".to_owned() })?;
    let value = (u128::from_be_bytes(bytes) & !(0xf << 76) & !(0b11 << 62)) | (0x4 << 76) | (0b10 << 62);
    let hex = format!("{value:032x}");
    let parts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)].map(|(from, to)| hex.get(from..to).unwrap_or_default());
    Ok(parts.join("-"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_random_id_is_a_uuid_of_version_4() {
        let (one, two) = (random_uuid().unwrap(), random_uuid().unwrap());
        assert_ne!(one, two);
        for id in [one, two] {
            let lengths: Vec<usize> = id.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
            assert_eq!(id.chars().nth(14), Some('4'), "{id}");
            assert!(matches!(id.chars().nth(19), Some('8' | '9' | 'a' | 'b')), "{id}");
        }
    }

    #[test]
    fn the_end_of_the_last_line_is_no_part_of_the_text() {
        assert_eq!(text_in(b"a\nb\r\n".to_vec()).unwrap(), "a\nb");
        assert_eq!(text_in(b"a\n\n".to_vec()).unwrap(), "a\n");
        assert_eq!(text_in(vec![b'x'; TEXT_BYTES_MAX]).unwrap().len(), TEXT_BYTES_MAX);
    }

    #[test]
    fn a_text_over_the_limit_or_no_text_is_refused() {
        assert_eq!(text_in(vec![b'x'; TEXT_BYTES_MAX + 1]).unwrap_err().exit_code(), 2);
        assert_eq!(text_in(vec![0xff]).unwrap_err().exit_code(), 2);
    }
}
