//! A small HTTP/1.1 client over one kept-alive connection: enough to drive a node as a script would.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;

use serde_json::Value;

/// What HTTP runs over.
trait Stream: Read + Write + Send {}
impl<S: Read + Write + Send> Stream for S {}

/// One connection to a node, for one account.
pub(crate) struct Client {
    address: String,
    /// The header that says who asks, with its line end; or nothing.
    who: String,
    stream: BufReader<Box<dyn Stream>>,
}

impl Client {
    /// Connects to `host:port`.
    pub(crate) fn connect(address: &str, token: &str) -> Self {
        let stream = TcpStream::connect(address).expect("the node listens");
        stream.set_nodelay(true).expect("TCP_NODELAY");
        let who = if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
        Self { address: address.to_owned(), who, stream: BufReader::new(Box::new(stream)) }
    }

    /// Connects to the socket in a data folder, where an account is named and needs no token.
    #[allow(dead_code, reason = "not every bench has several accounts on a node")]
    pub(crate) fn connect_socket(socket: &Path, account: &str) -> Self {
        let stream = UnixStream::connect(socket).expect("the node listens");
        let who = if account.is_empty() { String::new() } else { format!("Tidings-Account: {account}\r\n") };
        Self { address: "localhost".to_owned(), who, stream: BufReader::new(Box::new(stream)) }
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

    #[allow(dead_code, reason = "not every bench looks at events")]
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
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAccept: {accept}\r\n{}Content-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.address,
            self.who,
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
