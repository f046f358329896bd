//! Reading over the reference store.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use tidings_crypto::id::{AccountId, ConversationId, EpochId, NodeId};

use super::events::Kept;
use super::recipient::Named;
use super::*;
use crate::account::message::store::PlaceRecord;
use crate::account::policy::{Creation, Policy};
use crate::error::{Error, Rejection};
use crate::record::contact::{ContactRecord, ContactState};
use crate::record::conversation::{ConversationKind, ConversationRecord};
use crate::record::event::{EventKind, EventRecord};
use crate::record::key::join;
use crate::record::message::MessageRecord;
use crate::store::memory::MemoryStore;
use crate::store::write_set::WriteSet;

const ME: AccountId = AccountId::from_bytes([1; 32]);

fn store(rows: Vec<(Table, Vec<u8>, Vec<u8>)>) -> MemoryStore {
    let (mut store, mut writes) = (MemoryStore::new(), WriteSet::default());
    for (table, key, value) in rows {
        writes.put(Scope::Account(ME), table, key, value);
    }
    store.unlock(ME);
    store.commit(writes).unwrap();
    store
}

fn person(seed: u8, name: &str, alias: Option<&str>) -> (Table, Vec<u8>, Vec<u8>) {
    let account = AccountId::from_bytes([seed; 32]);
    let record = ContactRecord {
        account,
        state: ContactState::Accepted,
        name: name.to_owned(),
        display_name: name.to_uppercase(),
        alias: alias.map(str::to_owned),
        home: NodeId::from_bytes([9; 32]),
        conversation: None,
        box_key: Vec::new(),
        key_packages: Vec::new(),
        key_token: None,
        link: None,
        refusal: String::new(),
        created_at: 0,
    };
    (Table::Contact, account.as_bytes().to_vec(), record::encode(&record))
}

fn found(store: &MemoryStore, text: &str) -> Result<AccountId, Vec<String>> {
    match recipient::contact(store, ME, text, &|_| "12D3node".to_owned()).unwrap() {
        Named::One(contact) => Ok(contact.account),
        Named::Nobody => Err(Vec::new()),
        Named::Several(candidates) => Err(candidates),
    }
}

fn conversation(seed: u8, name: &str, active_at: u64) -> (Table, Vec<u8>, Vec<u8>) {
    let id = ConversationId::from_bytes([seed; 32]);
    let creation =
        Creation::new(ConversationKind::Group, ME, tidings_crypto::id::DeviceId::from_bytes([1; 16]), [seed; 32]);
    let first = EpochId::from_bytes([0; 32]);
    let blank = ConversationRecord::blank(id, ConversationKind::Group, ME, first, active_at);
    let policy = Policy::new(creation, name, "about").to_bytes();
    let record = ConversationRecord { policy, members: vec![ME], ..blank };
    (Table::Conversation, id.as_bytes().to_vec(), record::encode(&record))
}

#[test]
fn an_exact_name_of_a_stronger_kind_wins() {
    let store =
        store(vec![person(2, "bob", None), person(3, "bobby", Some("bob2")), person(4, "carol", Some("bobby"))]);
    let account = |seed| Ok(AccountId::from_bytes([seed; 32]));
    assert_eq!(found(&store, "bob"), account(2));
    assert_eq!(found(&store, "@BOB"), account(2));
    assert_eq!(found(&store, "bobby"), account(4), "an alias is the caller's own word and comes first");
    assert_eq!(found(&store, "bobby@12D3node"), account(3));
    assert_eq!(found(&store, "car"), account(4));
    assert_eq!(found(&store, &AccountId::from_bytes([3; 32]).to_string()), account(3));
    assert_eq!(found(&store, &AccountId::from_bytes([3; 32]).to_string()[..20]), account(3));
}

#[test]
fn a_name_that_fits_two_people_names_both_and_none_names_nobody() {
    let store = store(vec![person(2, "bob", None), person(3, "bobby", None)]);
    assert_eq!(found(&store, "bo").unwrap_err().len(), 2);
    for nobody in ["", "@", "dave", "acc1", &AccountId::from_bytes([7; 32]).to_string()] {
        assert_eq!(found(&store, nobody), Err(Vec::new()), "{nobody:?}");
    }
}

#[test]
fn a_group_goes_by_its_name_its_id_or_the_beginning_of_one() {
    let store = store(vec![conversation(2, "Ops", 5), conversation(3, "Ops night", 9), conversation(4, "Alerts", 7)]);
    let group = |text: &str| match recipient::group(&store, ME, text).unwrap() {
        Named::One(record) => record.id.as_bytes()[0],
        Named::Nobody => 0,
        Named::Several(candidates) => 100 + u8::try_from(candidates.len()).unwrap(),
    };
    assert_eq!(group("#ops"), 2);
    assert_eq!(group("alerts"), 4);
    assert_eq!(group("al"), 4);
    assert_eq!(group("op"), 102);
    assert_eq!(group(&ConversationId::from_bytes([3; 32]).to_string()), 3);
    assert_eq!(group("nothing"), 0);
}

#[test]
fn conversations_come_latest_first_and_carry_their_policy() {
    let store = store(vec![conversation(2, "a", 5), conversation(3, "b", 9), conversation(4, "c", 7)]);
    let order: Vec<u8> =
        conversations::list(&store, ME).unwrap().iter().map(|record| record.id.as_bytes()[0]).collect();
    assert_eq!(order, [3, 4, 2]);
    let view = groups::with(&store, ME, ConversationId::from_bytes([3; 32])).unwrap().unwrap();
    assert_eq!((view.policy.name.as_str(), view.policy.description.as_str()), ("b", "about"));
    assert_eq!(view.members[0].role, groups::RoleView::Owner);
}

#[test]
fn pages_of_messages_go_back_to_the_first_without_a_gap() {
    let conversation = ConversationId::from_bytes([2; 32]);
    let message = |number: u8, of: u8| {
        let id = [number; 16];
        let record = MessageRecord {
            conversation: Some(conversation),
            order: vec![number],
            ..MessageRecord::new(id, ME, number.to_string(), 0, 0)
        };
        (Table::Message, join(&[&[of; 32], &[number]]), record::encode(&record))
    };
    let mut rows: Vec<_> = (0..7).map(|number| message(number, 2)).collect();
    // Neighbours on both sides must not show.
    rows.extend([message(100, 1), message(101, 3)]);
    let place = PlaceRecord { conversation: Some(conversation), order: vec![4] };
    rows.push((Table::MessageId, vec![4; 16], record::encode(&place)));
    let store = store(rows);
    let (mut seen, mut before) = (Vec::new(), None::<Vec<u8>>);
    loop {
        let page = messages::page(&store, ME, conversation, before.as_deref(), 3).unwrap();
        let texts: Vec<String> = page.messages.iter().map(|message| message.text.clone()).collect();
        seen.splice(0..0, texts);
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["0", "1", "2", "3", "4", "5", "6"]);
    assert_eq!(messages::own(&store, ME, &[4; 16]).unwrap().unwrap().text, "4");
    assert_eq!(messages::own(&store, ME, &[5; 16]).unwrap(), None);
    assert_eq!(messages::last(&store, ME, conversation).unwrap().unwrap().text, "6");
}

#[test]
fn events_resume_after_a_cursor_and_a_lost_one_is_noticed() {
    let event = |cursor: u64| {
        (
            Table::Event,
            cursor.to_be_bytes().to_vec(),
            record::encode(&EventRecord { time: cursor, conversation: None, kind: EventKind::Unreadable }),
        )
    };
    let store = store((5..=9).map(event).collect());
    let kept = events::kept(&store, ME).unwrap().unwrap();
    assert_eq!(kept, Kept { oldest: 5, newest: 9 });
    assert!([0, 3, 10, u64::MAX].iter().all(|cursor| kept.misses(*cursor)));
    assert!([4, 5, 9].iter().all(|cursor| !kept.misses(*cursor)));
    let cursors: Vec<u64> = events::after(&store, ME, 6, 2).unwrap().iter().map(|(cursor, _)| *cursor).collect();
    assert_eq!(cursors, [7, 8]);
    assert!(events::after(&store, ME, u64::MAX, 10).unwrap().is_empty());
}

// REQ-VAULT-4
#[test]
fn a_locked_account_answers_nothing_but_that_it_is_locked() {
    let mut store = store(vec![person(2, "bob", None), conversation(2, "a", 1)]);
    store.lock(ME);
    let locked = Error::Rejection(Rejection::Locked);
    assert_eq!(contacts::list(&store, ME).unwrap_err(), locked);
    assert_eq!(conversations::list(&store, ME).unwrap_err(), locked);
    assert_eq!(invites::list(&store, ME).unwrap_err(), locked);
    assert_eq!(events::kept(&store, ME).unwrap_err(), locked);
    assert_eq!(messages::own(&store, ME, &[0; 16]).unwrap_err(), locked);
    assert!(!directory::is_unlocked(&store, ME).unwrap());
    store.unlock(ME);
    assert!(directory::is_unlocked(&store, ME).unwrap());
}
