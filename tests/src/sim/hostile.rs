//! A stranger on the network: junk on every protocol, frames of others played again, changed or grown beyond the limits.
//!
//! It has a node name of its own and no account. It breaks nothing by itself: whatever it sends must be refused or ignored.

use tidings_crypto::id::NodeId;
use tidings_protocol::input::Protocol;

use super::dice::Dice;

/// How many frames of others it remembers.
const MEMORY: usize = 60;

/// The stranger.
pub(crate) struct Hostile {
    /// Its name.
    pub(crate) node: NodeId,
    dice: Dice,
    heard: Vec<(Protocol, Vec<u8>)>,
}

impl Hostile {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed, "stranger");
        Self { node: NodeId::from_bytes(dice.bytes()), dice, heard: Vec::new() }
    }

    /// It overhears a frame; a compromised peer of the sender could have got it.
    pub(crate) fn hear(&mut self, protocol: Protocol, bytes: &[u8]) {
        if self.heard.len() < MEMORY {
            self.heard.push((protocol, bytes.to_vec()));
        } else if self.dice.chance(100) {
            let place = self.dice.index(MEMORY);
            self.heard[place] = (protocol, bytes.to_vec());
        }
    }

    /// How long until its next frame.
    pub(crate) fn pause(&mut self) -> u64 {
        self.dice.between(50, 4_000)
    }

    /// Whom it attacks, of `count`.
    pub(crate) fn victim(&mut self, count: usize) -> usize {
        self.dice.index(count)
    }

    /// A frame.
    pub(crate) fn frame(&mut self) -> (Protocol, Vec<u8>) {
        let protocols = [Protocol::Log, Protocol::Inbox, Protocol::Keys, Protocol::Id, Protocol::Ephemeral];
        let any = *self.dice.pick(&protocols).unwrap_or(&Protocol::Log);
        let junk = |dice: &mut Dice| {
            let length = match dice.below(50) {
                0 => super::network::FRAME_LIMIT,
                1..5 => dice.index(100_000),
                _ => dice.index(300),
            };
            dice.junk(length)
        };
        let heard = self.dice.pick(&self.heard).cloned();
        match (self.dice.below(5), heard) {
            (0, Some((_, bytes))) => (any, bytes),
            (1, Some(frame)) => frame,
            (2, Some((protocol, mut bytes))) => {
                let place = self.dice.index(bytes.len());
                bytes.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 1 << self.dice.below(8));
                (protocol, bytes)
            }
            (3, Some((protocol, mut bytes))) => {
                let tail = junk(&mut self.dice);
                let keep = self.dice.index(bytes.len() + 1);
                bytes.truncate(keep);
                bytes.extend_from_slice(&tail);
                (protocol, bytes)
            }
            (_, _) => (any, junk(&mut self.dice)),
        }
    }

    /// It changes an answer on behalf of a lying machine, most of the time.
    pub(crate) fn twist(&mut self, bytes: &mut Vec<u8>) {
        match self.dice.below(4) {
            0 => {}
            1 => {
                let length = self.dice.index(bytes.len() + 1);
                bytes.truncate(length);
            }
            2 => {
                if let Some((_, other)) = self.dice.pick(&self.heard) {
                    bytes.clone_from(other);
                }
            }
            _ => {
                let place = self.dice.index(bytes.len());
                bytes.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 1 << self.dice.below(8));
            }
        }
    }

    /// Its answer to a question, if it gives one.
    pub(crate) fn answer(&mut self) -> Option<Vec<u8>> {
        let length = self.dice.index(2_000);
        self.dice.chance(700).then(|| self.dice.junk(length))
    }
}
