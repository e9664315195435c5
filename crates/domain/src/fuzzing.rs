//! Bodies of the fuzz targets: one stranger's octets in, a panic where a promise is broken.
//!
//! They are here, not in `fuzz/`, so that the committed corpora run as plain tests on stable Rust.

use jiff::{SignedDuration, Timestamp};

use crate::site::{Access, SiteRule, Visitor, access, site_origin};
use crate::webhook::{WebhookSecret, asked_pause};

/// The path of a request to a site, and its origin. Whatever a server behind the proxy may make of the path, nobody gets
/// past a rule, and nobody who is not signed in gets more than what is public.
///
/// # Panics
/// Somebody does.
pub fn site(input: &[u8]) {
    let Ok(path) = std::str::from_utf8(input) else { return };
    if let Some(origin) = site_origin(path) {
        assert_eq!(site_origin(&origin).as_deref(), Some(&*origin), "an origin has one spelling");
    }
    let rule = |path: &str| SiteRule { path: path.to_owned(), ..SiteRule::default() };
    let rules = [
        SiteRule { roles: vec!["admin".to_owned()], ..rule("/admin/") },
        SiteRule { public: true, ..rule("/assets/") },
    ];
    let anybody = Visitor { account: "acme", roles: &[], groups: &[] };
    let served = served(path);
    let is_below =
        |folder: &str| served.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if is_below("/admin") {
        assert_ne!(access(&rules, path, Some(anybody)), Access::Allowed, "{path:?} is served as {served:?}");
    }
    if access(&rules, path, None) == Access::Allowed {
        assert!(path.starts_with("/assets/") && is_below("/assets"), "{path:?} is served as {served:?}");
    }
}

/// What the most lenient server makes of a path: decoded until nothing is left to decode, backslashes for slashes, without
/// parameters, empty segments, dots and upper case.
fn served(path: &str) -> String {
    let mut octets = path.as_bytes().to_vec();
    loop {
        let decoded = decoded(&octets);
        if decoded == octets {
            break;
        }
        octets = decoded;
    }
    let text = String::from_utf8_lossy(&octets).replace('\\', "/").to_ascii_lowercase();
    let mut segments = Vec::new();
    for segment in text.split('/').map(|segment| segment.split(';').next().unwrap_or_default()) {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(other),
        }
    }
    format!("/{}", segments.join("/"))
}

fn decoded(octets: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(octets.len());
    let mut rest = octets;
    while let Some((&first, behind)) = rest.split_first() {
        let two = behind.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let value = two.filter(|two| !two.starts_with('+')).and_then(|two| u8::from_str_radix(two, 16).ok());
        if let (b'%', Some(octet)) = (first, value) {
            decoded.push(octet);
            rest = &behind[2..];
        } else {
            decoded.push(first);
            rest = behind;
        }
    }
    decoded
}

/// What an operator gives as the secret of a webhook, and what its receiver says in `Retry-After`.
///
/// # Panics
/// A secret has another length than it may have, or a receiver can make us wait for more than a day.
pub fn webhook(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(secret) = WebhookSecret::parse(text) {
        assert!((24..=64).contains(&secret.octets().len()), "a secret of {} octets", secret.octets().len());
        assert_eq!(WebhookSecret::from_octets(secret.octets()).as_ref(), Some(&secret));
    }
    for now in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
        if let Some(pause) = asked_pause(text, now) {
            assert!(pause > SignedDuration::ZERO && pause <= SignedDuration::from_hours(24), "a pause of {pause}");
        }
    }
}
