//! Messages: sent, received, receipted.

pub(crate) mod receipt;
pub(crate) mod receive;
pub(crate) mod send;
pub(crate) mod state;
pub(crate) mod store;
