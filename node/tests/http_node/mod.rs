//! A real node without a network: store, driver, core and HTTP on loopback, and a plain client for it.
#![allow(dead_code, reason = "each test file uses its own part of this")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use tidings_crypto::id::NodeId;
use tidings_crypto::sign::SigningKey;
use tidings_crypto::vault::Params;
use tidings_node::clock::Clock;
use tidings_node::driver::{self, DriverHandle};
use tidings_node::http::{AppState, HttpSettings, Listeners, serve};
use tidings_node::identity::{Identity, IdentityConfig, Registration};
use tidings_node::network::{NetworkCommand, NetworkHandle, Status, peer_id_of};
use tidings_node::store::Store;
use tidings_protocol::log::mailbox::MailboxPolicy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

pub mod socket;

pub const PASSWORD: &str = "correct horse battery";

/// What an answer brought.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub fn code(&self) -> String {
        let json = self.json();
        assert_eq!(self.header("content-type").as_deref(), Some("application/problem+json"), "{self:?}");
        assert_eq!(json["status"], self.status, "the body tells another status: {self:?}");
        json["code"].as_str().unwrap().to_owned()
    }

    pub fn header(&self, name: &str) -> Option<String> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.to_owned())
    }

    /// The session cookie as a client sends it back.
    pub fn cookie(&self) -> String {
        self.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
    }

    pub fn token(&self) -> String {
        self.json()["accessToken"].as_str().unwrap().to_owned()
    }

    pub fn csrf(&self) -> String {
        self.json()["csrfToken"].as_str().unwrap().to_owned()
    }
}

/// How a node differs from the usual one.
#[derive(Default)]
pub struct Setup {
    pub registration: Registration,
    pub setup_secret: Option<String>,
    pub http: HttpSettings,
}

/// A node that serves.
pub struct Node {
    pub port: u16,
    pub driver: DriverHandle,
    pub node: NodeId,
    pub token_seed: [u8; 32],
    pub peer_id: String,
    state: AppState,
    stop: Option<oneshot::Sender<()>>,
    served: Option<JoinHandle<std::io::Result<()>>>,
}

impl Node {
    pub async fn open(folder: &Path) -> Self {
        Self::with(folder, Setup { registration: Registration::Open, ..Setup::default() }).await
    }

    pub async fn with(folder: &Path, setup: Setup) -> Self {
        let store = Store::open(folder).unwrap();
        let keys = store.keys().clone();
        let node = NodeId::from_bytes(*SigningKey::from_seed(&keys.node_seed).verifying_key().as_bytes());
        let commands = quiet_network();
        let network = NetworkHandle { commands: commands.clone(), local: node, listen: Vec::new() };
        let driver = driver::start(store, commands, Clock::start(), MailboxPolicy::Off).unwrap();
        let peer_id = peer_id_of(&node).unwrap().to_base58();
        let identity = Identity::new(
            driver.clone(),
            IdentityConfig {
                node,
                peer_id: peer_id.clone(),
                index_key: *keys.index,
                access_seed: keys.token.clone(),
                params: Params::MIN,
                registration: setup.registration,
                setup_secret: setup.setup_secret.map(Into::into),
                people: true,
            },
        );
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let unix = UnixListener::bind(folder.join("api.sock")).unwrap();
        let port = tcp.local_addr().unwrap().port();
        let http = HttpSettings { url: format!("http://127.0.0.1:{port}"), ..setup.http };
        let state = AppState::new(driver.clone(), identity, network, http);
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = serve(Listeners { tcp: vec![tcp], unix: Some(unix) }, state.clone(), async {
            stopped.await.ok();
        });
        let served = Some(tokio::spawn(serving));
        Self { port, driver, node, token_seed: *keys.token, peer_id, state, stop: Some(stop), served }
    }

    /// Stops serving and the driver, so that the folder can be opened again.
    pub async fn close(mut self, folder: &Path) {
        drop(self.stop.take());
        self.served.take().unwrap().await.unwrap().unwrap();
        self.driver.shutdown().await;
        std::fs::remove_file(folder.join("api.sock")).unwrap();
    }

    pub fn argon2_runs(&self) -> u64 {
        self.state.argon2_runs()
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Sends a request as given, with a Host if `headers` has none.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        stream.write_all(&request(method, path, &self.host(), headers, body)).await.unwrap();
        read_answer(&mut stream).await
    }

    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.send("GET", path, &[("Authorization", &format!("Bearer {token}"))], b"").await
    }

    pub async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        self.send("POST", path, &headers[usize::from(token.is_empty())..], body.to_string().as_bytes()).await
    }

    pub async fn delete(&self, path: &str, token: &str) -> Answer {
        self.send("DELETE", path, &[("Authorization", &format!("Bearer {token}"))], b"").await
    }

    pub async fn sign_up(&self, name: &str) -> Answer {
        let answer = self.post("/auth/signup", "", json!({"name": name, "password": PASSWORD})).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer
    }

    pub async fn log_in(&self, name: &str, password: &str) -> Answer {
        self.post("/auth/login", "", json!({"login": name, "password": password})).await
    }

    /// Makes `from` and `to` contacts of each other.
    pub async fn befriend(&self, from: &str, to: &str) {
        let invite = self.post("/invites", to, json!({"kind": "contact"})).await;
        assert_eq!(invite.status, 201, "{invite:?}");
        let added = self.post("/contacts", from, json!({"link": invite.json()["link"]})).await;
        assert_eq!(added.status, 201, "{added:?}");
    }

    /// Asks again until `found` is content: what the core does by itself takes a moment.
    pub async fn until(&self, path: &str, token: &str, found: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..400 {
            let answer = self.get(path, token).await;
            if answer.status == 200 && found(&answer.json()) {
                return answer.json();
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("never came true: {path}: {:?}", self.get(path, token).await)
    }
}

/// A folder and a node in it.
pub async fn fresh() -> (TempDir, Node) {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::open(&folder.path().join("data")).await;
    (folder, node)
}

/// As [`fresh`], set up otherwise.
pub async fn fresh_with(setup: Setup) -> (TempDir, Node) {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::with(&folder.path().join("data"), setup).await;
    (folder, node)
}

/// Sends a request over the Unix socket.
pub async fn send_locally(
    path_of_socket: &Path,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut stream = UnixStream::connect(path_of_socket).await.unwrap();
    stream.write_all(&request(method, path, "tidings", headers, body)).await.unwrap();
    read_answer(&mut stream).await
}

/// A network nobody is in.
fn quiet_network() -> mpsc::Sender<NetworkCommand> {
    let (commands, mut orders) = mpsc::channel(64);
    tokio::spawn(async move {
        while let Some(order) = orders.recv().await {
            match order {
                NetworkCommand::Status { reply } => {
                    let listen = vec!["/ip4/127.0.0.1/udp/4480/quic-v1".parse().unwrap()];
                    reply.send(Status { listen, ..Status::default() }).ok();
                }
                NetworkCommand::Dial { .. }
                | NetworkCommand::Request { .. }
                | NetworkCommand::Respond { .. }
                | NetworkCommand::Shutdown => {}
            }
        }
    });
    commands
}

pub fn request(method: &str, path: &str, host: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        head.push_str(&format!("Host: {host}\r\n"));
    }
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("connection")) {
        head.push_str("Connection: close\r\n");
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    [head.as_bytes(), body].concat()
}

async fn read_answer(stream: &mut (impl AsyncReadExt + Unpin)) -> Answer {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}
