//! `tidings completion SHELL`: a script that completes commands and flags.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::args::Arguments;
use crate::context::Context;
use crate::failure::Failure;

/// Arguments of `completion`.
#[derive(Debug, Args)]
pub(crate) struct CompletionArguments {
    /// Which shell
    shell: Shell,
}

/// Prints the script.
///
/// # Errors
/// [`Failure::Pipe`].
pub(crate) fn run(context: &Context, arguments: &CompletionArguments) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "tidings", &mut script);
    context.output.line(String::from_utf8_lossy(&script).trim_end())
}
