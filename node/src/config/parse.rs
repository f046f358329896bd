//! From text to values.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

use super::error::ConfigError;
use super::layer::{Layer, Origin, Raw};
use super::{Setting, key};

/// For each key the value of the first layer that has one.
pub(super) struct Merged(BTreeMap<String, (Raw, Origin)>);

impl Merged {
    pub(super) fn new(layers: Vec<Layer>) -> Self {
        let mut merged = BTreeMap::new();
        for layer in layers.into_iter().rev() {
            merged.extend(layer.0);
        }
        Self(merged)
    }

    /// One text that is not empty.
    fn text(&self, key: &str, expected: &'static str) -> Result<Option<(&str, &Origin)>, ConfigError> {
        match self.0.get(key) {
            None => Ok(None),
            Some((Raw::Text(text), origin)) if !text.is_empty() => Ok(Some((text, origin))),
            Some((Raw::Text(_) | Raw::List(_), origin)) => Err(wrong(key, origin, expected)),
        }
    }

    pub(super) fn parsed<T: FromStr>(
        &self,
        key: &str,
        default: T,
        expected: &'static str,
    ) -> Result<Setting<T>, ConfigError> {
        let Some((text, origin)) = self.text(key, expected)? else {
            return Ok(Setting { value: default, origin: Origin::Default });
        };
        let value = text.parse().map_err(|_| wrong(key, origin, expected))?;
        Ok(Setting { value, origin: origin.clone() })
    }

    /// A list; a text is one with commas, as variables have no other.
    pub(super) fn listed<T: FromStr>(&self, key: &str, expected: &'static str) -> Result<Setting<Vec<T>>, ConfigError> {
        let Some((raw, origin)) = self.0.get(key) else {
            return Ok(Setting { value: Vec::new(), origin: Origin::Default });
        };
        let texts: Vec<&str> = match raw {
            Raw::List(texts) => texts.iter().map(String::as_str).collect(),
            Raw::Text(text) => text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect(),
        };
        let value =
            texts.into_iter().map(str::parse).collect::<Result<_, _>>().map_err(|_| wrong(key, origin, expected))?;
        Ok(Setting { value, origin: origin.clone() })
    }

    pub(super) fn path(&self, key: &str) -> Result<Option<Setting<PathBuf>>, ConfigError> {
        let text = self.text(key, "a path")?;
        Ok(text.map(|(text, origin)| Setting { value: PathBuf::from(text), origin: origin.clone() }))
    }

    pub(super) fn url(&self, key: &str) -> Result<Setting<Option<String>>, ConfigError> {
        let expected = "a URL such as https://chat.example, without a path";
        let Some((text, origin)) = self.text(key, expected)? else {
            return Ok(Setting { value: None, origin: Origin::Default });
        };
        let url = text.trim_end_matches('/');
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        if host.is_none_or(|host| host.is_empty() || host.contains(['/', '#', '?', '@', ' '])) {
            return Err(wrong(key, origin, expected));
        }
        Ok(Setting { value: Some(url.to_owned()), origin: origin.clone() })
    }

    pub(super) fn accounts(&self) -> Result<BTreeMap<String, Setting<PathBuf>>, ConfigError> {
        let mut accounts = BTreeMap::new();
        for key in self.0.keys() {
            let Some(name) = key::account(key) else { continue };
            accounts.extend(self.path(key)?.map(|file| (name.to_owned(), file)));
        }
        Ok(accounts)
    }
}

fn wrong(key: &str, origin: &Origin, expected: &'static str) -> ConfigError {
    ConfigError::Value { key: key.to_owned(), origin: origin.clone(), expected }
}
