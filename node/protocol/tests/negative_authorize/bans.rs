//! Bans: who imposes and lifts them, that nobody is in who is banned, and which list of them is one.

use tidings_crypto::id::AccountId;
use tidings_crypto::mls::CommitView;
use tidings_protocol::account::conversation::authorize::{Invalid, Rejoin};
use tidings_protocol::account::conversation::rule::Class;
use tidings_protocol::account::policy::{AddRule, Bans, Policy, Role};
use tidings_protocol::limits::{BANNED_MAX, DESCRIPTION_BYTES_MAX, NAME_BYTES_MAX, READONLY_MAX, ROLE_HOLDERS_MAX};

use crate::fixture::{ADMIN, Fixture, JUNIOR, MEMBER, MODERATOR, NEWCOMER, OTHER, OWNER, READER, SECOND};

const EVERYBODY: [usize; 7] = [OWNER, SECOND, ADMIN, JUNIOR, MODERATOR, MEMBER, READER];

impl Fixture {
    /// The commit of somebody that bans somebody who is in.
    fn banning(&self, by: usize, target: usize) -> CommitView {
        let removal = CommitView { removes: vec![self.leaf(target).leaf], ..self.bare(by) };
        self.changing(removal, |policy| policy.ban(self.account(target)))
    }

    /// The commit of somebody that bans somebody who is not in, or lifts the ban.
    fn listing(&self, by: usize, banned: bool) -> CommitView {
        let newcomer = self.account(NEWCOMER);
        self.changing(self.bare(by), |policy| if banned { policy.ban(newcomer) } else { policy.bans.lift(&newcomer) })
    }
}

fn stranger(number: usize) -> AccountId {
    let mut bytes = [0xee; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    AccountId::from_bytes(bytes)
}

// NEGATIVE_TESTS 31
// REQ-BAN-1
#[test]
fn who_may_remove_somebody_may_ban_them_and_nobody_else_may() {
    let all = Fixture::cast();
    for (target, allowed) in [
        (OWNER, vec![]),
        (SECOND, vec![OWNER]),
        (ADMIN, vec![OWNER, SECOND]),
        (JUNIOR, vec![OWNER, SECOND, ADMIN]),
        (MODERATOR, vec![OWNER, SECOND, ADMIN, JUNIOR]),
        (OTHER, vec![OWNER, SECOND, ADMIN, JUNIOR, MODERATOR]),
    ] {
        for by in EVERYBODY {
            let verdict = all.judge(&all.banning(by, target));
            assert_eq!(verdict.is_ok(), allowed.contains(&by), "{target} by {by}: {verdict:?}");
        }
    }
}

// NEGATIVE_TESTS 30
// REQ-BAN-1
#[test]
fn somebody_who_is_not_in_is_banned_and_let_off_by_those_who_remove_members() {
    let mut all = Fixture::cast();
    for banned in [true, false] {
        for by in EVERYBODY {
            let verdict = all.judge(&all.listing(by, banned));
            assert_eq!(verdict.is_ok(), ![MEMBER, READER].contains(&by), "{banned} by {by}: {verdict:?}");
            let hidden =
                all.changing(CommitView { self_removes: vec![all.leaf(OTHER).leaf], ..all.bare(by) }, |policy| {
                    *policy = Policy::parse(all.listing(by, banned).policy.as_ref().unwrap()).unwrap();
                });
            assert_eq!(all.judge(&hidden), verdict, "behind somebody's leaving");
        }
        all.policy.ban(all.account(NEWCOMER));
    }
}

// NEGATIVE_TESTS 72
// REQ-BAN-2
#[test]
fn nobody_is_in_who_is_banned() {
    let mut all = Fixture::cast();
    let add = all.add(NEWCOMER).adds;
    for rule in [AddRule::Admins, AddRule::Members] {
        all.policy.rules.add = rule;
        let adding = |by: usize| CommitView { adds: add.clone(), ..all.bare(by) };
        assert_eq!(all.judge(&adding(OWNER)), Ok(()));
        let both = all.changing(adding(OWNER), |policy| policy.ban(all.account(NEWCOMER)));
        assert_eq!(all.judge(&both), Err(Invalid::Banned), "added and banned at once");
        let stays = all.changing(all.bare(OWNER), |policy| policy.ban(all.account(MEMBER)));
        assert_eq!(all.judge(&stays), Err(Invalid::Banned), "banned and not removed");
    }
    all.policy.ban(all.account(NEWCOMER));
    for by in [OWNER, MODERATOR, MEMBER] {
        let adding = CommitView { adds: add.clone(), ..all.bare(by) };
        assert!(all.judge(&adding).is_err(), "{by}");
        let lifting = all.changing(adding, |policy| policy.bans.lift(&all.account(NEWCOMER)));
        // Under this rule everybody adds; who adds may not for that reason lift.
        assert_eq!(all.judge(&lifting).is_ok(), by != MEMBER, "{by}");
    }
    let again = CommitView { adds: add, ..all.bare(OWNER) };
    assert_eq!(all.judge(&again), Err(Invalid::Banned));
}

// NEGATIVE_TESTS 72
// REQ-BAN-2
#[test]
fn no_request_lets_a_device_back_in_whose_account_is_banned() {
    let mut all = Fixture::cast();
    let back = all.add_again(OTHER);
    let facts = &back.adds[0];
    all.rejoins = vec![Rejoin {
        account: facts.credential.account,
        device: facts.credential.device,
        key_package_reference: facts.key_package_reference.clone(),
    }];
    assert_eq!(all.judge(&all.by(MEMBER, back.clone())), Ok(()));
    // A parent that no valid commit leads to: even there.
    all.policy.ban(all.account(OTHER));
    for by in [OWNER, MEMBER] {
        assert!(all.judge(&all.by(by, back.clone())).is_err());
    }
}

// REQ-BAN-3
#[test]
fn a_ban_is_a_removal_and_its_end_is_not() {
    let mut all = Fixture::cast();
    assert_eq!(all.class(&all.banning(OWNER, OTHER)), Class::Removal);
    assert_eq!(all.class(&all.listing(OWNER, true)), Class::Removal);
    let leaving = CommitView { self_removes: vec![all.leaf(OTHER).leaf], ..all.listing(OWNER, true) };
    assert_eq!(all.class(&leaving), Class::Removal);
    all.policy.ban(all.account(NEWCOMER));
    assert_eq!(all.class(&all.listing(OWNER, false)), Class::Admin);
}

// NEGATIVE_TESTS 32
// REQ-BAN-5
#[test]
fn bans_out_of_order_doubled_too_many_or_of_somebody_with_a_role_are_none() {
    let all = Fixture::cast();
    let parse = |policy: &Policy| Policy::parse(&policy.to_bytes()).is_ok();
    let with = |accounts: Vec<AccountId>| {
        let mut policy = all.policy.clone();
        policy.bans = Bans::from_accounts(accounts);
        policy
    };
    let (one, two) = (stranger(1), stranger(2));
    assert!(parse(&with(vec![one, two])));
    for wrong in [vec![two, one], vec![one, one], vec![all.account(ADMIN)], vec![all.account(READER)]] {
        assert!(!parse(&with(wrong)));
    }
    let many = |number: usize| (0..number).map(stranger).collect::<Vec<_>>();
    assert!(parse(&with(many(BANNED_MAX))) && !parse(&with(many(BANNED_MAX + 1))));
    let mut banned = all.policy.clone();
    banned.ban(all.account(ADMIN));
    assert!(parse(&banned) && banned.roles.of(&all.account(ADMIN)).is_none());
}

// REQ-BAN-5
#[test]
fn the_fullest_policy_there_is_fits() {
    let all = Fixture::cast();
    let mut policy = all.policy.clone();
    policy.bans = Bans::from_accounts((0..BANNED_MAX).map(stranger).collect());
    let others = (BANNED_MAX..).map(stranger);
    let holders = ROLE_HOLDERS_MAX - policy.roles.holders().len();
    let readers = READONLY_MAX - policy.readonly().len();
    let roles = std::iter::repeat_n(Role::Moderator, holders).chain(std::iter::repeat_n(Role::Readonly, readers));
    others.zip(roles).for_each(|(account, role)| policy.set_role(account, role));
    policy.set_name(&"n".repeat(NAME_BYTES_MAX));
    policy.set_description(&"d".repeat(DESCRIPTION_BYTES_MAX));
    let bytes = policy.to_bytes();
    assert_eq!(Policy::parse(&bytes), Ok(policy));
    assert!(bytes.len() <= tidings_crypto::mls::MAX_POLICY, "{}", bytes.len());
}
