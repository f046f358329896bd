//! What a run of one seed says.

use super::trace::Digest;

/// A broken property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which checker saw it.
    pub checker: &'static str,
    /// What it saw.
    pub text: String,
    /// Virtual milliseconds since the world began.
    pub at: u64,
}

macro_rules! stats {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What happened in a world, or in many; shows that a run was not empty.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct Stats { $($(#[$doc])* pub $name: u64,)* }

        impl Stats {
            /// Adds another world's counts.
            pub fn add(&mut self, other: &Self) {
                $(self.$name += other.$name;)*
            }

            /// Each count with its name.
            #[must_use]
            pub fn all(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name),)*]
            }
        }
    };
}

stats! {
    /// Events taken from the queue.
    events,
    /// Inputs handled by cores.
    steps,
    /// Frames sent.
    frames,
    /// Bytes in them.
    bytes,
    /// Times an entry was passed on by somebody who had not written it.
    passed_on,
    /// Entries put into stores, each once for each machine that keeps it.
    kept,
    /// Frames by which followers of large groups ask each other for what passing on may have missed.
    tended,
    /// Frames that got lost.
    lost,
    /// Messages encrypted.
    sent,
    /// Messages stored at a reader.
    received,
    /// Conversations in which somebody can write.
    conversations,
    /// Epochs beyond the first ones.
    commits,
    /// Epochs with a rival: two commits at one parent.
    forks,
    /// Bans and their ends that were asked for and not refused.
    bans,
    /// Accounts that were removed from a group or left it.
    parted,
    /// Commands refused.
    refused,
    /// Commands refused because the account was locked.
    refused_locked,
    /// Commands for which the model knew the answer.
    predicted,
    /// Process ends.
    crashes,
    /// Process starts.
    starts,
    /// Partitions.
    partitions,
    /// Connections cut.
    cuts,
    /// Accounts locked by people.
    locks,
    /// Jumps of wall clocks.
    clock_steps,
    /// Frames of the stranger.
    attacks,
    /// Entries of a member that cheats.
    cheats,
    /// Virtual milliseconds lived.
    lived,
    /// Virtual milliseconds from the end of faults until all was settled.
    settling,
}

/// The result of one seed.
#[derive(Debug, Clone)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// What broke, if anything did.
    pub violation: Option<Violation>,
    /// Equal for equal runs.
    pub digest: Digest,
    /// What happened.
    pub stats: Stats,
}

impl Report {
    /// The line that lets somebody else see the same.
    #[must_use]
    pub fn line(&self) -> String {
        match &self.violation {
            None => format!("seed {}: ok, digest {}", self.seed, self.digest.text()),
            Some(Violation { checker, text, at }) => {
                format!("seed {}: {checker} at {at} ms: {text}\n    cargo sim --seed {}", self.seed, self.seed)
            }
        }
    }
}
