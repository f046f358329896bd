//! HTTP by hand, so that a test can also send what no client would.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

/// No request takes this long; one that does has failed.
const REPLY_TIME: Duration = Duration::from_secs(60);

/// A request.
#[derive(Clone)]
pub(crate) struct Request {
    method: &'static str,
    path: String,
    host: Option<String>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn delete(path: &str) -> Self {
        Self::new("DELETE", path)
    }

    pub(crate) fn post(path: &str, body: &Value) -> Self {
        Self::new("POST", path).json_body(body)
    }

    pub(crate) fn put(path: &str, body: &Value) -> Self {
        Self::new("PUT", path).json_body(body)
    }

    pub(crate) fn patch(path: &str, body: &Value) -> Self {
        Self::new("PATCH", path).json_body(body)
    }

    fn json_body(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string().as_bytes())
    }

    pub(crate) fn new(method: &'static str, path: &str) -> Self {
        Self { method, path: path.to_owned(), host: None, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn host(mut self, host: &str) -> Self {
        self.host = Some(host.to_owned());
        self
    }

    pub(crate) fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    /// Sends it; the node must be there and answer.
    pub(crate) fn send(&self, to: &str) -> Reply {
        self.try_send(to).unwrap_or_else(|error| panic!("{} {} at {to}: {error}", self.method, self.path))
    }

    /// Sends it to a node that may go away in the middle.
    pub(crate) fn try_send(&self, to: &str) -> io::Result<Reply> {
        let mut stream = self.open(to)?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        Reply::parse(&bytes).ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "no whole answer"))
    }

    /// Sends it through the socket in a data folder, where it needs no token.
    pub(crate) fn send_to_socket(&self, socket: &Path) -> Reply {
        let exchange = || {
            let mut stream = UnixStream::connect(socket)?;
            stream.set_read_timeout(Some(REPLY_TIME))?;
            stream.write_all(&self.bytes("localhost"))?;
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes)?;
            Reply::parse(&bytes).ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "no whole answer"))
        };
        exchange().unwrap_or_else(|error| panic!("{} {} at {}: {error}", self.method, self.path, socket.display()))
    }

    fn open(&self, to: &str) -> io::Result<TcpStream> {
        let mut stream = TcpStream::connect(to)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(REPLY_TIME))?;
        stream.set_write_timeout(Some(REPLY_TIME))?;
        stream.write_all(&self.bytes(to))?;
        Ok(stream)
    }

    fn bytes(&self, to: &str) -> Vec<u8> {
        let host = self.host.as_deref().unwrap_or(to);
        let mut head = format!(
            "{} {} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n",
            self.method,
            self.path,
            self.body.len()
        );
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        [head.as_bytes(), &self.body].concat()
    }

    /// Opens a stream of events.
    pub(crate) fn events(&self, to: &str) -> Events {
        let stream = self.clone().header("accept", "text/event-stream").open(to).unwrap();
        Events { lines: BufReader::new(stream), rest: Vec::new() }
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
        let body = String::from_utf8(bytes[end + 4..].to_vec()).ok()?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let length = head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
        // A node that was killed in the middle of an answer has not answered.
        (length.is_none_or(|length| length == body.len())).then_some(Self { status, head, body })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let wanted = format!("{name}: ");
        self.head
            .lines()
            .find(|line| line.to_ascii_lowercase().starts_with(&wanted))
            .map(|line| line[wanted.len()..].to_owned())
    }

    /// The resource, if the status is the one expected.
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// Status and code of an error answer, whose form is checked (RFC 9457).
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type").as_deref(), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{self:?}");
        let text = |name: &str| problem[name].as_str().unwrap_or_else(|| panic!("no {name}: {self:?}")).to_owned();
        assert_eq!(text("type"), format!("urn:tidings:problem:{}", text("code")));
        assert!(!text("title").is_empty() && !text("detail").is_empty(), "{self:?}");
        (self.status, text("code"))
    }
}

/// Server-sent events of one account.
pub(crate) struct Events {
    lines: BufReader<TcpStream>,
    rest: Vec<u8>,
}

impl Events {
    /// Waits for the next event until `deadline`; `None` when the time is over.
    pub(crate) fn next(&mut self, deadline: Instant) -> Option<Value> {
        loop {
            let left = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
            self.lines.get_ref().set_read_timeout(Some(left)).unwrap();
            match self.lines.read_until(b'\n', &mut self.rest) {
                Ok(0) => panic!("the event stream has ended"),
                Ok(_) => {}
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                    return None;
                }
                Err(error) => panic!("the event stream broke: {error}"),
            }
            if self.rest.ends_with(b"\n") {
                // Each event is one chunk, so that lines between are the framing of HTTP.
                let line = String::from_utf8(std::mem::take(&mut self.rest)).unwrap();
                if let Some(event) = line.strip_prefix("data: ").and_then(|json| serde_json::from_str(json).ok()) {
                    return Some(event);
                }
            }
        }
    }
}
