//! The accounts: signing up, meeting, and looking whether everybody is shown the same.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http::Client;
use crate::town::Town;

const PASSWORD: &str = "correct horse battery staple";
/// Requests at a time; the machine has fewer processors than that, but some wait for a disk.
const AT_ONCE: usize = 8;
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Somebody with an account on one of the nodes.
pub(crate) struct Person {
    pub(crate) id: String,
    socket: PathBuf,
}

impl Person {
    /// Signs up on the node whose turn it is.
    pub(crate) fn sign_up(town: &Town, number: usize) -> Self {
        let socket = town.socket(number % town.size());
        let request = json!({"name": format!("person{number}"), "password": PASSWORD});
        let made = Client::connect_socket(&socket, "").must("POST", "/auth/signup", Some(&request));
        Self { id: made["account"]["id"].as_str().unwrap().to_owned(), socket }
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect_socket(&self.socket, &self.id)
    }

    /// Follows an invite of `other`.
    pub(crate) fn follow(&self, other: &Self) {
        let link = other.client().must("POST", "/invites", Some(&json!({"kind": "contact"})))["link"].clone();
        self.client().must("POST", "/contacts", Some(&json!({"link": link})));
    }

    /// Whether the first contact, the only one of everybody but the founder, has accepted.
    pub(crate) fn has_met(&self) -> bool {
        self.client().must("GET", "/contacts", None)["items"][0]["state"] == "accepted"
    }

    /// The group, if it is known here.
    pub(crate) fn group(&self, id: &str) -> Option<Value> {
        let (status, group) = self.client().call("GET", &format!("/group/{id}"), None);
        (status == 200).then_some(group)
    }

    /// Number of members shown; 0 while the group is unknown.
    pub(crate) fn members_shown(&self, id: &str) -> usize {
        let group = self.group(id).unwrap_or_default();
        let members = group["members"].as_array().cloned().unwrap_or_default();
        members.iter().filter(|member| member["state"] == "member").count()
    }

    /// The newest message of the group.
    pub(crate) fn newest(&self, id: &str) -> Value {
        let page = self.client().must("GET", &format!("/group/{id}/messages?limit=1"), None);
        page["items"].as_array().and_then(|items| items.last().cloned()).unwrap_or_default()
    }
}

/// Does something for each of `list`, several at a time, and gives the results in order.
pub(crate) fn each<T: Sync, R: Send>(list: &[T], act: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = Mutex::new(0..list.len());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(at) = next.lock().unwrap().next() else { return };
                    let result = act(&list[at]);
                    done.lock().unwrap().push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Waits until it is so for everybody, asking each only until it is.
pub(crate) fn until_all(people: &[&Person], what: &str, so: impl Fn(&Person) -> bool + Sync) {
    let seconds = std::env::var("TIDINGS_GROUP_PATIENCE").ok().and_then(|text| text.parse().ok()).unwrap_or(600);
    let deadline = Instant::now() + Duration::from_secs(seconds);
    let mut waiting: Vec<&Person> = people.to_vec();
    loop {
        let met = each(&waiting, |person| so(person));
        waiting = waiting.into_iter().zip(met).filter(|(_, met)| !met).map(|(person, _)| person).collect();
        if waiting.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "{} of {} wait in vain: {what}", waiting.len(), people.len());
        std::thread::sleep(LOOK_AGAIN);
    }
}
