//! The web interface: `/`, `/i` and `/app/…`. Which bytes those are is the `web` crate's.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tidings_web::Asset;

const INDEX: &str = "index.html";
const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// The interface's first page.
pub(super) async fn index() -> Response {
    answer(tidings_web::asset(INDEX))
}

/// A file of the interface, or its first page for a path that the interface itself understands.
pub(super) async fn file(Path(path): Path<String>) -> Response {
    // Files are looked up in a list and not on disk; such a path is a probe all the same.
    if path.split(['/', '\\']).any(|part| part.starts_with('.')) {
        return answer(None);
    }
    match tidings_web::asset(&path) {
        Some(asset) => answer(Some(asset)),
        // A path with a dot in its last part is a file that is not there.
        None if path.rsplit('/').next().is_some_and(|last| last.contains('.')) => answer(None),
        None => answer(tidings_web::asset(INDEX)),
    }
}

fn answer(asset: Option<Asset>) -> Response {
    let Some(asset) = asset else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let cache = if asset.immutable { FOR_GOOD } else { ASK_AGAIN };
    let headers =
        [(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type)), (header::CACHE_CONTROL, cache)];
    // Not copied: many clients that read slowly would each hold a copy.
    (headers, Body::from(asset.bytes)).into_response()
}
