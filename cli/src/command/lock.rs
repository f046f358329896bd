//! `tidings lock`: takes the account's keys out of the node's memory.

use crate::context::Context;
use crate::failure::Failure;

/// Locks the account. Messages for it are still taken and kept.
///
/// # Errors
/// Those of the node.
pub(crate) async fn run(context: &Context) -> Result<(), Failure> {
    context.client()?.post_empty("/me/lock").await?;
    context.output.note("Locked. Messages are still taken and kept; `tidings unlock` opens it again.");
    Ok(())
}
