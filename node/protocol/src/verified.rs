//! What this node has verified already, by the hash of what was verified: identity logs, and the certificates of leaves.
//!
//! Many accounts of one node meet the same thousand people in one group. Whether bytes are a valid log, or a certificate holds, is a function
//! of the bytes, so it is found out once for all of them. In memory and bounded: after a restart, and for what was forgotten, it is found out
//! again. It does not know who may have what role, and it keeps no refusals.

use std::cell::RefCell;
use std::sync::Arc;

use tidings_crypto::id::ConversationId;
use tidings_crypto::identity::{IdentityError, IdentityLog};
use tidings_crypto::mls::{Known, MemberView};
use tidings_crypto::recent::Recent;

use crate::account::conversation::authorize::{Invalid, credential};
use crate::limits::{VERIFIED_LEAVES_MAX, VERIFIED_LOG_BYTES_MAX};

/// What is known to hold.
#[derive(Debug)]
pub(crate) struct Verified {
    logs: RefCell<Recent<Arc<IdentityLog>>>,
    leaves: RefCell<Recent<()>>,
    /// Of MLS itself.
    pub(crate) mls: Known,
}

impl Default for Verified {
    fn default() -> Self {
        Self {
            logs: RefCell::new(Recent::new(VERIFIED_LOG_BYTES_MAX)),
            leaves: RefCell::new(Recent::new(VERIFIED_LEAVES_MAX)),
            mls: Known::default(),
        }
    }
}

impl Verified {
    /// The identity log that these bytes are.
    ///
    /// # Errors
    /// [`IdentityError`] as [`IdentityLog::parse`].
    pub(crate) fn log(&self, bytes: &[u8]) -> Result<Arc<IdentityLog>, IdentityError> {
        let name = tidings_crypto::derive("tidings/1/verified-log", &[bytes]);
        if let Some(known) = self.logs.borrow_mut().get(&name) {
            return Ok(known);
        }
        let log = Arc::new(IdentityLog::parse(bytes)?);
        self.logs.borrow_mut().insert(name, Arc::clone(&log), bytes.len());
        Ok(log)
    }

    /// Checks that the leaf of `member` is borne out by `log`, that of its account.
    ///
    /// # Errors
    /// [`Invalid`] as [`credential`].
    pub(crate) fn leaf(
        &self,
        conversation: ConversationId,
        log: &IdentityLog,
        member: &MemberView,
    ) -> Result<(), Invalid> {
        let certificate = tidings_crypto::encode(&member.credential);
        let name = tidings_crypto::derive(
            "tidings/1/verified-leaf",
            &[conversation.as_bytes(), log.account_id().as_bytes(), &log.head(), &certificate, &member.signature_key],
        );
        if self.leaves.borrow_mut().get(&name).is_some() {
            return Ok(());
        }
        credential(conversation, log, &member.credential, &member.signature_key)?;
        self.leaves.borrow_mut().insert(name, (), 1);
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::Verified;
    use tidings_crypto::identity::IdentityLog;
    use tidings_crypto::sign::SigningKey;

    #[test]
    fn a_log_with_one_changed_byte_is_refused_after_the_right_one_was_taken() {
        let verified = Verified::default();
        let bytes = IdentityLog::create(&SigningKey::from_seed(&[1; 32]), [2; 32]).to_bytes();
        verified.log(&bytes).unwrap();
        verified.log(&bytes).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1);
            assert!(verified.log(&changed).is_err(), "byte {at}");
        }
    }
}
