//! Attacks on the judgement of commits: what `authorize` must refuse at its parent state, whoever signed it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tidings_crypto::id::{AccountId, ConversationId};
use tidings_crypto::identity::{DeviceRecord, IdentityLog};
use tidings_crypto::mls::{
    CommitPlan, CommitView, DeviceKeys, Group, LeafCredential, LeafFacts, MemberView, key_package,
};
use tidings_crypto::sign::SigningKey;
use tidings_protocol::account::conversation::authorize::{self, Invalid, Parent};
use tidings_protocol::account::policy::{Creation, Policy};
use tidings_protocol::record::conversation::ConversationKind;

const OWNER: usize = 0;
const MEMBER: usize = 1;
const OTHER: usize = 2;
const NEWCOMER: usize = 3;

/// A group of an owner and two members, and somebody who may be added.
struct Fixture {
    rng: ChaCha20Rng,
    keys: Vec<DeviceKeys>,
    logs: BTreeMap<AccountId, IdentityLog>,
    policy: Policy,
    group: Group,
}

fn person(seed: u8) -> (DeviceKeys, IdentityLog) {
    let root = SigningKey::from_seed(&[seed; 32]);
    let device_key = SigningKey::from_seed(&[seed + 100; 32]);
    let mut log = IdentityLog::create(&root, [seed; 32]);
    let record = DeviceRecord { device_key: device_key.verifying_key(), not_after: 2_000_000_000 };
    let device = log.add_device(&root, record).unwrap();
    let keys = DeviceKeys {
        account: log.account_id(),
        device,
        device_key,
        identity_head: log.head(),
        not_after: 2_000_000_000,
    };
    (keys, log)
}

impl Fixture {
    fn new(kind: ConversationKind) -> Self {
        let mut rng = ChaCha20Rng::from_seed([4; 32]);
        let (keys, logs): (Vec<DeviceKeys>, Vec<IdentityLog>) = (1..=4).map(person).unzip();
        let creation = Creation::new(kind, keys[OWNER].account, keys[OWNER].device, [9; 32]);
        let id = creation.conversation();
        let policy = Policy::new(creation, "ops", "what we do");
        let mut group = Group::create(&keys[OWNER], id, &policy.to_bytes(), &mut rng).unwrap();
        let members = if kind == ConversationKind::Direct { MEMBER..=MEMBER } else { MEMBER..=OTHER };
        let adds = members.map(|at| key_package::create(&keys[at], 1, &mut rng).unwrap().1).collect();
        let group = group.commit(CommitPlan { adds, ..CommitPlan::default() }, &mut rng).unwrap().next;
        let logs = logs.into_iter().map(|log| (log.account_id(), log)).collect();
        Self { rng, keys, logs, policy, group }
    }

    fn group() -> Self {
        Self::new(ConversationKind::Group)
    }

    fn id(&self) -> ConversationId {
        self.group.conversation()
    }

    fn leaf(&self, at: usize) -> MemberView {
        self.group.members().into_iter().find(|member| member.account() == self.keys[at].account).unwrap()
    }

    /// The view of a commit that the owner really made.
    fn view(&mut self, plan: CommitPlan) -> CommitView {
        self.group.commit(plan, &mut self.rng).unwrap().view
    }

    fn update(&mut self) -> CommitView {
        self.view(CommitPlan::default())
    }

    fn add(&mut self, at: usize) -> CommitView {
        let adds = vec![key_package::create(&self.keys[at], 1, &mut self.rng).unwrap().1];
        self.view(CommitPlan { adds, ..CommitPlan::default() })
    }

    fn remove(&mut self, at: usize) -> CommitView {
        let remove = Some(self.leaf(at).leaf);
        self.view(CommitPlan { remove, ..CommitPlan::default() })
    }

    fn judge(&self, view: &CommitView) -> Result<(), Invalid> {
        self.judge_under(&self.policy, view)
    }

    fn judge_under(&self, policy: &Policy, view: &CommitView) -> Result<(), Invalid> {
        let members = self.group.members();
        let identity = |account: &AccountId| self.logs.get(account).cloned();
        authorize::authorize(
            &Parent { conversation: self.id(), policy, members: &members, identity: &identity, rejoins: &[] },
            view,
        )
    }
}

fn path(view: &mut CommitView) -> &mut LeafFacts {
    view.updated_leaf.as_mut().unwrap()
}

#[test]
fn an_owner_may_update_add_and_remove() {
    let mut all = Fixture::group();
    for view in [all.update(), all.add(NEWCOMER), all.remove(OTHER)] {
        assert_eq!(all.judge(&view), Ok(()));
    }
}

// NEGATIVE_TESTS 30
// REQ-AUTH-1
#[test]
fn a_member_without_role_may_commit_nothing_at_all() {
    let mut all = Fixture::group();
    let leaf = all.leaf(MEMBER).leaf;
    for mut view in [all.update(), all.add(NEWCOMER), all.remove(OTHER)] {
        view.committer = leaf;
        view.updated_leaf = None;
        assert_eq!(all.judge(&view), Err(Invalid::NotAllowed));
    }
}

// NEGATIVE_TESTS 30
#[test]
fn a_committer_who_is_not_in_the_parent_epoch_is_refused() {
    let mut all = Fixture::group();
    let view = CommitView { committer: 77, ..all.update() };
    assert_eq!(all.judge(&view), Err(Invalid::UnknownCommitter));
}

// NEGATIVE_TESTS 31, 76
#[test]
fn an_owner_removes_no_owner_and_no_owner_leaves() {
    let mut all = Fixture::group();
    let mut both = all.policy.clone();
    both.owners = vec![all.keys[OWNER].account, all.keys[OTHER].account];
    let removal = all.remove(OTHER);
    assert_eq!(all.judge_under(&both, &removal), Err(Invalid::Remove));
    let leaf = all.leaf(OTHER).leaf;
    let leaving = CommitView { self_removes: vec![leaf], ..all.update() };
    assert_eq!(all.judge(&leaving), Ok(()));
    assert_eq!(all.judge_under(&both, &leaving), Err(Invalid::Remove));
}

// NEGATIVE_TESTS 32
// REQ-AUTH-2
#[test]
fn a_policy_that_differs_in_any_byte_is_refused_also_from_the_owner() {
    let mut all = Fixture::group();
    let bytes = all.policy.to_bytes();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let view = CommitView { policy: Some(changed), context_proposals: 1, ..all.update() };
        assert_eq!(all.judge(&view), Err(Invalid::Policy), "byte {at}");
    }
}

// NEGATIVE_TESTS 32
#[test]
fn a_policy_of_another_version_without_owners_with_a_rest_or_of_an_unknown_kind_is_none() {
    let all = Fixture::group();
    let bytes = all.policy.to_bytes();
    assert_eq!(Policy::parse(&bytes).unwrap(), all.policy);
    let mut ownerless = all.policy.clone();
    ownerless.owners.clear();
    let (mut version, mut kind) = (bytes.clone(), bytes.clone());
    version[0] = 2;
    kind[3] = 9;
    for wrong in [ownerless.to_bytes(), version, kind, [bytes.as_slice(), &[0]].concat(), bytes[1..].to_vec()] {
        assert!(Policy::parse(&wrong).is_err());
    }
}

// NEGATIVE_TESTS 33
// REQ-AUTH-3
#[test]
fn a_change_of_group_context_extensions_beyond_the_policy_is_refused() {
    let mut all = Fixture::group();
    let dropped = CommitView { extensions_ok: false, context_proposals: 1, ..all.update() };
    let twice = CommitView { context_proposals: 2, ..all.update() };
    for view in [dropped, twice] {
        assert_eq!(all.judge(&view), Err(Invalid::Extensions));
    }
}

// NEGATIVE_TESTS 34
// REQ-AUTH-4
#[test]
fn a_path_that_gives_the_leaf_to_another_account_or_device_is_refused() {
    let mut all = Fixture::group();
    let other = all.leaf(OTHER).credential;
    let (mut account, mut device) = (all.update(), all.update());
    path(&mut account).credential.account = other.account;
    path(&mut device).credential.device = other.device;
    for view in [account, device] {
        assert_eq!(all.judge(&view), Err(Invalid::ChangedOwner));
    }
}

// NEGATIVE_TESTS 34
// REQ-AUTH-4, REQ-ID-4
#[test]
fn a_path_without_a_certificate_of_its_device_is_refused() {
    let mut all = Fixture::group();
    let id = all.id();
    let certify =
        |keys: &DeviceKeys, leaf: &[u8], context: &[u8]| LeafCredential::certify(keys, leaf, context).unwrap();
    let honest = all.update();
    let leaf = honest.updated_leaf.as_ref().unwrap().signature_key.clone();
    let own = clone(&all.keys[OWNER]);
    let thief = DeviceKeys { device_key: all.keys[MEMBER].device_key.clone(), ..clone(&own) };
    let forked = DeviceKeys { identity_head: [8; 32], ..clone(&own) };
    let longer = DeviceKeys { not_after: own.not_after + 1, ..clone(&own) };
    let wrong = [
        certify(&thief, &leaf, id.as_bytes()),
        certify(&forked, &leaf, id.as_bytes()),
        certify(&longer, &leaf, id.as_bytes()),
        certify(&own, &leaf, &[1; 32]),
        certify(&own, &[6; 32], id.as_bytes()),
    ];
    for credential in wrong {
        let mut view = honest.clone();
        path(&mut view).credential = credential;
        assert_eq!(all.judge(&view), Err(Invalid::Credential));
    }
    let mut renewed = honest.clone();
    path(&mut renewed).credential = certify(&own, &leaf, id.as_bytes());
    assert_eq!(all.judge(&renewed), Ok(()));
}

fn clone(keys: &DeviceKeys) -> DeviceKeys {
    DeviceKeys { device_key: keys.device_key.clone(), ..*keys }
}

// NEGATIVE_TESTS 34
#[test]
fn an_added_leaf_of_an_account_nobody_introduced_or_of_a_device_its_log_does_not_name_is_refused() {
    let mut all = Fixture::group();
    let view = all.add(NEWCOMER);
    let log = all.logs.remove(&all.keys[NEWCOMER].account).unwrap();
    assert_eq!(all.judge(&view), Err(Invalid::Credential));
    let older = IdentityLog::create(&SigningKey::from_seed(&[4; 32]), [4; 32]);
    assert_eq!(older.account_id(), log.account_id());
    all.logs.insert(log.account_id(), older);
    assert_eq!(all.judge(&view), Err(Invalid::Credential));
    all.logs.insert(log.account_id(), log);
    assert_eq!(all.judge(&view), Ok(()));
}

// NEGATIVE_TESTS 37
// REQ-AUTH-5
#[test]
fn a_leaf_is_not_removed_twice_and_not_two_at_once() {
    let mut all = Fixture::group();
    let (member, other) = (all.leaf(MEMBER).leaf, all.leaf(OTHER).leaf);
    let view = |removes: Vec<u32>, self_removes: Vec<u32>, all: &mut Fixture| CommitView {
        removes,
        self_removes,
        ..all.update()
    };
    for (removes, self_removes) in [
        (vec![member, member], vec![]),
        (vec![member], vec![member]),
        (vec![], vec![member, member]),
        (vec![member, other], vec![]),
        (vec![50], vec![]),
    ] {
        let view = view(removes, self_removes, &mut all);
        assert_eq!(all.judge(&view), Err(Invalid::Remove), "{:?} {:?}", view.removes, view.self_removes);
    }
}

// NEGATIVE_TESTS 37
#[test]
fn nobody_is_added_who_is_in_already_nor_twice_in_one_commit() {
    let mut all = Fixture::group();
    let again = all.add(MEMBER);
    assert_eq!(all.judge(&again), Err(Invalid::Add));
    let (mut twice, second) = (all.add(NEWCOMER), all.add(NEWCOMER));
    twice.adds.extend(second.adds);
    assert_eq!(all.judge(&twice), Err(Invalid::Add));
}

// NEGATIVE_TESTS 37, 44
// REQ-AUTH-5
#[test]
fn a_proposal_by_reference_that_is_no_self_remove_is_refused() {
    let mut all = Fixture::group();
    let view = CommitView { by_reference: 1, ..all.add(NEWCOMER) };
    assert_eq!(all.judge(&view), Err(Invalid::ByReference));
}

// NEGATIVE_TESTS 30, 45
#[test]
fn psk_reinit_external_init_and_unknown_proposals_are_refused_from_everybody() {
    let mut all = Fixture::group();
    // RFC 9420 17.4: update, psk, reinit, external_init; then private use.
    for kind in [2, 4, 5, 6, 0xf4a1] {
        let view = CommitView { other_proposals: vec![kind], ..all.update() };
        assert_eq!(all.judge(&view), Err(Invalid::ProposalType), "type {kind}");
    }
}

// NEGATIVE_TESTS 28
// REQ-AUTH-6
#[test]
fn a_leaf_does_not_reuse_the_signature_key_of_another_leaf() {
    let mut all = Fixture::group();
    let taken = all.leaf(MEMBER).signature_key;
    let mut update = all.update();
    path(&mut update).signature_key = taken.clone();
    assert_eq!(all.judge(&update), Err(Invalid::Leaf));
    let mut add = all.add(NEWCOMER);
    add.adds[0].signature_key = taken;
    assert_eq!(all.judge(&add), Err(Invalid::Leaf));
}

// NEGATIVE_TESTS 28
// REQ-AUTH-6
#[test]
fn a_leaf_key_is_not_the_device_key() {
    let all = Fixture::group();
    let keys = &all.keys[NEWCOMER];
    let device_key = keys.device_key.verifying_key();
    let credential = LeafCredential::certify(keys, device_key.as_bytes(), b"kp").unwrap();
    let verdict = authorize::credential(all.id(), &all.logs[&keys.account], &credential, device_key.as_bytes());
    assert_eq!(verdict, Err(Invalid::Leaf));
    let other = LeafCredential::certify(keys, &[3; 32], b"kp").unwrap();
    assert_eq!(authorize::credential(all.id(), &all.logs[&keys.account], &other, &[3; 32]), Ok(()));
}

// NEGATIVE_TESTS 28, 34
#[test]
fn leaves_with_keys_of_other_lengths_missing_capabilities_or_extensions_are_refused() {
    let mut all = Fixture::group();
    let (mut short, mut weak, mut odd) = (all.add(NEWCOMER), all.add(NEWCOMER), all.update());
    short.adds[0].encryption_key_len = 31;
    weak.adds[0].capabilities_ok = false;
    path(&mut odd).extensions_ok = false;
    for view in [short, weak, odd] {
        assert_eq!(all.judge(&view), Err(Invalid::Leaf));
    }
}

// NEGATIVE_TESTS 37
#[test]
fn a_direct_conversation_takes_no_third_and_loses_nobody() {
    let mut all = Fixture::new(ConversationKind::Direct);
    let third = all.add(NEWCOMER);
    assert_eq!(all.judge(&third), Err(Invalid::Add));
    let removal = all.remove(MEMBER);
    assert_eq!(all.judge(&removal), Err(Invalid::Remove));
}
