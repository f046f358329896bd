//! What people do to a group, as commands to their nodes.

use tidings_crypto::id::ConversationId;
use tidings_protocol::account::policy::Role;
use tidings_protocol::command::{Command, GroupChange};
use tidings_protocol::error::Rejection;

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
}
