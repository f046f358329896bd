//! Why somebody is not let in.

use tidings_protocol::error::{Error, Fault, Rejection};

use crate::driver::DriverError;

/// Sorted by what the person can do; texts never tell an unknown user from a wrong password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// No such user, or not their password.
    #[error("the name or the password is wrong")]
    WrongCredentials,
    /// Too many guesses.
    #[error("too many attempts")]
    Slowed {
        /// When the next one is looked at, in seconds.
        seconds: u64,
    },
    /// No valid token or session.
    #[error("there is no valid session")]
    Unauthenticated,
    /// A refresh token was used a second time: all sessions of its account are ended.
    #[error("this session was refreshed before: all sessions of the account are ended")]
    SessionEnded,
    /// The node takes no new accounts.
    #[error("this node takes no new accounts")]
    Closed,
    /// The node takes new accounts by invite only.
    #[error("this node takes new accounts by invite only")]
    InviteRequired,
    /// The text is no invite of this node for an account.
    #[error("this is no invite of this node for an account")]
    InviteInvalid,
    /// The invite's uses are spent.
    #[error("the invite was used")]
    InviteUsed,
    /// The invite's time is over.
    #[error("the invite has expired")]
    InviteExpired,
    /// Only the owner of the node may do this.
    #[error("only the owner of this node may do this")]
    NotOwner,
    /// Somebody has this name or address.
    #[error("{field} is taken")]
    Taken {
        /// The field of the request.
        field: &'static str,
    },
    /// A field breaks its rule.
    #[error("{field}: {rule}")]
    Invalid {
        /// The field of the request.
        field: &'static str,
        /// What would be right.
        rule: &'static str,
    },
    /// Too much waits for the processor, or the driver's inbox is full.
    #[error("the node is busy")]
    Busy,
    /// The operating system gives no randomness.
    #[error("the operating system gives no randomness")]
    Entropy,
    /// The core refused.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The machine failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<Error> for IdentityError {
    fn from(error: Error) -> Self {
        match error {
            Error::Rejection(rejection) => Self::Rejected(rejection),
            Error::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<DriverError> for IdentityError {
    fn from(error: DriverError) -> Self {
        match error {
            DriverError::Rejected(rejection) => Self::Rejected(rejection),
            // Stopped: on the way out everything is "try again", and the other node or the restarted one answers.
            DriverError::Busy | DriverError::Stopped => Self::Busy,
        }
    }
}
