//! `tidings group role`, `group set` and `group log`: who may what in a group, how it works, and who changed that.

use clap::Args;
use serde::de::DeserializeOwned;
use tidings_api::{
    AddRule, Contact, Group, GroupAct, GroupLogEntry, GroupPatchRequest, GroupSettings, JoinRule, Me,
    MemberPatchRequest, Page, PostRule, RecoveryRule, Role,
};

use crate::client::{Client, escaped};
use crate::context::Context;
use crate::duration_arg;
use crate::failure::Failure;
use crate::output::table;
use crate::printable;

/// What shall be other.
#[derive(Debug, Args)]
pub(crate) struct SetArguments {
    /// The group
    group: String,
    /// Its name
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Who may add people: admins, moderators or members
    #[arg(long, value_name = "WHO", value_parser = word::<AddRule>)]
    add: Option<AddRule>,
    /// Who may write: everyone, or roles (owners, admins and moderators)
    #[arg(long, value_name = "WHO", value_parser = word::<PostRule>)]
    post: Option<PostRule>,
    /// How to get in: invited, approved (by link, after somebody was asked) or link
    #[arg(long, value_name = "HOW", value_parser = word::<JoinRule>)]
    join: Option<JoinRule>,
    /// Who makes an owner when all are gone: twoThirds (of the members) or never
    #[arg(long, value_name = "WHO", value_parser = word::<RecoveryRule>)]
    recovery: Option<RecoveryRule>,
    /// How long messages are kept, such as 7d; 0s is for ever
    #[arg(long, value_name = "TIME", value_parser = duration_arg::parse)]
    disappearing: Option<std::time::Duration>,
}

/// One of the words of the API.
pub(super) fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).map_err(|error| error.to_string())
}

/// Gives a member another role.
///
/// # Errors
/// Those of the node.
pub(super) async fn role(
    context: &Context,
    client: &Client,
    (id, account): (&str, &str),
    role: Role,
) -> Result<(), Failure> {
    let path = format!("/group/{}/members/{}", escaped(id), escaped(account));
    let answer = client.patch(&path, &MemberPatchRequest { role }).await?;
    if context.output.json { context.output.line(answer.text.trim_end()) } else { Ok(()) }
}

/// Changes a group.
///
/// # Errors
/// Those of the node.
pub(super) async fn set(context: &Context, client: &Client, arguments: SetArguments) -> Result<(), Failure> {
    let id = super::group::group_id(client, &arguments.group).await?;
    let seconds = |time: std::time::Duration| u32::try_from(time.as_secs()).unwrap_or(u32::MAX);
    let request = GroupPatchRequest {
        name: arguments.name,
        description: arguments.description,
        add: arguments.add,
        post: arguments.post,
        join: arguments.join,
        recovery: arguments.recovery,
        disappearing_seconds: arguments.disappearing.map(seconds),
    };
    let answer = client.patch(&format!("/group/{}", escaped(&id)), &request).await?;
    if context.output.json { context.output.line(answer.text.trim_end()) } else { Ok(()) }
}

/// Prints what was done in a group, newest first.
///
/// # Errors
/// Those of the node.
pub(super) async fn log(context: &Context, client: &Client, group: &str, limit: u16) -> Result<(), Failure> {
    let id = super::group::group_id(client, group).await?;
    let answer = client.get(&format!("/group/{}/log?limit={limit}", escaped(&id))).await?;
    let page: Page<GroupLogEntry> = answer.read()?;
    let there: Group = client.get(&format!("/group/{}", escaped(&id))).await?.read()?;
    let me: Me = client.get("/me").await?.read()?;
    let contacts: Vec<Contact> = client.list("/contacts").await?.items()?;
    let name = |account: &str| {
        if account == me.account.id {
            return "you".to_owned();
        }
        let member = there.members.iter().find(|member| member.account == account);
        let shown = member.map(|member| member.display_name.clone());
        let banned = there.banned.iter().find(|banned| banned.account == account);
        let shown = shown.or_else(|| banned.map(|banned| banned.display_name.clone()));
        let known = contacts.iter().find(|contact| contact.account == account);
        let shown = shown.or_else(|| known.map(|contact| contact.display_name.clone()));
        printable::line(&shown.filter(|name| !name.is_empty()).unwrap_or_else(|| account.to_owned()))
    };
    context.output.resource(&answer.text, || {
        let rows: Vec<Vec<String>> =
            page.items.iter().map(|entry| vec![entry.time.clone(), name(&entry.by), told(entry, &name)]).collect();
        if rows.is_empty() { String::new() } else { table(&rows) }
    })
}

fn told(entry: &GroupLogEntry, name: &dyn Fn(&str) -> String) -> String {
    let whom = entry.account.as_deref().map(name).unwrap_or_default();
    match entry.act {
        GroupAct::Added => format!("added {whom}"),
        GroupAct::Removed => format!("removed {whom}"),
        GroupAct::Left => format!("let {whom} go, who wanted to leave"),
        GroupAct::Readmitted => format!("let {whom} back in"),
        GroupAct::Role => format!("made {whom} {}", entry.role.map_or("member", role_word)),
        GroupAct::Recovered => format!("made {whom} owner, by petition of the members"),
        GroupAct::Named => format!("named the group {}", printable::line(entry.name.as_deref().unwrap_or_default())),
        GroupAct::Described => "changed the description".to_owned(),
        GroupAct::Timer => match entry.seconds {
            Some(0) | None => "messages are kept for ever".to_owned(),
            Some(seconds) => format!("messages are kept for {seconds} s"),
        },
        GroupAct::Rules => "changed the rules".to_owned(),
        GroupAct::Banned => format!("banned {whom}"),
        GroupAct::Unbanned => format!("lifted the ban of {whom}"),
    }
}

/// The word for a role.
pub(super) const fn role_word(role: Role) -> &'static str {
    match role {
        Role::Readonly => "readonly",
        Role::Member => "member",
        Role::Moderator => "moderator",
        Role::Admin => "admin",
        Role::Owner => "owner",
    }
}

/// How a group works, in words.
pub(super) fn rules(settings: &GroupSettings) -> String {
    let add = match settings.add {
        AddRule::Admins => "admins add people",
        AddRule::Moderators => "moderators add people",
        AddRule::Members => "members add people",
    };
    let post = match settings.post {
        PostRule::Everyone => "everyone writes",
        PostRule::Roles => "only those with a role write",
    };
    let join = match settings.join {
        JoinRule::Invited => "nobody joins by link",
        JoinRule::Approved => "who follows a link is asked about",
        JoinRule::Link => "who follows a link is in",
    };
    match settings.disappearing_seconds {
        0 => format!("{post}, {add}, {join}"),
        seconds => format!("{post}, {add}, {join}, messages are kept for {seconds} s"),
    }
}
