//! The account layer: one person's identity, contacts, conversations and messages. It consumes entries from the log and produces them.
//!
//! Works on rows of the account's scope, so it stands still while the account is locked. It never talks to a peer itself: entries go
//! through [`crate::log`], sealed items through parcels.

pub(crate) mod addable;
pub(crate) mod catch_up;
pub(crate) mod contact;
pub mod conversation;
pub(crate) mod create;
pub(crate) mod device_log;
pub(crate) mod ephemeral;
pub(crate) mod event;
pub(crate) mod identity;
pub(crate) mod inbox;
pub(crate) mod join_link;
pub(crate) mod key_supply;
pub(crate) mod mailbox;
pub(crate) mod mailbox_reading;
pub(crate) mod message;
pub mod policy;
pub(crate) mod process;
pub(crate) mod profile;
pub(crate) mod reach;
pub(crate) mod unlock;
