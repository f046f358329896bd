//! The rows of the core as typed values: deterministic CBOR with integer keys (DECISIONS 6).
//!
//! A row carries no version of its own: fields may be added with new numbers, never reused; the store has the schema version.

pub mod chat;
pub mod contact;
pub mod conversation;
pub mod directory;
pub mod epoch;
pub mod event;
pub mod group_log;
pub mod invite;
pub mod join;
pub mod key;
pub mod log;
pub mod mailbox;
pub mod message;
pub mod profile;
pub mod recovery;
pub mod successor;
pub mod sync;

use minicbor::{Decode, Encode};

use crate::error::Fault;

/// The stored form of a record.
#[must_use]
pub fn encode<T: Encode<()>>(record: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A Vec never refuses a write.
    if minicbor::encode(record, &mut bytes).is_err() {
        bytes.clear();
    }
    bytes
}

/// A record from its stored form.
///
/// # Errors
/// [`Fault::Damaged`] naming `what` if the bytes are not one whole record.
pub fn decode<'b, T: Decode<'b, ()>>(bytes: &'b [u8], what: &'static str) -> Result<T, Fault> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let record = decoder.decode().map_err(|_| Fault::Damaged(what))?;
    if decoder.position() == bytes.len() { Ok(record) } else { Err(Fault::Damaged(what)) }
}
