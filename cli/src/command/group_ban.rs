//! `tidings group ban` and `group unban`: who is not to be in a group.

use clap::Args;
use tidings_api::{BanRequest, Banned, ErrorCode, Group};

use super::group::{group_id, member, one_named, outcome, person};
use crate::client::{Client, escaped};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::table;
use crate::printable;

/// Who, and where.
#[derive(Debug, Args)]
pub(crate) struct BanArguments {
    /// The group
    group: String,
    /// Whom: a member, a contact, or anybody by account id
    #[arg(required = true, value_name = "WHO")]
    people: Vec<String>,
}

/// Bans people, and removes those who are in.
///
/// # Errors
/// Those of the node; [`Failure::Partial`] where some were banned and some not.
pub(super) async fn ban(context: &Context, client: &Client, arguments: &BanArguments) -> Result<(), Failure> {
    let there = group(client, &arguments.group).await?;
    let (mut failures, mut last) = (Vec::new(), None);
    for who in &arguments.people {
        let banned = async {
            let account = known_or_id(member(client, &there.members, who).await, who)?;
            client.post(&format!("/group/{}/bans", escaped(&there.id)), &BanRequest { account }).await
        };
        match banned.await {
            Ok(answer) => last = Some(answer),
            Err(failure) => failures.push(failure),
        }
    }
    if let (Some(answer), true) = (last, context.output.json) {
        context.output.line(answer.text.trim_end())?;
    }
    outcome(context, failures, arguments.people.len())
}

/// Lifts bans.
///
/// # Errors
/// As [`ban`].
pub(super) async fn unban(context: &Context, client: &Client, arguments: &BanArguments) -> Result<(), Failure> {
    let there = group(client, &arguments.group).await?;
    let mut failures = Vec::new();
    for who in &arguments.people {
        let lifted = async {
            let all = there.banned.iter().map(|banned| [&banned.account, &banned.handle, &banned.display_name]);
            let account = match one_named(all, who) {
                Some(account) => account,
                None => known_or_id(person(client, who).await, who)?,
            };
            client.delete(&format!("/group/{}/bans/{}", escaped(&there.id), escaped(&account))).await
        };
        if let Err(failure) = lifted.await {
            failures.push(failure);
        }
    }
    outcome(context, failures, arguments.people.len())
}

async fn group(client: &Client, text: &str) -> Result<Group, Failure> {
    let id = group_id(client, text).await?;
    client.get(&format!("/group/{}", escaped(&id))).await?.read()
}

/// Whom nobody knows by that text the node may know as an account id.
fn known_or_id(known: Result<String, Failure>, text: &str) -> Result<String, Failure> {
    match known {
        Err(Failure::Problem(problem)) if problem.code == ErrorCode::NotFound => Ok(text.to_owned()),
        known => known,
    }
}

/// The list of bans below a group; empty if there is none.
pub(super) fn shown(bans: &[Banned]) -> String {
    if bans.is_empty() {
        return String::new();
    }
    let heading = ["BANNED", "HANDLE", "ACCOUNT"].map(str::to_owned).to_vec();
    let row = |banned: &Banned| {
        vec![printable::line(&banned.display_name), printable::line(&banned.handle), banned.account.clone()]
    };
    let rows: Vec<Vec<String>> = std::iter::once(heading).chain(bans.iter().map(row)).collect();
    format!("\n\n{}", table(&rows))
}
