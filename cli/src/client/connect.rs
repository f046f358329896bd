//! One connection: to the socket or the address, one request through it.

use std::io;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tidings_api::ErrorCode;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use super::Place;
use crate::failure::Failure;

pub(super) async fn send(place: &Place, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Failure> {
    match place {
        Place::Socket(path) => {
            let stream = UnixStream::connect(path).await.map_err(|error| unreachable(place, &error))?;
            through(stream, request).await
        }
        Place::Tcp(host) => {
            let stream = TcpStream::connect(host).await.map_err(|error| unreachable(place, &error))?;
            through(stream, request).await
        }
    }
}

async fn through<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    request: Request<Full<Bytes>>,
) -> Result<Response<Incoming>, Failure> {
    let broken = |error: hyper::Error| Failure::Broken(error.to_string());
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // Ends with the body, or when the body is dropped.
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!("the connection to the node ended early: {error}");
        }
    });
    sender.send_request(request).await.map_err(broken)
}

fn unreachable(place: &Place, error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::PermissionDenied {
        return Failure::problem(ErrorCode::Forbidden, format!("{} belongs to another user", place.text()));
    }
    Failure::NotRunning { place: place.text() }
}
