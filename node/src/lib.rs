//! The Tidings node: driver, store, network and HTTP around the pure core.

pub mod clock;
pub mod config;
pub mod driver;
pub mod http;
pub mod identity;
pub mod network;
pub mod runtime;
pub mod store;
