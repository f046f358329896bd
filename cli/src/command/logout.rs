//! `tidings logout`: ends the session of the token.

use crate::client::Place;
use crate::context::Context;
use crate::failure::Failure;

/// Ends the session. The account stays as it is, locked or not.
///
/// # Errors
/// Those of the node.
pub(crate) async fn run(context: &Context) -> Result<(), Failure> {
    let client = context.client()?;
    if matches!(client.place, Place::Socket(_)) {
        context.output.note("There is no session on the node's own machine; `tidings lock` closes the account.");
    }
    client.post_empty("/auth/logout").await?;
    Ok(())
}
