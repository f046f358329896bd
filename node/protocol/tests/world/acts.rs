//! What people do to a group, as commands to their nodes.

use tidings_crypto::id::{AccountId, ConversationId};
use tidings_crypto::invite::InviteLink;
use tidings_protocol::account::policy::Role;
use tidings_protocol::command::{Answer, Command, GroupChange, JoinAct, RecoverAct};
use tidings_protocol::error::Rejection;
use tidings_protocol::input::Input;
use tidings_protocol::query::recovery::{self, RecoveryView};
use tidings_protocol::query::{joins, successors};
use tidings_protocol::record::invite::GroupInvite;
use tidings_protocol::record::join::JoinState;
use tidings_protocol::record::successor::SuccessorRecord;

use super::{Person, World};

impl World {
    pub(crate) fn add_member(
        &mut self,
        by: Person,
        conversation: ConversationId,
        member: Person,
    ) -> Result<(), Rejection> {
        let (account, member) = (by.account, member.account);
        self.command(by.host, Command::AddMember { account, conversation, member }).map(drop)
    }

    pub(crate) fn remove_member(
        &mut self,
        by: Person,
        conversation: ConversationId,
        member: Person,
    ) -> Result<(), Rejection> {
        let (account, member) = (by.account, member.account);
        self.command(by.host, Command::RemoveMember { account, conversation, member }).map(drop)
    }

    pub(crate) fn ban(
        &mut self,
        by: Person,
        conversation: ConversationId,
        who: Person,
        banned: bool,
    ) -> Result<(), Rejection> {
        let (account, who) = (by.account, who.account);
        self.command(by.host, Command::Ban { account, conversation, who, banned }).map(drop)
    }

    pub(crate) fn set_role(
        &mut self,
        by: Person,
        conversation: ConversationId,
        member: Person,
        role: Role,
    ) -> Result<(), Rejection> {
        let (account, member) = (by.account, member.account);
        self.command(by.host, Command::SetRole { account, conversation, member, role }).map(drop)
    }

    pub(crate) fn set_group(
        &mut self,
        by: Person,
        conversation: ConversationId,
        change: GroupChange,
    ) -> Result<(), Rejection> {
        self.command(by.host, Command::SetGroup { account: by.account, conversation, change }).map(drop)
    }

    pub(crate) fn rename(&mut self, by: Person, conversation: ConversationId, name: &str) {
        let change = GroupChange { name: Some(name.into()), ..GroupChange::default() };
        self.set_group(by, conversation, change).unwrap();
    }

    /// A split ends between two hosts, and a command comes to the first before it has heard anything of the other.
    pub(crate) fn meet(&mut self, host: usize, other: usize, command: Command) -> Result<Answer, Rejection> {
        self.sides = vec![0; self.hosts.len()];
        self.queue.push_back((host, Input::PeerConnected(self.hosts[other].id)));
        self.queue.push_back((other, Input::PeerConnected(self.hosts[host].id)));
        self.command(host, command)
    }

    /// A host is connected to another one for a moment in which a command comes and no frame goes over.
    pub(crate) fn glimpse(&mut self, host: usize, other: usize, command: Command) -> Result<Answer, Rejection> {
        let peer = self.hosts[other].id;
        self.next += 1;
        let id = self.next;
        self.queue.push_back((host, Input::PeerConnected(peer)));
        self.queue.push_back((host, Input::Command { id, command: Box::new(command) }));
        self.queue.push_back((host, Input::PeerDisconnected(peer)));
        self.run();
        self.replies.remove(&id).unwrap()
    }
}

/// Joining groups by link.
impl World {
    /// A link of `by` into a group.
    pub(crate) fn group_link(
        &mut self,
        by: Person,
        conversation: ConversationId,
        uses: u32,
        approval: bool,
    ) -> Result<InviteLink, Rejection> {
        let command = Command::CreateInvite {
            account: by.account,
            uses,
            lifetime_seconds: 86_400,
            note: String::new(),
            addresses: Vec::new(),
            group: Some(GroupInvite { conversation, approval, succeeds: None }),
        };
        self.command(by.host, command).map(|answer| match answer {
            Answer::Invite(link) => link,
            other => panic!("{other:?}"),
        })
    }

    /// Follows a link into a group; whoever can answers.
    pub(crate) fn join(&mut self, who: Person, link: &InviteLink) -> Result<JoinState, Rejection> {
        let answer = self.command(who.host, Command::Join { account: who.account, act: JoinAct::Follow(link.clone()) });
        self.advance(6_000);
        answer.map(|answer| match answer {
            Answer::Join(join) => join.state,
            other => panic!("{other:?}"),
        })
    }

    /// Lets somebody in who asks, or not.
    pub(crate) fn decide(
        &mut self,
        by: Person,
        conversation: ConversationId,
        who: Person,
        accept: bool,
    ) -> Result<(), Rejection> {
        let who = who.account;
        let act = if accept { JoinAct::Accept { conversation, who } } else { JoinAct::Decline { conversation, who } };
        let answer = self.command(by.host, Command::Join { account: by.account, act }).map(drop);
        self.advance(6_000);
        answer
    }

    /// Opens a successor of a group.
    pub(crate) fn succeed(&mut self, by: Person, group: ConversationId) -> Result<ConversationId, Rejection> {
        let command = Command::Succeed { account: by.account, conversation: group, addresses: Vec::new() };
        self.command(by.host, command).map(|answer| match answer {
            Answer::Conversation(id) => id,
            other => panic!("{other:?}"),
        })
    }

    /// The successors of a group that `person` knows of.
    pub(crate) fn successors(&self, person: Person, group: ConversationId) -> Vec<SuccessorRecord> {
        successors::of(&self.hosts[person.host].store, person.account, group).unwrap()
    }

    /// Those who wait for the word of `person`.
    pub(crate) fn requests(&self, person: Person) -> Vec<AccountId> {
        let store = &self.hosts[person.host].store;
        joins::requests(store, person.account).unwrap().into_iter().map(|request| request.account).collect()
    }

    /// What became of the links that `person` follows: how far each has come, and why not.
    pub(crate) fn joins(&self, person: Person) -> Vec<(JoinState, String)> {
        let store = &self.hosts[person.host].store;
        joins::own(store, person.account).unwrap().into_iter().map(|join| (join.state, join.refusal)).collect()
    }

    /// Whether a person is in a group, as their own node has it.
    pub(crate) fn is_in(&self, person: Person, id: ConversationId) -> bool {
        self.conversations(person).iter().any(|record| record.id == id && record.membership.is_in())
    }
}

/// Making an owner where all are gone.
impl World {
    /// Signs that `owner` shall own the group.
    pub(crate) fn petition(
        &mut self,
        by: Person,
        conversation: ConversationId,
        owner: Person,
    ) -> Result<(), Rejection> {
        let act = RecoverAct::Sign(owner.account);
        let answer = self.command(by.host, Command::Recover { account: by.account, conversation, act }).map(drop);
        self.advance(60_000);
        answer
    }

    /// How it stands with petitions, as a person's node sees it.
    pub(crate) fn recovery(&self, person: Person, id: ConversationId) -> RecoveryView {
        let record = self.conversation(person, id);
        recovery::view(&self.hosts[person.host].store, person.account, &record, self.now).unwrap()
    }
}
