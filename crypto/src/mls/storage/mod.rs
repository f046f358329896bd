//! Rows of openmls over plain maps: reads go to a base, writes stay in an overlay until the caller takes them.
//!
//! Owns the form of keys and values: key = one label byte ‖ MessagePack of openmls's key; value = MessagePack (STACK.md §2,
//! §8: JSON is twice the size, postcard and bincode can't read openmls's types). Dropping the store undoes the step.

mod clock;
mod labels;
mod openmls_rows;

use std::cell::RefCell;
use std::collections::BTreeMap;

use rmp_serde::Serializer;
use rmp_serde::config::BytesMode;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use labels::RowLabel;

use super::{Changes, RowSource};

/// A row can't be written or read: not a value of the type asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("damaged MLS row")]
pub struct RowError;

/// An overlay over rows.
pub struct RowStore<'a> {
    base: &'a dyn RowSource,
    overlay: RefCell<BTreeMap<Vec<u8>, Option<Vec<u8>>>>,
}

impl std::fmt::Debug for RowStore<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RowStore({} written)", self.overlay.borrow().len())
    }
}

impl<'a> RowStore<'a> {
    /// An empty overlay over `base`.
    #[must_use]
    pub fn over(base: &'a dyn RowSource) -> Self {
        Self { base, overlay: RefCell::default() }
    }

    /// What was written, with deletions.
    #[must_use]
    pub fn into_changes(self) -> Changes {
        Changes(self.overlay.into_inner())
    }

    /// Writes a row.
    ///
    /// # Errors
    /// [`RowError`] if the value can't be encoded.
    pub fn put(&self, label: RowLabel, key: &impl Serialize, value: &impl Serialize) -> Result<(), RowError> {
        let key = row_key(label, key)?;
        let value = encode(value)?;
        let value = if label == RowLabel::MessageSecrets { clock::without_time(value) } else { value };
        self.overlay.borrow_mut().insert(key, Some(value));
        Ok(())
    }

    /// Reads a row.
    ///
    /// # Errors
    /// [`RowError`] if the row is no value of this type.
    pub fn get<T: DeserializeOwned>(&self, label: RowLabel, key: &impl Serialize) -> Result<Option<T>, RowError> {
        let key = row_key(label, key)?;
        let written = self.overlay.borrow().get(&key).cloned();
        match written.unwrap_or_else(|| self.base.row(&key)) {
            Some(bytes) => rmp_serde::from_slice(&bytes).map(Some).map_err(|_| RowError),
            None => Ok(None),
        }
    }

    /// Deletes a row; it need not exist.
    ///
    /// # Errors
    /// [`RowError`] if the key can't be encoded.
    pub fn delete(&self, label: RowLabel, key: &impl Serialize) -> Result<(), RowError> {
        let key = row_key(label, key)?;
        // A row that was never in the base needs no deletion mark.
        let mut overlay = self.overlay.borrow_mut();
        if self.base.row(&key).is_some() {
            overlay.insert(key, None)
        } else {
            overlay.remove(&key)
        };
        Ok(())
    }
}

fn row_key(label: RowLabel, key: &impl Serialize) -> Result<Vec<u8>, RowError> {
    let mut bytes = vec![label.byte()];
    bytes.extend(encode(key)?);
    Ok(bytes)
}

fn encode(value: &impl Serialize) -> Result<Vec<u8>, RowError> {
    let mut bytes = Vec::new();
    // Without ForceAll byte strings become arrays of integers, a third larger and of a length that depends on the bytes.
    let mut serializer = Serializer::new(&mut bytes).with_bytes(BytesMode::ForceAll);
    value.serialize(&mut serializer).map_err(|_| RowError)?;
    Ok(bytes)
}
