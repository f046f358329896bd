//! Which commits count: the flood bound, one commit an epoch, no backdating, equivocation.

use std::collections::BTreeMap;
use std::convert::Infallible;

use tidings_crypto::id::{AccountId, EntryId, EpochId};
use tidings_protocol::account::conversation::rule::{
    Ancestor, Class, Place, Trail, Verdict, effective_class, forked_at, spacing, within_spacing,
};

use crate::dice::Dice;

fn user(number: u8) -> AccountId {
    AccountId::from_bytes([number; 32])
}

fn epoch(number: usize) -> EpochId {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    EpochId::from_bytes(bytes)
}

type Tree = BTreeMap<EpochId, Place>;

/// Epochs 0, 1, 2 …, of which each but the first builds on the one that stands at its place in `parents`.
fn tree(parents: &[usize]) -> Tree {
    let mut tree = Tree::from([(epoch(0), Place { parent: None, number: 0 })]);
    for (before, parent) in parents.iter().enumerate() {
        let number = tree[&epoch(*parent)].number + 1;
        tree.insert(epoch(before + 1), Place { parent: Some(epoch(*parent)), number });
    }
    tree
}

fn place(tree: &Tree) -> impl Fn(&EpochId) -> Result<Option<Place>, Infallible> {
    |epoch| Ok(tree.get(epoch).copied())
}

fn walked(tree: &Tree, entries: &[(usize, bool)]) -> Trail {
    let mut trail = Trail::default();
    for (number, commit) in entries {
        let Ok(()) = trail.extend(epoch(*number), *commit, place(tree));
    }
    trail
}

fn verdict(tree: &Tree, entries: &[(usize, bool)], parent: usize) -> Verdict {
    let Ok(verdict) = walked(tree, entries).judge(&epoch(parent), place(tree));
    verdict
}

/// REQ-FORK-6 and REQ-FORK-7, on this tree: 0 - 1 - 2 - 3 and 1 - 4.
#[test]
fn a_log_commits_once_in_an_epoch_and_never_behind_itself() {
    let tree = tree(&[0, 1, 2, 1]);
    assert_eq!(verdict(&tree, &[], 0), Verdict::Valid);
    assert_eq!(verdict(&tree, &[(0, false), (2, false)], 2), Verdict::Valid, "where it stands");
    assert_eq!(verdict(&tree, &[(2, true)], 2), Verdict::Repeated);
    assert_eq!(verdict(&tree, &[(2, true), (2, false)], 2), Verdict::Repeated, "whatever came between");
    assert_eq!(verdict(&tree, &[(2, false)], 1), Verdict::Backdated);
    assert_eq!(verdict(&tree, &[(2, false)], 0), Verdict::Backdated, "far behind");
    assert_eq!(verdict(&tree, &[(2, false), (1, false)], 1), Verdict::Backdated, "having gone back");
    assert_eq!(verdict(&tree, &[(3, false)], 4), Verdict::Valid, "to the branch that won");
    assert_eq!(verdict(&tree, &[(3, false), (4, true)], 3), Verdict::Valid, "and back, if votes say so");
    assert_eq!(verdict(&tree, &[(3, false), (4, true)], 4), Verdict::Repeated);
}

/// REQ-FORK-6 and REQ-FORK-7: the short trail gives the verdict of the whole log, on random trees and logs.
#[test]
fn the_trail_says_what_the_whole_log_says() {
    let mut dice = Dice::new(3);
    for _ in 0..3_000 {
        let parents: Vec<usize> = (0..12).map(|number| dice.below(number + 1)).collect();
        let tree = tree(&parents);
        let entries: Vec<(usize, bool)> = (0..dice.below(10)).map(|_| (dice.below(13), dice.chance(40))).collect();
        let ancestors = |number: usize| {
            let above = |at: &usize| at.checked_sub(1).map(|before| parents[before]);
            std::iter::successors(above(&number), above).collect::<Vec<_>>()
        };
        for parent in 0..13 {
            let repeated = entries.contains(&(parent, true));
            let backdated = entries.iter().any(|(number, _)| ancestors(*number).contains(&parent));
            let expected = match (backdated, repeated) {
                (true, _) => Verdict::Backdated,
                (false, true) => Verdict::Repeated,
                (false, false) => Verdict::Valid,
            };
            assert_eq!(verdict(&tree, &entries, parent), expected, "{parents:?} {entries:?} {parent}");
        }
    }
}

/// REQ-FORK-7: five commits in one epoch lead to five epochs of one number; a log that stood in one of them may commit in another
/// (negative test 64).
#[test]
fn epochs_of_one_number_are_told_apart() {
    let tree = tree(&[0, 0, 0, 0, 0, 1, 2]);
    for other in 2..6 {
        assert_eq!(verdict(&tree, &[(1, true)], other), Verdict::Valid);
    }
    assert_eq!(verdict(&tree, &[(6, false)], 1), Verdict::Backdated);
    assert_eq!(verdict(&tree, &[(6, false)], 2), Verdict::Valid);
}

/// REQ-FORK-7: rows are forgotten by number, and an epoch without one is no objection to a commit above it.
#[test]
fn a_forgotten_epoch_lies_below_all_others() {
    let mut tree = tree(&[0, 1, 2, 3, 2]);
    let trail = walked(&tree, &[(1, true), (2, false)]);
    tree.retain(|_, place| place.number >= 3);
    let Ok(verdict) = trail.judge(&epoch(4), place(&tree));
    assert_eq!(verdict, Verdict::Valid);
    let Ok(verdict) = walked(&tree, &[(1, true), (4, false)]).judge(&epoch(3), place(&tree));
    assert_eq!(verdict, Verdict::Backdated);
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
    let at = Some(3);
    assert_eq!(effective_class(Class::Removal, 2, at), Class::Removal);
    assert_eq!(effective_class(Class::Removal, 3, at), Class::Demoted);
    assert_eq!(effective_class(Class::Update, 9, at), Class::Demoted);
    assert_eq!(effective_class(Class::Update, 9, None), Class::Update);
}
