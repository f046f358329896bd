//! Events: one JSON object a frame on the WebSocket `/events`, or one a line of server-sent events.
//!
//! At least once: `since` replays. A cursor older than what is kept yields [`EventBody::Gap`] first; the client then
//! loads its lists anew.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Contact, Delivery, DeliveryState, Group, GroupJoin, GroupPetition, GroupSuccessor, Message, Request, Role,
};

/// The version of the envelope.
pub const EVENT_VERSION: u8 = 1;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The envelope's version, [`EVENT_VERSION`].
    pub v: u8,
    /// Where it stands in the account's row of events; goes back as `since`.
    pub cursor: String,
    /// When.
    pub time: String,
    /// The conversation it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// True for what the caller did.
    #[serde(rename = "self", default, skip_serializing_if = "std::ops::Not::not")]
    pub is_self: bool,
    /// True for what passes: it is not kept, comes once or never, and its cursor is that of the event before it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub transient: bool,
    /// `type` and `payload`.
    #[serde(flatten)]
    pub body: EventBody,
}

/// What happened: the fields `type` and `payload` of an [`Event`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", content = "payload")]
pub enum EventBody {
    /// A message, own or of others.
    #[serde(rename = "message.new")]
    MessageNew(Box<Message>),
    /// A message of the caller has come further.
    #[serde(rename = "message.state")]
    MessageState(MessageState),
    /// A message has another text.
    #[serde(rename = "message.edited")]
    MessageEdited(Box<Message>),
    /// A message was taken back, or has disappeared.
    #[serde(rename = "message.deleted")]
    MessageDeleted(MessageDeleted),
    /// A reaction was put on a message or taken back.
    #[serde(rename = "reaction")]
    Reaction(ReactionChange),
    /// A contact is writing a message, or no longer; transient.
    #[serde(rename = "typing")]
    Typing(Typing),
    /// New messages of a conversation disappear after another time.
    #[serde(rename = "chat.timer")]
    ChatTimer(ChatTimer),
    /// Somebody asks to be let into a group.
    #[serde(rename = "request.new")]
    RequestNew(Request),
    /// A contact is accepted, by either side.
    #[serde(rename = "request.accepted")]
    RequestAccepted(Contact),
    /// Whoever made a link into a group which the caller follows does not let them in.
    #[serde(rename = "request.refused")]
    RequestRefused(GroupJoin),
    /// A group the caller made or was added to.
    #[serde(rename = "group.created")]
    GroupCreated(Group),
    /// Members of a group have changed: joined, left, removed.
    #[serde(rename = "group.member")]
    GroupMember(GroupMember),
    /// A member's role has changed.
    #[serde(rename = "group.role")]
    GroupRole(GroupRole),
    /// Name or settings of a group have changed.
    #[serde(rename = "group.settings")]
    GroupSettings(Group),
    /// A member has signed that another shall own a group whose owners are gone.
    #[serde(rename = "group.petition")]
    GroupPetition(GroupPetition),
    /// A group that has come to a halt has a successor, or goes on there for the caller.
    #[serde(rename = "group.successor")]
    GroupSuccessor(GroupSuccessor),
    /// The caller is no longer in a group.
    #[serde(rename = "group.removed")]
    GroupRemoved(GroupRemoved),
    /// A contact's node is connected.
    #[serde(rename = "contact.online")]
    ContactOnline(ContactPresence),
    /// A contact's node is no longer connected.
    #[serde(rename = "contact.offline")]
    ContactOffline(ContactPresence),
    /// First on each stream: the account is served.
    #[serde(rename = "node.ready")]
    NodeReady(NodeReady),
    /// Another node came or went.
    #[serde(rename = "node.peer")]
    NodePeer(NodePeer),
    /// Events before this one are no longer kept: load the lists anew.
    #[serde(rename = "gap")]
    Gap(Gap),
}

impl EventBody {
    /// The event's `type`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::MessageNew(_) => "message.new",
            Self::MessageState(_) => "message.state",
            Self::MessageEdited(_) => "message.edited",
            Self::MessageDeleted(_) => "message.deleted",
            Self::Reaction(_) => "reaction",
            Self::Typing(_) => "typing",
            Self::ChatTimer(_) => "chat.timer",
            Self::RequestNew(_) => "request.new",
            Self::RequestAccepted(_) => "request.accepted",
            Self::RequestRefused(_) => "request.refused",
            Self::GroupCreated(_) => "group.created",
            Self::GroupMember(_) => "group.member",
            Self::GroupRole(_) => "group.role",
            Self::GroupSettings(_) => "group.settings",
            Self::GroupPetition(_) => "group.petition",
            Self::GroupSuccessor(_) => "group.successor",
            Self::GroupRemoved(_) => "group.removed",
            Self::ContactOnline(_) => "contact.online",
            Self::ContactOffline(_) => "contact.offline",
            Self::NodeReady(_) => "node.ready",
            Self::NodePeer(_) => "node.peer",
            Self::Gap(_) => "gap",
        }
    }
}

/// Payload of `message.state`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageState {
    /// The message.
    pub id: String,
    /// Its conversation.
    pub conversation: String,
    /// The least of `states`.
    pub state: DeliveryState,
    /// How far it has come with each recipient.
    pub states: Vec<Delivery>,
    /// Why it waits or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When the node tries again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_try_at: Option<String>,
}

/// Payload of `message.deleted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageDeleted {
    /// The message.
    pub id: String,
    /// Its conversation; empty where it waited for one.
    pub conversation: String,
    /// Who took it back; absent where its time was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// Payload of `reaction`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReactionChange {
    /// The message.
    pub id: String,
    /// Its conversation.
    pub conversation: String,
    /// Who.
    pub account: String,
    /// What.
    pub emoji: String,
    /// Whether it stands now.
    pub chosen: bool,
}

/// Payload of `typing`. While it goes on it comes again every few seconds; whoever is not heard of for ten is no longer typing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Typing {
    /// The conversation.
    pub conversation: String,
    /// Who.
    pub account: String,
    /// Whether they are.
    pub typing: bool,
}

/// Payload of `chat.timer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatTimer {
    /// The conversation.
    pub conversation: String,
    /// After how many seconds new messages disappear; 0 where they stay.
    pub timer_seconds: u64,
    /// Who set it.
    pub by: String,
}

/// What a member did or had done to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum MemberChange {
    /// Is in now.
    Joined,
    /// To be added as soon as the node can be reached.
    Invited,
    /// Went.
    Left,
    /// Was removed.
    Removed,
}

/// Payload of `group.member`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupMember {
    /// The group.
    pub group: String,
    /// Whose membership.
    pub account: String,
    /// What happened.
    pub change: MemberChange,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The epoch after it.
    pub epoch: u64,
}

/// Payload of `group.role`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupRole {
    /// The group.
    pub group: String,
    /// Whose role.
    pub account: String,
    /// The role now.
    pub role: Role,
    /// Who changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// Payload of `group.removed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupRemoved {
    /// The group.
    pub group: String,
    /// Who removed the caller; absent where the caller left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// Payload of `contact.online` and `contact.offline`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContactPresence {
    /// The contact.
    pub account: String,
}

/// Payload of `node.ready`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeReady {
    /// The node's peer id.
    pub peer_id: String,
    /// The node's version.
    pub version: String,
}

/// Payload of `node.peer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePeer {
    /// The other node.
    pub peer_id: String,
    /// Whether it is connected now.
    pub connected: bool,
}

/// Payload of `gap`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Gap {
    /// The oldest cursor that is still kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<String>,
}

/// `GET /events?since=CURSOR`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventQuery {
    /// The cursor of the last event seen; without it, events from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Only these types, separated by commas; `gap` always comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub types: Option<String>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn an_event_is_flat_and_its_type_stands_beside_its_payload() {
        let event = Event {
            v: EVENT_VERSION,
            cursor: "7".into(),
            time: "2026-11-24T02:00:00Z".into(),
            conversation: None,
            is_self: false,
            transient: false,
            body: EventBody::NodeReady(NodeReady { peer_id: "12D3".into(), version: "0.1.0".into() }),
        };
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "v": 1, "cursor": "7", "time": "2026-11-24T02:00:00Z", "type": "node.ready",
                "payload": {"peerId": "12D3", "version": "0.1.0"},
            })
        );
        assert_eq!(serde_json::from_value::<Event>(json).unwrap(), event);
    }
}
