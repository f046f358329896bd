//! One batch of a machine: the shell's part as the real driver plays it. Handle inputs over pending writes, commit once, then run effects.
//! And where that can be cut short by a crash.

use std::collections::BTreeMap;

use tidings_crypto::id::{AccountId, ConversationId, EpochId};
use tidings_crypto::mls::{Group, Rows};
use tidings_protocol::effect::{Effect, Output};
use tidings_protocol::input::{Input, RequestFailure};
use tidings_protocol::record;
use tidings_protocol::record::conversation::{ConversationRecord, Membership};
use tidings_protocol::record::key::{join, prefix_end};
use tidings_protocol::store::overlay::{Overlay, Pending};
use tidings_protocol::store::snapshot::{Direction, Snapshot};
use tidings_protocol::store::table::{Scope, Table};

use super::checker::{Answered, Expected, NewEpoch, Seen, acts, expect};
use super::host::address;
use super::network::{FRAME_LIMIT, RESPONSE_LIMIT};
use super::plan::CrashPoint;
use super::report::Violation;
use super::sabotage::Scene;
use super::trace::answer_name;
use super::view::MessageFact;
use super::world::World;

/// The most inputs a shell runs as one batch.
const BATCH_MAX: usize = 16;

/// One handled input.
struct Done {
    input: Input,
    output: Output,
    expected: Option<Expected>,
    /// The MLS rows of the epochs this step wrote, as they were right after it: a later step of the batch may change them.
    epochs: BTreeMap<(AccountId, EpochId), Rows>,
}

impl World {
    /// Runs what waits in a machine's inbox.
    pub(crate) fn run_inbox(&mut self, node: usize) -> Result<(), Violation> {
        self.hosts[node].run_due = false;
        if !self.hosts[node].is_up() {
            return Ok(());
        }
        let inputs = self.take_batch(node);
        let mut pending = Pending::default();
        let mut done = Vec::new();
        let mut effects_first = false;
        for input in inputs {
            if let Input::Unlocked(account) = input {
                self.hosts[node].store.unlock(account);
                self.hosts[node].unlocked.insert(account);
            }
            effects_first |= self.saboteur.effects_first(&input);
            let step = self.handle(node, input, &pending, done.is_empty())?;
            pending.apply_all(step.output.writes.clone());
            done.push(step);
        }
        if effects_first {
            self.run_effects(node, done, None)?;
            self.crash(node);
            return Ok(());
        }
        self.commit_and_run(node, pending, done)
    }

    fn take_batch(&mut self, node: usize) -> Vec<Input> {
        let batching = self.plan.batching > 0;
        let host = &mut self.hosts[node];
        let mut batch = Vec::new();
        while let Some(input) = host.inbox.pop_front() {
            // The keys of an account come and go between batches only.
            let alone = matches!(input, Input::Unlocked(_) | Input::Locked(_));
            if alone && !batch.is_empty() {
                host.inbox.push_front(input);
                break;
            }
            batch.push(input);
            if alone || !batching || batch.len() >= BATCH_MAX {
                break;
            }
        }
        if !host.inbox.is_empty() && !host.run_due {
            host.run_due = true;
            self.schedule.after(0, super::schedule::Event::Run { node });
        }
        batch
    }

    fn handle(&mut self, node: usize, input: Input, pending: &Pending, first: bool) -> Result<Done, Violation> {
        self.stats.steps += 1;
        let name = input_name(&input);
        self.say(|| format!("n{node} < {name}"));
        let expected = self.expected(node, &input).filter(|_| first);
        let host = &mut self.hosts[node];
        let now = host.clock.now(self.schedule.now);
        let core = host.core.as_mut().expect("a machine that is up has a core");
        let mut output = match core.handle(now, input.clone(), &Overlay::new(&host.store, pending)) {
            Ok(output) => output,
            Err(fault) => return Err(self.violation("fault", format!("node {node} stops at {name}: {fault}"))),
        };
        self.digest.output(self.schedule.now, node, &name, &output);
        let neighbours: Vec<AccountId> = host.unlocked.iter().copied().collect();
        let scene = Scene { view: &self.view, store: &host.store, neighbours: &neighbours };
        self.saboteur.spoil(&scene, &input, &mut output);
        let epochs = self.new_epochs(node, pending, &output);
        Ok(Done { input, output, expected, epochs })
    }

    fn new_epochs(&self, node: usize, pending: &Pending, output: &Output) -> BTreeMap<(AccountId, EpochId), Rows> {
        let mut epochs = BTreeMap::new();
        for write in &output.writes.0 {
            let (Scope::Account(account), Table::Conversation, Some(value)) = (write.scope, write.table, &write.value)
            else {
                continue;
            };
            let Ok(record) = record::decode::<ConversationRecord>(value, "conversation") else { continue };
            if self.view.conversations.get(&(account, record.id)).is_some_and(|before| before.tip == record.tip) {
                continue;
            }
            let mut after = pending.clone();
            after.apply_all(output.writes.clone());
            let rows = mls_rows(&Overlay::new(&self.hosts[node].store, &after), account, record.id, record.tip);
            epochs.insert((account, record.tip), rows);
        }
        epochs
    }

    fn expected(&self, node: usize, input: &Input) -> Option<Expected> {
        let Input::Command { command, .. } = input else { return None };
        let account = acts(command)?;
        expect(&self.view, self.hosts[node].unlocked.contains(&account), command)
    }

    fn commit_and_run(&mut self, node: usize, pending: Pending, done: Vec<Done>) -> Result<(), Violation> {
        let crash = self.crash_point();
        if crash == Some(CrashPoint::BeforeCommit) {
            self.crash(node);
            return Ok(());
        }
        if let Err(error) = self.hosts[node].store.commit(pending.into_writes()) {
            return Err(self.violation("fault", format!("node {node} writes what it may not: {error}")));
        }
        for step in &done {
            self.observe(node, step)?;
        }
        if crash == Some(CrashPoint::BeforeEffects) {
            self.crash(node);
            return Ok(());
        }
        let locked =
            done.iter().find_map(|step| if let Input::Locked(account) = step.input { Some(account) } else { None });
        let total: usize = done.iter().map(|step| step.output.effects.len()).sum();
        let limit = (crash == Some(CrashPoint::AmongEffects)).then(|| self.fault_dice.index(total + 1));
        self.run_effects(node, done, limit)?;
        if crash.is_some() {
            self.crash(node);
            return Ok(());
        }
        if let Some(account) = locked {
            self.hosts[node].store.lock(account);
            self.hosts[node].unlocked.remove(&account);
            self.plan_unlock(node, account);
        }
        let due = self.hosts[node].core.as_ref().and_then(tidings_protocol::node::Node::next_wake);
        self.set_wake(node, due);
        Ok(())
    }

    fn crash_point(&mut self) -> Option<CrashPoint> {
        let hit = self.plan.crashes > 0 && self.fault_dice.below(100_000) < self.plan.crashes;
        if hit { self.fault_dice.pick(&self.plan.crash_points).copied() } else { None }
    }

    /// Shows a committed step to the observer and the checkers.
    fn observe(&mut self, node: usize, step: &Done) -> Result<(), Violation> {
        let writes = &step.output.writes.0;
        let mut facts = self.view.apply(node, writes);
        self.stats.kept += facts.entries.len() as u64;
        for fact in facts.tips.iter_mut().filter(|fact| fact.is_new()) {
            if !fact.record.membership.is_in() {
                continue;
            }
            let (account, conversation, epoch) = (fact.account, fact.record.id, fact.record.tip);
            let Some(rows) = step.epochs.get(&(account, epoch)) else { continue };
            fact.authenticator = Group::load(conversation, rows.clone()).ok().map(|group| group.authenticator());
            self.digest.fact(
                "epoch",
                &[account.as_bytes(), epoch.as_bytes(), fact.authenticator.as_deref().unwrap_or_default()],
            );
            self.stats.commits += u64::from(fact.before.is_some());
            let used = facts.messages.iter().any(|message| message.record.conversation == Some(conversation));
            let fresh = NewEpoch { account, conversation, epoch, rows, used };
            for checker in &mut self.checkers {
                if let Err(text) = checker.new_epoch(&fresh) {
                    return Err(Violation { checker: checker.name(), text, at: self.schedule.now });
                }
            }
        }
        for fact in &facts.tips {
            self.workload.wishes.saw(&fact.account, &fact.record);
        }
        for fact in facts.messages.iter().filter(|fact| fact.before.is_none()) {
            let count =
                if fact.record.sender == fact.account { &mut self.stats.sent } else { &mut self.stats.received };
            *count += 1;
        }
        let parted =
            facts.tips.iter().filter(|fact| matches!(fact.record.membership, Membership::Left | Membership::Removed));
        let parted = parted
            .filter(|fact| fact.before.as_ref().is_some_and(|before| before.membership != fact.record.membership));
        self.stats.parted += parted.count() as u64;
        if self.options.verbose {
            self.tell(node, &facts);
        }
        let input = &step.input;
        self.ask(|checker, view| checker.committed(&Seen { input, writes, facts: &facts, view }))
    }

    fn run_effects(&mut self, node: usize, done: Vec<Done>, limit: Option<usize>) -> Result<(), Violation> {
        let mut left = limit.unwrap_or(usize::MAX);
        for step in done {
            for effect in step.output.effects {
                if left == 0 {
                    return Ok(());
                }
                left -= 1;
                self.run_effect(node, &step.input, step.expected.as_ref(), effect)?;
            }
        }
        Ok(())
    }

    fn run_effect(
        &mut self,
        node: usize,
        input: &Input,
        expected: Option<&Expected>,
        effect: Effect,
    ) -> Result<(), Violation> {
        match effect {
            Effect::Respond { token, bytes } => {
                self.check_frame(&bytes, RESPONSE_LIMIT)?;
                self.say(|| format!("n{node} > respond {} bytes", bytes.len()));
                self.note_answer(&bytes);
                self.network.respond(&mut self.schedule, &self.plan, &mut self.network_dice, node, token, bytes);
            }
            Effect::Request { peer, id, protocol, bytes } => {
                self.check_frame(&bytes, FRAME_LIMIT)?;
                self.say(|| format!("n{node} > request {protocol:?} {} bytes to {peer:?}", bytes.len()));
                self.hostile.hear(protocol, &bytes);
                self.note_request(node, protocol, &bytes);
                let Some(to) = self.names.iter().position(|name| *name == peer) else {
                    self.ask_hostile(node, peer, id);
                    return Ok(());
                };
                let from = (node, self.hosts[node].life);
                let sent = self.network.request(
                    &mut self.schedule,
                    &self.plan,
                    &mut self.network_dice,
                    from,
                    to,
                    id,
                    protocol,
                    &bytes,
                );
                if let Err(failure) = sent {
                    self.fail(node, peer, id, failure);
                }
            }
            Effect::Dial { node: peer, addresses } => self.dial(node, peer, &addresses),
            Effect::Reply { id, result } => return self.reply(node, id, input, expected, &result),
            Effect::Notify { .. } | Effect::Tell { .. } => {}
        }
        Ok(())
    }

    fn check_frame(&mut self, bytes: &[u8], limit: usize) -> Result<(), Violation> {
        self.stats.frames += 1;
        self.stats.bytes += bytes.len() as u64;
        if bytes.len() > limit {
            return Err(
                self.violation("frame-size", format!("a frame of {} bytes is over the limit of {limit}", bytes.len()))
            );
        }
        self.ask(|checker, _| checker.frame(bytes))
    }

    fn dial(&mut self, node: usize, peer: tidings_crypto::id::NodeId, addresses: &[Vec<u8>]) {
        let Some(to) = self.names.iter().position(|name| *name == peer) else { return };
        // Without an address only those can be found who were here before.
        let known = addresses.contains(&address(to)) || (addresses.is_empty() && self.network.have_met(node, to));
        self.say(|| format!("n{node} > dial n{to}{}", if known { "" } else { " (no address)" }));
        if known {
            self.network.dial(&mut self.schedule, &self.plan, &mut self.network_dice, node, to);
        }
    }

    fn ask_hostile(&mut self, node: usize, peer: tidings_crypto::id::NodeId, id: u64) {
        match self.hostile.answer().filter(|_| peer == self.hostile.node) {
            Some(bytes) => self.push(node, Input::Response { peer, id, result: Ok(bytes) }),
            None => self.fail(node, peer, id, RequestFailure::Timeout),
        }
    }

    fn reply(
        &mut self,
        node: usize,
        id: u64,
        input: &Input,
        expected: Option<&Expected>,
        result: &Result<tidings_protocol::command::Answer, tidings_protocol::error::Rejection>,
    ) -> Result<(), Violation> {
        self.say(|| format!("n{node} > reply {}", answer_name(result)));
        let Some(wish) = self.workload.end(node, id) else {
            return Err(self.violation("replies", format!("node {node} answers a command twice, or one nobody gave")));
        };
        self.stats.refused += u64::from(result.is_err());
        self.stats.bans +=
            u64::from(matches!(wish.command, tidings_protocol::command::Command::Ban { .. }) && result.is_ok());
        self.stats.refused_locked += u64::from(matches!(result, Err(tidings_protocol::error::Rejection::Locked)));
        // A command may be answered in a later step than its own; the model judged the state before its own.
        let own = matches!(input, Input::Command { id: asked, .. } if *asked == id);
        let expected = expected.filter(|_| own).cloned();
        self.stats.predicted += u64::from(expected.is_some());
        self.ask(|checker, _| {
            checker.answered(&Answered { command: &wish.command, result, expected: expected.clone() })
        })?;
        let next = self.workload.learn(&mut self.people_dice, &self.people, &wish, result);
        self.workload.wishes.saw_when_answered(&wish.command, &self.view);
        if let Some(wish) = next {
            self.later(wish, 0);
        }
        self.signed_up(node, &wish, result)
    }

    /// Prints what a step changed.
    fn tell(&self, node: usize, facts: &super::view::Facts) {
        for fact in &facts.messages {
            let MessageFact { account, record, .. } = fact;
            let states: Vec<_> = record.states.iter().map(|state| state.state).collect();
            let sent = self.view.sent.get(&record.id).map(|sent| (sent.index, sent.conversation, sent.number));
            self.say(|| format!("n{node}   {account:?} has a message of {:?} {states:?} {sent:?}", record.sender));
        }
        for fact in facts.tips.iter().filter(|fact| fact.is_new()) {
            let record = &fact.record;
            let members = record.members.len();
            self.say(|| {
                format!(
                    "n{node}   {:?} {:?} {:?} at epoch {} of {members}",
                    fact.account, record.membership, record.id, record.epoch
                )
            });
        }
        for entry in &facts.entries {
            let inner = entry.inner.as_ref();
            let inner = inner.map(|inner| (inner.kind(), inner.device, inner.sequence, inner.conversation));
            self.say(|| format!("n{node}   keeps {:?} {inner:?}", entry.id));
        }
    }
}

/// The MLS rows of one epoch of one account.
pub(crate) fn mls_rows(store: &dyn Snapshot, account: AccountId, conversation: ConversationId, epoch: EpochId) -> Rows {
    let prefix = join(&[conversation.as_bytes(), epoch.as_bytes()]);
    let rows =
        store.range(Scope::Account(account), Table::Mls, &prefix, &prefix_end(&prefix), usize::MAX, Direction::Forward);
    let rows = rows.unwrap_or_default();
    rows.into_iter().map(|(key, value)| (key[prefix.len()..].to_vec(), value)).collect()
}

/// What an input is, in a few words.
fn input_name(input: &Input) -> String {
    match input {
        Input::Start => "start".into(),
        Input::Tick => "tick".into(),
        Input::PeerConnected(peer) => format!("connected {peer:?}"),
        Input::PeerDisconnected(peer) => format!("disconnected {peer:?}"),
        Input::Request { peer, protocol, bytes, .. } => {
            format!("request {protocol:?} {} bytes from {peer:?}", bytes.len())
        }
        Input::Response { peer, id, result } => {
            let result = result.as_ref().map(Vec::len);
            format!("response {id} {result:?} from {peer:?}")
        }
        Input::Unlocked(account) => format!("unlocked {account:?}"),
        Input::Locked(account) => format!("locked {account:?}"),
        Input::Command { command, .. } => format!("{} by {:?}", super::checker::name(command), acts(command)),
    }
}
