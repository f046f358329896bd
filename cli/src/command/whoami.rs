//! `tidings whoami`: the account in use.

use tidings_api::Me;

use crate::context::Context;
use crate::failure::Failure;
use crate::printable;

/// Shows the account.
///
/// # Errors
/// Those of the node.
pub(crate) async fn run(context: &Context) -> Result<(), Failure> {
    let answer = context.client()?.get("/me").await?;
    let me: Me = answer.read()?;
    context.output.resource(&answer.text, || {
        let account = &me.account;
        let state = if me.locked { "locked" } else { "unlocked" };
        let [name, shown, handle] =
            [&account.name, &account.display_name, &account.handle].map(|text| printable::line(text));
        format!("name     {name} ({shown})\nhandle   {handle}\naccount  {}\nstate    {state}", account.id)
    })
}
