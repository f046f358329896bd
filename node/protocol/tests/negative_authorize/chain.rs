//! The AdminChain and petitions: what bears out a change of roles, and what does not.

use tidings_crypto::id::{AccountId, ConversationId, EpochId};
use tidings_crypto::mls::CommitView;
use tidings_protocol::account::conversation::authorize::Invalid;
use tidings_protocol::account::conversation::rule::Class;
use tidings_protocol::account::policy::{
    AddRule, Authority, Link, Petition, Place, Policy, RecoveryRule, Role, Signer,
};

use crate::fixture::{ADMIN, EPOCH, Fixture, JUNIOR, MEMBER, MODERATOR, OTHER, OWNER, READER, SECOND};

/// A commit by `at` to a policy whose chain head is that of `link`.
fn with_link(all: &Fixture, at: usize, after: &Policy, link: &Link) -> CommitView {
    let mut after = after.clone();
    after.chain_head = link.hash();
    all.changing(all.bare(at), |policy| *policy = after)
}

fn promoted(all: &Fixture) -> Policy {
    let mut after = all.policy.clone();
    after.set_role(all.account(MEMBER), Role::Moderator);
    after
}

// NEGATIVE_TESTS 39, 85
// REQ-POLICY-6
#[test]
fn a_change_of_roles_without_its_link_with_anothers_or_from_another_epoch_is_refused() {
    let all = Fixture::cast();
    let (after, users) = (promoted(&all), all.members().len());
    let honest = all.link(all.account(ADMIN), &all.policy, &after, users, vec![]);
    let view = with_link(&all, ADMIN, &after, &honest);
    assert_eq!(all.judge_with(&view, Some(&honest)), Ok(()));
    assert_eq!(all.judge_with(&view, None), Err(Invalid::Chain));
    let keys = &all.keys[ADMIN];
    let signer = Signer {
        conversation: all.id(),
        parent: EPOCH,
        account: keys.account,
        device: keys.device,
        device_key: &keys.device_key,
        users,
    };
    let sign = |signer: &Signer<'_>| Link::sign(&all.policy.authority(), &after.roles, after.rules.add, vec![], signer);
    let mut late = all.policy.clone();
    late.chain_head = [1; 32];
    let wrong = [
        sign(&Signer { parent: EpochId::from_bytes([7; 32]), ..signer }),
        sign(&Signer { conversation: ConversationId::from_bytes([7; 32]), ..signer }),
        sign(&Signer { device_key: &all.keys[OWNER].device_key, ..signer }),
        all.link(all.account(OWNER), &all.policy, &after, users, vec![]),
        all.link(keys.account, &late, &after, users, vec![]),
        all.link(keys.account, &after, &all.policy, users, vec![]),
    ];
    for link in wrong {
        assert_eq!(all.judge_with(&with_link(&all, ADMIN, &after, &link), Some(&link)), Err(Invalid::Chain));
    }
    // A link without a change, and a head that nothing leads to.
    assert_eq!(all.judge_with(&all.bare(ADMIN), Some(&honest)), Err(Invalid::Chain));
    let beheaded = all.changing(all.bare(OWNER), |policy| policy.chain_head = [9; 32]);
    assert_eq!(all.judge_with(&beheaded, None), Err(Invalid::Chain));
}

/// Roles and links as they come about by a row of honest changes.
fn history(all: &Fixture) -> (Policy, Vec<Link>) {
    let mut policy = Policy::new(all.policy.creation.clone(), "ops", "");
    let mut links = Vec::new();
    let changes: [(usize, usize, Role); 5] = [
        (OWNER, SECOND, Role::Owner),
        (SECOND, ADMIN, Role::Admin),
        (ADMIN, MODERATOR, Role::Moderator),
        (OWNER, SECOND, Role::Member),
        (ADMIN, ADMIN, Role::Member),
    ];
    for (by, whom, role) in changes {
        let mut after = policy.clone();
        after.set_role(all.account(whom), role);
        let link = all.link(all.account(by), &policy, &after, 8, vec![]);
        after.chain_head = link.hash();
        links.push(link);
        policy = after;
    }
    (policy, links)
}

fn follow(all: &Fixture, links: &[Link]) -> Option<Authority> {
    let identity = |account: &AccountId| all.logs.get(account).cloned();
    let place = Place { conversation: all.id(), identity: &identity, users: None };
    Authority::founded(&all.policy.creation).after(links, &place)
}

// NEGATIVE_TESTS 39
// REQ-POLICY-6
#[test]
fn a_chain_leads_from_the_founding_to_the_roles_that_are_and_a_broken_one_nowhere() {
    let all = Fixture::cast();
    let (policy, links) = history(&all);
    assert_eq!(follow(&all, &links), Some(policy.authority()));
    assert_eq!(follow(&all, &[]).unwrap().roles.owners(), 1);
    for at in 0..links.len() {
        let mut without = links.clone();
        without.remove(at);
        assert_ne!(follow(&all, &without), Some(policy.authority()), "without {at}");
        let mut twice = links.clone();
        twice.insert(at, links[at].clone());
        assert_eq!(follow(&all, &twice), None, "twice {at}");
        let bytes = tidings_protocol::wire::encode(&links[at]);
        for byte in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[byte] ^= 1;
            if let Ok(link) = tidings_protocol::wire::decode::<Link>(&changed, "test") {
                let forged = [&links[..at], &[link], &links[at + 1..]].concat();
                assert_eq!(follow(&all, &forged), None, "link {at}, byte {byte}");
            }
        }
    }
}

// NEGATIVE_TESTS 39
// REQ-POLICY-6
#[test]
fn one_who_was_demoted_adds_no_link_and_nobody_gives_what_they_do_not_have() {
    let all = Fixture::cast();
    let (policy, links) = history(&all);
    for (by, whom, role) in [
        (SECOND, SECOND, Role::Owner),
        (ADMIN, OTHER, Role::Moderator),
        (MODERATOR, OTHER, Role::Moderator),
        (MEMBER, MEMBER, Role::Owner),
    ] {
        let mut after = policy.clone();
        after.set_role(all.account(whom), role);
        let link = all.link(all.account(by), &policy, &after, 8, vec![]);
        assert_eq!(follow(&all, &[links.as_slice(), &[link]].concat()), None, "{by} makes {whom} {role:?}");
    }
    let mut open = policy.clone();
    open.rules.add = AddRule::Members;
    for (by, verdict) in [(OWNER, true), (MODERATOR, false), (MEMBER, false)] {
        let link = all.link(all.account(by), &policy, &open, 8, vec![]);
        assert_eq!(follow(&all, &[links.as_slice(), &[link]].concat()).is_some(), verdict, "add rule by {by}");
    }
}

const VOICES: [usize; 6] = [MEMBER, OTHER, ADMIN, JUNIOR, MODERATOR, READER];

fn petition(all: &Fixture, at: usize, parent: EpochId, owner: usize) -> Petition {
    let keys = &all.keys[at];
    Petition::sign((keys.account, keys.device), &keys.device_key, all.id(), parent, all.account(owner))
}

/// The verdict on a commit by a plain member that makes OTHER the owner with these petitions.
fn recover(all: &Fixture, petitions: Vec<Petition>) -> Result<(), Invalid> {
    let mut after = all.policy.clone();
    after.roles = after.roles.recovered(all.account(OTHER));
    let link = all.link(all.account(MEMBER), &all.policy, &after, all.members().len(), petitions);
    let view = with_link(all, MEMBER, &after, &link);
    let class = all.ask(&all.policy, &all.members(), Some(&link), |parent| {
        tidings_protocol::account::conversation::authorize::classify(parent, &view)
    });
    assert_eq!(class, Class::Admin, "any commit of an admin that does more comes before it by rank");
    all.judge_with(&view, Some(&link))
}

// NEGATIVE_TESTS 75
// REQ-POLICY-7
#[test]
fn more_than_two_thirds_of_the_users_make_an_owner_and_fewer_do_not() {
    let all = Fixture::cast();
    assert_eq!(all.members().len(), 8);
    for count in 1..=VOICES.len() {
        let petitions = VOICES[..count].iter().map(|at| petition(&all, *at, EPOCH, OTHER)).collect();
        assert_eq!(recover(&all, petitions).is_ok(), count >= 6, "{count} of 8");
    }
    let recovered = all.policy.roles.recovered(all.account(OTHER));
    assert_eq!(recovered.rank(&all.account(OTHER)), 0);
    assert_eq!(recovered.rank(&all.account(OWNER)), 1, "the absent owner stands one rank below");
}

// NEGATIVE_TESTS 75
// REQ-POLICY-7
#[test]
fn forged_doubled_foreign_and_other_petitions_make_nobody_owner() {
    let all = Fixture::cast();
    let five: Vec<Petition> = VOICES[..5].iter().map(|at| petition(&all, *at, EPOCH, OTHER)).collect();
    let honest = petition(&all, READER, EPOCH, OTHER);
    let (reader, thief) = (&all.keys[READER], &all.keys[MEMBER]);
    let newcomer = &all.keys[crate::fixture::NEWCOMER];
    let sign =
        |who: (AccountId, _), key, conversation| Petition::sign(who, key, conversation, EPOCH, all.account(OTHER));
    let wrong = [
        five[0].clone(),
        petition(&all, READER, EpochId::from_bytes([8; 32]), OTHER),
        petition(&all, READER, EPOCH, MEMBER),
        sign((reader.account, reader.device), &thief.device_key, all.id()),
        sign((reader.account, thief.device), &thief.device_key, all.id()),
        sign((reader.account, reader.device), &reader.device_key, ConversationId::from_bytes([8; 32])),
        sign((newcomer.account, newcomer.device), &newcomer.device_key, all.id()),
    ];
    for sixth in wrong {
        assert_eq!(recover(&all, [five.as_slice(), &[sixth]].concat()), Err(Invalid::Chain));
    }
    assert_eq!(recover(&all, [five.as_slice(), &[honest]].concat()), Ok(()));
}

// NEGATIVE_TESTS 75
// REQ-POLICY-7
#[test]
fn a_petition_changes_nothing_else_and_nothing_where_the_rules_forbid_it() {
    let mut all = Fixture::cast();
    let petitions: Vec<Petition> = VOICES.iter().map(|at| petition(&all, *at, EPOCH, OTHER)).collect();
    let judge = |all: &Fixture, change: fn(&mut Policy)| {
        let mut after = all.policy.clone();
        after.roles = after.roles.recovered(all.account(OTHER));
        change(&mut after);
        let link = all.link(all.account(MEMBER), &all.policy, &after, all.members().len(), petitions.clone());
        all.judge_with(&with_link(all, MEMBER, &after, &link), Some(&link))
    };
    assert_eq!(judge(&all, |_| {}), Ok(()));
    assert!(judge(&all, |policy| policy.set_name("ours now")).is_err());
    assert!(judge(&all, |policy| policy.rules.add = AddRule::Members).is_err());
    let last = |policy: &mut Policy| {
        let last = policy.roles.holders().last().unwrap().account;
        policy.forget(&last);
    };
    assert!(judge(&all, last).is_err());
    all.policy.rules.recovery = RecoveryRule::Never;
    assert!(judge(&all, |_| {}).is_err());
}
