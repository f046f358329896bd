//! What a command says: data on stdout, everything else on stderr.
//!
//! `--json` prints the REST resource itself, streams one object a line, flushed. A reader that goes away ends the command quietly (141).

use std::io::{self, Write};

use serde::Serialize;
use tidings_api::ErrorCode;

use crate::failure::Failure;
use crate::printable;

/// How the person wants to be spoken to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    /// Resources instead of text.
    pub(crate) json: bool,
    /// Only errors on stderr.
    pub(crate) quiet: bool,
}

impl Output {
    /// A line of data.
    ///
    /// # Errors
    /// [`Failure::Pipe`] if the reader has gone.
    pub(crate) fn line(self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()).map_err(written)
    }

    /// The resource as the node sent it, or the text for people.
    ///
    /// # Errors
    /// As [`Output::line`].
    pub(crate) fn resource(self, sent: &str, human: impl FnOnce() -> String) -> Result<(), Failure> {
        let text = if self.json { sent.trim_end().to_owned() } else { human() };
        if text.is_empty() { Ok(()) } else { self.line(text.trim_end_matches('\n')) }
    }

    /// A value of our own as JSON, or the text for people.
    ///
    /// # Errors
    /// As [`Output::line`].
    pub(crate) fn value<T: Serialize>(self, value: &T, human: impl FnOnce() -> String) -> Result<(), Failure> {
        let json = serde_json::to_string(value).map_err(|error| Failure::Answer(error.to_string()))?;
        self.resource(&json, human)
    }

    /// A remark, which `-q` silences.
    pub(crate) fn note(self, text: &str) {
        if !self.quiet {
            to_stderr(text);
        }
    }

    /// Why the command failed.
    pub(crate) fn failure(self, failure: &Failure) {
        if matches!(failure, Failure::Pipe) {
            return;
        }
        if let (true, Failure::Problem(problem)) = (self.json, failure)
            && let Ok(json) = serde_json::to_string(problem)
        {
            return to_stderr(&json);
        }
        to_stderr(&explained(failure));
    }
}

/// The failure in words: what, why, what now.
fn explained(failure: &Failure) -> String {
    let mut text = format!("tidings: {}", printable::line(&failure.to_string()));
    if let Failure::Problem(problem) = failure {
        for field in problem.fields.iter().filter(|_| problem.fields.len() > 1) {
            text.push_str(&format!("\n  {}: {}", printable::line(&field.field), printable::line(&field.detail)));
        }
        if problem.code == ErrorCode::Ambiguous || !problem.candidates.is_empty() {
            for candidate in &problem.candidates {
                text.push_str(&format!("\n  {}", printable::line(candidate)));
            }
        }
    }
    if let Some(fix) = failure.fix() {
        text.push_str(&format!("\n  {}", printable::line(&fix)));
    }
    text
}

fn to_stderr(text: &str) {
    // With stderr gone there is nobody left to tell.
    drop(writeln!(io::stderr(), "{text}"));
}

fn written(error: io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        Failure::Pipe
    } else {
        Failure::File { action: "write to", what: "stdout".to_owned(), error }
    }
}

/// Rows with their columns aligned; the first row is the heading. Cells must be printable already.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width_of = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width_of).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_api::Problem;

    #[test]
    fn columns_stand_below_each_other() {
        let rows = [["NAME", "STATE"], ["bob", "accepted"], ["zoë", ""]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&rows), "NAME  STATE\nbob   accepted\nzoë");
        assert_eq!(table(&[]), "");
    }

    #[test]
    fn a_failure_says_what_why_and_what_now() {
        let problem = Problem::new(ErrorCode::Ambiguous, "more than one contact goes by that name")
            .fix("use one of the candidates");
        let text =
            explained(&Failure::Problem(Box::new(problem.candidates(vec!["bob@a".to_owned(), "bob@b".to_owned()]))));
        assert_eq!(
            text,
            "tidings: The name fits more than one: more than one contact goes by that name\n  bob@a\n  bob@b\n  use one of the candidates"
        );
        let text = explained(&Failure::NotRunning { place: "/x/api.sock".to_owned() });
        assert!(text.contains("start it with `tidings up`"), "{text}");
    }
}
