//! What stands behind a proxy: it answers each request with what arrived of it.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use serde_json::{Value, json};

use crate::fail;
use crate::http::Response;

/// The header by which its answers are known.
const MARK: &str = "X-Echo";

/// A server that listens until the test process ends.
#[derive(Debug, Clone, Copy)]
pub struct Upstream {
    port: u16,
}

/// What arrived of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// `GET`, `POST` and so on.
    pub method: String,
    /// Path and query.
    pub uri: String,
    /// In order, with names in small letters.
    pub headers: Vec<(String, String)>,
    /// As text.
    pub body: String,
}

impl Upstream {
    /// Starts it.
    #[track_caller]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0");
        let listener = listener.unwrap_or_else(|error| fail(format_args!("no port to listen on: {error}")));
        let port = listener.local_addr().unwrap_or_else(|error| fail(format_args!("no address: {error}"))).port();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A proxy that went away has heard enough.
                thread::spawn(move || _ = answer(&stream));
            }
        });
        Self { port }
    }

    /// Where it listens.
    pub fn port(self) -> u16 {
        self.port
    }
}

impl Arrived {
    /// What arrived of the request that this is the answer to; nothing where somebody else answered it.
    pub fn of(response: &Response) -> Option<Self> {
        response.header(MARK)?;
        let told: Value = serde_json::from_slice(&response.body).ok()?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let headers = told["headers"].as_array().into_iter().flatten();
        Some(Self {
            method: text(&told["method"]),
            uri: text(&told["uri"]),
            headers: headers.map(|pair| (text(&pair[0]), text(&pair[1]))).collect(),
            body: text(&told["body"]),
        })
    }

    /// The only value of a header, by its name in small letters; of one that came empty or not at all, nothing.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let values: Vec<_> = self.headers.iter().filter(|(one, _)| one == name).map(|(_, value)| value).collect();
        match values[..] {
            [] => "",
            [value] => value,
            _ => fail(format_args!("{name} came {} times", values.len())),
        }
    }
}

fn answer(mut stream: &TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, uri) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers: Vec<(String, String)> = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or_default();
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8_lossy(&body);
    let told = json!({ "method": method, "uri": uri, "headers": headers, "body": body }).to_string();
    let told = if method == "HEAD" { "" } else { &told };
    write!(
        stream,
        "HTTP/1.1 200 OK\r\n{MARK}: 1\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{told}",
        told.len()
    )
}
