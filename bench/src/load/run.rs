//! A run: so many sign-ins by so many clients, both parts on the clock.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use jiff::Timestamp;
use vestibule_oidc::Jwks;

use super::application::{Application, get};
use super::error::LoadError;
use super::http::Connection;
use super::identity_provider::IdentityProvider;
use super::process::Cost;
use super::sign_in::{Hosts, REQUESTS, SignIn};
use super::timed::on_the_clock;

/// Who is measured.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it listens.
    pub address: SocketAddr,
    /// The names by which it is spoken to.
    pub hosts: Hosts,
    /// The application that people sign in to.
    pub application: Application,
    /// The server's process, to read what it costs.
    pub process: u32,
}

/// How much is asked of it.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// How many clients ask at a time, each with a connection of its own.
    pub clients: usize,
    /// How many people sign in.
    pub sign_ins: u64,
    /// The number of the first of them.
    pub first_person: u64,
    /// Whether what comes back is checked; only a server that gives constant tokens is excused.
    pub checks: Checks,
    /// Whether the application asks who it is once more, as it would that believes no ID token.
    pub userinfo: bool,
}

/// Whether what comes back is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checks {
    /// Each ID token: signature, claims, and that nobody is somebody else.
    Every,
    /// Nothing, for the stub that shows what the client itself can do.
    None,
}

/// What a run took.
#[derive(Debug)]
pub struct Outcome {
    /// How many clients asked at a time.
    pub clients: usize,
    /// The requests that each sign-in, visit or whatever was measured is made of, in order.
    pub requests: &'static [&'static str],
    /// How long each took: so many times as many as there are requests, one after the other.
    pub times: Vec<Duration>,
    /// How long all of it took, by the clock on the wall.
    pub wall: Duration,
    /// What the server spent.
    pub server: Cost,
    /// What the client spent.
    pub client: Cost,
}

impl Outcome {
    /// How many there were.
    pub fn count(&self) -> usize {
        self.times.len() / self.requests.len().max(1)
    }
}

/// Makes a run.
///
/// # Errors
/// A sign-in did not succeed: there are no figures of half a run.
pub async fn run(target: &Target, idp: &IdentityProvider, load: Load) -> Result<Outcome, LoadError> {
    sign_in(target, idp, load).await.map(|(_, outcome)| outcome)
}

/// The same, with those who have signed in.
pub(super) async fn sign_in(
    target: &Target,
    idp: &IdentityProvider,
    load: Load,
) -> Result<(Vec<SignIn>, Outcome), LoadError> {
    let people = load.first_person..load.first_person + load.sign_ins;
    let begin = |person| {
        let host = usize::try_from(idp.account_of(person)).ok().and_then(|at| target.hosts.accounts.get(at));
        SignIn::new(person, &target.application, host.map_or("", String::as_str), &random(), load.userinfo)
    };
    let sign_ins: Vec<_> = people.map(begin).collect();
    let started = on_the_clock(target, load.clients, sign_ins, async |person: &mut SignIn, connection, _| {
        person.start(connection).await
    })
    .await?;
    let mut sign_ins = started.work;
    for sign_in in &mut sign_ins {
        sign_in.sign(idp, &random(), Timestamp::now())?;
    }
    let finished = on_the_clock(target, load.clients, sign_ins, async |person: &mut SignIn, connection, target| {
        person.finish(connection, &target.application, &target.hosts.issuer).await
    })
    .await?;
    if load.checks == Checks::Every {
        check(target, &finished.work).await?;
    }
    let outcome = Outcome {
        clients: load.clients,
        requests: if load.userinfo { &REQUESTS } else { &REQUESTS[..4] },
        times: finished.work.iter().flat_map(|sign_in| sign_in.times.iter().copied()).collect(),
        wall: started.wall + finished.wall,
        server: started.server + finished.server,
        client: started.client + finished.client,
    };
    Ok((finished.work, outcome))
}

/// Everybody is somebody else, and every ID token is good.
async fn check(target: &Target, sign_ins: &[SignIn]) -> Result<(), LoadError> {
    let (keys, now) = (keys(target).await?, Timestamp::now());
    let mut subjects = BTreeSet::new();
    for sign_in in sign_ins {
        let subject = sign_in.check(&target.application, &keys, now)?;
        if !subjects.insert(subject) {
            return Err(LoadError::Http { what: "two people got the same subject" });
        }
    }
    Ok(())
}

/// The keys that the server signs with.
pub(super) async fn keys(target: &Target) -> Result<Jwks, LoadError> {
    let mut connection = Connection::to(target.address);
    let answer = connection.exchange(&get(&target.hosts.issuer, "/oidc/jwks", "")).await?;
    let json = String::from_utf8_lossy(answer.body);
    Jwks::parse(&json).map_err(|_| answer.unexpected("GET jwks", "a key set"))
}

pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut octets = [0; N];
    aws_lc_rs::rand::fill(&mut octets).expect("the system gives random octets");
    octets
}
