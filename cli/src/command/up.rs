//! `tidings up`: runs a node in this process.
//!
//! Owns what a node must not do by itself: printing that it is ready, opening a browser, signals. Not here: the node.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::Stdio;

use clap::Args;
use serde::Serialize;
use tidings_node::config::{Flags, Settings};
use tidings_node::runtime::{self, Options, Ready, UpError};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{config, reach};
use crate::context::Context;
use crate::failure::Failure;

/// Arguments of `up`.
#[derive(Debug, Args)]
pub(crate) struct UpArguments {
    /// Where the web interface and the API answer; 127.0.0.1:8480 or the next free port without it
    #[arg(long, value_name = "ADDR:PORT")]
    http: Option<String>,
    /// Where other nodes reach this one; may be repeated
    #[arg(long, value_name = "MULTIADDR")]
    listen: Vec<String>,
    /// A node to stay connected to; may be repeated
    #[arg(long, value_name = "MULTIADDR")]
    peer: Vec<String>,
    /// A relay to be reached through, where a router stands before this node; may be repeated
    #[arg(long, value_name = "MULTIADDR")]
    relay: Vec<String>,
    /// A configuration file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// What the node is for: desktop, home, community, relay or mailbox
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// For whom it keeps messages which it cannot read: off, vouchers or open
    #[arg(long, value_name = "POLICY")]
    mailbox: Option<String>,
    /// Who may make an account after the first: closed, invite, approval or open
    #[arg(long, value_name = "POLICY")]
    registration: Option<String>,
    /// Unlock this account with the passphrase in this file; may be repeated
    #[arg(long, value_name = "NAME=FILE", value_parser = name_and_file)]
    unlock: Vec<(String, PathBuf)>,
    /// Do not open a browser
    #[arg(long)]
    no_browser: bool,
    /// Print the settings and where they come from, and end
    #[arg(long)]
    print_config: bool,
}

fn name_and_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok((name.to_owned(), PathBuf::from(file))),
        Some(_) | None => {
            Err("an account and the file with its passphrase, such as alice=/run/secrets/alice".to_owned())
        }
    }
}

/// The one line on stdout with `--json` (INTERFACES §1).
#[derive(Serialize)]
struct ReadyLine<'a> {
    event: &'static str,
    http: &'a str,
    peer_id: &'a str,
    listen: &'a [String],
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    mailbox: Option<&'a str>,
    setup_url: Option<&'a str>,
}

/// Runs the node until a signal, or until its disk fails.
///
/// # Errors
/// [`Failure::Node`] with the exit code by cause.
pub(crate) async fn run(context: &Context, arguments: UpArguments) -> Result<(), Failure> {
    let (print_config, no_browser) = (arguments.print_config, arguments.no_browser);
    let flags = Flags {
        data: context.global.data.clone(),
        http: arguments.http,
        listen: arguments.listen,
        peer: arguments.peer,
        relay: arguments.relay,
        config: arguments.config,
        profile: arguments.profile,
        mailbox: arguments.mailbox,
        registration: arguments.registration,
        unlock: arguments.unlock,
    };
    let settings = Settings::load(&flags).map_err(|error| Failure::Configuration(error.to_string()))?;
    if print_config {
        return config::show(context, &settings, true);
    }
    // From here on a signal is ours to answer, so that one during the start does not cut it in two.
    let mut signals = Signals::new()?;
    let node = runtime::up(&settings, &Options::default()).await.map_err(|error| failed(&error))?;
    announce(context, node.ready(), &settings);
    if !no_browser {
        open_browser(node.ready());
    }
    let failure = tokio::select! {
        () = signals.first() => None,
        error = node.failed() => Some(failed(&error)),
    };
    tracing::info!("stopping");
    tokio::select! {
        () = node.shutdown() => {}
        exit = signals.second() => std::process::exit(exit),
    }
    failure.map_or(Ok(()), Err)
}

fn failed(error: &UpError) -> Failure {
    Failure::Node { exit: error.exit_code(), text: error.to_string() }
}

/// SIGTERM and SIGINT: the first lets the node finish, a second ends it at once.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> Result<Self, Failure> {
        let failed = |error| Failure::File { action: "take over", what: "signals".to_owned(), error };
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(failed)?,
            interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
        })
    }

    async fn first(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// The exit code by the signal.
    async fn second(&mut self) -> i32 {
        tokio::select! {
            _ = self.terminate.recv() => 143,
            _ = self.interrupt.recv() => 130,
        }
    }
}

/// Says that the node is ready. Nobody has to listen: a node goes on without its terminal.
fn announce(context: &Context, ready: &Ready, settings: &Settings) {
    let line = if context.output.json {
        let (http, peer_id, listen, setup_url) =
            (&ready.http, &ready.peer_id, &ready.listen, ready.setup_url.as_deref());
        let (version, mailbox) = (ready.version, ready.mailbox.as_deref());
        serde_json::to_string(&ReadyLine { event: "ready", http, peer_id, listen, version, mailbox, setup_url })
            .unwrap_or_default()
    } else {
        text(ready, settings)
    };
    for note in &ready.notes {
        tracing::warn!("{note}");
    }
    if let Err(failure) = context.output.line(&line) {
        tracing::debug!("nobody reads that the node is ready: {failure}");
    }
}

fn text(ready: &Ready, settings: &Settings) -> String {
    let mut lines = vec![
        format!("Tidings {} is ready.", ready.version),
        format!("  data folder   {}", settings.data.value.display()),
        format!("  web, API      {}", ready.http),
        format!("  peer id       {}", ready.peer_id),
    ];
    lines.extend(ready.listen.iter().map(|address| format!("  listening     {address}")));
    if let Some(policy) = &ready.mailbox {
        lines.push(format!("  mailbox       {policy}: name it with `tidings account mailbox add MULTIADDR`"));
    }
    if let Some(url) = &ready.setup_url {
        lines.push(format!("  first account `tidings signup NAME`, or in the browser: {url}"));
    }
    lines.extend(reach::lines(&ready.reach).into_iter().map(|line| format!("  {line}")));
    lines.push("  Ctrl-C stops it.".to_owned());
    lines.join("\n")
}

/// Opens the web interface where there is a display. That it does not work is no reason to stop.
fn open_browser(ready: &Ready) {
    let has_display =
        ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    if !(has_display || cfg!(target_os = "macos")) {
        return;
    }
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let url = ready.setup_url.as_deref().unwrap_or(&ready.http);
    let child = tokio::process::Command::new(opener)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match child {
        Ok(mut child) => drop(tokio::spawn(async move { child.wait().await })),
        Err(error) => drop(writeln!(io::stderr(), "No browser could be opened ({error}): {}", ready.http)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_ready_line_is_the_one_scripts_rely_on() {
        let listen = ["/ip4/127.0.0.1/udp/4480/quic-v1".to_owned()];
        let line = ReadyLine {
            event: "ready",
            http: "http://127.0.0.1:8480",
            peer_id: "12D3",
            listen: &listen,
            version: "0.1.0",
            mailbox: None,
            setup_url: None,
        };
        assert_eq!(
            serde_json::to_string(&line).unwrap(),
            r#"{"event":"ready","http":"http://127.0.0.1:8480","peer_id":"12D3","listen":["/ip4/127.0.0.1/udp/4480/quic-v1"],"version":"0.1.0","setup_url":null}"#
        );
    }
}
