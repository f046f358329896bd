//! A WebSocket client of a few lines (RFC 6455): enough to read text frames, pings and the close code.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Duration, timeout};

use super::{Node, request};

/// What came on the socket.
#[derive(Debug, PartialEq)]
pub enum Frame {
    Event(Value),
    Ping,
    Closed(u16),
}

pub struct Socket(TcpStream);

impl Node {
    /// Asks for a WebSocket: the socket, or the status it was refused with.
    pub async fn socket(&self, path: &str, headers: &[(&str, &str)]) -> Result<Socket, u16> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let mut all = vec![
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        all.extend_from_slice(headers);
        stream.write_all(&request("GET", path, &self.host(), &all, b"")).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        match head.split(' ').nth(1).unwrap().parse().unwrap() {
            101 => Ok(Socket(stream)),
            status => Err(status),
        }
    }

    pub async fn socket_with(&self, path: &str, token: &str) -> Socket {
        self.socket(path, &[("Authorization", &format!("Bearer {token}"))]).await.ok().unwrap()
    }
}

impl Socket {
    /// The next frame, within 20 s.
    pub async fn next(&mut self) -> Frame {
        timeout(Duration::from_secs(20), self.read()).await.expect("nothing came")
    }

    /// The next event of this type; others are passed over.
    pub async fn event(&mut self, kind: &str) -> Value {
        loop {
            match self.next().await {
                Frame::Event(event) if event["type"] == kind => return event,
                Frame::Event(_) | Frame::Ping => {}
                Frame::Closed(code) => panic!("closed with {code} while waiting for {kind}"),
            }
        }
    }

    /// The code with which the node closes; events before it are passed over.
    pub async fn closed(&mut self) -> u16 {
        loop {
            if let Frame::Closed(code) = self.next().await {
                return code;
            }
        }
    }

    /// Sends this many short text frames; the node may have enough before.
    pub async fn flood(&mut self, frames: usize) {
        for _ in 0..frames {
            // Fin and text, masked with zeros, one byte.
            if self.0.write_all(&[0x81, 0x81, 0, 0, 0, 0, b'x']).await.is_err() {
                return;
            }
        }
    }

    /// Begins a binary frame that is said to be this long.
    pub async fn announce(&mut self, length: u64) {
        let mut head = vec![0x82, 0xff];
        head.extend_from_slice(&length.to_be_bytes());
        head.extend_from_slice(&[0; 4]);
        self.0.write_all(&head).await.unwrap();
    }

    async fn read(&mut self) -> Frame {
        // Cut off without a word.
        let Ok(first) = self.0.read_u8().await else { return Frame::Closed(0) };
        let length = match self.0.read_u8().await.unwrap() {
            126 => usize::from(self.0.read_u16().await.unwrap()),
            127 => usize::try_from(self.0.read_u64().await.unwrap()).unwrap(),
            short => usize::from(short),
        };
        let mut payload = vec![0; length];
        self.0.read_exact(&mut payload).await.unwrap();
        match first & 0x0f {
            1 => Frame::Event(serde_json::from_slice(&payload).unwrap()),
            8 => Frame::Closed(u16::from_be_bytes([payload[0], payload[1]])),
            9 => Frame::Ping,
            other => panic!("frame of kind {other}"),
        }
    }
}
