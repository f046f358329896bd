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

/// First and longest pause between tries to reach a peer, in milliseconds.
pub const RETRY_MS_MIN: u64 = 1000;
/// See [`RETRY_MS_MIN`].
pub const RETRY_MS_MAX: u64 = 60_000;

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

/// Other nodes that keep a queue to which the origin of an entry pushes it itself (DECISIONS 17). With more, it goes round by the rings.
pub const DIRECT_FOLLOWERS_MAX: usize = 9;

/// Rings on which followers stand, each giving two neighbours: eight in all (PROTOCOL A9).
pub const RINGS: u8 = 4;

/// Most entries that wait to be passed on to one neighbour. Beyond it the oldest is left to the neighbour's own reading.
pub const FORWARDS_MAX: usize = 4096;

/// Queues whose neighbours are remembered; those of others are computed anew.
pub const RINGS_REMEMBERED: usize = 64;

/// How many followers of a large queue are asked at once for what is missing; the next time it is others.
pub const SYNC_FOLLOWERS: usize = 3;

/// How often a follower of a large queue is asked for what passing on may have missed, in milliseconds.
pub const RING_TEND_MS: u64 = 60_000;

/// With fewer connected followers of a large queue than this, others than the neighbours are dialled.
pub const RING_CONNECTED_MIN: usize = 3;

/// Runs of this node whose counters a queue tells apart. Positions from before are reconciled anew.
pub const GENERATIONS_MAX: usize = 64;

/// Queues with fewer entries than this are read from the start when a position is void: 40 bytes each, in one page.
pub const RECONCILE_ENTRIES_MIN: u64 = 256;

/// A page of at least this many entries of which seven in eight are known is the sign that reconciling is cheaper than reading on.
pub const RECONCILE_PAGE_MIN: usize = 1024;

/// Most ranges in one reconciliation request (PROTOCOL A7.2).
pub const RANGES_MAX: usize = 16;

/// Most ids a request names in one range. Larger ranges are split; more is refused.
pub const RANGE_ITEMS_MAX: usize = 512;

/// Ranges with at most this many ids are not split further but named id by id: sixteen fingerprints are as long as 32 short ids and cost a
/// round trip.
pub const RANGE_ITEMS_SENT: u64 = 64;

/// Most entries named in the answer for one range: sixteen of them are 640 KiB. Beyond it the asker splits the range.
pub const RANGE_LACKING_MAX: usize = 1024;

/// Ids in a range up to which its fingerprint is a hash of the ids themselves.
pub const RANGE_LEAF_IDS: usize = 16;

/// Queues with fewer entries keep no fingerprints; all are computed when somebody asks.
pub const RANGE_TREE_ENTRIES_MIN: u64 = 1024;

/// How deep fingerprints are kept: 16⁴ ranges serve a million entries with 16 in each.
pub const RANGE_LEVELS_MAX: u8 = 4;

/// Trees of fingerprints kept for one queue: one for each moment at which followers joined. Beyond it those are read by counter.
pub const RANGE_TREES_MAX: usize = 8;

/// After this time without use a tree makes room for another, in milliseconds.
pub const RANGE_TREE_IDLE_MS: u64 = 10 * 60 * 1000;

/// Reconciliations under way with one peer (PROTOCOL A7.2). Beyond it they wait.
pub const RECONCILE_SESSIONS_MAX: usize = 2;

/// Requests of one reconciliation that are under way at once.
pub const RECONCILE_WINDOW: usize = 4;

/// Most requests of one reconciliation. One that found nothing by then is a liar's: the peer is read by counter from then on.
pub const RECONCILE_REQUESTS_MAX: u32 = 1024;

/// Most ranges that wait to be asked about: a peer that names more lies.
pub const RECONCILE_OPEN_MAX: usize = 8192;

/// With this many entries to be fetched no further range is asked about.
pub const RECONCILE_WANTED_MAX: usize = 2048;
