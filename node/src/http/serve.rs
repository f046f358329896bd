//! The listeners: connections over TCP and over the Unix socket in the data folder, and their end.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::limits::{
    CONNECTIONS_MAX, DRAIN_TIME_MAX, HEAD_BYTES_MAX, HEAD_TIME_MAX, SOCKET_CONNECTIONS_MAX, STALL_TIME_MAX,
};
use super::peer::Peer;
use super::router;
use super::stall::Impatient;
use super::state::AppState;

/// Where the node answers.
#[derive(Debug, Default)]
pub struct Listeners {
    /// TCP sockets.
    pub tcp: Vec<TcpListener>,
    /// The socket in the data folder.
    pub unix: Option<UnixListener>,
}

/// Serves until `shutdown`, then lets open requests end, for at most 8 s.
///
/// # Errors
/// The system does not say who we are, so nobody on the Unix socket could be trusted.
pub async fn serve(listeners: Listeners, state: AppState, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    let server = Server {
        router: router(state.clone()),
        places: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
        closing: state.closing(),
    };
    let socket = Server { places: Arc::new(Semaphore::new(SOCKET_CONNECTIONS_MAX)), ..server.clone() };
    let mut loops = JoinSet::new();
    for listener in listeners.tcp {
        loops.spawn(server.clone().accept_tcp(listener));
    }
    if let Some(listener) = listeners.unix {
        loops.spawn(socket.clone().accept_unix(listener, own_user()?));
    }
    shutdown.await;
    state.close();
    loops.shutdown().await;
    let drained = async { tokio::join!(server.ended(CONNECTIONS_MAX), socket.ended(SOCKET_CONNECTIONS_MAX)) };
    if tokio::time::timeout(DRAIN_TIME_MAX, drained).await.is_err() {
        tracing::warn!("some requests did not end in time and are cut off");
    }
    Ok(())
}

#[derive(Clone)]
struct Server {
    router: Router,
    places: Arc<Semaphore>,
    closing: watch::Receiver<bool>,
}

impl Server {
    async fn accept_tcp(self, listener: TcpListener) {
        while let Some(place) = self.place().await {
            match listener.accept().await.and_then(|(stream, remote)| Ok((peer_of(&stream, remote)?, stream))) {
                Ok((peer, stream)) => self.spawn(stream, peer, place),
                Err(error) => pause_after(&error).await,
            }
        }
    }

    async fn accept_unix(self, listener: UnixListener, own_user: u32) {
        while let Some(place) = self.place().await {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let peer = Peer::Unix { trusted: is_trusted(&stream, own_user) };
                    self.spawn(stream, peer, place);
                }
                Err(error) => pause_after(&error).await,
            }
        }
    }

    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).acquire_owned().await.ok()
    }

    /// Waits until all places are free again, which means that the last connection has ended.
    async fn ended(&self, places: usize) {
        let all = u32::try_from(places).unwrap_or(u32::MAX);
        drop(self.places.acquire_many(all).await);
    }

    fn spawn<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        &self,
        stream: S,
        peer: Peer,
        place: OwnedSemaphorePermit,
    ) {
        let (router, mut closing) = (self.router.clone(), self.closing.clone());
        tokio::spawn(async move {
            let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
                request.extensions_mut().insert(peer);
                router.clone().oneshot(request.map(Body::new))
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIME_MAX)
                .max_buf_size(HEAD_BYTES_MAX)
                .serve_connection(TokioIo::new(Impatient::new(stream, STALL_TIME_MAX)), service)
                .with_upgrades();
            let mut connection = pin!(connection);
            let stop = async move { closing.wait_for(|closing| *closing).await.is_ok() };
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                _stopping = stop => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!("a connection ended early: {error}");
            }
            drop(place);
        });
    }
}

fn peer_of(stream: &TcpStream, remote: std::net::SocketAddr) -> io::Result<Peer> {
    // Events and answers are small and must not wait for each other.
    stream.set_nodelay(true)?;
    let mut local = stream.local_addr()?;
    local.set_ip(local.ip().to_canonical());
    Ok(Peer::Tcp { remote, local })
}

fn is_trusted(stream: &UnixStream, own_user: u32) -> bool {
    stream.peer_cred().is_ok_and(|credentials| credentials.uid() == own_user || credentials.uid() == 0)
}

/// The user we run as: the one at the other end of a pair of our own sockets.
fn own_user() -> io::Result<u32> {
    let (one, _other) = UnixStream::pair()?;
    Ok(one.peer_cred()?.uid())
}

/// Out of file descriptors, most likely: others must close before we can go on.
async fn pause_after(error: &io::Error) {
    tracing::warn!("a connection could not be taken: {error}");
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
}
