//! `tidings status [--check]`: how the node is doing.

use clap::Args;
use tidings_api::{PeerPath, Status};

use super::reach;
use crate::context::Context;
use crate::failure::Failure;
use crate::printable;

/// Arguments of `status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArguments {
    /// Exit with 1 where the node is degraded; 7 means down (DECISIONS 28)
    #[arg(long)]
    check: bool,
}

/// Shows the status.
///
/// # Errors
/// Those of the node; [`Failure::Degraded`] with `--check`.
pub(crate) async fn run(context: &Context, arguments: &StatusArguments) -> Result<(), Failure> {
    let answer = context.client()?.get("/status").await?;
    let status: Status = answer.read()?;
    context.output.resource(&answer.text, || text(&status))?;
    if arguments.check && !status.degraded.is_empty() { Err(Failure::Degraded) } else { Ok(()) }
}

fn text(status: &Status) -> String {
    let mut lines = vec![
        format!("version   {}, up {}", status.version, span(status.uptime_seconds)),
        format!("web, API  {}", status.http),
        format!("peer id   {}", status.peer_id),
        format!("accounts  {}, {} unlocked", status.accounts, status.unlocked),
        format!("outbox    {} waiting", status.outbox),
    ];
    lines.extend(status.mailbox.iter().map(|policy| format!("mailbox   {}", printable::line(policy))));
    lines.extend(status.listen.iter().map(|address| format!("listening {}", printable::line(address))));
    lines.extend(reach::lines(&status.reach).iter().map(|line| format!("reach     {}", printable::line(line))));
    for peer in &status.peers {
        let address = peer.address.as_deref().map(printable::line).unwrap_or_default();
        let time = peer.round_trip_ms.map(|ms| format!(", {ms} ms")).unwrap_or_default();
        let path = if peer.path == PeerPath::Relayed { ", through a relay" } else { "" };
        lines.push(format!("peer      {} {address}{time}{path}", printable::line(&peer.peer_id)));
    }
    for reason in &status.degraded {
        lines.push(format!("degraded  {}: {}", printable::line(&reason.code), printable::line(&reason.detail)));
        lines.extend(reason.fix.iter().map(|fix| format!("          {}", printable::line(fix))));
    }
    lines.join("\n")
}

fn span(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) => format!("{hours} h {minutes} min"),
        (_, _, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_at_a_glance() {
        assert_eq!([5, 65, 3_700, 200_000].map(span), ["5 s", "1 min", "1 h 1 min", "2 d 7 h"].map(str::to_owned));
    }
}
