//! What can be wrong with settings, always with the place to look at.

use std::io;
use std::path::PathBuf;

use super::layer::Origin;

/// Why the settings are not usable.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no such key.
    #[error("{origin}: there is no setting {key}{}", nearest.as_ref().map(|near| format!("; did you mean {near}?")).unwrap_or_default())]
    UnknownKey {
        /// As written.
        key: String,
        /// Where.
        origin: Origin,
        /// The key that is written most alike.
        nearest: Option<String>,
    },
    /// The value does not have the form it must have.
    #[error("{origin}: {key} must be {expected}")]
    Value {
        /// Which setting.
        key: String,
        /// Where.
        origin: Origin,
        /// What it should be.
        expected: &'static str,
    },
    /// A file is not TOML.
    #[error("{}: {reason}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line and cause.
        reason: String,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The file named by `--config` is not there.
    #[error("there is no file {}", path.display())]
    Absent {
        /// The file.
        path: PathBuf,
    },
    /// There is no home folder to put the data folder into.
    #[error("there is no home folder; say where the data shall be with --data")]
    NoHome,
}
