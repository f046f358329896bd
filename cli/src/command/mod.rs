//! One subcommand a file.

pub(crate) mod account;
pub(crate) mod chat;
pub(crate) mod chat_settings;
pub(crate) mod completion;
pub(crate) mod config;
pub(crate) mod contact;
pub(crate) mod group;
pub(crate) mod group_ban;
pub(crate) mod group_change;
pub(crate) mod invite;
pub(crate) mod join;
pub(crate) mod listen;
pub(crate) mod lock;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod mailbox;
pub(crate) mod message;
pub(crate) mod paths;
mod reach;
mod recover;
pub(crate) mod request;
pub(crate) mod send;
pub(crate) mod signup;
pub(crate) mod status;
mod succeed;
pub(crate) mod unlock;
pub(crate) mod up;
pub(crate) mod version;
pub(crate) mod whoami;

use crate::args::Command;
use crate::context::Context;
use crate::failure::Failure;

/// Does what was typed.
///
/// # Errors
/// Why it was not done.
pub(crate) async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    match command {
        Command::Up(arguments) => up::run(context, arguments).await,
        Command::Status(arguments) => status::run(context, &arguments).await,
        Command::Signup(arguments) => signup::run(context, arguments).await,
        Command::Login(arguments) => login::run(context, arguments).await,
        Command::Logout => logout::run(context).await,
        Command::Lock => lock::run(context).await,
        Command::Unlock(arguments) => unlock::run(context, &arguments).await,
        Command::Whoami => whoami::run(context).await,
        Command::Account(command) => account::run(context, command).await,
        Command::Mailbox(command) => mailbox::run(context, command).await,
        Command::Invite(command) => invite::run(context, command).await,
        Command::Join(arguments) => join::run(context, &arguments).await,
        Command::Request(command) => request::run(context, command).await,
        Command::Contact(command) => contact::run(context, command).await,
        Command::Send(arguments) => send::run(context, arguments).await,
        Command::Chat(command) => chat::run(context, command).await,
        Command::Message(command) => message::run(context, command).await,
        Command::Group(command) => group::run(context, command).await,
        Command::Listen(arguments) => listen::run(context, arguments).await,
        Command::Config(command) => config::run(context, &command),
        Command::Paths => paths::run(context),
        Command::Version => version::run(context),
        Command::Completion(arguments) => completion::run(context, &arguments),
    }
}
