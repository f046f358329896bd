//! What a name in a request stands for, or the problem that it stands for nothing or too much.

use tidings_api::{ErrorCode, Problem};
use tidings_protocol::query::recipient::Named;

use super::failure::Failure;

/// The one that is named.
pub(super) fn one_of<T>(named: Named<T>, what: &str) -> Result<T, Failure> {
    match named {
        Named::One(found) => Ok(found),
        Named::Nobody => Err(Failure::not_found(what)),
        Named::Several(candidates) => {
            let problem = Problem::new(ErrorCode::Ambiguous, format!("more than one {what} goes by that name"))
                .fix("use one of the candidates");
            Err(Failure(Box::new(problem.candidates(candidates))))
        }
    }
}
