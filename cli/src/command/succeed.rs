//! `tidings group succeed`: a group that has come to a halt, and the group in which it goes on.

use clap::Args;
use tidings_api::{Group, Succession};

use super::group::group_id;
use crate::client::{Client, escaped};
use crate::context::Context;
use crate::failure::Failure;
use crate::printable;

/// Arguments of `group succeed`.
#[derive(Debug, Args)]
pub(crate) struct SucceedArguments {
    /// The group
    group: String,
    /// Open a successor: the members are told, and come by themselves where an owner or admin leads
    #[arg(long)]
    open: bool,
}

/// Shows how it stands, or opens a successor.
///
/// # Errors
/// Those of the node.
pub(super) async fn run(context: &Context, client: &Client, arguments: SucceedArguments) -> Result<(), Failure> {
    let id = group_id(client, &arguments.group).await?;
    let path = format!("/group/{}/successor", escaped(&id));
    if arguments.open {
        let answer = client.post_empty(&path).await?;
        let successor: Group = answer.read()?;
        return context.output.resource(&answer.text, || successor.id.clone());
    }
    let answer = client.get(&path).await?;
    let how: Succession = answer.read()?;
    let group: Group = client.get(&format!("/group/{}", escaped(&id))).await?.read()?;
    context.output.resource(&answer.text, || shown(&how, &group))
}

fn shown(how: &Succession, group: &Group) -> String {
    let name = |account: &str| {
        let member = group.members.iter().find(|member| member.account == account);
        printable::line(member.map_or(account, |member| member.display_name.as_str()))
    };
    let mut lines = Vec::new();
    match (&how.successor, &how.waiting_since, &how.opens_at) {
        (Some(successor), _, _) => lines.push(format!("The group goes on in {successor}.")),
        (None, Some(since), Some(at)) => lines.push(format!(
            "This device waits since {} to be let back in. From {} on --open opens a successor.",
            printable::time(since),
            printable::time(at)
        )),
        (None, _, _) => lines.push("This device can follow the others: the group goes on.".to_owned()),
    }
    for opened in how.opened.iter().filter(|opened| Some(&opened.group) != how.successor.as_ref()) {
        lines.push(format!("{} has opened {}: tidings join {}", name(&opened.account), opened.group, opened.link));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::shown;
    use crate::examples::group;
    use tidings_api::{Succession, Successor};

    #[test]
    fn it_is_said_since_when_a_device_waits_from_when_on_it_may_go_on_and_where_others_did() {
        let mut how = Succession { waiting_since: None, opens_at: None, successor: None, opened: Vec::new() };
        assert!(shown(&how, &group()).contains("the group goes on"));
        how.waiting_since = Some("2026-11-01T00:00:00Z".to_owned());
        how.opens_at = Some("2026-11-03T00:00:00Z".to_owned());
        let opened = Successor { account: "acc1".to_owned(), group: "cnv2".to_owned(), link: "tidings://x".to_owned() };
        how.opened = vec![opened];
        let text = shown(&how, &group());
        for part in ["--open", "acc1 has opened cnv2: tidings join tidings://x"] {
            assert!(text.contains(part), "{part} is not in:\n{text}");
        }
        how.successor = Some("cnv2".to_owned());
        assert_eq!(shown(&how, &group()), "The group goes on in cnv2.");
    }
}
