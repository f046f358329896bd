//! Errors: RFC 9457 problem objects with stable codes.
//!
//! Owns the list of codes, and for each its HTTP status, title and exit code of the command line. Not here: the words
//! of one occurrence (`detail`, `fix`), which whoever refuses writes.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The content type of every error answer (RFC 9457).
pub const PROBLEM_CONTENT_TYPE: &str = "application/problem+json";

/// An error answer (RFC 9457): what happened, why, and what to do now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// `urn:tidings:problem:CODE`, which names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem in words, the same for each occurrence.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code that programs act on.
    pub code: ErrorCode,
    /// Why, in this case.
    pub detail: String,
    /// What the person can do now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// When to try again, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u64>,
    /// The failing fields of the request (422).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldProblem>,
    /// What an ambiguous name could have meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<String>,
}

/// One failing field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldProblem {
    /// The field's name as in the request.
    pub field: String,
    /// What is wrong with it, and what would be right.
    pub detail: String,
}

impl Problem {
    /// A problem of this kind, with why in this case.
    #[must_use]
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:tidings:problem:{code}"),
            title: code.title().to_owned(),
            status: code.status(),
            code,
            detail: detail.into(),
            fix: None,
            retry_after_seconds: None,
            fields: Vec::new(),
            candidates: Vec::new(),
        }
    }

    /// Adds what to do now.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// Adds when to try again, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// Adds one failing field.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>, detail: impl Into<String>) -> Self {
        self.fields.push(FieldProblem { field: field.into(), detail: detail.into() });
        self
    }

    /// Adds what an ambiguous name could have meant.
    #[must_use]
    pub fn candidates(mut self, candidates: Vec<String>) -> Self {
        self.candidates = candidates;
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.title, self.detail)
    }
}

impl std::error::Error for Problem {}

/// Declares the codes once: name in Rust, name in JSON, HTTP status, exit code, title.
macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $status:literal, $exit:literal, $title:literal;)+) => {
        /// The stable codes of errors. New ones may appear, an old one keeps its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)+
            /// A code of a newer node which this program does not know.
            #[serde(other)]
            Unknown,
        }

        impl ErrorCode {
            /// Every code a node of this version answers with.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code as in JSON.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ Self::Unknown => "UNKNOWN" }
            }

            /// The HTTP status of an answer with this code.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ Self::Unknown => 400 }
            }

            /// The exit code of the command line for it (docs/API.md, "Command line").
            #[must_use]
            pub const fn exit_code(self) -> u8 {
                match self { $(Self::$variant => $exit,)+ Self::Unknown => 1 }
            }

            /// The kind of problem in words.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ Self::Unknown => "Something this version does not know" }
            }
        }
    };
}

error_codes! {
    /// No valid token or session.
    Unauthenticated = "UNAUTHENTICATED", 401, 4, "Not logged in";
    /// Unknown user or wrong password; the two are not told apart.
    WrongCredentials = "WRONG_CREDENTIALS", 401, 4, "Wrong name or password";
    /// The refresh token was used before: every session of its family is ended.
    SessionEnded = "SESSION_ENDED", 401, 4, "The session has ended";
    /// A cookie request without its CSRF token, or with a wrong one.
    Csrf = "CSRF", 403, 4, "CSRF token missing or wrong";
    /// The Host is not on the allow-list.
    WrongHost = "WRONG_HOST", 421, 4, "Host not allowed";
    /// The Origin is not on the allow-list.
    WrongOrigin = "WRONG_ORIGIN", 403, 4, "Origin not allowed";
    /// The token or role does not reach this far.
    Forbidden = "FORBIDDEN", 403, 4, "Not allowed";
    /// The account is locked: its keys are not in memory.
    Locked = "LOCKED", 423, 4, "The account is locked";
    /// Only an owner or admin of the group may do this.
    NotAdmin = "NOT_ADMIN", 403, 4, "Only an admin of the group may do this";
    /// The group would be left without an owner or admin.
    LastAdmin = "LAST_ADMIN", 409, 6, "The group would have no admin left";
    /// Only those who hold a role write in this group, or the caller may only read.
    MayNotPost = "MAY_NOT_POST", 403, 4, "In this group others write";
    /// Whoever is to be added is banned from the group.
    Banned = "BANNED", 409, 6, "Banned from this group";
    /// The caller is not a member of the conversation.
    NotMember = "NOT_MEMBER", 403, 4, "Not a member of this conversation";
    /// The person is not an accepted contact.
    NotContact = "NOT_CONTACT", 403, 4, "Not an accepted contact";
    /// Nothing of that name or id.
    NotFound = "NOT_FOUND", 404, 5, "Not found";
    /// The name fits more than one; `candidates` lists them.
    Ambiguous = "AMBIGUOUS", 409, 5, "The name fits more than one";
    /// The path exists, the method does not.
    MethodNotAllowed = "METHOD_NOT_ALLOWED", 405, 2, "Method not allowed";
    /// A field is missing, unknown or out of range; `fields` names it.
    Validation = "VALIDATION", 422, 2, "The request is not valid";
    /// The body is not JSON.
    Malformed = "MALFORMED", 400, 2, "The request cannot be read";
    /// The body is not `application/json`.
    WrongContentType = "WRONG_CONTENT_TYPE", 415, 2, "The body must be application/json";
    /// A text above 64 KiB or a body above 1 MiB.
    TooLarge = "TOO_LARGE", 413, 2, "Too large";
    /// The name or e-mail address belongs to somebody.
    Taken = "TAKEN", 409, 6, "Already taken";
    /// The state of things does not allow it, or the same id stands for something else.
    Conflict = "CONFLICT", 409, 6, "In conflict with what is there";
    /// This node does not take new accounts.
    RegistrationClosed = "REGISTRATION_CLOSED", 403, 15, "Registration is closed";
    /// This node takes new accounts by invite only.
    InviteRequired = "INVITE_REQUIRED", 403, 15, "An invite is needed";
    /// The link cannot be read, or names no invite of that node.
    InviteInvalid = "INVITE_INVALID", 422, 5, "The invite is not valid";
    /// The invite's uses are spent.
    InviteUsed = "INVITE_USED", 410, 15, "The invite was used";
    /// The invite's time is over, or it was revoked.
    InviteExpired = "INVITE_EXPIRED", 410, 15, "The invite has expired";
    /// The other side said no.
    Declined = "DECLINED", 403, 15, "Declined";
    /// Too many attempts; `retryAfterSeconds` says when.
    RateLimited = "RATE_LIMITED", 429, 11, "Too many attempts";
    /// A quota is used up.
    QuotaExceeded = "QUOTA_EXCEEDED", 429, 11, "The quota is used up";
    /// The node is overloaded or shutting down; `retryAfterSeconds` says when.
    Busy = "BUSY", 503, 11, "The node is busy";
    /// The disk is full.
    DiskFull = "DISK_FULL", 507, 11, "The disk is full";
    /// The store is damaged; nothing was changed.
    Damaged = "DAMAGED", 503, 13, "The data on disk is damaged";
    /// The other person's node does not answer.
    PeerUnreachable = "PEER_UNREACHABLE", 503, 8, "The other node cannot be reached";
    /// The other side's key does not fit what was known.
    KeyChanged = "KEY_CHANGED", 409, 10, "The key has changed";
    /// Known to the API, not to this version or this node.
    Unsupported = "UNSUPPORTED", 404, 14, "Not supported by this node";
    /// The node did not answer in time; the work goes on.
    Timeout = "TIMEOUT", 503, 9, "No answer in time";
    /// A bug of ours; the log has the rest.
    Internal = "INTERNAL", 503, 1, "Something went wrong in the node";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn every_code_reads_back_as_itself() {
        for &code in ErrorCode::ALL {
            let json = serde_json::to_string(&code).unwrap();
            assert_eq!(json, format!("\"{code}\""));
            assert_eq!(serde_json::from_str::<ErrorCode>(&json).unwrap(), code);
        }
    }

    #[test]
    fn a_code_of_a_newer_node_reads_as_unknown() {
        assert_eq!(serde_json::from_str::<ErrorCode>("\"FROM_2031\"").unwrap(), ErrorCode::Unknown);
    }

    #[test]
    fn no_code_answers_another_server_error_than_503_and_507() {
        for &code in ErrorCode::ALL {
            let status = code.status();
            assert!((400..500).contains(&status) || status == 503 || status == 507, "{code} answers {status}");
        }
    }

    #[test]
    fn a_problem_leaves_out_what_it_does_not_know() {
        let problem = Problem::new(ErrorCode::Locked, "alice is locked");
        assert_eq!(
            serde_json::to_value(&problem).unwrap(),
            serde_json::json!({
                "type": "urn:tidings:problem:LOCKED", "title": "The account is locked", "status": 423,
                "code": "LOCKED", "detail": "alice is locked",
            })
        );
    }
}
