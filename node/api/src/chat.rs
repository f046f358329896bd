//! Conversations and messages: `/chats`, `/chat/…`.
//!
//! A page of messages ([`crate::Page`]`<Message>`) holds the newest ones, newest last; its `next` goes back as
//! `before`. Not here: group sends (`group`).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Contact;

/// What kind of conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ChatKind {
    /// With one person.
    Direct,
    /// A group.
    Group,
}

/// A row of `GET /chats`, latest activity first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Chat {
    /// The conversation id; the contact's account id while no conversation exists yet.
    pub id: String,
    /// Direct or group.
    pub kind: ChatKind,
    /// The name to show.
    pub name: String,
    /// The other person, for a direct conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// The group's id for `/group/…`, for a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The last message; null when there is none.
    #[schema(required)]
    pub last_message: Option<Message>,
    /// How many messages of others came after the last one read.
    pub unread: u64,
    /// What was written and not sent; null when nothing.
    #[schema(required)]
    pub draft: Option<String>,
    /// The last activity.
    pub updated_at: String,
    /// False where the caller can no longer write, having left or been removed.
    pub active: bool,
    /// Until when it makes no noise; absent where it does. The year 9999 stands for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted_until: Option<String>,
    /// Whether it is put away.
    #[serde(default)]
    pub archived: bool,
    /// After how many seconds new messages disappear; 0 where they stay.
    #[serde(default)]
    pub timer_seconds: u64,
    /// Whether read receipts are exchanged here; absent where the account's setting holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_receipts: Option<bool>,
    /// Whether typing is shown here, both ways; absent where the account's setting holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typing_indicators: Option<bool>,
}

/// How far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DeliveryState {
    /// Will not arrive; `reason` says why.
    Failed,
    /// Durable here, waiting for another node.
    Queued,
    /// A node that hosts the recipient, or a mailbox, has it on disk.
    Sent,
    /// A device of the recipient has decrypted it.
    Delivered,
    /// The recipient has looked at it.
    Read,
}

/// How far a message has come with one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// The recipient.
    pub account: String,
    /// How far.
    pub state: DeliveryState,
    /// Since when.
    pub time: String,
    /// Why it waits or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When the node tries again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_try_at: Option<String>,
}

/// A message as its reader sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The id: the client's UUID where it gave one.
    pub id: String,
    /// The conversation; the recipient's account id while none exists yet.
    pub conversation: String,
    /// The sender's account id.
    pub sender: String,
    /// When its sender says it was sent.
    pub time: String,
    /// When this node got it; for own messages the same as `time`.
    pub received_at: String,
    /// The text; empty when deleted.
    pub text: String,
    /// Attached files.
    pub attachments: Vec<Attachment>,
    /// The id of the message it answers.
    #[schema(required)]
    pub reply_to: Option<String>,
    /// What is here of the message it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<Quote>,
    /// Whom the text mentions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Mention>,
    /// When it disappears.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Reactions, by emoji.
    pub reactions: Vec<Reaction>,
    /// When it was last edited.
    #[schema(required)]
    pub edited_at: Option<String>,
    /// True where its sender deleted it.
    pub deleted: bool,
    /// The least of `states`.
    pub state: DeliveryState,
    /// How far it has come with each recipient. Empty for messages of others.
    pub states: Vec<Delivery>,
    /// Why it waits or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When the node tries again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_try_at: Option<String>,
    /// True for the caller's own.
    #[serde(rename = "self")]
    pub is_self: bool,
}

/// A file attached to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// The file's id.
    pub file: String,
    /// What the sender says about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
}

/// The message that another answers, as it stands now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Quote {
    /// Who wrote it.
    pub sender: String,
    /// The beginning of its text; empty where it was deleted or has disappeared.
    pub text: String,
}

/// A stretch of a text that speaks of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Mention {
    /// The account.
    pub account: String,
    /// Where it begins, in characters (Unicode scalar values).
    pub start: u32,
    /// How many characters it has.
    pub length: u32,
}

/// One emoji and who chose it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// The accounts that chose it.
    pub accounts: Vec<String>,
}

/// `POST /chat/send`: a message to one person. 201 [`Message`], durable when answered; the same `id` again answers
/// the first message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SendRequest {
    /// Account id, handle or alias.
    pub to: String,
    /// The text, at most 64 KiB of UTF-8.
    pub text: String,
    /// The client's UUID, so that a retry is safe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The message it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// Files uploaded before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentRequest>,
    /// Whom the text mentions, by account id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Mention>,
}

/// A file to attach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AttachmentRequest {
    /// The file's id.
    pub file: String,
    /// What to say about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
}

/// `POST /chats/{id}/read`: everything up to a message was seen. 204.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadRequest {
    /// The last message seen; the newest, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<String>,
}

/// `PATCH /messages/{id}`: another text for an own message. 200 [`Message`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EditRequest {
    /// The text, at most 64 KiB of UTF-8.
    pub text: String,
    /// Whom the text mentions, by account id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Mention>,
}

/// `PUT /chats/{id}/draft`: what was written and not sent. 204.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DraftRequest {
    /// The text; empty to drop it.
    pub text: String,
}

/// `PUT /chats/{id}/mute`: no noise for a conversation. 204.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MuteRequest {
    /// Whether it is muted.
    pub muted: bool,
    /// For how long; until further notice, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
}

/// `PUT /chats/{id}/timer`: new messages disappear, for all, some time after they were sent. 204.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TimerRequest {
    /// After how many seconds, at most a year; 0 lets them stay.
    pub seconds: u64,
}

/// `PUT /chats/{id}/archive`: puts a conversation away. 204.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ArchiveRequest {
    /// Whether it is put away.
    pub archived: bool,
}

/// `PUT /chats/{id}/typing`: that the caller is typing, said again while it goes on, or no longer. 204, also where nobody is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TypingRequest {
    /// Whether the caller is.
    pub typing: bool,
}

/// `PUT /chats/{id}/read-receipts`, `PUT /chats/{id}/typing-indicators`: whether these are exchanged in a conversation. 204.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShownRequest {
    /// Whether; null for what the account's setting says.
    #[serde(default)]
    pub shown: Option<bool>,
}
