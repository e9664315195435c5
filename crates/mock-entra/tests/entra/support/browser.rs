//! A browser: keeps cookies, fills in forms.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

pub(crate) struct Browser {
    router: Router,
    cookies: BTreeMap<String, String>,
}

/// What the browser shows.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) location: Option<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) html: String,
}

impl Browser {
    pub(crate) fn new(router: Router) -> Self {
        Self { router, cookies: BTreeMap::new() }
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    pub(crate) fn get(&mut self, url: &str) -> Page {
        self.send(Request::get(path(url)), Body::empty())
    }

    pub(crate) fn post(&mut self, url: &str, fields: &[(&str, &str)]) -> Page {
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let form = Request::post(path(url)).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(form, Body::from(body.join("&")))
    }

    /// A form of a page of the portal, as a browser of today sends it from there.
    pub(crate) fn fill(&mut self, url: &str, fields: &[(&str, &str)]) -> Page {
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let form = Request::post(path(url)).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(form.header("sec-fetch-site", "same-origin"), Body::from(body.join("&")))
    }

    /// A form of a page of the portal with one file.
    pub(crate) fn upload(&mut self, url: &str, field: &str, content: &[u8]) -> Page {
        let head = format!(
            "--x-y\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"a file.xml\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        let form = Request::post(path(url)).header(header::CONTENT_TYPE, "multipart/form-data; boundary=x-y");
        let body = [head.as_bytes(), content, b"\r\n--x-y--\r\n"].concat();
        self.send(form.header("sec-fetch-site", "same-origin"), Body::from(body))
    }

    pub(crate) fn json(&mut self, method: &str, url: &str, body: &str) -> Page {
        self.send(Request::builder().method(method).uri(path(url)), Body::from(body.to_owned()))
    }

    /// Fills in the form of a page, with the button that sends it, if that has a value.
    pub(crate) fn submit(&mut self, page: &Page, typed: &[(&str, &str)]) -> Page {
        let action = page.between("<form method=\"post\" action=\"", "\"");
        let ctx = page.between("name=\"ctx\" value=\"", "\"");
        let mut fields = vec![("ctx", ctx.as_str())];
        let login = page.find("name=\"login\" value=\"", "\"");
        fields.extend(login.as_deref().map(|login| ("login", login)));
        fields.extend(typed);
        self.post(&action, &fields)
    }

    /// Name, password, not to stay signed in.
    pub(crate) fn sign_in(&mut self, page: &Page, name: &str, password: &str) -> Page {
        let page = self.submit(page, &[("login", name)]);
        self.password(&page, password, "no")
    }

    /// Password, and whether to stay signed in.
    pub(crate) fn password(&mut self, page: &Page, password: &str, stay: &str) -> Page {
        let page = self.submit(page, &[("passwd", password)]);
        self.submit(&page, &[("stay", stay)])
    }

    fn send(&mut self, request: http::request::Builder, body: Body) -> Page {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header(header::COOKIE, cookies.join("; ")).body(body).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let router = self.router.clone();
        let (parts, body) = runtime.block_on(async move {
            let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
            (parts, body.collect().await.unwrap().to_bytes().to_vec())
        });
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), rest.split(';').next().unwrap().to_owned());
        }
        let location = parts.headers.get(header::LOCATION).map(|it| it.to_str().unwrap().to_owned());
        let html = String::from_utf8_lossy(&body).into_owned();
        Page { status: parts.status, location, body, html }
    }
}

impl Page {
    pub(crate) fn find(&self, before: &str, behind: &str) -> Option<String> {
        let text = self.html.split_once(before)?.1.split_once(behind)?.0;
        Some(text.replace("&#38;", "&").replace("&amp;", "&").replace("&#43;", "+"))
    }

    pub(crate) fn between(&self, before: &str, behind: &str) -> String {
        self.find(before, behind).unwrap_or_else(|| panic!("{before} must stand in {}", self.html))
    }

    /// The response in the form that posts itself.
    pub(crate) fn saml_response(&self) -> String {
        self.between("name=\"SAMLResponse\" value=\"", "\"")
    }

    pub(crate) fn has(&self, text: &str) -> bool {
        self.html.contains(text)
    }
}

fn path(url: &str) -> String {
    url.strip_prefix(super::BASE).unwrap_or(url).to_owned()
}

fn encoded(text: &str) -> String {
    let octet = |octet: u8| match octet {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => char::from(octet).to_string(),
        _ => format!("%{octet:02X}"),
    };
    text.bytes().map(octet).collect()
}
