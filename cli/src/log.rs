//! Logs, always to stderr: `RUST_LOG`, else by `-v` and `-q`.

use std::io::stderr;

use tracing_subscriber::EnvFilter;

use crate::context::Context;
use crate::failure::Failure;

/// Starts logging.
///
/// # Errors
/// [`Failure::Usage`] for a filter in `RUST_LOG` that cannot be read.
pub(crate) fn start(context: &Context, runs_node: bool) -> Result<(), Failure> {
    let filter = match std::env::var("RUST_LOG").ok().filter(|text| !text.is_empty()) {
        Some(text) => EnvFilter::try_new(&text).map_err(|error| Failure::Usage(format!("RUST_LOG: {error}")))?,
        None => EnvFilter::new(level(context, runs_node)),
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_ansi(false)
        .with_target(context.global.verbose > 0)
        .init();
    Ok(())
}

fn level(context: &Context, runs_node: bool) -> &'static str {
    match (context.global.verbose, context.global.quiet, runs_node) {
        (2.., _, _) => "debug",
        (1, _, _) => "info,tidings=debug,tidings_node=debug,tidings_protocol=debug",
        (0, true, _) => "error",
        (0, false, true) => "warn,tidings=info,tidings_node=info",
        (0, false, false) => "warn",
    }
}
