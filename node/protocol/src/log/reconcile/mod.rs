//! Range-based set reconciliation between two stores (PROTOCOL A7.2): for gaps that reading by counter would pay for with the whole history.
//!
//! `prefix` cuts the space of ids into ranges, `tree` has a fingerprint for each, `serve` answers, `session` asks. The frames stand in
//! `wire::reconcile`. It is used when a position in another store is missing or void although most of the queue is here.

pub(crate) mod prefix;
pub(crate) mod serve;
pub(crate) mod session;
pub(crate) mod tree;

use tidings_crypto::derive;
use tidings_crypto::id::OuterId;

/// How a fingerprint is shown in a session: half of a hash under its nonce.
fn shown(nonce: &[u8; 16], fingerprint: &[u8; 32]) -> [u8; 16] {
    first(derive("tidings/1/reconcile-fingerprint", &[nonce, fingerprint]))
}

/// How an id is shown in a session.
fn short(nonce: &[u8; 16], id: &OuterId) -> [u8; 8] {
    first(derive("tidings/1/reconcile-item", &[nonce, id.as_bytes()]))
}

fn first<const N: usize>(hash: [u8; 32]) -> [u8; N] {
    let mut bytes = [0; N];
    for (to, from) in bytes.iter_mut().zip(hash) {
        *to = from;
    }
    bytes
}
