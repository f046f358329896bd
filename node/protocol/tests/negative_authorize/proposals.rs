//! What no role may do: proposals, leaves and credentials that are wrong whoever commits them.

use tidings_crypto::identity::IdentityLog;
use tidings_crypto::mls::{CommitView, DeviceKeys, LeafCredential};
use tidings_crypto::sign::SigningKey;
use tidings_protocol::account::conversation::authorize::{self, Invalid};

use crate::fixture::{Fixture, MEMBER, NEWCOMER, OTHER, OWNER, path};

#[test]
fn an_owner_may_update_add_and_remove() {
    let mut all = Fixture::group();
    for view in [all.update(), all.add(NEWCOMER), all.remove(OTHER)] {
        assert_eq!(all.judge(&view), Ok(()));
    }
}

// NEGATIVE_TESTS 30
#[test]
fn a_committer_who_is_not_in_the_parent_epoch_is_refused() {
    let mut all = Fixture::group();
    let view = CommitView { committer: 77, ..all.update() };
    assert_eq!(all.judge(&view), Err(Invalid::UnknownCommitter));
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
    let log = all.logs.remove(&all.account(NEWCOMER)).unwrap();
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

// DECISIONS 19
// REQ-GROUP-10
#[test]
fn a_removal_that_keeps_the_topic_is_refused() {
    let mut all = Fixture::group();
    let kept = all.remove(MEMBER);
    assert_eq!(all.judge_as_it_is(&kept), Err(Invalid::Policy));
    let renewed = all.changing(kept, |policy| *policy = policy.rotated());
    assert_eq!(all.judge_as_it_is(&renewed), Ok(()));
}
