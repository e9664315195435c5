//! A proxy that asks about each request to a site behind it.

use std::time::Duration;

use super::error::LoadError;
use super::http::{Connection, merged};
use super::identity_provider::IdentityProvider;
use super::run::{Load, Outcome, Target, sign_in};
use super::timed::{on_the_clock, timed};

/// The one request.
pub const REQUESTS: [&str; 1] = ["GET forward-auth"];

/// A browser at the site, whose requests the proxy asks about.
#[derive(Debug)]
struct Visitor {
    request: Vec<u8>,
    left: usize,
    times: Vec<Duration>,
}

/// Lets people sign in at the site, off the clock, and asks about so many requests of each, on the clock.
///
/// # Errors
/// Somebody was not let through, or nobody's name was told.
pub async fn asks(
    target: &Target,
    idp: &IdentityProvider,
    load: Load,
    site: &str,
    each: usize,
) -> Result<Outcome, LoadError> {
    let (people, _) = sign_in(target, idp, load).await?;
    let mut connection = Connection::to(target.address);
    let mut visitors = Vec::with_capacity(people.len());
    for person in &people {
        let (host, session) = person.browser();
        let cookie = arrive(&mut connection, site, host, session).await?;
        visitors.push(Visitor { request: ask(site, "/", &cookie), left: each, times: Vec::with_capacity(each) });
    }
    asked(target, load.clients, visitors).await
}

/// Asks of a server that says yes to everything: what the client itself can do.
///
/// # Errors
/// It does not say yes.
pub async fn ceiling(target: &Target, clients: usize, visitors: usize, each: usize) -> Result<Outcome, LoadError> {
    let cookie = format!("__Host-vestibule_site={}", "c".repeat(43));
    let visitor = || Visitor { request: ask("http://site.localhost", "/", &cookie), left: each, times: Vec::new() };
    asked(target, clients, std::iter::repeat_with(visitor).take(visitors).collect()).await
}

async fn asked(target: &Target, clients: usize, visitors: Vec<Visitor>) -> Result<Outcome, LoadError> {
    let done = on_the_clock(target, clients, visitors, async |visitor: &mut Visitor, connection, _| {
        visitor.click(connection).await
    })
    .await?;
    Ok(Outcome {
        clients,
        requests: &REQUESTS,
        times: done.work.into_iter().flat_map(|visitor| visitor.times).collect(),
        wall: done.wall,
        server: done.server,
        client: done.client,
    })
}

impl Visitor {
    async fn click(&mut self, connection: &mut Connection) -> Result<(), LoadError> {
        while self.left > 0 {
            let (answer, time) = timed(connection.exchange(&self.request)).await?;
            if answer.status != 204 || answer.field("x-vestibule-user").is_none_or(str::is_empty) {
                return Err(answer.unexpected(REQUESTS[0], "204 with who it is"));
            }
            self.times.push(time);
            self.left -= 1;
        }
        Ok(())
    }
}

/// A browser that is signed in at Vestibule comes to the site: away to sign in, back with a code, and its cookie.
async fn arrive(connection: &mut Connection, site: &str, host: &str, session: &str) -> Result<String, LoadError> {
    let answer = connection.exchange(&ask(site, "/", "")).await?;
    let begun = answer.cookies();
    let elsewhere = answer.unexpected(REQUESTS[0], "the way to sign in");
    let path = answer.field("location").and_then(|to| Some(to.split_at(to.find("/oidc/authorize")?).1));
    let request = super::application::get(host, path.ok_or(elsewhere)?, session);
    let answer = connection.exchange(&request).await?;
    let back = answer.see_other("GET authorize")?.strip_prefix(site);
    let request = ask(site, back.ok_or_else(|| answer.unexpected("GET authorize", "the way back"))?, &begun);
    let answer = connection.exchange(&request).await?;
    let cookie = merged("", &answer.cookies());
    if cookie.is_empty() { Err(answer.unexpected(REQUESTS[0], "a cookie of the site")) } else { Ok(cookie) }
}

/// As nginx asks by the configuration of our documentation.
fn ask(site: &str, uri: &str, cookie: &str) -> Vec<u8> {
    let (scheme, host) = site.split_once("://").unwrap_or(("http", site));
    let cookie = if cookie.is_empty() { String::new() } else { format!("Cookie: {cookie}\r\n") };
    format!(
        "GET /forward-auth HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-Host: {host}\r\nX-Forwarded-Proto: {scheme}\r\n\
         X-Forwarded-Uri: {uri}\r\nX-Forwarded-Method: GET\r\nX-Forwarded-For: 127.0.0.1\r\nAccept: text/html\r\n\
         Accept-Language: en-GB,en;q=0.5\r\n{cookie}\r\n"
    )
    .into_bytes()
}
