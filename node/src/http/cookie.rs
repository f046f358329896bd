//! The session cookie (DECISIONS 26).

use axum::http::{HeaderMap, HeaderValue, header};
use zeroize::Zeroizing;

/// The cookie's name.
pub(super) const NAME: &str = "tidings_session";
/// 30 days, like the session itself.
const SECONDS: u64 = 30 * 24 * 60 * 60;

/// The session cookie of a request. Two of them are refused: one would be planted from a sibling domain.
pub(super) fn session_of(headers: &HeaderMap) -> Option<Zeroizing<String>> {
    let texts = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut found = texts
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == NAME);
    match (found.next(), found.next()) {
        (Some((_, value)), None) => Some(Zeroizing::new(value.to_owned())),
        (_, _) => None,
    }
}

/// `Set-Cookie` with a session's refresh token.
pub(super) fn set(refresh: &str, secure: bool) -> Option<HeaderValue> {
    header_of(&format!("{NAME}={refresh}; HttpOnly; SameSite=Strict; Path=/; Max-Age={SECONDS}"), secure)
}

/// `Set-Cookie` that takes the cookie back.
pub(super) fn clear(secure: bool) -> Option<HeaderValue> {
    header_of(&format!("{NAME}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0"), secure)
}

fn header_of(text: &str, secure: bool) -> Option<HeaderValue> {
    let text = if secure { format!("{text}; Secure") } else { text.to_owned() };
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn cookies(lines: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, line.parse().unwrap());
        }
        session_of(&headers).map(|value| value.to_string())
    }

    #[test]
    fn exactly_one_session_cookie_counts() {
        assert_eq!(cookies(&["a=b; tidings_session=x; c=d"]), Some("x".to_owned()));
        assert_eq!(cookies(&["a=b"]), None);
        assert_eq!(cookies(&["tidings_session=x; tidings_session=y"]), None);
        assert_eq!(cookies(&["tidings_session=x", "tidings_session=y"]), None);
        assert_eq!(cookies(&["xtidings_session=x; tidings_sessionx=y"]), None);
    }

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        let value = set("abc", true).unwrap();
        let text = value.to_str().unwrap();
        for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Secure"] {
            assert!(text.contains(part), "{part}");
        }
        assert!(!set("abc", false).unwrap().to_str().unwrap().contains("Secure"));
    }
}
