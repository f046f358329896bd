//! Petitions that were not signed by whom they name, for what they are given for, or often enough: as entries, and in commits.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tidings_crypto::id::{AccountId, ConversationId, EpochId};
use tidings_crypto::mls::{CommitPlan, DeviceKeys, Group};
use tidings_protocol::account::conversation::rule::Class;
use tidings_protocol::account::policy::{Link, Petition, Policy, Role, Signer};
use tidings_protocol::record;
use tidings_protocol::record::conversation::ConversationRecord;
use tidings_protocol::record::group_log::GroupLogRecord;
use tidings_protocol::record::profile::ProfileRecord;
use tidings_protocol::store::table::Table;
use tidings_protocol::wire;
use tidings_protocol::wire::commit_body::CommitBody;
use tidings_protocol::wire::petition::PetitionBody;
use world::forge::{COMMIT, Forgery};
use world::{Person, World};

const DAY: u64 = 24 * 3600 * 1000;
const PETITION: u8 = 10;

/// Everything that somebody's node has, as they can use it without their node.
struct Hacked {
    keys: DeviceKeys,
    profile: ProfileRecord,
    record: ConversationRecord,
    tip: Group,
    next: Option<Forgery>,
}

/// A group of alice, who owns it and is gone, bob, carol and two who cheat; frank was removed long ago.
struct Club {
    world: World,
    bob: Person,
    carol: Person,
    cheat: Hacked,
    other: Hacked,
    frank: DeviceKeys,
    group: ConversationId,
}

fn hack(world: &World, person: Person, group: ConversationId) -> Hacked {
    let record = world.conversation(person, group);
    let (keys, profile, tip) = (world.device_keys(person), world.profile(person), world.tip(person, group));
    Hacked { keys, profile, record, tip, next: None }
}

/// Alice has been silent for a month; bob and carol have signed that bob shall own the group. Two of five: four are needed.
fn club() -> Club {
    let mut world = World::new(6);
    let names = ["alice", "bob", "carol", "dave", "erin", "frank"];
    let people: Vec<Person> = names.iter().enumerate().map(|(host, name)| world.sign_up(host, name)).collect();
    let [alice, bob, carol, dave, erin, frank] = people[..] else { panic!("six") };
    for other in [bob, carol, dave, erin, frank] {
        world.befriend(alice, other);
    }
    let group = world.group(alice, "club", &[bob, carol, dave, erin, frank]);
    world.remove_member(alice, group, frank).unwrap();
    world.advance(60_000);
    // Nobody is there for a month, and alice not after it.
    for person in [alice, bob, carol, dave, erin] {
        world.lock(person);
    }
    world.advance(31 * DAY);
    for person in [bob, carol, dave, erin] {
        world.unlock(person);
    }
    world.advance(120_000);
    world.petition(bob, group, bob).unwrap();
    world.petition(carol, group, bob).unwrap();
    let (mut cheat, mut other) = (hack(&world, dave, group), hack(&world, erin, group));
    if committer(&world, bob, group) == cheat.keys.account {
        // No member commits twice in a row.
        std::mem::swap(&mut cheat, &mut other);
    }
    let frank = world.device_keys(frank);
    // Their nodes would take what is written without them for a copy's.
    for hacked in [dave, erin] {
        world.lock(hacked);
    }
    Club { world, bob, carol, cheat, other, frank, group }
}

/// Who made the commit that led to the tip.
fn committer(world: &World, person: Person, id: ConversationId) -> AccountId {
    let record = world.conversation(person, id);
    let row = [id.as_bytes().as_slice(), &record.epoch.to_be_bytes(), record.tip.as_bytes()].concat();
    let rows = world.rows(person, Table::GroupLog);
    record::decode::<GroupLogRecord>(&rows.iter().find(|(key, _)| *key == row).unwrap().1, "test").unwrap().by
}

impl Club {
    fn sign(&self, keys: &DeviceKeys, epoch: EpochId, owner: AccountId) -> Petition {
        Petition::sign((keys.account, keys.device), &keys.device_key, self.group, epoch, owner)
    }

    fn tip(&self) -> EpochId {
        self.world.conversation(self.bob, self.group).tip
    }

    /// An epoch whose state is still kept.
    fn earlier(&self) -> EpochId {
        self.world.conversation(self.bob, self.group).kept[0]
    }

    /// One of the two who cheat writes a petition; how many bob counts for himself then.
    fn counted(&mut self, by_other: bool, body: &PetitionBody) -> usize {
        let hacked = if by_other { &mut self.other } else { &mut self.cheat };
        let forgery = match hacked.next.take() {
            Some(next) => next,
            None => self.world.forgery_from(&hacked.profile, &hacked.record),
        };
        let forgery = forgery.body(PETITION, wire::encode(body));
        hacked.next = Some(forgery.successor());
        self.world.publish(&forgery, &[self.bob, self.carol]);
        self.world.advance(120_000);
        for person in [self.bob, self.carol] {
            let policy = Policy::parse(&self.world.conversation(person, self.group).policy).unwrap();
            assert_eq!(policy.role(&self.bob.account), Role::Member);
        }
        self.world.recovery(self.carol, self.group).petitions[&self.bob.account].len()
    }
}

// NEGATIVE_TESTS 75
// REQ-RECOVER-1
#[test]
fn forged_doubled_removed_and_late_signatures_are_not_counted() {
    let mut club = club();
    let (tip, bob, group) = (club.tip(), club.bob.account, club.group);
    assert_eq!(club.world.recovery(club.carol, group).petitions[&bob].len(), 2);
    let own = PetitionBody { owner: bob, petition: club.sign(&club.cheat.keys, tip, bob) };
    assert_eq!(club.counted(false, &own), 3, "so the forging is right");
    assert_eq!(club.counted(false, &own), 3, "and counts once");
    let old = club.earlier();
    let in_name_of_other = |key: &DeviceKeys| {
        let named = (club.other.keys.account, club.other.keys.device);
        Petition::sign(named, &key.device_key, group, tip, bob)
    };
    let in_the_cheats_entry = [
        in_name_of_other(&club.cheat.keys),
        in_name_of_other(&club.other.keys),
        club.sign(&club.frank, tip, bob),
        Petition::sign((club.cheat.keys.account, club.other.keys.device), &club.other.keys.device_key, group, tip, bob),
    ];
    for petition in in_the_cheats_entry {
        assert_eq!(club.counted(false, &PetitionBody { owner: bob, petition }), 3);
    }
    let elsewhere = ConversationId::from_bytes([8; 32]);
    let named = (club.other.keys.account, club.other.keys.device);
    let by_the_other = [
        club.sign(&club.other.keys, old, bob),
        club.sign(&club.other.keys, EpochId::from_bytes([8; 32]), bob),
        club.sign(&club.other.keys, tip, club.carol.account),
        Petition::sign(named, &club.cheat.keys.device_key, group, tip, bob),
        Petition::sign(named, &club.other.keys.device_key, elsewhere, tip, bob),
    ];
    for petition in by_the_other {
        assert_eq!(club.counted(true, &PetitionBody { owner: bob, petition }), 3);
    }
}

impl Club {
    /// The cheat commits that bob is owner with these petitions; whether anybody follows.
    fn is_followed(&mut self, petitions: Vec<Petition>) -> bool {
        let hacked = &self.cheat;
        let before = Policy::parse(&hacked.record.policy).unwrap();
        let mut after = before.clone();
        after.roles = after.roles.recovered(self.bob.account);
        let signer = Signer {
            conversation: self.group,
            parent: hacked.record.tip,
            account: hacked.keys.account,
            device: hacked.keys.device,
            device_key: &hacked.keys.device_key,
            users: hacked.record.members.len(),
        };
        let link = Link::sign(&before.authority(), &after.roles, after.rules.add, petitions, &signer);
        after.chain_head = link.hash();
        let plan = CommitPlan { policy: Some(after.to_bytes()), ..CommitPlan::default() };
        let mut tip = Group::load(self.group, hacked.tip.rows()).unwrap();
        let commit = tip.commit(plan, &mut ChaCha20Rng::from_seed([11; 32])).unwrap().commit;
        let body = CommitBody { link: Some(link), ..CommitBody::new(commit, Class::Admin) };
        let state = self.tip();
        let forgery = match self.cheat.next.take() {
            Some(next) => next,
            None => self.world.forgery_from(&self.cheat.profile, &self.cheat.record),
        };
        let forgery = forgery.body(COMMIT, wire::encode(&body));
        self.cheat.next = Some(forgery.successor());
        self.world.publish(&forgery, &[self.bob, self.carol]);
        self.world.advance(60_000);
        self.tip() != state
    }
}

// NEGATIVE_TESTS 75
// REQ-RECOVER-1, REQ-POLICY-7
#[test]
fn a_commit_with_fewer_forged_doubled_or_removed_voices_makes_nobody_owner() {
    type Voices = fn(&Club, Vec<Petition>, Petition) -> Vec<Petition>;
    let attempts: [(&str, Voices, bool); 6] = [
        ("three of five", |_, three, _| three, false),
        ("one of them twice", |_, three, _| [three.as_slice(), &three[2..]].concat(), false),
        (
            "somebody who was removed",
            |club, three, _| [three, vec![club.sign(&club.frank, club.tip(), club.bob.account)]].concat(),
            false,
        ),
        (
            "one for an earlier epoch",
            |club, three, _| [three, vec![club.sign(&club.other.keys, club.earlier(), club.bob.account)]].concat(),
            false,
        ),
        (
            "one for another",
            |club, three, _| [three, vec![club.sign(&club.other.keys, club.tip(), club.carol.account)]].concat(),
            false,
        ),
        ("four of five, so the forging is right", |_, three, fourth| [three, vec![fourth]].concat(), true),
    ];
    for (what, voices, is_followed) in attempts {
        // Of several commits of one log at one epoch only the first is looked at.
        let mut club = club();
        let (tip, bob) = (club.tip(), club.bob.account);
        let honest = [club.bob, club.carol].map(|person| club.world.device_keys(person));
        let mut three: Vec<Petition> = honest.iter().map(|keys| club.sign(keys, tip, bob)).collect();
        three.push(club.sign(&club.cheat.keys, tip, bob));
        let fourth = club.sign(&club.other.keys, tip, bob);
        let petitions = voices(&club, three, fourth);
        assert_eq!(club.is_followed(petitions), is_followed, "{what}");
        let policy = Policy::parse(&club.world.conversation(club.carol, club.group).policy).unwrap();
        assert_eq!(policy.rank(&bob) == 0, is_followed, "{what}");
    }
}
