//! Addresses, and how they and forms are written.

use std::fmt::{self, Write as _};
use std::io;
use std::net::TcpStream;

use crate::PATIENCE;

/// `name=value` pairs as a form sends them.
pub fn encode_form<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<_> = pairs.map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

/// `text` for a place in a query.
pub fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            other => _ = write!(encoded, "%{other:02X}"),
        }
    }
    encoded
}

/// What `reference` on the page `base` points to: an absolute address, an absolute path, a query, or a path from the
/// page's folder.
pub fn resolve(base: &str, reference: &str) -> Option<String> {
    if Url::parse(reference).is_some() {
        return Some(reference.to_owned());
    }
    let base = Url::parse(base)?;
    let path = base.path.split(['?', '#']).next().unwrap_or("/");
    let path = match reference.chars().next() {
        None => base.path.to_owned(),
        Some('/') => reference.to_owned(),
        Some('?' | '#') => format!("{path}{reference}"),
        Some(_) if reference.split(['/', '?']).next().is_some_and(|first| first.contains(':')) => return None,
        Some(_) => format!("{}/{reference}", path.rsplit_once('/').map_or("", |(folder, _)| folder)),
    };
    Some(format!("http://{}{path}", base.authority))
}

/// The parts of an absolute http address.
pub(super) struct Url<'a> {
    pub(super) host: &'a str,
    pub(super) authority: &'a str,
    pub(super) path: &'a str,
}

impl<'a> Url<'a> {
    pub(super) fn parse(url: &'a str) -> Option<Self> {
        let rest = url.strip_prefix("http://")?;
        let rest = rest.split('#').next().unwrap_or(rest);
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        (!host.is_empty()).then_some(Self { host, authority, path: if path.is_empty() { "/" } else { path } })
    }

    pub(super) fn connect(&self, through: Option<u16>) -> io::Result<TcpStream> {
        if let Some(port) = through {
            return patient(TcpStream::connect(("127.0.0.1", port))?);
        }
        let port = self.authority.rsplit_once(':').map_or(Ok(80), |(_, port)| port.parse());
        let port = port.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        // As browsers have it, whatever the machine's resolver says (RFC 6761 §6.3).
        let here = self.host == "localhost" || self.host.ends_with(".localhost");
        patient(TcpStream::connect((if here { "127.0.0.1" } else { self.host }, port))?)
    }
}

impl fmt::Display for Url<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "http://{}{}", self.authority, self.path)
    }
}

fn patient(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
