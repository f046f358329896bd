//! Forged, foreign and repeated requests to be let into a group, and welcomes that nobody has asked for.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tidings_crypto::encode;
use tidings_crypto::id::{ConversationId, EntryId, EpochId};
use tidings_crypto::invite::InviteLink;
use tidings_crypto::mls::{CommitPlan, DeviceKeys, Group, SignedKeyPackage, key_package};
use tidings_crypto::sign::Label;
use tidings_protocol::account::conversation::rule::Class;
use tidings_protocol::account::policy::{Creation, JoinRule, Policy};
use tidings_protocol::command::{Command, GroupChange};
use tidings_protocol::input::Protocol;
use tidings_protocol::record::conversation::ConversationKind;
use tidings_protocol::record::join::JoinState;
use tidings_protocol::store::table::Table;
use tidings_protocol::wire::commit_body::Introduction;
use tidings_protocol::wire::inbox::{
    Claims, ContactRequest, InboxItem, InboxRequest, JoinRequest, Refusal, RefusalReason, Slip, Told, WelcomeBundle,
};
use tidings_protocol::wire::{self, bundle};
use world::{Person, World};

fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

/// A group that alice owns and is alone in, her link into it, and carol, who knows nobody.
struct Door {
    world: World,
    alice: Person,
    carol: Person,
    group: ConversationId,
    link: InviteLink,
}

fn door(rule: JoinRule, uses: u32) -> Door {
    let mut world = World::new(3);
    let (alice, carol) = (world.sign_up(0, "alice"), world.sign_up(1, "carol"));
    let group = world.group(alice, "ops", &[]);
    world.set_group(alice, group, GroupChange { join: Some(rule), ..GroupChange::default() }).unwrap();
    let link = world.group_link(alice, group, uses, false).unwrap();
    Door { world, alice, carol, group, link }
}

impl Door {
    /// What a person's node would say of them, with a key package that is really theirs.
    fn claims(&self, person: Person) -> Claims {
        let directory = self.world.directory(person);
        let package = key_package::create(&self.world.device_keys(person), self.now(), &mut rng(7)).unwrap().1;
        Claims {
            introduction: Introduction {
                log: wire::field(directory.identity_log),
                name: wire::field(b"somebody".to_vec()),
                reach: wire::field(vec![]),
            },
            display_name: wire::field(b"Somebody".to_vec()),
            box_key: wire::field(directory.box_key),
            key_packages: vec![wire::field(package.to_bytes())],
            key_token: [9; 16],
        }
    }

    fn now(&self) -> u64 {
        self.world.now / 1000
    }

    fn request(&self, link: &InviteLink, person: Person) -> ContactRequest {
        let key = self.world.device_keys(person).device_key;
        ContactRequest::new(link, &self.alice.account, &self.claims(person), &key)
    }

    /// Drops a request into alice's inbox; how many members the group has then.
    fn ask(&mut self, group: ConversationId, request: ContactRequest) -> usize {
        self.world.post(self.alice, &InboxItem::Join(JoinRequest { group, request }));
        self.members()
    }

    fn members(&self) -> usize {
        self.world.conversation(self.alice, self.group).members.len()
    }

    fn untouched(&self) -> bool {
        self.members() == 1
            && [Table::JoinRequest, Table::Intent, Table::Contact]
                .iter()
                .all(|table| self.world.rows(self.alice, *table).is_empty())
    }
}

#[test]
fn a_request_with_the_secret_of_the_link_is_let_in_so_the_forging_is_right() {
    let mut door = door(JoinRule::Link, 1);
    let request = door.request(&door.link, door.carol);
    assert_eq!(door.ask(door.group, request), 2);
}

// NEGATIVE_TESTS 98
// REQ-JOIN-1
#[test]
fn a_request_without_the_secret_or_for_another_group_is_refused_and_spends_nothing() {
    let mut door = door(JoinRule::Link, 1);
    let (good, group) = (door.request(&door.link, door.carol), door.group);
    let mut wrong_mac = good.clone();
    wrong_mac.mac[0] ^= 1;
    let mut other_claims = good.clone();
    other_claims.claims = wire::field(encode(&Claims { key_token: [8; 16], ..door.claims(door.carol) }));
    let mut unknown = good.clone();
    unknown.invite = [7; 16];
    for forged in [wrong_mac, other_claims, unknown] {
        assert_eq!(door.ask(group, forged), 1);
    }
    let other = door.world.group(door.alice, "other", &[]);
    door.ask(other, good.clone());
    let mut aimed = door.link.clone();
    aimed.group = Some(other);
    let aimed = door.request(&aimed, door.carol);
    door.ask(other, aimed.clone());
    assert_eq!(door.ask(group, aimed), 1);
    assert_eq!(door.world.conversation(door.alice, other).members.len(), 1);
    assert!(door.untouched());
    assert_eq!(door.ask(group, good), 2);
}

// NEGATIVE_TESTS 6, 12
// REQ-JOIN-1
#[test]
fn a_link_into_a_group_makes_no_contact_and_a_link_to_a_contact_leads_into_no_group() {
    let mut door = door(JoinRule::Link, 1);
    let (alice, carol, group) = (door.alice, door.carol, door.group);
    let mut as_contact = door.link.clone();
    as_contact.group = None;
    for request in [door.request(&as_contact, carol), door.request(&door.link, carol)] {
        door.world.post(alice, &InboxItem::ContactRequest(request));
    }
    assert!(door.untouched());
    let contact = door.world.invite(alice);
    let mut into_group = contact.clone();
    into_group.group = Some(group);
    for request in [door.request(&contact, carol), door.request(&into_group, carol)] {
        assert_eq!(door.ask(group, request), 1);
    }
    assert!(door.untouched());
}

// NEGATIVE_TESTS 12, 98
// REQ-JOIN-1
#[test]
fn whoever_has_the_link_asks_for_nobody_else_and_no_signature_passes_for_another() {
    let mut door = door(JoinRule::Link, 1);
    let (carol, group) = (door.carol, door.group);
    let eve = door.world.sign_up(2, "eve");
    let mut for_carol = door.request(&door.link, carol);
    for_carol.signature = ContactRequest::new(
        &door.link,
        &door.alice.account,
        &door.claims(carol),
        &door.world.device_keys(eve).device_key,
    )
    .signature;
    assert_eq!(door.ask(group, for_carol.clone()), 1);
    let key = door.world.device_keys(carol).device_key;
    let signed = for_carol.signed_bytes(&door.alice.account, Some(&group));
    for label in Label::ALL.into_iter().filter(|label| *label != Label::JoinRequest) {
        for_carol.signature = key.sign(label, &signed);
        assert_eq!(door.ask(group, for_carol.clone()), 1, "{label:?}");
    }
    for_carol.signature = key.sign(Label::JoinRequest, &signed);
    assert_eq!(door.ask(group, for_carol), 2);
}

// NEGATIVE_TESTS 98
// REQ-JOIN-4
#[test]
fn a_link_brings_no_more_requests_than_it_has_uses() {
    let mut door = door(JoinRule::Approved, 2);
    let (alice, group) = (door.alice, door.group);
    let strangers: Vec<Person> = ["s", "t", "u"].iter().map(|name| door.world.sign_up(2, name)).collect();
    for stranger in &strangers {
        for _ in 0..3 {
            let request = door.request(&door.link, *stranger);
            door.ask(group, request);
        }
    }
    assert_eq!(door.world.rows(alice, Table::JoinRequest).len(), 2);
    for stranger in &strangers[..2] {
        door.world.decide(alice, group, *stranger, false).unwrap();
    }
    let again = door.request(&door.link, strangers[2]);
    door.ask(group, again);
    assert!(door.untouched(), "who was turned away has used the link all the same");
}

// NEGATIVE_TESTS 98
// REQ-JOIN-6
#[test]
fn a_request_that_somebody_sends_again_brings_nobody_back_who_has_left() {
    let mut door = door(JoinRule::Link, 5);
    let (alice, carol, group) = (door.alice, door.carol, door.group);
    door.world.join(carol, &door.link.clone()).unwrap();
    assert_eq!(door.members(), 2);
    door.world.command(carol.host, Command::Leave { account: carol.account, conversation: group }).unwrap();
    door.world.advance(6_000);
    assert_eq!(door.members(), 1);
    let recorded: Vec<Vec<u8>> = door.world.frames.clone();
    let to_alice = |frame: &Vec<u8>| {
        wire::decode::<InboxRequest>(frame, "test").is_ok_and(|request| request.recipient == alice.account)
    };
    let mut again = 0;
    for frame in recorded.into_iter().filter(to_alice) {
        again += 1;
        door.world.ask(alice.host, Protocol::Inbox, frame);
        door.world.advance(6_000);
    }
    assert!(again > 0 && door.members() == 1 && door.world.rows(alice, Table::Intent).is_empty());
}

// NEGATIVE_TESTS 42
// REQ-JOIN-9
#[test]
fn a_key_package_that_nobody_would_take_keeps_nobody_else_out() {
    let mut door = door(JoinRule::Link, 5);
    let (alice, carol, group) = (door.alice, door.carol, door.group);
    let mallory = door.world.sign_up(2, "mallory");
    let honest = door.world.device_keys(mallory);
    // Rightly signed, but under a head that mallory's identity log never had: only the judgement of a commit finds that.
    let keys = DeviceKeys { identity_head: [3; 32], ..honest };
    let package = key_package::create(&keys, door.now(), &mut rng(8)).unwrap().1;
    let claims = Claims { key_packages: vec![wire::field(package.to_bytes())], ..door.claims(mallory) };
    let hers = ContactRequest::new(&door.link, &alice.account, &claims, &keys.device_key);
    let good = door.request(&door.link, carol);
    door.world.lock(alice);
    door.ask_locked(group, hers);
    door.ask_locked(group, good);
    door.world.unlock(alice);
    door.world.advance(6_000);
    let members = door.world.conversation(alice, group).members;
    assert!(members.contains(&carol.account) && !members.contains(&mallory.account));
}

impl Door {
    fn ask_locked(&mut self, group: ConversationId, request: ContactRequest) {
        self.world.post(self.alice, &InboxItem::Join(JoinRequest { group, request }));
    }
}

// NEGATIVE_TESTS 98
// REQ-JOIN-4
#[test]
fn nobody_without_the_secret_tells_whoever_asked_that_they_were_refused() {
    let mut door = door(JoinRule::Approved, 1);
    let (alice, carol) = (door.alice, door.carol);
    door.world.join(carol, &door.link.clone()).unwrap();
    let reason = RefusalReason::Declined;
    let mut other = door.link.clone();
    other.secret[0] ^= 1;
    let input = Refusal::mac_input(&carol.account, reason);
    let for_eve = Refusal::mac_input(&alice.account, reason);
    for mac in [other.mac(&input), door.link.mac(&for_eve), door.link.mac(b""), [0; 32]] {
        door.world.post(carol, &InboxItem::Refusal(Refusal { inviter: alice.account, reason, mac }));
        assert_eq!(door.world.joins(carol)[0].0, JoinState::Requested);
    }
    let mac = door.link.mac(&input);
    door.world.post(carol, &InboxItem::Refusal(Refusal { inviter: alice.account, reason, mac }));
    assert_eq!(door.world.joins(carol)[0].0, JoinState::Refused);
}

/// A conversation of `founder`, alone in it, that nobody else has heard of.
fn founded(world: &World, founder: Person, kind: ConversationKind) -> (Group, Creation) {
    let keys = world.device_keys(founder);
    let creation = Creation::new(kind, keys.account, keys.device, [3; 32]);
    let policy = Policy::new(creation.clone(), "ops", "").to_bytes();
    (Group::create(&keys, creation.conversation(), &policy, &mut rng(9)).unwrap(), creation)
}

/// Hands carol a welcome of `inviter` to `group`; whether she is in one conversation more.
fn welcomes(world: &mut World, inviter: Person, carol: Person, made: (&mut Group, Creation)) -> bool {
    welcomes_telling(world, inviter, carol, made, |own| vec![own])
}

/// As [`welcomes`], with what the welcome tells of the epochs up to its own.
fn welcomes_telling(
    world: &mut World,
    inviter: Person,
    carol: Person,
    (group, creation): (&mut Group, Creation),
    tell: impl Fn(Told) -> Vec<Told>,
) -> bool {
    let package = pool(world, carol);
    let plan = CommitPlan { adds: vec![package], ..CommitPlan::default() };
    let built = group.commit(plan, &mut rng(10)).unwrap();
    let introduce = |person: Person| Introduction {
        log: wire::field(world.directory(person).identity_log),
        name: wire::field(vec![]),
        reach: wire::field(vec![]),
    };
    let told = world::forge::second_epoch(group.conversation(), inviter.account);
    let bundle = WelcomeBundle {
        welcome: wire::field(built.welcome.unwrap()),
        creation,
        epoch: told.epoch,
        topic_secret: [6; 32],
        members: vec![introduce(inviter), introduce(carol)],
        generations: Vec::new(),
        display_name: wire::field(vec![]),
        box_key: wire::field(world.directory(inviter).box_key),
        key_token: [0; 16],
        past_tags: Vec::new(),
        told: tell(told),
        chain: Vec::new(),
        signers: Vec::new(),
    };
    let (key, sealed) = tidings_crypto::bundle::seal(&wire::encode(&bundle), &mut rng(11));
    let keys = world.device_keys(inviter);
    let slip = Slip {
        conversation: group.conversation(),
        inviter: keys.account,
        device: keys.device,
        bundle: bundle::id(&sealed),
        key: *key,
    };
    let before = world.conversations(carol).len();
    world.post_bundle(carol, &sealed);
    world.post(carol, &InboxItem::Welcome(slip.signed(&carol.account, &keys.device_key)));
    world.conversations(carol).len() > before
}

/// A key package that carol's node hands out.
fn pool(world: &World, carol: Person) -> SignedKeyPackage {
    use tidings_protocol::store::snapshot::{Direction, Snapshot as _};
    use tidings_protocol::store::table::Scope;
    let store = &world.hosts[carol.host].store;
    let rows =
        store.range(Scope::Node, Table::KeyPackagePool, carol.account.as_bytes(), &[0xff; 80], 1, Direction::Forward);
    SignedKeyPackage::parse(&rows.unwrap()[0].1).unwrap()
}

/// Carol follows a link of `by` into a conversation of which only its maker knows.
fn follows(world: &mut World, carol: Person, by: Person, group: ConversationId) {
    let node = world.hosts[by.host].id;
    let link = InviteLink {
        secret: [1; 16],
        account: by.account,
        node,
        expires: u32::MAX,
        addresses: Vec::new(),
        group: Some(group),
    };
    world.join(carol, &link).unwrap();
    assert!(world.joins(carol).iter().all(|(state, _)| *state == JoinState::Requested));
}

// NEGATIVE_TESTS 39
// REQ-JOIN-7
#[test]
fn the_maker_of_a_link_brings_whoever_followed_it_into_that_group_and_nowhere_else() {
    let strangers = || {
        let mut world = World::new(3);
        let (alice, bob, carol) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"), world.sign_up(2, "carol"));
        (world, alice, bob, carol)
    };
    let (mut world, alice, _, carol) = strangers();
    let (mut group, creation) = founded(&world, alice, ConversationKind::Group);
    assert!(!welcomes(&mut world, alice, carol, (&mut group, creation)), "she has asked nobody");

    let (mut world, alice, _, carol) = strangers();
    let (mut group, creation) = founded(&world, alice, ConversationKind::Group);
    follows(&mut world, carol, alice, ConversationId::from_bytes([1; 32]));
    assert!(!welcomes(&mut world, alice, carol, (&mut group, creation)), "into another group");

    let (mut world, alice, bob, carol) = strangers();
    let (mut group, creation) = founded(&world, bob, ConversationKind::Group);
    // She knows bob by a link of his into another group.
    follows(&mut world, carol, bob, ConversationId::from_bytes([1; 32]));
    follows(&mut world, carol, alice, creation.conversation());
    assert!(!welcomes(&mut world, bob, carol, (&mut group, creation)), "by somebody else");

    let (mut world, alice, _, carol) = strangers();
    let (mut group, creation) = founded(&world, alice, ConversationKind::Direct);
    follows(&mut world, carol, alice, creation.conversation());
    assert!(!welcomes(&mut world, alice, carol, (&mut group, creation)), "into a direct conversation");

    let (mut world, alice, _, carol) = strangers();
    let (mut group, creation) = founded(&world, alice, ConversationKind::Group);
    follows(&mut world, carol, alice, creation.conversation());
    // Each of two epochs is the other's parent.
    let [one, other] = [8, 9].map(|byte| EpochId::from_bytes([byte; 32]));
    let circle = |own: Told| {
        let [first, second] = [(one, other), (other, one)].map(|(epoch, parent)| Told { epoch, parent, ..own.clone() });
        vec![first.clone(), second, first, Told { parent: one, ..own }]
    };
    assert!(!welcomes_telling(&mut world, alice, carol, (&mut group, creation), circle), "above epochs in a circle");

    let (mut world, alice, _, carol) = strangers();
    let (mut group, creation) = founded(&world, alice, ConversationKind::Group);
    let conversation = creation.conversation();
    follows(&mut world, carol, alice, conversation);
    // She is told of a rival that wins, and to which she cannot go.
    let better = |own: Told| {
        let mut rival = own.clone();
        (rival.commit[0].id, rival.commit[0].class) = (EntryId::from_bytes([5; 32]), Class::Removal.number());
        rival.epoch = EpochId::next(&conversation, &own.parent, &rival.commit[0].id);
        let first = Told { epoch: own.parent, parent: EpochId::from_bytes([0; 32]), number: 0, commit: Vec::new() };
        vec![first, rival, own]
    };
    assert!(welcomes_telling(&mut world, alice, carol, (&mut group, creation), better));
    world.advance(24 * 3600 * 1000);
    assert!(world.conversation(carol, conversation).is_stranded());

    let (mut world, alice, _, carol) = strangers();
    let (mut group, creation) = founded(&world, alice, ConversationKind::Group);
    follows(&mut world, carol, alice, creation.conversation());
    assert!(welcomes(&mut world, alice, carol, (&mut group, creation)), "as she has asked");
    let leave = Command::Leave { account: carol.account, conversation: group.conversation() };
    world.command(carol.host, leave).unwrap();
    assert!(world.rows(carol, Table::Join).is_empty());
}
