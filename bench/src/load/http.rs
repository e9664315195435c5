//! As little of HTTP/1.1 as a sign-in needs, so that the client costs little: one connection, kept alive, answers with
//! a Content-Length.

use std::io::ErrorKind;
use std::net::SocketAddr;

use tokio::net::TcpStream;

use super::error::LoadError;

/// Octets that are read at once; more than any answer of a sign-in has.
const ROOM: usize = 16 * 1024;

/// A connection that is opened at the first exchange, and again after the server closed it.
#[derive(Debug)]
pub struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

/// An answer.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The status code.
    pub status: u16,
    /// The status line and the fields.
    pub head: &'a str,
    /// The content.
    pub body: &'a [u8],
}

impl Connection {
    /// To a server.
    pub fn to(address: SocketAddr) -> Self {
        Self { address, stream: None, buffer: Vec::with_capacity(ROOM) }
    }

    /// Opens the connection, so that the first exchange need not.
    ///
    /// # Errors
    /// Nobody listens there.
    pub async fn open(&mut self) -> Result<(), LoadError> {
        if self.stream.is_none() {
            let failed = |error| LoadError::Connection { doing: "connecting to the server", error };
            let stream = TcpStream::connect(self.address).await.map_err(failed)?;
            stream.set_nodelay(true).map_err(failed)?;
            self.stream = Some(stream);
        }
        Ok(())
    }

    /// The text of an answer that must be 200.
    ///
    /// # Errors
    /// Another status, and those of [`Connection::exchange`].
    pub async fn text(&mut self, request: &[u8], what: &'static str) -> Result<String, LoadError> {
        let answer = self.exchange(request).await?;
        if answer.status != 200 {
            return Err(answer.unexpected(what, "200"));
        }
        Ok(String::from_utf8_lossy(answer.body).into_owned())
    }

    /// Sends a whole request and waits for the whole answer.
    ///
    /// # Errors
    /// The connection fails, or what comes is not an answer with a Content-Length.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>, LoadError> {
        self.open().await?;
        let Some(stream) = &self.stream else {
            return Err(LoadError::Http { what: "there is no connection" });
        };
        write(stream, request).await?;
        self.buffer.clear();
        let head_end = read_head(stream, &mut self.buffer).await?;
        let length = match status(head(&self.buffer, head_end)?) {
            Some(204) => 0,
            _ => content_length(head(&self.buffer, head_end)?)?,
        };
        while self.buffer.len() < head_end + length {
            read(stream, &mut self.buffer).await?;
        }
        if self.buffer.len() > head_end + length {
            return Err(LoadError::Http { what: "there is more than one answer" });
        }
        if field(head(&self.buffer, head_end)?, "connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
            self.stream = None;
        }
        let head = head(&self.buffer, head_end)?;
        let status = status(head).ok_or(LoadError::Http { what: "it has no status code" })?;
        Ok(Answer { status, head, body: &self.buffer[head_end..] })
    }
}

impl<'a> Answer<'a> {
    /// The value of a field, if there is one; the first of several.
    pub fn field(&self, name: &str) -> Option<&'a str> {
        field(self.head, name)
    }

    /// The `name=value` of every cookie that is set to something, as a browser sends it back.
    pub fn cookies(&self) -> String {
        let set = fields(self.head).filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        let pairs = set.filter_map(|(_, value)| value.split(';').next());
        pairs.filter(|pair| !pair.ends_with('=')).collect::<Vec<_>>().join("; ")
    }

    /// Where the answer sends the browser.
    ///
    /// # Errors
    /// It sends it nowhere.
    pub fn see_other(&self, request: &'static str) -> Result<&'a str, LoadError> {
        match self.field("location") {
            Some(location) if self.status == 303 => Ok(location),
            _ => Err(self.unexpected(request, "303 with a Location")),
        }
    }

    /// That this is not what was expected.
    pub fn unexpected(&self, request: &'static str, want: &'static str) -> LoadError {
        let body = String::from_utf8_lossy(self.body);
        let beginning = format!("{}{body}", self.head).chars().take(1500).collect();
        LoadError::Answer { request, got: self.status.to_string(), want, beginning }
    }
}

async fn write(stream: &TcpStream, mut rest: &[u8]) -> Result<(), LoadError> {
    let failed = |error| LoadError::Connection { doing: "sending a request", error };
    while !rest.is_empty() {
        match stream.try_write(rest) {
            Ok(sent) => rest = &rest[sent..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => stream.writable().await.map_err(failed)?,
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(())
}

/// Reads until the head is whole; returns where it ends.
async fn read_head(stream: &TcpStream, buffer: &mut Vec<u8>) -> Result<usize, LoadError> {
    loop {
        read(stream, buffer).await?;
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            return Ok(end + 4);
        }
        if buffer.len() > ROOM {
            return Err(LoadError::Http { what: "its head has no end" });
        }
    }
}

async fn read(stream: &TcpStream, buffer: &mut Vec<u8>) -> Result<(), LoadError> {
    let failed = |error| LoadError::Connection { doing: "waiting for an answer", error };
    loop {
        stream.readable().await.map_err(failed)?;
        let filled = buffer.len();
        buffer.resize(filled + ROOM, 0);
        let result = stream.try_read(&mut buffer[filled..]);
        buffer.truncate(filled + *result.as_ref().unwrap_or(&0));
        match result {
            Ok(0) => return Err(failed(ErrorKind::UnexpectedEof.into())),
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(failed(error)),
        }
    }
}

fn head(buffer: &[u8], end: usize) -> Result<&str, LoadError> {
    std::str::from_utf8(&buffer[..end]).map_err(|_| LoadError::Http { what: "its head is not text" })
}

fn status(head: &str) -> Option<u16> {
    head.get(9..12)?.parse().ok()
}

fn content_length(head: &str) -> Result<usize, LoadError> {
    let length = field(head, "content-length").and_then(|value| value.parse().ok());
    length.ok_or(LoadError::Http { what: "it has no Content-Length" })
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    fields(head).find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn fields(head: &str) -> impl Iterator<Item = (&str, &str)> {
    head.split("\r\n").skip(1).filter_map(|line| line.split_once(':')).map(|(name, value)| (name, value.trim()))
}

/// The cookies of a browser that is given more of them: one of the same name takes the place of the one before.
pub(super) fn merged(before: &str, given: &str) -> String {
    let pairs = |cookies| str::split(cookies, "; ").filter(|pair| !pair.is_empty());
    let name = |pair: &str| pair.split('=').next().unwrap_or_default().to_owned();
    let kept = pairs(before).filter(|old| pairs(given).all(|new| name(new) != name(old)));
    kept.chain(pairs(given)).collect::<Vec<_>>().join("; ")
}
