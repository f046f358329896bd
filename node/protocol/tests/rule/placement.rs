//! Which commits count: the flood bound, one commit an epoch, no backdating, equivocation.

use std::collections::BTreeMap;
use std::convert::Infallible;

use tidings_crypto::id::{AccountId, EntryId};
use tidings_protocol::account::conversation::rule::{
    Ancestor, Class, Passage, effective_class, forked_at, spacing, within_spacing,
};

use crate::dice::Dice;

fn user(number: u8) -> AccountId {
    AccountId::from_bytes([number; 32])
}

/// What is known of the way of one log through each epoch, after these entries: number, epoch, and whether it is a commit. Each epoch but the
/// first builds on the one that stands at its place in `parents`.
fn passages(parents: &[usize], entries: &[(u64, usize, bool)]) -> BTreeMap<usize, Passage> {
    let mut passages: BTreeMap<usize, Passage> = BTreeMap::new();
    for (sequence, epoch, commit) in entries {
        let here = passages.entry(*epoch).or_default();
        here.enter(*sequence);
        if *commit {
            here.commit(*sequence);
        }
        for below in ancestors(parents, *epoch) {
            passages.entry(below).or_default().leave(*sequence);
        }
    }
    passages
}

fn ancestors(parents: &[usize], epoch: usize) -> Vec<usize> {
    let above = |at: &usize| at.checked_sub(1).map(|before| parents[before]);
    std::iter::successors(above(&epoch), above).collect()
}

/// Whether the last of these entries, a commit, is demoted. They are numbered as they stand.
fn is_demoted(parents: &[usize], entries: &[(usize, bool)]) -> bool {
    let entries: Vec<(u64, usize, bool)> =
        (1..).zip(entries).map(|(at, (epoch, commit))| (at, *epoch, *commit)).collect();
    let (sequence, epoch, _) = *entries.last().unwrap();
    passages(parents, &entries)[&epoch].demotes(sequence)
}

/// REQ-FORK-6 and REQ-FORK-7, on this tree: 0 - 1 - 2 - 3 and 1 - 4.
#[test]
fn a_log_commits_once_in_an_epoch_and_never_behind_itself() {
    let tree = [0, 1, 2, 1];
    assert!(!is_demoted(&tree, &[(0, true)]));
    assert!(!is_demoted(&tree, &[(0, false), (2, false), (2, true)]), "where it stands");
    assert!(is_demoted(&tree, &[(2, true), (2, true)]));
    assert!(is_demoted(&tree, &[(2, true), (2, false), (2, true)]), "whatever came between");
    assert!(is_demoted(&tree, &[(2, false), (1, true)]));
    assert!(is_demoted(&tree, &[(2, false), (0, true)]), "far behind");
    assert!(is_demoted(&tree, &[(2, false), (1, false), (1, true)]), "having gone back");
    assert!(!is_demoted(&tree, &[(3, false), (4, true)]), "to the branch that won");
    assert!(!is_demoted(&tree, &[(3, false), (4, true), (3, true)]), "and back, if votes say so");
    assert!(is_demoted(&tree, &[(3, false), (4, true), (4, true)]));
}

/// REQ-FORK-6 and REQ-FORK-7: what is demoted is a function of the entries and not of their order, on random trees and logs.
#[test]
fn the_verdict_is_the_same_in_whatever_order_the_entries_come() {
    let mut dice = Dice::new(3);
    for _ in 0..3_000 {
        let parents: Vec<usize> = (0..12).map(|number| dice.below(number + 1)).collect();
        let length = 1 + dice.below(10);
        let mut entries: Vec<(u64, usize, bool)> =
            (1..).take(length).map(|number| (number, dice.below(13), dice.chance(40))).collect();
        let expected: Vec<bool> = entries
            .iter()
            .map(|(sequence, parent, _)| {
                let mut before = entries.iter().filter(|(earlier, ..)| earlier < sequence);
                before.any(|(_, epoch, commit)| {
                    (*commit && epoch == parent) || ancestors(&parents, *epoch).contains(parent)
                })
            })
            .collect();
        let numbered = entries.clone();
        dice.shuffle(&mut entries);
        let passages = passages(&parents, &entries);
        let verdicts: Vec<bool> =
            numbered.iter().map(|(sequence, epoch, _)| passages[epoch].demotes(*sequence)).collect();
        assert_eq!(verdicts, expected, "{parents:?} {numbered:?}");
        for (epoch, passage) in &passages {
            let commits = numbered.iter().zip(&verdicts).filter(|((_, at, commit), _)| at == epoch && *commit);
            assert_eq!(passage.demotes_any(), commits.into_iter().any(|(_, demoted)| *demoted));
        }
    }
}

/// REQ-FORK-7: five commits in one epoch lead to five epochs of one number; a log that stood in one of them may commit in another
/// (negative test 64).
#[test]
fn epochs_of_one_number_are_told_apart() {
    let tree = [0, 0, 0, 0, 0, 1, 2];
    for other in 2..6 {
        assert!(!is_demoted(&tree, &[(1, true), (other, true)]));
    }
    assert!(is_demoted(&tree, &[(6, false), (1, true)]));
    assert!(!is_demoted(&tree, &[(6, false), (2, true)]));
}

fn allowed(users: usize, branch: &[(u8, Class)]) -> bool {
    let branch =
        branch.iter().map(|(author, class)| Ok::<_, Infallible>(Ancestor { author: user(*author), class: *class }));
    let Ok(allowed) = within_spacing(&user(1), users, branch);
    allowed
}

/// REQ-FORK-5. The branch is given from its end.
#[test]
fn an_ordinary_commit_keeps_its_distance_from_the_same_users_last() {
    assert_eq!([2, 3, 5, 6, 47, 48, 1000].map(spacing), [1, 1, 1, 2, 15, 16, 16]);
    assert!(allowed(9, &[]), "nobody has committed yet");
    assert!(!allowed(3, &[(1, Class::Update), (2, Class::Update)]));
    assert!(allowed(3, &[(2, Class::Update), (1, Class::Update)]));
    assert!(!allowed(9, &[(2, Class::Update), (3, Class::Admin), (1, Class::Update)]));
    assert!(allowed(9, &[(2, Class::Update), (2, Class::Admin), (3, Class::Update), (1, Class::Update)]));
    assert!(allowed(9, &[(1, Class::Readmit), (1, Class::Readmit)]), "what answers a request is exempt");
    assert!(!allowed(9, &[(1, Class::Demoted)]), "a demoted one counts");
}

/// REQ-FORK-5: a newcomer who knows the last sixteen commits comes to the verdict of those who know all.
#[test]
fn sixteen_commits_are_enough_to_judge_by() {
    let mut dice = Dice::new(4);
    for _ in 0..2_000 {
        let users = 1 + dice.below(200);
        let classes = [Class::Removal, Class::Admin, Class::Readmit, Class::Update, Class::Demoted];
        let branch: Vec<(u8, Class)> =
            (0..40).map(|_| (u8::try_from(dice.below(12)).unwrap(), classes[dice.below(5)])).collect();
        assert_eq!(allowed(users, &branch), allowed(users, &branch[..16]));
    }
}

/// REQ-FORK-8.
#[test]
fn two_entries_under_one_number_demote_from_there_on_in_any_order() {
    let id = |number: u8| EntryId::from_bytes([number; 32]);
    let mut log = vec![(1, id(1)), (2, id(2)), (2, id(2)), (3, id(3)), (3, id(33)), (5, id(5)), (5, id(55))];
    let mut dice = Dice::new(5);
    for _ in 0..100 {
        dice.shuffle(&mut log);
        assert_eq!(forked_at(log.iter().copied()), Some(3));
    }
    assert_eq!(forked_at([(1, id(1)), (2, id(2)), (1, id(1))]), None, "the same entry twice is no lie");
    let (at, honest) = (Some(3), Passage::default());
    assert_eq!(effective_class(Class::Removal, 2, at, &honest), Class::Removal);
    assert_eq!(effective_class(Class::Removal, 3, at, &honest), Class::Demoted);
    assert_eq!(effective_class(Class::Update, 9, at, &honest), Class::Demoted);
    assert_eq!(effective_class(Class::Update, 9, None, &honest), Class::Update);
    let mut gone = honest;
    gone.leave(8);
    assert_eq!(effective_class(Class::Update, 9, None, &gone), Class::Demoted);
}
