//! Conversations: founded, joined, changed by commits, left. One MLS group each (PROTOCOL A5, A6).
//!
//! Nobody orders commits. A valid one adds an epoch to a tree ([`tree`]), whoever made it and whatever else builds on the same epoch;
//! [`rule`] says which branch counts, and [`tip`] goes there. What was wished for and lost is done again ([`wish`]), and a device that cannot
//! follow is let back in ([`rejoin`], [`readmit`]). The argument stands in docs/PROTOCOL.md, section 14.

pub(crate) mod admin_chain;
pub mod authorize;
pub(crate) mod commit;
pub(crate) mod epoch;
pub(crate) mod equivocation;
pub(crate) mod follow_commit;
pub(crate) mod found;
pub(crate) mod group_log;
pub(crate) mod join;
pub(crate) mod late;
pub(crate) mod leave;
pub(crate) mod member_add;
pub(crate) mod member_ban;
pub(crate) mod member_remove;
pub(crate) mod outsider;
mod passage;
pub(crate) mod publish;
pub(crate) mod readmit;
pub(crate) mod recovery;
pub(crate) mod refresh;
pub(crate) mod rejoin;
pub mod rule;
pub(crate) mod set_group;
pub(crate) mod set_role;
pub(crate) mod slip;
pub(crate) mod state;
pub(crate) mod successor;
pub(crate) mod tip;
pub(crate) mod told;
pub(crate) mod tree;
pub(crate) mod valid;
pub(crate) mod void;
pub(crate) mod welcome;
pub(crate) mod wish;
