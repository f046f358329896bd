//! Who may make an account on this node.

use std::fmt;
use std::str::FromStr;

/// The policy that counts after the first account (OPERATING, "registration").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Registration {
    /// Nobody.
    Closed,
    /// Whoever has an invite of kind `account`.
    #[default]
    Invite,
    /// Whoever the owner lets in. This version has no queue for it and treats it as closed.
    Approval,
    /// Everybody.
    Open,
}

impl Registration {
    /// The name in settings and in `GET /version`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Invite => "invite",
            Self::Approval => "approval",
            Self::Open => "open",
        }
    }
}

impl fmt::Display for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("registration is one of closed, invite, approval, open")]
pub struct UnknownRegistration;

impl FromStr for Registration {
    type Err = UnknownRegistration;

    fn from_str(text: &str) -> Result<Self, UnknownRegistration> {
        match text {
            "closed" => Ok(Self::Closed),
            "invite" => Ok(Self::Invite),
            "approval" => Ok(Self::Approval),
            "open" => Ok(Self::Open),
            _ => Err(UnknownRegistration),
        }
    }
}
