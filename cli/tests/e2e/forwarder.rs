//! A TCP forwarder that remembers every byte, for looking at the traffic between two nodes.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Forwards connections to one port.
pub(crate) struct Forwarder {
    /// Where it listens.
    pub(crate) port: u16,
    seen: Arc<Mutex<Vec<u8>>>,
}

impl Forwarder {
    /// A forwarder to a port of this machine. It lives as long as the test's process.
    pub(crate) fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&seen);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(("127.0.0.1", target)) else { continue };
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to, all) = (from.try_clone().unwrap(), to.try_clone().unwrap(), Arc::clone(&all));
                    std::thread::spawn(move || copy(from, to, &all));
                }
            }
        });
        Self { port, seen }
    }

    /// All bytes so far, of both directions.
    pub(crate) fn traffic(&self) -> Vec<u8> {
        self.seen.lock().unwrap().clone()
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream, seen: &Mutex<Vec<u8>>) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        seen.lock().unwrap().extend_from_slice(&bytes[..read]);
        if to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    drop(to.shutdown(Shutdown::Write));
}
