//! Every error as an answer: `application/problem+json` with a stable code (RFC 9457).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tidings_api::{ErrorCode, PROBLEM_CONTENT_TYPE, Problem};
use tidings_protocol::error::{Error, Fault, Rejection};

use super::limits::RETRY_SECONDS;
use crate::driver::DriverError;
use crate::identity::IdentityError;

/// A problem on its way to the client.
#[derive(Debug, Clone)]
pub struct Failure(pub Box<Problem>);

impl Failure {
    /// A problem of this kind, with why in this case.
    #[must_use]
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self(Box::new(Problem::new(code, detail)))
    }

    /// Adds what to do now.
    #[must_use]
    pub fn fix(self, fix: impl Into<String>) -> Self {
        Self(Box::new(self.0.fix(fix)))
    }

    /// One field of the request is not as it must be.
    #[must_use]
    pub fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        let (field, detail) = (field.into(), detail.into());
        Self(Box::new(Problem::new(ErrorCode::Validation, format!("{field}: {detail}")).field(field, detail)))
    }

    /// Nobody and nothing by that name.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(ErrorCode::NotFound, format!("there is no {what} by that name or id"))
    }

    /// The node has too much to do.
    #[must_use]
    pub fn busy() -> Self {
        Self(Box::new(
            Problem::new(ErrorCode::Busy, "the node has too much to do, or is stopping").retry_after(RETRY_SECONDS),
        ))
    }

    /// The account is locked.
    #[must_use]
    pub fn locked() -> Self {
        Self::new(ErrorCode::Locked, "the account's keys are not in memory")
            .fix("unlock it with its passphrase: POST /me/unlock, or `tidings unlock`")
    }

    /// No valid token or session.
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::new(ErrorCode::Unauthenticated, "this needs a valid token or session")
            .fix("log in: POST /auth/login, or `tidings login`")
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let problem = *self.0;
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        let retry =
            problem.retry_after_seconds.or((status == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_SECONDS));
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_CONTENT_TYPE));
        if let Some(seconds) = retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        let code = match &rejection {
            Rejection::NotFound => ErrorCode::NotFound,
            Rejection::Locked => return Self::locked(),
            Rejection::NotAdmin => ErrorCode::NotAdmin,
            Rejection::LastAdmin => ErrorCode::LastAdmin,
            Rejection::MayNotPost => ErrorCode::MayNotPost,
            Rejection::Banned => {
                return Self::new(ErrorCode::Banned, rejection.to_string())
                    .fix("lift the ban first, which whoever may remove members can do: `tidings group unban`");
            }
            Rejection::NotMember => ErrorCode::NotMember,
            Rejection::TooLarge { .. } => ErrorCode::TooLarge,
            Rejection::InviteUsed => ErrorCode::InviteUsed,
            Rejection::InviteExpired => ErrorCode::InviteExpired,
            Rejection::Taken => ErrorCode::Taken,
            Rejection::OwnInvite
            | Rejection::Already
            | Rejection::DirectConversation
            | Rejection::Stranded
            | Rejection::NotAbsent
            | Rejection::NotPossible { .. } => ErrorCode::Conflict,
            Rejection::Malformed { .. } => ErrorCode::Malformed,
            Rejection::Refused { .. } => ErrorCode::Forbidden,
            Rejection::Quota { .. } => ErrorCode::QuotaExceeded,
        };
        Self::new(code, rejection.to_string())
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        // The text may hold a path; the owner finds it in the log.
        tracing::error!("a request failed: {fault}");
        Self::new(ErrorCode::Damaged, "the store cannot be read; nothing was changed").fix("see the node's log")
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Rejection(rejection) => rejection.into(),
            Error::Fault(fault) => fault.into(),
        }
    }
}

impl From<DriverError> for Failure {
    fn from(error: DriverError) -> Self {
        match error {
            DriverError::Rejected(rejection) => rejection.into(),
            DriverError::Busy | DriverError::Stopped => Self::busy(),
        }
    }
}

impl From<IdentityError> for Failure {
    fn from(error: IdentityError) -> Self {
        let text = error.to_string();
        match error {
            IdentityError::WrongCredentials => Self::new(ErrorCode::WrongCredentials, text),
            IdentityError::Slowed { seconds } => Self(Box::new(
                Problem::new(ErrorCode::RateLimited, text)
                    .retry_after(seconds)
                    .fix(format!("try again in {seconds} s")),
            )),
            IdentityError::Unauthenticated => Self::unauthenticated(),
            IdentityError::SessionEnded => {
                Self::new(ErrorCode::SessionEnded, text).fix("log in again; if it was not you, change the passphrase")
            }
            IdentityError::Closed => Self::new(ErrorCode::RegistrationClosed, text),
            IdentityError::InviteRequired => {
                Self::new(ErrorCode::InviteRequired, text).fix("ask the owner of this node for an invite")
            }
            IdentityError::InviteInvalid => Self::new(ErrorCode::InviteInvalid, text),
            IdentityError::InviteUsed => Self::new(ErrorCode::InviteUsed, text),
            IdentityError::InviteExpired => Self::new(ErrorCode::InviteExpired, text),
            IdentityError::NotOwner => Self::new(ErrorCode::Forbidden, text),
            IdentityError::Taken { .. } => Self::new(ErrorCode::Taken, text),
            IdentityError::Invalid { field, rule } => Self::field(field, rule),
            IdentityError::Busy => Self::busy(),
            IdentityError::Entropy => Self::new(ErrorCode::Internal, text),
            IdentityError::Rejected(rejection) => rejection.into(),
            IdentityError::Fault(fault) => fault.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status_and_retry(failure: Failure) -> (u16, Option<String>) {
        let response = failure.into_response();
        let retry =
            response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        (response.status().as_u16(), retry)
    }

    #[test]
    fn a_busy_or_stopping_node_says_when_to_come_back() {
        for error in [DriverError::Busy, DriverError::Stopped] {
            assert_eq!(status_and_retry(error.into()), (503, Some("1".to_owned())));
        }
        assert_eq!(status_and_retry(IdentityError::Busy.into()), (503, Some("1".to_owned())));
        assert_eq!(status_and_retry(Fault::Damaged("event").into()), (503, Some("1".to_owned())));
    }

    #[test]
    fn a_fault_of_the_machine_keeps_its_words_to_the_log() {
        let failure = Failure::from(Fault::Store("/home/alice/secret path".to_owned()));
        assert!(!failure.0.detail.contains("secret"));
    }

    #[test]
    fn no_error_of_ours_answers_another_server_error_than_503() {
        for code in ErrorCode::ALL {
            let (status, retry) = status_and_retry(Failure::new(*code, "x"));
            assert!(status < 500 || status == 503 || status == 507, "{code}");
            assert_eq!(retry.is_some(), status == 503, "{code}");
        }
    }
}
