//! What people do: invite, follow links, write, found groups, add, remove, leave, lock, and now and then what they must not.
//!
//! It owns the open commands of people and what they have been promised. It chooses with the observer's view, as a person chooses with
//! the screen; nodes are asked through commands only.

use std::collections::{BTreeMap, BTreeSet};

use tidings_crypto::id::{AccountId, ConversationId};
use tidings_crypto::invite::InviteLink;
use tidings_protocol::account::policy::{Policy, Role};
use tidings_protocol::command::{Answer, Command, GroupChange, Recipient};
use tidings_protocol::error::Rejection;
use tidings_protocol::limits::TEXT_BYTES_MAX;
use tidings_protocol::record::contact::ContactState;
use tidings_protocol::record::conversation::{ConversationKind, ConversationRecord, Membership};

use super::dice::Dice;
use super::host::address;
use super::people::Person;
use super::plan::Plan;
use super::view::View;
use super::wishes::Wishes;

const WEEK: u32 = 7 * 24 * 3600;

/// Why somebody asked for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To be told whether it worked; asked again after a crash.
    Insist,
    /// Asked once.
    Try,
    /// An invite for this person.
    InviteFor(usize),
}

/// An open command.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) person: usize,
    pub(crate) command: Command,
    pub(crate) purpose: Purpose,
}

/// All that people want and were told.
pub(crate) struct Workload {
    canary: String,
    texts: u64,
    next_id: u64,
    open: BTreeMap<(usize, u64), Wish>,
    /// Pairs who are getting to know each other, whether or not it has worked yet.
    introduced: BTreeSet<(usize, usize)>,
    /// Requests for contact that must be accepted in the end: who asked, and whom.
    pub(crate) acquainted: Vec<(AccountId, AccountId)>,
    last_text: Option<Wish>,
    /// Links that were given away, with whom they are for.
    links: Vec<(usize, InviteLink)>,
    /// What was promised of groups.
    pub(crate) wishes: Wishes,
}

impl Workload {
    pub(crate) fn new(canary: &str) -> Self {
        Self {
            canary: canary.to_owned(),
            texts: 0,
            next_id: 0,
            open: BTreeMap::new(),
            introduced: BTreeSet::new(),
            acquainted: Vec::new(),
            last_text: None,
            links: Vec::new(),
            wishes: Wishes::default(),
        }
    }

    /// Registers a command that goes to machine `host`.
    pub(crate) fn begin(&mut self, host: usize, wish: Wish) -> u64 {
        self.next_id += 1;
        self.open.insert((host, self.next_id), wish);
        self.next_id
    }

    /// A command was answered.
    pub(crate) fn end(&mut self, host: usize, id: u64) -> Option<Wish> {
        self.open.remove(&(host, id))
    }

    /// How many commands wait for their answer.
    pub(crate) fn open_count(&self) -> usize {
        self.open.len()
    }

    /// A machine crashed: its open commands will never be answered.
    pub(crate) fn forget(&mut self, host: usize) -> Vec<Wish> {
        let ids: Vec<_> = self.open.keys().filter(|(h, _)| *h == host).copied().collect();
        let lost: Vec<Wish> = ids.iter().filter_map(|id| self.open.remove(id)).collect();
        lost.iter().for_each(|wish| self.wishes.lost(&wish.command));
        lost
    }

    /// Notes what an answer promises; gives the next wish that follows from it.
    pub(crate) fn learn(
        &mut self,
        dice: &mut Dice,
        people: &[Person],
        wish: &Wish,
        result: &Result<Answer, Rejection>,
    ) -> Option<Wish> {
        self.wishes.answered(&wish.command, result);
        match (&wish.command, result) {
            (Command::AddContact { account, link }, Ok(_) | Err(Rejection::Already)) => {
                self.acquainted.push((*account, link.account));
                None
            }
            (Command::CreateInvite { .. }, Ok(Answer::Invite(link))) => {
                let Purpose::InviteFor(guest) = wish.purpose else { return None };
                self.links.push((guest, link.clone()));
                Some(follow(people, guest, link, dice.chance(970)))
            }
            _ => None,
        }
    }

    /// What `person` does next, if anything comes to mind.
    pub(crate) fn act(
        &mut self,
        dice: &mut Dice,
        view: &View,
        people: &[Person],
        person: usize,
        plan: &Plan,
    ) -> Option<Wish> {
        let mood = plan.mood;
        let lonely = !self.introduced.iter().any(|(a, b)| *a == person || *b == person);
        let shares = [
            mood.invite,
            mood.write,
            mood.found,
            mood.add,
            mood.remove,
            mood.leave,
            mood.repeat,
            mood.govern,
            mood.misbehave,
        ];
        let mut roll = dice.below(shares.iter().sum());
        let mut act = 0;
        while roll >= shares[act] {
            roll -= shares[act];
            act += 1;
        }
        match if lonely { 0 } else { act } {
            0 => self.invite(dice, people, person, plan.crossing_invites),
            1 => self.write(dice, view, people, person),
            2 => self.found(dice, view, people, person),
            3..=4 | 7 => {
                let account = people[person].account;
                let own: Vec<&ConversationRecord> =
                    groups_of(view, account).filter(|record| may_add(record, account)).collect();
                let record = dice.pick(&own)?;
                match act {
                    3 => change(dice, view, people, (person, record), true),
                    4 => change(dice, view, people, (person, record), false),
                    _ => self.govern(dice, people, (person, record)),
                }
            }
            5 => Self::leave(dice, view, people, person),
            6 => self.repeat(dice, view, people, person),
            _ => self.misbehave(dice, view, people, person),
        }
    }

    /// Something that was done before, once more; or a look at a group.
    fn repeat(&mut self, dice: &mut Dice, view: &View, people: &[Person], person: usize) -> Option<Wish> {
        if dice.chance(300) {
            let account = people[person].account;
            let groups: Vec<ConversationId> = groups_of(view, account).map(|record| record.id).collect();
            let conversation = *dice.pick(&groups)?;
            return Some(Wish { person, command: Command::MarkRead { account, conversation }, purpose: Purpose::Try });
        }
        if dice.chance(500) {
            return self.last_text.clone().filter(|wish| wish.person == person);
        }
        let own: Vec<&(usize, InviteLink)> = self.links.iter().filter(|(guest, _)| *guest == person).collect();
        dice.pick(&own).map(|(guest, link)| follow(people, *guest, link, false))
    }

    fn words(&mut self, dice: &mut Dice) -> String {
        self.texts += 1;
        let length = match dice.below(40) {
            0 => dice.index(TEXT_BYTES_MAX / 2),
            1..5 => dice.index(3_000),
            _ => dice.index(120),
        };
        format!("{} text {} {}", self.canary, self.texts, ".".repeat(length))
    }

    /// An invite of `person` for somebody it does not know yet.
    fn invite(&mut self, dice: &mut Dice, people: &[Person], person: usize, crossing: bool) -> Option<Wish> {
        let known = |set: &BTreeSet<(usize, usize)>, guest: usize| {
            set.contains(&(person, guest)) || (!crossing && set.contains(&(guest, person)))
        };
        let guests: Vec<usize> =
            (0..people.len()).filter(|guest| *guest != person && !known(&self.introduced, *guest)).collect();
        let guest = *dice.pick(&guests)?;
        Some(self.invite_for(people, person, guest))
    }

    /// An invite of `person` for `guest`.
    pub(crate) fn invite_for(&mut self, people: &[Person], person: usize, guest: usize) -> Wish {
        self.introduced.insert((person, guest));
        let note = format!("{} note", self.canary);
        let Person { account, host, .. } = people[person];
        let command = Command::CreateInvite {
            account,
            uses: 1,
            lifetime_seconds: WEEK,
            note,
            addresses: vec![address(host)],
            group: None,
        };
        Wish { person, command, purpose: Purpose::InviteFor(guest) }
    }

    fn write(&mut self, dice: &mut Dice, view: &View, people: &[Person], person: usize) -> Option<Wish> {
        let account = people[person].account;
        let groups = groups_of(view, account).map(|record| Recipient::Conversation(record.id));
        let contacts =
            view.contacts.keys().filter(|(owner, _)| *owner == account).map(|(_, other)| Recipient::Account(*other));
        let to = *dice.pick(&groups.chain(contacts).collect::<Vec<_>>())?;
        let wish = self.text(dice, person, account, to);
        self.last_text = Some(wish.clone());
        Some(wish)
    }

    /// A message of `person`.
    pub(crate) fn text(&mut self, dice: &mut Dice, person: usize, account: AccountId, to: Recipient) -> Wish {
        let text = self.words(dice);
        let purpose = if dice.chance(800) { Purpose::Insist } else { Purpose::Try };
        Wish { person, command: Command::Send { account, to, text, client_id: dice.bytes() }, purpose }
    }

    fn found(&mut self, dice: &mut Dice, view: &View, people: &[Person], person: usize) -> Option<Wish> {
        let mut members = accepted(view, people[person].account);
        members.retain(|_| dice.chance(600));
        Some(self.group_of(people, person, members))
    }

    /// A new group of `person` with these.
    pub(crate) fn group_of(&self, people: &[Person], person: usize, members: Vec<AccountId>) -> Wish {
        let account = people[person].account;
        let name = format!("{} group {}", self.canary, self.texts);
        let description = format!("{} purpose", self.canary);
        let command = Command::CreateGroup { account, name, description, members };
        Wish { person, command, purpose: Purpose::Try }
    }

    /// Another change of the group that `wish` changes, by another who may.
    pub(crate) fn rival(&mut self, dice: &mut Dice, view: &View, people: &[Person], wish: &Wish) -> Option<Wish> {
        let (Command::AddMember { conversation, .. }
        | Command::RemoveMember { conversation, .. }
        | Command::Ban { conversation, .. }
        | Command::SetRole { conversation, .. }
        | Command::SetGroup { conversation, .. }
        | Command::Leave { conversation, .. }) = &wish.command
        else {
            return None;
        };
        let may = |person: &usize| {
            let account = people[*person].account;
            let record = groups_of(view, account).find(|record| record.id == *conversation);
            record.filter(|record| *person != wish.person && may_add(record, account)).map(|record| (*person, record))
        };
        let rivals: Vec<(usize, &ConversationRecord)> = (0..people.len()).filter_map(|person| may(&person)).collect();
        let Some(other) = dice.pick(&rivals).copied() else {
            // Somebody is to be one, next time.
            let account = people[wish.person].account;
            let record = view.conversations.get(&(account, *conversation))?;
            let (conversation, member) = (*conversation, *dice.pick(&others(record, account))?);
            let command = Command::SetRole { account, conversation, member, role: Role::Admin };
            return Some(Wish { person: wish.person, command, purpose: Purpose::Try });
        };
        match dice.below(3) {
            0 => change(dice, view, people, other, true),
            1 => change(dice, view, people, other, false),
            _ => self.govern(dice, people, other),
        }
    }

    /// Gives a role or a name.
    fn govern(
        &mut self,
        dice: &mut Dice,
        people: &[Person],
        (person, record): (usize, &ConversationRecord),
    ) -> Option<Wish> {
        let (account, conversation) = (people[person].account, record.id);
        let command = if dice.chance(600) {
            let member = *dice.pick(&others(record, account))?;
            let role = *dice.pick(&[Role::Owner, Role::Admin, Role::Admin, Role::Moderator, Role::Member])?;
            Command::SetRole { account, conversation, member, role }
        } else {
            self.texts += 1;
            let name = Some(format!("{} group {}", self.canary, self.texts));
            Command::SetGroup { account, conversation, change: GroupChange { name, ..GroupChange::default() } }
        };
        Some(Wish { person, command, purpose: Purpose::Try })
    }

    fn leave(dice: &mut Dice, view: &View, people: &[Person], person: usize) -> Option<Wish> {
        let account = people[person].account;
        let foreign: Vec<ConversationId> =
            groups_of(view, account).filter(|record| record.creator != account).map(|record| record.id).collect();
        let conversation = *dice.pick(&foreign)?;
        Some(Wish { person, command: Command::Leave { account, conversation }, purpose: Purpose::Try })
    }

    /// Something that ought to be refused.
    fn misbehave(&mut self, dice: &mut Dice, view: &View, people: &[Person], person: usize) -> Option<Wish> {
        let account = people[person].account;
        let foreign: Vec<&ConversationRecord> =
            groups_of(view, account).filter(|record| record.creator != account).collect();
        let all: Vec<ConversationId> = view.all_conversations().into_iter().collect();
        let (conversation, member) = match dice.pick(&foreign) {
            // In a group of somebody else's one may not do what its owner may.
            Some(record) if dice.chance(700) => (record.id, *dice.pick(&record.members)?),
            Some(_) | None => (*dice.pick(&all)?, dice.pick(people)?.account),
        };
        let command = match dice.below(6) {
            0 => Command::AddMember { account, conversation, member },
            1 => Command::RemoveMember { account, conversation, member },
            2 => Command::Leave { account, conversation },
            3 => {
                let text = self.canary.repeat(TEXT_BYTES_MAX / self.canary.len() + 1);
                Command::Send { account, to: Recipient::Conversation(conversation), text, client_id: dice.bytes() }
            }
            4 => {
                let text = self.words(dice);
                Command::Send { account, to: Recipient::Conversation(conversation), text, client_id: dice.bytes() }
            }
            _ => {
                let link = InviteLink {
                    secret: dice.bytes(),
                    account,
                    node: tidings_crypto::id::NodeId::from_bytes(dice.bytes()),
                    expires: u32::MAX,
                    addresses: Vec::new(),
                    group: None,
                };
                Command::AddContact { account, link }
            }
        };
        Some(Wish { person, command, purpose: Purpose::Try })
    }
}

/// Somebody is added or removed.
fn change(
    dice: &mut Dice,
    view: &View,
    people: &[Person],
    (person, record): (usize, &ConversationRecord),
    add: bool,
) -> Option<Wish> {
    let (account, conversation) = (people[person].account, record.id);
    let command = if add {
        Command::AddMember { account, conversation, member: *dice.pick(&accepted(view, account))? }
    } else {
        Command::RemoveMember { account, conversation, member: *dice.pick(&others(record, account))? }
    };
    Some(Wish { person, command, purpose: Purpose::Try })
}

/// The members beside `account`.
fn others(record: &ConversationRecord, account: AccountId) -> Vec<AccountId> {
    record.members.iter().copied().filter(|member| *member != account).collect()
}

/// `guest` follows a link, and, if it insists, until there is an answer.
fn follow(people: &[Person], guest: usize, link: &InviteLink, insists: bool) -> Wish {
    let purpose = if insists { Purpose::Insist } else { Purpose::Try };
    Wish { person: guest, command: Command::AddContact { account: people[guest].account, link: link.clone() }, purpose }
}

/// Whether the account may change who is in.
fn may_add(record: &ConversationRecord, account: AccountId) -> bool {
    Policy::parse(&record.policy).is_ok_and(|policy| policy.may_add(&account))
}

/// The groups an account takes part in.
fn groups_of(view: &View, account: AccountId) -> impl Iterator<Item = &ConversationRecord> {
    let own = view.conversations.iter().filter(move |((owner, _), _)| *owner == account).map(|(_, record)| record);
    own.filter(|record| record.kind == ConversationKind::Group && record.membership == Membership::Member)
}

/// The accepted contacts of an account.
pub(crate) fn accepted(view: &View, account: AccountId) -> Vec<AccountId> {
    let own = view
        .contacts
        .iter()
        .filter(|((owner, _), contact)| *owner == account && contact.state == ContactState::Accepted);
    own.map(|((_, other), _)| *other).collect()
}
