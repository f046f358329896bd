//! What people do to a group, as commands to their nodes.

use tidings_crypto::id::ConversationId;
use tidings_protocol::account::policy::Role;
use tidings_protocol::command::{Answer, Command, GroupChange};
use tidings_protocol::error::Rejection;
use tidings_protocol::input::Input;

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
