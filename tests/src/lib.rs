//! What tests need and no product has: the simulator of many nodes in one process.
//!
//! Not shipped. A broken assumption of the simulator stops it at once; hence plain indexing and panics are allowed here.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a simulator that is wrong about itself must stop")]

pub mod sim;
