//! `tidings request`: those who ask to be let into a group by a link of the account.

use clap::Subcommand;
use tidings_api::{ErrorCode, Group, Problem, Request};

use crate::client::{Client, escaped};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::table;
use crate::printable;

/// Subcommands of `request`.
#[derive(Debug, Subcommand)]
pub(crate) enum RequestCommand {
    /// List those who ask and wait for your word
    List,
    /// Let somebody in
    Accept {
        /// The request's id, or the name or account of who asks
        request: String,
    },
    /// Turn somebody away; they are told
    Decline {
        /// The request's id, or the name or account of who asks
        request: String,
    },
}

/// Carries out a `request` command.
///
/// # Errors
/// Those of the node; `NOT_FOUND` or `AMBIGUOUS` for a name.
pub(crate) async fn run(context: &Context, command: RequestCommand) -> Result<(), Failure> {
    let client = context.client()?;
    match command {
        RequestCommand::List => list(context, &client, None).await,
        RequestCommand::Accept { request } => {
            let id = named(&client, &request).await?;
            let answer = client.post_empty(&format!("/requests/{}/accept", escaped(&id))).await?;
            if context.output.json { context.output.line(answer.text.trim_end()) } else { Ok(()) }
        }
        RequestCommand::Decline { request } => {
            let id = named(&client, &request).await?;
            client.post_empty(&format!("/requests/{}/decline", escaped(&id))).await?;
            Ok(())
        }
    }
}

/// Lists requests, of one group or of all.
///
/// # Errors
/// Those of the node.
pub(super) async fn list(context: &Context, client: &Client, group: Option<&str>) -> Result<(), Failure> {
    let listed = client.list("/requests").await?;
    let mut requests: Vec<Request> = listed.items()?;
    let mut page = listed.page().clone();
    if let Some(group) = group {
        requests.retain(|request| request.group == group);
        page.items.retain(|request| request.get("group").is_some_and(|of| of == group));
    }
    let groups: Vec<Group> = client.list("/groups").await?.items()?;
    context.output.value(&page, || {
        let heading = ["ID", "NAME", "GROUP", "HANDLE", "ACCOUNT", "SINCE", "NOTE"].map(str::to_owned).to_vec();
        let row = |request: &Request| {
            let group = groups.iter().find(|group| group.id == request.group);
            vec![
                request.id.clone(),
                printable::line(&request.display_name),
                group.map_or_else(|| request.group.clone(), |group| format!("#{}", printable::line(&group.name))),
                printable::line(&request.handle),
                request.account.clone(),
                printable::time(&request.created_at),
                request.note.as_deref().map(printable::line).unwrap_or_default(),
            ]
        };
        if requests.is_empty() {
            String::new()
        } else {
            table(&std::iter::once(heading).chain(requests.iter().map(row)).collect::<Vec<_>>())
        }
    })
}

async fn named(client: &Client, text: &str) -> Result<String, Failure> {
    let requests: Vec<Request> = client.list("/requests").await?.items()?;
    find(&requests, text)
}

/// The request that is named: by its id, or by who asks if they ask once only.
fn find(requests: &[Request], text: &str) -> Result<String, Failure> {
    let wanted = text.strip_prefix('@').unwrap_or(text).to_lowercase();
    let is_named = |request: &&Request| {
        let handle = request.handle.to_lowercase();
        let name = handle.split('@').next().unwrap_or_default().to_owned();
        [request.id.to_lowercase(), request.account.to_lowercase(), name, handle, request.display_name.to_lowercase()]
            .iter()
            .any(|one| !one.is_empty() && *one == wanted)
    };
    let found: Vec<&Request> = requests.iter().filter(is_named).collect();
    match found.as_slice() {
        [] => Err(Failure::Problem(Box::new(
            Problem::new(ErrorCode::NotFound, format!("nobody asks by that name or id: {}", printable::line(text)))
                .fix("`tidings request list` lists those who ask"),
        ))),
        [one] => Ok(one.id.clone()),
        several => {
            let candidates =
                several.iter().map(|one| format!("{} ({} into {})", one.id, one.account, one.group)).collect();
            let problem = Problem::new(ErrorCode::Ambiguous, "more than one request goes by that name");
            Err(Failure::Problem(Box::new(problem.fix("use the id of one of them").candidates(candidates))))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::find;
    use tidings_api::{Request, RequestKind};

    fn request(id: &str, account: &str, handle: &str, shown: &str) -> Request {
        Request {
            id: id.to_owned(),
            kind: RequestKind::Group,
            account: account.to_owned(),
            handle: handle.to_owned(),
            display_name: shown.to_owned(),
            group: "cnv1".to_owned(),
            note: None,
            created_at: String::new(),
        }
    }

    #[test]
    fn a_request_is_named_by_its_id_or_by_who_asks_once() {
        let all = [
            request("01", "acc1a", "carol@x", "Carol"),
            request("02", "acc1b", "carol@y", "C"),
            request("03", "acc1c", "", "Eve"),
        ];
        for (text, id) in [("01", "01"), ("acc1b", "02"), ("@carol@y", "02"), ("eve", "03"), ("Carol@X", "01")] {
            assert_eq!(find(&all, text).unwrap(), id, "{text}");
        }
        assert_eq!(find(&all, "carol").unwrap_err().exit_code(), 5, "two carols ask");
        assert_eq!(find(&all, "").unwrap_err().exit_code(), 5);
    }
}
