//! Real nodes in network namespaces on a link as bad as we like. Needs root, `ip` (iproute2) and rustc, and says so; `.ci/run` leaves these tests
//! out, by the name of this module, for who has no root.

mod fork_and_heal;
mod link;
mod resident;
mod split_and_heal;
