//! What the core knows of storage: rows are read through [`snapshot::Snapshot`] and changed by a [`write_set::WriteSet`].
//!
//! It owns no file and no transaction: the driver commits. Two stores exist, [`memory::MemoryStore`] here and the redb adapter in the
//! node; [`conformance`] is the suite both pass.

pub mod conformance;
pub mod memory;
pub mod overlay;
pub mod snapshot;
pub mod table;
pub mod write_set;
