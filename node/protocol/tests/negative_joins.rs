//! Forged welcomes, contact requests, identities and key packages, dropped into real inboxes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tidings_crypto::id::{AccountId, ConversationId, DeviceId, EpochId};
use tidings_crypto::identity::{BoxKeyRecord, DeviceRecord, IdentityLog};
use tidings_crypto::invite::InviteLink;
use tidings_crypto::mls::{CommitPlan, DeviceKeys, Group, SignedKeyPackage, key_package};
use tidings_crypto::sign::{Label, Signature, SigningKey};
use tidings_crypto::{BoxSecretKey, encode};
use tidings_protocol::account::policy::{Creation, Link, Policy, Role, Signer};
use tidings_protocol::command::{Command, Recipient};
use tidings_protocol::input::Protocol;
use tidings_protocol::record;
use tidings_protocol::record::contact::{ContactRecord, ContactState};
use tidings_protocol::record::conversation::ConversationKind;
use tidings_protocol::store::table::Table;
use tidings_protocol::wire::commit_body::Introduction;
use tidings_protocol::wire::id::IdResponse;
use tidings_protocol::wire::inbox::{Claims, ContactRequest, InboxItem, SignedSlip, Slip, WelcomeBundle};
use tidings_protocol::wire::{self, bundle};
use world::{Person, World};

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([21; 32])
}

fn contacts(world: &World, person: Person) -> Vec<ContactRecord> {
    world.rows(person, Table::Contact).iter().map(|(_, value)| record::decode(value, "test").unwrap()).collect()
}

fn introduction(world: &World, person: Person) -> Introduction {
    Introduction {
        log: wire::field(world.directory(person).identity_log),
        name: wire::field(b"x".to_vec()),
        reach: wire::field(vec![]),
    }
}

fn add(package: &SignedKeyPackage) -> CommitPlan {
    CommitPlan { adds: vec![package.clone()], ..CommitPlan::default() }
}

// ---- welcomes -------------------------------------------------------------------------------------------------------

struct Hall {
    world: World,
    alice: Person,
    bob: Person,
    carol: Person,
}

/// Alice, bob and carol, all contacts of each other.
fn hall() -> Hall {
    let mut world = World::new(3);
    let (alice, bob, carol) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"), world.sign_up(2, "carol"));
    world.befriend(alice, bob);
    world.befriend(alice, carol);
    world.befriend(bob, carol);
    Hall { world, alice, bob, carol }
}

/// What an inviter says, part by part.
struct Forged {
    signer: SigningKey,
    inviter: (AccountId, DeviceId),
    conversation: ConversationId,
    bundle: WelcomeBundle,
}

impl Forged {
    /// The sealed bundle, and the slip that opens it for `guest`.
    fn sealed(&self, guest: AccountId) -> (Vec<u8>, SignedSlip) {
        let (key, sealed) = tidings_crypto::bundle::seal(&wire::encode(&self.bundle), &mut world_rng(77));
        let (conversation, (inviter, device)) = (self.conversation, self.inviter);
        let slip = Slip { conversation, inviter, device, bundle: bundle::id(&sealed), key: *key };
        (sealed, slip.signed(&guest, &self.signer))
    }
}

impl Hall {
    /// A key package of carol as anybody with a token gets it; its private rows are in her store.
    fn package(&self) -> SignedKeyPackage {
        use tidings_protocol::store::snapshot::{Direction, Snapshot as _};
        use tidings_protocol::store::table::Scope;
        let store = &self.world.hosts[2].store;
        let rows = store.range(Scope::Node, Table::KeyPackagePool, &[], &[0xff; 80], usize::MAX, Direction::Forward);
        SignedKeyPackage::parse(&rows.unwrap()[0].1).unwrap()
    }

    /// A welcome of `inviter` for carol to `group`, which has not committed yet.
    fn welcome(&self, inviter: Person, group: &mut Group, creation: Creation) -> Forged {
        let conversation = group.conversation();
        let built = group.commit(add(&self.package()), &mut world_rng(31)).unwrap();
        let own = self.world.directory(inviter);
        let members = [self.alice, self.bob, self.carol].map(|person| introduction(&self.world, person));
        let told = world::forge::second_epoch(conversation, inviter.account);
        let bundle = WelcomeBundle {
            welcome: wire::field(built.welcome.unwrap()),
            creation,
            epoch: told.epoch,
            topic_secret: [6; 32],
            members: members.to_vec(),
            generations: Vec::new(),
            display_name: wire::field(b"inviter".to_vec()),
            box_key: wire::field(own.box_key),
            key_token: [0; 16],
            past_tags: Vec::new(),
            told: vec![told],
            chain: Vec::new(),
            signers: Vec::new(),
        };
        let keys = self.world.device_keys(inviter);
        Forged { signer: keys.device_key, inviter: (keys.account, keys.device), conversation, bundle }
    }

    /// Hands carol the welcome, signed as it is now; whether she is in one conversation more.
    fn joins(&mut self, forged: &Forged) -> bool {
        let (sealed, slip) = forged.sealed(self.carol.account);
        let before = self.world.conversations(self.carol).len();
        self.world.post_bundle(self.carol, &sealed);
        self.world.post(self.carol, &InboxItem::Welcome(slip));
        self.world.conversations(self.carol).len() > before
    }
}

/// A group that `founder` really owns, alone in it.
fn founded(hall: &Hall, founder: Person, kind: ConversationKind) -> (Group, Creation) {
    let keys = hall.world.device_keys(founder);
    let creation = Creation::new(kind, keys.account, keys.device, [3; 32]);
    let policy = Policy::new(creation.clone(), "ops", "").to_bytes();
    (Group::create(&keys, creation.conversation(), &policy, &mut rng()).unwrap(), creation)
}

#[test]
fn a_welcome_of_an_owner_who_is_a_contact_is_taken_so_the_forging_is_right() {
    let mut hall = hall();
    let (mut group, creation) = founded(&hall, hall.alice, ConversationKind::Group);
    let forged = hall.welcome(hall.alice, &mut group, creation);
    assert!(hall.joins(&forged));
    // NEGATIVE_TESTS 41: the key package is used up, for this conversation and for any other.
    assert!(!hall.joins(&forged));
}

// NEGATIVE_TESTS 41
#[test]
fn a_second_welcome_to_a_used_key_package_is_refused() {
    let mut hall = hall();
    let (mut group, creation) = founded(&hall, hall.alice, ConversationKind::Group);
    let first = hall.welcome(hall.alice, &mut group, creation);
    let (mut other, creation) = founded(&hall, hall.bob, ConversationKind::Group);
    let second = hall.welcome(hall.bob, &mut other, creation);
    assert!(hall.joins(&first));
    assert!(!hall.joins(&second));
}

// NEGATIVE_TESTS 39
// REQ-AUTH-7
#[test]
fn a_welcome_of_a_member_who_is_no_owner_is_refused() {
    let mut hall = hall();
    let group = hall.world.group(hall.alice, "ops", &[hall.bob]);
    let record = hall.world.conversation(hall.bob, group);
    let creation = Policy::parse(&record.policy).unwrap().creation;
    let mut tip = hall.world.tip(hall.bob, group);
    let forged = hall.welcome(hall.bob, &mut tip, creation.clone());
    assert!(!hall.joins(&forged));
    let mut tip = hall.world.tip(hall.alice, group);
    let control = hall.welcome(hall.alice, &mut tip, creation);
    assert!(hall.joins(&control));
}

// NEGATIVE_TESTS 39
// REQ-GROUP-4
#[test]
fn a_conversation_id_that_is_not_the_hash_of_its_creation_is_refused() {
    let mut hall = hall();
    let keys = hall.world.device_keys(hall.alice);
    let creation = Creation::new(ConversationKind::Group, keys.account, keys.device, [3; 32]);
    let policy = Policy::new(creation.clone(), "ops", "").to_bytes();
    let mut chosen = Group::create(&keys, ConversationId::from_bytes([1; 32]), &policy, &mut rng()).unwrap();
    let forged = hall.welcome(hall.alice, &mut chosen, creation.clone());
    assert!(!hall.joins(&forged));
    // The bundle speaks of another creation than the policy, which is what members see.
    let (mut group, _) = founded(&hall, hall.alice, ConversationKind::Group);
    let other = Creation::new(ConversationKind::Group, keys.account, keys.device, [4; 32]);
    let forged = hall.welcome(hall.alice, &mut group, other);
    assert!(!hall.joins(&forged));
}

// NEGATIVE_TESTS 39
#[test]
fn a_welcome_of_a_stranger_is_refused() {
    let mut hall = hall();
    let stranger = hall.world.sign_up(1, "stranger");
    for kind in [ConversationKind::Group, ConversationKind::Direct] {
        let (mut group, creation) = founded(&hall, stranger, kind);
        let mut forged = hall.welcome(stranger, &mut group, creation);
        forged.bundle.members.push(introduction(&hall.world, stranger));
        assert!(!hall.joins(&forged), "{kind:?}");
    }
}

// NEGATIVE_TESTS 39
// REQ-AUTH-7
#[test]
fn what_stands_around_a_welcome_counts_only_with_the_inviters_signature() {
    let mut hall = hall();
    let (mut group, creation) = founded(&hall, hall.alice, ConversationKind::Group);
    let forged = hall.welcome(hall.alice, &mut group, creation);
    // Somebody added by the same commit has the same MLS welcome, and seals it again with another topic.
    let bobs = hall.world.device_keys(hall.bob);
    for inviter in [forged.inviter, (bobs.account, bobs.device)] {
        let signer = hall.world.device_keys(hall.bob).device_key;
        let resealed = Forged { signer, inviter, conversation: forged.conversation, bundle: forged.bundle.clone() };
        assert!(!hall.joins(&resealed));
    }
    // One signed for somebody else.
    let (carol, bob) = (hall.carol, hall.bob);
    let (_, signed) = forged.sealed(bob.account);
    let before = hall.world.conversations(carol).len();
    hall.world.post(carol, &InboxItem::Welcome(signed));
    assert_eq!(hall.world.conversations(carol).len(), before);
    assert!(hall.joins(&forged));
}

// NEGATIVE_TESTS 34, 39
#[test]
fn a_welcome_that_brings_a_member_nobody_introduces_or_a_forked_identity_is_refused() {
    let mut hall = hall();
    let (mut group, creation) = founded(&hall, hall.alice, ConversationKind::Group);
    let mut forged = hall.welcome(hall.alice, &mut group, creation);
    let honest = forged.bundle.members.clone();
    let fork = fork_of(&hall.world, hall.bob);
    forged.bundle.members[1].log = wire::field(fork.to_bytes());
    assert!(!hall.joins(&forged), "a fork of bob, whom carol knows");
    forged.bundle.members = honest.clone();
    forged.bundle.members[0].log = wire::field(b"no log".to_vec());
    assert!(!hall.joins(&forged));
    forged.bundle.members = honest;
    assert!(hall.joins(&forged));
}

/// Another log of the same account: same genesis, another device.
fn fork_of(world: &World, person: Person) -> IdentityLog {
    let (root, nonce) = &world.roots[&person.account];
    let mut fork = IdentityLog::create(root, *nonce);
    let device_key = SigningKey::from_seed(&[77; 32]).verifying_key();
    fork.add_device(root, DeviceRecord { device_key, not_after: 4_000_000_000 }).unwrap();
    assert_eq!(fork.account_id(), person.account);
    fork
}

// NEGATIVE_TESTS 38, 39
#[test]
fn a_direct_conversation_of_three_is_refused() {
    let mut hall = hall();
    let (group, creation) = founded(&hall, hall.alice, ConversationKind::Direct);
    let (_, bob) = key_package::create(&hall.world.device_keys(hall.bob), 1, &mut world_rng(3)).unwrap();
    let mut group = { group }.commit(add(&bob), &mut rng()).unwrap().next;
    let forged = hall.welcome(hall.alice, &mut group, creation);
    assert!(!hall.joins(&forged));
}

#[test]
fn what_an_inviter_says_of_others_renames_nobody_whom_one_knows() {
    let mut hall = hall();
    let (mut group, creation) = founded(&hall, hall.alice, ConversationKind::Group);
    let mut forged = hall.welcome(hall.alice, &mut group, creation);
    let carol_knows = |hall: &Hall, of: Person| {
        let rows = hall.world.rows(hall.carol, Table::Identity);
        rows.into_iter().find(|(row, _)| row == of.account.as_bytes()).unwrap().1
    };
    for introduction in &mut forged.bundle.members {
        introduction.name = wire::field(b"somebody else".to_vec());
    }
    let before = [hall.bob, hall.carol].map(|of| carol_knows(&hall, of));
    assert!(hall.joins(&forged));
    assert_eq!([hall.bob, hall.carol].map(|of| carol_knows(&hall, of)), before);
}

// ---- contact requests -----------------------------------------------------------------------------------------------

struct Request {
    link: InviteLink,
    claims: Claims,
    signer: SigningKey,
    recipient: AccountId,
}

/// Alice's invite, and the request bob would make of it.
fn request() -> (World, Person, Person, Request) {
    let mut world = World::new(2);
    let (alice, bob) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"));
    let link = world.invite(alice);
    let claims = Claims {
        introduction: introduction(&world, bob),
        display_name: wire::field(b"bob".to_vec()),
        box_key: wire::field(world.directory(bob).box_key),
        key_packages: vec![wire::field(fresh_package(&world, bob, &mut world_rng(1)))],
        key_token: [9; 16],
    };
    let signer = world.device_keys(bob).device_key;
    (world, alice, bob, Request { link, claims, signer, recipient: alice.account })
}

fn world_rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

fn fresh_package(world: &World, person: Person, rng: &mut ChaCha20Rng) -> Vec<u8> {
    key_package::create(&world.device_keys(person), world.now / 1000, rng).unwrap().1.to_bytes()
}

impl Request {
    fn item(&self) -> ContactRequest {
        ContactRequest::new(&self.link, &self.recipient, &self.claims, &self.signer)
    }

    /// Alice gets it; the contacts and the members of the conversation she then has.
    fn outcome(&self, world: &mut World, alice: Person) -> (usize, usize) {
        let item = self.item();
        post(world, alice, item)
    }
}

fn post(world: &mut World, alice: Person, item: ContactRequest) -> (usize, usize) {
    world.post(alice, &InboxItem::ContactRequest(item));
    let members = world.conversations(alice).first().map_or(0, |record| record.members.len());
    (contacts(world, alice).len(), members)
}

#[test]
fn a_request_with_the_right_secret_is_accepted_so_the_forging_is_right() {
    let (mut world, alice, _, request) = request();
    assert_eq!(request.outcome(&mut world, alice), (1, 2));
}

// NEGATIVE_TESTS 98
// REQ-INV-3
#[test]
fn a_request_with_a_wrong_mac_or_for_another_inviter_is_refused_and_spends_nothing() {
    let (mut world, alice, bob, mut request) = request();
    let mut item = request.item();
    item.mac[31] ^= 1;
    assert_eq!(post(&mut world, alice, item), (0, 0));
    let mut other = request.item();
    other.claims = wire::field(encode(&Claims { key_token: [8; 16], ..request.claims.clone() }));
    assert_eq!(post(&mut world, alice, other), (0, 0));
    let mut unknown = request.item();
    unknown.invite = [7; 16];
    assert_eq!(post(&mut world, alice, unknown), (0, 0));
    request.recipient = bob.account;
    assert_eq!(request.outcome(&mut world, alice), (0, 0));
    request.recipient = alice.account;
    assert_eq!(request.outcome(&mut world, alice), (1, 2));
}

// NEGATIVE_TESTS 11, 98
#[test]
fn whoever_has_the_link_still_speaks_for_nobody_but_itself() {
    let (mut world, alice, bob, mut request) = request();
    // The identity log and the box key of bob are public; his signature is not to be had.
    let eve = world.sign_up(1, "eve");
    request.signer = world.device_keys(eve).device_key;
    assert_eq!(request.outcome(&mut world, alice), (0, 0));
    request.signer = SigningKey::from_seed(&world.profile(bob).device_seed);
    assert_eq!(request.outcome(&mut world, alice), (1, 2));
}

// NEGATIVE_TESTS 2
#[test]
fn a_request_with_a_foreign_or_broken_identity_log_is_refused() {
    let (mut world, alice, bob, mut request) = request();
    let eve = world.sign_up(1, "eve");
    let honest = request.claims.introduction.clone();
    let mut broken = honest.log.as_slice().to_vec();
    let last = broken.len() - 1;
    broken[last] ^= 1;
    let homeless = {
        let (root, nonce) = &world.roots[&bob.account];
        let mut log = IdentityLog::create(root, *nonce);
        let device_key = world.device_keys(bob).device_key.verifying_key();
        log.add_device(root, DeviceRecord { device_key, not_after: 4_000_000_000 }).unwrap();
        log.to_bytes()
    };
    for log in [broken, homeless, world.directory(eve).identity_log, world.directory(alice).identity_log, vec![]] {
        request.claims.introduction.log = wire::field(log);
        assert_eq!(request.outcome(&mut world, alice), (0, 0));
    }
    request.claims.introduction = honest;
    assert_eq!(request.outcome(&mut world, alice), (1, 2));
}

// NEGATIVE_TESTS 12
#[test]
fn a_box_key_of_another_account_or_without_its_devices_signature_is_refused() {
    let (mut world, alice, bob, mut request) = request();
    let eve = world.sign_up(1, "eve");
    let honest = request.claims.box_key.clone();
    let own = BoxSecretKey::from_seed(&[4; 32]).public();
    let (bob_keys, eve_keys) = (world.device_keys(bob), world.device_keys(eve));
    let by_eve_for_bob = BoxKeyRecord::create(bob.account, &eve_keys.device_key, &own, 1).to_bytes();
    let mut mangled = honest.as_slice().to_vec();
    mangled[60] ^= 1;
    for record in [world.directory(eve).box_key, by_eve_for_bob, mangled, vec![]] {
        request.claims.box_key = wire::field(record);
        assert_eq!(request.outcome(&mut world, alice), (0, 0));
    }
    let newer = BoxKeyRecord::create(bob.account, &bob_keys.device_key, &own, world.now);
    request.claims.box_key = wire::field(newer.to_bytes());
    assert_eq!(request.outcome(&mut world, alice), (1, 2));
}

// NEGATIVE_TESTS 98
#[test]
fn a_replayed_request_and_a_second_claim_of_one_invite_make_nothing_new() {
    let (mut world, alice, bob, request) = request();
    let eve = world.sign_up(1, "eve");
    let sealed = world.seal_item(alice, &wire::encode(&InboxItem::ContactRequest(request.item())));
    world.post_raw(0, alice.account, sealed.clone());
    assert_eq!((contacts(&world, alice).len(), world.conversations(alice).len()), (1, 1));
    world.post_raw(0, alice.account, sealed);
    assert_eq!(request.outcome(&mut world, alice), (1, 2));
    let claims = Claims {
        introduction: introduction(&world, eve),
        box_key: wire::field(world.directory(eve).box_key),
        key_packages: vec![wire::field(fresh_package(&world, eve, &mut world_rng(2)))],
        ..request.claims.clone()
    };
    let second = Request { link: request.link.clone(), claims, signer: world.device_keys(eve).device_key, ..request };
    assert_eq!(second.outcome(&mut world, alice), (1, 2));
    assert_eq!(contacts(&world, alice)[0].account, bob.account);
}

// NEGATIVE_TESTS 98
#[test]
fn a_request_after_expiry_or_revocation_is_refused() {
    let (mut late, alice, _, request) = request();
    late.advance(86_400_000 + 1_000);
    assert_eq!(request.outcome(&mut late, alice), (0, 0));
    let (mut world, alice, _, request) = self::request();
    world.command(0, Command::RevokeInvite { account: alice.account, invite: request.link.id() }).unwrap();
    assert_eq!(request.outcome(&mut world, alice), (0, 0));
}

// NEGATIVE_TESTS 98, 99
// REQ-INV-2
#[test]
fn a_node_that_answers_a_link_with_another_identity_or_box_key_gets_no_request() {
    let mut world = World::new(2);
    let (alice, bob) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"));
    let mallory = world.sign_up(0, "mallory");
    let (real, fake) = (world.directory(alice), world.directory(mallory));
    let own_key = BoxSecretKey::from_seed(&[4; 32]).public();
    let forged_key =
        BoxKeyRecord::create(alice.account, &world.device_keys(mallory).device_key, &own_key, 9).to_bytes();
    let fork = fork_of(&world, alice).to_bytes();
    let answers = [
        (fake.identity_log.clone(), fake.box_key.clone()),
        (real.identity_log.clone(), fake.box_key),
        (real.identity_log.clone(), forged_key),
        (fork, real.box_key.clone()),
        (vec![], vec![]),
    ];
    let link = world.invite(alice);
    for (log, box_key) in answers {
        let answer = wire::encode(&IdResponse {
            log: wire::field(log),
            box_key: wire::field(box_key),
            reach: wire::field(vec![]),
        });
        world.tamper = Some(Box::new(move |_, protocol, _| (protocol == Protocol::Id).then(|| answer.clone())));
        world.command(1, Command::AddContact { account: bob.account, link: link.clone() }).unwrap();
        world.advance(5_000);
        assert_eq!(contacts(&world, bob)[0].state, ContactState::Resolving);
    }
    world.tamper = None;
    world.advance(120_000);
    assert_eq!(contacts(&world, bob)[0].state, ContactState::Accepted);
}

// ---- key packages ---------------------------------------------------------------------------------------------------

// NEGATIVE_TESTS 42, 50
// REQ-GROUP-3
#[test]
fn a_key_package_of_another_account_stale_from_far_ahead_or_not_signed_by_its_device_adds_nobody() {
    const HOUR: u64 = 3600;
    let verdict = |make: &dyn Fn(&World, Person, Person) -> Vec<u8>| {
        let (mut world, alice, bob, mut request) = request();
        let eve = world.sign_up(1, "eve");
        request.claims.key_packages = vec![wire::field(make(&world, bob, eve))];
        request.outcome(&mut world, alice)
    };
    let issued = |at: u64| {
        move |world: &World, bob: Person, _: Person| {
            key_package::create(&world.device_keys(bob), at, &mut rng()).unwrap().1.to_bytes()
        }
    };
    let now = 1_800_000_000;
    for at in [now, now - 2 * HOUR, now + 2 * HOUR, now - 34 * 24 * HOUR] {
        assert_eq!(verdict(&issued(at)), (1, 2), "issued {at}");
    }
    for at in [now - 36 * 24 * HOUR, now - 400 * 24 * HOUR, now + 400 * 24 * HOUR, 0, u64::MAX] {
        assert_eq!(verdict(&issued(at)), (1, 1), "issued {at}");
    }
    assert_eq!(verdict(&|world, _, eve| fresh_package(world, eve, &mut rng())), (1, 1), "of another account");
    let by_eve = |world: &World, bob: Person, eve: Person| {
        let keys = DeviceKeys { device_key: world.device_keys(eve).device_key, ..world.device_keys(bob) };
        key_package::create(&keys, now, &mut rng()).unwrap().1.to_bytes()
    };
    assert_eq!(verdict(&by_eve), (1, 1), "signed by another device");
    let expired = |world: &World, bob: Person, _: Person| {
        let keys = DeviceKeys { not_after: now - 1, ..world.device_keys(bob) };
        key_package::create(&keys, now, &mut rng()).unwrap().1.to_bytes()
    };
    assert_eq!(verdict(&expired), (1, 1), "of a device whose certificate has ended");
    assert_eq!(verdict(&|_, _, _| vec![1, 2, 3]), (1, 1), "junk");
}

// NEGATIVE_TESTS 50
#[test]
fn clocks_two_hours_and_four_hundred_days_apart_split_no_group() {
    let mut world = World::new(3);
    let (alice, bob, carol) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"), world.sign_up(2, "carol"));
    world.befriend(alice, bob);
    world.befriend(alice, carol);
    for skew in [7_200_000_i64, -7_200_000, 400 * 86_400_000, -400 * 86_400_000] {
        world.skew[1] = skew;
        let group = world.group(alice, "ops", &[bob, carol]);
        world.send(alice, Recipient::Conversation(group), "hello").unwrap();
        world.advance(3_000);
        let tips: Vec<EpochId> =
            [alice, bob, carol].map(|person| world.conversation(person, group).tip).into_iter().collect();
        assert!(tips.windows(2).all(|pair| pair[0] == pair[1]), "{skew}");
        let remove = Command::RemoveMember { account: alice.account, conversation: group, member: carol.account };
        world.command(0, remove).unwrap();
        world.advance(3_000);
        assert_ne!(world.conversation(alice, group).tip, tips[0]);
        assert_eq!(world.conversation(alice, group).tip, world.conversation(bob, group).tip, "{skew}");
    }
}

#[test]
fn a_contact_request_signed_under_another_label_is_refused() {
    for label in Label::ALL.into_iter().filter(|label| *label != Label::ContactRequest) {
        let (mut world, alice, _, request) = request();
        let mut item = request.item();
        item.signature = request.signer.sign(label, &item.signed_bytes(&alice.account, None));
        assert_eq!(post(&mut world, alice, item), (0, 0), "{label:?}");
    }
    let (mut world, alice, _, request) = request();
    let mut item = request.item();
    item.signature = Signature::from_bytes([0; 64]);
    assert_eq!(post(&mut world, alice, item), (0, 0));
}

/// A group that bob alone is in and owns, though alice founded it, with what he gives for a chain.
fn taken_over(hall: &Hall, signer: Person) -> (Group, Creation, Link) {
    let (alice, bob) = (hall.world.device_keys(hall.alice), hall.world.device_keys(hall.bob));
    let creation = Creation::new(ConversationKind::Group, alice.account, alice.device, [3; 32]);
    let mut policy = Policy::new(creation.clone(), "ops", "");
    let founded = policy.authority();
    policy.set_role(bob.account, Role::Owner);
    policy.forget(&alice.account);
    let keys = hall.world.device_keys(signer);
    let signer = Signer {
        conversation: creation.conversation(),
        parent: EpochId::from_bytes([4; 32]),
        account: keys.account,
        device: keys.device,
        device_key: &keys.device_key,
        users: 2,
    };
    let link = Link::sign(&founded, &policy.roles, policy.rules.add, Vec::new(), &signer);
    policy.chain_head = link.hash();
    (Group::create(&bob, creation.conversation(), &policy.to_bytes(), &mut rng()).unwrap(), creation, link)
}

// NEGATIVE_TESTS 39
// REQ-POLICY-6, REQ-AUTH-7
#[test]
fn an_inviter_whose_role_no_chain_bears_out_welcomes_nobody() {
    let mut hall = hall();
    for (signer, brought, joins) in [(hall.bob, true, false), (hall.alice, false, false), (hall.alice, true, true)] {
        let (mut group, creation, link) = taken_over(&hall, signer);
        let mut forged = hall.welcome(hall.bob, &mut group, creation);
        forged.bundle.chain = if brought { vec![link] } else { Vec::new() };
        assert_eq!(
            hall.joins(&forged),
            joins,
            "signed by the founder: {}, brought: {brought}",
            signer.account == hall.alice.account
        );
    }
}
