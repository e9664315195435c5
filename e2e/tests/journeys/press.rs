//! The cider press: a second application beside Orchard, which the test itself serves.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use jiff::Timestamp;
use serde_json::Value;
use vestibule_e2e::http::{Client, Request, Response, encode};
use vestibule_e2e::peers::chromium::Browser;
use vestibule_oidc::relying_party::{
    Expectation, IdToken, LogoutExpectation, LogoutToken, Pending, Provider, TokenAnswer, basic_authorization,
    token_request_body, verify, verify_logout,
};
use vestibule_oidc::{ClientId, Issuer, Jwks, RedirectUri};

use crate::demo::{Demo, ORCHARD_SECRET};

/// Lives as long as the test process. It hears what Orchard is told too.
pub(crate) struct Press<'d> {
    demo: &'d Demo,
    port: u16,
    heard: Arc<Mutex<Vec<(String, String)>>>,
}

/// What the press was given when somebody signed in.
#[expect(clippy::struct_field_names, reason = "as RFC 6749 and OpenID Connect call them")]
pub(crate) struct Given {
    pub(crate) id_token: IdToken,
    access_token: String,
    refresh_token: Option<String>,
}

impl<'d> Press<'d> {
    /// Both applications want to be told of the end of sessions.
    pub(crate) fn beside_orchard(demo: &'d Demo) -> Self {
        let press = Self::listening(demo);
        demo.apply(&(press.orchard() + &press.own("off")));
        press
    }

    /// The press alone, which can renew what it is given.
    pub(crate) fn that_renews(demo: &'d Demo) -> Self {
        let press = Self::listening(demo);
        demo.apply(&press.own("session"));
        press
    }

    fn listening(demo: &'d Demo) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
        let listens = Arc::clone(&heard);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let listens = Arc::clone(&listens);
                // A browser opens connections that it does not use; they must not keep others waiting.
                thread::spawn(move || answer(&stream, &listens));
            }
        });
        Self { demo, port, heard }
    }

    fn orchard(&self) -> String {
        let port = self.port;
        format!(
            r#"
[[application]]
client_id = "orchard"
name = "Orchard"
redirect_uris = ["http://app.localhost:8400/callback"]
post_logout_redirect_uris = ["http://app.localhost:8400/"]
secrets = [{{ env = "ORCHARD_SECRET" }}]
start_url = "http://app.localhost:8400/sign-in"
backchannel_logout_uri = "http://127.0.0.1:{port}/orchard"
"#
        )
    }

    fn own(&self, refresh_tokens: &str) -> String {
        let port = self.port;
        format!(
            r#"
[[application]]
client_id = "press"
name = "The press"
redirect_uris = ["http://press.localhost:{port}/callback"]
secrets = [{{ env = "ORCHARD_SECRET" }}]
refresh_tokens = "{refresh_tokens}"
backchannel_logout_uri = "http://127.0.0.1:{port}/press"
"#
        )
    }

    /// Somebody of an account signs in who is at Orchard already: nobody is asked anything.
    pub(crate) fn sign_in(&self, browser: &Browser, account: &str) -> Given {
        let pending = Pending::from_random(&[7; 96]);
        let own = format!("http://press.localhost:{}/callback", self.port);
        let (redirect_uri, provider) = (RedirectUri::new(own.clone()).unwrap(), self.provider());
        let more = [("account", account)];
        let endpoint = &provider.authorization_endpoint;
        browser.goto(&pending.authorization_url(endpoint, &client("press"), &redirect_uri, "openid email", &more));
        let url = browser.wait_for_url(|url| url.starts_with(&own));
        let code = pending.check_callback(url.split_once('?').unwrap().1, &self.issuer()).unwrap();
        let answer = self.asks_for_tokens(&token_request_body(&code, &own, &pending.code_verifier));
        let tokens = TokenAnswer::parse(&answer.text()).unwrap();
        let all: Value = serde_json::from_str(&answer.text()).unwrap();
        let refresh_token = all["refresh_token"].as_str().map(str::to_owned);
        let (issuer, audience, now) = (self.issuer(), client("press"), Timestamp::now());
        let expected = Expectation { issuer: &issuer, audience: &audience, nonce: &pending.nonce, now };
        let id_token = verify(&tokens.id_token, &self.keys(), &expected).unwrap();
        Given { id_token, access_token: tokens.access_token, refresh_token }
    }

    /// The status with which what was given is renewed.
    pub(crate) fn renews(&self, given: &Given) -> u16 {
        let token = given.refresh_token.as_deref().unwrap();
        self.asks_for_tokens(&format!("grant_type=refresh_token&refresh_token={}", encode(token))).status
    }

    fn asks_for_tokens(&self, body: &str) -> Response {
        let headers = [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Authorization", &*basic_authorization(&client("press"), ORCHARD_SECRET)),
        ];
        let (method, url, body) = ("POST", &*self.provider().token_endpoint, body.as_bytes());
        Client::new().send(&Request { method, url, headers: &headers, body, from: None }).unwrap()
    }

    /// The status with which what was given is answered at the userinfo endpoint.
    pub(crate) fn opens(&self, given: &Given) -> u16 {
        let bearer = format!("Bearer {}", given.access_token);
        Client::new().with_header("Authorization", &bearer).get(&self.provider().userinfo_endpoint).unwrap().status
    }

    /// Waits until an application is told that a session has ended. That is done once a minute.
    pub(crate) fn told(&self, application: &str) -> LogoutToken {
        let path = format!("/{application}");
        let token = vestibule_e2e::wait_for("the logout token", || {
            let heard = self.heard.lock().unwrap();
            let (_, body) = heard.iter().find(|(told, _)| *told == path)?;
            Some(body.strip_prefix("logout_token=").unwrap().to_owned())
        });
        let (issuer, audience) = (self.issuer(), client(application));
        let expected = LogoutExpectation { issuer: &issuer, audience: &audience, now: Timestamp::now() };
        verify_logout(&token, &self.keys(), &expected).unwrap()
    }

    fn issuer(&self) -> Issuer {
        Issuer::new(self.demo.issuer("")).unwrap()
    }

    fn provider(&self) -> Provider {
        let document = Client::new().get(&self.demo.issuer("/.well-known/openid-configuration")).unwrap();
        Provider::parse(&document.text(), &self.issuer()).unwrap()
    }

    fn keys(&self) -> Jwks {
        Jwks::parse(&Client::new().get(&self.provider().jwks_uri).unwrap().text()).unwrap()
    }
}

fn client(id: &str) -> ClientId {
    ClientId::new(id).unwrap()
}

/// `None` for a connection that ends before its request does.
fn answer(mut stream: &TcpStream, heard: &Mutex<Vec<(String, String)>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).ok().map(|_| line.trim_end().to_owned())
    };
    let first = line()?;
    let path = first.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    while let Some(header) = line().filter(|line| !line.is_empty()) {
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    if first.starts_with("POST ") {
        heard.lock().ok()?.push((path, String::from_utf8(body).ok()?));
    }
    let page =
        "<!doctype html><html lang=en><title>The press</title><link rel=icon href=data:,><p>Apples in, cider out.";
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close";
    write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{page}", page.len()).ok()
}
