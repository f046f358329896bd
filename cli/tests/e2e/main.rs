//! End-to-end tests: real node processes on loopback, asked over REST and through the command line.
//!
//! Nothing is stood in for: each test starts the `tidings` binary in fresh data folders. Waiting is done on the event stream of an account,
//! never by sleeping. `TIDINGS_KILLS` sets how often `kill_dash_nine` kills (10 by default).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod bad_data_folder;
mod bad_peers;
mod bad_requests;
mod behind_routers;
mod canary;
mod command_line;
mod command_line_refusals;
mod conversation;
mod group_bans;
mod group_links;
mod group_roles;
mod kill_dash_nine;
mod kill_dash_nine_groups;
mod local_network;
mod mailbox;
mod mailbox_return;
mod message_acts;
mod netns;

mod forwarder;
mod http;
mod node;
mod person;
mod shell;
