//! The command line of Tidings: runs a node, or talks to a running one.
//!
//! Data goes to stdout, everything else to stderr; the exit code says what came of it (INTERFACES §4). Every command but `up` is a client of
//! the REST API. Not here: anything a node does.

mod args;
mod client;
mod command;
mod context;
mod duration_arg;
#[cfg(test)]
mod examples;
mod failure;
mod log;
mod output;
mod passphrase;
mod printable;
mod recipient;

use std::process::ExitCode;

use clap::Parser;

use args::Arguments;
use context::Context;
use failure::Failure;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let context = Context::new(arguments.global);
    match run(&context, arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            context.output.failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(context: &Context, command: args::Command) -> Result<(), Failure> {
    let runs_node = matches!(command, args::Command::Up(_));
    log::start(context, runs_node)?;
    let mut builder = if runs_node {
        tokio::runtime::Builder::new_multi_thread()
    } else {
        tokio::runtime::Builder::new_current_thread()
    };
    let runtime = builder.enable_all().build().map_err(|error| Failure::File {
        action: "start",
        what: "the runtime".to_owned(),
        error,
    })?;
    let done = runtime.block_on(command::run(context, command));
    // A prompt or a read from stdin may still wait in a thread of its own; the process need not wait for it.
    runtime.shutdown_background();
    done
}
