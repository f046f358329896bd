//! What `TO` stands for: an alias, `@handle`, `#group`, an id, or enough of one of them (INTERFACES §4).
//!
//! A stronger kind of match wins over weaker ones; two matches of one kind are ambiguous, and the candidates are named. The node resolves
//! contacts and groups each by itself in the same order; here both are looked at together, so that a bare name never reaches the person
//! whose name begins like the group's.

use tidings_api::{Contact, ErrorCode, Group, Problem};

use crate::client::Client;
use crate::failure::Failure;

/// The shortest text that may stand for an id by its beginning: its kind and four characters.
const ID_PREFIX_MIN: usize = 8;

/// Whom or what a text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Recipient {
    /// A person, by account id.
    Person {
        /// The account id.
        account: String,
        /// The name to show.
        name: String,
    },
    /// A group, by its id.
    Group {
        /// The group's id.
        id: String,
        /// The name to show.
        name: String,
    },
}

/// Asks the node for the lists and finds the one that is named.
///
/// # Errors
/// `NOT_FOUND` or `AMBIGUOUS`, and those of the node.
pub(crate) async fn resolve(client: &Client, text: &str) -> Result<Recipient, Failure> {
    let contacts = if text.starts_with('#') { Vec::new() } else { client.list("/contacts").await?.items()? };
    let groups = if text.starts_with('@') { Vec::new() } else { client.list("/groups").await?.items()? };
    find(text, &contacts, &groups)
}

/// All texts that name one recipient, in lower case; the empty one matches nothing.
struct Names<'a> {
    contact: Option<&'a Contact>,
    group: Option<&'a Group>,
    active: bool,
    ids: Vec<String>,
    alias: String,
    handle: String,
    name: String,
    shown: String,
}

impl<'a> Names<'a> {
    fn of_contact(contact: &'a Contact) -> Self {
        let handle = contact.handle.to_lowercase();
        let mut ids = vec![contact.account.to_lowercase()];
        ids.extend(contact.conversation.iter().map(|id| id.to_lowercase()));
        Self {
            contact: Some(contact),
            group: None,
            active: true,
            ids,
            alias: contact.alias.as_deref().unwrap_or_default().to_lowercase(),
            name: handle.split('@').next().unwrap_or_default().to_owned(),
            handle,
            shown: contact.display_name.to_lowercase(),
        }
    }

    fn of_group(group: &'a Group) -> Self {
        Self {
            contact: None,
            group: Some(group),
            active: group.active,
            ids: vec![group.id.to_lowercase()],
            alias: String::new(),
            handle: String::new(),
            name: group.name.to_lowercase(),
            shown: String::new(),
        }
    }

    fn starts_with(&self, wanted: &str) -> bool {
        let by_name =
            [&self.alias, &self.handle, &self.name, &self.shown].into_iter().any(|name| name.starts_with(wanted));
        by_name || (wanted.len() >= ID_PREFIX_MIN && self.ids.iter().any(|id| id.starts_with(wanted)))
    }

    fn recipient(&self) -> Option<Recipient> {
        let person = |contact: &Contact| Recipient::Person {
            account: contact.account.clone(),
            name: contact.display_name.clone(),
        };
        let group = |group: &Group| Recipient::Group { id: group.id.clone(), name: group.name.clone() };
        self.contact.map(person).or_else(|| self.group.map(group))
    }

    fn unmistakable(&self) -> String {
        match (self.contact, self.group) {
            (Some(contact), _) if contact.handle.is_empty() => contact.account.clone(),
            (Some(contact), _) => format!("@{} ({})", contact.handle, contact.account),
            (None, Some(group)) => format!("#{} ({})", group.name, group.id),
            (None, None) => String::new(),
        }
    }
}

/// Finds the one recipient that `text` names.
///
/// # Errors
/// `NOT_FOUND` or `AMBIGUOUS`.
pub(crate) fn find(text: &str, contacts: &[Contact], groups: &[Group]) -> Result<Recipient, Failure> {
    let contacts = contacts.iter().filter(|_| !text.starts_with('#')).map(Names::of_contact);
    let groups = groups.iter().filter(|_| !text.starts_with('@')).map(Names::of_group);
    let all: Vec<Names<'_>> = contacts.chain(groups).collect();
    let wanted = text.strip_prefix(['@', '#']).unwrap_or(text).to_lowercase();
    if wanted.is_empty() {
        return Err(Failure::Usage("the recipient is empty".to_owned()));
    }
    let kinds: [&dyn Fn(&Names<'_>) -> bool; 6] = [
        &|names| names.ids.contains(&wanted),
        &|names| names.alias == wanted,
        &|names| names.handle == wanted,
        &|names| names.name == wanted,
        &|names| names.shown == wanted,
        &|names| names.starts_with(&wanted),
    ];
    // A group one has left can still be read; it does not stand in the way of one that is there.
    for active in [true, false] {
        for kind in kinds {
            let found: Vec<&Names<'_>> = all.iter().filter(|names| names.active == active && kind(names)).collect();
            match found.as_slice() {
                [] => {}
                [one] => return one.recipient().ok_or_else(|| nobody(text)),
                several => return Err(ambiguous(text, several)),
            }
        }
    }
    Err(nobody(text))
}

fn nobody(text: &str) -> Failure {
    let problem = Problem::new(ErrorCode::NotFound, format!("there is no contact or group called {text}"));
    Failure::Problem(Box::new(problem.fix("`tidings contact list` and `tidings group list` show who is there")))
}

fn ambiguous(text: &str, several: &[&Names<'_>]) -> Failure {
    let problem = Problem::new(ErrorCode::Ambiguous, format!("{text} fits {} of them", several.len()))
        .fix("use one of them, or its id");
    Failure::Problem(Box::new(problem.candidates(several.iter().map(|names| names.unmistakable()).collect())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::examples;
    use tidings_api::ContactState;

    fn contact(account: &str, name: &str, alias: Option<&str>) -> Contact {
        Contact {
            account: format!("acc1{account}"),
            handle: format!("{name}@12D3Koo{account}"),
            display_name: format!("{name} Smith"),
            alias: alias.map(str::to_owned),
            state: ContactState::Accepted,
            reason: None,
            conversation: Some(format!("cnv1direct{account}")),
            online: None,
            created_at: String::new(),
        }
    }

    fn group(id: &str, name: &str, active: bool) -> Group {
        Group { id: format!("cnv1{id}"), name: name.to_owned(), active, ..examples::group() }
    }

    fn named(text: &str) -> Result<String, (u8, usize)> {
        let contacts = [
            contact("aaaa", "bob", Some("boss")),
            contact("bbbb", "bob", None),
            contact("cccc", "opsman", None),
            contact("dddd", "Boris", None),
        ];
        let groups = [
            group("eeee", "ops", true),
            group("ffff", "Old", false),
            group("gggg", "Old", true),
            group("hhhh", "gone", false),
        ];
        match find(text, &contacts, &groups) {
            Ok(Recipient::Person { account, .. }) => Ok(account),
            Ok(Recipient::Group { id, .. }) => Ok(id),
            Err(Failure::Problem(problem)) => Err((problem.code.exit_code(), problem.candidates.len())),
            Err(other) => Err((other.exit_code(), 0)),
        }
    }

    #[test]
    fn a_recipient_is_found_by_every_kind_of_name() {
        for (text, id) in [
            ("boss", "acc1aaaa"),
            ("@boss", "acc1aaaa"),
            ("bob@12D3Kooaaaa", "acc1aaaa"),
            ("@BOB@12d3koobbbb", "acc1bbbb"),
            ("acc1bbbb", "acc1bbbb"),
            ("cnv1directcccc", "acc1cccc"),
            ("opsman smith", "acc1cccc"),
            ("bor", "acc1dddd"),
            ("ops", "cnv1eeee"),
            ("#ops", "cnv1eeee"),
            ("#o p s", ""),
            ("@ops", "acc1cccc"),
            ("#op", "cnv1eeee"),
            ("old", "cnv1gggg"),
            ("#gone", "cnv1hhhh"),
        ] {
            assert_eq!(named(text).unwrap_or_default(), id, "{text}");
        }
    }

    #[test]
    fn what_fits_several_or_nobody_is_refused_with_the_candidates() {
        assert_eq!(named("bob"), Err((5, 2)));
        assert_eq!(named("op"), Err((5, 2)), "a group and a person");
        assert_eq!(named("bo"), Err((5, 3)));
        assert_eq!(named("nobody"), Err((5, 0)));
        assert_eq!(named("acc1"), Err((5, 0)), "a kind of id alone names nobody");
        assert_eq!(named("#bob"), Err((5, 0)));
        assert_eq!(named("@"), Err((2, 0)));
    }
}
