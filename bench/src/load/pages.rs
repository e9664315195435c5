//! Pages of the console as a browser asks for them.

use std::time::Duration;

use super::error::LoadError;
use super::http::Connection;
use super::run::{Outcome, Target};
use super::setup::Seen;
use super::timed::{on_the_clock, timed};

/// The one request.
pub const REQUESTS: [&str; 1] = ["GET page"];

/// A page.
#[derive(Debug, Clone)]
pub struct Page {
    /// What it is called in the table.
    pub name: &'static str,
    /// Its address.
    pub path: String,
}

/// The pages, about one customer, one reseller and one person.
pub fn pages(seen: &Seen) -> Vec<Page> {
    let Seen { account, reseller, connection, user, .. } = seen;
    let account = account.replace('/', "%2F");
    [
        ("overview of everything", "/console".to_owned()),
        ("overview of a reseller", format!("/console?account={reseller}")),
        ("overview of a customer", format!("/console?account={account}")),
        ("the last 48 hours of everything", "/console?span=48h".to_owned()),
        ("accounts", "/console/accounts".to_owned()),
        ("accounts, in the middle", "/console/accounts?after=r-5".to_owned()),
        ("accounts by part of a name", "/console/accounts?text=pany+4711".to_owned()),
        ("accounts by a name of nobody", "/console/accounts?text=nobody".to_owned()),
        ("an account", format!("/console/accounts/{}", seen.account)),
        ("connections", "/console/connections".to_owned()),
        ("connections that need attention", "/console/connections?attention=1".to_owned()),
        ("connections by part of a name", "/console/connections?text=pany+4711".to_owned()),
        ("connections by a name of nobody", "/console/connections?text=nobody".to_owned()),
        ("a connection", format!("/console/connections/{connection}")),
        ("who must use single sign-on", format!("/console/enforcement/{}", seen.account)),
        ("a mail of an account", format!("/console/mails/{}", seen.account)),
        ("groups of a customer", format!("/console/groups?account={account}")),
        ("people of everything", "/console/users".to_owned()),
        ("people of a reseller", format!("/console/users?account={reseller}")),
        ("people of a customer", format!("/console/users?account={account}")),
        ("people by the start of a name", format!("/console/users?account={account}&begins=person+1")),
        ("people by an address", "/console/users?begins=person.4711%40others.example".to_owned()),
        ("people by a name of nobody", "/console/users?begins=nobody".to_owned()),
        ("people, the newest", "/console/users?order=newest".to_owned()),
        ("people who are suspended", "/console/users?state=suspended".to_owned()),
        ("people of a connection", format!("/console/users?account={account}&connection={connection}")),
        ("a person", format!("/console/users/{user}")),
        ("the log", "/console/audit".to_owned()),
        ("the log of a customer", format!("/console/audit?account={account}")),
        ("the log, a rare kind", "/console/audit?kind=answer_refused".to_owned()),
        ("the log, a kind that never is", "/console/audit?kind=webhook_changed".to_owned()),
        ("the log, a person", format!("/console/audit?user={user}")),
        ("the log, a year ago", "/console/audit?until=2026-01-01".to_owned()),
        ("who waits", "/waiting".to_owned()),
        ("applications", "/console/applications".to_owned()),
        ("webhooks", "/console/webhooks".to_owned()),
        ("keys", "/console/keys".to_owned()),
    ]
    .map(|(name, path)| Page { name, path })
    .into()
}

/// A browser that looks at a page again and again.
#[derive(Debug)]
struct Reader {
    request: Vec<u8>,
    left: usize,
    times: Vec<Duration>,
    octets: usize,
}

/// Looks at a page: so many browsers at a time, so often each. Tells how many octets it has, too, as it travels.
///
/// # Errors
/// It is not shown.
pub async fn looks(
    target: &Target,
    (page, cookie): (&Page, &str),
    clients: usize,
    each: usize,
) -> Result<(Outcome, usize), LoadError> {
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nCookie: {cookie}\r\nAccept-Language: en\r\nAccept-Encoding: gzip\r\n\r\n",
        page.path, target.hosts.issuer
    );
    let reader = || Reader { request: request.clone().into_bytes(), left: each, times: Vec::new(), octets: 0 };
    let readers: Vec<_> = std::iter::repeat_with(reader).take(clients).collect();
    let done = on_the_clock(target, clients, readers, async |reader: &mut Reader, connection, _| {
        reader.look(connection).await
    })
    .await?;
    let octets = done.work.iter().map(|reader| reader.octets).max().unwrap_or(0);
    let times = done.work.into_iter().flat_map(|reader| reader.times).collect();
    let outcome =
        Outcome { clients, requests: &REQUESTS, times, wall: done.wall, server: done.server, client: done.client };
    Ok((outcome, octets))
}

impl Reader {
    async fn look(&mut self, connection: &mut Connection) -> Result<(), LoadError> {
        while self.left > 0 {
            let (answer, time) = timed(connection.exchange(&self.request)).await?;
            if answer.status != 200 {
                return Err(answer.unexpected(REQUESTS[0], "200"));
            }
            self.octets = answer.body.len();
            self.times.push(time);
            self.left -= 1;
        }
        Ok(())
    }
}
