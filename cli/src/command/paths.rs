//! `tidings paths`: where files are.

use crate::context::Context;
use crate::failure::Failure;

/// Prints data folder and socket.
///
/// # Errors
/// [`Failure::Configuration`].
pub(crate) fn run(context: &Context) -> Result<(), Failure> {
    let (data, socket) =
        (context.settings()?.data.value.display().to_string(), context.socket()?.display().to_string());
    let value = serde_json::json!({"data": data, "socket": socket});
    context.output.value(&value, || format!("data    {data}\nsocket  {socket}"))
}
