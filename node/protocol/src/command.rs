//! What people and programs on this node can ask for, and what they get back.

use tidings_crypto::id::{AccountId, ConversationId, NodeId};
use tidings_crypto::invite::InviteLink;

use crate::account::policy::{AddRule, JoinRule, PostRule, RecoveryRule, Role};
use crate::record::chat::Shown;
use crate::record::contact::ContactRecord;
use crate::record::invite::GroupInvite;
use crate::record::join::JoinRecord;
use crate::record::mailbox::OwnMailboxRecord;
use crate::record::message::MessageRecord;
use crate::store::write_set::WriteSet;
use crate::wire::content::{Mention, MessageRef};

/// Everything the shell made for a new account, before the core knows it.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The login name, already normalised.
    pub name: String,
    /// What others see.
    pub display_name: String,
    /// For password resets; may be absent.
    pub email: Option<String>,
    /// The sealed vault header.
    pub vault: Vec<u8>,
    /// The new identity log: genesis, device, home.
    pub identity_log: Vec<u8>,
    /// Seed of the device key.
    pub device_seed: zeroize::Zeroizing<[u8; 32]>,
    /// Seed of the box key.
    pub box_seed: zeroize::Zeroizing<[u8; 32]>,
    /// Whether it is the node's first account.
    pub owner: bool,
}

/// To whom a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    /// A contact: the direct conversation with them.
    Account(AccountId),
    /// A conversation.
    Conversation(ConversationId),
}

/// A text that may answer another message or mention people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// To whom.
    pub to: Recipient,
    /// The text.
    pub text: String,
    /// The client's id: the same id again returns the first message.
    pub client_id: [u8; 16],
    /// The message of the same conversation that it answers.
    pub reply_to: Option<MessageRef>,
    /// Whom it mentions.
    pub mentions: Vec<Mention>,
}

/// What can be done to messages, and to a conversation as one has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChatAct {
    /// Send a text that answers another, or mentions somebody. Plain texts go with [`Command::Send`].
    Write(NewMessage),
    /// Give an own message another text.
    Edit {
        /// Where.
        conversation: ConversationId,
        /// Which.
        message: MessageRef,
        /// The text.
        text: String,
        /// Whom it mentions.
        mentions: Vec<Mention>,
    },
    /// Take a message back, for all.
    Delete {
        /// Where.
        conversation: ConversationId,
        /// Which.
        message: MessageRef,
    },
    /// Put a reaction on a message, or take it back.
    React {
        /// Where.
        conversation: ConversationId,
        /// On which.
        message: MessageRef,
        /// What.
        emoji: String,
        /// Whether it shall stand.
        chosen: bool,
    },
    /// Say that everything up to a message was seen.
    Read {
        /// Where.
        conversation: ConversationId,
        /// The last message seen; the newest, if absent.
        up_to: Option<MessageRef>,
    },
    /// Let new messages of a direct conversation disappear some time after they were sent.
    SetTimer {
        /// Where.
        conversation: ConversationId,
        /// After how long; 0 lets them stay.
        milliseconds: u64,
    },
    /// Keep what was written and not sent.
    SetDraft {
        /// A conversation.
        conversation: ConversationId,
        /// The text; empty for none.
        text: String,
    },
    /// Make no noise for a conversation.
    Mute {
        /// Which.
        conversation: ConversationId,
        /// Until when, unix milliseconds; 0 ends it.
        until: u64,
    },
    /// Put a conversation away, or take it up again.
    Archive {
        /// Which.
        conversation: ConversationId,
        /// Whether it is put away.
        archived: bool,
    },
    /// Say that one is typing, or no longer. Said where it may be seen, and dropped elsewhere.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// Whether one is.
        typing: bool,
    },
    /// Show others something of what one does, and see it of them, or not.
    Show {
        /// What.
        what: Shown,
        /// Where; everywhere, if absent.
        conversation: Option<ConversationId>,
        /// Whether; `None` for what holds everywhere.
        shown: Option<bool>,
    },
    /// Try again at once what waits or has failed.
    Retry {
        /// An own message, by its client id.
        id: [u8; 16],
    },
    /// Give up an own message that nobody has yet.
    Cancel {
        /// By its client id.
        id: [u8; 16],
    },
}

/// What shall be other in a group; what is not given stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupChange {
    /// Its name.
    pub name: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// How long messages are kept, in seconds; 0 is for ever.
    pub disappearing_seconds: Option<u32>,
    /// Who may add people.
    pub add: Option<AddRule>,
    /// Who may write.
    pub post: Option<PostRule>,
    /// How somebody may ask to be let in.
    pub join: Option<JoinRule>,
    /// Whether a petition may make an owner.
    pub recovery: Option<RecoveryRule>,
}

/// What there is to do about links into groups.
#[derive(Debug, Clone)]
pub enum JoinAct {
    /// Follow one.
    Follow(InviteLink),
    /// Let somebody in who asks by a link of this account.
    Accept {
        /// Which group.
        conversation: ConversationId,
        /// Who asks.
        who: AccountId,
    },
    /// Turn them away.
    Decline {
        /// Which group.
        conversation: ConversationId,
        /// Who asks.
        who: AccountId,
    },
}

/// What one can say where all who ran a group are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecoverAct {
    /// That this member shall own it.
    Sign(AccountId),
    /// Nothing any more.
    Withdraw,
}

/// One wish.
#[derive(Debug, Clone)]
pub enum Command {
    /// Store a new account; its data key is in the store already.
    CreateAccount(NewAccount),
    /// Make an invite by which others become contacts, or get into a group.
    CreateInvite {
        /// Whose.
        account: AccountId,
        /// How often it may be used.
        uses: u32,
        /// How long it holds, in seconds.
        lifetime_seconds: u32,
        /// A note for oneself.
        note: String,
        /// Where this node can be reached: binary multiaddrs, at most three.
        addresses: Vec<Vec<u8>>,
        /// The group that it leads into, if any.
        group: Option<GroupInvite>,
    },
    /// Take an invite back.
    RevokeInvite {
        /// Whose.
        account: AccountId,
        /// Which.
        invite: [u8; 16],
    },
    /// Follow an invite link.
    AddContact {
        /// Who follows it.
        account: AccountId,
        /// The link.
        link: InviteLink,
    },
    /// Follow a link into a group, or say something about those who follow one.
    Join {
        /// Who.
        account: AccountId,
        /// What.
        act: JoinAct,
    },
    /// Send a text.
    Send {
        /// Who.
        account: AccountId,
        /// To whom.
        to: Recipient,
        /// The text.
        text: String,
        /// The client's id: the same id again returns the first message.
        client_id: [u8; 16],
    },
    /// Found a group.
    CreateGroup {
        /// Who.
        account: AccountId,
        /// Its name.
        name: String,
        /// What it is about.
        description: String,
        /// Contacts to add.
        members: Vec<AccountId>,
    },
    /// Add a contact to a group.
    AddMember {
        /// Who.
        account: AccountId,
        /// Where.
        conversation: ConversationId,
        /// Whom.
        member: AccountId,
    },
    /// Remove a member from a group.
    RemoveMember {
        /// Who.
        account: AccountId,
        /// Where.
        conversation: ConversationId,
        /// Whom.
        member: AccountId,
    },
    /// Ban somebody from a group, which removes them if they are in, or lift the ban.
    Ban {
        /// Who.
        account: AccountId,
        /// Where.
        conversation: ConversationId,
        /// Whom.
        who: AccountId,
        /// Whether they shall be banned.
        banned: bool,
    },
    /// Leave a group.
    Leave {
        /// Who.
        account: AccountId,
        /// Which.
        conversation: ConversationId,
    },
    /// Make somebody owner in one's own place, and leave.
    HandOver {
        /// Who.
        account: AccountId,
        /// Which group.
        conversation: ConversationId,
        /// To whom.
        successor: AccountId,
    },
    /// Give a member of a group another role.
    SetRole {
        /// Who.
        account: AccountId,
        /// Where.
        conversation: ConversationId,
        /// To whom.
        member: AccountId,
        /// Which.
        role: Role,
    },
    /// Change what a group is called and how it works.
    SetGroup {
        /// Who.
        account: AccountId,
        /// Which.
        conversation: ConversationId,
        /// What.
        change: GroupChange,
    },
    /// Say who shall own a group whose owners and admins are gone.
    Recover {
        /// Who says it.
        account: AccountId,
        /// Which group.
        conversation: ConversationId,
        /// What.
        act: RecoverAct,
    },
    /// Open a successor of a group that has come to a halt.
    Succeed {
        /// Who.
        account: AccountId,
        /// Which group.
        conversation: ConversationId,
        /// Where this node can be reached: binary multiaddrs, at most three.
        addresses: Vec<Vec<u8>>,
    },
    /// Say that everything in a conversation was seen.
    MarkRead {
        /// Who has seen it.
        account: AccountId,
        /// Where.
        conversation: ConversationId,
    },
    /// Do something to a message or a conversation.
    Chat {
        /// Who.
        account: AccountId,
        /// What.
        act: ChatAct,
    },
    /// Name a mailbox.
    AddMailbox {
        /// Whose.
        account: AccountId,
        /// Which node.
        node: NodeId,
        /// Where it is: binary multiaddrs, at most three.
        addresses: Vec<Vec<u8>>,
        /// What its operator gave; empty if nothing.
        voucher: Vec<u8>,
    },
    /// Give a mailbox up.
    RemoveMailbox {
        /// Whose.
        account: AccountId,
        /// Which node.
        node: NodeId,
    },
    /// Make a voucher against which this node is somebody's mailbox.
    CreateVoucher {
        /// Most bytes it keeps for them.
        quota: u64,
        /// How long it can be redeemed, in seconds.
        lifetime_seconds: u64,
    },
    /// Rows of the shell (sessions), committed like all others.
    Write(WriteSet),
    /// Remember where a node can be reached.
    RememberAddresses {
        /// Which node.
        node: NodeId,
        /// Binary multiaddrs.
        addresses: Vec<Vec<u8>>,
    },
}

/// What came of a command.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Done, nothing to say.
    Done,
    /// The account exists.
    Account(AccountId),
    /// The invite exists.
    Invite(InviteLink),
    /// The contact as it stands.
    Contact(Box<ContactRecord>),
    /// The link into a group that is followed, as it stands.
    Join(Box<JoinRecord>),
    /// The mailbox as it stands.
    Mailbox(Box<OwnMailboxRecord>),
    /// The voucher; it is shown once.
    Voucher([u8; 16]),
    /// The message as stored.
    Message(Box<MessageRecord>),
    /// The conversation as it stands; read it with [`crate::query`].
    Conversation(ConversationId),
}
