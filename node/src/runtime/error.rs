//! Why a node did not start, and the exit code for it.

use std::io;
use std::net::SocketAddr;

use tidings_protocol::error::Error as CoreError;
use tidings_protocol::store::snapshot::StoreError;

use crate::config::ConfigError;
use crate::network::NetworkError;
use crate::store::StoreOpenError;

/// Why a node did not start, or stopped by itself. The text says what helps, where something does.
#[derive(Debug, thiserror::Error)]
pub enum UpError {
    /// A setting, a file it names, or an access right: trying again changes nothing.
    #[error("{0}")]
    Config(String),
    /// Another process has the data folder.
    #[error("{0}")]
    AlreadyRunning(String),
    /// An address somebody asked for is taken.
    #[error("{address} is taken by another program")]
    Taken {
        /// The address.
        address: String,
    },
    /// A newer version wrote the data folder, which was not touched.
    #[error("{0}")]
    Newer(String),
    /// The data is damaged or incomplete.
    #[error("{0}")]
    Damaged(String),
    /// Everything else.
    #[error("{0}")]
    Unexpected(String),
}

impl UpError {
    /// The exit code of `tidings up` (INTERFACES §4).
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Unexpected(_) => 1,
            Self::Config(_) => 3,
            Self::AlreadyRunning(_) | Self::Taken { .. } => 6,
            Self::Damaged(_) => 13,
            Self::Newer(_) => 14,
        }
    }

    /// An address that could not be listened at.
    pub(super) fn listen(address: SocketAddr, error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::AddrInUse {
            return Self::Taken { address: address.to_string() };
        }
        let text = format!("cannot listen at {address}: {error}");
        if matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::PermissionDenied) {
            Self::Config(text)
        } else {
            Self::Unexpected(text)
        }
    }
}

impl From<StoreOpenError> for UpError {
    fn from(error: StoreOpenError) -> Self {
        let text = error.to_string();
        match error {
            StoreOpenError::AlreadyRunning { .. } => Self::AlreadyRunning(text),
            StoreOpenError::Newer { .. } => Self::Newer(text),
            StoreOpenError::Damaged { .. } => Self::Damaged(text),
            StoreOpenError::Exposed { .. } => Self::Config(text),
            StoreOpenError::System { error, .. } if is_lasting(&error) => Self::Config(text),
            StoreOpenError::System { .. } | StoreOpenError::NoRandomness => Self::Unexpected(text),
        }
    }
}

/// Whether the system will say the same the next time.
fn is_lasting(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, IsADirectory, NotADirectory, PermissionDenied, ReadOnlyFilesystem};
    matches!(error.kind(), PermissionDenied | NotADirectory | IsADirectory | ReadOnlyFilesystem | InvalidFilename)
}

impl From<ConfigError> for UpError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error.to_string())
    }
}

impl From<NetworkError> for UpError {
    fn from(error: NetworkError) -> Self {
        let text = error.to_string();
        match error {
            NetworkError::Listen { .. }
            | NetworkError::Peer(_)
            | NetworkError::Relay(_)
            | NetworkError::Relays(_)
            | NetworkError::Name(_) => Self::Config(text),
            NetworkError::Key => Self::Damaged(text),
            NetworkError::Transport(_) => Self::Unexpected(text),
        }
    }
}

impl From<StoreError> for UpError {
    fn from(error: StoreError) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl From<CoreError> for UpError {
    fn from(error: CoreError) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl From<io::Error> for UpError {
    fn from(error: io::Error) -> Self {
        Self::Unexpected(error.to_string())
    }
}
