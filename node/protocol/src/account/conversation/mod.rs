//! Conversations: founded, joined, changed by commits, left. One MLS group each (PROTOCOL A5, A6).
//!
//! One committer a conversation for now: the founding device. A commit is therefore applied when it is made or received; choosing among
//! rival commits, votes and re-adding have their place beside `authorize` and `adopt` and come with the next issue.

pub(crate) mod admin_chain;
pub(crate) mod adopt;
pub mod authorize;
pub(crate) mod commit;
pub(crate) mod follow_commit;
pub(crate) mod found;
pub(crate) mod group_log;
pub(crate) mod join;
pub(crate) mod leave;
pub(crate) mod member_add;
pub(crate) mod member_remove;
pub(crate) mod publish;
pub mod rule;
pub(crate) mod set_group;
pub(crate) mod set_role;
pub(crate) mod state;
