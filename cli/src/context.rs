//! What every command starts from: the global flags, read once.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use tidings_node::config::{Flags, Settings};

use crate::args::Global;
use crate::client::{Client, Place};
use crate::failure::Failure;
use crate::output::Output;
use crate::passphrase;

/// The global flags, and what follows from them.
#[derive(Debug)]
pub(crate) struct Context {
    /// The flags as given.
    pub(crate) global: Global,
    /// How to speak.
    pub(crate) output: Output,
}

impl Context {
    pub(crate) fn new(global: Global) -> Self {
        let output = Output { json: global.json, quiet: global.quiet };
        Self { global, output }
    }

    /// The settings that a client needs: those of a node started with the same `--data`.
    ///
    /// # Errors
    /// [`Failure::Configuration`].
    pub(crate) fn settings(&self) -> Result<Settings, Failure> {
        self.settings_with(None)
    }

    /// The settings with those of a file named by the person.
    ///
    /// # Errors
    /// [`Failure::Configuration`].
    pub(crate) fn settings_with(&self, config: Option<PathBuf>) -> Result<Settings, Failure> {
        let flags = Flags { data: self.global.data.clone(), config, ..Flags::default() };
        Settings::load(&flags).map_err(|error| Failure::Configuration(error.to_string()))
    }

    /// The socket of the node whose data folder is meant.
    ///
    /// # Errors
    /// As [`Context::settings`].
    pub(crate) fn socket(&self) -> Result<PathBuf, Failure> {
        match &self.global.socket {
            Some(path) => Ok(path.clone()),
            None => {
                let data = self.settings()?.data.value;
                let too_long = || {
                    Failure::Configuration(format!(
                        "the path {} is too long for a socket, and there is no $XDG_RUNTIME_DIR",
                        data.display()
                    ))
                };
                tidings_node::runtime::socket_path(&data).ok_or_else(too_long)
            }
        }
    }

    /// The node that the flags name.
    ///
    /// # Errors
    /// [`Failure::Usage`] for a URL that is none; [`Failure::File`] for a token file that cannot be read.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        self.client_with(self.global.token_file.as_deref().map(passphrase::from_file).transpose()?)
    }

    /// The node that the flags name, asked by somebody who is not logged in.
    ///
    /// # Errors
    /// [`Failure::Usage`] for a URL that is none.
    pub(crate) fn visitor(&self) -> Result<Client, Failure> {
        self.client_with(None)
    }

    fn client_with(&self, token: Option<tidings_api::Secret>) -> Result<Client, Failure> {
        let place = match &self.global.url {
            Some(url) => Place::from_url(url)?,
            None => Place::Socket(self.socket()?),
        };
        Ok(Client { place, account: self.global.account.clone(), token, timeout: self.request_time() })
    }

    /// Whether stderr shows colours and may.
    pub(crate) fn has_colours(&self) -> bool {
        !self.global.no_color
            && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && std::io::stderr().is_terminal()
    }

    /// `--timeout`.
    pub(crate) fn request_time(&self) -> Option<Duration> {
        self.global.timeout
    }
}
