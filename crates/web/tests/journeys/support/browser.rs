//! A browser that keeps cookies as browsers do, and what it sees.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use jiff::{SignedDuration, Timestamp};
use tower::ServiceExt as _;
use vestibule_mock_entra::service::Delivery;
use vestibule_web::extract::ClientAddress;

use crate::support::{ENTRA, World};

impl World {
    /// A new browser.
    pub(crate) fn browser(&self) -> Browser {
        let clock = Arc::clone(&self.clock);
        Browser { router: self.router.clone(), clock, cookies: BTreeMap::new(), language: "en", address: None }
    }
}

/// A browser: cookies for each host, each until its time is over, and a cross-site post brings none of them, for all of
/// ours are `SameSite=Lax`.
#[derive(Clone)]
pub(crate) struct Browser {
    router: Router,
    clock: Arc<Mutex<Timestamp>>,
    cookies: BTreeMap<String, BTreeMap<String, Cookie>>,
    pub(crate) language: &'static str,
    /// The address that the listener sees; none: rates are not measured.
    pub(crate) address: Option<IpAddr>,
}

/// A cookie's value, and its end; none: with the browser.
#[derive(Clone)]
struct Cookie {
    value: String,
    until: Option<Timestamp>,
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    /// The address that was asked.
    pub(crate) url: String,
}

impl Seen {
    /// Where it leads; an address on the same host is made whole.
    #[track_caller]
    pub(crate) fn location(&self) -> String {
        assert!(matches!(self.status, StatusCode::SEE_OTHER | StatusCode::FOUND), "{}: {}", self.url, self.body);
        let location = self.headers[LOCATION].to_str().unwrap();
        if location.starts_with('/') { format!("{}{location}", origin_of(&self.url)) } else { location.to_owned() }
    }

    /// That it is a page with this status and this text.
    #[track_caller]
    pub(crate) fn shows(&self, status: StatusCode, text: &str) {
        assert_eq!(self.status, status, "{}: {}", self.url, self.body);
        assert!(self.body.contains(text), "{text:?} is not on the page:\n{}", self.body);
    }
}

/// From which page a request comes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From<'a> {
    Person,
    Ours,
    Elsewhere(&'a str),
}

impl Browser {
    /// The person opens an address, or is sent there.
    pub(crate) async fn get(&mut self, url: &str) -> Seen {
        let seen = self.send("GET", url, None, From::Person).await;
        self.keep(&seen);
        seen
    }

    /// A form of our own page.
    pub(crate) async fn post(&mut self, url: &str, fields: &[(&str, &str)]) -> Seen {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let seen = self.send("POST", url, Some(body), From::Ours).await;
        self.keep(&seen);
        seen
    }

    /// A form of another site's page: no cookie of ours goes with it.
    pub(crate) async fn post_from_elsewhere(&mut self, url: &str, body: String) -> Seen {
        let seen = self.send("POST", url, Some(body), From::Elsewhere(ENTRA)).await;
        self.keep(&seen);
        seen
    }

    /// The answer is posted, and the continuation followed.
    pub(crate) async fn deliver(&mut self, delivery: &Delivery) -> Seen {
        let posted = self.post_from_elsewhere(&delivery.action, delivery.body()).await;
        if posted.status == StatusCode::SEE_OTHER { self.get(&posted.location()).await } else { posted }
    }

    /// An application calls, without a browser.
    pub(crate) async fn as_application(&self, url: &str, body: String, authorization: &str) -> Seen {
        let request = Request::post(path_of(url))
            .header(HOST, host_of(url))
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.answer(url, request.body(Body::from(body)).unwrap()).await
    }

    /// The value of a cookie.
    pub(crate) fn cookie(&self, host: &str, name: &str) -> Option<&str> {
        self.lasting(host).find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// All cookies of a host.
    pub(crate) fn site_cookies(&self, host: &str) -> Vec<(String, String)> {
        self.lasting(host).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Gives the browser a cookie.
    pub(crate) fn set_cookie(&mut self, origin: &str, name: &str, value: &str) {
        let cookie = Cookie { value: value.to_owned(), until: None };
        self.cookies.entry(host_of(origin).to_owned()).or_default().insert(name.to_owned(), cookie);
    }

    /// The cookies that go to a host now.
    fn lasting(&self, host: &str) -> impl Iterator<Item = (&str, &str)> {
        let now = *self.clock.lock().unwrap();
        let jar = self.cookies.get(host).into_iter().flatten();
        jar.filter(move |(_, cookie)| cookie.until.is_none_or(|until| now < until))
            .map(|(name, cookie)| (name.as_str(), cookie.value.as_str()))
    }

    async fn send(&self, method: &str, url: &str, body: Option<String>, from: From<'_>) -> Seen {
        let mut request = Request::builder().method(method).uri(path_of(url)).header(HOST, host_of(url));
        request = request.header(ACCEPT_LANGUAGE, self.language);
        request = match from {
            From::Person => request.header("sec-fetch-site", "none"),
            From::Ours => request.header("sec-fetch-site", "same-origin").header("origin", origin_of(url)),
            From::Elsewhere(origin) => request.header("sec-fetch-site", "cross-site").header("origin", origin),
        };
        let pairs: Vec<String> = self.lasting(host_of(url)).map(|(name, value)| format!("{name}={value}")).collect();
        if !matches!(from, From::Elsewhere(_)) && !pairs.is_empty() {
            request = request.header(COOKIE, pairs.join("; "));
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let body = body.map_or_else(Body::empty, Body::from);
        self.answer(url, request.body(body).unwrap()).await
    }

    async fn answer(&self, url: &str, mut request: Request<Body>) -> Seen {
        if let Some(address) = self.address {
            request.extensions_mut().insert(ClientAddress(address));
        }
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        assert!(!parts.status.is_server_error(), "{url}: {} {body}", parts.status);
        Seen { status: parts.status, headers: parts.headers, body, url: url.to_owned() }
    }

    fn keep(&mut self, seen: &Seen) {
        let now = *self.clock.lock().unwrap();
        let jar = self.cookies.entry(host_of(&seen.url).to_owned()).or_default();
        for line in seen.headers.get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax"), "{line}");
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            let age = line.split("; ").find_map(|part| part.strip_prefix("Max-Age="));
            let age = age.map(|seconds| SignedDuration::from_secs(seconds.parse().unwrap()));
            if age.is_some_and(|age| age.is_zero()) {
                jar.remove(name);
            } else {
                let until = age.map(|age| now.checked_add(age).unwrap());
                jar.insert(name.to_owned(), Cookie { value: value.to_owned(), until });
            }
        }
    }

    /// A proxy asks about the browser's request for a page of a site behind it, and passes on what it is told.
    pub(crate) async fn through_proxy(&mut self, url: &str, mode: &str, headers: &[(&str, &str)]) -> Seen {
        let (scheme, _) = url.split_once("://").unwrap();
        let mut request = Request::builder()
            .uri(format!("/forward-auth{mode}"))
            .header(HOST, "127.0.0.1:8401")
            .header(ACCEPT_LANGUAGE, self.language)
            .header("x-forwarded-proto", scheme)
            .header("x-forwarded-host", host_of(url))
            .header("x-forwarded-uri", path_of(url));
        let usual = [("accept", "text/html"), ("x-forwarded-method", "GET")];
        let usual = usual.iter().filter(|(name, _)| !headers.iter().any(|(other, _)| other == name));
        for (name, value) in usual.chain(headers) {
            request = request.header(*name, *value);
        }
        let pairs: Vec<String> = self.lasting(host_of(url)).map(|(name, value)| format!("{name}={value}")).collect();
        if !pairs.is_empty() {
            request = request.header(COOKIE, pairs.join("; "));
        }
        let seen = self.answer(url, request.body(Body::empty()).unwrap()).await;
        self.keep(&seen);
        seen
    }

    /// Any request, with these headers besides `Host`, from another site's page.
    pub(crate) async fn raw(&self, method: &str, url: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Seen {
        let mut request = Request::builder().method(method).uri(path_of(url)).header(HOST, host_of(url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.answer(url, request.body(body.into()).unwrap()).await
    }
}

fn host_of(url: &str) -> &str {
    url.split_once("://").unwrap().1.split(['/', '?']).next().unwrap()
}

fn origin_of(url: &str) -> &str {
    let scheme = url.find("://").unwrap() + 3;
    url[scheme..].find(['/', '?']).map_or(url, |end| &url[..scheme + end])
}

fn path_of(url: &str) -> String {
    let rest = &url[origin_of(url).len()..];
    if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") }
}

/// The `AuthnRequest` in the address to which a browser is sent.
#[track_caller]
pub(crate) fn request_of(sent: &Seen) -> String {
    let location = sent.location();
    assert!(location.starts_with(ENTRA), "not to the identity provider: {location}");
    let message = vestibule_saml::binding::redirect::RedirectBinding::parse(&location).unwrap();
    String::from_utf8(message.xml).unwrap()
}

/// The value of a parameter of an address.
pub(crate) fn parameter(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?')?.1;
    form_urlencoded::parse(query.as_bytes()).find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}
