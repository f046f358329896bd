//! `choose` and `select` by themselves.

use std::convert::Infallible;

use tidings_crypto::id::{AccountId, EntryId, EpochId};
use tidings_protocol::account::conversation::rule::{Child, Class, Electorate, Fork, Vote, choose, select};

use crate::dice::Dice;

const CLASSES: [Class; 5] = [Class::Removal, Class::Admin, Class::Readmit, Class::Update, Class::Demoted];

fn user(number: u8) -> AccountId {
    AccountId::from_bytes([number; 32])
}

fn epoch(number: u8) -> EpochId {
    EpochId::from_bytes([number; 32])
}

/// A child named `number`, whose entry id grows with it.
fn child(number: u8, class: Class, rank: u16) -> Child {
    let commit = EntryId::from_bytes([number; 32]);
    Child { epoch: epoch(number), author: user(number), class, rank, commit }
}

fn vote(voter: u8, child: u8) -> Vote {
    Vote { voter: user(voter), child: epoch(child) }
}

/// The choice with users 0 to `users`, of which the first `admins` are admins.
fn chosen(children: &[Child], users: u8, admins: u8, votes: &[Vote]) -> Option<EpochId> {
    let everybody: Vec<AccountId> = (0..users).map(user).collect();
    let electorate = Electorate { users: &everybody, admins: &everybody[..usize::from(admins)] };
    choose(children, &electorate, votes)
}

/// A random fork: few users and children, so that majorities and ties are frequent.
fn random_fork(dice: &mut Dice) -> Fork {
    let users: Vec<AccountId> = (0..=dice.below(7)).map(|number| user(u8::try_from(number).unwrap())).collect();
    let admins = users[..dice.below(users.len() + 1)].to_vec();
    let children: Vec<Child> = (0..dice.below(5))
        .map(|_| Child {
            epoch: EpochId::from_bytes(dice.id()),
            author: user(u8::try_from(dice.below(8)).unwrap()),
            class: CLASSES[dice.below(CLASSES.len())],
            rank: u16::try_from(dice.below(3)).unwrap(),
            commit: EntryId::from_bytes(dice.id()),
        })
        .collect();
    let mut votes = Vec::new();
    if !children.is_empty() {
        for _ in 0..dice.below(16) {
            let voter = user(u8::try_from(dice.below(9)).unwrap());
            votes.push(Vote { voter, child: children[dice.below(children.len())].epoch });
        }
    }
    Fork { children, users, admins, votes }
}

/// REQ-FORK-1.
#[test]
fn without_votes_the_better_class_then_the_senior_then_the_lower_hash_wins() {
    let removal = child(9, Class::Removal, 5);
    let add = child(8, Class::Admin, 0);
    let update = child(1, Class::Update, 99);
    assert_eq!(chosen(&[update, add, removal], 4, 1, &[]), Some(removal.epoch));
    assert_eq!(chosen(&[update, add], 4, 1, &[]), Some(add.epoch));
    let senior = child(7, Class::Removal, 1);
    assert_eq!(chosen(&[removal, senior], 4, 1, &[]), Some(senior.epoch));
    let equal = child(3, Class::Removal, 1);
    assert_eq!(chosen(&[senior, equal], 4, 1, &[]), Some(equal.epoch));
    assert_eq!(chosen(&[update, child(0, Class::Demoted, 0)], 4, 1, &[]), Some(update.epoch));
    assert_eq!(chosen(&[add, child(2, Class::Admin, 1)], 4, 2, &[]), Some(add.epoch));
    assert_eq!(chosen(&[], 4, 1, &[vote(0, 1)]), None);
}

/// REQ-FORK-1 and REQ-FORK-3: admins by majority choose any child; everybody by majority only within the best class.
#[test]
fn a_majority_of_admins_chooses_and_a_majority_of_all_only_within_the_best_class() {
    let (removal, update, other) =
        (child(9, Class::Removal, 0), child(5, Class::Update, 99), child(2, Class::Update, 99));
    let children = [removal, update, other];
    // Three admins: one is not more than half, two are.
    assert_eq!(chosen(&children, 6, 3, &[vote(0, 5)]), Some(removal.epoch));
    assert_eq!(chosen(&children, 6, 3, &[vote(0, 5), vote(1, 5)]), Some(update.epoch));
    // Two admins: half is not more than half.
    assert_eq!(chosen(&children, 6, 2, &[vote(0, 5)]), Some(removal.epoch));
    // All five who are no admins vote for the update: the removal stays.
    let all: Vec<Vote> = (1..6).map(|voter| vote(voter, 5)).collect();
    assert_eq!(chosen(&children, 6, 1, &all), Some(removal.epoch));
    // Between two updates they decide, against the hash; half of them do not.
    assert_eq!(chosen(&[update, other], 6, 1, &all[..4]), Some(update.epoch));
    assert_eq!(chosen(&[update, other], 6, 1, &all[..3]), Some(other.epoch));
}

/// REQ-FORK-3.
#[test]
fn votes_count_once_for_a_user_for_members_of_the_parent_only_and_for_both_of_two() {
    let (low, high) = (child(2, Class::Update, 99), child(5, Class::Update, 99));
    let children = [low, high];
    // The same user with eight devices.
    let eight: Vec<Vote> = (0..8).map(|_| vote(3, 5)).collect();
    assert_eq!(chosen(&children, 4, 1, &eight), Some(low.epoch));
    let everybody: Vec<AccountId> = [0, 1, 2, 3, 3, 3, 3, 3, 3].map(user).to_vec();
    let electorate = Electorate { users: &everybody, admins: &everybody[..1] };
    assert_eq!(choose(&children, &electorate, &eight), Some(low.epoch), "listed once a device");
    // Strangers and those who joined later.
    assert_eq!(chosen(&children, 4, 1, &[vote(10, 5), vote(11, 5), vote(12, 5)]), Some(low.epoch));
    // For a child that is none, or not valid.
    assert_eq!(chosen(&children, 4, 1, &[vote(1, 77), vote(2, 77), vote(3, 77)]), Some(low.epoch));
    // Two majorities: the rule decides between them, and not the third child.
    let third = child(1, Class::Update, 99);
    let both = [vote(1, 5), vote(1, 2), vote(2, 5), vote(2, 2), vote(3, 2), vote(3, 5)];
    assert_eq!(chosen(&[low, high, third], 4, 1, &both), Some(low.epoch));
}

/// REQ-FORK-1: whatever order children, users and votes are given in, and however often.
#[test]
fn the_choice_does_not_depend_on_any_order_or_repetition() {
    let mut dice = Dice::new(1);
    for _ in 0..20_000 {
        let fork = random_fork(&mut dice);
        let mut other = fork.clone();
        other.children.extend(fork.children.iter().copied().take(1));
        other.votes.extend(fork.votes.iter().copied().take(2));
        other.users.extend(fork.users.iter().copied().take(1));
        dice.shuffle(&mut other.children);
        dice.shuffle(&mut other.votes);
        dice.shuffle(&mut other.users);
        dice.shuffle(&mut other.admins);
        assert_eq!(fork.choose(), other.choose(), "{fork:?}");
    }
}

/// REQ-FORK-4: at any fork, with any votes and rivals, a removal gives way to a removal by an equal or a senior, to a majority of admins,
/// and to nothing else.
#[test]
fn a_removal_is_displaced_by_an_equal_or_senior_or_a_majority_of_admins_only() {
    let mut dice = Dice::new(2);
    let (mut kept, mut displaced) = (0, 0);
    for _ in 0..50_000 {
        let mut fork = random_fork(&mut dice);
        let removal = Child { class: Class::Removal, rank: 1, ..child(200, Class::Removal, 1) };
        fork.children.push(removal);
        let chosen = fork.choose().unwrap();
        if chosen == removal.epoch {
            kept += 1;
            continue;
        }
        displaced += 1;
        let winner = fork.children.iter().find(|child| child.epoch == chosen).unwrap();
        let equal_or_senior = winner.class == Class::Removal && winner.rank <= removal.rank;
        let votes = fork.admins.iter().filter(|admin| fork.votes.contains(&Vote { voter: **admin, child: chosen }));
        assert!(equal_or_senior || votes.count() * 2 > fork.admins.len(), "{fork:?}");
    }
    assert!(kept > 10_000 && displaced > 1_000, "both happen: {kept}, {displaced}");
}

/// REQ-FORK-4: the senior removes the junior admin, who answers with a removal of his own and has most members behind him.
#[test]
fn a_junior_admin_and_most_members_cannot_undo_his_removal() {
    let (of_junior, by_junior) = (child(9, Class::Removal, 0), child(2, Class::Removal, 1));
    let most = [vote(1, 2), vote(2, 2), vote(3, 2), vote(4, 2)];
    assert_eq!(chosen(&[of_junior, by_junior], 5, 2, &most), Some(of_junior.epoch));
    assert_eq!(chosen(&[child(9, Class::Admin, 0), child(2, Class::Admin, 1)], 5, 2, &most), Some(by_junior.epoch));
}

/// REQ-FORK-2: the selection looks at one fork after the other, from the root; what is built above a losing child buys nothing.
#[test]
fn a_long_branch_does_not_win() {
    let children = |at: &EpochId| -> Result<Fork, Infallible> {
        let children = match at.as_bytes()[0] {
            0 => vec![child(100, Class::Removal, 0), child(1, Class::Update, 99)],
            last @ (1..=60) => vec![child(last + 1, Class::Update, 99)],
            _ => Vec::new(),
        };
        Ok(Fork { children, users: vec![user(0)], admins: vec![user(0)], votes: Vec::new() })
    };
    assert_eq!(select(epoch(0), children), Ok(vec![epoch(0), epoch(100)]));
    assert_eq!(select(epoch(30), children).unwrap().len(), 32, "a chain is followed to its end");
}

/// A store that claims a circle, and one that cannot be read.
#[test]
fn a_selection_ends_in_a_damaged_store() {
    let circle = |at: &EpochId| -> Result<Fork, Infallible> {
        let next = (at.as_bytes()[0] + 1) % 3;
        Ok(Fork { children: vec![child(next, Class::Update, 9)], ..Fork::default() })
    };
    assert_eq!(select(epoch(0), circle), Ok(vec![epoch(0), epoch(1), epoch(2)]));
    assert_eq!(select(epoch(0), |_| Err::<Fork, &str>("disk")), Err("disk"));
}
