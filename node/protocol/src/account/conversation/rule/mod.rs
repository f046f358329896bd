//! The commit rule: which commits count, and which of several at one epoch everybody takes (PROTOCOL A5). Pure functions over plain facts:
//! no rows, no clock, no MLS.

mod class;

pub use class::Class;
