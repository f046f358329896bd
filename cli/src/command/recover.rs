//! `tidings group recover`: a group whose owners and admins are gone, and what its members sign.

use clap::Args;
use tidings_api::{Group, Me, Recovery, RecoveryRequest};

use super::group::{group_id, member};
use super::group_change::role_word;
use crate::client::{Client, escaped};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::table;
use crate::printable;

/// Arguments of `group recover`.
#[derive(Debug, Args)]
pub(crate) struct RecoverArguments {
    /// The group
    group: String,
    /// Sign that this member shall own it; `me` for yourself
    #[arg(long, value_name = "MEMBER")]
    owner: Option<String>,
    /// Take back what you have signed
    #[arg(long, conflicts_with = "owner")]
    withdraw: bool,
}

/// Shows how it stands, signs, or withdraws.
///
/// # Errors
/// Those of the node.
pub(super) async fn run(context: &Context, client: &Client, arguments: RecoverArguments) -> Result<(), Failure> {
    let id = group_id(client, &arguments.group).await?;
    let path = format!("/group/{}/recovery", escaped(&id));
    if arguments.withdraw {
        client.delete(&path).await?;
        return Ok(());
    }
    let me: Me = client.get("/me").await?.read()?;
    let there: Group = client.get(&format!("/group/{}", escaped(&id))).await?.read()?;
    let answer = match arguments.owner.as_deref() {
        None => client.get(&path).await?,
        Some(named) => {
            let owner =
                if named == "me" { me.account.id.clone() } else { member(client, &there.members, named).await? };
            client.post(&path, &RecoveryRequest { owner }).await?
        }
    };
    let how: Recovery = answer.read()?;
    context.output.resource(&answer.text, || shown(&how, &there, &me.account.id))
}

fn shown(how: &Recovery, group: &Group, me: &str) -> String {
    if !how.allowed {
        return "The owners of this group have switched recovery off.".to_owned();
    }
    let name = |account: &str| {
        let member = group.members.iter().find(|member| member.account == account);
        let shown = member.map(|member| member.display_name.clone()).filter(|name| !name.is_empty());
        if account == me { "you".to_owned() } else { printable::line(&shown.unwrap_or_else(|| account.to_owned())) }
    };
    let heading = ["RUNS IT", "ROLE", "LAST HEARD", "ABSENT FROM"].map(str::to_owned).to_vec();
    let admins = how.admins.iter().map(|admin| {
        let from = if admin.absent { "absent".to_owned() } else { printable::time(&admin.absent_from) };
        vec![name(&admin.account), role_word(admin.role).to_owned(), printable::time(&admin.heard_at), from]
    });
    let mut text = table(&std::iter::once(heading).chain(admins).collect::<Vec<_>>());
    for petition in &how.petitions {
        let signers: Vec<String> = petition.signed_by.iter().map(|signer| name(signer)).collect();
        text.push_str(&format!(
            "\n{} as owner: {} of {} who are needed ({})",
            name(&petition.owner),
            signers.len(),
            how.needed,
            signers.join(", ")
        ));
    }
    let now = match &how.signed_for {
        Some(owner) => format!("You sign for {}; --withdraw takes it back.", name(owner)),
        None => "Sign with --owner MEMBER. Who shall own the group passes over those before them, who must be absent."
            .to_owned(),
    };
    format!("{text}\n{now}")
}

#[cfg(test)]
mod tests {
    use super::shown;
    use crate::examples;
    use tidings_api::{Group, Member, MemberState, Petition, Recovery, RecoveryAdmin, Role};

    fn member(account: &str, name: &str) -> Member {
        Member {
            account: account.to_owned(),
            handle: String::new(),
            display_name: name.to_owned(),
            role: Role::Member,
            state: MemberState::Member,
        }
    }

    fn group() -> Group {
        let members = vec![member("a", "Alice"), member("b", "Bob"), member("c", "Carol")];
        Group { members, ..examples::group() }
    }

    #[test]
    fn it_is_said_who_is_missed_who_has_signed_and_what_can_be_done() {
        let admin = RecoveryAdmin {
            account: "a".to_owned(),
            role: Role::Owner,
            heard_at: "2026-10-01T00:00:00Z".to_owned(),
            absent_from: "2026-10-31T00:00:00Z".to_owned(),
            absent: true,
        };
        let petition = Petition { owner: "b".to_owned(), signed_by: vec!["b".to_owned(), "c".to_owned()] };
        let mut how = Recovery {
            allowed: true,
            members: 4,
            needed: 3,
            admins: vec![admin],
            petitions: vec![petition],
            signed_for: None,
        };
        let text = shown(&how, &group(), "c");
        for part in ["Alice", "absent", "Bob as owner: 2 of 3 who are needed (Bob, you)", "--owner"] {
            assert!(text.contains(part), "{part} is not in:\n{text}");
        }
        how.signed_for = Some("b".to_owned());
        assert!(shown(&how, &group(), "c").contains("You sign for Bob; --withdraw"));
        how.allowed = false;
        assert!(shown(&how, &group(), "c").contains("switched recovery off"));
    }
}
