//! Request bodies and query strings, checked at the door.
//!
//! What is not JSON is 400; what is JSON and not our request is 422 and names the fields; what is too large is 413.
//! Values are never repeated in the answer: one of them may be a password.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use futures::StreamExt;
use serde::de::DeserializeOwned;
use tidings_api::{BODY_BYTES_MAX, ErrorCode};
use zeroize::Zeroizing;

use super::failure::Failure;
use super::limits::DRAINED_BYTES_MAX;
use super::state::AppState;

/// The body of a request as `T`.
pub(super) struct JsonBody<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<AppState> for JsonBody<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, Failure> {
        let is_json = is_json(request.headers());
        let bytes = read(request.into_body()).await?;
        if !is_json {
            return Err(Failure::new(ErrorCode::WrongContentType, "send the body with Content-Type: application/json"));
        }
        parse(&bytes).map(Self)
    }
}

/// The query string as `T`.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<AppState> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Failure> {
        let query = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        query.map(|query| Self(query.0)).map_err(|rejection| {
            let text = rejection.body_text();
            Failure::field(
                quoted(&text).unwrap_or("query"),
                "not a parameter of this request, or not a value it can have",
            )
        })
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// The whole body. One that is too large is read on for a while, or the client would see a broken pipe instead of the
/// answer.
async fn read(body: Body) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut stream = body.into_data_stream();
    let (mut bytes, mut seen) = (Zeroizing::new(Vec::new()), 0_usize);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Failure::new(ErrorCode::Malformed, "the body ended early"))?;
        seen = seen.saturating_add(chunk.len());
        if seen <= BODY_BYTES_MAX {
            bytes.extend_from_slice(&chunk);
        } else if seen > DRAINED_BYTES_MAX {
            break;
        }
    }
    if seen > BODY_BYTES_MAX {
        return Err(Failure::new(ErrorCode::TooLarge, format!("the body is larger than {BODY_BYTES_MAX} bytes")));
    }
    Ok(bytes)
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    // Derived readers would take an array for an object, field by field.
    let begins = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let parsed: Result<T, _> = serde_path_to_error::deserialize(&mut reader);
    let error = match parsed {
        Ok(value) => match reader.end() {
            Ok(()) if begins == Some(&b'{') => return Ok(value),
            Ok(()) => return Err(Failure::field("body", "must be a JSON object")),
            Err(error) => return Err(malformed(&error)),
        },
        Err(error) => error,
    };
    let path = error.path().to_string();
    let cause = error.into_inner();
    if !cause.is_data() {
        return Err(malformed(&cause));
    }
    let text = cause.to_string();
    let named = quoted(&text);
    Err(match named {
        Some(field) if text.starts_with("unknown field") => Failure::field(field, "is not a field of this request"),
        Some(field) if text.starts_with("missing field") => Failure::field(field, "is missing"),
        Some(field) if text.starts_with("duplicate field") => Failure::field(field, "is there twice"),
        Some(_) | None if path == "." || path.is_empty() => Failure::field("body", "must be a JSON object"),
        Some(_) | None => Failure::field(path, "has a value of another type, or one that is not allowed here"),
    })
}

fn malformed(error: &serde_json::Error) -> Failure {
    Failure::new(
        ErrorCode::Malformed,
        format!("the body is not JSON: line {}, column {}", error.line(), error.column()),
    )
}

/// The first name between backticks in a message of serde.
fn quoted(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once('`')?;
    rest.split_once('`').map(|(name, _)| name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use tidings_api::{GroupCreateRequest, LoginRequest};

    fn refused(body: &str) -> (u16, ErrorCode, Vec<String>) {
        let problem = parse::<LoginRequest>(body.as_bytes()).err().unwrap().0;
        assert!(!serde_json::to_string(&problem).unwrap().contains("hunter2"), "an answer repeats what was sent");
        (problem.status, problem.code, problem.fields.iter().map(|field| field.field.clone()).collect())
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        for body in [
            "",
            "{",
            "{\"login\":\"a\",\"password\":\"hunter2\"} x",
            "nonsense",
            "{\"login\":\"\\ud800\",\"password\":\"hunter2\"}",
            "{'a':1}",
        ] {
            assert_eq!(refused(body), (400, ErrorCode::Malformed, vec![]), "{body}");
        }
    }

    #[test]
    fn json_of_another_shape_names_the_field() {
        for (body, field) in [
            (r#"{"login":"a","password":"hunter2","admin":true}"#, "admin"),
            (r#"{"login":"a"}"#, "password"),
            (r#"{"login":"a","login":"b","password":"hunter2"}"#, "login"),
            (r#"{"login":["hunter2"],"password":"x"}"#, "login"),
            (r#"["a","hunter2"]"#, "body"),
            (r#""hunter2""#, "body"),
            ("null", "body"),
        ] {
            assert_eq!(refused(body), (422, ErrorCode::Validation, vec![field.to_owned()]), "{body}");
        }
        let inner = parse::<GroupCreateRequest>(br#"{"name":"x","members":["a",7]}"#).err().unwrap().0;
        assert_eq!(inner.fields.first().unwrap().field, "members[1]");
    }
}
