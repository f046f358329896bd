//! What has been written in a world: every epoch and every entry, each under its number. Facts only; who knows them is a device's matter.

use tidings_crypto::id::{AccountId, EntryId, EpochId};
use tidings_protocol::account::conversation::rule::Class;

use crate::dice::Dice;

/// The rank of users without a role.
pub(crate) const NO_ROLE: u16 = u16::MAX;

/// What a commit does. Users and devices go by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Update,
    Policy,
    /// A device comes in, of a user who may be new.
    Add(usize),
    /// A user goes, with all devices.
    Remove(usize),
    Promote(usize),
    Demote(usize),
    /// A device is taken out and in again, on the request in this entry.
    Readmit {
        device: usize,
        request: usize,
    },
}

impl Act {
    pub(crate) const fn class(self) -> Class {
        match self {
            Self::Remove(_) | Self::Demote(_) => Class::Removal,
            Self::Policy | Self::Add(_) | Self::Promote(_) => Class::Admin,
            Self::Readmit { .. } => Class::Readmit,
            Self::Update => Class::Update,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Epoch {
    pub(crate) id: EpochId,
    pub(crate) parent: Option<usize>,
    pub(crate) number: u64,
    /// Entry and act of the commit; none for the first epoch.
    pub(crate) commit: Option<(usize, Act)>,
    pub(crate) rank: u16,
    /// Devices.
    pub(crate) roster: Vec<usize>,
    /// Users, the most senior first.
    pub(crate) admins: Vec<usize>,
    /// Requests that were granted up to here.
    pub(crate) granted: Vec<usize>,
    /// The last epoch that changed the topic: entries of epochs with one topic lie in one queue.
    pub(crate) topic: usize,
}

#[derive(Debug, Clone)]
pub(crate) enum Body {
    Ack,
    /// The epoch it leads to.
    Commit(usize),
    /// The epoch it is for.
    Vote(usize),
    Rejoin,
    /// Commits and votes of others, for those who cannot open the originals.
    Told(Vec<usize>),
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) id: EntryId,
    pub(crate) device: usize,
    pub(crate) sequence: u64,
    /// Under which epoch it is sealed.
    pub(crate) epoch: usize,
    pub(crate) body: Body,
}

pub(crate) struct Tree {
    pub(crate) epochs: Vec<Epoch>,
    pub(crate) entries: Vec<Entry>,
    /// The user of each device.
    pub(crate) user: Vec<usize>,
}

pub(crate) fn user_id(user: usize) -> AccountId {
    AccountId::from_bytes(numbered(user))
}

fn numbered(number: usize) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&(number as u64).to_be_bytes());
    bytes
}

/// The number of the epoch with this id.
pub(crate) fn number_of(id: &EpochId) -> usize {
    usize::try_from(u64::from_be_bytes(id.as_bytes()[..8].try_into().unwrap())).unwrap()
}

impl Tree {
    /// A conversation of `members` devices, one a user, the first `admins` of them admins, and devices outside it.
    pub(crate) fn new(user: Vec<usize>, members: usize, admins: usize) -> Self {
        let first = Epoch {
            id: EpochId::from_bytes(numbered(0)),
            parent: None,
            number: 0,
            commit: None,
            rank: NO_ROLE,
            roster: (0..members).collect(),
            admins: (0..admins).collect(),
            granted: Vec::new(),
            topic: 0,
        };
        Self { epochs: vec![first], entries: Vec::new(), user }
    }

    pub(crate) fn rank(&self, epoch: usize, user: usize) -> u16 {
        let place = self.epochs[epoch].admins.iter().position(|admin| *admin == user);
        place.map_or(NO_ROLE, |place| u16::try_from(place).unwrap())
    }

    pub(crate) fn is_member(&self, epoch: usize, device: usize) -> bool {
        self.epochs[epoch].roster.contains(&device)
    }

    pub(crate) fn users(&self, epoch: usize) -> Vec<usize> {
        let mut users: Vec<usize> = self.epochs[epoch].roster.iter().map(|device| self.user[*device]).collect();
        users.sort_unstable();
        users.dedup();
        users
    }

    /// The epoch and those below it, the newest first.
    pub(crate) fn branch(&self, epoch: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(epoch), |at| self.epochs[*at].parent)
    }

    /// Whether `lower` is an ancestor of `upper`, or is it.
    pub(crate) fn is_below(&self, lower: usize, upper: usize) -> bool {
        self.branch(upper).any(|at| at == lower)
    }

    /// What the author may do, at the parent (PROTOCOL A5.4 rule 1).
    pub(crate) fn may(&self, parent: usize, device: usize, act: Act) -> bool {
        if !self.is_member(parent, device) {
            return false;
        }
        let at = &self.epochs[parent];
        let rank = self.rank(parent, self.user[device]);
        let is_in = |user: usize| self.users(parent).contains(&user);
        match act {
            Act::Update => true,
            Act::Policy => rank < NO_ROLE,
            Act::Add(added) => rank < NO_ROLE && !at.roster.contains(&added),
            Act::Remove(user) => rank < self.rank(parent, user) && is_in(user),
            Act::Promote(user) => rank < NO_ROLE && is_in(user) && !at.admins.contains(&user),
            Act::Demote(user) => at.admins.contains(&user) && rank < self.rank(parent, user),
            Act::Readmit { device: back, request } => {
                at.roster.contains(&back)
                    && back != device
                    && self.entries[request].device == back
                    && !at.granted.contains(&request)
            }
        }
    }

    /// Writes an entry. What it says need not be right.
    pub(crate) fn write(&mut self, device: usize, prev: Option<usize>, epoch: usize, body: Body, id: EntryId) -> usize {
        let sequence = prev.map_or(1, |prev| self.entries[prev].sequence + 1);
        self.entries.push(Entry { id, device, sequence, epoch, body });
        self.entries.len() - 1
    }

    /// Writes a commit and the epoch it leads to.
    pub(crate) fn commit(&mut self, device: usize, prev: Option<usize>, parent: usize, act: Act, id: EntryId) -> usize {
        let epoch = self.epochs.len();
        let entry = self.write(device, prev, parent, Body::Commit(epoch), id);
        let mut next = self.epochs[parent].clone();
        next.rank = self.rank(parent, self.user[device]);
        match act {
            Act::Update | Act::Policy => {}
            Act::Add(added) => next.roster.push(added),
            Act::Remove(user) => {
                next.roster.retain(|device| self.user[*device] != user);
                next.admins.retain(|admin| *admin != user);
                next.topic = epoch;
            }
            Act::Promote(user) => next.admins.push(user),
            Act::Demote(user) => next.admins.retain(|admin| *admin != user),
            Act::Readmit { request, .. } => next.granted.push(request),
        }
        next.id = EpochId::from_bytes(numbered(epoch));
        next.parent = Some(parent);
        next.number += 1;
        next.commit = Some((entry, act));
        self.epochs.push(next);
        entry
    }
}

/// A random entry id; the least of `tries`, for whoever grinds.
pub(crate) fn entry_id(dice: &mut Dice, tries: usize) -> EntryId {
    (0..tries.max(1)).map(|_| EntryId::from_bytes(dice.id())).min().unwrap()
}
