//! How a row stands in the file: its key in clear behind its scope, its value sealed and bound to its place.

use rand_chacha::ChaCha20Rng;
use rand_core::Rng;
use tidings_crypto::vault::DataKey;
use tidings_protocol::store::snapshot::StoreError;
use tidings_protocol::store::table::{Scope, Table};

/// First byte of the keys of the node's own rows.
const NODE: u8 = 0;
/// First byte of the keys of an account's rows; the account id follows.
const ACCOUNT: u8 = 1;

/// What stands before the core's key.
pub(super) fn prefix(scope: Scope) -> Vec<u8> {
    match scope {
        Scope::Node => vec![NODE],
        Scope::Account(account) => [&[ACCOUNT], account.as_bytes().as_slice()].concat(),
    }
}

/// The key as stored.
pub(super) fn stored_key(scope: Scope, key: &[u8]) -> Vec<u8> {
    let mut stored = prefix(scope);
    stored.extend_from_slice(key);
    stored
}

/// Nonce, ciphertext and tag. The 24 bytes of the nonce are random, so that two never meet, also across restarts and copies of the file.
pub(super) fn seal(key: &DataKey, table: Table, stored_key: &[u8], value: &[u8], nonces: &mut ChaCha20Rng) -> Vec<u8> {
    let mut nonce = [0; 24];
    nonces.fill_bytes(&mut nonce);
    key.seal(&place(table, stored_key), value, nonce)
}

/// The value, if it is one that was sealed for this place.
pub(super) fn open(key: &DataKey, table: Table, stored_key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
    match key.open(&place(table, stored_key), sealed) {
        Ok(mut value) => Ok(std::mem::take(&mut *value)),
        Err(_) => Err(StoreError::Fault(format!("a row of table {} is damaged", table.name()))),
    }
}

fn place(table: Table, stored_key: &[u8]) -> Vec<u8> {
    [&[table.number()], stored_key].concat()
}
