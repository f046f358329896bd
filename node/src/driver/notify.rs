//! Tells an account's clients how far its events go.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tidings_crypto::id::AccountId;
use tokio::sync::watch;

/// One channel an account, made when somebody first asks for it.
#[derive(Default)]
pub(super) struct Notifier(Mutex<BTreeMap<AccountId, watch::Sender<u64>>>);

impl Notifier {
    /// The newest cursor, 0 while none was announced since the start. It may jump: a reader asks for all events after its own cursor.
    pub(super) fn subscribe(&self, account: AccountId) -> watch::Receiver<u64> {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        channels.entry(account).or_insert_with(|| watch::channel(0).0).subscribe()
    }

    pub(super) fn announce(&self, account: AccountId, cursor: u64) {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(channel) = channels.get(&account) else { return };
        if channel.is_closed() {
            channels.remove(&account);
            return;
        }
        channel.send_if_modified(|newest| {
            let further = cursor > *newest;
            *newest = cursor.max(*newest);
            further
        });
    }
}
