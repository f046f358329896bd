//! Facts about members and commits, for `authorize` in the protocol crate. Owns no rule of who may do what.

use super::credential::LeafCredential;
use crate::id::{AccountId, DeviceId};

/// One member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberView {
    /// Leaf index in the ratchet tree.
    pub leaf: u32,
    /// Our credential of that leaf; not yet checked against an identity log.
    pub credential: LeafCredential,
    /// MLS signature key of the leaf, 32 bytes.
    pub signature_key: Vec<u8>,
}

impl MemberView {
    /// Account of the member.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.credential.account
    }

    /// Device of the member.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.credential.device
    }
}

/// What a commit says about one leaf: of an added key package, or of the committer's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafFacts {
    /// Our credential of that leaf; not yet checked against an identity log.
    pub credential: LeafCredential,
    /// MLS signature key of the leaf.
    pub signature_key: Vec<u8>,
    /// Bytes of the leaf's HPKE key; `inspect` refuses other lengths than 32.
    pub encryption_key_len: usize,
    /// Whether the leaf lists our suite, credential, extension and the self-remove proposal.
    pub capabilities_ok: bool,
    /// Whether the leaf carries no extension of its own.
    pub extensions_ok: bool,
    /// Reference of the key package (adds only; empty for a path).
    pub key_package_reference: Vec<u8>,
}

/// A commit that is valid for MLS at its parent state, not merged. All an authorization rule needs, and no rule itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitView {
    /// Leaf of the committer at the parent state.
    pub committer: u32,
    /// Adds in wire order.
    pub adds: Vec<LeafFacts>,
    /// Leaves removed by Remove proposals, in wire order.
    pub removes: Vec<u32>,
    /// Leaves that leave by their own SelfRemove proposals, ascending.
    pub self_removes: Vec<u32>,
    /// The committer's new leaf, if the commit has a path.
    pub updated_leaf: Option<LeafFacts>,
    /// The policy after this commit, if a GroupContextExtensions proposal changes it.
    pub policy: Option<Vec<u8>>,
    /// Number of GroupContextExtensions proposals (more than one is refused by MLS).
    pub context_proposals: usize,
    /// Types of proposals outside Add, Remove, SelfRemove and GroupContextExtensions (RFC 9420 §17.4).
    pub other_proposals: Vec<u16>,
    /// Proposals given by reference that are not SelfRemove.
    pub by_reference: usize,
    /// After the commit: our required capabilities and exactly our extensions are still there.
    pub extensions_ok: bool,
    /// Whether this commit removes our own leaf.
    pub removes_us: bool,
    /// Members after the commit.
    pub members_after: usize,
    /// Epoch after the commit.
    pub epoch_after: u64,
}
