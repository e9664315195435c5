//! A run: so many sign-ins by so many clients, both parts on the clock.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::task::LocalSet;
use vestibule_oidc::Jwks;

use super::application::{Application, get};
use super::error::LoadError;
use super::http::Connection;
use super::identity_provider::IdentityProvider;
use super::process::Cost;
use super::sign_in::{Hosts, SignIn};

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
    /// How much was asked.
    pub load: Load,
    /// How long all starts took.
    pub start: Duration,
    /// How long all that comes after the responses were signed took.
    pub finish: Duration,
    /// How long the four requests of each sign-in took.
    pub times: Vec<[Duration; 4]>,
    /// What the server spent in both parts.
    pub server: Cost,
    /// What the client spent in both parts.
    pub client: Cost,
}

/// Makes a run.
///
/// # Errors
/// A sign-in did not succeed: there are no figures of half a run.
pub async fn run(target: &Target, idp: &IdentityProvider, load: Load) -> Result<Outcome, LoadError> {
    let people = load.first_person..load.first_person + load.sign_ins;
    let begin = |person| {
        let host = usize::try_from(idp.account_of(person)).ok().and_then(|at| target.hosts.accounts.get(at));
        SignIn::new(person, &target.application, host.map_or("", String::as_str), &random())
    };
    let sign_ins: Vec<_> = people.map(begin).collect();
    let started = part(target, load.clients, sign_ins, Part::Start).await?;
    let mut sign_ins = started.sign_ins;
    for sign_in in &mut sign_ins {
        sign_in.sign(idp, &random(), Timestamp::now())?;
    }
    let finished = part(target, load.clients, sign_ins, Part::Finish).await?;
    if load.checks == Checks::Every {
        check(target, &finished.sign_ins).await?;
    }
    Ok(Outcome {
        load,
        start: started.time,
        finish: finished.time,
        times: finished.sign_ins.iter().map(|sign_in| sign_in.times).collect(),
        server: started.server + finished.server,
        client: started.client + finished.client,
    })
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Start,
    Finish,
}

struct Done {
    sign_ins: Vec<SignIn>,
    time: Duration,
    server: Cost,
    client: Cost,
}

/// One part of all sign-ins, on the clock.
async fn part(target: &Target, clients: usize, sign_ins: Vec<SignIn>, part: Part) -> Result<Done, LoadError> {
    let mut connections = Vec::with_capacity(clients);
    for _ in 0..clients {
        let mut connection = Connection::to(target.address);
        connection.open().await?;
        connections.push(connection);
    }
    let done = Rc::new(RefCell::new(Vec::with_capacity(sign_ins.len())));
    let waiting = Rc::new(RefCell::new(sign_ins));
    let server = Cost::of(target.process)?;
    let client = Cost::of(std::process::id())?;
    let begun = Instant::now();
    let set = LocalSet::new();
    let tasks: Vec<_> = connections
        .into_iter()
        .map(|connection| {
            let (waiting, done, target) = (Rc::clone(&waiting), Rc::clone(&done), target.clone());
            set.spawn_local(async move { work(connection, &target, &waiting, &done, part).await })
        })
        .collect();
    set.await;
    let time = begun.elapsed();
    let (server, client) = (Cost::of(target.process)? - server, Cost::of(std::process::id())? - client);
    for task in tasks {
        task.await.map_err(|_| LoadError::Http { what: "a client panicked" })??;
    }
    Ok(Done { sign_ins: done.take(), time, server, client })
}

/// One client: takes the next sign-in until there is none.
async fn work(
    mut connection: Connection,
    target: &Target,
    waiting: &RefCell<Vec<SignIn>>,
    done: &RefCell<Vec<SignIn>>,
    part: Part,
) -> Result<(), LoadError> {
    loop {
        let next = waiting.borrow_mut().pop();
        let Some(mut sign_in) = next else { return Ok(()) };
        match part {
            Part::Start => sign_in.start(&mut connection).await?,
            Part::Finish => sign_in.finish(&mut connection, &target.application, &target.hosts.issuer).await?,
        }
        done.borrow_mut().push(sign_in);
    }
}

/// Everybody is somebody else, and every ID token is good.
async fn check(target: &Target, sign_ins: &[SignIn]) -> Result<(), LoadError> {
    let mut connection = Connection::to(target.address);
    let answer = connection.exchange(&get(&target.hosts.issuer, "/oidc/jwks", "")).await?;
    let json = String::from_utf8_lossy(answer.body);
    let keys = Jwks::parse(&json).map_err(|_| answer.unexpected("GET jwks", "a key set"))?;
    let now = Timestamp::now();
    let mut subjects = BTreeSet::new();
    for sign_in in sign_ins {
        let subject = sign_in.check(&target.application, &keys, now)?;
        if !subjects.insert(subject) {
            return Err(LoadError::Http { what: "two people got the same subject" });
        }
    }
    Ok(())
}

fn random<const N: usize>() -> [u8; N] {
    let mut octets = [0; N];
    aws_lc_rs::rand::fill(&mut octets).expect("the system gives random octets");
    octets
}
