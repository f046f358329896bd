//! `tidings version`: the version of this program.

use crate::context::Context;
use crate::failure::Failure;

/// Prints the version.
///
/// # Errors
/// [`Failure::Pipe`].
pub(crate) fn run(context: &Context) -> Result<(), Failure> {
    let version = env!("CARGO_PKG_VERSION");
    context.output.value(&serde_json::json!({"version": version}), || format!("tidings {version}"))
}
