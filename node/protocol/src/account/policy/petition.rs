//! Petitions: what users sign who want a new owner, because the owners are gone (PROTOCOL A6.5). Whether they have been silent for long
//! enough is for each petitioner to judge before signing, so that whether a commit is valid depends on no clock.

use tidings_crypto::id::{AccountId, ConversationId, DeviceId, EpochId};
use tidings_crypto::identity::IdentityLog;
use tidings_crypto::sign::{Label, Signature, SigningKey};
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize};

use crate::wire;

/// One user's signature under the wish that somebody be owner, at one epoch.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Petition {
    /// Whose.
    pub account: AccountId,
    /// By which device.
    pub device: DeviceId,
    signature: Signature,
}

impl Petition {
    /// How many of a group's users must want the same owner: more than two thirds (REQ-POLICY-7).
    #[must_use]
    pub const fn needed(users: usize) -> usize {
        users * 2 / 3 + 1
    }

    /// Signs the wish that `owner` be the owner from `parent` on.
    #[must_use]
    pub fn sign(
        (account, device): (AccountId, DeviceId),
        device_key: &SigningKey,
        conversation: ConversationId,
        parent: EpochId,
        owner: AccountId,
    ) -> Self {
        let signature = device_key.sign(Label::Petition, &Self::signed(conversation, parent, owner));
        Self { account, device, signature }
    }

    /// Whether a device that the account's identity log names has signed this very wish.
    #[must_use]
    pub fn holds(
        &self,
        conversation: ConversationId,
        parent: EpochId,
        owner: AccountId,
        identity: &dyn Fn(&AccountId) -> Option<IdentityLog>,
    ) -> bool {
        let log = identity(&self.account);
        let device = log.as_ref().and_then(|log| log.device(self.device));
        device.is_some_and(|device| {
            let signed = Self::signed(conversation, parent, owner);
            device.device_key.verify(Label::Petition, &signed, &self.signature).is_ok()
        })
    }

    fn signed(conversation: ConversationId, parent: EpochId, owner: AccountId) -> Vec<u8> {
        [&[wire::VERSION], conversation.as_bytes().as_slice(), parent.as_bytes(), owner.as_bytes()].concat()
    }
}
