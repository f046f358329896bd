//! Plain rows: what openmls keeps, as maps of bytes. Owns no storage; the caller keeps the rows.

use std::collections::BTreeMap;

/// Rows of one group or one key package.
pub type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

/// Where rows are read from; writes stay in an overlay above it.
pub trait RowSource {
    /// The value under `key`, if there is one.
    fn row(&self, key: &[u8]) -> Option<Vec<u8>>;
}

impl RowSource for Rows {
    fn row(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.get(key).cloned()
    }
}

/// Rows written since the last look; `None` means deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes(pub BTreeMap<Vec<u8>, Option<Vec<u8>>>);

impl Changes {
    /// Whether nothing was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes the changes into `rows`.
    pub fn apply_to(&self, rows: &mut Rows) {
        for (key, value) in &self.0 {
            match value {
                Some(value) => rows.insert(key.clone(), value.clone()),
                None => rows.remove(key),
            };
        }
    }

    /// Adds `later` on top of these changes.
    pub fn merge(&mut self, later: Self) {
        self.0.extend(later.0);
    }
}
