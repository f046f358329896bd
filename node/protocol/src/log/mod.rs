//! The log layer: opaque outer entries of conversation queues, kept, pushed to followers and handed out.
//!
//! It knows the outer frame only (queue, seal, topic signature) and nothing of MLS, members or messages (PROTOCOL A4, A7–A9; DECISIONS 15–20).
//! Who follows a queue is told by the account layer. A node whose accounts are all locked runs just this.

pub(crate) mod accept;
pub(crate) mod append;
pub(crate) mod bundle;
pub(crate) mod ephemeral;
pub(crate) mod generation;
pub(crate) mod listing;
pub mod mailbox;
pub(crate) mod parcel;
pub(crate) mod peer_wait;
pub(crate) mod push;
pub(crate) mod queue;
pub(crate) mod quota;
pub(crate) mod read;
pub(crate) mod reconcile;
mod registration;
pub(crate) mod retention;
pub mod ring;
pub(crate) mod route;
pub(crate) mod sync;
pub(crate) mod voucher;
