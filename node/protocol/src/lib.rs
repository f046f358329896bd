//! The core of a Tidings node: a sans-IO state machine.
//!
//! [`node::Node::handle`] takes one [`input::Input`], the time and a snapshot of the store, and yields writes and effects. Two layers:
//! [`log`] carries opaque entries of conversations between nodes and knows nothing of MLS; [`account`] is one person's groups, messages and
//! contacts. No clock, no randomness but the seed given at construction, no threads, no files, no network.

pub mod account;
pub mod command;
pub mod directory;
pub mod effect;
pub mod error;
pub mod input;
pub mod limits;
pub mod log;
pub mod node;
mod peer;
pub mod query;
pub mod record;
mod step;
pub mod store;
pub mod time;
mod timer;
mod transaction;
mod verified;
pub mod wire;
