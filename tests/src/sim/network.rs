//! The network between machines: connections, requests and answers, and all that can happen to them.
//!
//! It owns who is connected to whom and which requests are open. Semantics are those of `Input` and `Effect`: a request gets exactly one
//! response, at the latest a timeout. What ends up in a machine's inbox is returned as deliveries; the world puts them there.

use std::collections::BTreeMap;

use tidings_crypto::id::NodeId;
use tidings_protocol::input::{Input, Protocol, RequestFailure};

use super::dice::Dice;
use super::plan::Plan;
use super::schedule::{Event, Schedule};

/// How long an asker waits.
pub(crate) const REQUEST_TIMEOUT: u64 = 20_000;
/// What the transport carries in one request at the most.
pub(crate) const FRAME_LIMIT: usize = 1_310_720;
/// What the transport carries in one response at the most.
pub(crate) const RESPONSE_LIMIT: usize = 4 * 1024 * 1024;

/// An input for a machine.
pub(crate) type Delivery = (usize, Input);

#[derive(Debug, Clone, Copy, Default)]
struct Link {
    up: bool,
    generation: u64,
    /// Whether the lower and the higher end believe the connection stands.
    believes: [bool; 2],
}

struct Return {
    to: usize,
    life: u64,
    id: u64,
    generation: u64,
}

/// All connections of a world.
#[derive(Default)]
pub(crate) struct Network {
    links: BTreeMap<(usize, usize), Link>,
    /// How many partitions hold from one machine to another.
    blocked: BTreeMap<(usize, usize), u32>,
    open: BTreeMap<(usize, u64), (usize, u64)>,
    returns: BTreeMap<(usize, u64), Return>,
    next_token: u64,
    /// Requests and answers that did not arrive, for the report.
    pub(crate) lost: u64,
}

fn pair(a: usize, b: usize) -> (usize, usize) {
    (a.min(b), a.max(b))
}

fn side(node: usize, peer: usize) -> usize {
    usize::from(node > peer)
}

/// How long `length` bytes take.
fn travel(plan: &Plan, dice: &mut Dice, length: usize) -> u64 {
    dice.between(plan.latency.0, plan.latency.1) + length as u64 / plan.bandwidth.max(1)
}

impl Network {
    fn link(&mut self, a: usize, b: usize) -> &mut Link {
        self.links.entry(pair(a, b)).or_default()
    }

    fn is_blocked(&self, from: usize, to: usize) -> bool {
        self.blocked.get(&(from, to)).is_some_and(|count| *count > 0)
    }

    /// Whether `node` takes its connection to `peer` for standing.
    pub(crate) fn believes(&self, node: usize, peer: usize) -> bool {
        self.links.get(&pair(node, peer)).is_some_and(|link| link.believes[side(node, peer)])
    }

    /// Whether the two were ever connected.
    pub(crate) fn have_met(&self, node: usize, peer: usize) -> bool {
        self.links.get(&pair(node, peer)).is_some_and(|link| link.generation > 0)
    }

    /// All pairs with a standing connection.
    pub(crate) fn standing(&self) -> Vec<(usize, usize, u64)> {
        self.links.iter().filter(|(_, link)| link.up).map(|((a, b), link)| (*a, *b, link.generation)).collect()
    }

    /// A machine dials another.
    pub(crate) fn dial(&mut self, schedule: &mut Schedule, plan: &Plan, dice: &mut Dice, from: usize, to: usize) {
        let blocked = self.is_blocked(from, to) || self.is_blocked(to, from);
        if from != to && !blocked && !dice.chance(plan.loss) {
            let delay = travel(plan, dice, 0) + travel(plan, dice, 0);
            schedule.after(delay, Event::LinkUp { from, to });
        }
    }

    /// A dial gets through, if both are there.
    pub(crate) fn link_up(
        &mut self,
        nodes: &[NodeId],
        up: impl Fn(usize) -> bool,
        from: usize,
        to: usize,
    ) -> Vec<Delivery> {
        let blocked = self.is_blocked(from, to) || self.is_blocked(to, from);
        if blocked || !up(from) || !up(to) || self.link(from, to).up {
            return Vec::new();
        }
        let link = self.link(from, to);
        link.up = true;
        link.generation += 1;
        let mut deliveries = Vec::new();
        for (node, peer) in [(from, to), (to, from)] {
            if self.believes(node, peer) {
                // A second connection before the end of the first was noticed: only what ran over the first is lost.
                deliveries.extend(self.fail_requests(nodes, node, peer));
            } else {
                self.link(node, peer).believes[side(node, peer)] = true;
                deliveries.push((node, Input::PeerConnected(nodes[peer])));
            }
        }
        deliveries
    }

    /// A connection ends and both notice.
    pub(crate) fn link_down(&mut self, nodes: &[NodeId], a: usize, b: usize, generation: u64) -> Vec<Delivery> {
        let link = self.link(a, b);
        if !link.up || link.generation != generation {
            return Vec::new();
        }
        link.up = false;
        let mut deliveries = self.peer_gone(nodes, a, b);
        deliveries.extend(self.peer_gone(nodes, b, a));
        deliveries
    }

    /// `node` notices that its connection to `peer` is gone.
    pub(crate) fn peer_gone(&mut self, nodes: &[NodeId], node: usize, peer: usize) -> Vec<Delivery> {
        let link = self.link(node, peer);
        if link.up || !link.believes[side(node, peer)] {
            return Vec::new();
        }
        link.believes[side(node, peer)] = false;
        let mut deliveries = self.fail_requests(nodes, node, peer);
        deliveries.push((node, Input::PeerDisconnected(nodes[peer])));
        deliveries
    }

    fn fail_requests(&mut self, nodes: &[NodeId], node: usize, peer: usize) -> Vec<Delivery> {
        let ids: Vec<u64> =
            self.open.iter().filter(|((n, _), (p, _))| (*n, *p) == (node, peer)).map(|((_, id), _)| *id).collect();
        ids.into_iter()
            .map(|id| {
                self.open.remove(&(node, id));
                (node, Input::Response { peer: nodes[peer], id, result: Err(RequestFailure::Disconnected) })
            })
            .collect()
    }

    /// A machine crashes: its connections end, its peers notice later.
    pub(crate) fn crash(&mut self, schedule: &mut Schedule, dice: &mut Dice, node: usize) {
        for ((a, b), link) in &mut self.links {
            if *a != node && *b != node {
                continue;
            }
            let peer = if *a == node { *b } else { *a };
            link.up = false;
            link.believes[side(node, peer)] = false;
            if link.believes[side(peer, node)] {
                schedule.after(dice.between(0, 8_000), Event::PeerGone { node: peer, peer: node });
            }
        }
        self.open.retain(|(asker, _), _| *asker != node);
        self.returns.retain(|(server, _), _| *server != node);
    }

    /// Nothing gets from one to the other until [`Self::mend`].
    pub(crate) fn block(&mut self, from: usize, to: usize) {
        *self.blocked.entry((from, to)).or_default() += 1;
    }

    /// One partition ends.
    pub(crate) fn mend(&mut self, from: usize, to: usize) {
        if let Some(count) = self.blocked.get_mut(&(from, to)) {
            *count = count.saturating_sub(1);
        }
    }

    /// All partitions end.
    pub(crate) fn mend_all(&mut self) {
        self.blocked.clear();
    }

    /// A machine asks another.
    #[allow(clippy::too_many_arguments, reason = "a request is these parts")]
    pub(crate) fn request(
        &mut self,
        schedule: &mut Schedule,
        plan: &Plan,
        dice: &mut Dice,
        (from, life): (usize, u64),
        to: usize,
        id: u64,
        protocol: Protocol,
        bytes: &[u8],
    ) -> Result<(), RequestFailure> {
        if !self.believes(from, to) {
            return Err(RequestFailure::NotConnected);
        }
        let generation = self.link(from, to).generation;
        self.open.insert((from, id), (to, generation));
        schedule.after(REQUEST_TIMEOUT, Event::Timeout { node: from, life, id });
        let copies = if dice.chance(plan.duplicates) { 2 } else { 1 };
        for _ in 0..copies {
            if self.is_blocked(from, to) || dice.chance(plan.loss) {
                self.lost += 1;
                continue;
            }
            let event = Event::Arrive { from, life, to, generation, id, protocol, bytes: bytes.to_vec() };
            schedule.after(travel(plan, dice, bytes.len()), event);
        }
        Ok(())
    }

    /// A request arrives; gives the token under which it may be answered.
    pub(crate) fn arrive(&mut self, from: usize, life: u64, to: usize, generation: u64, id: u64) -> Option<u64> {
        let link = *self.link(from, to);
        if !link.up || link.generation != generation || !link.believes[side(to, from)] {
            return None;
        }
        let token = self.token();
        self.returns.insert((to, token), Return { to: from, life, id, generation });
        Some(token)
    }

    /// A token nobody else has.
    pub(crate) fn token(&mut self) -> u64 {
        self.next_token += 1;
        self.next_token
    }

    /// A machine answers. False if the token is not one of an open request.
    pub(crate) fn respond(
        &mut self,
        schedule: &mut Schedule,
        plan: &Plan,
        dice: &mut Dice,
        from: usize,
        token: u64,
        bytes: Vec<u8>,
    ) -> bool {
        let Some(back) = self.returns.remove(&(from, token)) else {
            return false;
        };
        if self.is_blocked(from, back.to) || dice.chance(plan.loss) {
            self.lost += 1;
        } else {
            let delay = travel(plan, dice, bytes.len());
            let Return { to, life, id, generation } = back;
            schedule.after(delay, Event::Answer { from, to, life, generation, id, bytes });
        }
        true
    }

    /// An answer arrives.
    pub(crate) fn answer(
        &mut self,
        nodes: &[NodeId],
        from: usize,
        to: usize,
        generation: u64,
        id: u64,
        bytes: Vec<u8>,
    ) -> Option<Delivery> {
        if self.open.get(&(to, id)) != Some(&(from, generation)) {
            return None;
        }
        self.open.remove(&(to, id));
        Some((to, Input::Response { peer: nodes[from], id, result: Ok(bytes) }))
    }

    /// A request has waited long enough.
    pub(crate) fn timeout(&mut self, nodes: &[NodeId], node: usize, id: u64) -> Option<Delivery> {
        let (peer, _) = self.open.remove(&(node, id))?;
        Some((node, Input::Response { peer: nodes[peer], id, result: Err(RequestFailure::Timeout) }))
    }
}
