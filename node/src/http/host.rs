//! Under which names the node may be asked for, and which pages may ask it (DNS rebinding, CSRF; VERIFY 5.1, 3–6).
//!
//! A page of another site can make a browser send requests to us: by a name it points at our address, or from its own
//! origin. The first shows in `Host`, the second in `Origin`.

use std::net::{IpAddr, SocketAddr};

use super::state::HttpSettings;

/// Whether `host`, the value of a Host header, is one of ours on a connection to `local`.
pub(super) fn host_is_ours(host: &str, local: SocketAddr, settings: &HttpSettings) -> bool {
    let host = host.to_ascii_lowercase();
    if public_host(settings).is_some_and(|public| public == host) || is_listed(&host, settings) {
        return true;
    }
    let Some((name, port)) = split(&host) else {
        return false;
    };
    if port.unwrap_or(80) != local.port() {
        return false;
    }
    match name.parse::<IpAddr>() {
        // An address can't be rebound; ours is the one the client reached, or loopback behind a mapped port.
        Ok(address) => address == local.ip().to_canonical() || matches!(name, "127.0.0.1" | "::1"),
        Err(_) => name == "localhost",
    }
}

/// Whether a page of `origin` may change things, on a request whose Host was found to be ours.
pub(super) fn origin_is_ours(origin: &str, host: &str, settings: &HttpSettings) -> bool {
    let origin = origin.to_ascii_lowercase();
    let public = settings.public_url.as_deref().map(|url| origin_of(&url.to_ascii_lowercase()).to_owned());
    if public.as_deref() == Some(origin.as_str()) {
        return true;
    }
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false;
    };
    match scheme {
        "http" => authority == host.to_ascii_lowercase(),
        // TLS ends before us only where the operator has named the host.
        "https" => is_listed(authority, settings),
        _ => false,
    }
}

/// Whether the browser speaks TLS to whoever stands before us.
pub(super) fn is_secure(host: &str, settings: &HttpSettings) -> bool {
    let public_is_tls =
        settings.public_url.as_deref().is_some_and(|url| url.to_ascii_lowercase().starts_with("https://"));
    public_is_tls && public_host(settings).is_some_and(|public| public.eq_ignore_ascii_case(host))
}

fn is_listed(host: &str, settings: &HttpSettings) -> bool {
    let bare = split(host).map_or(host, |(name, _)| name);
    settings.allowed_hosts.iter().any(|listed| listed.eq_ignore_ascii_case(host) || listed.eq_ignore_ascii_case(bare))
}

fn public_host(settings: &HttpSettings) -> Option<String> {
    let url = settings.public_url.as_deref()?.to_ascii_lowercase();
    let origin = origin_of(&url);
    origin.split_once("://").map(|(_, authority)| authority.to_owned())
}

/// Scheme and authority of a URL.
fn origin_of(url: &str) -> &str {
    let authority_at = url.find("://").map_or(0, |at| at + 3);
    let end = url.get(authority_at..).and_then(|rest| rest.find('/')).map_or(url.len(), |at| authority_at + at);
    url.get(..end).unwrap_or(url)
}

/// Name and port of a Host header; an IPv6 address without its brackets.
fn split(host: &str) -> Option<(&str, Option<u16>)> {
    if let Some(rest) = host.strip_prefix('[') {
        let (name, port) = rest.split_once(']')?;
        return match port.strip_prefix(':') {
            Some(port) => Some((name, Some(port.parse().ok()?))),
            None if port.is_empty() => Some((name, None)),
            None => None,
        };
    }
    match host.split_once(':') {
        Some((name, port)) => Some((name, Some(port.parse().ok()?))),
        None => Some((host, None)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn behind_proxy() -> HttpSettings {
        HttpSettings {
            public_url: Some("https://Chat.example/".into()),
            allowed_hosts: vec!["node.lan".into(), "box:9000".into()],
            ..HttpSettings::default()
        }
    }

    fn asked_on(local: &str, host: &str) -> bool {
        host_is_ours(host, local.parse().unwrap(), &behind_proxy())
    }

    #[test]
    fn loopback_names_with_our_port_are_ours() {
        for host in [
            "127.0.0.1:8480",
            "localhost:8480",
            "LOCALHOST:8480",
            "[::1]:8480",
            "chat.example",
            "node.lan",
            "node.lan:8480",
            "box:9000",
        ] {
            assert!(asked_on("127.0.0.1:8480", host), "{host}");
        }
        assert!(asked_on("[::1]:8480", "[::1]:8480"));
        assert!(asked_on("192.0.2.7:8480", "192.0.2.7:8480"));
        assert!(asked_on("127.0.0.1:80", "localhost"));
    }

    #[test]
    fn other_names_are_not_whatever_address_they_point_to() {
        for host in [
            "",
            "evil.example",
            "evil.example:8480",
            "localhost.evil:8480",
            "127.0.0.1.evil:8480",
            "localhost",
            "127.0.0.1",
            "localhost:80",
            "0.0.0.0:8480",
            "[::]:8480",
            "127.0.0.1:8481",
            "192.0.2.7:8480",
            "chat.example:8480",
            "xchat.example",
            "box",
            "box:9001",
            "[::1",
            "[::1]8480",
            "localhost:8480:8480",
            "localhost:",
            "localhost:99999",
            "localhost.:8480",
            "[::ffff:127.0.0.1]:8480",
        ] {
            assert!(!asked_on("127.0.0.1:8480", host), "{host}");
        }
    }

    #[test]
    fn only_our_own_pages_may_change_things() {
        let host = "127.0.0.1:8480";
        assert!(origin_is_ours("http://127.0.0.1:8480", host, &behind_proxy()));
        assert!(origin_is_ours("https://chat.example", host, &behind_proxy()));
        assert!(origin_is_ours("https://node.lan", host, &behind_proxy()));
        for origin in [
            "null",
            "",
            "http://evil.example",
            "http://127.0.0.1:8481",
            "http://localhost:8480",
            "https://127.0.0.1:8480",
            "http://127.0.0.1",
            "http://chat.example",
            "https://chat.example.evil",
            "https://evilchat.example",
            "http://127.0.0.1:8480.evil.example",
            "file://",
            "chrome-extension://x",
        ] {
            assert!(!origin_is_ours(origin, host, &behind_proxy()), "{origin}");
        }
    }

    #[test]
    fn the_cookie_is_secure_where_the_browser_speaks_tls() {
        assert!(is_secure("chat.example", &behind_proxy()));
        assert!(!is_secure("127.0.0.1:8480", &behind_proxy()));
        assert!(!is_secure("127.0.0.1:8480", &HttpSettings::default()));
    }
}
