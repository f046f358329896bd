//! What a node remembers of what passes. Nothing of it is stored: after a restart it has said and heard nothing.

use std::collections::BTreeMap;

use tidings_crypto::id::{AccountId, ConversationId, DeviceId};

use crate::limits::{EPHEMERAL_AGE_MS_MAX, EPHEMERALS_REMEMBERED_MAX, TYPING_PAUSE_MS};
use crate::time::Monotonic;

/// Who heard it, where, and of which device.
pub(crate) type Place = (AccountId, ConversationId, DeviceId);

#[derive(Debug)]
struct Said {
    /// Before that it is not said again.
    again_at: Monotonic,
    /// Whether it has not been taken back.
    stands: bool,
}

#[derive(Debug)]
struct Heard {
    clock: u64,
    /// Who is shown as typing, if somebody is.
    typing: Option<AccountId>,
}

/// What passes, for all accounts of the node.
#[derive(Debug, Default)]
pub(crate) struct Ephemerals {
    clocks: BTreeMap<AccountId, u64>,
    said: BTreeMap<(AccountId, ConversationId), Said>,
    heard: BTreeMap<Place, Heard>,
}

impl Ephemerals {
    /// The clock of the next frame of an account: `wall`, but later than that of the one before.
    pub(crate) fn next_clock(&mut self, account: AccountId, wall: u64) -> u64 {
        let last = self.clocks.entry(account).or_default();
        *last = wall.max(last.saturating_add(1));
        *last
    }

    /// Whether an account is to say now that it is typing, or no longer: the one not again too soon, the other once.
    pub(crate) fn turn(&mut self, place: (AccountId, ConversationId), typing: bool, now: Monotonic) -> bool {
        let known = self.said.get_mut(&place);
        if !typing {
            return known.is_some_and(|said| std::mem::take(&mut said.stands));
        }
        if known.is_some_and(|said| now < said.again_at) {
            return false;
        }
        self.said.insert(place, Said { again_at: now.after(TYPING_PAUSE_MS), stands: true });
        true
    }

    /// Whether a frame with this clock is later than all of its device before, and of now as far as clocks agree.
    pub(crate) fn is_news(&mut self, place: &Place, clock: u64, wall: u64) -> bool {
        if clock.abs_diff(wall) > EPHEMERAL_AGE_MS_MAX {
            return false;
        }
        if let Some(heard) = self.heard.get(place) {
            return clock > heard.clock;
        }
        if self.heard.len() >= EPHEMERALS_REMEMBERED_MAX {
            // What is forgotten here is too old to come again.
            self.heard.retain(|_, heard| heard.clock.saturating_add(EPHEMERAL_AGE_MS_MAX) >= wall);
        }
        self.heard.len() < EPHEMERALS_REMEMBERED_MAX
    }

    /// Remembers the clock of a frame that counted.
    pub(crate) fn note(&mut self, place: Place, clock: u64) {
        self.heard.entry(place).or_insert(Heard { clock, typing: None }).clock = clock;
    }

    /// Notes that somebody is shown as typing.
    pub(crate) fn begin(&mut self, place: &Place, author: AccountId) {
        if let Some(heard) = self.heard.get_mut(place) {
            heard.typing = Some(author);
        }
    }

    /// Ends that; who it was, if somebody was shown.
    pub(crate) fn end(&mut self, place: &Place) -> Option<AccountId> {
        self.heard.get_mut(place).and_then(|heard| heard.typing.take())
    }
}
