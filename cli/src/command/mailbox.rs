//! `tidings mailbox voucher create`: on a node that is a mailbox, lets somebody have theirs here.

use std::time::Duration;

use clap::{Args, Subcommand};
use tidings_api::{Voucher, VoucherRequest};

use crate::context::Context;
use crate::duration_arg;
use crate::failure::Failure;
use crate::printable;

/// Subcommands of `mailbox`.
#[derive(Debug, Subcommand)]
pub(crate) enum MailboxCommand {
    /// For whom this node keeps
    #[command(subcommand)]
    Voucher(VoucherCommand),
}

/// Subcommands of `mailbox voucher`.
#[derive(Debug, Subcommand)]
pub(crate) enum VoucherCommand {
    /// Make a voucher for one person
    Create(CreateArguments),
}

/// Arguments of `mailbox voucher create`.
#[derive(Debug, Args)]
pub(crate) struct CreateArguments {
    /// How much is kept for them, such as 256MiB
    #[arg(long, value_name = "SIZE", default_value = "256MiB", value_parser = size)]
    quota: u64,
    /// How long it can be redeemed, such as 365d
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = duration_arg::parse)]
    expires: Duration,
}

/// Bytes from a number with KiB, MiB or GiB, or none.
fn size(text: &str) -> Result<u64, String> {
    let wrong = || "a size, such as 256MiB".to_owned();
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let factor: u64 = match text.get(digits.len()..).unwrap_or_default() {
        "" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(wrong()),
    };
    digits.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)).ok_or_else(wrong)
}

/// Carries out a `mailbox` command.
///
/// # Errors
/// Those of the node.
pub(crate) async fn run(context: &Context, command: MailboxCommand) -> Result<(), Failure> {
    let MailboxCommand::Voucher(VoucherCommand::Create(arguments)) = command;
    let request = VoucherRequest { quota_bytes: arguments.quota, expires_in_seconds: arguments.expires.as_secs() };
    let answer = context.client()?.post("/mailbox/vouchers", &request).await?;
    let voucher: Voucher = answer.read()?;
    context.output.note("Give it to one person, for `tidings account mailbox add MULTIADDR --voucher TOKEN`.");
    context.output.resource(&answer.text, || printable::line(&voucher.voucher))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_unit() {
        assert_eq!(["1", "2KiB", "256MiB", "1GiB"].map(size), [1, 2048, 256 << 20, 1 << 30].map(Ok));
        for wrong in ["", "MiB", "1MB", "-1", "99999999999GiB"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
