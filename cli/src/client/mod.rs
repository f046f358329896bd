//! The HTTP client of a node: over its Unix socket, or over TCP with a token.
//!
//! Speaks HTTP/1.1 without TLS; a node is asked on its own machine or through a tunnel. One connection a request: a request costs the node
//! a durable commit, a local connection next to nothing. Not here: what the paths mean.

mod connect;
mod events;

use std::path::PathBuf;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tidings_api::{Page, PageQuery, Problem, Secret};

pub(crate) use events::EventLines;

use crate::failure::Failure;

/// How long a request may take when no `--timeout` is given: the node itself gives up after 30 s and says so.
const REQUEST_TIME: Duration = Duration::from_secs(35);
/// Largest answer that is read. A page of 200 messages of 64 KiB, each byte escaped in JSON, stays below it.
const ANSWER_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Where the node is.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// Its Unix socket.
    Socket(PathBuf),
    /// An address, as `host:port`.
    Tcp(String),
}

impl Place {
    /// From a URL: `http://host:port`.
    ///
    /// # Errors
    /// [`Failure::Usage`] for anything else.
    pub(crate) fn from_url(url: &str) -> Result<Self, Failure> {
        let wrong = |why: &str| Failure::Usage(format!("--url must be http://HOST:PORT: {why}"));
        if url.starts_with("https://") {
            return Err(wrong("this version speaks no TLS; reach a distant node through an SSH tunnel"));
        }
        let rest = url.strip_prefix("http://").ok_or_else(|| wrong("it does not start with http://"))?;
        let host = rest.strip_suffix('/').unwrap_or(rest);
        let uri: hyper::Uri = format!("http://{host}/").parse().map_err(|_| wrong("it cannot be read"))?;
        let authority = uri.authority().filter(|authority| authority.as_str() == host && !host.contains('@'));
        let authority = authority.ok_or_else(|| wrong("it has more than a host and a port"))?;
        Ok(Self::Tcp(if authority.port_u16().is_some() { host.to_owned() } else { format!("{host}:80") }))
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Socket(path) => path.display().to_string(),
            Self::Tcp(host) => format!("http://{host}"),
        }
    }

    fn host(&self) -> &str {
        match self {
            Self::Socket(_) => "localhost",
            Self::Tcp(host) => host,
        }
    }
}

/// A node, and who asks it.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    /// Where it is.
    pub(crate) place: Place,
    /// The account meant, on the socket.
    pub(crate) account: Option<String>,
    /// The token to show, over TCP.
    pub(crate) token: Option<Secret>,
    /// How long a request may take; absent where the person did not say.
    pub(crate) timeout: Option<Duration>,
}

/// An answer that is not an error.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The body as sent.
    pub(crate) text: String,
}

impl Answer {
    /// The resource in it.
    ///
    /// # Errors
    /// [`Failure::Answer`] if it is another one.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_str(&self.text).map_err(|error| Failure::Answer(error.to_string()))
    }
}

impl Client {
    /// Reads a resource.
    ///
    /// # Errors
    /// Those of the node as [`Failure::Problem`], those of the way to it.
    pub(crate) async fn get(&self, path: &str) -> Result<Answer, Failure> {
        self.ask(Method::GET, path, None).await
    }

    /// Makes or changes something.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub(crate) async fn post<T: Serialize>(&self, path: &str, body: &T) -> Result<Answer, Failure> {
        let bytes = serde_json::to_vec(body).map_err(|error| Failure::Answer(error.to_string()))?;
        self.ask(Method::POST, path, Some(bytes)).await
    }

    /// Does something that needs no words.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub(crate) async fn post_empty(&self, path: &str) -> Result<Answer, Failure> {
        self.ask(Method::POST, path, None).await
    }

    /// Sets something, which may be sent twice.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub(crate) async fn put<T: Serialize>(&self, path: &str, body: &T) -> Result<Answer, Failure> {
        let bytes = serde_json::to_vec(body).map_err(|error| Failure::Answer(error.to_string()))?;
        self.ask(Method::PUT, path, Some(bytes)).await
    }

    /// Sets something that is all in its name.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub(crate) async fn put_empty(&self, path: &str) -> Result<Answer, Failure> {
        self.ask(Method::PUT, path, None).await
    }

    /// Changes a part of something.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub(crate) async fn patch<T: Serialize>(&self, path: &str, body: &T) -> Result<Answer, Failure> {
        let bytes = serde_json::to_vec(body).map_err(|error| Failure::Answer(error.to_string()))?;
        self.ask(Method::PATCH, path, Some(bytes)).await
    }

    /// Takes something away.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub(crate) async fn delete(&self, path: &str) -> Result<Answer, Failure> {
        self.ask(Method::DELETE, path, None).await
    }

    /// All pages of a list that goes on by `after`.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub(crate) async fn list(&self, path: &str) -> Result<Listed, Failure> {
        let (mut items, mut after) = (Vec::new(), None);
        loop {
            let place = after.map(|after: String| format!("&after={}", escaped(&after))).unwrap_or_default();
            let answer = self.get(&format!("{path}?limit={}{place}", PageQuery::LIMIT_MAX)).await?;
            let page: Page<serde_json::Value> = answer.read()?;
            let went_on = !page.items.is_empty();
            items.extend(page.items);
            match page.next {
                Some(next) if went_on => after = Some(next),
                Some(_) | None => return Ok(Listed(Page::whole(items))),
            }
        }
    }

    /// The stream of the account's events.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub(crate) async fn events(&self, since: Option<&str>, types: Option<&str>) -> Result<EventLines, Failure> {
        let query: Vec<String> = [("since", since), ("types", types)]
            .into_iter()
            .filter_map(|(name, value)| value.map(|value| format!("{name}={}", escaped(value))))
            .collect();
        let path = if query.is_empty() { "/events".to_owned() } else { format!("/events?{}", query.join("&")) };
        let request = self.request(Method::GET, &path, None, "text/event-stream")?;
        let response = self.in_time(self.send(request)).await?;
        if response.status().is_success() {
            Ok(EventLines::new(response.into_body()))
        } else {
            Err(self.in_time(refused(response)).await?)
        }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Result<Answer, Failure> {
        let request = self.request(method, path, body, "application/json")?;
        self.in_time(async {
            let response = self.send(request).await?;
            if response.status().is_success() {
                Ok(Answer { text: body_text(response).await? })
            } else {
                Err(refused(response).await?)
            }
        })
        .await
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let time = self.timeout.unwrap_or(REQUEST_TIME);
        let late =
            || Failure::Timeout(format!("no answer within {} ms; what was asked may still happen", time.as_millis()));
        tokio::time::timeout(time, work).await.map_err(|_| late())?
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        accept: &str,
    ) -> Result<Request<Full<Bytes>>, Failure> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.place.host())
            .header(header::ACCEPT, accept);
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        if let (Some(account), Place::Socket(_)) = (&self.account, &self.place) {
            request = request.header("tidings-account", account);
        }
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.expose()));
        }
        let body = Full::new(Bytes::from(body.unwrap_or_default()));
        request
            .body(body)
            .map_err(|_| Failure::Usage("an account name, id or token holds characters that cannot be sent".to_owned()))
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Failure> {
        connect::send(&self.place, request).await
    }
}

/// A whole list.
#[derive(Debug)]
pub(crate) struct Listed(Page<serde_json::Value>);

impl Listed {
    /// The items by type.
    ///
    /// # Errors
    /// [`Failure::Answer`] if they are others.
    pub(crate) fn items<T: DeserializeOwned>(&self) -> Result<Vec<T>, Failure> {
        let read = |item: &serde_json::Value| {
            serde_json::from_value(item.clone()).map_err(|error| Failure::Answer(error.to_string()))
        };
        self.0.items.iter().map(read).collect()
    }

    /// The list as one page.
    pub(crate) fn page(&self) -> &Page<serde_json::Value> {
        &self.0
    }
}

/// The text of a body.
async fn body_text(response: Response<Incoming>) -> Result<String, Failure> {
    let body = http_body_util::Limited::new(response.into_body(), ANSWER_BYTES_MAX);
    let bytes = body.collect().await.map_err(|error| Failure::Broken(error.to_string()))?.to_bytes();
    String::from_utf8(bytes.to_vec()).map_err(|_| Failure::Answer("it is not UTF-8".to_owned()))
}

/// The problem in an answer that is an error.
async fn refused(response: Response<Incoming>) -> Result<Failure, Failure> {
    let status = response.status().as_u16();
    let text = body_text(response).await?;
    Ok(match serde_json::from_str::<Problem>(&text) {
        Ok(problem) => Failure::Problem(Box::new(problem)),
        Err(_) => Failure::Answer(format!("status {status} without a problem object")),
    })
}

/// A text as part of a path or query (RFC 3986 §2.3).
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_name_cannot_leave_its_place_in_a_path() {
        assert_eq!(escaped("#ops/../x y?ü"), "%23ops%2F..%2Fx%20y%3F%C3%BC");
    }

    #[test]
    fn a_url_is_a_host_and_a_port() {
        assert_eq!(Place::from_url("http://127.0.0.1:8480").unwrap().text(), "http://127.0.0.1:8480");
        assert_eq!(Place::from_url("http://[::1]:8480/").unwrap().text(), "http://[::1]:8480");
        assert_eq!(Place::from_url("http://node").unwrap().text(), "http://node:80");
        for bad in
            ["", "127.0.0.1:8480", "https://node", "http://", "http://a/b", "http://u:p@node", "ftp://x", "http://a b"]
        {
            assert_eq!(Place::from_url(bad).unwrap_err().exit_code(), 2, "{bad}");
        }
    }
}
