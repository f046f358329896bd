//! Leaves: what a commit may bring into the tree, of its committer and of those it adds.

use tidings_crypto::id::ConversationId;
use tidings_crypto::identity::IdentityLog;
use tidings_crypto::mls::{LeafCredential, LeafFacts, MemberView};

use super::{Invalid, Parent};

/// Length of an X25519 public key, which every HPKE key of our suite is.
const HPKE_KEY_BYTES: usize = 32;

/// The committer's new leaf is its own, with a key that nobody else has.
pub(super) fn updated(parent: &Parent<'_>, committer: &MemberView, leaf: &LeafFacts) -> Result<(), Invalid> {
    if leaf.credential.account != committer.account() || leaf.credential.device != committer.device() {
        return Err(Invalid::ChangedOwner);
    }
    let others = parent.members.iter().filter(|member| member.leaf != committer.leaf);
    if others.into_iter().any(|other| other.signature_key == leaf.signature_key) {
        return Err(Invalid::Leaf);
    }
    well_formed(parent, leaf)
}

/// An added leaf has a signature key that no member has, the removed ones included, and none added before it.
pub(super) fn added(parent: &Parent<'_>, leaf: &LeafFacts, earlier: &[LeafFacts]) -> Result<(), Invalid> {
    let reused = parent.members.iter().any(|member| member.signature_key == leaf.signature_key)
        || earlier.iter().any(|other| other.signature_key == leaf.signature_key);
    if reused {
        return Err(Invalid::Leaf);
    }
    well_formed(parent, leaf)
}

fn well_formed(parent: &Parent<'_>, leaf: &LeafFacts) -> Result<(), Invalid> {
    if leaf.encryption_key_len != HPKE_KEY_BYTES || !leaf.capabilities_ok || !leaf.extensions_ok {
        return Err(Invalid::Leaf);
    }
    let log = (parent.identity)(&leaf.credential.account).ok_or(Invalid::Credential)?;
    credential(parent.conversation, &log, &leaf.credential, &leaf.signature_key)
}

/// Checks that a leaf's credential is borne out by its account's identity log: the head is in it, the device was certified at that head,
/// the device key signed the leaf key, and the leaf key is no device key.
///
/// # Errors
/// [`Invalid::Credential`] or [`Invalid::Leaf`].
pub fn credential(
    conversation: ConversationId,
    log: &IdentityLog,
    credential: &LeafCredential,
    signature_key: &[u8],
) -> Result<(), Invalid> {
    let at = log.at(&credential.identity_head).ok_or(Invalid::Credential)?;
    let device = at.device(credential.device).ok_or(Invalid::Credential)?;
    if log.account_id() != credential.account || credential.not_after > device.not_after {
        return Err(Invalid::Credential);
    }
    if signature_key == device.device_key.as_bytes() {
        return Err(Invalid::Leaf);
    }
    credential.verify_member(signature_key, conversation, &device.device_key).map_err(|_| Invalid::Credential)
}
