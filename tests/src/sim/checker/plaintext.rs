//! No text, name or address of a person on the wire, nor in rows that are readable while all accounts are locked.
//!
//! Every text, group name, display name, login name and e-mail address carries the canary. Exempt is the directory of a node's own
//! accounts: the real store seals it under the node's store key and whoever holds that key is told the names (DECISIONS 14).

use tidings_protocol::store::table::{Scope, Table};

use super::{Checker, Seen, Verdict};

/// See the module.
pub(super) struct Plaintext {
    canary: Vec<u8>,
}

impl Plaintext {
    pub(super) fn new(canary: &str) -> Self {
        Self { canary: canary.as_bytes().to_vec() }
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        let Some(first) = self.canary.first() else {
            return false;
        };
        let mut rest = bytes;
        while let Some(at) = rest.iter().position(|byte| byte == first) {
            if rest[at..].starts_with(&self.canary) {
                return true;
            }
            rest = &rest[at + 1..];
        }
        false
    }
}

impl Checker for Plaintext {
    fn name(&self) -> &'static str {
        "plaintext"
    }

    fn committed(&mut self, seen: &Seen<'_>) -> Verdict {
        for write in seen.writes {
            if self.is_in(&write.key) {
                return Err(format!("the key of a row of {:?} holds plaintext", write.table));
            }
            let readable = write.scope == Scope::Node && write.table != Table::Directory;
            if readable && write.value.as_ref().is_some_and(|value| self.is_in(value)) {
                return Err(format!("a row of {:?} in node scope holds plaintext", write.table));
            }
        }
        Ok(())
    }

    fn frame(&mut self, bytes: &[u8]) -> Verdict {
        if self.is_in(bytes) { Err("a frame between nodes holds plaintext".into()) } else { Ok(()) }
    }
}
