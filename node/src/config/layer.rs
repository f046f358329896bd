//! One source of settings, as text by key.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::error::ConfigError;
use super::key;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag on the command line, with its dashes.
    Flag(&'static str),
    /// An environment variable.
    Environment(String),
    /// A configuration file.
    File(PathBuf),
    /// Nobody has set it.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => f.write_str(name),
            Self::Environment(name) => f.write_str(name),
            Self::File(path) => path.display().fmt(f),
            Self::Default => f.write_str("default"),
        }
    }
}

/// What the command line of `tidings up` says; empty where it says nothing.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--data`
    pub data: Option<PathBuf>,
    /// `--http`
    pub http: Option<String>,
    /// `--listen`, repeated
    pub listen: Vec<String>,
    /// `--peer`, repeated
    pub peer: Vec<String>,
    /// `--relay`, repeated
    pub relay: Vec<String>,
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--profile`
    pub profile: Option<String>,
    /// `--mailbox`
    pub mailbox: Option<String>,
    /// `--registration`
    pub registration: Option<String>,
    /// `--unlock NAME=FILE`, repeated
    pub unlock: Vec<(String, PathBuf)>,
}

/// A value before anybody has looked at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Raw {
    Text(String),
    List(Vec<String>),
}

/// One source: every value with its own origin, since each variable and flag is a place of its own.
pub(super) struct Layer(pub(super) BTreeMap<String, (Raw, Origin)>);

/// The variables of the process.
pub(super) struct Environment(pub(super) BTreeMap<String, String>);

impl Environment {
    /// A base folder of the XDG specification, which says to ignore values that are not absolute.
    pub(super) fn folder(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        let set = self.0.get(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        set.or_else(|| Some(Path::new(self.0.get("HOME").filter(|home| !home.is_empty())?).join(below_home)))
    }
}

impl Layer {
    pub(super) fn of_flags(flags: &Flags) -> Self {
        let mut values = BTreeMap::new();
        let text = |path: &Path| Raw::Text(path.to_string_lossy().into_owned());
        let mut set = |key: &str, raw: Option<Raw>, flag: &'static str| {
            if let Some(raw) = raw {
                values.insert(key.to_owned(), (raw, Origin::Flag(flag)));
            }
        };
        let list = |values: &[String]| (!values.is_empty()).then(|| Raw::List(values.to_vec()));
        set("data", flags.data.as_deref().map(text), "--data");
        set("http", flags.http.clone().map(Raw::Text), "--http");
        set("listen", list(&flags.listen), "--listen");
        set("peer", list(&flags.peer), "--peer");
        set("relay.use", list(&flags.relay), "--relay");
        set("profile", flags.profile.clone().map(Raw::Text), "--profile");
        set("mailbox", flags.mailbox.clone().map(Raw::Text), "--mailbox");
        set("registration", flags.registration.clone().map(Raw::Text), "--registration");
        for (name, file) in &flags.unlock {
            set(&key::passphrase_file(name), Some(text(file)), "--unlock");
        }
        Self(values)
    }

    /// Variables named `TIDINGS__` and the key in capitals, with `__` for each dot.
    pub(super) fn of_environment(environment: &Environment) -> Result<Self, ConfigError> {
        let mut values = BTreeMap::new();
        for (name, value) in &environment.0 {
            let Some(key) = name.strip_prefix("TIDINGS__") else { continue };
            let key = key.to_lowercase().replace("__", ".");
            insert(&mut values, key, Raw::Text(value.clone()), Origin::Environment(name.clone()))?;
        }
        Ok(Self(values))
    }

    /// A TOML file; `None` if there is none.
    pub(super) fn of_file(path: &Path) -> Result<Option<Self>, ConfigError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(ConfigError::Unreadable { path: path.to_path_buf(), error }),
        };
        let syntax = |error: toml::de::Error| ConfigError::Syntax {
            path: path.to_path_buf(),
            reason: error.to_string().trim_end().to_owned(),
        };
        let table: toml::Table = text.parse().map_err(syntax)?;
        let mut values = BTreeMap::new();
        flatten(&mut values, "", table, &Origin::File(path.to_path_buf()))?;
        Ok(Some(Self(values)))
    }
}

type Values = BTreeMap<String, (Raw, Origin)>;

fn insert(values: &mut Values, key: String, raw: Raw, origin: Origin) -> Result<(), ConfigError> {
    if !key::is_known(&key) {
        let nearest = key::nearest(&key);
        return Err(ConfigError::UnknownKey { key, origin, nearest });
    }
    values.insert(key, (raw, origin));
    Ok(())
}

fn flatten(values: &mut Values, prefix: &str, table: toml::Table, origin: &Origin) -> Result<(), ConfigError> {
    for (name, value) in table {
        let key = format!("{prefix}{name}");
        let raw = match value {
            toml::Value::Table(inner) if !key::is_known(&key) && !inner.is_empty() => {
                flatten(values, &format!("{key}."), inner, origin)?;
                continue;
            }
            toml::Value::String(text) => Some(Raw::Text(text)),
            toml::Value::Array(items) => {
                items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>().map(Raw::List)
            }
            toml::Value::Boolean(value) => Some(Raw::Text(value.to_string())),
            toml::Value::Table(_) | toml::Value::Integer(_) | toml::Value::Float(_) | toml::Value::Datetime(_) => None,
        };
        // A key nobody knows is said to be unknown, whatever its value is.
        let wrong = raw.is_none().then(|| not_text(&key, origin));
        insert(values, key, raw.unwrap_or(Raw::List(Vec::new())), origin.clone())?;
        wrong.map_or(Ok(()), Err)?;
    }
    Ok(())
}

fn not_text(key: &str, origin: &Origin) -> ConfigError {
    ConfigError::Value {
        key: key.to_owned(),
        origin: origin.clone(),
        expected: "a text in quotation marks, or a list of such",
    }
}
