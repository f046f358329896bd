//! The commit rule: which commits count, and which of several at one epoch everybody takes (PROTOCOL A5.4, A5.5; `docs/PROTOCOL.md`
//! section 14). Pure functions over plain facts: no rows, no clock, no MLS.
//!
//! What a commit may do is judged beside it, in `authorize`. Whether a device can follow what is selected, and what it does if it cannot, is
//! not decided here.

mod choose;
mod class;
mod equivocation;
mod flood;
mod passage;
mod select;

pub use choose::{Child, Electorate, Vote, choose};
pub use class::Class;
pub use equivocation::{effective_class, forked_at};
pub use flood::{Ancestor, spacing, within_spacing};
pub use passage::Passage;
pub use select::{Fork, select};
