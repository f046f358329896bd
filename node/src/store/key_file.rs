//! `node.key`: the secrets of the node itself, as four lines of hex.
//!
//! Whoever reads it can speak as this node and read what the node keeps of its accounts while they are locked (names, public records), but
//! none of their messages (DECISIONS 1, 14).

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use data_encoding::HEXLOWER;
use tidings_crypto::vault::DataKey;
use zeroize::Zeroizing;

use super::folder;
use super::open::StoreOpenError;

const HEADING: &str = "# tidings node keys, format 1. Keep this file as secret as the data folder's backups.";

/// Stands before the checksum of all lines above it.
const CHECK: &str = "check = ";

/// The node's own secrets. Each has one use.
#[derive(Clone)]
pub struct NodeKeys {
    /// Seed of the Ed25519 key that other nodes know this node by.
    pub node_seed: Zeroizing<[u8; 32]>,
    /// Seals the rows of the node scope.
    pub store: DataKey,
    /// Keys the hashes under which login names are found.
    pub index: Zeroizing<[u8; 32]>,
    /// Signs access tokens.
    pub token: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for NodeKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NodeKeys(…)")
    }
}

impl NodeKeys {
    /// New keys from the system's randomness.
    pub(super) fn generate() -> Result<Self, StoreOpenError> {
        Ok(Self { node_seed: secret()?, store: DataKey::from_bytes(*secret()?), index: secret()?, token: secret()? })
    }

    fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(512));
        text.push_str(HEADING);
        for (name, bytes) in [
            ("node", &*self.node_seed),
            ("store", self.store.as_bytes()),
            ("index", &*self.index),
            ("token", &*self.token),
        ] {
            text.push('\n');
            text.push_str(name);
            text.push_str(" = ");
            HEXLOWER.encode_append(bytes, &mut text);
        }
        text.push('\n');
        let check = HEXLOWER.encode(&check_of(&text));
        text.push_str(CHECK);
        text.push_str(&check);
        text.push('\n');
        text
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next() != Some(HEADING) {
            return None;
        }
        let mut key = |name: &str| -> Option<Zeroizing<[u8; 32]>> {
            let hex = lines.next()?.strip_prefix(name)?.strip_prefix(" = ")?;
            let bytes = Zeroizing::new(HEXLOWER.decode(hex.as_bytes()).ok()?);
            bytes.as_slice().try_into().ok().map(Zeroizing::new)
        };
        let (node_seed, store, index, token) = (key("node")?, key("store")?, key("index")?, key("token")?);
        let store = DataKey::from_bytes(*store);
        // A changed key would otherwise make another node of this one, or a node that knows no login name.
        let (checked, check) = text.split_at_checked(text.rfind(CHECK)?)?;
        let intact = lines.next()?.strip_prefix(CHECK)? == HEXLOWER.encode(&check_of(checked)) && check.ends_with('\n');
        (intact && lines.next().is_none()).then_some(Self { node_seed, store, index, token })
    }

    /// Reads the file; refuses one that others may read.
    pub(super) fn read(path: &Path) -> Result<Self, StoreOpenError> {
        let failed = |error| StoreOpenError::io("read", path, error);
        let mode = std::fs::metadata(path).map_err(failed)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(StoreOpenError::Exposed { path: path.to_path_buf(), mode: "600" });
        }
        let bytes = Zeroizing::new(std::fs::read(path).map_err(failed)?);
        std::str::from_utf8(&bytes)
            .ok()
            .and_then(Self::parse)
            .ok_or_else(|| StoreOpenError::damaged(path, "it is not a whole key file; restore it from a backup"))
    }

    /// Writes the file so that it is whole or absent, also if the machine stops meanwhile.
    pub(super) fn create(&self, path: &Path) -> Result<(), StoreOpenError> {
        let failed = |error| StoreOpenError::io("write", path, error);
        let draft = path.with_extension("key.new");
        folder::remove_leftover(&draft).map_err(failed)?;
        let mut file = folder::create_private(&draft).map_err(failed)?;
        file.write_all(self.to_text().as_bytes()).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        std::fs::rename(&draft, path).map_err(failed)?;
        folder::sync(path).map_err(failed)
    }
}

/// Finds damage, by a disk or an editor; it protects from nobody.
fn check_of(text: &str) -> [u8; 16] {
    let mut check = [0; 16];
    blake3::Hasher::new_derive_key("tidings/1/node-key-file").update(text.as_bytes()).finalize_xof().fill(&mut check);
    check
}

/// 32 bytes from the system.
fn secret() -> Result<Zeroizing<[u8; 32]>, StoreOpenError> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|_| StoreOpenError::NoRandomness)?;
    Ok(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_with_one_changed_character_is_refused() {
        let text = NodeKeys::generate().unwrap().to_text();
        for at in 0..text.len() {
            let mut bytes = text.as_bytes().to_vec();
            for byte in bytes.iter_mut().skip(at).take(1) {
                *byte ^= 1;
            }
            let changed = String::from_utf8(bytes).unwrap();
            assert!(NodeKeys::parse(&changed).is_none(), "character {at}");
        }
    }

    #[test]
    fn keys_are_read_as_written_and_a_cut_file_is_refused() {
        let keys = NodeKeys::generate().unwrap();
        let text = keys.to_text();
        let read = NodeKeys::parse(&text).unwrap();
        assert_eq!(*read.to_text(), *text);
        assert_ne!(keys.index, keys.token, "each secret is its own");
        for length in 0..text.len() - 1 {
            let cut = text.get(..length).unwrap();
            assert!(NodeKeys::parse(cut).is_none(), "{length} bytes");
        }
        assert!(NodeKeys::parse(&format!("{}more", *text)).is_none());
    }
}
