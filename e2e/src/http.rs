//! A small blocking HTTP/1.1 client that behaves as a browser where sign-in depends on it: cookies belong to a host,
//! `SameSite=Lax` ones are not sent with a form that another host posts, and `*.localhost` is this machine.
//!
//! Plain http only, one connection a request.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::net::TcpStream;

use crate::html::{self, Form};

mod answer;
mod url;

use answer::answer;
use url::Url;
pub use url::{encode, encode_form, resolve};

/// As browsers do.
const MAX_REDIRECTS: usize = 20;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Not an absolute `http:` address.
    #[error("{0:?} is not an http address")]
    Address(String),
    /// Nobody listens, or the server went away before its answer was whole.
    #[error("{url}: {error}")]
    Connection {
        /// What was asked for.
        url: String,
        /// What the system says.
        error: io::Error,
    },
    /// The answer is not HTTP/1.1.
    #[error("{url}: got {got:?}, wanted {wanted}")]
    Malformed {
        /// What was asked for.
        url: String,
        /// The line in question.
        got: String,
        /// What should have stood there.
        wanted: &'static str,
    },
    /// It leads from one address to the next without an end.
    #[error("{0}: more than 20 redirects")]
    Redirects(String),
}

/// A person's browser without the person: keeps cookies, follows redirects when asked to.
#[derive(Debug, Default, Clone)]
pub struct Client {
    /// By host, then by name.
    jar: BTreeMap<String, BTreeMap<String, Cookie>>,
    headers: Vec<(String, String)>,
    through: Option<u16>,
}

/// A request whose last octet is still to be sent: many of them are answered at once.
#[derive(Debug)]
pub struct Held {
    url: String,
    method: String,
    stream: TcpStream,
    last: Vec<u8>,
}

#[derive(Debug, Clone)]
struct Cookie {
    value: String,
    cross_site: bool,
}

/// A request, where [`Client::get`] and [`Client::post`] do not say enough.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// `GET`, `POST` and so on.
    pub method: &'a str,
    /// Absolute.
    pub url: &'a str,
    /// In addition to `Host`, `Cookie`, `Content-Length` and those of the client.
    pub headers: &'a [(&'a str, &'a str)],
    /// Sent as it is.
    pub body: &'a [u8],
    /// The address of the page that makes the request. `None`: the person does, by typing it or from a bookmark.
    pub from: Option<&'a str>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Response {
    /// What was asked for.
    pub url: String,
    /// Such as 200.
    pub status: u16,
    /// In order, with their names as they came.
    pub headers: Vec<(String, String)>,
    /// Without the transfer coding.
    pub body: Vec<u8>,
}

impl Client {
    /// One without cookies.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, sending this header with every request.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// From now on all requests go to this port of 127.0.0.1, whatever host and port their addresses name, as if a
    /// proxy stood in between.
    pub fn go_through(&mut self, port: u16) {
        self.through = Some(port);
    }

    /// Opens an address as a person does. Redirects are not followed.
    ///
    /// # Errors
    /// [`HttpError`] when no whole answer comes.
    pub fn get(&mut self, url: &str) -> Result<Response, HttpError> {
        self.send(&Request { method: "GET", url, headers: &[], body: b"", from: None })
    }

    /// Posts a form of the same host. Redirects are not followed.
    ///
    /// # Errors
    /// [`HttpError`] when no whole answer comes.
    pub fn post(&mut self, url: &str, form: &[(&str, &str)]) -> Result<Response, HttpError> {
        self.post_from(url, url, form)
    }

    /// Posts a form that stands on the page `from`.
    ///
    /// # Errors
    /// [`HttpError`] when no whole answer comes.
    pub fn post_from(&mut self, from: &str, url: &str, form: &[(&str, &str)]) -> Result<Response, HttpError> {
        let body = encode_form(form.iter().copied());
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        self.send(&Request { method: "POST", url, headers: &headers, body: body.as_bytes(), from: Some(from) })
    }

    /// Sends a form of `page` as it is, by its method, as if its first button was pressed.
    ///
    /// # Errors
    /// [`HttpError`] when no whole answer comes.
    pub fn submit(&mut self, page: &Response, form: &Form) -> Result<Response, HttpError> {
        let url = resolve(&page.url, &form.action).ok_or_else(|| HttpError::Address(form.action.clone()))?;
        let fields = form.fields.iter().chain(form.buttons.first());
        let fields: Vec<_> = fields.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if form.method.eq_ignore_ascii_case("post") {
            return self.post_from(&page.url, &url, &fields);
        }
        let query = encode_form(fields.into_iter());
        let url = format!("{}?{query}", url.split(['?', '#']).next().unwrap_or(&url));
        self.send(&Request { method: "GET", url: &url, headers: &[], body: b"", from: Some(&page.url) })
    }

    /// Follows redirects until an answer is none.
    ///
    /// # Errors
    /// [`HttpError`] when no whole answer comes, or more than 20 redirects.
    pub fn follow(&mut self, first: Response) -> Result<Response, HttpError> {
        let mut response = first;
        for _ in 0..MAX_REDIRECTS {
            let Some(target) = response.location() else { return Ok(response) };
            response = self.get(&target)?;
        }
        Err(HttpError::Redirects(response.url))
    }

    /// Sends a request and keeps the cookies of the answer.
    ///
    /// # Errors
    /// [`HttpError`] when no whole answer comes.
    pub fn send(&mut self, request: &Request<'_>) -> Result<Response, HttpError> {
        let url = Url::parse(request.url).ok_or_else(|| HttpError::Address(request.url.to_owned()))?;
        let stream = self.connect(&url, &self.message(request, &url))?;
        let response = answer(stream, request.url, request.method)?;
        self.keep_cookies(&response);
        Ok(response)
    }

    /// Keeps the cookies of an answer to somebody else's request, a [`Held`] one say.
    pub fn keep_cookies(&mut self, response: &Response) {
        let Some(url) = Url::parse(&response.url) else { return };
        for (_, value) in response.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            self.keep(url.host, value);
        }
    }

    /// Sends a request but for its last octet. Cookies of the answer are not kept.
    ///
    /// # Errors
    /// [`HttpError`] when it cannot be sent.
    pub fn hold(&self, request: &Request<'_>) -> Result<Held, HttpError> {
        let url = Url::parse(request.url).ok_or_else(|| HttpError::Address(request.url.to_owned()))?;
        let mut message = self.message(request, &url);
        let last = message.split_off(message.len().saturating_sub(1));
        let stream = self.connect(&url, &message)?;
        Ok(Held { url: request.url.to_owned(), method: request.method.to_owned(), stream, last })
    }

    /// The value of a cookie that would be sent to `host`.
    pub fn cookie(&self, host: &str, name: &str) -> Option<&str> {
        self.jar.get(host)?.get(name).map(|cookie| cookie.value.as_str())
    }

    /// The values of all cookies, of every host.
    pub fn cookies(&self) -> impl Iterator<Item = &str> {
        self.jar.values().flat_map(|jar| jar.values()).map(|cookie| cookie.value.as_str())
    }

    /// Forgets what `host` has set.
    pub fn forget(&mut self, host: &str) {
        self.jar.remove(host);
    }

    fn message(&self, request: &Request<'_>, url: &Url<'_>) -> Vec<u8> {
        [self.head(request, url).as_bytes(), request.body].concat()
    }

    fn connect(&self, url: &Url<'_>, message: &[u8]) -> Result<TcpStream, HttpError> {
        let sent = url.connect(self.through).and_then(|mut stream| stream.write_all(message).map(|()| stream));
        sent.map_err(|error| HttpError::Connection { url: url.to_string(), error })
    }

    fn head(&self, request: &Request<'_>, url: &Url<'_>) -> String {
        let mut head =
            format!("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", request.method, url.path, url.authority);
        let ours = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in ours.chain(request.headers.iter().copied()) {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if !request.body.is_empty() || request.method == "POST" {
            let _ = write!(head, "Content-Length: {}\r\n", request.body.len());
        }
        if request.method == "POST"
            && let Some(from) = request.from.and_then(Url::parse)
        {
            let _ = write!(head, "Origin: http://{}\r\n", from.authority);
        }
        // Every host is a site of its own: nothing is registered below `localhost`, `.test` or `.example`.
        let other_site = request.from.and_then(Url::parse).is_some_and(|from| from.host != url.host);
        let unsafe_method = !matches!(request.method, "GET" | "HEAD");
        let cookies: Vec<_> = self
            .jar
            .get(url.host)
            .into_iter()
            .flatten()
            .filter(|(_, cookie)| cookie.cross_site || !(other_site && unsafe_method))
            .map(|(name, cookie)| format!("{name}={}", cookie.value))
            .collect();
        if !cookies.is_empty() {
            let _ = write!(head, "Cookie: {}\r\n", cookies.join("; "));
        }
        head.push_str("\r\n");
        head
    }

    fn keep(&mut self, host: &str, line: &str) {
        let mut parts = line.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { return };
        let attributes: Vec<_> = parts.map(str::to_ascii_lowercase).collect();
        let jar = self.jar.entry(host.to_owned()).or_default();
        // Whoever deletes a cookie gives an age of zero or a date long ago.
        let deleted = attributes.iter().any(|one| one == "max-age=0" || one.contains("1970"));
        if deleted {
            jar.remove(name);
        } else {
            let cross_site = attributes.iter().any(|one| one == "samesite=none");
            jar.insert(name.to_owned(), Cookie { value: value.to_owned(), cross_site });
        }
    }
}

impl Held {
    /// Sends the last octet.
    ///
    /// # Errors
    /// [`HttpError`] when the other side is gone.
    pub fn release(&mut self) -> Result<(), HttpError> {
        let last = std::mem::take(&mut self.last);
        self.stream.write_all(&last).map_err(|error| HttpError::Connection { url: self.url.clone(), error })
    }

    /// What is answered to the whole request.
    ///
    /// # Errors
    /// [`HttpError`] when no whole answer comes.
    pub fn answer(mut self) -> Result<Response, HttpError> {
        self.release()?;
        answer(self.stream, &self.url, &self.method)
    }
}

impl Response {
    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(one, _)| one.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Where a redirect leads, absolute; `None` for what is no redirect.
    pub fn location(&self) -> Option<String> {
        (300..400)
            .contains(&self.status)
            .then(|| self.header("location"))
            .flatten()
            .and_then(|to| resolve(&self.url, to))
    }

    /// The forms of the page.
    pub fn forms(&self) -> Vec<Form> {
        html::forms(&self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::{Client, Request, Url, encode_form, resolve};

    #[test]
    fn references_are_resolved_against_their_page() {
        let page = "http://acme.localhost:8400/a/b?c=d";
        let resolved = |reference| resolve(page, reference);
        assert_eq!(resolved("http://app.localhost/x").as_deref(), Some("http://app.localhost/x"));
        assert_eq!(resolved("/x?y").as_deref(), Some("http://acme.localhost:8400/x?y"));
        assert_eq!(resolved("x").as_deref(), Some("http://acme.localhost:8400/a/x"));
        assert_eq!(resolved("?x").as_deref(), Some("http://acme.localhost:8400/a/b?x"));
        assert_eq!(resolved("").as_deref(), Some(page));
        assert_eq!(resolved("javascript:alert(1)"), None);
    }

    #[test]
    fn a_form_is_encoded_octet_by_octet() {
        assert_eq!(encode_form([("a b", "ü&=")].into_iter()), "a%20b=%C3%BC%26%3D");
    }

    #[test]
    fn a_lax_cookie_is_kept_back_from_a_form_of_another_site() {
        let mut client = Client::new();
        client.keep("acme.localhost", "lax=1; Path=/; HttpOnly; SameSite=Lax");
        client.keep("acme.localhost", "none=2; SameSite=None; Secure");
        let cookies = |method, from| {
            let url = "http://acme.localhost/acs";
            let request = Request { method, url, headers: &[], body: b"", from };
            let head = client.head(&request, &Url::parse(url).unwrap());
            head.lines().find_map(|line| line.strip_prefix("Cookie: ")).map(str::to_owned)
        };
        assert_eq!(cookies("POST", Some("http://entra.localhost/login")).as_deref(), Some("none=2"));
        assert_eq!(cookies("POST", Some("http://acme.localhost/sign-in")).as_deref(), Some("lax=1; none=2"));
        assert_eq!(cookies("GET", Some("http://entra.localhost/login")).as_deref(), Some("lax=1; none=2"));
        assert_eq!(cookies("GET", None).as_deref(), Some("lax=1; none=2"));
    }

    #[test]
    fn a_cookie_of_age_zero_is_forgotten() {
        let mut client = Client::new();
        client.keep("acme.localhost", "a=1");
        assert_eq!(client.cookie("acme.localhost", "a"), Some("1"));
        assert_eq!(client.cookie("app.localhost", "a"), None);
        client.keep("acme.localhost", "a=; Max-Age=0");
        assert_eq!(client.cookie("acme.localhost", "a"), None);
    }
}
