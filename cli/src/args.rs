//! What can be typed: flags for every command, and the commands (INTERFACES §4).
//!
//! Not here: what a command does; each has its own file in `command/`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::command::{
    account, chat, completion, config, contact, group, invite, join, listen, login, mailbox, message, request, send,
    signup, status, unlock, up,
};
use crate::duration_arg;

/// Federated, end-to-end encrypted messaging from one binary.
///
/// `tidings up` runs a node; every other command talks to a running one.
#[derive(Debug, Parser)]
#[command(name = "tidings", version, arg_required_else_help = true, subcommand_required = true)]
pub(crate) struct Arguments {
    /// For every command.
    #[command(flatten)]
    pub(crate) global: Global,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global")]
pub(crate) struct Global {
    /// The node's HTTP address, such as http://127.0.0.1:8480; needs a token
    #[arg(long, global = true, env = "TIDINGS_URL", value_name = "URL", conflicts_with = "socket")]
    pub(crate) url: Option<String>,
    /// The node's Unix socket, if it is not in the data folder
    #[arg(long, global = true, env = "TIDINGS_SOCKET", value_name = "PATH")]
    pub(crate) socket: Option<PathBuf>,
    /// The data folder
    #[arg(long, global = true, env = "TIDINGS_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The account to use, where the node has several
    #[arg(long, global = true, env = "TIDINGS_ACCOUNT", value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// A file with the token for --url (- is stdin); `login` writes it
    #[arg(long, global = true, env = "TIDINGS_TOKEN_FILE", value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Print JSON: the resource itself, streams one object a line
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say nothing but errors on stderr
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Log more to stderr; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// No colours
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
    /// How long to wait, such as 30s
    #[arg(long, global = true, value_name = "TIME", value_parser = duration_arg::parse)]
    pub(crate) timeout: Option<Duration>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a node
    Up(up::UpArguments),
    /// Show how the node is doing
    Status(status::StatusArguments),
    /// Make an account on the node
    Signup(signup::SignupArguments),
    /// Log in: unlock the account, and get a token for --url
    Login(login::LoginArguments),
    /// End the session of the token
    Logout,
    /// Take the account's keys out of the node's memory
    Lock,
    /// Open the account with its passphrase
    Unlock(unlock::UnlockArguments),
    /// Show the account in use
    Whoami,
    /// What belongs to your account
    #[command(subcommand)]
    Account(account::AccountCommand),
    /// What this node keeps for others
    #[command(subcommand)]
    Mailbox(mailbox::MailboxCommand),
    /// Make and take back invite links
    #[command(subcommand)]
    Invite(invite::InviteCommand),
    /// Follow an invite link of any kind
    Join(join::JoinArguments),
    /// Those who ask to be let in by your links
    #[command(subcommand)]
    Request(request::RequestCommand),
    /// People you can write to
    #[command(subcommand)]
    Contact(contact::ContactCommand),
    /// Send a message
    Send(send::SendArguments),
    /// Conversations
    #[command(subcommand)]
    Chat(chat::ChatCommand),
    /// What can be done to one message
    #[command(subcommand)]
    Message(message::MessageCommand),
    /// Groups
    #[command(subcommand)]
    Group(group::GroupCommand),
    /// Print events as they happen
    Listen(listen::ListenArguments),
    /// Show the settings
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Show where files are
    Paths,
    /// Show the version
    Version,
    /// Print a completion script for a shell
    Completion(completion::CompletionArguments),
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use clap::CommandFactory;

    fn parsed(line: &str) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_lines_of_the_interface_are_understood() {
        for line in [
            "tidings up --data /d --http 127.0.0.1:0 --listen /ip4/127.0.0.1/udp/0/quic-v1 --listen /ip4/0.0.0.0/tcp/0 --no-browser --json",
            "tidings up --registration open --unlock alice=/run/secret --unlock bob=/b --profile home --config /c --print-config",
            "tidings signup alice --email a@b.c --password-file -",
            "tidings send @ops -f -",
            "tidings send #alerts --lines",
            "tidings send bob hi --wait delivered --timeout 30s",
            "tidings send bob hi --id 0191e0a4-3f7b-7c11-9d0e-3f6f0c1c2b3a",
            "tidings send bob -- -f",
            "tidings listen --json --types message.new --exec ./reply.sh",
            "tidings listen --since 7 --once 3 --timeout 5m",
            "tidings group create ops --member bob --member carol --json",
            "tidings --data /d --account alice group add #ops carol",
            "tidings group leave ops",
            "tidings group leave ops --successor bob",
            "tidings group add ops carol --role moderator",
            "tidings group role ops admin bob carol",
            "tidings group set ops --name later --post roles --disappearing 7d",
            "tidings group log ops --limit 5 --json",
            "tidings group recover ops --json",
            "tidings group recover ops --owner bob",
            "tidings group recover ops --withdraw",
            "tidings chat history bob --limit 5",
            "tidings chat read #ops --up-to 0191e0a4-3f7b-7c11-9d0e-3f6f0c1c2b3a",
            "tidings chat mute bob 8h",
            "tidings chat mute bob off",
            "tidings chat timer bob 7d",
            "tidings chat archive bob --off",
            "tidings chat receipts off",
            "tidings chat typing on --chat bob",
            "tidings message edit 0191e0a4-3f7b-7c11-9d0e-3f6f0c1c2b3a other",
            "tidings message edit 0191e0a4-3f7b-7c11-9d0e-3f6f0c1c2b3a -f -",
            "tidings message react 0191e0a4-3f7b-7c11-9d0e-3f6f0c1c2b3a 👍 --remove",
            "tidings message info 0191e0a4-3f7b-7c11-9d0e-3f6f0c1c2b3a",
            "tidings send bob hi --reply 0191e0a4-3f7b-7c11-9d0e-3f6f0c1c2b3a --wait read",
            "tidings invite create --qr --expires 7d --uses 3",
            "tidings invite revoke 0123",
            "tidings invite create --group ops --approval --uses 20 --expires 7d",
            "tidings group invite ops --approval --uses 20 --expires 7d --qr",
            "tidings group requests",
            "tidings group requests ops --json",
            "tidings request list",
            "tidings request accept carol",
            "tidings request decline 0123456789abcdef",
            "tidings join https://x/i#g1.abc",
            "tidings join https://x/i#v1.abc",
            "tidings contact add https://x/i#v1.abc",
            "tidings status --check",
            "tidings account mailbox add /ip4/127.0.0.1/udp/1/quic-v1/p2p/12D3 --voucher 0123",
            "tidings account mailbox remove 12D3",
            "tidings mailbox voucher create --quota 1GiB --expires 365d",
            "tidings up --profile mailbox --mailbox vouchers",
            "tidings completion bash",
            "tidings config show --origin",
        ] {
            assert!(parsed(line).is_ok(), "{line}: {}", parsed(line).unwrap_err());
        }
    }

    #[test]
    fn what_cannot_be_meant_is_a_usage_error() {
        for line in [
            "tidings send bob",
            "tidings send bob hi --lines",
            "tidings send bob hi -f x",
            "tidings send bob --lines --id 0191e0a4-3f7b-7c11-9d0e-3f6f0c1c2b3a",
            "tidings send bob hi --wait soon",
            "tidings send bob hi --timeout soon",
            "tidings send bob hi --password secret",
            "tidings signup alice --password secret",
            "tidings up --unlock alice",
            "tidings status --url http://x --socket /s",
            "tidings group create",
            "tidings chat mute bob soon",
            "tidings message edit 0191e0a4-3f7b-7c11-9d0e-3f6f0c1c2b3a",
            "tidings send bob --lines --reply 0191e0a4-3f7b-7c11-9d0e-3f6f0c1c2b3a",
            "tidings group add ops",
            "tidings invite create --approval",
            "tidings invite create --kind account --group ops",
            "tidings request accept",
            "tidings group recover ops --owner bob --withdraw",
            "tidings group role ops chief bob",
            "tidings group set ops --post nobody",
            "tidings frobnicate",
        ] {
            assert_eq!(parsed(line).unwrap_err().exit_code(), 2, "{line}");
        }
    }
}
