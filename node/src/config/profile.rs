//! What a node is for (OPERATING §1).

use std::fmt;
use std::str::FromStr;

use super::mailbox::Mailbox;

/// The role, which decides defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// One person.
    #[default]
    Desktop,
    /// A household.
    Home,
    /// Many people, under a public name.
    Community,
    /// No people: it forwards for others.
    Relay,
    /// No people: it keeps for others what it cannot read.
    Mailbox,
}

impl Profile {
    /// Whether the node announces itself in the local network (DECISIONS 4).
    #[must_use]
    pub const fn announces_locally(self) -> bool {
        match self {
            Self::Desktop | Self::Home => true,
            Self::Community | Self::Relay | Self::Mailbox => false,
        }
    }

    /// Whether people have accounts on it.
    #[must_use]
    pub const fn has_people(self) -> bool {
        match self {
            Self::Desktop | Self::Home | Self::Community | Self::Relay => true,
            Self::Mailbox => false,
        }
    }

    /// For whom it keeps unless the setting `mailbox` says otherwise.
    #[must_use]
    pub const fn mailbox(self) -> Mailbox {
        match self {
            Self::Desktop | Self::Home | Self::Community | Self::Relay => Mailbox::Off,
            Self::Mailbox => Mailbox::Open,
        }
    }

    /// Whether the node is a relay for others, unless `relay.serve` says otherwise. People's own nodes carry nobody else's bytes.
    #[must_use]
    pub const fn serves_as_relay(self) -> bool {
        match self {
            Self::Desktop | Self::Home => false,
            Self::Community | Self::Relay | Self::Mailbox => true,
        }
    }

    /// Whether the node tells all others where it is and hears it from them, unless `gossip.records` says otherwise. Nodes with a
    /// public name do; where a person's own node is, is for their contacts to know (DECISIONS 3).
    #[must_use]
    pub const fn exchanges_records(self) -> bool {
        match self {
            Self::Desktop | Self::Home => false,
            Self::Community | Self::Relay | Self::Mailbox => true,
        }
    }

    /// The name in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Home => "home",
            Self::Community => "community",
            Self::Relay => "relay",
            Self::Mailbox => "mailbox",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a profile is one of desktop, home, community, relay, mailbox")]
pub struct UnknownProfile;

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        [Self::Desktop, Self::Home, Self::Community, Self::Relay, Self::Mailbox]
            .into_iter()
            .find(|profile| profile.as_str() == text)
            .ok_or(UnknownProfile)
    }
}
