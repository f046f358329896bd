//! For whom a node keeps messages as a mailbox.

use std::fmt;
use std::str::FromStr;

use tidings_protocol::log::mailbox::MailboxPolicy;

/// The policy, as it stands in settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mailbox {
    /// For nobody.
    #[default]
    Off,
    /// For whoever has a voucher.
    Vouchers,
    /// For everybody, with 64 MiB for each without a voucher.
    Open,
}

impl Mailbox {
    /// The name in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Vouchers => "vouchers",
            Self::Open => "open",
        }
    }

    /// As the core knows it.
    #[must_use]
    pub const fn policy(self) -> MailboxPolicy {
        match self {
            Self::Off => MailboxPolicy::Off,
            Self::Vouchers => MailboxPolicy::Vouchers,
            Self::Open => MailboxPolicy::Open,
        }
    }

    /// The name, unless the node is a mailbox for nobody.
    #[must_use]
    pub fn shown(self) -> Option<String> {
        match self {
            Self::Off => None,
            Self::Vouchers | Self::Open => Some(self.as_str().to_owned()),
        }
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("mailbox is one of off, vouchers, open")]
pub struct UnknownMailbox;

impl FromStr for Mailbox {
    type Err = UnknownMailbox;

    fn from_str(text: &str) -> Result<Self, UnknownMailbox> {
        [Self::Off, Self::Vouchers, Self::Open].into_iter().find(|policy| policy.as_str() == text).ok_or(UnknownMailbox)
    }
}
