//! One group of n, cold and warm, and what each operation on it costs.
//!
//! *Cold*: one member has added all others in one commit and nobody else has committed, so that all inner nodes are blank but those above the
//! founder. *Warm*: every second member has committed once, so that no inner node is blank.

use std::time::Instant;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use crate::member::{Member, Plan};

/// Bytes and milliseconds of one operation.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cost {
    pub(crate) bytes: usize,
    pub(crate) ms: f64,
}

const TEXT: [u8; 256] = [0x61; 256];
/// Members that speak in one epoch, where there are so many.
const SPEAKERS: usize = 100;
const COLD: [&str; 5] = [
    "self-update, cold",
    "processing it, cold: state after",
    "add one, cold",
    "its welcome, joined, cold",
    "remove one, cold",
];
const WARM: [&str; 5] = [
    "self-update, warm",
    "processing it, warm: state after",
    "add one, warm",
    "its welcome, joined, warm",
    "remove one, warm",
];

/// A row of the table, with a figure for every operation.
pub(crate) type Costs = Vec<(&'static str, Cost)>;

/// How often a step is repeated: its median counts.
fn repeats(members: u32) -> usize {
    if members >= 1000 { 3 } else { 9 }
}

fn median<T>(members: u32, mut step: impl FnMut() -> T) -> (f64, T) {
    let mut last = None;
    let mut times: Vec<f64> = (0..repeats(members))
        .map(|_| {
            let start = Instant::now();
            last = Some(step());
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], last.unwrap())
}

/// All costs of a group of `members` under the suite of `M`.
pub(crate) fn costs<M: Member>(members: u32) -> Costs {
    let rng = &mut ChaCha20Rng::seed_from_u64(u64::from(members));
    let mut costs = Costs::new();
    let (ms, package) = median(members, || M::package(1, rng));
    costs.push(("key package", Cost { bytes: package.bytes, ms }));
    let (founder, joiner) = found::<M>(members, rng, &mut costs);
    operations(members, COLD, founder, joiner, rng, &mut costs);
    let (committer, other) = warm::<M>(members, rng);
    messages(members, committer.load(committer.rows()), other.load(other.rows()), rng, &mut costs);
    operations(members, WARM, committer, other, rng, &mut costs);
    costs
}

/// Founds a group by one commit and gives the founder and the last who joined.
fn found<M: Member>(members: u32, rng: &mut ChaCha20Rng, costs: &mut Costs) -> (M, M) {
    let packages: Vec<_> = (1..members).map(|number| M::package(number, rng)).collect();
    let plan = Plan::Add(packages.iter().collect());
    let mut alone = M::found(rng);
    let (ms, step) = median(members, || alone.commit(&plan, rng));
    let welcome = step.welcome.unwrap();
    costs.push(("founding commit", Cost { bytes: step.commit.len(), ms }));
    let last = packages.last().unwrap();
    let (ms, joiner) = median(members, || M::join(last, &welcome, rng));
    costs.push(("welcome for all, joined", Cost { bytes: welcome.len(), ms }));
    assert!(joiner.authenticator() == step.next.authenticator(), "founder and joiner are not in one group");
    many_speak(
        members,
        &step.next,
        packages.iter().take(SPEAKERS).map(|package| M::join(package, &welcome, rng)),
        costs,
    );
    (step.next, joiner)
}

/// What a message costs its reader in an epoch in which up to a hundred have spoken: the ratchets of all of them are one row.
fn many_speak<M: Member>(members: u32, listener: &M, speakers: impl Iterator<Item = M>, costs: &mut Costs) {
    let rng = &mut ChaCha20Rng::seed_from_u64(3);
    let mut listener = listener.load(listener.rows());
    let mut last = None;
    for mut speaker in speakers {
        assert!(listener.decrypt(&speaker.encrypt(&TEXT, rng)) == TEXT, "another text");
        last = Some(speaker);
    }
    listener.written();
    let mut speaker = last.unwrap();
    let sent: Vec<_> = (0..repeats(members)).map(|_| speaker.encrypt(&TEXT, rng)).collect();
    let mut arriving = sent.iter();
    let (ms, written) = median(members, || {
        assert!(listener.decrypt(arriving.next().unwrap()) == TEXT, "another text");
        listener.written()
    });
    costs.push(("message decrypted after up to 100 have spoken: rows written", Cost { bytes: written, ms }));
}

/// A chain: who has joined last commits, and thereby fills its path, and adds two. Gives two members of the whole group.
fn warm<M: Member>(members: u32, rng: &mut ChaCha20Rng) -> (M, M) {
    let mut committer = M::found(rng);
    let mut other = None;
    let mut count = 1;
    while count < members {
        let packages: Vec<_> = (count..members.min(count + 2)).map(|number| M::package(number, rng)).collect();
        let step = committer.commit(&Plan::Add(packages.iter().collect()), rng);
        let welcome = step.welcome.unwrap();
        other = Some(step.next);
        committer = M::join(packages.last().unwrap(), &welcome, rng);
        count += u32::try_from(packages.len()).unwrap();
    }
    // The last two have no path of their own yet.
    let step = committer.commit(&Plan::Nothing, rng);
    (step.next, other.unwrap().apply(&step.commit))
}

/// What one commit of each kind costs the committer and those who process it.
fn operations<M: Member>(
    members: u32,
    names: [&'static str; 5],
    mut committer: M,
    other: M,
    rng: &mut ChaCha20Rng,
    costs: &mut Costs,
) {
    let (ms, update) = median(members, || committer.commit(&Plan::Nothing, rng));
    costs.push((names[0], Cost { bytes: update.commit.len(), ms }));
    let (ms, applied) = median(members, || other.apply(&update.commit));
    assert!(applied.authenticator() == update.next.authenticator(), "an update leads to two states");
    costs.push((names[1], Cost { bytes: state_bytes(&applied), ms }));
    let newcomer = M::package(members, rng);
    let (ms, add) = median(members, || committer.commit(&Plan::Add(vec![&newcomer]), rng));
    costs.push((names[2], Cost { bytes: add.commit.len(), ms }));
    let welcome = add.welcome.unwrap();
    let (ms, joined) = median(members, || M::join(&newcomer, &welcome, rng));
    costs.push((names[3], Cost { bytes: welcome.len(), ms }));
    assert!(joined.authenticator() == other.apply(&add.commit).authenticator(), "an add leads to two states");
    // A leaf in the middle, since the tree shrinks when the last one goes. In a group of two the newcomer goes.
    let (ms, remove) = if members > 2 {
        median(members, || committer.commit(&Plan::Remove(members / 2 - 1 + members % 2), rng))
    } else {
        let mut three = add.next;
        median(members, || three.commit(&Plan::Remove(2), rng))
    };
    costs.push((names[4], Cost { bytes: remove.commit.len(), ms }));
}

fn state_bytes<M: Member>(member: &M) -> usize {
    member.rows().iter().map(|(key, value)| key.len() + value.len()).sum()
}

/// What one message and one look into the store cost, in a warm group.
fn messages<M: Member>(members: u32, mut sender: M, mut receiver: M, rng: &mut ChaCha20Rng, costs: &mut Costs) {
    // The first of an epoch derives the sender's ratchet from the secret tree; a conversation is made of the others.
    assert!(receiver.decrypt(&sender.encrypt(&TEXT, rng)) == TEXT, "the first message of the epoch");
    sender.written();
    let mut sent = Vec::new();
    let (ms, written) = median(members, || {
        sent.push(sender.encrypt(&TEXT, rng));
        sender.written()
    });
    costs.push(("message of 256 B, encrypted", Cost { bytes: sent[0].len(), ms }));
    costs.push(("rows written by it", Cost { bytes: written, ms: 0.0 }));
    receiver.written();
    let mut arriving = sent.iter();
    let (ms, written) = median(members, || {
        assert!(receiver.decrypt(arriving.next().unwrap()) == TEXT, "another text");
        receiver.written()
    });
    costs.push(("it decrypted: rows written", Cost { bytes: written, ms }));
    let rows = receiver.rows();
    let bytes = state_bytes(&receiver);
    let (ms, loaded) = median(members, || receiver.load(rows.clone()));
    assert!(loaded.authenticator() == receiver.authenticator(), "another state was loaded");
    costs.push(("state, loaded from its rows", Cost { bytes, ms }));
}
