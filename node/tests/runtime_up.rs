//! A node as a whole: it comes up, says where it is, unlocks accounts, refuses what it must, and goes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tidings_crypto::vault::Params;
use tidings_node::config::{Flags, Settings};
use tidings_node::runtime::{Options, Running, UpError, socket_path, up};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};

const PASSWORD: &str = "correct horse battery";

/// Flags of a node that meets no other one.
fn flags(folder: &Path) -> Flags {
    Flags {
        data: Some(folder.join("data")),
        http: Some("127.0.0.1:0".into()),
        listen: vec!["/ip4/127.0.0.1/udp/0/quic-v1".into(), "/ip4/127.0.0.1/tcp/0".into()],
        ..Flags::default()
    }
}

async fn start(flags: &Flags) -> Result<Running, UpError> {
    let settings = Settings::from_sources(flags, BTreeMap::new(), Path::new("/nowhere")).unwrap();
    up(&settings, &Options { vault: Params::MIN }).await
}

async fn refusal(flags: &Flags) -> UpError {
    match start(flags).await {
        Ok(_) => panic!("the node came up"),
        Err(error) => error,
    }
}

async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: String) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

async fn get(node: &Running, path: &str) -> String {
    let host = node.ready().http.strip_prefix("http://").unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    exchange(TcpStream::connect(host).await.unwrap(), request).await
}

async fn status(folder: &TempDir) -> String {
    let socket = UnixStream::connect(socket_path(&folder.path().join("data")).unwrap()).await.unwrap();
    exchange(socket, "GET /status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".into()).await
}

async fn sign_up(node: &Running, name: &str) -> String {
    let host = node.ready().http.strip_prefix("http://").unwrap();
    let body = format!(r#"{{"name":"{name}","password":"{PASSWORD}"}}"#);
    let length = body.len();
    let head = format!(
        "POST /auth/signup HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {length}"
    );
    exchange(TcpStream::connect(host).await.unwrap(), format!("{head}\r\nConnection: close\r\n\r\n{body}")).await
}

fn passphrase_file(folder: &TempDir, text: &str) -> std::path::PathBuf {
    let path = folder.path().join("passphrase");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_comes_up_says_where_it_is_and_goes() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(&flags(folder.path())).await.unwrap();
    let ready = node.ready().clone();
    assert!(ready.listen.iter().any(|address| address.ends_with("/quic-v1")), "{ready:?}");
    assert_eq!(ready.listen.len(), 2);
    let setup = ready.setup_url.clone().unwrap();
    assert!(setup.starts_with(&format!("{}/#setup=", ready.http)) && setup.len() > ready.http.len() + 28, "{setup}");
    assert!(get(&node, "/readyz").await.starts_with("HTTP/1.1 200"));
    assert!(status(&folder).await.contains(&ready.peer_id));
    let socket = folder.path().join("data/api.sock");
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let began = Instant::now();
    node.shutdown().await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(!socket.exists());
    let host = ready.http.strip_prefix("http://").unwrap();
    assert!(TcpStream::connect(host).await.is_err(), "nobody answers any more");
    let again = start(&flags(folder.path())).await.unwrap();
    assert_eq!(again.ready().peer_id, ready.peer_id, "the same folder is the same node");
    assert_ne!(again.ready().setup_url, Some(setup), "a setup link holds for one start");
    again.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_node_on_the_same_folder_is_told_who_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(&flags(folder.path())).await.unwrap();
    let error = refusal(&flags(folder.path())).await;
    assert_eq!(error.exit_code(), 6);
    assert!(error.to_string().contains(&std::process::id().to_string()), "{error}");
    assert!(get(&node, "/healthz").await.starts_with("HTTP/1.1 200"), "the first goes on");
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_port_that_is_taken_is_an_error_and_frees_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut named = flags(folder.path());
    named.http = Some(format!("127.0.0.1:{port}"));
    let error = refusal(&named).await;
    assert!(matches!(&error, UpError::Taken { address } if address.ends_with(&port.to_string())), "{error}");
    let mut named = flags(folder.path());
    named.listen = vec![format!("/ip4/127.0.0.1/tcp/{port}")];
    assert!(matches!(refusal(&named).await, UpError::Taken { .. }));
    start(&flags(folder.path())).await.unwrap().shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_port_gives_way_to_the_next_free_one_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    // Whether it is ours or another program's: after this the default port is taken.
    let _taken = TcpListener::bind("127.0.0.1:8480").await;
    let mut default = flags(folder.path());
    default.http = None;
    let node = start(&default).await.unwrap();
    assert_ne!(node.ready().http, "http://127.0.0.1:8480");
    assert!(node.ready().notes.iter().any(|note| note.contains("8480")), "{:?}", node.ready());
    assert!(get(&node, "/healthz").await.starts_with("HTTP/1.1 200"));
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_of_one_machine_listen_at_ports_of_their_own() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut started = Vec::new();
    for folder in [&one, &other] {
        let mut default = flags(folder.path());
        default.listen = Vec::new();
        default.profile = Some("community".into());
        started.push(start(&default).await.unwrap());
    }
    let ports = |node: &Running| {
        let port = |address: &String| address.split('/').nth(4).unwrap().parse::<u16>().unwrap();
        let ports: BTreeSet<u16> = node.ready().listen.iter().map(port).collect();
        assert_eq!(ports.len(), 1, "QUIC and TCP have the same port: {:?}", node.ready());
        ports
    };
    assert!(ports(&started[0]).is_disjoint(&ports(&started[1])));
    assert!(ports(&started[0]).iter().all(|port| (4480..4580).contains(port)));
    assert!(started[1].ready().notes.iter().any(|note| note.contains("4480")), "{:?}", started[1].ready());
    for node in started {
        assert!(
            ["/tcp/", "/quic-v1"].iter().all(|kind| node.ready().listen.iter().any(|address| address.contains(kind)))
        );
        node.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_locked_after_a_restart_unless_their_passphrase_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(&flags(folder.path())).await.unwrap();
    let answer = sign_up(&node, "anna").await;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert!(status(&folder).await.contains(r#""unlocked":1"#));
    node.shutdown().await;

    let locked = start(&flags(folder.path())).await.unwrap();
    let answer = status(&folder).await;
    assert!(answer.contains(r#""accounts":1"#) && answer.contains(r#""unlocked":0"#), "{answer}");
    assert_eq!(locked.ready().setup_url, None, "there is an owner");
    locked.shutdown().await;

    let mut unlocking = flags(folder.path());
    unlocking.unlock = vec![("anna".into(), passphrase_file(&folder, &format!("{PASSWORD}\n")))];
    let unlocked = start(&unlocking).await.unwrap();
    assert!(status(&folder).await.contains(r#""unlocked":1"#));
    unlocked.shutdown().await;

    for (name, text) in [("anna", "wrong"), ("bert", PASSWORD)] {
        unlocking.unlock = vec![(name.into(), passphrase_file(&folder, text))];
        let error = refusal(&unlocking).await;
        assert!(error.exit_code() == 3 && error.to_string().contains(name), "{error}");
    }
    let exposed = passphrase_file(&folder, PASSWORD);
    fs::set_permissions(&exposed, fs::Permissions::from_mode(0o644)).unwrap();
    unlocking.unlock = vec![("anna".into(), exposed)];
    assert!(refusal(&unlocking).await.to_string().contains("chmod 600"));
    start(&flags(folder.path())).await.unwrap().shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_and_unusable_folders_have_their_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    start(&flags(folder.path())).await.unwrap().shutdown().await;
    fs::write(folder.path().join("data/node.redb"), "no database").unwrap();
    assert_eq!(refusal(&flags(folder.path())).await.exit_code(), 13);
    fs::write(folder.path().join("file"), "").unwrap();
    let mut unusable = flags(folder.path());
    unusable.data = Some(folder.path().join("file/data"));
    assert_eq!(refusal(&unusable).await.exit_code(), 3);
}
