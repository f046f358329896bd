//! A small HTTP/1.1 client over one kept-alive connection: enough to drive a node as a script would.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::Value;

/// One connection to a node, with the token of one account.
pub(crate) struct Client {
    address: String,
    token: String,
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Connects to `host:port`.
    pub(crate) fn connect(address: &str, token: &str) -> Self {
        let stream = TcpStream::connect(address).expect("the node listens");
        stream.set_nodelay(true).expect("TCP_NODELAY");
        Self { address: address.to_owned(), token: token.to_owned(), stream: BufReader::new(stream) }
    }

    /// Sends a request and returns status and body.
    pub(crate) fn call(&mut self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        self.write(method, path, body, "application/json");
        let (status, length) = self.read_head();
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).expect("a whole body");
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// As [`Client::call`], and insists on success.
    pub(crate) fn must(&mut self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let (status, answer) = self.call(method, path, body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// Turns the connection into a stream of events and hands each to `each` until it returns false.
    pub(crate) fn events(mut self, mut each: impl FnMut(&Value) -> bool) {
        self.write("GET", "/events", None, "text/event-stream");
        self.read_head();
        let mut line = String::new();
        loop {
            line.clear();
            if self.stream.read_line(&mut line).expect("a line") == 0 {
                return;
            }
            let Some(event) = line.strip_prefix("data:").and_then(|json| serde_json::from_str(json.trim()).ok()) else {
                continue;
            };
            if !each(&event) {
                return;
            }
        }
    }

    fn write(&mut self, method: &str, path: &str, body: Option<&Value>, accept: &str) {
        let body = body.map(Value::to_string).unwrap_or_default();
        let authorization =
            if self.token.is_empty() { String::new() } else { format!("Authorization: Bearer {}\r\n", self.token) };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAccept: {accept}\r\n{authorization}Content-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes()).expect("the node reads");
    }

    fn read_head(&mut self) -> (u16, usize) {
        let mut status = 0;
        let mut length = 0;
        let mut line = String::new();
        loop {
            line.clear();
            self.stream.read_line(&mut line).expect("a header");
            let text = line.trim_end();
            if text.is_empty() {
                return (status, length);
            }
            if text.starts_with("HTTP/") {
                status = text.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
            }
            if let Some((name, value)) = text.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or(0);
            }
        }
    }
}
