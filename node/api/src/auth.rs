//! Sign-up, login and refresh: `/auth/…`.
//!
//! A browser keeps its session in the HttpOnly cookie `tidings_session` and sends `csrfToken` back as `X-CSRF-Token`;
//! a script uses `accessToken` as Bearer. Not here: `/me/unlock`, which takes a [`PasswordRequest`] too.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Account, Secret};

/// `POST /auth/signup`: a new account on this node. 201 [`SignupAnswer`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignupRequest {
    /// The name to log in with, unique on this node.
    pub name: String,
    /// The passphrase that opens the account on this node.
    pub password: Secret,
    /// An e-mail address to log in and to reset the password with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The name other people see; the login name without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// An invite link of kind `account`, or a one-time setup link's secret, where registration is not open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<Secret>,
}

/// Answer to a sign-up: a session, and the recovery key, which is shown this once.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignupAnswer {
    /// The new account.
    pub account: Account,
    /// The Bearer token.
    pub access_token: Secret,
    /// How long the token counts, in seconds.
    pub expires_in_seconds: u64,
    /// To be sent as `X-CSRF-Token` with the session cookie.
    pub csrf_token: Secret,
    /// 24 words. Whoever has them is the account: keep them off line.
    pub recovery_key: Secret,
}

/// `POST /auth/login`: opens a session and unlocks the account. 200 [`SessionAnswer`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoginRequest {
    /// The login name or the e-mail address.
    pub login: String,
    /// The passphrase.
    pub password: Secret,
}

/// Answer to a login: a session.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionAnswer {
    /// Whose session it is.
    pub account: Account,
    /// The Bearer token.
    pub access_token: Secret,
    /// How long the token counts, in seconds.
    pub expires_in_seconds: u64,
    /// To be sent as `X-CSRF-Token` with the session cookie.
    pub csrf_token: Secret,
}

/// Answer to `POST /auth/refresh`: the session goes on, with new tokens. The account may be locked.
pub type RefreshAnswer = SessionAnswer;

/// `POST /me/unlock`: the passphrase again. 204.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PasswordRequest {
    /// The passphrase.
    pub password: Secret,
}
