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

/// Most entries of one conversation that wait for what they build on. Beyond it they are left in their queues, which are read again when
/// there is room.
pub const PENDING_ENTRIES_MAX: u32 = 1000;

/// Bytes a node takes from one peer for queues that no account has confirmed (DECISIONS 19). Beyond it the peer is told so and keeps them.
pub const PROVISIONAL_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// The same for all peers together: who has many names has no more room.
pub const PROVISIONAL_BYTES_ALL: u64 = 256 * 1024 * 1024;

/// How soon the followers of a queue are asked for what an entry builds on, in milliseconds. Its author may have given it to some of them
/// only.
pub const SYNC_DELAY_MS: u64 = 2000;

/// Most bytes of one inbox item: a contact request with the longest identity log, or a part of a bundle with the names of all guests, and
/// room besides. Beyond it the item is refused.
pub const INBOX_ITEM_BYTES_MAX: usize = 512 * 1024;

/// Most bytes of one part of a bundle: four parts are a group of the largest size, and what is lost is soon sent again.
pub const BUNDLE_PART_BYTES_MAX: usize = 256 * 1024;
/// Most parts of a bundle, 4 MiB in all: the welcome to a group of the largest size takes one, the rest is for the AdminChain. Beyond it
/// nobody can be added.
pub const BUNDLE_PARTS_MAX: usize = 16;
/// Most bytes of a bundle before it is sealed: that many parts, less the tag of the seal.
pub const BUNDLE_BYTES_MAX: usize = BUNDLE_PART_BYTES_MAX * BUNDLE_PARTS_MAX - 16;

/// Slips of one inviter that wait in an account for their bundle, and of all together. Beyond it the slip is refused.
pub const SLIPS_OF_ONE_MAX: usize = 16;
/// See [`SLIPS_OF_ONE_MAX`].
pub const SLIPS_MAX: usize = 256;

/// How much one step does of what grows with the size of a group, in members: joining counts all of them, a commit and a message a share. It
/// is some 50 ms. What is left then is done in the next step, so that a node with many members of a large group answers others in between.
pub const STEP_MEMBERS_MAX: usize = 500;
/// Which share of its members a commit counts (see [`STEP_MEMBERS_MAX`]).
pub const STEP_COMMIT_SHARE: usize = 2;
/// The same of a message.
pub const STEP_MESSAGE_SHARE: usize = 16;

/// Most bytes that the people whom one commit adds take in its entry: key packages and identity logs. A quarter of the entry stays for the
/// path. Those beyond it come with the next commit.
pub const COMMIT_ADDS_BYTES_MAX: usize = 768 * 1024;

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

/// Chosen epochs behind the tip whose state is kept, for late messages and for better rivals (PROTOCOL A5.6, k = 16). Older messages are
/// counted as unreadable, and a commit to an older epoch comes too late.
pub const ANCHORS_MAX: usize = 16;

/// Most commits of others that must lie between two ordinary ones of a member without a role (PROTOCOL A5.4 rule 2). As many as a newcomer
/// is told of, so that it judges like everybody. Beyond the bound the commit is invalid.
pub const FLOOD_SPACING_MAX: usize = 16;

/// Past epoch tags remembered, so that a newcomer does not keep entries it can never read. Older entries than that are rare, and then wait.
pub const PAST_TAGS_MAX: usize = 64;

/// Epochs whose state is kept in all, rivals included: what several branches of full depth need. Beyond it rivals are given up first.
pub const KEPT_EPOCHS_MAX: usize = 64;

/// Chosen epochs that are remembered after their state was given up: what a vote or a late rival refers to.
pub const PAST_EPOCHS_MAX: usize = 64;

/// Epochs that a welcome tells of: sixteen ancestors with some rivals each.
pub const TOLD_EPOCHS_MAX: usize = 128;

/// How long a welcome waits for another node to take its commit, in milliseconds (PROTOCOL A5.3).
pub const WELCOME_HELD_MS_MAX: u64 = 30_000;

/// Between two members' turns to do what any of them may do, in milliseconds (PROTOCOL A5.3).
pub const ELECTION_STEP_MS: u64 = 5000;

/// How soon after joining a device renews its leaf, in milliseconds: the key package it came by lay around (PROTOCOL A5.8). Not at once, so
/// that the group that is being founded is not renewed by each of those who come.
pub const REFRESH_FIRST_MS: u64 = 10 * 60 * 1000;
/// Members renew their leaves at different times, spread over so many milliseconds: two at once are rivals, and one of them is in vain.
pub const REFRESH_SPREAD_MS: u64 = 50 * 60 * 1000;
/// How often a leaf is renewed in a small conversation, in milliseconds: daily. A commit costs everybody.
pub const REFRESH_SMALL_MS: u64 = 24 * 3600 * 1000;
/// See [`REFRESH_SMALL_MS`].
pub const REFRESH_SMALL_MEMBERS: usize = 50;
/// The same in a large one, in milliseconds: weekly.
pub const REFRESH_LARGE_MS: u64 = 7 * 24 * 3600 * 1000;

/// How long a member waits with the renewal of its leaf while people sign for another owner, in milliseconds: 7 days. Each commit asks all of
/// them to sign anew; beyond it the keys come first.
pub const REFRESH_HELD_MS_MAX: u64 = 7 * 24 * 3600 * 1000;
/// How often it is looked at again meanwhile, in milliseconds: hourly.
pub const REFRESH_HELD_STEP_MS: u64 = 3600 * 1000;

/// How long owners and admins must have been silent before others may sign for another owner, in milliseconds: 30 days (PROTOCOL A6.5). A node
/// that is on renews its leaf daily or weekly, so that only who is gone is silent for so long.
pub const RECOVERY_SILENCE_MS: u64 = 30 * 24 * 3600 * 1000;
/// How long a person's consent to another owner lasts, in milliseconds: 30 days. Enough for everybody's node to have been on; who still wants it
/// then says so again.
pub const CONSENT_LIFETIME_MS: u64 = 30 * 24 * 3600 * 1000;

/// How often somebody who would be passed over says anew that they are there, in milliseconds: hourly. Honest members sign no more once they have
/// heard it; others shall not turn each signature into a commit.
pub const ANSWER_PAUSE_MS: u64 = 3600 * 1000;

/// How long after a late rival or a vote it is looked at whether the choice at an epoch holds, in milliseconds: others vote meanwhile.
pub const DOUBT_MS: u64 = 60_000;

/// Words that one account may say of one epoch, as whether it is void changes or others say the contrary.
pub const WORDS_MAX: usize = 4;

/// How long nobody contradicts a word, in milliseconds: what bears it out may be under way.
pub const WORD_PAUSE_MS: u64 = 60_000;

/// How often a device may be let back in, in milliseconds: every 6 hours (NEGATIVE_TESTS 73). Each time costs everybody a commit.
pub const READMIT_PAUSE_MS: u64 = 6 * 3600 * 1000;

/// How long a device waits to be let back in before the group may go on in a successor, milliseconds (PROTOCOL A5.6).
pub const SUCCESSOR_AFTER_MS: u64 = 48 * 3600 * 1000;

/// How long a device waits for an answer by the link into one successor before it follows the next, milliseconds.
pub const SUCCESSOR_ANSWER_MS: u64 = 24 * 3600 * 1000;

/// How long the link into a successor holds, seconds: as long as somebody may be away and keep its place.
pub const SUCCESSOR_LINK_SECONDS: u32 = 180 * 24 * 3600;

/// Successors of one group that are known, one a member.
pub const SUCCESSORS_MAX: usize = 16;

/// Most inboxes that a request to be let back in is sent to, beside the queue.
pub const REJOIN_INBOXES_MAX: usize = 3;

/// How often the followers are asked for what entries wait for, with pauses that grow from two seconds to half an hour. After that nobody
/// who could be reached has it.
pub const SYNC_ASKS_MAX: u32 = 6;

/// How long messages of a branch that has lost are waited for before they are written anew, in milliseconds: most are read under it.
pub const RESEND_DELAY_MS: u64 = 60_000;

/// Own messages that are looked at when a branch has lost, the oldest first.
pub const RESEND_MAX: usize = 1_000;

/// Most gaps remembered in one device's log. Of more, the oldest count as filled.
pub const LOG_GAPS_MAX: usize = 256;

/// How long an entry waits for those it builds on, in milliseconds: ten minutes. After that it is taken without them, since they may never have
/// been written; if they come later they fill their place.
pub const MISSING_WAIT_MS: u64 = 600_000;

/// How long entries that cannot be opened wait before a device asks to be let in for them, in milliseconds: three hours.
pub const ASK_AFTER_MS: u64 = 3 * 3600 * 1000;
/// And over how long the members of a group are spread who do.
pub const ASK_SPREAD_MS: u64 = 12 * 3600 * 1000;

/// How long somebody who was welcomed goes through what came before, in milliseconds.
pub const SETTLING_MS: u64 = 60_000;

/// Entries taken without what they build on in one step.
pub const MISSING_STEP_MAX: usize = 64;

/// Bytes of identity logs that a node remembers to have verified, in each of two generations: some twenty thousand people as they are today.
/// Beyond it those are verified again that nobody asked for of late.
pub const VERIFIED_LOG_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Leaves of groups whose certificate a node remembers to have verified, in each of two generations: four groups of the largest size. Beyond
/// it those are verified again that nobody asked for of late.
pub const VERIFIED_LEAVES_MAX: usize = 4 * MEMBERS_MAX;

/// Members of a group (PROTOCOL A11: free up to 100, designed to 1,000).
pub const MEMBERS_MAX: usize = 1000;

/// Most members of a group who hold a role. The list travels in every commit that changes the policy: 100 rows of 33 bytes of its 48 KiB.
/// Beyond it a promotion is refused.
pub const ROLE_HOLDERS_MAX: usize = 100;

/// Most members of a group who may only read, each named in the policy: 6 KiB of its 48. A group with more readers than that is one in which
/// only roles write ([`crate::account::policy::PostRule::Roles`]), which names nobody. Beyond it the change is refused.
pub const READONLY_MAX: usize = 200;

/// Most accounts that are banned from a group, each named in the policy: 31 KiB of its 48, so that a full policy still fits into an entry of
/// 64 KiB. Beyond it a ban is refused until another is lifted.
pub const BANNED_MAX: usize = 1000;

/// How long a receipt may wait for company in a direct conversation, in milliseconds (DECISIONS 20).
pub const RECEIPT_DELAY_DIRECT_MS: u64 = 250;
/// How long a receipt may wait in a group, in milliseconds (DECISIONS 20).
pub const RECEIPT_DELAY_GROUP_MS: u64 = 1000;

/// Most stretches of one log that a receipt is read for. A log has that many only where most of it was missing.
pub const RECEIPT_SPANS_MAX: usize = 64;

/// First and longest pause between tries to reach a peer, in milliseconds. When a network is whole again, all are to agree within 30 s
/// (VERIFY P3), and what follows the reconnection takes some seconds of that.
pub const RETRY_MS_MIN: u64 = 1000;
/// See [`RETRY_MS_MIN`].
pub const RETRY_MS_MAX: u64 = 20_000;

/// After this time an undelivered entry is given up and its message says so, in milliseconds: 30 days.
pub const OUTBOX_LIFETIME_MS: u64 = 30 * 24 * 3600 * 1000;

/// How far another's clock may run ahead before its time is cut back, in milliseconds (PROTOCOL A7.3).
pub const CLOCK_AHEAD_MS_MAX: u64 = 10 * 60 * 1000;

/// Latest clock value that counts as a time: a later one is a lie or a damaged clock, and stands for no time at all. Half of the range is
/// left to count upwards from there.
pub const CLOCK_MAX: u64 = 1 << 63;

/// Most people one text mentions. Beyond it the text is refused.
pub const MENTIONS_MAX: usize = 64;

/// Most bytes of one reaction: the longest emoji sequences in use have 35. Beyond it, or with control characters, it is refused.
pub const REACTION_BYTES_MAX: usize = 64;

/// Most different reactions that one account has on one message, those it took back included. Beyond it the next is refused.
pub const REACTIONS_MAX: usize = 16;

/// Longest time after which a message disappears, in milliseconds: a year. Beyond it the timer is refused.
pub const TIMER_MS_MAX: u64 = 365 * 24 * 3600 * 1000;

/// How long the look for messages whose time is over may be put off, in milliseconds: the wall clock may have been set meanwhile.
pub const EXPIRY_CHECK_MS_MAX: u64 = 3600 * 1000;

/// Messages after the read marker that are looked at for the count of unread ones; with more, the count stops there.
pub const UNREAD_MAX: usize = 1000;

/// How far back a read marker looks for the last message of each device, in messages. Of a device that wrote nothing among them no
/// frontier is told until it writes again.
pub const READ_FRONTIER_MESSAGES_MAX: usize = 4096;

/// Most members of a group in which receipts are sent, of delivery and of reading (PROTOCOL A7.4), and typing is shown. Each is an entry that all others process:
/// of a thousand members' receipts for one message a million. In larger groups a message stays `sent`, and says why.
pub const RECEIPT_MEMBERS_MAX: usize = 50;

/// How long nobody says again that they are typing, in milliseconds, while they are.
pub const TYPING_PAUSE_MS: u64 = 3_000;

/// How long somebody is shown as typing who has not said so again, in milliseconds: two pauses, and time for the way.
pub const TYPING_SHOWN_MS: u64 = 8_000;

/// How far the clock of an ephemeral frame may be from that of its reader, in milliseconds: as far as that of a message may run ahead
/// ([`CLOCK_AHEAD_MS_MAX`]). One that is further off has no effect, so that an old one does not come again after a restart.
pub const EPHEMERAL_AGE_MS_MAX: u64 = CLOCK_AHEAD_MS_MAX;

/// Most ephemeral frames taken from one peer in a window of so many milliseconds: twenty people of one node who type at once in three
/// conversations each say less. Beyond it they have no effect.
pub const EPHEMERALS_PER_WINDOW_MAX: u32 = 60;
/// See [`EPHEMERALS_PER_WINDOW_MAX`].
pub const EPHEMERAL_WINDOW_MS: u64 = 1_000;

/// Devices of contacts of which the clock of the last ephemeral frame is remembered, each in a conversation, as long as that frame could come
/// again. Beyond it those of others have no effect.
pub const EPHEMERALS_REMEMBERED_MAX: usize = 4096;

/// Most bytes of a draft. Beyond it it is refused, as the text would be.
pub const DRAFT_BYTES_MAX: usize = TEXT_BYTES_MAX;

/// Events kept for each account (INTERFACES §3). A client whose cursor is older gets a `gap`.
pub const EVENTS_KEPT: u64 = 100_000;

/// Most dependencies an entry names (PROTOCOL A4).
pub const DEPENDENCIES_MAX: usize = 4;

/// Messages that wait for one contact's conversation to exist. Beyond it `send` is refused.
pub const WAITING_MESSAGES_MAX: usize = 1000;

/// Most bytes and entries of a queue that accounts of this node read. Ten years of a busy group's texts fit; beyond it the oldest entries that
/// every account here has processed and every follower has acknowledged are deleted, a little more than needed so that it is not done for
/// each entry anew. If accounts are locked and nothing can go, a quarter more is taken and then the sender is told to keep it.
pub const QUEUE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// See [`QUEUE_BYTES_MAX`].
pub const QUEUE_ENTRIES_MAX: u64 = 500_000;

/// Entries deleted in one step, so that no step holds the driver for long. The rest follows at once.
pub const REMOVED_PER_STEP_MAX: usize = 1000;

/// Queues looked at in one step of the hourly round.
pub const RETENTION_QUEUES_STEP: usize = 64;
/// How often all queues are looked at, in milliseconds.
pub const RETENTION_MS: u64 = 3600 * 1000;

/// How long entries are kept for a queue that nobody here has asked for, in milliseconds: 7 days. A welcome that takes longer comes with a
/// sync.
pub const PROVISIONAL_LIFETIME_MS: u64 = 7 * 24 * 3600 * 1000;

/// After another queue took over, the old one serves in full for this time, in milliseconds (PROTOCOL A8): entries are on their way.
pub const CLOSING_FULL_MS: u64 = 10 * 60 * 1000;
/// Then it takes so many entries a day of at most so many bytes: room for those who know no other queue, and little for those who were removed.
pub const CLOSING_ENTRIES_PER_DAY: u32 = 64;
/// See [`CLOSING_ENTRIES_PER_DAY`].
pub const CLOSING_ENTRY_BYTES_MAX: usize = 2048;
/// And then it is deleted, in milliseconds: 7 days; at a home where others may still come late see [`LATECOMER_LIFETIME_MS`].
pub const CLOSING_LIFETIME_MS: u64 = 7 * 24 * 3600 * 1000;

/// How long a queue that nobody here reads any more is there for those who followed it, in milliseconds: 180 days. Whoever was removed while away
/// for longer never learns of it.
pub const LATECOMER_LIFETIME_MS: u64 = 180 * 24 * 3600 * 1000;

/// How long a deleted entry is remembered, so that it is not taken again, in milliseconds: 30 days, as long as a sender tries. A queue that has
/// ended is remembered as long.
pub const REMOVED_REMEMBERED_MS: u64 = 30 * 24 * 3600 * 1000;

/// How long a mailbox keeps an entry that some reader has not fetched, in milliseconds: 30 days (PROTOCOL A7).
pub const MAILBOX_LIFETIME_MS: u64 = 30 * 24 * 3600 * 1000;

/// Most bytes a mailbox keeps for an account that came without a voucher: a hundred thousand texts. A voucher names its own bound. Beyond it
/// senders are told to keep their entries.
pub const SPONSOR_BYTES_OPEN: u64 = 64 * 1024 * 1024;
/// Most accounts without a voucher: 6.25 GiB in all.
pub const SPONSORS_OPEN_MAX: usize = 100;
/// After this time without a registration a sponsor is forgotten with everything kept for it, in milliseconds: 60 days. Homes register daily.
pub const SPONSOR_ABSENT_MS: u64 = 60 * 24 * 3600 * 1000;
/// Most bytes of one queue at a mailbox, so that one loud conversation leaves room for the others: half of what an account has without voucher.
pub const MAILBOX_QUEUE_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// The part of a sponsor's bytes that contacts may fill with queues which the account has not claimed yet, as a divisor.
pub const UNCLAIMED_DIVISOR: u64 = 4;
/// Most queues that contacts have opened for one account and that it has not claimed yet.
pub const UNCLAIMED_QUEUES_MAX: usize = 64;
/// Most queues, readers of a queue and contact tokens in one registration: with all of them it stays under the frame limit for people with
/// hundreds of conversations. What is beyond is not named, and not kept.
pub const CLAIMS_MAX: usize = 2000;
/// See [`CLAIMS_MAX`].
pub const CLAIM_READERS_MAX: usize = 128;
/// Most readers in all claims of one registration: 96 bytes each.
pub const CLAIM_READERS_ALL: usize = 6000;

/// Most bytes of items in one answer to a collection. The rest comes with the next.
pub const COLLECT_BYTES_MAX: usize = 3 * 1024 * 1024;

/// How often a node reads from the mailboxes it knows while it is connected to them, in milliseconds. Mailboxes say when something came; this
/// is for when that was lost.
pub const MAILBOX_READ_MS: u64 = 5 * 60 * 1000;
/// How long a mailbox waits for company before it says that something came, in milliseconds.
pub const SOMETHING_CAME_MS: u64 = 200;
/// How long a change of what a mailbox shall keep waits for others, in milliseconds.
pub const REGISTER_DELAY_MS: u64 = 100;
/// How often a mailbox is told of an account that has not changed, in milliseconds: once a day.
pub const REGISTER_AGAIN_MS: u64 = 24 * 3600 * 1000;

/// Mailbox nodes that follow one conversation, beside its members' homes: beyond it those of the last members are left out.
pub const CONVERSATION_MAILBOXES_MAX: usize = 9;

/// How many key packages one token takes a day while the account is locked or from a mailbox, where nothing refills the pool (PROTOCOL A8).
pub const KEY_PACKAGES_PER_DAY_LOCKED: u32 = 5;
/// How long the private rows of a last resort are kept after it was replaced, in milliseconds: 7 days (PROTOCOL A8).
pub const LAST_RESORT_KEPT_MS: u64 = 7 * 24 * 3600 * 1000;
/// Other nodes that keep a queue to which the origin of an entry pushes it itself (DECISIONS 17). With more, it goes round by the rings.
pub const DIRECT_FOLLOWERS_MAX: usize = 9;

/// Rings on which followers stand, each giving two neighbours: eight in all (PROTOCOL A9).
pub const RINGS: u8 = 4;

/// Most entries that wait to be passed on to one neighbour. Beyond it the oldest is left to the neighbour's own reading.
pub const FORWARDS_MAX: usize = 4096;

/// Queues whose neighbours are remembered; those of others are computed anew.
pub const RINGS_REMEMBERED: usize = 64;

/// After this pause a connected peer is asked again what it gave no answer to when its queues were read, in milliseconds.
pub const READ_AGAIN_MS: u64 = 5_000;

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
