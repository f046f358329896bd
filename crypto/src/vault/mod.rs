//! The vault: an account's data key, wrapped by its passphrase and by its recovery key.
//!
//! Spec: `DECISIONS.md` 13, 14. One argon2id run gives, through HKDF, the login verifier and the key-encryption key. Owns the header's
//! form and its checks; knows no files and no accounts.

mod data_key;
mod header;
mod open;
mod passphrase;

pub use data_key::DataKey;
pub use header::VaultHeader;
pub use open::{create, recover, rewrap_passphrase, rewrap_recovery, spend_same_work, spend_same_work_with, unlock};
pub use passphrase::Params;

/// Why a vault does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The passphrase is not the vault's.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// The recovery key is not the vault's.
    #[error("the recovery key is not this vault's")]
    WrongRecoveryKey,
    /// The header asks for more or less work than allowed; nothing was computed.
    #[error("the vault asks for work outside the allowed limits")]
    Parameters,
    /// The header is damaged or was changed.
    #[error("the vault is damaged")]
    Corrupt,
}

#[cfg(test)]
mod tests;
