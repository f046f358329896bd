//! The web interface, embedded: its files, their content types, and the policy they are served under.
//!
//! The TypeScript source is in `ui/`; `build.rs` builds it. Not here: HTTP, caching headers, which path leads to which
//! file (the node serves `index.html` at `/`, at `/i` and at each `/app/…` that is no file).

use std::borrow::Cow;

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The policy of every page of the interface: nothing from elsewhere, nothing inline, no markup from strings.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// One file of the interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// The file.
    pub bytes: Cow<'static, [u8]>,
    /// Its media type, with charset for text.
    pub content_type: &'static str,
    /// True where the name holds a hash of the content, so that it may be cached for good.
    pub immutable: bool,
}

/// The file at `path`, relative to `/app/` and without a leading slash, such as `index.html`.
#[must_use]
pub fn asset(path: &str) -> Option<Asset> {
    let index = FILES.binary_search_by(|(name, _)| (*name).cmp(path)).ok()?;
    let (name, bytes) = FILES.get(index)?;
    Some(Asset {
        bytes: Cow::Borrowed(bytes),
        content_type: content_type(name),
        immutable: name.starts_with("assets/"),
    })
}

/// Whether the interface was built in. Without it `index.html` says how to get it.
#[must_use]
pub const fn has_ui() -> bool {
    HAS_UI
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webmanifest") => "application/manifest+json",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn index() -> String {
        String::from_utf8(asset("index.html").unwrap().bytes.into_owned()).unwrap()
    }

    #[test]
    fn every_file_is_found_by_its_name_and_has_a_media_type() {
        for (name, bytes) in FILES {
            let asset = asset(name).unwrap();
            assert_eq!(asset.bytes, *bytes, "{name}");
            assert_ne!(asset.content_type, "application/octet-stream", "{name}");
        }
    }

    #[test]
    fn the_page_names_only_files_that_are_there() {
        for part in index().split('"').filter(|part| part.starts_with("/app/")) {
            let name = part.strip_prefix("/app/").unwrap();
            assert!(asset(name).is_some(), "{name} is missing");
        }
    }

    #[test]
    fn the_page_keeps_to_its_own_policy() {
        let page = index();
        for forbidden in ["<style", "style=", "onload=", "http://", "https://"] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        for script in page.split("<script").skip(1) {
            assert!(script.split('>').next().unwrap().contains("src="), "inline script");
        }
    }

    #[test]
    fn a_path_that_is_no_file_finds_nothing() {
        for path in ["", "/index.html", "../Cargo.toml", "assets", "c/abc"] {
            assert_eq!(asset(path), None, "{path}");
        }
    }
}
