//! Tells an account's clients how far its events go, and what passes.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tidings_crypto::id::AccountId;
use tidings_protocol::effect::TransientEvent;
use tokio::sync::{broadcast, watch};

use super::limits::TRANSIENT_EVENTS_MAX;

/// The channels of one account.
struct Channels {
    newest: watch::Sender<u64>,
    passing: broadcast::Sender<TransientEvent>,
}

impl Channels {
    fn new() -> Self {
        Self { newest: watch::channel(0).0, passing: broadcast::channel(TRANSIENT_EVENTS_MAX).0 }
    }

    fn is_unheard(&self) -> bool {
        self.newest.is_closed() && self.passing.receiver_count() == 0
    }
}

/// The channels of all accounts, made when somebody first asks for them.
#[derive(Default)]
pub(super) struct Notifier(Mutex<BTreeMap<AccountId, Channels>>);

impl Notifier {
    /// The newest cursor, 0 while none was announced since the start. It may jump: a reader asks for all events after its own cursor.
    pub(super) fn subscribe(&self, account: AccountId) -> watch::Receiver<u64> {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        channels.entry(account).or_insert_with(Channels::new).newest.subscribe()
    }

    /// What passes from now on. A reader that lags misses the oldest.
    pub(super) fn overhear(&self, account: AccountId) -> broadcast::Receiver<TransientEvent> {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        channels.entry(account).or_insert_with(Channels::new).passing.subscribe()
    }

    pub(super) fn announce(&self, account: AccountId, cursor: u64) {
        self.with(account, |channels| {
            channels.newest.send_if_modified(|newest| {
                let further = cursor > *newest;
                *newest = cursor.max(*newest);
                further
            });
        });
    }

    pub(super) fn tell(&self, account: AccountId, event: TransientEvent) {
        // Nobody may be listening, which is as good.
        self.with(account, |channels| drop(channels.passing.send(event)));
    }

    /// Uses an account's channels if somebody hears them; forgets them if nobody does.
    fn with(&self, account: AccountId, use_them: impl FnOnce(&Channels)) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match all.get(&account) {
            Some(channels) if channels.is_unheard() => drop(all.remove(&account)),
            Some(channels) => use_them(channels),
            None => {}
        }
    }
}
