//! Settings: flags, environment, configuration files and defaults, laid over each other.
//!
//! First found wins: flags → `TIDINGS__…` → `--config` → `$XDG_CONFIG_HOME/tidings/config.toml` → `/etc/tidings/config.toml` → default
//! (INTERFACES §1). Each value knows where it comes from. Unknown keys are errors. Secrets are never values here, only names of files.

mod error;
mod key;
mod layer;
mod mailbox;
mod parse;
mod profile;
#[cfg(test)]
mod tests;

pub use error::ConfigError;
pub use layer::{Flags, Origin};
pub use mailbox::Mailbox;
pub use profile::Profile;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use libp2p::{Multiaddr, PeerId};

use crate::identity::Registration;
use layer::{Environment, Layer};
use parse::Merged;

/// First port tried for HTTP.
pub const HTTP_PORT: u16 = 8480;
/// First port tried for other nodes, over QUIC and TCP alike.
pub const NODE_PORT: u16 = 4480;
/// Settings of the whole machine.
const MACHINE_FILE: &str = "/etc/tidings/config.toml";

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub origin: Origin,
}

impl<T> Setting<T> {
    /// Whether somebody has set it.
    #[must_use]
    pub fn is_explicit(&self) -> bool {
        self.origin != Origin::Default
    }
}

/// All settings of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `data`: the data folder.
    pub data: Setting<PathBuf>,
    /// `http`: where the REST API and the web interface answer.
    pub http: Setting<SocketAddr>,
    /// `listen`: where other nodes reach this one.
    pub listen: Setting<Vec<Multiaddr>>,
    /// `external`: addresses others reach it at, beside those it sees itself.
    pub external: Setting<Vec<Multiaddr>>,
    /// `peer`: nodes to stay connected to.
    pub peer: Setting<Vec<Multiaddr>>,
    /// `relay.use`: relays to be reached through.
    pub relay_use: Setting<Vec<Multiaddr>>,
    /// `relay.serve`: whether to be a relay for others.
    pub relay_serve: Setting<bool>,
    /// `relay.allow`: peer ids of those who get a place at this relay; empty means everybody.
    pub relay_allow: Setting<Vec<PeerId>>,
    /// `gossip.records`: whether to exchange node records.
    pub gossip_records: Setting<bool>,
    /// `gossip.name`: the node's name in its record, or nothing.
    pub gossip_name: Setting<String>,
    /// `profile`: what the node is for.
    pub profile: Setting<Profile>,
    /// `mailbox`: for whom it keeps messages that it cannot read.
    pub mailbox: Setting<Mailbox>,
    /// `registration`: who may make an account after the first.
    pub registration: Setting<Registration>,
    /// `public_url`: where people reach it, if not at `http`.
    pub public_url: Setting<Option<String>>,
    /// `allowed_hosts`: further names under which it may be asked for.
    pub allowed_hosts: Setting<Vec<String>>,
    /// `accounts.<name>.passphrase_file`: accounts that are unlocked at the start.
    pub accounts: BTreeMap<String, Setting<PathBuf>>,
}

impl Settings {
    /// Settings from flags, from the environment of this process, and from files.
    ///
    /// # Errors
    /// [`ConfigError`] naming key and place.
    pub fn load(flags: &Flags) -> Result<Self, ConfigError> {
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::from_sources(flags, environment.collect(), Path::new(MACHINE_FILE))
    }

    /// As [`Settings::load`], with everything the machine would add given as arguments.
    ///
    /// # Errors
    /// [`ConfigError`] naming key and place.
    pub fn from_sources(
        flags: &Flags,
        environment: BTreeMap<String, String>,
        machine_file: &Path,
    ) -> Result<Self, ConfigError> {
        let environment = Environment(environment);
        let mut layers = vec![Layer::of_flags(flags), Layer::of_environment(&environment)?];
        if let Some(path) = &flags.config {
            layers.push(Layer::of_file(path)?.ok_or_else(|| ConfigError::Absent { path: path.clone() })?);
        }
        let person_file =
            environment.folder("XDG_CONFIG_HOME", ".config").map(|folder| folder.join("tidings/config.toml"));
        for path in person_file.iter().map(PathBuf::as_path).chain([machine_file]) {
            layers.extend(Layer::of_file(path)?);
        }
        Self::merge(&Merged::new(layers), &environment)
    }

    fn merge(merged: &Merged, environment: &Environment) -> Result<Self, ConfigError> {
        let data = match merged.path("data")? {
            Some(data) => data,
            None => {
                let folder = environment.folder("XDG_DATA_HOME", ".local/share").ok_or(ConfigError::NoHome)?;
                Setting { value: folder.join("tidings"), origin: Origin::Default }
            }
        };
        let profile: Setting<Profile> =
            merged.parsed("profile", Profile::default(), "one of desktop, home, community, relay, mailbox")?;
        let registration = if profile.value.has_people() { Registration::default() } else { Registration::Closed };
        let yes_or_no = |key, default| merged.parsed(key, default, "true or false");
        let default_http = SocketAddr::from((Ipv4Addr::LOCALHOST, HTTP_PORT));
        Ok(Self {
            data,
            http: merged.parsed("http", default_http, "an address and a port, such as 127.0.0.1:8480")?,
            listen: merged.listed("listen", "multiaddrs, such as /ip4/0.0.0.0/udp/4480/quic-v1")?,
            external: merged.listed("external", "multiaddrs, such as /dns4/node.example/tcp/4480")?,
            peer: merged.listed("peer", "multiaddrs that end in /p2p/ and a peer id")?,
            relay_use: merged.listed("relay.use", "multiaddrs that end in /p2p/ and a peer id")?,
            relay_serve: yes_or_no("relay.serve", profile.value.serves_as_relay())?,
            relay_allow: merged.listed("relay.allow", "peer ids")?,
            gossip_records: yes_or_no("gossip.records", profile.value.exchanges_records())?,
            gossip_name: merged.parsed("gossip.name", String::new(), "a name")?,
            mailbox: merged.parsed("mailbox", profile.value.mailbox(), "one of off, vouchers, open")?,
            registration: merged.parsed("registration", registration, "one of closed, invite, approval, open")?,
            profile,
            public_url: merged.url("public_url")?,
            allowed_hosts: merged.listed("allowed_hosts", "host names")?,
            accounts: merged.accounts()?,
        })
    }

    /// Key, value and origin of every setting, for people.
    #[must_use]
    pub fn rows(&self) -> Vec<(String, String, Origin)> {
        fn list<T: ToString>(values: &[T]) -> String {
            values.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
        }
        let row = |key: &str, value: String, origin: &Origin| (key.to_owned(), value, origin.clone());
        let mut rows = vec![
            row("data", self.data.value.display().to_string(), &self.data.origin),
            row("http", self.http.value.to_string(), &self.http.origin),
            row("listen", list(&self.listen.value), &self.listen.origin),
            row("external", list(&self.external.value), &self.external.origin),
            row("peer", list(&self.peer.value), &self.peer.origin),
            row("relay.use", list(&self.relay_use.value), &self.relay_use.origin),
            row("relay.serve", self.relay_serve.value.to_string(), &self.relay_serve.origin),
            row("relay.allow", list(&self.relay_allow.value), &self.relay_allow.origin),
            row("gossip.records", self.gossip_records.value.to_string(), &self.gossip_records.origin),
            row("gossip.name", self.gossip_name.value.clone(), &self.gossip_name.origin),
            row("profile", self.profile.value.to_string(), &self.profile.origin),
            row("mailbox", self.mailbox.value.to_string(), &self.mailbox.origin),
            row("registration", self.registration.value.to_string(), &self.registration.origin),
            row("public_url", self.public_url.value.clone().unwrap_or_default(), &self.public_url.origin),
            row("allowed_hosts", list(&self.allowed_hosts.value), &self.allowed_hosts.origin),
        ];
        for (name, file) in &self.accounts {
            rows.push(row(&key::passphrase_file(name), file.value.display().to_string(), &file.origin));
        }
        rows
    }
}
