//! What was done in a group by commits, as each member saw it (`tidings group log`).

use minicbor::{Decode, Encode};
use tidings_crypto::id::{AccountId, EpochId};

use crate::account::policy::Role;

/// One act.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Act {
    /// Somebody was added.
    #[n(0)]
    Added {
        /// Who.
        #[n(0)]
        account: AccountId,
    },
    /// Somebody was removed.
    #[n(1)]
    Removed {
        /// Who.
        #[n(0)]
        account: AccountId,
    },
    /// Somebody left, which the author of the commit carried out.
    #[n(2)]
    Left {
        /// Who.
        #[n(0)]
        account: AccountId,
    },
    /// A device of somebody was let back in.
    #[n(3)]
    Readmitted {
        /// Who.
        #[n(0)]
        account: AccountId,
    },
    /// Somebody has another role.
    #[n(4)]
    Role {
        /// Who.
        #[n(0)]
        account: AccountId,
        /// The role from then on.
        #[n(1)]
        role: Role,
    },
    /// Somebody was made owner by the petition of the others.
    #[n(5)]
    Recovered {
        /// Who.
        #[n(0)]
        account: AccountId,
    },
    /// The group has another name.
    #[n(6)]
    Named {
        /// Its name from then on.
        #[n(0)]
        name: String,
    },
    /// It says something else about itself.
    #[n(7)]
    Described,
    /// Messages are kept for another time.
    #[n(8)]
    Timer {
        /// Seconds; 0 is for ever.
        #[n(0)]
        seconds: u32,
    },
    /// Its rules are other ones.
    #[n(9)]
    Rules,
    /// Somebody was banned; if they were in, they were removed by the same commit.
    #[n(10)]
    Banned {
        /// Who.
        #[n(0)]
        account: AccountId,
    },
    /// A ban was lifted.
    #[n(11)]
    Unbanned {
        /// Whose.
        #[n(0)]
        account: AccountId,
    },
}

/// What one commit did. Every commit has a row, so that the rows of one branch are a chain.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct GroupLogRecord {
    /// The epoch before.
    #[n(0)]
    pub parent: EpochId,
    /// Who made the commit.
    #[n(1)]
    pub by: AccountId,
    /// When, by the clock of its entry, unix milliseconds.
    #[n(2)]
    pub time: u64,
    /// What it did; empty for one that only renewed keys.
    #[n(3)]
    pub acts: Vec<Act>,
}
