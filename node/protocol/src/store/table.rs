//! The tables of a node. Every row belongs to one [`Scope`], which says whose key seals its value (DECISIONS 14).

use tidings_crypto::id::AccountId;

/// Whose key seals a row's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Sealed under the node's own store key: readable whenever the node runs.
    Node,
    /// Sealed under one account's data key: readable while that account is unlocked.
    Account(AccountId),
}

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $text:literal;)*) => {
        /// One kind of row. The number is part of the stored format: never reuse one.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Table { $($(#[$doc])* $name = $id,)* }

        impl Table {
            /// All tables, for stores that open them up front.
            pub const ALL: &'static [Table] = &[$(Table::$name,)*];

            /// The name under which a store keeps this table.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Table::$name => $text,)* }
            }

            /// The number that stands for this table in the associated data of a sealed value.
            #[must_use]
            pub const fn number(self) -> u8 { self as u8 }
        }
    };
}

tables! {
    // ---- node scope -------------------------------------------------------------------------------------------
    /// `account id` → directory record: names, vault header, identity log, box key record.
    Directory = 1, "directory";
    /// `keyed hash of a login name` → account id.
    Login = 2, "login";
    /// `counter name` → u64.
    Counter = 3, "counter";
    /// `queue` → queue record: topic key, followers, subscribers, next counter.
    Queue = 4, "queue";
    /// `queue ‖ counter` → outer entry.
    QueueEntry = 5, "queue_entry";
    /// `queue ‖ outer id` → counter.
    OuterIndex = 6, "outer_index";
    /// `node ‖ outbox counter` → what that node still has to acknowledge.
    Outbox = 7, "outbox";
    /// `queue ‖ node` → how far we have read that store, and the generation of that counter.
    PeerCursor = 8, "peer_cursor";
    /// `node` → addresses at which it was last reached.
    PeerAddress = 9, "peer_address";
    /// `account ‖ counter` → inbox item.
    Inbox = 10, "inbox";
    /// `account ‖ hash of item`, or of a bundle that it has taken → nothing; refuses duplicates.
    InboxSeen = 11, "inbox_seen";
    /// `node ‖ outbox counter` → item on its way to another node's inbox.
    Parcel = 12, "parcel";
    /// `account ‖ counter` → public key package to hand out.
    KeyPackagePool = 13, "key_package_pool";
    /// `account ‖ hash of token` → how often it was used today.
    KeyToken = 14, "key_token";
    /// Rows of the node's shell: sessions, refresh families, signing keys.
    Session = 15, "session";
    /// bytes taken for queues and bundles that no account has confirmed: `queue ‖ node` or `bundle ‖ node` → of one, `node` → of one peer,
    /// nothing → of all.
    Provisional = 16, "provisional";
    /// `bundle` → bundle record: which of its parts are here, and for whom.
    Bundle = 27, "bundle";
    /// `bundle ‖ index` → part of a sealed bundle.
    BundlePart = 28, "bundle_part";
    /// `node` → since when it cannot be given what waits for it, why, and when it is tried again.
    PeerWait = 68, "peer_wait";
    /// `account` → sponsor record: for whom this node keeps queues and items without their living here.
    Sponsor = 20, "sponsor";
    /// `account ‖ queue` → nothing: the queues kept for a sponsor.
    Sponsored = 21, "sponsored";
    /// `hash of a voucher` → voucher record.
    Voucher = 22, "voucher";
    /// `queue ‖ counter` → outer id and time of an entry that was deleted, so that it is not taken again.
    Removed = 23, "removed";
    /// `queue ‖ day` → counter of the first entry of that day.
    QueueDay = 24, "queue_day";
    /// `queue ‖ node` → counter up to which a reader of a mailbox has everything durably.
    ReaderCursor = 25, "reader_cursor";
    /// `account ‖ node` → number of the last inbox item collected from that mailbox.
    InboxCursor = 26, "inbox_cursor";
    /// `queue ‖ first counter ‖ length ‖ prefix of ids` → fingerprint and number of the ids in that range.
    RangeNode = 17, "range_node";
    /// `queue ‖ first counter` → up to where that tree of fingerprints goes.
    RangeTree = 18, "range_tree";
    /// `queue` → the generations of its counters.
    Generation = 19, "generation";
    // ---- account scope ----------------------------------------------------------------------------------------
    /// one row: device keys, box keys, own identity log.
    Profile = 32, "profile";
    /// `invite id` → invite.
    Invite = 33, "invite";
    /// `account id` → contact.
    Contact = 34, "contact";
    /// `account id` → identity log and the name somebody gave for it.
    Identity = 35, "identity";
    /// `conversation` → conversation record.
    Conversation = 36, "conversation";
    /// `queue` → conversation.
    ConversationQueue = 37, "conversation_queue";
    /// `conversation ‖ epoch tag` → log key and epoch id.
    LogKey = 38, "log_key";
    /// `conversation ‖ device` → how far that device's log was processed.
    DeviceLog = 39, "device_log";
    /// `conversation ‖ epoch id ‖ MLS row key` → MLS row.
    Mls = 40, "mls";
    /// `key package reference` → private rows.
    KeyPackage = 41, "key_package";
    /// `queue` → how far this account has processed it.
    Cursor = 42, "cursor";
    /// `conversation ‖ outer id` → queue, counter and epoch tag of an entry that waits for its predecessors.
    Pending = 43, "pending";
    /// `conversation ‖ order key` → message.
    Message = 44, "message";
    /// `client id` → message key.
    MessageId = 45, "message_id";
    /// `conversation ‖ own sequence number` → message key.
    OwnSequence = 46, "own_sequence";
    /// `queue ‖ counter` → own message whose acceptance is still awaited. In the node's scope `account ‖ queue ‖ counter ‖ node` → what that
    /// node said while the account was locked.
    Awaiting = 47, "awaiting";
    /// `cursor` → event.
    Event = 48, "event";
    /// `conversation ‖ account` → an act that waits: add this member.
    Intent = 49, "intent";
    /// `account id ‖ counter` → message written before the conversation exists.
    Waiting = 50, "waiting";
    /// `conversation ‖ order ‖ counter` → an act that waits until this device may commit, or for its turn.
    Wish = 51, "wish";
    /// `queue ‖ counter` of the commit's entry → welcomes that wait until somebody else has taken it.
    HeldWelcome = 52, "held_welcome";
    /// `conversation ‖ own sequence number` → id of the own entry.
    OwnEntry = 53, "own_entry";
    /// `conversation ‖ epoch id` → epoch record: what is known of one epoch of the tree.
    Epoch = 54, "epoch";
    /// `client id ‖ conversation ‖ author` → order key of a message; stays when the message has expired.
    MessagePlace = 60, "message_place";
    /// `conversation ‖ author ‖ client id` → what is known of a message that has not come yet: an edit, a deletion.
    Change = 61, "change";
    /// `conversation ‖ author ‖ client id ‖ account` → the reactions of that account to that message.
    Reaction = 62, "reaction";
    /// `conversation ‖ order key` → nothing: a message that came late, before the read marker.
    Late = 63, "late";
    /// `conversation ‖ device` → read frontiers: how far that device's log was read here, and how far it has read ours.
    Frontier = 64, "frontier";
    /// `conversation`, or the account of a contact without one → what this account keeps for itself: marker, draft, mute, archive, timer.
    Chat = 65, "chat";
    /// one row: what the account wants others to see of it.
    Setting = 66, "setting";
    /// `time ‖ place` → nothing: a message or change whose time is over then.
    Expiry = 67, "expiry";
    /// `conversation ‖ device ‖ sequence number` → the clock under which that entry stands in the order.
    EntryClock = 69, "entry_clock";
    /// `conversation ‖ device ‖ sequence number` → the entry that came first for that place of the device's log.
    LogPlace = 57, "log_place";
    /// `conversation ‖ epoch id ‖ device` → the way of the device's log through that epoch.
    LogPassage = 84, "log_passage";
    /// `conversation ‖ hash of a link` → link of the AdminChain.
    AdminChain = 55, "admin_chain";
    /// `counter` → signed slip of a welcome whose bundle is on its way.
    Slip = 58, "slip";
    /// `conversation ‖ number of the epoch ‖ epoch id` → what the commit that led there did.
    GroupLog = 56, "group_log";
    /// `account id` → the newest reach record known of it.
    Reach = 70, "reach";
    /// `node` → one of the account's own mailboxes.
    OwnMailbox = 71, "own_mailbox";
    /// `key package reference` → until when its private rows are kept: a last resort, unix milliseconds; 0 while it is in use.
    LastResort = 72, "last_resort";
    /// `conversation ‖ account` → a link of that account into that group which this account follows.
    Join = 80, "join";
    /// `conversation ‖ account` → somebody who asks to be let into that group by a link of this account.
    JoinRequest = 81, "join_request";
    /// `conversation ‖ epoch id ‖ account` → what that member has signed there about who shall own the group.
    Petition = 82, "petition";
    /// `conversation` → whom this account wants to own the group, where all owners and admins are gone.
    Consent = 83, "consent";
    /// `conversation ‖ account` → the successor of that group which that member has opened.
    Successor = 85, "successor";
}
