//! Every bound of the core, with its reason and what happens past it.

/// Most bytes of a text. Beyond it `send` is refused (DECISIONS 38).
pub const TEXT_BYTES_MAX: usize = 64 * 1024;

/// Most bytes of a group's name and of its description. They travel in every welcome; beyond it the command is refused.
pub const NAME_BYTES_MAX: usize = 256;
/// See [`NAME_BYTES_MAX`].
pub const DESCRIPTION_BYTES_MAX: usize = 2048;

/// Most entries in one push. A push is one durable commit at the other side, so a full one carries many; 256 small entries stay far under
/// the frame limit. Beyond it the rest goes with the next push.
pub const PUSH_ENTRIES_MAX: usize = 256;

/// Most bytes of entries in one push: the frame limit of 1.25 MiB less room for one more entry's framing.
pub const PUSH_BYTES_MAX: usize = 1024 * 1024;

/// Most entries listed in one answer of a sync: 4,096 × 40 bytes stay under the 4 MiB of a page. The peer asks again from the last counter.
pub const LIST_ENTRIES_MAX: usize = 4096;

/// Most bytes of entries read for one page of a list, and how many entries at a time. The page then says that there is more.
pub const LIST_READ_BYTES_MAX: usize = 8 * 1024 * 1024;
/// See [`LIST_READ_BYTES_MAX`].
pub const LIST_STEP: usize = 32;

/// Most queues in one sync request. Beyond it another request follows.
pub const LIST_QUEUES_MAX: usize = 64;

/// Most bytes of entries in one answer to a fetch (DECISIONS 7: a page is at most 4 MiB). The peer asks again for the rest.
pub const FETCH_BYTES_MAX: usize = 3 * 1024 * 1024;

/// Most entries asked for in one fetch.
pub const FETCH_ENTRIES_MAX: usize = 512;

/// Most entries of one queue an account processes in one step, so that no step holds the driver for long. The rest follows at once.
pub const CATCH_UP_ENTRIES_MAX: usize = 64;

/// Most entries of one conversation that wait for predecessors. Beyond it the entry is left in the log and counted as unreadable.
pub const PENDING_ENTRIES_MAX: u32 = 1000;

/// Bytes a node takes from one peer for queues that no account has confirmed (DECISIONS 19). Beyond it the peer is told so and keeps them.
pub const PROVISIONAL_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// The same for all peers together: who has many names has no more room.
pub const PROVISIONAL_BYTES_ALL: u64 = 256 * 1024 * 1024;

/// How soon the followers of a queue are asked for what an entry builds on, and how often while it stays away, in milliseconds. Its author
/// may have given it to some of them only.
pub const SYNC_DELAY_MS: u64 = 2000;
/// See [`SYNC_DELAY_MS`].
pub const SYNC_AGAIN_MS: u64 = 60_000;

/// Most bytes of one inbox item: a welcome to a large group with all identity logs.
pub const INBOX_ITEM_BYTES_MAX: usize = 1024 * 1024;

/// Most items that wait in one account's inbox; beyond it the sender is told to try later.
pub const INBOX_ITEMS_MAX: u64 = 1000;
/// Most bytes that wait in one account's inbox: strangers may write into it, and it is opened as a whole.
pub const INBOX_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Key packages kept ready for others to take, and the level below which the pool is refilled on unlock (PROTOCOL A8).
pub const KEY_PACKAGES_KEPT: u64 = 20;
/// See [`KEY_PACKAGES_KEPT`].
pub const KEY_PACKAGES_LOW: usize = 10;

/// Key packages given along with a contact request (DECISIONS 21).
pub const KEY_PACKAGES_WITH_REQUEST: usize = 5;

/// How many key packages one token takes a day (PROTOCOL A8). Beyond it none are handed out until the next day.
pub const KEY_PACKAGES_PER_DAY: u32 = 20;

/// Oldest key package an inviter uses, in seconds: 35 days (PROTOCOL A8).
pub const KEY_PACKAGE_AGE_MAX_SECONDS: u64 = 35 * 24 * 3600;

/// Oldest key package a node hands out, in seconds: 28 days, so that an inviter who was away for some days still takes it.
pub const KEY_PACKAGE_OFFERED_SECONDS: u64 = 28 * 24 * 3600;

/// Epochs whose state is kept for late messages (PROTOCOL A5.6, k = 16). Older messages are counted as unreadable.
pub const ANCHORS_MAX: usize = 16;

/// Past epoch tags remembered, so that a newcomer does not keep entries it can never read. Older entries than that are rare, and then wait.
pub const PAST_TAGS_MAX: usize = 64;

/// Members of a group (PROTOCOL A11: free up to 100, designed to 1,000).
pub const MEMBERS_MAX: usize = 1000;

/// How long a receipt may wait for company in a direct conversation, in milliseconds (DECISIONS 20).
pub const RECEIPT_DELAY_DIRECT_MS: u64 = 250;
/// How long a receipt may wait in a group, in milliseconds (DECISIONS 20).
pub const RECEIPT_DELAY_GROUP_MS: u64 = 1000;

/// First and longest pause between tries to reach a peer, in milliseconds. When a network is whole again, all are to agree within 30 s
/// (VERIFY P3), and what follows the reconnection takes some seconds of that.
pub const RETRY_MS_MIN: u64 = 1000;
/// See [`RETRY_MS_MIN`].
pub const RETRY_MS_MAX: u64 = 20_000;

/// After this time an undelivered entry is given up and its message says so, in milliseconds: 30 days.
pub const OUTBOX_LIFETIME_MS: u64 = 30 * 24 * 3600 * 1000;

/// How far another's clock may run ahead before its time is cut back, in milliseconds (PROTOCOL A7.3).
pub const CLOCK_AHEAD_MS_MAX: u64 = 10 * 60 * 1000;

/// Events kept for each account (INTERFACES §3). A client whose cursor is older gets a `gap`.
pub const EVENTS_KEPT: u64 = 100_000;

/// Most dependencies an entry names (PROTOCOL A4).
pub const DEPENDENCIES_MAX: usize = 4;

/// Messages that wait for one contact's conversation to exist. Beyond it `send` is refused.
pub const WAITING_MESSAGES_MAX: usize = 1000;
