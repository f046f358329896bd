//! `tidings config show [--origin]`: the settings a node would start with.

use std::path::PathBuf;

use clap::Subcommand;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::table;

/// Subcommands of `config`.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting
    Show {
        /// Say where each value comes from
        #[arg(long)]
        origin: bool,
        /// A configuration file
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

/// Carries out a `config` command.
///
/// # Errors
/// [`Failure::Configuration`] naming key and place.
pub(crate) fn run(context: &Context, command: &ConfigCommand) -> Result<(), Failure> {
    let ConfigCommand::Show { origin, config } = command;
    show(context, &context.settings_with(config.clone())?, *origin)
}

/// Prints the settings. Secrets are not among them, only names of files.
///
/// # Errors
/// [`Failure::Pipe`].
pub(super) fn show(context: &Context, settings: &tidings_node::config::Settings, origin: bool) -> Result<(), Failure> {
    let rows = settings.rows();
    let json: Vec<serde_json::Value> = rows
        .iter()
        .map(|(key, value, origin)| serde_json::json!({"key": key, "value": value, "origin": origin.to_string()}))
        .collect();
    context.output.value(&json, || {
        let row = |(key, value, from): &(String, String, tidings_node::config::Origin)| {
            let from = if origin { format!("# {from}") } else { String::new() };
            vec![key.clone(), format!("= {value:?}"), from]
        };
        table(&rows.iter().map(row).collect::<Vec<_>>())
    })
}
