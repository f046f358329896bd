//! Who may do what: the permission matrix of PROTOCOL A6.2, tried cell by cell, and what is between the cells.

use tidings_crypto::mls::CommitView;
use tidings_protocol::account::conversation::authorize::{Invalid, Rejoin};
use tidings_protocol::account::conversation::rule::Class;
use tidings_protocol::account::policy::{AddRule, JoinRule, Policy, PostRule, RANK_NONE, RecoveryRule, Role};
use tidings_protocol::record::conversation::ConversationKind;

use crate::fixture::{ADMIN, Fixture, JUNIOR, MEMBER, MODERATOR, NEWCOMER, OTHER, OWNER, READER, SECOND};

const EVERYBODY: [usize; 7] = [OWNER, SECOND, ADMIN, JUNIOR, MODERATOR, MEMBER, READER];
const ADMINS: [usize; 4] = [OWNER, SECOND, ADMIN, JUNIOR];
const OWNERS: [usize; 2] = [OWNER, SECOND];

/// Asserts that exactly `allowed` may make the commit that `view` makes of a bare one.
fn only(all: &Fixture, allowed: &[usize], what: &str, view: impl Fn(CommitView) -> CommitView) {
    for at in EVERYBODY {
        let verdict = all.judge(&view(all.bare(at)));
        assert_eq!(verdict.is_ok(), allowed.contains(&at), "{what} by {at}: {verdict:?}");
    }
}

// REQ-AUTH-8
#[test]
fn everybody_may_renew_their_own_leaf_and_carry_out_the_leaving_of_another() {
    let all = Fixture::cast();
    only(&all, &EVERYBODY, "self-update", |view| view);
    let leaver = all.leaf(OTHER).leaf;
    only(&all, &EVERYBODY, "self-remove", |view| CommitView { self_removes: vec![leaver], ..view });
    only(&all, &EVERYBODY, "self-remove with a new topic", |view| {
        all.changing(CommitView { self_removes: vec![leaver], ..view }, |policy| *policy = policy.rotated())
    });
}

// NEGATIVE_TESTS 30, 81
// REQ-AUTH-1
#[test]
fn only_those_whom_the_rule_names_add() {
    let mut all = Fixture::cast();
    let add = all.add(NEWCOMER).adds;
    for (rule, allowed) in [
        (AddRule::Admins, ADMINS.to_vec()),
        (AddRule::Moderators, [ADMINS.as_slice(), &[MODERATOR]].concat()),
        (AddRule::Members, [ADMINS.as_slice(), &[MODERATOR, MEMBER]].concat()),
    ] {
        all.policy.rules.add = rule;
        only(&all, &allowed, "add", |view| CommitView { adds: add.clone(), ..view });
    }
}

// NEGATIVE_TESTS 31
// REQ-AUTH-9
#[test]
fn only_strictly_senior_ones_remove_and_moderators_only_those_without_a_role() {
    let all = Fixture::cast();
    for (target, allowed) in [
        (OWNER, vec![]),
        (SECOND, vec![OWNER]),
        (ADMIN, OWNERS.to_vec()),
        (JUNIOR, vec![OWNER, SECOND, ADMIN]),
        (MODERATOR, ADMINS.to_vec()),
        (OTHER, [ADMINS.as_slice(), &[MODERATOR]].concat()),
    ] {
        let leaf = all.leaf(target).leaf;
        only(&all, &allowed, "removal", |view| {
            let view = CommitView { removes: vec![leaf], ..view };
            all.changing(view, |policy| {
                policy.forget(&all.account(target));
                *policy = policy.rotated();
            })
        });
    }
    // Refused for the rank itself, not only for the role that falls away with its holder.
    for (by, target) in [(MODERATOR, JUNIOR), (JUNIOR, ADMIN), (SECOND, OWNER)] {
        let removal = CommitView { removes: vec![all.leaf(target).leaf], ..all.bare(by) };
        let removal = all.changing(removal, |policy| policy.forget(&all.account(target)));
        assert_eq!(all.judge(&removal), Err(Invalid::Remove), "{target} by {by}");
    }
    let reader = all.leaf(READER).leaf;
    for at in [OWNER, MODERATOR] {
        let view = CommitView { removes: vec![reader], ..all.bare(at) };
        assert_eq!(all.judge(&all.changing(view, |policy| policy.forget(&all.account(READER)))), Ok(()));
    }
}

// NEGATIVE_TESTS 30, 32
// REQ-AUTH-2
#[test]
fn each_field_of_the_policy_is_changed_by_those_only_who_may() {
    let all = Fixture::cast();
    type Change = fn(&mut Policy);
    let changes: [(&str, &[usize], Change); 9] = [
        ("name", &ADMINS, |policy| policy.set_name("other")),
        ("description", &ADMINS, |policy| policy.set_description("other")),
        ("timer", &ADMINS, |policy| policy.disappearing_seconds = 3600),
        ("topic", &ADMINS, |policy| policy.topic_generation += 1),
        ("add rule", &OWNERS, |policy| policy.rules.add = AddRule::Members),
        ("post rule", &OWNERS, |policy| policy.rules.post = PostRule::Roles),
        ("join rule", &OWNERS, |policy| policy.rules.join = JoinRule::Link),
        ("recovery rule", &OWNERS, |policy| policy.rules.recovery = RecoveryRule::Never),
        ("creation", &[], |policy| policy.creation.nonce = [1; 32]),
    ];
    for (what, allowed, change) in changes {
        only(&all, allowed, what, |view| all.changing(view, change));
        // Hidden behind a change that is allowed to more.
        let allowed: Vec<usize> = allowed.iter().copied().filter(|at| ADMINS.contains(at)).collect();
        only(&all, &allowed, what, |view| {
            all.changing(view, |policy| {
                policy.set_name("hidden");
                change(policy);
            })
        });
    }
}

// NEGATIVE_TESTS 31, 32
// REQ-POLICY-3
#[test]
fn roles_are_given_and_taken_below_the_own_rank_only() {
    let all = Fixture::cast();
    let cases: [(&str, &[usize], usize, Role); 10] = [
        ("promote to owner", &OWNERS, MEMBER, Role::Owner),
        ("promote to admin", &ADMINS, OTHER, Role::Admin),
        ("promote to moderator", &ADMINS, OTHER, Role::Moderator),
        ("silence", &ADMINS, OTHER, Role::Readonly),
        ("unsilence", &ADMINS, READER, Role::Member),
        ("demote the first owner", &[OWNER], OWNER, Role::Admin),
        ("demote the second owner", &OWNERS, SECOND, Role::Admin),
        ("demote an admin", &[OWNER, SECOND, ADMIN], ADMIN, Role::Member),
        ("demote the junior admin", &ADMINS, JUNIOR, Role::Moderator),
        ("demote the moderator", &[OWNER, SECOND, ADMIN, JUNIOR, MODERATOR], MODERATOR, Role::Member),
    ];
    for (what, allowed, target, role) in cases {
        only(&all, allowed, what, |view| all.changing(view, |policy| policy.set_role(all.account(target), role)));
    }
}

// NEGATIVE_TESTS 31
// REQ-POLICY-3
#[test]
fn nobody_moves_up_by_giving_up_a_place_or_by_reordering_those_above() {
    let all = Fixture::cast();
    let roles = |at: usize, next: Vec<(usize, Role)>| {
        let view = all.changing(all.bare(at), |policy| {
            for holder in policy.roles.holders().to_vec() {
                policy.forget(&holder.account);
            }
            for (who, role) in next {
                policy.set_role(all.account(who), role);
            }
        });
        all.judge(&view)
    };
    use Role::{Admin, Moderator, Owner};
    let now = [(OWNER, Owner), (SECOND, Owner), (ADMIN, Admin), (JUNIOR, Admin), (MODERATOR, Moderator)];
    let swapped = vec![(SECOND, Owner), (OWNER, Owner), (ADMIN, Admin), (JUNIOR, Admin), (MODERATOR, Moderator)];
    let risen = vec![(OWNER, Owner), (SECOND, Owner), (ADMIN, Owner), (JUNIOR, Admin), (MODERATOR, Moderator)];
    let passed = vec![(OWNER, Owner), (SECOND, Owner), (JUNIOR, Admin), (ADMIN, Admin), (MODERATOR, Moderator)];
    assert_eq!(roles(SECOND, swapped.clone()), Err(Invalid::Policy));
    assert_eq!(roles(OWNER, swapped), Ok(()), "one may let another pass");
    assert_eq!(roles(ADMIN, risen.clone()), Err(Invalid::Policy));
    assert_eq!(roles(SECOND, risen), Ok(()));
    assert_eq!(roles(JUNIOR, passed.clone()), Err(Invalid::Policy));
    assert_eq!(roles(ADMIN, passed), Ok(()));
    assert_eq!(roles(MODERATOR, now[..3].to_vec()), Err(Invalid::Policy), "a moderator steps down alone");
    // An owner who becomes an admin is the last among them and may not name an owner in its stead above itself.
    assert_eq!(
        roles(ADMIN, vec![(OWNER, Owner), (SECOND, Owner), (MEMBER, Owner), (ADMIN, Admin)]),
        Err(Invalid::Policy)
    );
}

// NEGATIVE_TESTS 76
// REQ-AUTH-10
#[test]
fn an_owner_neither_leaves_nor_is_left_without_one_in_its_place() {
    let mut all = Fixture::group();
    let owner = all.leaf(OWNER).leaf;
    let last = CommitView { self_removes: vec![owner], ..all.bare(MEMBER) };
    assert_eq!(all.judge(&last), Err(Invalid::Remove));
    let ownerless = all.changing(all.bare(OWNER), |policy| policy.forget(&all.account(OWNER)));
    assert_eq!(all.judge(&ownerless), Err(Invalid::Policy));
    let succession = all.changing(all.bare(OWNER), |policy| {
        policy.set_role(all.account(MEMBER), Role::Owner);
        policy.forget(&all.account(OWNER));
    });
    assert_eq!(all.judge(&succession), Ok(()));
    // Only then may it go: as a plain member.
    let policy = Policy::parse(succession.policy.as_ref().unwrap()).unwrap();
    all.policy = policy;
    assert_eq!(all.judge(&last), Ok(()));
}

// NEGATIVE_TESTS 83
// REQ-POLICY-2
#[test]
fn a_removal_takes_the_role_along_and_no_role_goes_to_a_stranger() {
    let all = Fixture::cast();
    for (target, at) in [(ADMIN, OWNER), (READER, MODERATOR)] {
        let removal = CommitView { removes: vec![all.leaf(target).leaf], ..all.bare(at) };
        assert_eq!(all.judge(&removal), Err(Invalid::Policy));
        assert_eq!(all.judge(&all.changing(removal, |policy| policy.forget(&all.account(target)))), Ok(()));
    }
    for role in [Role::Owner, Role::Moderator, Role::Readonly] {
        let stranger = all.changing(all.bare(OWNER), |policy| policy.set_role(all.account(NEWCOMER), role));
        assert_eq!(all.judge(&stranger), Err(Invalid::Policy));
    }
    let mut all = all;
    let added = all.add(NEWCOMER);
    let with_role = all.changing(added, |policy| policy.set_role(all.account(NEWCOMER), Role::Moderator));
    assert_eq!(all.judge(&with_role), Ok(()));
}

// REQ-POLICY-4
#[test]
fn the_topic_goes_up_by_one_or_stays() {
    let all = Fixture::cast();
    for (generation, verdict) in [(0, Ok(())), (1, Ok(())), (2, Err(Invalid::Policy))] {
        let view = all.changing(all.bare(OWNER), |policy| policy.topic_generation = generation);
        assert_eq!(all.judge(&view), verdict, "to {generation}");
    }
    let mut late = Fixture::cast();
    late.policy.topic_generation = 7;
    let back = late.changing(late.bare(OWNER), |policy| policy.topic_generation = 6);
    assert_eq!(late.judge(&back), Err(Invalid::Policy));
}

// NEGATIVE_TESTS 72
// REQ-AUTH-11
#[test]
fn a_device_is_let_back_in_by_anybody_but_only_as_it_has_asked() {
    let mut all = Fixture::cast();
    let back = all.add_again(ADMIN);
    let facts = &back.adds[0];
    let asked = Rejoin {
        account: facts.credential.account,
        device: facts.credential.device,
        key_package_reference: facts.key_package_reference.clone(),
    };
    assert!(all.judge(&all.by(MEMBER, back.clone())).is_err(), "nobody has asked");
    let other = all.leaf(OTHER);
    for wrong in [
        Rejoin { account: other.account(), ..asked.clone() },
        Rejoin { device: other.device(), ..asked.clone() },
        Rejoin { key_package_reference: vec![1; 32], ..asked.clone() },
    ] {
        all.rejoins = vec![wrong];
        assert!(all.judge(&all.by(MEMBER, back.clone())).is_err());
    }
    all.rejoins = vec![asked];
    only(&all, &[OWNER, SECOND, JUNIOR, MODERATOR, MEMBER, READER], "readmission", |view| CommitView {
        adds: back.adds.clone(),
        removes: if view.committer == all.leaf(ADMIN).leaf { vec![other.leaf] } else { back.removes.clone() },
        ..view
    });
    let mut of_another = back.clone();
    of_another.removes = vec![other.leaf];
    let mut with_more = back.clone();
    with_more.self_removes = vec![other.leaf];
    let with_policy = all.changing(back.clone(), |policy| policy.set_name("by the way"));
    for view in [of_another, with_more, with_policy] {
        assert!(all.judge(&all.by(MEMBER, view)).is_err());
    }
    assert_eq!(all.class(&all.by(MEMBER, back)), Class::Readmit);
}

// NEGATIVE_TESTS 37
// REQ-AUTH-12
#[test]
fn in_a_direct_conversation_both_own_and_nothing_but_keys_may_change() {
    let mut all = Fixture::new(ConversationKind::Direct);
    let third = all.add(NEWCOMER);
    assert_eq!(all.judge(&third), Err(Invalid::Add));
    let removal = all.remove(MEMBER);
    assert_eq!(all.judge(&removal), Err(Invalid::Remove));
    for (at, other) in [(OWNER, MEMBER), (MEMBER, OWNER)] {
        assert_eq!(all.policy.role(&all.account(at)), Role::Owner);
        assert_eq!(all.judge(&all.bare(at)), Ok(()));
        assert_eq!(all.judge(&all.changing(all.bare(at), |policy| *policy = policy.rotated())), Ok(()));
        let named = all.changing(all.bare(at), |policy| policy.set_name("ours"));
        let silenced = all.changing(all.bare(at), |policy| policy.set_role(all.account(other), Role::Readonly));
        let timed = all.changing(all.bare(at), |policy| policy.disappearing_seconds = 5);
        let left = CommitView { self_removes: vec![all.leaf(other).leaf], ..all.bare(at) };
        for view in [named, silenced, timed, left] {
            assert!(all.judge(&view).is_err());
        }
    }
    assert!(all.policy.rank(&all.account(OWNER)) < all.policy.rank(&all.account(MEMBER)));
}

// REQ-POLICY-5
#[test]
fn the_class_is_that_of_the_gravest_thing_a_commit_does() {
    let mut all = Fixture::cast();
    let bare = all.bare(OWNER);
    let leaver = all.leaf(OTHER).leaf;
    let removal = CommitView { removes: vec![leaver], ..bare.clone() };
    let leaving = CommitView { self_removes: vec![leaver], ..bare.clone() };
    let add = all.add(NEWCOMER);
    let set = |view: &CommitView, at: usize, role: Role| {
        all.changing(view.clone(), |policy| policy.set_role(all.account(at), role))
    };
    let named = |view: &CommitView| all.changing(view.clone(), |policy| policy.set_name("new"));
    let rotated = |view: &CommitView| all.changing(view.clone(), |policy| *policy = policy.rotated());
    for (what, view, class) in [
        ("self-update", bare.clone(), Class::Update),
        ("leaving", leaving.clone(), Class::Readmit),
        ("leaving with a new topic", rotated(&leaving), Class::Readmit),
        ("leaving and a name", named(&leaving), Class::Admin),
        ("a new topic alone", rotated(&bare), Class::Admin),
        ("add", add.clone(), Class::Admin),
        ("name", named(&bare), Class::Admin),
        ("promotion", set(&bare, MEMBER, Role::Admin), Class::Admin),
        ("a say again", set(&bare, READER, Role::Member), Class::Admin),
        ("demotion", set(&bare, JUNIOR, Role::Moderator), Class::Removal),
        ("demotion to member", set(&bare, MODERATOR, Role::Member), Class::Removal),
        ("silencing", set(&bare, MEMBER, Role::Readonly), Class::Removal),
        ("demotion behind an add", set(&add, JUNIOR, Role::Member), Class::Removal),
        ("removal", removal.clone(), Class::Removal),
        ("removal and a name", named(&removal), Class::Removal),
    ] {
        assert_eq!(all.class(&view), class, "{what}");
    }
    assert!(Class::Removal < Class::Admin && Class::Admin < Class::Readmit && Class::Readmit < Class::Update);
}

#[test]
fn ranks_follow_the_order_of_the_roles() {
    let all = Fixture::cast();
    let ranks: Vec<u16> = EVERYBODY.iter().map(|at| all.policy.rank(&all.account(*at))).collect();
    assert_eq!(ranks, [0, 1, 2, 3, 4, RANK_NONE, RANK_NONE]);
}
