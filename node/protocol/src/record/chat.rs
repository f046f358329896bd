//! What an account keeps of a conversation for itself, and how far it was read. Nothing of it is in the group.

use minicbor::{Decode, Encode};

use super::message::Version;

/// How far an account has read a conversation: everything in its place up to `order` that had come by `arrival`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Marker {
    /// The order key of the last message read; empty if none was.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub order: Vec<u8>,
    /// The newest event at that time: what came later and stands before `order` was not seen.
    #[n(1)]
    pub arrival: u64,
}

/// One conversation as the account arranged it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct ChatRecord {
    /// How far it was read.
    #[n(0)]
    pub marker: Marker,
    /// Until when it makes no noise, unix milliseconds; 0 if it does.
    #[n(1)]
    pub muted_until: u64,
    /// Whether it is put away.
    #[n(2)]
    pub archived: bool,
    /// What was written and not sent.
    #[n(3)]
    pub draft: String,
    /// Whether read receipts are exchanged here; `None` as in the account's settings.
    #[n(4)]
    pub read_receipts: Option<bool>,
    /// After how many milliseconds new messages disappear; 0 if they stay.
    #[n(5)]
    pub timer: u64,
    /// Which change of the timer counts: the latest.
    #[n(6)]
    pub timer_version: Version,
    /// Whether typing is shown here; `None` as in the account's settings.
    #[n(7)]
    pub typing: Option<bool>,
}

/// What people show each other beside what they write: both ways or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// What they have read.
    Read,
    /// That they are typing.
    Typing,
}

impl ChatRecord {
    /// Whether it is shown in this conversation; `None` as in the account's settings.
    pub const fn shows(&mut self, what: Shown) -> &mut Option<bool> {
        match what {
            Shown::Read => &mut self.read_receipts,
            Shown::Typing => &mut self.typing,
        }
    }
}

/// What an account wants others to see of it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SettingRecord {
    /// Whether others see what was read here, and this account what they have read.
    #[n(0)]
    pub read_receipts: bool,
    /// Whether others see that it is typing, and this account that they are.
    #[n(1)]
    #[cbor(default)]
    pub typing: bool,
}

impl SettingRecord {
    /// Whether it is shown where a conversation says nothing of its own.
    pub const fn shows(&mut self, what: Shown) -> &mut bool {
        match what {
            Shown::Read => &mut self.read_receipts,
            Shown::Typing => &mut self.typing,
        }
    }
}

impl Default for SettingRecord {
    fn default() -> Self {
        Self { read_receipts: true, typing: false }
    }
}

/// Read frontiers between this account and one device of a conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct FrontierRecord {
    /// The last entry of its log that was read here.
    #[n(0)]
    pub read: u64,
    /// The last that our receipts have told it of.
    #[n(1)]
    pub told: u64,
    /// The last entry of our log that it says was read there.
    #[n(2)]
    pub heard: u64,
}
