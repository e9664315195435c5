//! Not the product: a stub of its surface, to prove the load client and to show how fast that client itself is.
//!
//! [`Care::Checks`] judges every request as strictly as the product should, in memory; the client's own tests run
//! against it. [`Care::Answers`] looks at next to nothing and answers with constant texts of the product's size: what
//! the client reaches against it is the client's ceiling, and what the stub spends is the price of the bare exchange.

mod careful;
mod constant;
mod wire;

use std::cell::RefCell;
use std::rc::Rc;

use tokio::net::TcpListener;
use tokio::task::LocalSet;

use self::careful::Careful;
use self::constant::Constant;

/// How much the stub looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// At everything: the client is being tested.
    Checks,
    /// At nothing: the client is being measured.
    Answers,
}

/// The client that the stub knows.
pub const CLIENT_ID: &str = "stub-client";
/// Its secret, which is none.
pub const SECRET: &str = "a-secret-that-everybody-knows-0123456789";
/// Where its people are sent back to.
pub const REDIRECT_URI: &str = "http://app.localhost:8402/callback";
/// The host at which the stub's account lives.
pub const ACCOUNT_HOST: &str = "stub.localhost:8400";
/// The stub's own host.
pub const ISSUER_HOST: &str = "sso.localhost:8400";

/// Serves for ever, each connection on this thread.
pub async fn serve(listener: TcpListener, care: Care) {
    let set = LocalSet::new();
    set.run_until(async move {
        let answers: Rc<RefCell<dyn Answers>> = match care {
            Care::Checks => Rc::new(RefCell::new(Careful::new())),
            Care::Answers => Rc::new(RefCell::new(Constant::new())),
        };
        while let Ok((stream, _)) = listener.accept().await {
            let answers = Rc::clone(&answers);
            tokio::task::spawn_local(async move { wire::converse(stream, &answers).await });
        }
    })
    .await;
}

/// What answers requests.
trait Answers {
    /// The whole answer.
    fn answer(&mut self, request: &Request<'_>) -> Vec<u8>;
}

/// A request, as much of it as matters.
#[derive(Debug, Clone, Copy)]
struct Request<'a> {
    method: &'a str,
    /// Path without the query.
    path: &'a str,
    query: &'a str,
    head: &'a str,
    body: &'a str,
}

impl<'a> Request<'a> {
    fn field(&self, name: &str) -> Option<&'a str> {
        let fields = self.head.split("\r\n").skip(1).filter_map(|line| line.split_once(": "));
        fields.into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// An answer with the fields that the product sends with every page.
fn answer(status: &str, fields: &str, kind: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\ncache-control: no-store\r\n\
         content-security-policy: default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'\r\nreferrer-policy: no-referrer\r\n\
         x-content-type-options: nosniff\r\ncross-origin-opener-policy: same-origin\r\n\
         date: Sat, 21 Nov 2026 12:00:00 GMT\r\n{fields}\r\n{body}"
    )
    .into_bytes()
}

fn see_other(location: &str, cookie: Option<&str>) -> Vec<u8> {
    let cookie = cookie.map(|cookie| format!("set-cookie: {cookie}; Path=/; Max-Age=1800; HttpOnly; SameSite=Lax\r\n"));
    let fields = format!("location: {location}\r\n{}", cookie.unwrap_or_default());
    answer("303 See Other", &fields, "text/html; charset=utf-8", "")
}
