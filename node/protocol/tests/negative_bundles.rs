//! Welcomes in two, a bundle for many and a slip for each: parts that are changed, lost, repeated or for nobody, slips that are wrong, and what a
//! stranger can make a node keep.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tidings_crypto::id::{AccountId, BundleId, NodeId};
use tidings_crypto::sign::SigningKey;
use tidings_protocol::command::Command;
use tidings_protocol::input::Protocol;
use tidings_protocol::limits::{
    BUNDLE_PART_BYTES_MAX, BUNDLE_PARTS_MAX, OUTBOX_LIFETIME_MS, PROVISIONAL_BYTES_MAX, SLIPS_OF_ONE_MAX,
};
use tidings_protocol::record;
use tidings_protocol::record::log::BundleRecord;
use tidings_protocol::store::snapshot::{Direction, Snapshot as _};
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::wire;
use tidings_protocol::wire::bundle::BundlePart;
use tidings_protocol::wire::inbox::{InboxItem, InboxRequest, InboxResponse, Item, SignedSlip, Slip};
use world::forge::parts;
use world::{Person, World};

/// Alice on one node; bob, carol and dave on another; erin on a third. All are contacts of alice.
struct Town {
    world: World,
    alice: Person,
    bob: Person,
    carol: Person,
    dave: Person,
    erin: Person,
}

fn town() -> Town {
    let mut world = World::new(3);
    let [alice, bob, carol, dave, erin] = [(0, "alice"), (1, "bob"), (1, "carol"), (1, "dave"), (2, "erin")]
        .map(|(host, name)| world.sign_up(host, name));
    for other in [bob, carol, dave, erin] {
        world.befriend(alice, other);
    }
    Town { world, alice, bob, carol, dave, erin }
}

fn bundles(world: &World, host: usize) -> Vec<BundleRecord> {
    let store = &world.hosts[host].store;
    let rows = store.range(Scope::Node, Table::Bundle, &[], &[0xff; 80], usize::MAX, Direction::Forward).unwrap();
    rows.iter().map(|(_, value)| record::decode(value, "test").unwrap()).collect()
}

fn stored_parts(world: &World, host: usize) -> usize {
    let store = &world.hosts[host].store;
    store.range(Scope::Node, Table::BundlePart, &[], &[0xff; 80], usize::MAX, Direction::Forward).unwrap().len()
}

/// The part that a frame carries, if it does.
fn part_in(frame: &[u8]) -> Option<(AccountId, BundlePart)> {
    let request = wire::decode::<InboxRequest>(frame, "test").ok()?;
    match wire::decode::<Item>(request.item.as_slice(), "test").ok()? {
        Item::Part(part) => Some((request.recipient, part)),
        Item::Sealed(_) => None,
    }
}

impl Town {
    fn create(&mut self, members: &[Person]) {
        self.world.group(self.alice, "many", members);
    }

    /// In how many groups somebody is; each of them but alice has one direct conversation.
    fn groups(&self, person: Person) -> usize {
        self.world.conversations(person).len() - 1
    }

    /// Lets no part pass to the node of bob, and keeps what was held up.
    fn hold_parts(&mut self) -> Rc<RefCell<Vec<(AccountId, BundlePart)>>> {
        let held = Rc::new(RefCell::new(Vec::new()));
        let (keep, node) = (Rc::clone(&held), self.world.hosts[1].id);
        self.world.tamper = Some(Box::new(move |to, protocol, bytes| {
            let part = part_in(bytes).filter(|_| protocol == Protocol::Inbox && to == node)?;
            keep.borrow_mut().push(part);
            // No answer that anybody could read: it is tried again.
            Some(vec![0xff])
        }));
        held
    }
}

#[test]
fn a_bundle_goes_once_to_each_node_and_is_gone_when_all_have_taken_it() {
    let mut town = town();
    town.world.frames.clear();
    let guests = [town.bob, town.carol, town.dave, town.erin];
    town.create(&guests);
    let sent: Vec<BundlePart> = town.world.frames.iter().filter_map(|frame| Some(part_in(frame)?.1)).collect();
    assert_eq!(sent.len(), 2, "one part to each of two nodes");
    assert_eq!(sent[0].bundle(), sent[1].bundle());
    for guest in guests {
        assert_eq!(town.groups(guest), 1);
    }
    for host in 0..3 {
        assert_eq!((bundles(&town.world, host), stored_parts(&town.world, host)), (vec![], 0), "host {host}");
    }
}

// REQ-GROUP-12
#[test]
fn parts_may_come_in_any_order_and_twice_and_one_that_is_changed_never_stands_for_another() {
    let mut town = town();
    let held = town.hold_parts();
    town.create(&[town.bob, town.carol]);
    let (_, whole) = held.borrow()[0].clone();
    // Its sender would have sent it whole; cut smaller it is another bundle, which no slip names.
    let pieces = parts(&[town.bob.account], whole.bytes.as_slice(), 1 + whole.bytes.as_slice().len() / 3);
    assert_eq!(pieces.len(), 3);
    let mut changed = pieces[1].clone();
    changed.bytes = { [changed.bytes.as_slice(), b"x"].concat() }.into();
    let mut moved = pieces[1].clone();
    moved.index = 2;
    let mut renamed = pieces[1].clone();
    renamed.digests[0][0] ^= 1;
    let mut many = pieces[1].clone();
    many.digests.resize(BUNDLE_PARTS_MAX + 1, [0; 32]);
    let none = BundlePart { digests: Vec::new(), ..pieces[1].clone() };
    let host = town.bob.host;
    for wrong in [changed, moved, many, none] {
        assert_eq!(town.world.post_item(host, town.bob.account, &Item::Part(wrong)), InboxResponse::Refused);
    }
    assert_eq!(bundles(&town.world, host), []);
    // With another hash beside it, it is part of another bundle.
    assert_eq!(town.world.post_item(host, town.bob.account, &Item::Part(renamed.clone())), InboxResponse::Kept);
    for piece in [&pieces[2], &pieces[0], &pieces[0], &pieces[1]] {
        assert_eq!(town.world.post_item(host, town.bob.account, &Item::Part(piece.clone())), InboxResponse::Kept);
    }
    let missing: Vec<usize> = bundles(&town.world, host).iter().map(|record| record.missing.len()).collect();
    assert!(missing.contains(&0) && missing.contains(&2) && missing.len() == 2, "{missing:?}");
    assert_ne!(renamed.bundle(), pieces[0].bundle());
}

// REQ-GROUP-12
#[test]
fn parts_that_are_lost_are_sent_again_and_the_slips_wait_for_them() {
    let mut town = town();
    let held = town.hold_parts();
    town.create(&[town.bob, town.carol]);
    assert_eq!(town.groups(town.bob), 0);
    assert!(!held.borrow().is_empty());
    town.world.tamper = None;
    town.world.advance(60_000);
    assert_eq!((town.groups(town.bob), town.groups(town.carol)), (1, 1));
    for host in 0..3 {
        assert_eq!((bundles(&town.world, host), stored_parts(&town.world, host)), (vec![], 0), "host {host}");
    }
}

/// The slip for somebody that alice's node has sent, and the part of its bundle.
fn taken_apart(town: &mut Town, members: &[Person]) -> (BundlePart, Vec<SignedSlip>) {
    let held = town.hold_parts();
    town.world.frames.clear();
    town.create(members);
    let (_, part) = held.borrow()[0].clone();
    // The slips stand behind the part, which is never let through.
    let slips = members
        .iter()
        .map(|member| {
            let secret = town.world.profile(*member).box_seed;
            town.slip_on_its_way(*member, &secret)
        })
        .collect();
    (part, slips)
}

impl Town {
    /// Opens the parcel with a slip that waits at alice's node.
    fn slip_on_its_way(&self, to: Person, box_seed: &[u8; 32]) -> SignedSlip {
        use tidings_protocol::record::log::ParcelRecord;
        let secret = tidings_crypto::BoxSecretKey::from_seed(box_seed);
        let store = &self.world.hosts[0].store;
        let rows = store.range(Scope::Node, Table::Parcel, &[], &[0xff; 80], usize::MAX, Direction::Forward).unwrap();
        let open = |value: &Vec<u8>| {
            let parcel: ParcelRecord = record::decode(value, "test").unwrap();
            let Ok(Item::Sealed(sealed)) = wire::decode(&parcel.item, "test") else { return None };
            let info = tidings_protocol::wire::inbox::INFO;
            let plain = tidings_crypto::box_key::open(&secret, info, to.account.as_bytes(), sealed.as_slice()).ok()?;
            let InboxItem::Welcome(slip) = wire::decode::<InboxItem>(&plain, "test").unwrap() else { return None };
            Some(slip)
        };
        rows.iter().find_map(|(_, value)| open(value)).unwrap()
    }

    /// As if the bundle were for `to` alone.
    fn give(&mut self, to: Person, part: &BundlePart, slip: &SignedSlip) {
        let part = BundlePart { guests: vec![to.account], ..part.clone() };
        self.world.post_item(to.host, to.account, &Item::Part(part));
        self.world.post(to, &InboxItem::Welcome(slip.clone()));
    }
}

// REQ-GROUP-12
#[test]
fn a_guest_joins_when_the_last_part_has_come_and_not_before() {
    let mut town = town();
    let bob = town.bob;
    let (part, slips) = taken_apart(&mut town, &[bob]);
    // The same in three parts, as alice's node would have cut a larger one.
    let pieces = parts(&[bob.account], part.bytes.as_slice(), 1 + part.bytes.as_slice().len() / 3);
    let slip = Slip { bundle: pieces[0].bundle(), ..slips[0].parse().unwrap() };
    let signed = slip.signed(&bob.account, &town.world.device_keys(town.alice).device_key);
    for piece in [&pieces[1], &pieces[0]] {
        town.give(bob, piece, &signed);
        assert_eq!((town.groups(bob), town.world.rows(bob, Table::Slip).len()), (0, 1));
    }
    town.world.post_item(bob.host, bob.account, &Item::Part(pieces[2].clone()));
    assert_eq!((town.groups(bob), town.world.rows(bob, Table::Slip).len()), (1, 0));
}

// REQ-GROUP-12
#[test]
fn a_slip_for_somebody_else_one_that_was_changed_and_one_that_is_replayed_lead_nowhere() {
    let mut town = town();
    let (bob, carol) = (town.bob, town.carol);
    let (part, slips) = taken_apart(&mut town, &[bob, carol]);
    town.give(bob, &part, &slips[1]);
    assert_eq!(town.groups(bob), 0, "a slip for carol");
    let mut changed = slips[0].clone();
    let mut slip: Slip = changed.parse().unwrap();
    slip.key[0] ^= 1;
    changed.slip = wire::encode(&slip).into();
    town.give(bob, &part, &changed);
    assert_eq!(town.groups(bob), 0, "a slip that alice has not signed");
    town.give(bob, &part, &slips[0]);
    assert_eq!(town.groups(bob), 1, "the one she has");
    let rows = town.world.hosts[1].store.rows().count();
    for _ in 0..3 {
        town.give(bob, &part, &slips[0]);
    }
    assert_eq!(town.groups(bob), 1);
    assert_eq!(town.world.hosts[1].store.rows().count(), rows, "what was taken is not kept again");
}

// REQ-GROUP-12
#[test]
fn a_wrong_slip_of_a_contact_does_not_take_the_bundle_from_the_right_one() {
    let mut town = town();
    let (bob, carol) = (town.bob, town.carol);
    town.world.befriend(bob, carol);
    let bobs = town.groups(bob);
    let (part, slips) = taken_apart(&mut town, &[bob, carol]);
    // Carol, who is added as well, knows the bundle and its key. She vouches for them herself, and for a key that opens nothing.
    let mut slip: Slip = slips[1].parse().unwrap();
    let keys = town.world.device_keys(carol);
    (slip.inviter, slip.device) = (keys.account, keys.device);
    town.give(bob, &part, &slip.signed(&bob.account, &keys.device_key));
    slip.key = [7; 32];
    town.give(bob, &part, &slip.signed(&bob.account, &keys.device_key));
    assert_eq!(town.groups(bob), bobs);
    town.world.post(bob, &InboxItem::Welcome(slips[0].clone()));
    assert_eq!(town.groups(bob), bobs + 1);
}

#[test]
fn strangers_slips_are_not_kept_and_those_of_one_contact_are_bounded() {
    let mut town = town();
    let (alice, bob) = (town.alice, town.bob);
    let conversation = town.world.conversations(bob)[0].id;
    let slip = |inviter: &tidings_crypto::mls::DeviceKeys, number: u8| Slip {
        conversation,
        inviter: inviter.account,
        device: inviter.device,
        bundle: BundleId::from_bytes([number; 32]),
        key: [number; 32],
    };
    // Erin is no contact of bob, though he has met her.
    town.create(&[bob, town.erin]);
    let erin = town.world.device_keys(town.erin);
    let signed = slip(&erin, 1).signed(&bob.account, &erin.device_key);
    town.world.post(bob, &InboxItem::Welcome(signed));
    let keys = town.world.device_keys(alice);
    let forged = slip(&keys, 2).signed(&bob.account, &SigningKey::from_seed(&[9; 32]));
    town.world.post(bob, &InboxItem::Welcome(forged));
    assert_eq!(town.world.rows(bob, Table::Slip), []);
    for number in 0..40 {
        let signed = slip(&keys, number).signed(&bob.account, &keys.device_key);
        town.world.post(bob, &InboxItem::Welcome(signed));
    }
    assert_eq!(town.world.rows(bob, Table::Slip).len(), SLIPS_OF_ONE_MAX);
    town.world.advance(OUTBOX_LIFETIME_MS + 1);
    town.world.lock(bob);
    town.world.unlock(bob);
    assert_eq!(town.world.rows(bob, Table::Slip), [], "their bundles never came");
}

// REQ-NET-3
#[test]
fn what_a_stranger_makes_a_node_keep_is_bounded_and_goes_after_a_month() {
    let mut town = town();
    let bob = town.bob;
    let junk = |number: u8| parts(&[bob.account], &[number; BUNDLE_PART_BYTES_MAX], BUNDLE_PART_BYTES_MAX).remove(0);
    let ask = |world: &mut World, peer: NodeId, number: u8, to: AccountId| {
        let part = BundlePart { guests: vec![to], ..junk(number) };
        let request = InboxRequest { recipient: to, item: wire::encode(&Item::Part(part)).into() };
        let answer = world.ask_as(peer, 1, Protocol::Inbox, wire::encode(&request));
        wire::decode::<InboxResponse>(&answer, "test").unwrap()
    };
    let nobody = AccountId::from_bytes([9; 32]);
    let (stranger, other) = (NodeId::from_bytes([0xee; 32]), NodeId::from_bytes([0xef; 32]));
    assert_eq!(ask(&mut town.world, stranger, 0, nobody), InboxResponse::Unknown);
    let room = u8::try_from(PROVISIONAL_BYTES_MAX / BUNDLE_PART_BYTES_MAX as u64).unwrap();
    for number in 0..room {
        assert_eq!(ask(&mut town.world, stranger, number, bob.account), InboxResponse::Kept);
    }
    assert_eq!(ask(&mut town.world, stranger, room, bob.account), InboxResponse::NoRoom);
    assert_eq!(stored_parts(&town.world, 1), usize::from(room));
    // Others still have room, and so have those for whom somebody vouches.
    assert_eq!(ask(&mut town.world, other, room, bob.account), InboxResponse::Kept);
    town.create(&[bob, town.carol]);
    assert_eq!((town.groups(bob), town.groups(town.carol)), (1, 1));
    // A month later it is the room that is wanted.
    town.world.advance(OUTBOX_LIFETIME_MS + 1);
    assert_eq!(ask(&mut town.world, stranger, room + 1, bob.account), InboxResponse::Kept);
    assert_eq!(stored_parts(&town.world, 1), 1);
}

#[test]
fn a_node_without_room_gets_the_bundle_once_it_has() {
    let mut town = town();
    let refusals = Rc::new(Cell::new(0));
    let (count, node) = (Rc::clone(&refusals), town.world.hosts[1].id);
    town.world.tamper = Some(Box::new(move |to, protocol, bytes| {
        part_in(bytes).filter(|_| protocol == Protocol::Inbox && to == node && count.get() < 3)?;
        count.set(count.get() + 1);
        Some(wire::encode(&InboxResponse::NoRoom))
    }));
    town.create(&[town.bob, town.carol]);
    town.world.advance(60_000);
    assert_eq!(refusals.get(), 3);
    assert_eq!((town.groups(town.bob), town.groups(town.carol)), (1, 1));
}

// REQ-GROUP-12
#[test]
fn a_welcome_of_somebody_who_becomes_a_contact_by_the_one_before_it_waits_for_that() {
    let mut world = World::new(2);
    let (alice, bob) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"));
    let (room, node) = (Rc::new(Cell::new(false)), world.hosts[1].id);
    let (has_room, first) = (Rc::clone(&room), Cell::new(None));
    // The bundle of the direct conversation finds no room, and that of the group overtakes it.
    world.tamper = Some(Box::new(move |to, protocol, bytes| {
        let (_, part) = part_in(bytes).filter(|_| protocol == Protocol::Inbox && to == node)?;
        first.set(first.get().or(Some(part.bundle())));
        let held = !has_room.get() && first.get() == Some(part.bundle());
        held.then(|| wire::encode(&InboxResponse::NoRoom))
    }));
    let link = world.invite(alice);
    world.command(1, Command::AddContact { account: bob.account, link }).unwrap();
    world.group(alice, "ops", &[bob]);
    assert_eq!(world.conversations(bob).len(), 0);
    assert_eq!(world.rows(bob, Table::Slip).len(), 2, "both wait for the direct conversation");
    room.set(true);
    world.advance(60_000);
    assert_eq!((world.conversations(bob).len(), world.rows(bob, Table::Slip).len()), (2, 0));
}

// REQ-GROUP-12
#[test]
fn a_locked_guest_finds_the_bundle_when_it_unlocks_also_after_a_restart_and_while_the_inviter_is_away() {
    let mut town = town();
    for guest in [town.bob, town.carol] {
        town.world.lock(guest);
    }
    town.create(&[town.bob, town.carol, town.dave]);
    assert_eq!(town.groups(town.dave), 1);
    assert_eq!(bundles(&town.world, 1)[0].guests.len(), 2, "dave has taken it");
    town.world.stop(0);
    town.world.stop(1);
    town.world.start(1);
    for guest in [town.bob, town.carol] {
        town.world.unlock(guest);
        assert_eq!(town.groups(guest), 1);
    }
    assert_eq!((bundles(&town.world, 1), stored_parts(&town.world, 1)), (vec![], 0));
}

// REQ-GROUP-12
#[test]
fn an_inviter_that_restarts_in_the_middle_goes_on_with_the_parts_that_are_not_there() {
    let mut town = town();
    let held = town.hold_parts();
    town.create(&[town.bob, town.carol, town.erin]);
    assert_eq!((town.groups(town.bob), town.groups(town.erin)), (0, 1));
    town.world.stop(0);
    let before = held.borrow().len();
    town.world.tamper = None;
    town.world.start(0);
    assert!(before > 0);
    assert_eq!((town.groups(town.bob), town.groups(town.carol)), (1, 1), "alice is still locked");
    assert_eq!((bundles(&town.world, 0), stored_parts(&town.world, 0)), (vec![], 0));
}

#[test]
fn nothing_of_a_welcome_can_be_read_at_the_node_that_keeps_it() {
    let mut town = town();
    for guest in [town.bob, town.carol, town.dave] {
        town.world.lock(guest);
    }
    town.world.group(town.alice, "a name nobody else has", &[town.bob, town.carol, town.dave]);
    let store = &town.world.hosts[1].store;
    let kept: Vec<u8> = store
        .rows()
        .filter(|((_, table), ..)| matches!(table, Table::Bundle | Table::BundlePart | Table::Inbox))
        .flat_map(|(_, key, value)| [key.as_slice(), value].concat())
        .collect();
    let has = |needle: &[u8]| kept.windows(needle.len()).any(|window| window == needle);
    assert!(has(town.bob.account.as_bytes()), "for whom it is");
    assert!(!has(b"a name nobody else has") && !has(town.alice.account.as_bytes()) && !has(b"alice"));
}
