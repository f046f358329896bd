//! The node: routes one input to the operation that handles it.

use std::collections::BTreeSet;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tidings_crypto::id::{AccountId, NodeId};

use crate::account;
use crate::account::contact::invite;
use crate::account::conversation::{
    leave, member_add, member_ban, member_remove, recovery, set_group, set_role, successor,
};
use crate::account::ephemeral::Ephemerals;
use crate::command::{Answer, Command};
use crate::directory;
use crate::effect::{Effect, Output};
use crate::error::{Error, Fault, Outcome};
use crate::input::{Input, Protocol, RequestFailure};
use crate::limits::{ANCHORS_MAX, RETRY_MS_MAX};
use crate::log;
use crate::peer::{Peers, Purpose};
use crate::record;
use crate::record::log::QueueRecord;
use crate::step::{Step, refused};
use crate::store::snapshot::Snapshot;
use crate::store::table::{Scope, Table};
use crate::time::{Monotonic, Now};
use crate::timer::{TimerKind, Timers};
use crate::transaction::Transaction;
use crate::verified::Verified;
use crate::wire;

/// What a node is told once.
#[derive(Debug, Clone)]
pub struct NodeConfig {
    /// This node.
    pub node: NodeId,
    /// Keys the hashes under which login names are found.
    pub index_key: [u8; 32],
    /// Chosen epochs behind the tip whose state is kept: [`crate::limits::ANCHORS_MAX`] unless somebody wants more forward secrecy.
    pub anchors: usize,
    /// For whom it is a mailbox.
    pub mailbox: log::mailbox::MailboxPolicy,
}

impl NodeConfig {
    /// What a node is told if nobody wants anything else.
    #[must_use]
    pub const fn new(node: NodeId, index_key: [u8; 32]) -> Self {
        Self { node, index_key, anchors: ANCHORS_MAX, mailbox: log::mailbox::MailboxPolicy::Off }
    }
}

/// The core of one node. Everything that must survive a crash is in the store; what is here can be rebuilt from it.
pub struct Node {
    config: NodeConfig,
    rng: ChaCha20Rng,
    peers: Peers,
    timers: Timers,
    verified: Verified,
    ephemerals: Ephemerals,
}

impl Node {
    /// A node that has handled nothing yet; give it [`Input::Start`] first. All its randomness comes from `seed`.
    #[must_use]
    pub fn new(config: NodeConfig, seed: [u8; 32]) -> Self {
        Self {
            config,
            rng: ChaCha20Rng::from_seed(seed),
            peers: Peers::default(),
            timers: Timers::default(),
            verified: Verified::default(),
            ephemerals: Ephemerals::default(),
        }
    }

    /// One step: deterministic in its arguments and the seed.
    ///
    /// # Errors
    /// [`Fault`] if the store fails or a row is damaged: stop the node.
    pub fn handle(&mut self, now: Now, input: Input, store: &dyn Snapshot) -> Result<Output, Fault> {
        let mut step = Step {
            now,
            config: &self.config,
            rows: Transaction::new(store),
            rng: &mut self.rng,
            peers: &mut self.peers,
            timers: &mut self.timers,
            verified: &self.verified,
            ephemerals: &mut self.ephemerals,
            effects: Vec::new(),
            to_catch_up: BTreeSet::new(),
            to_open_inbox: BTreeSet::new(),
            to_ask: BTreeSet::new(),
            to_act: BTreeSet::new(),
            to_serve: BTreeSet::new(),
            worn: 0,
        };
        // A rejection that reaches this place has nobody to tell: the input is dropped.
        drop(refused(step.attempt(|step| route(step, input)))?);
        follow_up(&mut step)?;
        Ok(Output { writes: step.rows.into_writes(), effects: step.effects })
    }

    /// When [`Input::Tick`] is due, if at all.
    #[must_use]
    pub fn next_wake(&self) -> Option<Monotonic> {
        self.timers.next()
    }
}

fn route(step: &mut Step<'_>, input: Input) -> Outcome<()> {
    match input {
        Input::Start => start(step),
        Input::Tick => tick(step),
        Input::PeerConnected(peer) => connected(step, peer),
        Input::PeerDisconnected(peer) => {
            let read = step.peers.disconnected(peer);
            step.to_serve.insert(peer);
            step.to_ask.insert(peer);
            // From this one nothing more is to be heard for now.
            read.iter().try_for_each(|queue| account::conversation::wish::heard(step, queue))
        }
        Input::Request { peer, token, protocol, bytes } => {
            let bytes = answer_peer(step, peer, protocol, &bytes)?;
            step.effects.push(Effect::Respond { token, bytes });
            Ok(())
        }
        Input::Response { peer, id, result } => match step.peers.end(peer, id) {
            Some(purpose) => response(step, peer, purpose, result),
            None => Ok(()),
        },
        Input::Unlocked(account) => account::unlock::unlocked(step, account),
        Input::Locked(_) => Ok(()),
        Input::Command { id, command } => {
            let result = refused(step.attempt(|step| obey(step, *command)))?;
            step.effects.push(Effect::Reply { id, result });
            Ok(())
        }
    }
}

/// After a start: every node that keeps a queue of ours, or for which something waits, is to be reached.
fn start(step: &mut Step<'_>) -> Outcome<()> {
    step.set_timer(TimerKind::RetentionRound(tidings_crypto::QueueId::from_bytes([0; 32])), RETRY_MS_MAX);
    for mailbox in account::mailbox_reading::all_nodes(step)? {
        step.peers.peer(mailbox).wanted = true;
        step.to_serve.insert(mailbox);
    }
    for (_, value) in step.rows.scan(Scope::Node, Table::Queue, b"", usize::MAX)? {
        let queue: QueueRecord = record::decode(&value, "queue")?;
        log::ring::reach_carriers(step, &queue);
    }
    for table in [Table::Outbox, Table::Parcel] {
        for (row, _) in step.rows.scan(Scope::Node, table, b"", usize::MAX)? {
            let node =
                row.get(..32).and_then(|node| NodeId::try_from(node).ok()).ok_or(Fault::Damaged("outbox key"))?;
            step.to_serve.insert(node);
        }
    }
    Ok(())
}

fn connected(step: &mut Step<'_>, peer: NodeId) -> Outcome<()> {
    let state = step.peers.peer(peer);
    state.connected = true;
    state.failures = 0;
    log::peer_wait::over(step, peer)?;
    log::sync::start(step, peer)?;
    account::mailbox_reading::connected(step, peer)?;
    step.to_serve.insert(peer);
    step.to_ask.insert(peer);
    Ok(())
}

fn tick(step: &mut Step<'_>) -> Outcome<()> {
    while let Some(timer) = step.timers.pop_due(step.now.monotonic) {
        match timer {
            TimerKind::Peer(peer) => {
                step.to_serve.insert(peer);
                step.to_ask.insert(peer);
            }
            TimerKind::Receipt(account, conversation) => {
                drop(refused(step.attempt(|step| account::message::receipt::send(step, account, &conversation)))?);
            }
            TimerKind::Missing(account, conversation) => {
                account::catch_up::ask_for_missing(step, account, &conversation)?;
            }
            TimerKind::Act(account, conversation) => {
                step.to_act.insert((account, conversation));
            }
            TimerKind::Expiry(account) => {
                drop(refused(step.attempt(|step| account::message::expire::due(step, account)))?);
            }
            TimerKind::Ring(queue) => log::ring::tend(step, &queue)?,
            TimerKind::ReadAgain(peer) => log::sync::resume(step, peer)?,
            TimerKind::CatchUp(account, queue) => {
                step.to_catch_up.insert((account, queue));
            }
            TimerKind::Retention(queue) => log::retention::look(step, &queue)?,
            TimerKind::RetentionRound(from) => log::retention::round(step, &from)?,
            TimerKind::Register(account) => {
                drop(refused(step.attempt(|step| account::mailbox::register(step, account)))?);
            }
            TimerKind::ReadMailbox(mailbox) => account::mailbox_reading::read_from(step, mailbox)?,
            TimerKind::SomethingCame(reader) => log::mailbox::tell(step, reader),
            TimerKind::OpenInbox(account) => {
                step.to_open_inbox.insert(account);
            }
            TimerKind::Typing(account, conversation, device) => {
                account::ephemeral::typing::over(step, (account, conversation, device))?;
            }
        }
    }
    Ok(())
}

fn answer_peer(step: &mut Step<'_>, peer: NodeId, protocol: Protocol, bytes: &[u8]) -> Outcome<Vec<u8>> {
    Ok(match protocol {
        Protocol::Log => wire::encode(&log::route::log_request(step, peer, bytes)?),
        Protocol::Inbox => wire::encode(&log::route::inbox_request(step, peer, bytes)?),
        Protocol::Keys => wire::encode(&account::key_supply::request(step, bytes)?),
        Protocol::Id => wire::encode(&directory::id_request(step, bytes)?),
        Protocol::Ephemeral => {
            // The answer says nothing: whoever asks learns neither who is there nor what they want to see.
            drop(refused(log::ephemeral::received(step, peer, bytes))?);
            Vec::new()
        }
    })
}

fn response(
    step: &mut Step<'_>,
    peer: NodeId,
    purpose: Purpose,
    result: Result<Vec<u8>, RequestFailure>,
) -> Outcome<()> {
    match purpose {
        Purpose::Push(entries) => log::push::answered(step, peer, &entries, result),
        Purpose::List(queues) => {
            log::read::listed(step, peer, &queues, result)?;
            queues.iter().try_for_each(|queue| account::conversation::wish::heard(step, queue))
        }
        Purpose::Fetch(queue) => {
            log::read::fetched(step, peer, &queue, result)?;
            account::conversation::wish::heard(step, &queue)
        }
        Purpose::Reconcile { queue, nonce, asked } => {
            log::reconcile::session::answered(step, peer, (queue, nonce), &asked, result)?;
            account::conversation::wish::heard(step, &queue)
        }
        Purpose::Gather { queue, nonce, counters } => {
            log::reconcile::session::gathered(step, peer, (queue, nonce), &counters, result)?;
            account::conversation::wish::heard(step, &queue)
        }
        Purpose::Parcel(row) => log::parcel::answered(step, peer, &row, result),
        Purpose::Identity { account, contact, node } => {
            account::contact::resolve::answered(step, (account, contact, node), result)
        }
        Purpose::Register { account, told, .. } => account::mailbox::registered(step, peer, account, told, result),
        Purpose::Collect(account) => account::mailbox_reading::collected(step, peer, account, result),
        Purpose::Mailbox | Purpose::Ephemeral => Ok(()),
        Purpose::Keys { account, conversation, contact } => {
            member_add::answered(step, peer, account, &conversation, &contact, result)
        }
    }
}

fn obey(step: &mut Step<'_>, command: Command) -> Outcome<Answer> {
    match command {
        Command::CreateAccount(new) => account::create::create(step, new).map(Answer::Account),
        Command::CreateInvite { account, uses, lifetime_seconds, note, addresses, group } => {
            invite::create(step, account, invite::Wish { uses, lifetime_seconds, note, addresses, group })
                .map(Answer::Invite)
        }
        Command::RevokeInvite { account, invite } => invite::revoke(step, account, &invite).map(|()| Answer::Done),
        Command::AddContact { account, link } => {
            account::contact::add::add(step, account, &link).map(|contact| Answer::Contact(Box::new(contact)))
        }
        Command::Join { account, act } => account::join_link::act(step, account, act),
        Command::Send { account, to, text, client_id } => {
            account::message::send::send(step, account, to, text, client_id)
                .map(|message| Answer::Message(Box::new(message)))
        }
        Command::CreateGroup { account, name, description, members } => {
            account::conversation::found::group(step, account, &name, &description, &members).map(Answer::Conversation)
        }
        Command::AddMember { account, conversation, member } => {
            member_add::add(step, account, &conversation, &member).map(|()| Answer::Conversation(conversation))
        }
        Command::RemoveMember { account, conversation, member } => {
            member_remove::remove(step, account, &conversation, &member).map(|()| Answer::Conversation(conversation))
        }
        Command::Ban { account, conversation, who, banned } => {
            member_ban::set(step, account, &conversation, &who, banned).map(|()| Answer::Conversation(conversation))
        }
        Command::Leave { account, conversation } => {
            leave::leave(step, account, &conversation, None).map(|()| Answer::Conversation(conversation))
        }
        Command::HandOver { account, conversation, successor } => {
            leave::leave(step, account, &conversation, Some(successor)).map(|()| Answer::Conversation(conversation))
        }
        Command::SetRole { account, conversation, member, role } => {
            set_role::set(step, account, &conversation, &member, role).map(|()| Answer::Conversation(conversation))
        }
        Command::SetGroup { account, conversation, change } => {
            set_group::set(step, account, &conversation, &change).map(|()| Answer::Conversation(conversation))
        }
        Command::Succeed { account, conversation, addresses } => {
            successor::open(step, account, &conversation, addresses).map(Answer::Conversation)
        }
        Command::Recover { account, conversation, act } => recovery::obey(step, account, &conversation, act),
        Command::MarkRead { account, conversation } => {
            account::message::read::mark(step, account, &conversation, None).map(|()| Answer::Done)
        }
        Command::Chat { account, act } => account::message::act(step, account, act),
        Command::AddMailbox { account, node, addresses, voucher } => {
            account::mailbox::add(step, account, node, addresses, voucher)
                .map(|mailbox| Answer::Mailbox(Box::new(mailbox)))
        }
        Command::RemoveMailbox { account, node } => {
            account::mailbox::remove(step, account, node).map(|()| Answer::Done)
        }
        Command::CreateVoucher { quota, lifetime_seconds } => {
            Ok(Answer::Voucher(log::voucher::create(step, quota, lifetime_seconds)))
        }
        Command::Write(writes) => {
            for write in writes.0 {
                step.rows.write(write);
            }
            Ok(Answer::Done)
        }
        Command::RememberAddresses { node, addresses } => {
            directory::remember(step, node, &addresses).map(|()| Answer::Done)
        }
    }
}

/// What an input set in motion: inbox items, new entries, peers that something now waits for. Until nothing is left.
fn follow_up(step: &mut Step<'_>) -> Result<(), Fault> {
    loop {
        if step.is_worn() {
            put_off(step);
        }
        // Queues first: whoever was removed and added again must hear of the one before the welcome of the other.
        let done = if let Some((account, queue)) = step.to_catch_up.pop_first() {
            account::catch_up::catch_up(step, account, &queue)
        } else if let Some(account) = step.to_open_inbox.pop_first() {
            account::inbox::open_all(step, account)
        } else if let Some((account, conversation)) = step.to_act.pop_first() {
            account::conversation::wish::act(step, account, &conversation)
        } else if let Some(peer) = step.to_ask.pop_first() {
            ask(step, peer)
        } else if let Some(peer) = step.to_serve.pop_first() {
            log::route::serve(step, peer)
        } else {
            return Ok(());
        };
        match done {
            Ok(()) | Err(Error::Rejection(_)) => {}
            Err(Error::Fault(fault)) => return Err(fault),
        }
    }
}

/// Leaves to the next step, in the same order, what takes long in large groups.
fn put_off(step: &mut Step<'_>) {
    for (account, queue) in std::mem::take(&mut step.to_catch_up) {
        step.set_timer(TimerKind::CatchUp(account, queue), 0);
    }
    for account in std::mem::take(&mut step.to_open_inbox) {
        step.set_timer(TimerKind::OpenInbox(account), 0);
    }
    for (account, conversation) in std::mem::take(&mut step.to_act) {
        step.set_timer(TimerKind::Act(account, conversation), 0);
    }
}

/// Whether an account's rows can be read, for those who route on it.
#[must_use]
pub fn is_unlocked(store: &dyn Snapshot, account: AccountId) -> bool {
    store.get(Scope::Account(account), Table::Profile, b"").is_ok_and(|row| row.is_some())
}

fn ask(step: &mut Step<'_>, peer: NodeId) -> Outcome<()> {
    if step.peers.is_connected(peer) {
        account::contact::serve_peer(step, peer)
    } else {
        step.to_serve.insert(peer);
        Ok(())
    }
}
