//! A group with real keys, and commits that its owner really made, to be changed by the tests.

use std::collections::BTreeMap;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tidings_crypto::id::{AccountId, ConversationId, EpochId};
use tidings_crypto::identity::{DeviceRecord, IdentityLog};
use tidings_crypto::mls::{CommitPlan, CommitView, DeviceKeys, Group, LeafFacts, MemberView, key_package};
use tidings_crypto::sign::SigningKey;
use tidings_protocol::account::conversation::authorize::{self, Invalid, Parent, Rejoin};
use tidings_protocol::account::conversation::rule::Class;
use tidings_protocol::account::policy::{Creation, Link, Petition, Policy, Role, Signer};
use tidings_protocol::record::conversation::ConversationKind;

pub(crate) const OWNER: usize = 0;
pub(crate) const MEMBER: usize = 1;
pub(crate) const OTHER: usize = 2;
pub(crate) const NEWCOMER: usize = 3;
// Only in the cast.
pub(crate) const SECOND: usize = 4;
pub(crate) const ADMIN: usize = 5;
pub(crate) const JUNIOR: usize = 6;
pub(crate) const MODERATOR: usize = 7;
pub(crate) const READER: usize = 8;

/// The epoch at which everything here is judged.
pub(crate) const EPOCH: EpochId = EpochId::from_bytes([6; 32]);

/// A group of an owner and two members, and somebody who may be added.
pub(crate) struct Fixture {
    rng: ChaCha20Rng,
    pub(crate) keys: Vec<DeviceKeys>,
    pub(crate) logs: BTreeMap<AccountId, IdentityLog>,
    pub(crate) policy: Policy,
    group: Group,
    pub(crate) rejoins: Vec<Rejoin>,
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
    pub(crate) fn new(kind: ConversationKind) -> Self {
        match kind {
            ConversationKind::Direct => Self::with(kind, &[MEMBER]),
            ConversationKind::Group => Self::with(kind, &[MEMBER, OTHER]),
        }
    }

    pub(crate) fn group() -> Self {
        Self::new(ConversationKind::Group)
    }

    /// A group with every role: two owners, two admins, a moderator, two members, and one who may only read.
    pub(crate) fn cast() -> Self {
        let others = [MEMBER, OTHER, SECOND, ADMIN, JUNIOR, MODERATOR, READER];
        let mut all = Self::with(ConversationKind::Group, &others);
        for (at, role) in [
            (SECOND, Role::Owner),
            (ADMIN, Role::Admin),
            (JUNIOR, Role::Admin),
            (MODERATOR, Role::Moderator),
            (READER, Role::Readonly),
        ] {
            all.policy.set_role(all.keys[at].account, role);
        }
        all
    }

    fn with(kind: ConversationKind, others: &[usize]) -> Self {
        let mut rng = ChaCha20Rng::from_seed([4; 32]);
        let (keys, logs): (Vec<DeviceKeys>, Vec<IdentityLog>) = (1..=9).map(person).unzip();
        let creation = Creation::new(kind, keys[OWNER].account, keys[OWNER].device, [9; 32]);
        let id = creation.conversation();
        let policy = Policy::new(creation, "ops", "what we do");
        let mut group = Group::create(&keys[OWNER], id, &policy.to_bytes(), &mut rng).unwrap();
        let adds = others.iter().map(|at| key_package::create(&keys[*at], 1, &mut rng).unwrap().1).collect();
        let group = group.commit(CommitPlan { adds, ..CommitPlan::default() }, &mut rng).unwrap().next;
        let logs = logs.into_iter().map(|log| (log.account_id(), log)).collect();
        Self { rng, keys, logs, policy, group, rejoins: Vec::new() }
    }

    pub(crate) fn id(&self) -> ConversationId {
        self.group.conversation()
    }

    pub(crate) fn account(&self, at: usize) -> AccountId {
        self.keys[at].account
    }

    pub(crate) fn leaf(&self, at: usize) -> MemberView {
        self.members().into_iter().find(|member| member.account() == self.keys[at].account).unwrap()
    }

    pub(crate) fn members(&self) -> Vec<MemberView> {
        self.group.members()
    }

    /// The view of a commit that the owner really made.
    fn view(&mut self, plan: CommitPlan) -> CommitView {
        self.group.commit(plan, &mut self.rng).unwrap().view
    }

    pub(crate) fn update(&mut self) -> CommitView {
        self.view(CommitPlan::default())
    }

    pub(crate) fn add(&mut self, at: usize) -> CommitView {
        let adds = vec![key_package::create(&self.keys[at], 1, &mut self.rng).unwrap().1];
        self.view(CommitPlan { adds, ..CommitPlan::default() })
    }

    pub(crate) fn remove(&mut self, at: usize) -> CommitView {
        let remove = Some(self.leaf(at).leaf);
        self.view(CommitPlan { remove, ..CommitPlan::default() })
    }

    /// A commit that takes out somebody who is in and lets them in again.
    pub(crate) fn add_again(&mut self, at: usize) -> CommitView {
        CommitView { removes: vec![self.leaf(at).leaf], adds: vec![self.package(at)], ..self.bare(OWNER) }
    }

    /// The leaf of a key package of somebody.
    pub(crate) fn package(&mut self, at: usize) -> LeafFacts {
        let keys = &self.keys[at];
        let founder = person(20).0;
        let id = ConversationId::from_bytes([77; 32]);
        let mut elsewhere = Group::create(&founder, id, &self.policy.to_bytes(), &mut self.rng).unwrap();
        let adds = vec![key_package::create(keys, 1, &mut self.rng).unwrap().1];
        let plan = CommitPlan { adds, ..CommitPlan::default() };
        elsewhere.commit(plan, &mut self.rng).unwrap().view.adds.remove(0)
    }

    /// `view` as somebody else's commit; its path, which is the owner's, is left out.
    pub(crate) fn by(&self, at: usize, view: CommitView) -> CommitView {
        CommitView { committer: self.leaf(at).leaf, updated_leaf: None, ..view }
    }

    /// A commit of somebody that does nothing.
    pub(crate) fn bare(&self, at: usize) -> CommitView {
        CommitView {
            committer: self.leaf(at).leaf,
            adds: Vec::new(),
            removes: Vec::new(),
            self_removes: Vec::new(),
            updated_leaf: None,
            policy: None,
            context_proposals: 0,
            other_proposals: Vec::new(),
            by_reference: 0,
            extensions_ok: true,
            removes_us: false,
            members_after: self.members().len(),
            epoch_after: self.group.epoch() + 1,
        }
    }

    /// `view` with the policy changed as well.
    pub(crate) fn changing(&self, view: CommitView, change: impl FnOnce(&mut Policy)) -> CommitView {
        let mut policy = self.policy.clone();
        change(&mut policy);
        CommitView { policy: Some(policy.to_bytes()), context_proposals: 1, ..view }
    }

    /// `view` with the link that an honest committer adds to a change of roles.
    pub(crate) fn borne_out(
        &self,
        members: &[MemberView],
        before: &Policy,
        view: &CommitView,
    ) -> (CommitView, Option<Link>) {
        let after = view.policy.as_ref().and_then(|bytes| Policy::parse(bytes).ok());
        let committer = members.iter().find(|member| member.leaf == view.committer);
        let (Some(mut after), Some(committer)) = (after, committer) else { return (view.clone(), None) };
        let now = before.authority();
        let changes = after.roles != now.roles || after.rules.add != now.add;
        let link = changes.then(|| self.link(committer.account(), before, &after, members.len(), Vec::new()));
        after.chain_head = link.as_ref().map_or(now.head, Link::hash);
        (CommitView { policy: Some(after.to_bytes()), ..view.clone() }, link)
    }

    /// The link from one policy's roles to another's, by somebody's device.
    pub(crate) fn link(
        &self,
        by: AccountId,
        before: &Policy,
        after: &Policy,
        users: usize,
        petitions: Vec<Petition>,
    ) -> Link {
        let keys = self.keys.iter().find(|keys| keys.account == by).unwrap();
        let signer = Signer {
            conversation: self.id(),
            parent: EPOCH,
            account: by,
            device: keys.device,
            device_key: &keys.device_key,
            users,
        };
        Link::sign(&before.authority(), &after.roles, after.rules.add, petitions, &signer)
    }

    /// The verdict on `view` with the link that belongs to it, and with a new topic where it has to renew it: a removal that does not is
    /// refused for that alone.
    pub(crate) fn judge(&self, view: &CommitView) -> Result<(), Invalid> {
        self.judge_as_it_is(&self.renewing(view))
    }

    pub(crate) fn judge_as_it_is(&self, view: &CommitView) -> Result<(), Invalid> {
        let (view, link) = self.borne_out(&self.members(), &self.policy, view);
        self.judge_with(&view, link.as_ref())
    }

    /// The verdict on `view` with this link or none.
    pub(crate) fn judge_with(&self, view: &CommitView, link: Option<&Link>) -> Result<(), Invalid> {
        self.ask(&self.policy, &self.members(), link, |parent| authorize::authorize(parent, view))
    }

    fn renewing(&self, view: &CommitView) -> CommitView {
        let policy = match &view.policy {
            Some(bytes) => Policy::parse(bytes).ok(),
            None => Some(self.policy.clone()),
        };
        let removes = !view.removes.is_empty() || !view.self_removes.is_empty();
        let readmits = !self.rejoins.is_empty() && !view.adds.is_empty();
        match policy.filter(|policy| policy.topic_generation == self.policy.topic_generation) {
            Some(policy) if removes && !readmits => CommitView {
                policy: Some(policy.rotated().to_bytes()),
                context_proposals: view.context_proposals.max(1),
                ..view.clone()
            },
            Some(_) | None => view.clone(),
        }
    }

    pub(crate) fn class(&self, view: &CommitView) -> Class {
        let (view, link) = self.borne_out(&self.members(), &self.policy, view);
        self.ask(&self.policy, &self.members(), link.as_ref(), |parent| authorize::classify(parent, &view))
    }

    pub(crate) fn ask<T>(
        &self,
        policy: &Policy,
        members: &[MemberView],
        link: Option<&Link>,
        ask: impl FnOnce(&Parent<'_>) -> T,
    ) -> T {
        let identity = |account: &AccountId| self.logs.get(account).cloned();
        ask(&Parent {
            conversation: self.id(),
            policy,
            members,
            identity: &identity,
            rejoins: &self.rejoins,
            epoch: EPOCH,
            link,
        })
    }
}

pub(crate) fn path(view: &mut CommitView) -> &mut LeafFacts {
    view.updated_leaf.as_mut().unwrap()
}
