//! Why a command did not do what it was asked, and the exit code that says so (INTERFACES §4).
//!
//! This is the one place that maps a cause to an exit code; what a node answers brings its own through its stable `code`. Not here: the
//! codes themselves, which `tidings_api::ErrorCode` lists.

use std::io;

use tidings_api::{ErrorCode, Problem};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The node refused, or would: the command line answers in the same form where it knows by itself.
    #[error("{0}")]
    Problem(Box<Problem>),
    /// Nothing listens where the node should.
    #[error("no node is running at {place}")]
    NotRunning {
        /// The socket or URL.
        place: String,
    },
    /// The command is not one that can be carried out.
    #[error("{0}")]
    Usage(String),
    /// The configuration cannot be used; a restart would not help.
    #[error("{0}")]
    Configuration(String),
    /// The time given is over; the node goes on with the work.
    #[error("{0}")]
    Timeout(String),
    /// A file or stream of the person's cannot be read or written.
    #[error("cannot {action} {what}: {error}")]
    File {
        /// What was tried.
        action: &'static str,
        /// With what.
        what: String,
        /// What the system said.
        error: io::Error,
    },
    /// The node's answer makes no sense to this version.
    #[error("the node answers in a way this version does not understand: {0}")]
    Answer(String),
    /// The connection broke in the middle.
    #[error("the connection to the node broke: {0}")]
    Broken(String),
    /// A stream of events ended because the node stopped.
    #[error("the node has stopped; go on with --since {cursor}")]
    Stopped {
        /// The last event seen.
        cursor: String,
    },
    /// Some of it is done and some is not; what is not was said before.
    #[error("{failed} of {all} failed")]
    Partial {
        /// How many failed.
        failed: usize,
        /// How many there were.
        all: usize,
    },
    /// `status --check` found the node degraded; the reasons were printed.
    #[error("the node is degraded")]
    Degraded,
    /// The reader of our output has gone.
    #[error("the reader of the output has gone")]
    Pipe,
    /// The node did not start or did not go on.
    #[error("{text}")]
    Node {
        /// The exit code by cause.
        exit: u8,
        /// What, why, and what to do.
        text: String,
    },
}

impl Failure {
    /// A problem which the command line finds by itself.
    pub(crate) fn problem(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self::Problem(Box::new(Problem::new(code, detail)))
    }

    /// The exit code for it.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Problem(problem) => exit_code_of(problem),
            Self::NotRunning { .. } | Self::Stopped { .. } => 7,
            Self::Usage(_) | Self::File { .. } => 2,
            Self::Configuration(_) => 3,
            Self::Timeout(_) => 9,
            Self::Answer(_) | Self::Broken(_) | Self::Degraded => 1,
            Self::Partial { .. } => 12,
            Self::Pipe => 141,
            Self::Node { exit, .. } => *exit,
        }
    }

    /// What the person can do now.
    pub(crate) fn fix(&self) -> Option<String> {
        match self {
            Self::Problem(problem) => problem.fix.clone(),
            Self::NotRunning { .. } => {
                Some("start it with `tidings up`, or name another one with --data, --socket or --url".to_owned())
            }
            Self::Usage(_) => Some("`tidings --help` lists what there is".to_owned()),
            Self::Configuration(_)
            | Self::Timeout(_)
            | Self::File { .. }
            | Self::Answer(_)
            | Self::Broken(_)
            | Self::Stopped { .. }
            | Self::Partial { .. }
            | Self::Degraded
            | Self::Pipe
            | Self::Node { .. } => None,
        }
    }
}

/// By the stable code; for one that this version does not know, by the status.
fn exit_code_of(problem: &Problem) -> u8 {
    if problem.code != ErrorCode::Unknown {
        return problem.code.exit_code();
    }
    match problem.status {
        400 | 405 | 413 | 415 | 422 => 2,
        401 | 403 | 423 => 4,
        404 => 5,
        409 => 6,
        410 => 15,
        429 | 503 | 507 => 11,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(code: ErrorCode) -> u8 {
        Failure::problem(code, "why").exit_code()
    }

    // REQ-CLI-1
    #[test]
    fn exit_codes_are_those_of_the_interface() {
        assert_eq!(exit(ErrorCode::Validation), 2);
        assert_eq!(exit(ErrorCode::Locked), 4, "DECISIONS 24");
        assert_eq!(exit(ErrorCode::Ambiguous), 5);
        assert_eq!(exit(ErrorCode::LastAdmin), 6);
        assert_eq!(exit(ErrorCode::RateLimited), 11);
        assert_eq!(exit(ErrorCode::Damaged), 13);
        assert_eq!(exit(ErrorCode::InviteUsed), 15);
        assert_eq!(Failure::NotRunning { place: "x".to_owned() }.exit_code(), 7);
        assert_eq!(Failure::Timeout("late".to_owned()).exit_code(), 9);
        assert_eq!(Failure::Partial { failed: 1, all: 2 }.exit_code(), 12);
        assert_eq!(Failure::Pipe.exit_code(), 141);
    }

    #[test]
    fn a_code_of_a_newer_node_falls_back_on_its_status() {
        let mut problem = Problem::new(ErrorCode::Unknown, "from 2031");
        problem.status = 404;
        assert_eq!(Failure::Problem(Box::new(problem)).exit_code(), 5);
    }
}
