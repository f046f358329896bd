//! Groups: founding, joining, writing, removing, leaving; anchors; what a removed member can't do.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod mls_world;

use mls_world::{POLICY, add, advance, all_agree, conversation, device, group_of, package, rng};
use tidings_crypto::id::ConversationId;
use tidings_crypto::mls::{CommitPlan, Group, MAX_POLICY, MlsError};

#[test]
fn a_founder_is_alone_with_its_policy() {
    let group = Group::create(&device(1), conversation(), POLICY, &mut rng(1)).unwrap();
    assert_eq!((group.epoch(), group.own_leaf(), group.members().len()), (0, 0, 1));
    assert_eq!(group.policy().unwrap(), POLICY);
    assert!(group.is_active());
    let member = group.member(0).unwrap();
    let key = device(1).device_key.verifying_key();
    member.credential.verify_member(&member.signature_key, conversation(), &key).unwrap();
    assert!(member.credential.verify(&member.signature_key, b"kp", &key).is_err(), "not certified for a key package");
    let elsewhere = ConversationId::from_bytes([8; 32]);
    assert!(member.credential.verify_member(&member.signature_key, elsewhere, &key).is_err());
}

// REQ-GROUP-5
#[test]
fn five_members_who_joined_by_one_welcome_agree_and_read_each_other() {
    let mut rng = rng(2);
    let mut groups = group_of(5, &mut rng);
    assert!(all_agree(&groups));
    assert_eq!(groups[4].welcome_sender(), Some(0));
    for sender in 0..5 {
        let text = format!("from {sender}");
        let bytes = groups[sender].encrypt(text.as_bytes(), &mut rng).unwrap();
        for receiver in (0..5).filter(|receiver| *receiver != sender) {
            let read = groups[receiver].decrypt(&bytes).unwrap();
            assert_eq!((read.sender, read.plaintext), (u32::try_from(sender).unwrap(), text.clone().into_bytes()));
        }
        assert_eq!(groups[sender].decrypt(&bytes), Err(MlsError::OwnMessage));
    }
}

#[test]
fn members_added_one_by_one_by_different_members_agree() {
    let mut rng = rng(3);
    let mut groups = group_of(2, &mut rng);
    for n in 3..=6_u8 {
        let (rows, joiner) = package(&device(n), &mut rng);
        let committer = usize::from(n) % groups.len();
        let built = groups[committer].commit(add(&[&joiner]), &mut rng).unwrap();
        let welcome = built.welcome.clone().unwrap();
        assert_eq!(Group::welcome_references(&welcome).unwrap(), vec![joiner.reference()]);
        groups = advance(groups, committer, built, &[]);
        groups.push(Group::join(&device(n), rows, &welcome, &mut rng).unwrap());
        assert!(all_agree(&groups));
    }
    assert_eq!(groups[0].members().len(), 6);
}

#[test]
fn inspecting_a_commit_tells_what_it_does_and_changes_nothing() {
    let mut rng = rng(4);
    let mut groups = group_of(3, &mut rng);
    let (_, joiner) = package(&device(9), &mut rng);
    let plan = CommitPlan { remove: Some(2), policy: Some(b"stricter".to_vec()), ..add(&[&joiner]) };
    let built = groups[0].commit(plan, &mut rng).unwrap();
    let before = groups[1].rows();
    let view = groups[1].inspect(&built.commit, &[]).unwrap();
    assert_eq!(groups[1].rows(), before);
    assert_eq!(view, built.view, "the committer sees the same facts as the receivers");
    assert_eq!((view.committer, view.removes, view.self_removes), (0, vec![2], vec![]));
    assert_eq!(view.policy.as_deref(), Some(b"stricter".as_slice()));
    assert_eq!(view.adds.len(), 1);
    assert_eq!(view.adds[0].credential.device, device(9).device);
    assert_eq!(view.adds[0].key_package_reference, joiner.reference());
    assert!(view.adds[0].capabilities_ok && view.adds[0].extensions_ok && view.extensions_ok);
    assert_eq!((view.other_proposals, view.by_reference, view.context_proposals), (vec![], 0, 1));
    assert_eq!((view.members_after, view.epoch_after, view.removes_us), (3, 2, false));
    let path = view.updated_leaf.unwrap();
    assert_eq!(path.credential, groups[0].member(0).unwrap().credential);
    assert_eq!(path.signature_key, groups[0].member(0).unwrap().signature_key);
    assert!(groups[2].inspect(&built.commit, &[]).unwrap().removes_us);
    let next = groups[1].apply(&built.commit, &[]).unwrap();
    assert_eq!(next.policy().unwrap(), b"stricter");
    assert_eq!(next.authenticator(), built.next.authenticator());
}

// REQ-GROUP-5
#[test]
fn a_removed_member_is_inactive_and_reads_and_writes_nothing_later() {
    let mut rng = rng(5);
    let mut groups = group_of(4, &mut rng);
    let old_secret = groups[3].export("x", b"y").unwrap();
    let built = groups[1].commit(CommitPlan { remove: Some(3), ..CommitPlan::default() }, &mut rng).unwrap();
    let mut next = built.next;
    let mut removed = groups[3].apply(&built.commit, &[]).unwrap();
    assert!(!removed.is_active());
    assert_eq!(removed.export("x", b"y"), Err(MlsError::Inactive));
    assert_eq!(removed.encrypt(b"still here", &mut rng), Err(MlsError::Inactive));
    assert_ne!(next.export("x", b"y").unwrap(), old_secret);
    let bytes = next.encrypt(b"without you", &mut rng).unwrap();
    assert_eq!(removed.decrypt(&bytes), Err(MlsError::Inactive));
    assert_eq!(groups[3].decrypt(&bytes), Err(MlsError::WrongEpoch));
    let reloaded = Group::load(conversation(), removed.rows()).unwrap();
    assert!(!reloaded.is_active());
    let mut other = groups[0].apply(&built.commit, &[]).unwrap();
    assert_eq!(other.decrypt(&bytes).unwrap().plaintext, b"without you");
    // What the removed member writes with its old state, those who moved on refuse.
    let late = groups[3].encrypt(b"late", &mut rng).unwrap();
    assert_eq!(other.decrypt(&late), Err(MlsError::WrongEpoch));
}

#[test]
fn a_member_leaves_by_proposal_and_another_commits_it() {
    let mut rng = rng(6);
    let mut groups = group_of(5, &mut rng);
    let before = groups[2].rows();
    let proposal = groups[2].propose_self_remove(&mut rng).unwrap();
    assert_eq!(groups[2].rows(), before, "proposing changes nothing, so sending goes on");
    groups[2].encrypt(b"one last word", &mut rng).unwrap();
    assert_eq!(groups[4].inspect_self_remove(&proposal), Ok(2));
    let plan = CommitPlan { self_removes: vec![proposal.clone()], ..CommitPlan::default() };
    let built = groups[4].commit(plan, &mut rng).unwrap();
    assert_eq!(built.view.self_removes, vec![2]);
    assert!(groups[0].apply(&built.commit, &[]).is_err(), "without the proposal the commit can't be checked");
    let proposals = vec![proposal];
    assert_eq!(groups[0].inspect(&built.commit, &proposals).unwrap(), built.view);
    let groups = advance(groups, 4, built, &proposals);
    assert!(!groups[2].is_active());
    let rest: Vec<Group> = groups.into_iter().filter(Group::is_active).collect();
    assert_eq!(rest.len(), 4);
    assert!(all_agree(&rest));
    assert_eq!(rest[0].members().len(), 4);
}

#[test]
fn no_one_but_the_leaver_makes_a_self_removal_and_no_one_commits_its_own() {
    let mut rng = rng(7);
    let mut groups = group_of(3, &mut rng);
    let proposal = groups[1].propose_self_remove(&mut rng).unwrap();
    let mut forged = proposal.clone();
    let sender = forged.windows(2).position(|pair| pair == [1, 0]).unwrap();
    forged[sender + 4] ^= 3;
    assert!(groups[0].inspect_self_remove(&forged).is_err());
    let plan = CommitPlan { self_removes: vec![proposal], ..CommitPlan::default() };
    assert!(groups[1].commit(plan, &mut rng).is_err());
    let commit = groups[0].commit(CommitPlan::default(), &mut rng).unwrap().commit;
    assert_eq!(groups[2].inspect_self_remove(&commit), Err(MlsError::WrongKind));
}

#[test]
fn the_parent_epoch_still_opens_its_messages_after_the_commit() {
    let mut rng = rng(8);
    let mut groups = group_of(3, &mut rng);
    let late = groups[1].encrypt(b"sent before, received after", &mut rng).unwrap();
    let anchor = groups[0].rows();
    let built = groups[2].commit(CommitPlan::default(), &mut rng).unwrap();
    let mut next = groups[0].apply(&built.commit, &[]).unwrap();
    assert_eq!(groups[0].rows(), anchor, "applying leaves the parent's rows alone");
    assert_eq!(next.decrypt(&late), Err(MlsError::WrongEpoch));
    let mut parent = Group::load(conversation(), anchor).unwrap();
    assert_eq!(parent.decrypt(&late).unwrap().plaintext, b"sent before, received after");
}

#[test]
fn of_two_sibling_commits_each_can_be_applied_to_the_parent() {
    let mut rng = rng(9);
    let mut groups = group_of(3, &mut rng);
    let one = groups[0].commit(CommitPlan::default(), &mut rng).unwrap();
    let other = groups[1].commit(CommitPlan::default(), &mut rng).unwrap();
    let first = groups[2].apply(&one.commit, &[]).unwrap();
    let second = groups[2].apply(&other.commit, &[]).unwrap();
    assert_eq!(first.epoch(), second.epoch());
    assert_eq!(first.authenticator(), one.next.authenticator());
    assert_eq!(second.authenticator(), other.next.authenticator());
    assert_ne!(first.authenticator(), second.authenticator());
    assert_eq!(groups[0].apply(&other.commit, &[]).unwrap().authenticator(), second.authenticator());
    assert_eq!(one.next.inspect(&other.commit, &[]), Err(MlsError::WrongEpoch));
    assert_eq!(groups[0].inspect(&one.commit, &[]), Err(MlsError::OwnMessage));
}

#[test]
fn a_replayed_message_is_refused_also_after_reloading() {
    let mut rng = rng(10);
    let mut groups = group_of(2, &mut rng);
    let bytes = groups[0].encrypt(b"once", &mut rng).unwrap();
    let unread = groups[1].rows();
    groups[1].decrypt(&bytes).unwrap();
    assert_eq!(groups[1].decrypt(&bytes), Err(MlsError::Replayed));
    let mut reloaded = Group::load(conversation(), groups[1].rows()).unwrap();
    assert_eq!(reloaded.decrypt(&bytes), Err(MlsError::Replayed));
    let mut crashed = Group::load(conversation(), unread).unwrap();
    assert_eq!(crashed.decrypt(&bytes).unwrap().plaintext, b"once", "rows never written: it reads again");
}

#[test]
fn messages_arrive_in_any_order_within_the_window() {
    let mut rng = rng(11);
    let mut groups = group_of(2, &mut rng);
    let sent: Vec<Vec<u8>> = (0..150_u8).map(|n| groups[0].encrypt(&[n], &mut rng).unwrap()).collect();
    for n in (50..150).rev() {
        assert_eq!(groups[1].decrypt(&sent[n]).unwrap().plaintext, [u8::try_from(n).unwrap()]);
    }
    assert_eq!(groups[1].decrypt(&sent[0]), Err(MlsError::OutsideWindow));
}

#[test]
fn a_mangled_message_is_refused_and_does_no_harm() {
    let mut rng = rng(12);
    let mut groups = group_of(2, &mut rng);
    let bytes = groups[0].encrypt(b"whole", &mut rng).unwrap();
    for at in 0..bytes.len() {
        let mut mangled = bytes.clone();
        mangled[at] ^= 1;
        assert!(groups[1].decrypt(&mangled).is_err(), "byte {at}");
    }
    for length in 0..bytes.len() {
        assert!(groups[1].decrypt(&bytes[..length]).is_err());
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(groups[1].decrypt(&longer), Err(MlsError::Malformed));
    assert_eq!(groups[1].decrypt(&bytes).unwrap().plaintext, b"whole");
}

#[test]
fn a_mangled_commit_is_refused_and_the_whole_one_still_applies() {
    let mut rng = rng(13);
    let mut groups = group_of(3, &mut rng);
    let built = groups[0].commit(CommitPlan { remove: Some(2), ..CommitPlan::default() }, &mut rng).unwrap();
    for at in (0..built.commit.len()).step_by(7) {
        let mut mangled = built.commit.clone();
        mangled[at] ^= 0x10;
        assert!(groups[1].inspect(&mangled, &[]).is_err(), "byte {at}");
    }
    assert!(groups[1].inspect(&built.commit, &[]).is_ok());
}

#[test]
fn handshakes_and_application_messages_are_not_taken_for_each_other() {
    let mut rng = rng(14);
    let mut groups = group_of(2, &mut rng);
    let message = groups[0].encrypt(b"text", &mut rng).unwrap();
    let built = groups[0].commit(CommitPlan::default(), &mut rng).unwrap();
    let proposal = groups[0].propose_self_remove(&mut rng).unwrap();
    assert_eq!(groups[1].decrypt(&built.commit), Err(MlsError::WrongKind));
    assert_eq!(groups[1].decrypt(&proposal), Err(MlsError::WrongKind));
    assert_eq!(groups[1].inspect(&message, &[]), Err(MlsError::WrongKind));
    assert_eq!(groups[1].inspect(&proposal, &[]), Err(MlsError::WrongKind));
    assert_eq!(Group::welcome_references(&message), Err(MlsError::WrongKind));
    assert_eq!(groups[1].decrypt(b""), Err(MlsError::Malformed));
}

#[test]
fn changes_are_exactly_the_rows_that_changed() {
    let mut rng = rng(15);
    let mut groups = group_of(2, &mut rng);
    let mut kept = groups[0].rows();
    assert_eq!(groups[0].changes().0.len(), kept.len(), "a new epoch reports every row");
    assert!(groups[0].changes().is_empty());
    groups[0].encrypt(b"text", &mut rng).unwrap();
    let changes = groups[0].changes();
    assert_eq!(changes.0.len(), 1, "a message rewrites the ratchets alone");
    changes.apply_to(&mut kept);
    assert_eq!(kept, groups[0].rows());
}

#[test]
fn plans_that_contradict_themselves_are_refused() {
    let mut rng = rng(16);
    let mut groups = group_of(3, &mut rng);
    let remove = |leaf| CommitPlan { remove: Some(leaf), ..CommitPlan::default() };
    assert_eq!(groups[0].commit(remove(0), &mut rng).unwrap_err(), MlsError::Plan);
    assert_eq!(groups[0].commit(remove(77), &mut rng).unwrap_err(), MlsError::Plan);
    let proposal = groups[1].propose_self_remove(&mut rng).unwrap();
    let both = CommitPlan { self_removes: vec![proposal], ..remove(2) };
    assert_eq!(groups[0].commit(both, &mut rng).unwrap_err(), MlsError::Plan);
    let huge = CommitPlan { policy: Some(vec![0; MAX_POLICY + 1]), ..CommitPlan::default() };
    assert_eq!(groups[0].commit(huge, &mut rng).unwrap_err(), MlsError::TooLarge);
    let (_, joiner) = package(&device(9), &mut rng);
    assert!(groups[0].commit(add(&[&joiner, &joiner]), &mut rng).is_err(), "one key package twice");
}

#[test]
fn a_readded_device_joins_with_a_fresh_leaf_key() {
    let mut rng = rng(17);
    let mut groups = group_of(3, &mut rng);
    let (rows, again) = package(&device(3), &mut rng);
    let plan = CommitPlan { remove: Some(2), ..add(&[&again]) };
    let built = groups[0].commit(plan, &mut rng).unwrap();
    let joined = Group::join(&device(3), rows, built.welcome.as_ref().unwrap(), &mut rng).unwrap();
    assert_eq!(joined.authenticator(), built.next.authenticator());
    assert_eq!(joined.members().len(), 3);
    assert_ne!(joined.member(2).unwrap().signature_key, groups[0].member(2).unwrap().signature_key);
    assert!(!groups[2].apply(&built.commit, &[]).unwrap().is_active());
}
