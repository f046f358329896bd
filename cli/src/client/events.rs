//! A stream of server-sent events (WHATWG HTML §9.2), as far as a node uses it.

use std::collections::VecDeque;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use tidings_api::{ErrorCode, Event};

use crate::failure::Failure;

/// Longest line taken. An event carries at most one text of 64 KiB, escaped.
const LINE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// One event, read and as sent.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    /// The event.
    pub(crate) event: Event,
    /// Its JSON, on one line.
    pub(crate) json: String,
}

/// The events of one account as they come.
pub(crate) struct EventLines {
    body: Incoming,
    lines: Lines,
    cursor: String,
}

impl EventLines {
    pub(super) fn new(body: Incoming) -> Self {
        Self { body, lines: Lines::default(), cursor: String::new() }
    }

    /// Waits for the next event. Types of a newer node are passed over.
    ///
    /// # Errors
    /// [`Failure::Stopped`] when the node stops or its connection breaks; the node's reason when it ends the stream.
    pub(crate) async fn next(&mut self) -> Result<Received, Failure> {
        loop {
            while let Some(block) = self.lines.take() {
                if block.kind == "end" {
                    return Err(self.ended(&block.data));
                }
                match serde_json::from_str::<Event>(&block.data) {
                    Ok(event) => {
                        self.cursor.clone_from(&event.cursor);
                        return Ok(Received { event, json: block.data });
                    }
                    Err(error) => tracing::debug!("an event was passed over: {error}"),
                }
            }
            let frame = match self.body.frame().await {
                Some(Ok(frame)) => frame,
                Some(Err(_)) | None => return Err(self.ended("closing")),
            };
            if let Some(bytes) = frame.data_ref() {
                self.lines.push(bytes)?;
            }
        }
    }

    fn ended(&self, reason: &str) -> Failure {
        match reason {
            "locked" => Failure::problem(ErrorCode::Locked, "the account was locked while listening"),
            "unauthenticated" => Failure::problem(ErrorCode::Unauthenticated, "the session has ended"),
            _ => Failure::Stopped { cursor: if self.cursor.is_empty() { "0".to_owned() } else { self.cursor.clone() } },
        }
    }
}

/// One event as the format frames it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Block {
    kind: String,
    data: String,
}

/// Cuts bytes into events.
#[derive(Default)]
struct Lines {
    rest: Vec<u8>,
    open: Block,
    ready: VecDeque<Block>,
}

impl Lines {
    fn push(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.rest.extend_from_slice(bytes);
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            self.line(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']));
        }
        if self.rest.len() > LINE_BYTES_MAX || self.open.data.len() > LINE_BYTES_MAX {
            return Err(Failure::Answer("an event is too long".to_owned()));
        }
        Ok(())
    }

    fn take(&mut self) -> Option<Block> {
        self.ready.pop_front()
    }

    fn line(&mut self, line: &str) {
        if line.is_empty() {
            let block = std::mem::take(&mut self.open);
            if !block.data.is_empty() {
                self.ready.push_back(block);
            }
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.open.kind = value.to_owned(),
            "data" => {
                if !self.open.data.is_empty() {
                    self.open.data.push('\n');
                }
                self.open.data.push_str(value);
            }
            // `id` repeats the cursor; a line that starts with a colon is a sign of life.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn blocks(chunks: &[&[u8]]) -> Vec<Block> {
        let mut lines = Lines::default();
        for chunk in chunks {
            lines.push(chunk).unwrap();
        }
        std::iter::from_fn(|| lines.take()).collect()
    }

    #[test]
    fn an_event_is_whole_wherever_the_bytes_were_cut() {
        let sent =
            "id: 7\nevent: message.new\ndata: {\"text\":\"grüße\"}\n\n:\n\nevent: end\ndata: locked\n\n".as_bytes();
        let whole = blocks(&[sent]);
        assert_eq!(whole.len(), 2);
        assert_eq!(whole.first().unwrap().data, "{\"text\":\"grüße\"}");
        for cut in 0..sent.len() {
            let (one, two) = sent.split_at(cut);
            assert_eq!(blocks(&[one, two]), whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_line_without_end_is_refused() {
        assert!(Lines::default().push(&vec![b'x'; LINE_BYTES_MAX + 1]).is_err());
    }
}
