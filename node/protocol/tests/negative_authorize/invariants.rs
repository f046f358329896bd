//! Properties: `authorize` answers whatever it is asked, and what it lets through keeps every invariant of a group.

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use tidings_crypto::id::AccountId;
use tidings_crypto::mls::{CommitView, LeafFacts, MemberView};
use tidings_protocol::account::conversation::authorize;
use tidings_protocol::account::policy::{
    AddRule, Bans, JoinRule, Policy, PostRule, RANK_NONE, RecoveryRule, Role, RoleHolder, Roles,
};

use crate::fixture::{Fixture, NEWCOMER, OWNER};

/// Groups that are walked, and commits tried in each.
const WALKS: u64 = 60;
const STEPS: usize = 150;

/// A group as its members see it, without the cryptography.
struct Walk {
    rng: ChaCha20Rng,
    policy: Policy,
    members: Vec<MemberView>,
    people: Vec<LeafFacts>,
    next_leaf: u32,
}

impl Walk {
    fn dice(&mut self, sides: usize) -> usize {
        usize::try_from(self.rng.next_u64() % u64::try_from(sides).unwrap()).unwrap()
    }

    fn anybody(&mut self) -> AccountId {
        let at = self.dice(self.people.len());
        self.people[at].credential.account
    }

    fn any_role(&mut self) -> Role {
        [Role::Owner, Role::Admin, Role::Moderator, Role::Member, Role::Readonly][self.dice(5)]
    }

    fn any_leaf(&mut self) -> u32 {
        let at = self.dice(self.members.len());
        if self.dice(20) == 0 { 999 } else { self.members[at].leaf }
    }

    /// Some policy: near the one that is, far from it, or none at all.
    fn any_policy(&mut self) -> Vec<u8> {
        let mut next = self.policy.clone();
        for _ in 0..=self.dice(3) {
            let (somebody, role) = (self.anybody(), self.any_role());
            match self.dice(13) {
                0 => next.set_name("n"),
                1 => next.rules.add = [AddRule::Admins, AddRule::Moderators, AddRule::Members][self.dice(3)],
                2 => next.rules.post = PostRule::Roles,
                3 => next.rules.join = JoinRule::Link,
                4 => next.rules.recovery = RecoveryRule::Never,
                5 => next.topic_generation = u32::try_from(self.dice(4)).unwrap(),
                6 => next.forget(&somebody),
                7 => next.bans.lift(&somebody),
                8 => next.ban(somebody),
                9 => next.bans = Bans::from_accounts([next.bans.accounts(), &[somebody]].concat()),
                10 => {
                    let mut holders: Vec<RoleHolder> = next.roles.holders().to_vec();
                    let at = self.dice(holders.len() + 1);
                    holders.insert(at, RoleHolder { account: somebody, role });
                    next.roles = Roles::from_holders(holders);
                }
                _ => next.set_role(somebody, role),
            }
        }
        let mut bytes = next.to_bytes();
        if self.dice(15) == 0 {
            let at = self.dice(bytes.len());
            bytes[at] ^= 1 << self.dice(8);
        }
        bytes
    }

    fn any_commit(&mut self, blank: &CommitView) -> CommitView {
        let mut view = CommitView { committer: self.any_leaf(), ..blank.clone() };
        if self.dice(3) == 0 {
            let at = self.dice(self.people.len());
            view.adds.push(self.people[at].clone());
        }
        match self.dice(4) {
            0 => view.removes.push(self.any_leaf()),
            1 => view.self_removes.push(self.any_leaf()),
            _ => {}
        }
        if self.dice(2) == 0 {
            (view.policy, view.context_proposals) = (Some(self.any_policy()), 1);
        } else if let (true, Some(leaf)) = (self.dice(6) > 0, view.removes.first().or(view.self_removes.first())) {
            // What an honest remover does.
            let gone = self.members.iter().find(|member| member.leaf == *leaf).map(MemberView::account);
            let mut next = self.policy.rotated();
            let bans = self.dice(3) == 0;
            gone.iter().for_each(|account| if bans { next.ban(*account) } else { next.forget(account) });
            (view.policy, view.context_proposals) = (Some(next.to_bytes()), 1);
        }
        view
    }

    fn follow(&mut self, view: &CommitView) {
        self.members.retain(|member| !view.removes.contains(&member.leaf) && !view.self_removes.contains(&member.leaf));
        for add in &view.adds {
            self.next_leaf += 1;
            self.members.push(MemberView {
                leaf: self.next_leaf,
                credential: add.credential.clone(),
                signature_key: add.signature_key.clone(),
            });
        }
        if let Some(bytes) = &view.policy {
            self.policy = Policy::parse(bytes).unwrap();
        }
    }

    fn assert_invariants(&self, seed: u64) {
        let is_in = |account: &AccountId| self.members.iter().any(|member| member.account() == *account);
        let holders = self.policy.roles.holders();
        assert!(holders.iter().any(|holder| holder.role == Role::Owner && is_in(&holder.account)), "{seed}: no owner");
        assert!(holders.iter().all(|holder| is_in(&holder.account)), "{seed}: a role of somebody who is not in");
        assert!(self.policy.readonly().iter().all(is_in), "{seed}: a reader who is not in");
        assert!(!self.policy.bans.accounts().iter().any(is_in), "{seed}: somebody is in who is banned");
        assert_eq!(Policy::parse(&self.policy.to_bytes()).as_ref(), Ok(&self.policy));
        let mut accounts: Vec<AccountId> = self.members.iter().map(MemberView::account).collect();
        accounts.sort_unstable();
        accounts.dedup();
        assert_eq!(accounts.len(), self.members.len(), "{seed}: somebody is in twice");
    }

    /// What one commit may have done to those who are senior to its author.
    fn assert_seniors_untouched(&self, by: &AccountId, before: &Policy, was_in: &[AccountId], seed: u64) {
        for account in was_in.iter().filter(|account| before.rank(account) < before.rank(by)) {
            assert_eq!(before.rank(account), self.policy.rank(account), "{seed}: a senior was moved");
            assert_eq!(before.role(account), self.policy.role(account), "{seed}: a senior was changed");
            assert!(self.members.iter().any(|member| member.account() == *account), "{seed}: a senior was removed");
        }
        if before.rank(by) == RANK_NONE {
            let same = was_in.iter().all(|account| {
                self.policy.role(account) == before.role(account)
                    || !self.members.iter().any(|member| member.account() == *account)
            });
            assert!(same && self.policy.rules == before.rules, "{seed}: a member changed the rules");
            assert_eq!(self.policy.bans, before.bans, "{seed}: a member changed the bans");
        }
        assert!(self.policy.role(by) >= before.role(by), "{seed}: somebody promoted themselves");
    }
}

fn walk(fixture: &Fixture, people: &[LeafFacts], blank: &CommitView, seed: u64) -> usize {
    let mut walk = Walk {
        rng: ChaCha20Rng::seed_from_u64(seed),
        policy: fixture.policy.clone(),
        members: fixture.members(),
        people: people.to_vec(),
        next_leaf: 100,
    };
    let mut followed = 0;
    for _ in 0..STEPS {
        let view = walk.any_commit(blank);
        let (view, link) = fixture.borne_out(&walk.members, &walk.policy, &view);
        let verdict = fixture.ask(&walk.policy, &walk.members, link.as_ref(), |parent| {
            // Asked of what is not valid too: it must have an answer.
            let _class = authorize::classify(parent, &view);
            authorize::authorize(parent, &view)
        });
        if verdict.is_ok() {
            let by = walk.members.iter().find(|member| member.leaf == view.committer).unwrap().account();
            let (before, was_in) =
                (walk.policy.clone(), walk.members.iter().map(MemberView::account).collect::<Vec<_>>());
            walk.follow(&view);
            walk.assert_invariants(seed);
            walk.assert_seniors_untouched(&by, &before, &was_in, seed);
            followed += usize::from(before != walk.policy || was_in.len() != walk.members.len());
        }
    }
    followed
}

// NEGATIVE_TESTS 31, 32, 76, 83
// REQ-POLICY-1, REQ-POLICY-2, REQ-AUTH-10, REQ-BAN-2
#[test]
fn whatever_is_committed_a_group_keeps_an_owner_its_roles_and_its_order() {
    let mut fixture = Fixture::cast();
    let people: Vec<LeafFacts> = (OWNER..=8).map(|at| fixture.package(at)).collect();
    assert_eq!(people[NEWCOMER].credential.account, fixture.account(NEWCOMER));
    let blank = fixture.bare(OWNER);
    let followed: usize = (0..WALKS).map(|seed| walk(&fixture, &people, &blank, seed)).sum();
    assert!(followed > 500, "only {followed} commits changed anything: the test looks at nothing");
}

// NEGATIVE_TESTS 32
// REQ-POLICY-1
#[test]
fn bytes_that_differ_from_a_policy_anywhere_are_another_policy_or_none() {
    let all = Fixture::cast();
    let bytes = all.policy.to_bytes();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            if let Ok(policy) = Policy::parse(&changed) {
                assert_eq!(policy.to_bytes(), changed);
                assert_ne!(policy, all.policy);
            }
        }
    }
    for cut in 0..bytes.len() {
        assert!(Policy::parse(&bytes[..cut]).is_err());
    }
    assert!(Policy::parse(&[bytes.as_slice(), &[0]].concat()).is_err());
}

// NEGATIVE_TESTS 32
// REQ-POLICY-1
#[test]
fn a_policy_without_owner_out_of_order_or_naming_somebody_twice_is_none() {
    let all = Fixture::cast();
    let holders = all.policy.roles.holders().to_vec();
    let reader = all.policy.readonly()[0];
    let as_holder = |role| RoleHolder { account: reader, role };
    let wrong = [
        vec![],
        holders[2..].to_vec(),
        holders.iter().rev().copied().collect(),
        vec![holders[0], holders[4], holders[2]],
        [holders.as_slice(), &holders[..1]].concat(),
        [holders.as_slice(), &[as_holder(Role::Moderator)]].concat(),
        [holders.as_slice(), &[as_holder(Role::Member)]].concat(),
        [holders.as_slice(), &[as_holder(Role::Readonly)]].concat(),
    ];
    for holders in wrong {
        let mut policy = all.policy.clone();
        policy.roles = Roles::from_holders(holders);
        assert!(Policy::parse(&policy.to_bytes()).is_err());
    }
}
