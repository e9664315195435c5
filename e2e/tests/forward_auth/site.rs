//! A wiki with a proxy in front of it, `vestibule demo` beside it, and people who open its pages.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::OnceLock;

use serde_json::json;
use vestibule_e2e::PATIENCE;
use vestibule_e2e::http::{Client, Request, Response};
use vestibule_e2e::peers::demo::{self, Demo};
use vestibule_e2e::peers::proxy::{Kind, Places, Proxy, examples};
use vestibule_e2e::peers::upstream::Upstream;

/// The headers that tell the wiki who it is.
pub(crate) const NAMES: [&str; 7] = [
    "x-vestibule-user",
    "x-vestibule-email",
    "x-vestibule-name",
    "x-vestibule-account",
    "x-vestibule-roles",
    "x-vestibule-groups",
    "x-vestibule-token",
];

const HOST: &str = "wiki.localhost";
/// Of another application, with rules that let everybody in.
const OPEN: &str = "open.localhost";

/// Acme's tenant at the stand-in for Entra.
const TENANT: &str = "5a1c0f3e-6d7b-4c2a-9e48-0b1d2c3f4a51";

pub(crate) struct Site {
    kind: Kind,
    demo: Demo,
    proxy: Proxy,
    host: String,
    open: String,
}

/// The same site behind each proxy. They serve all tests: nothing that one does is seen by another.
pub(crate) fn sites() -> [&'static Site; 2] {
    static SITES: [OnceLock<Site>; 2] = [OnceLock::new(), OnceLock::new()];
    let [nginx, caddy] = &SITES;
    [nginx.get_or_init(|| Site::start(Kind::Nginx)), caddy.get_or_init(|| Site::start(Kind::Caddy))]
}

/// Asks once; redirects are not followed.
#[track_caller]
pub(crate) fn ask(browser: &mut Client, method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
    browser.send(&Request { method, url, headers, body, from: None }).unwrap()
}

impl Site {
    #[track_caller]
    fn start(kind: Kind) -> Self {
        let demo = Demo::start();
        let proxy =
            Proxy::start(kind, Places { host: HOST, vestibule: demo.port(), upstream: Upstream::start().port() });
        let [host, open] = [HOST, OPEN].map(|name| format!("{name}:{}", proxy.port()));
        let site = Self { kind, demo, proxy, host, open };
        site.apply();
        site.give_ben_groups();
        site
    }

    /// The application of the documentation, and one that is open to all.
    #[track_caller]
    fn apply(&self) {
        let [wiki] = examples("toml").try_into().expect("one application in the documentation");
        let wiki = wiki.replace("https://wiki.example.com", &format!("http://{}", self.host));
        let open = format!(
            "\n[[application]]\nclient_id = \"open\"\nname = \"Open\"\nsites = [\"http://{}\"]\n\
             site_rules = [{{ path = \"/\", public = true }}]\n",
            self.open
        );
        self.demo.apply(&(wiki + &open), &[]).unwrap();
    }

    #[track_caller]
    fn give_ben_groups(&self) {
        let url = self.demo.url("entra", &format!("/api/tenants/{TENANT}/groups"));
        for number in 0..150 {
            let id = format!("9a0b1c2d-1111-4000-8000-{number:012}");
            let group = json!({ "id": id, "display_name": format!("Group {number}"), "members": ["ben@acme.example"] });
            let headers = [("Content-Type", "application/json")];
            let made = ask(&mut Client::new(), "POST", &url, &headers, group.to_string().as_bytes());
            assert_eq!(made.status, 201, "{}", made.text());
        }
    }

    /// An address of the site, as browsers write it.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }

    /// An address of Vestibule.
    pub(crate) fn sso_url(&self, path: &str) -> String {
        self.demo.issuer(path)
    }

    /// The site's host with its port.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The host of the other site, with a port.
    pub(crate) fn open(&self) -> &str {
        &self.open
    }

    /// The port of the proxy.
    pub(crate) fn port(&self) -> u16 {
        self.proxy.port()
    }

    /// What is shown in the end to somebody of Acme who opens a page of the site and signs in.
    #[track_caller]
    pub(crate) fn sign_in(&self, browser: &mut Client, name: &str, path: &str) -> Response {
        demo::sign_in(browser, name, &self.url(path), &self.url("/"), "nowhere")
    }

    /// The answer to a request whose line has an absolute address beside another `Host`.
    #[track_caller]
    pub(crate) fn absolute(&self, address: &str, host: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port())).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET {address} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl fmt::Display for Site {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "behind {:?}", self.kind)
    }
}
