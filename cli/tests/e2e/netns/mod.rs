//! Real nodes in network namespaces on a link as bad as we like. Needs root, `ip` (iproute2) and rustc; every name here begins with `netns`, by
//! which `.ci/run` leaves the tests out for who has no root.

mod link;
mod resident;
mod split_and_heal;
