//! `tidings group`: groups and their members.

use clap::Subcommand;
use tidings_api::{
    ErrorCode, Group, GroupCreateRequest, GroupJoin, JoinState, Me, Member, MemberAddRequest, MemberState, Role,
};

use super::group_ban::{self, BanArguments};
use super::group_change::{self, SetArguments, word};
use super::invite::{self, GroupInviteArguments};
use super::recover::{self, RecoverArguments};
use super::request;
use super::succeed::{self, SucceedArguments};
use crate::client::{Client, escaped};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::table;
use crate::printable;
use crate::recipient::{self, Recipient};

/// Subcommands of `group`.
#[derive(Debug, Subcommand)]
pub(crate) enum GroupCommand {
    /// Found a group
    Create {
        /// Its name
        name: String,
        /// A contact to add from the start; may be repeated
        #[arg(long = "member", value_name = "CONTACT")]
        members: Vec<String>,
        /// What it is for
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
    },
    /// Add contacts to a group
    Add {
        /// The group
        group: String,
        /// Whom
        #[arg(required = true, value_name = "CONTACT")]
        members: Vec<String>,
        /// As what: admin, moderator, member, readonly or owner
        #[arg(long, value_name = "ROLE", value_parser = word::<Role>)]
        role: Option<Role>,
    },
    /// Remove members from a group: they read nothing sent later
    Remove {
        /// The group
        group: String,
        /// Whom
        #[arg(required = true, value_name = "MEMBER")]
        members: Vec<String>,
    },
    /// Ban people from a group: members are removed, and nobody can add them
    Ban(BanArguments),
    /// Lift bans; nobody is added by it
    Unban(BanArguments),
    /// Give members another role: owner, admin, moderator, member or readonly
    Role {
        /// The group
        group: String,
        /// The role
        #[arg(value_parser = word::<Role>)]
        role: Role,
        /// Whom
        #[arg(required = true, value_name = "MEMBER")]
        members: Vec<String>,
    },
    /// Make a link by which others join a group
    Invite(GroupInviteArguments),
    /// List those who ask to be let in by your links; `tidings request` lets them in
    Requests {
        /// The group; all, if absent
        group: Option<String>,
    },
    /// Make an owner where all owners and admins are gone: shows how it stands, or signs
    Recover(RecoverArguments),
    /// Go on with a group that has come to a halt: shows how it stands, or opens a successor
    Succeed(SucceedArguments),
    /// Change what a group is called and how it works
    Set(SetArguments),
    /// Show what was done in a group, newest first
    Log {
        /// The group
        group: String,
        /// How much of it
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=200))]
        limit: u16,
    },
    /// Leave a group
    Leave {
        /// The group
        group: String,
        /// The member who shall be owner instead
        #[arg(long, value_name = "MEMBER")]
        successor: Option<String>,
    },
    /// List the groups
    List,
    /// Show a group and its members
    Show {
        /// The group
        group: String,
    },
}

/// Carries out a `group` command.
///
/// # Errors
/// Those of the node; [`Failure::Partial`] where some of several members were added or removed and some not.
pub(crate) async fn run(context: &Context, command: GroupCommand) -> Result<(), Failure> {
    let client = context.client()?;
    match command {
        GroupCommand::Create { name, members, description } => {
            create(context, &client, GroupCreateRequest { name, members, description }).await
        }
        GroupCommand::Add { group, members, role } => add(context, &client, &group, &members, role).await,
        GroupCommand::Remove { group, members } => remove(context, &client, &group, &members).await,
        GroupCommand::Ban(arguments) => group_ban::ban(context, &client, &arguments).await,
        GroupCommand::Unban(arguments) => group_ban::unban(context, &client, &arguments).await,
        GroupCommand::Role { group, role, members } => roles(context, &client, &group, role, &members).await,
        GroupCommand::Invite(arguments) => invite::group(context, arguments).await,
        GroupCommand::Requests { group } => {
            let id = match group {
                Some(group) => Some(group_id(&client, &group).await?),
                None => None,
            };
            request::list(context, &client, id.as_deref()).await
        }
        GroupCommand::Recover(arguments) => recover::run(context, &client, arguments).await,
        GroupCommand::Succeed(arguments) => succeed::run(context, &client, arguments).await,
        GroupCommand::Set(arguments) => group_change::set(context, &client, arguments).await,
        GroupCommand::Log { group, limit } => group_change::log(context, &client, &group, limit).await,
        GroupCommand::Leave { group, successor } => leave(&client, &group, successor.as_deref()).await,
        GroupCommand::List => list(context, &client).await,
        GroupCommand::Show { group } => {
            let id = group_id(&client, &group).await?;
            let answer = client.get(&format!("/group/{}", escaped(&id))).await?;
            let group: Group = answer.read()?;
            context.output.resource(&answer.text, || shown(&group))
        }
    }
}

async fn create(context: &Context, client: &Client, mut request: GroupCreateRequest) -> Result<(), Failure> {
    for member in &mut request.members {
        *member = person(client, member).await?;
    }
    let answer = client.post("/group/create", &request).await?;
    let group: Group = answer.read()?;
    let waiting = group.members.iter().filter(|member| member.state == MemberState::Invited).count();
    if waiting > 0 {
        context.output.note(&format!("{waiting} to be added as soon as their node can be reached."));
    }
    context.output.resource(&answer.text, || group.id.clone())
}

async fn leave(client: &Client, group: &str, successor: Option<&str>) -> Result<(), Failure> {
    let id = group_id(client, group).await?;
    let me: Me = client.get("/me").await?.read()?;
    let query = match successor {
        Some(successor) => {
            let there: Group = client.get(&format!("/group/{}", escaped(&id))).await?.read()?;
            format!("?successor={}", escaped(&member(client, &there.members, successor).await?))
        }
        None => String::new(),
    };
    client.delete(&format!("/group/{}/members/{}{query}", escaped(&id), escaped(&me.account.id))).await?;
    Ok(())
}

async fn roles(context: &Context, client: &Client, group: &str, role: Role, members: &[String]) -> Result<(), Failure> {
    let id = group_id(client, group).await?;
    let there: Group = client.get(&format!("/group/{}", escaped(&id))).await?.read()?;
    let mut failures = Vec::new();
    for named in members {
        let given = async {
            let account = member(client, &there.members, named).await?;
            group_change::role(context, client, (&id, &account), role).await
        };
        if let Err(failure) = given.await {
            failures.push(failure);
        }
    }
    outcome(context, failures, members.len())
}

/// The account of a member, who need not be a contact.
pub(super) async fn member(client: &Client, members: &[Member], text: &str) -> Result<String, Failure> {
    match member_named(members, text) {
        Some(account) => Ok(account),
        None => person(client, text).await,
    }
}

async fn add(
    context: &Context,
    client: &Client,
    group: &str,
    members: &[String],
    role: Option<Role>,
) -> Result<(), Failure> {
    let id = group_id(client, group).await?;
    let (mut failures, mut last) = (Vec::new(), None);
    for member in members {
        let added = async {
            let request = MemberAddRequest { account: person(client, member).await?, role };
            client.post(&format!("/group/{}/members", escaped(&id)), &request).await
        };
        match added.await {
            Ok(answer) => last = Some(answer),
            Err(failure) => failures.push(failure),
        }
    }
    if let (Some(answer), true) = (last, context.output.json) {
        context.output.line(answer.text.trim_end())?;
    }
    outcome(context, failures, members.len())
}

async fn remove(context: &Context, client: &Client, group: &str, members: &[String]) -> Result<(), Failure> {
    let id = group_id(client, group).await?;
    let there: Group = client.get(&format!("/group/{}", escaped(&id))).await?.read()?;
    let mut failures = Vec::new();
    for named in members {
        let removed = async {
            let account = member(client, &there.members, named).await?;
            client.delete(&format!("/group/{}/members/{}", escaped(&id), escaped(&account))).await
        };
        if let Err(failure) = removed.await {
            failures.push(failure);
        }
    }
    outcome(context, failures, members.len())
}

/// One failure of one is that failure; some of several are a partial success.
pub(super) fn outcome(context: &Context, mut failures: Vec<Failure>, all: usize) -> Result<(), Failure> {
    let failed = failures.len();
    if failed == 0 {
        return Ok(());
    }
    if failed < all {
        failures.iter().for_each(|failure| context.output.failure(failure));
        return Err(Failure::Partial { failed, all });
    }
    Err(failures.swap_remove(0))
}

fn member_named(members: &[Member], text: &str) -> Option<String> {
    one_named(members.iter().map(|member| [&member.account, &member.handle, &member.display_name]), text)
}

/// The account that is named, of people with their account, handle and shown name: by id, handle, login name or shown name, if only one is.
pub(super) fn one_named<'a>(people: impl Iterator<Item = [&'a String; 3]>, text: &str) -> Option<String> {
    let wanted = text.strip_prefix('@').unwrap_or(text).to_lowercase();
    if wanted.is_empty() {
        return None;
    }
    let is_named = |[account, handle, shown]: &[&String; 3]| {
        let handle = handle.to_lowercase();
        let name = handle.split('@').next().unwrap_or_default();
        [account.to_lowercase().as_str(), handle.as_str(), name, shown.to_lowercase().as_str()]
            .contains(&wanted.as_str())
    };
    let mut named = people.filter(is_named);
    match (named.next(), named.next()) {
        (Some([account, _, _]), None) => Some(account.clone()),
        (_, _) => None,
    }
}

pub(super) async fn person(client: &Client, text: &str) -> Result<String, Failure> {
    match recipient::resolve(client, text).await? {
        Recipient::Person { account, .. } => Ok(account),
        Recipient::Group { name, .. } => {
            Err(Failure::problem(ErrorCode::NotFound, format!("{name} is a group, not a person")))
        }
    }
}

pub(super) async fn group_id(client: &Client, text: &str) -> Result<String, Failure> {
    let marked = if text.starts_with('#') { text.to_owned() } else { format!("#{text}") };
    match recipient::resolve(client, &marked).await? {
        Recipient::Group { id, .. } => Ok(id),
        Recipient::Person { name, .. } => {
            Err(Failure::problem(ErrorCode::NotFound, format!("{name} is a person, not a group")))
        }
    }
}

async fn list(context: &Context, client: &Client) -> Result<(), Failure> {
    let listed = client.list("/groups").await?;
    let groups: Vec<Group> = listed.items()?;
    let asked: Vec<GroupJoin> = client.list("/groups/join").await?.items()?;
    context.output.value(listed.page(), || {
        let heading = ["NAME", "MEMBERS", "STATE", "ID"].map(str::to_owned).to_vec();
        let row = |group: &Group| {
            let state = if group.active { "member" } else { "left" };
            vec![
                format!("#{}", printable::line(&group.name)),
                group.members.len().to_string(),
                state.to_owned(),
                group.id.clone(),
            ]
        };
        let rows: Vec<Vec<String>> = groups.iter().map(row).chain(asked.iter().map(asked_for)).collect();
        if rows.is_empty() { String::new() } else { table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>()) }
    })
}

/// A group that the account has asked to be let into: its name is known once it is in.
fn asked_for(join: &GroupJoin) -> Vec<String> {
    let state = match join.state {
        JoinState::Requested => "asked".to_owned(),
        JoinState::Joined => "member".to_owned(),
        JoinState::Refused => {
            format!("refused: {}", join.reason.as_deref().map(printable::line).unwrap_or_default())
        }
    };
    vec![String::new(), String::new(), state, join.group.clone()]
}

/// What stands against writing there.
fn state(group: &Group) -> Option<String> {
    if !group.active {
        return Some("you are no longer in it".to_owned());
    }
    let since = group.waiting_since.as_deref().map(printable::time);
    match (&group.successor, since) {
        (Some(successor), _) => Some(format!("goes on in {successor}")),
        (None, Some(since)) => Some(format!("waits since {since} to be let back in; see tidings group succeed")),
        (None, None) => None,
    }
}

fn shown(group: &Group) -> String {
    let mut text =
        format!("name     #{}\nid       {}\nepoch    {}", printable::line(&group.name), group.id, group.epoch);
    if let Some(description) = &group.description {
        text.push_str(&format!("\nabout    {}", printable::block(description, 9)));
    }
    text.push_str(&format!("\nrules    {}", group_change::rules(&group.settings)));
    if let Some(state) = state(group) {
        text.push_str(&format!("\nstate    {state}"));
    }
    let heading = ["MEMBER", "ROLE", "STATE", "HANDLE", "ACCOUNT"].map(str::to_owned).to_vec();
    let row = |member: &Member| {
        let state = match member.state {
            MemberState::Member => "in",
            MemberState::Invited => "invited",
        };
        vec![
            printable::line(&member.display_name),
            group_change::role_word(member.role).to_owned(),
            state.to_owned(),
            printable::line(&member.handle),
            member.account.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = std::iter::once(heading).chain(group.members.iter().map(row)).collect();
    format!("{text}\n\n{}{}", table(&rows), group_ban::shown(&group.banned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(account: &str, handle: &str, shown: &str) -> Member {
        Member {
            account: account.to_owned(),
            handle: handle.to_owned(),
            display_name: shown.to_owned(),
            role: Role::Member,
            state: MemberState::Member,
        }
    }

    #[test]
    fn a_member_who_is_no_contact_can_be_named() {
        let members =
            [member("acc1a", "bob@x", "Bob"), member("acc1b", "carol@y", "Carol"), member("acc1c", "", "Carol")];
        for (text, found) in [
            ("bob", Some("acc1a")),
            ("@Bob@x", Some("acc1a")),
            ("acc1c", Some("acc1c")),
            ("Carol", None),
            ("carol@y", Some("acc1b")),
            ("", None),
        ] {
            assert_eq!(member_named(&members, text).as_deref(), found, "{text}");
        }
    }
}
