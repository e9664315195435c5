//! A claimed e-mail domain is proved by its record in the DNS, and counts from then on (SC-12).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http::StatusCode;
use jiff::SignedDuration;
use tokio::net::UdpSocket;
use vestibule_domain::account::{AccountPath, Contact};
use vestibule_domain::event::{Actor, DomainChange, Fact};
use vestibule_journeys::give_back_domain::{Do, GiveBackError, GivenBack, give_back};
use vestibule_journeys::jobs::{self, Job, LEASE, Means, Turn};
use vestibule_journeys::prove_domains::{self, Checked, Found};
use vestibule_outbound::{Fetcher, Mailer, NotProved, Outbox, Reach, TxtLookup};
use vestibule_store::tx::{DomainClaim, DomainProof};

use crate::passwords::silent_server;
use crate::support::{ADA, BASE, ENTRA, Party, Seen, World};

const DOMAIN: &str = "acme-labs.example";
const RECORD: &str = "_vestibule.acme-labs.example";

/// A name server on loopback; it ends with its runtime.
#[derive(Clone)]
pub(crate) struct NameServer {
    address: SocketAddr,
    zone: Arc<Mutex<Zone>>,
}

#[derive(Default)]
struct Zone {
    texts: BTreeMap<String, String>,
    /// A code of RFC 1035 section 4.1.1 in the place of any answer.
    fails: Option<u8>,
    /// It says nothing at all.
    is_silent: bool,
    questions: usize,
}

impl NameServer {
    pub(crate) async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let zone = Arc::new(Mutex::new(Zone::default()));
        let server = Self { address: socket.local_addr().unwrap(), zone: Arc::clone(&zone) };
        tokio::spawn(async move {
            let mut question = [0; 512];
            while let Ok((length, client)) = socket.recv_from(&mut question).await {
                let answer = zone.lock().unwrap().answer(&question[..length]);
                if let Some(answer) = answer {
                    socket.send_to(&answer, client).await.unwrap();
                }
            }
        });
        server
    }

    fn publishes(&self, name: &str, text: &str) {
        self.zone.lock().unwrap().texts.insert(name.to_owned(), text.to_owned());
    }

    fn fails(&self, code: Option<u8>) {
        self.zone.lock().unwrap().fails = code;
    }

    /// How often it was asked since the last time.
    fn questions(&self) -> usize {
        std::mem::take(&mut self.zone.lock().unwrap().questions)
    }

    pub(crate) fn means(&self) -> Means {
        Means {
            lookup: TxtLookup::by(vec![self.address]),
            fetcher: Fetcher::new(Reach::LoopbackDeployment),
            mailer: None,
            product: "Orchard".to_owned(),
            make_key: crate::support::no_key,
            retention: vestibule_domain::retention::Retention::default(),
        }
    }
}

impl Zone {
    fn answer(&mut self, question: &[u8]) -> Option<Vec<u8>> {
        self.questions += 1;
        if self.is_silent {
            return None;
        }
        let (mut name, mut at) = (Vec::new(), 12);
        while question[at] != 0 {
            let end = at + 1 + usize::from(question[at]);
            name.push(String::from_utf8_lossy(&question[at + 1..end]).to_lowercase());
            at = end;
        }
        let text = self.texts.get(&name.join("."));
        // 3: there is no such name.
        let code = self.fails.unwrap_or(if text.is_some() { 0 } else { 3 });
        let answers = u8::from(code == 0);
        let mut message = question[..2].to_vec();
        message.extend([0x81, 0x80 | code, 0, 1, 0, answers, 0, 0, 0, 0]);
        message.extend(&question[12..at + 5]);
        if let Some(text) = text.filter(|_| code == 0) {
            let length = u8::try_from(text.len()).unwrap();
            message.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, length + 1, length]);
            message.extend(text.as_bytes());
        }
        Some(message)
    }
}

async fn claim(world: &World, party: &Party, domain: &str, token: &str) {
    let claim = DomainClaim {
        domain: domain.parse().unwrap(),
        account: party.account,
        token: token.to_owned(),
        connection: Some(party.connection),
        claimed_at: world.now(),
        seen_at: None,
    };
    let ctx = world.ctx();
    let fact = Fact::DomainChanged { domain: domain.to_owned(), change: DomainChange::Claimed };
    let event = ctx.event(party.account, vestibule_domain::event::Actor::CommandLine, fact);
    let claimed = ctx.store.write(move |tx| Box::pin(async move { tx.claim_domain(&claim, &event).await })).await;
    assert!(claimed.unwrap());
}

async fn turn(world: &World, means: &Means, node: &str) -> Turn {
    jobs::turn(&world.ctx(), means, Job::ProveDomains, node).await.unwrap()
}

/// Two minutes apart, which is what a proof takes.
async fn two_turns(world: &World, server: &NameServer) {
    for _ in 0..2 {
        world.pass(SignedDuration::from_mins(2));
        assert_eq!(turn(world, &server.means(), "one").await, Turn::Done);
    }
}

fn account(path: &str) -> AccountPath {
    AccountPath::parse(path).unwrap()
}

async fn check(world: &World, server: &NameServer) -> Checked {
    prove_domains::check(&world.ctx(), &server.means(), &DOMAIN.parse().unwrap()).await.unwrap()
}

async fn typed(world: &World) -> Seen {
    let email = format!("somebody@{DOMAIN}");
    world.browser().post(&format!("{BASE}/sign-in/discover"), &[("to", ""), ("email", &email)]).await
}

async fn proofs(world: &World) -> usize {
    let proved = |fact: &Fact| matches!(fact, Fact::DomainChanged { change: DomainChange::ProvedByDns, .. });
    world.facts().await.iter().filter(|fact| proved(fact)).count()
}

/// SC-12: a claim alone neither leads people nor lets an identity provider name them; the record does, without a
/// restart, and whoever looks after the account is told.
#[tokio::test]
async fn a_claimed_domain_counts_from_the_moment_its_record_is_found() {
    let (world, server, outbox) = (World::new().await, NameServer::start().await, Outbox::default());
    let means = Means { mailer: Some(Mailer::Outbox(outbox.clone())), ..server.means() };
    let silent = Means { mailer: Some(silent_server()), ..server.means() };
    let contact = Contact { name: "Acme IT".to_owned(), email: "it@acme.example".parse().unwrap() };
    world
        .change_account(&world.acme, |account| {
            account.settings.contact = Some(contact);
            account.settings.branding.product = "Acme Trees".to_owned().try_into().ok();
        })
        .await;
    world.change_person(&world.acme, ADA, |user| user.mail = Some(format!("ada@{DOMAIN}")));
    claim(&world, &world.acme, DOMAIN, "7f3a").await;

    assert_eq!(turn(&world, &means, "one").await, Turn::Done);
    typed(&world).await.shows(StatusCode::OK, "No sign-in starts from this address");
    assert!(!world.lets_in(&world.acme, ADA).await, "the identity provider may not say so yet");

    server.publishes(RECORD, "vestibule-domain=7f3a");
    world.pass(SignedDuration::from_mins(1));
    assert_eq!(turn(&world, &means, "one").await, Turn::Done);
    typed(&world).await.shows(StatusCode::OK, "No sign-in starts from this address");
    world.pass(SignedDuration::from_secs(119));
    server.questions();
    assert_eq!(turn(&world, &means, "one").await, Turn::Done);
    assert_eq!((server.questions(), proofs(&world).await, outbox.mails().len()), (0, 0, 0), "one look proves nothing");
    world.pass(SignedDuration::from_secs(1));
    assert_eq!(turn(&world, &means, "one").await, Turn::Done);
    assert!(typed(&world).await.location().starts_with(ENTRA));
    assert!(world.lets_in(&world.acme, ADA).await);
    assert_eq!(proofs(&world).await, 1);
    // Written down with it; a server that does not answer loses it not.
    assert_eq!(jobs::turn(&world.ctx(), &silent, Job::SendMails, "one").await.unwrap(), Turn::Stuck);
    assert_eq!(outbox.mails(), []);
    world.pass(SignedDuration::from_mins(2));
    assert_eq!(jobs::turn(&world.ctx(), &means, Job::SendMails, "one").await.unwrap(), Turn::Done);
    let mails = outbox.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!((mails[0].mail.to.as_str(), mails[0].at), ("it@acme.example", world.now()));
    assert_eq!(mails[0].mail.subject, "acme-labs.example now signs in to Acme Trees", "MX-15");

    server.questions();
    world.pass(SignedDuration::from_hours(48));
    turn(&world, &means, "one").await;
    assert_eq!((server.questions(), outbox.mails().len()), (0, 1), "nobody looks for what is proved");
}

/// SC-12: only the claim's own value at its own name proves it, and what came instead is told.
#[tokio::test]
async fn no_record_another_one_and_no_answer_prove_nothing() {
    let (world, server) = (World::new().await, NameServer::start().await);
    claim(&world, &world.acme, DOMAIN, "7f3a").await;
    let (name, wanted) = (RECORD.to_owned(), "vestibule-domain=7f3a".to_owned());
    let found = async || check(&world, &server).await.looks.remove(0).1.found;

    let absent = NotProved::Absent { name: name.clone(), wanted: wanted.clone() };
    assert_eq!(found().await, Found::NotYet(absent));
    server.publishes(DOMAIN, "vestibule-domain=7f3a");
    server.publishes(RECORD, "vestibule-domain=ffff");
    let other = vec!["vestibule-domain=ffff".to_owned()];
    assert_eq!(found().await, Found::NotYet(NotProved::Different { name, found: other, wanted }));
    // 2: the server failed; 5: it refused.
    for code in [2, 5] {
        server.fails(Some(code));
        let found = found().await;
        assert!(matches!(found, Found::NotYet(NotProved::Unanswered { .. })), "{found:?}");
    }
    typed(&world).await.shows(StatusCode::OK, "No sign-in starts from this address");
    assert_eq!(proofs(&world).await, 0);

    server.fails(None);
    server.publishes(RECORD, "vestibule-domain=7f3a");
    let since = world.now();
    assert_eq!(found().await, Found::Seen { since });
    world.pass(SignedDuration::from_secs(119));
    assert_eq!(found().await, Found::Seen { since }, "too soon");
    world.pass(SignedDuration::from_secs(1));
    assert_eq!(found().await, Found::Proved);
    assert_eq!(found().await, Found::Already);
}

/// SC-12: two looks in a row have to agree. One forged answer is undone by the next true one.
#[tokio::test]
async fn a_record_that_is_gone_at_the_next_look_proves_nothing() {
    let (world, server) = (World::new().await, NameServer::start().await);
    claim(&world, &world.acme, DOMAIN, "7f3a").await;
    world.pass(SignedDuration::from_hours(24 * 30));
    let found = async || {
        let found = check(&world, &server).await.looks.remove(0).1.found;
        world.pass(SignedDuration::from_mins(2));
        found
    };
    server.publishes(RECORD, "vestibule-domain=7f3a");
    assert!(matches!(found().await, Found::Seen { .. }));
    server.publishes(RECORD, "vestibule-domain=ffff");
    assert!(matches!(found().await, Found::NotYet(NotProved::Different { .. })));
    server.publishes(RECORD, "vestibule-domain=7f3a");
    server.questions();
    // The claim is a month old, and the job looks once more although it looks daily by now.
    turn(&world, &server.means(), "one").await;
    assert!(server.questions() > 0);
    assert_eq!(proofs(&world).await, 0, "seen from the start");
    world.pass(SignedDuration::from_mins(2));
    turn(&world, &server.means(), "one").await;
    assert_eq!(proofs(&world).await, 1);
}

/// SC-12, A25.1: a domain that is given back leads nobody and may not be asserted; who else claims it is looked for, and
/// nobody is signed out.
#[tokio::test]
async fn a_domain_that_is_given_back_counts_for_nobody_until_the_next_proof() {
    let (world, server) = (World::new().await, NameServer::start().await);
    claim(&world, &world.acme, DOMAIN, "aaaa").await;
    claim(&world, &world.globex, DOMAIN, "bbbb").await;
    world.change_person(&world.acme, ADA, |user| user.mail = Some(format!("ada@{DOMAIN}")));
    server.publishes(RECORD, "vestibule-domain=aaaa");
    two_turns(&world, &server).await;
    assert!(world.lets_in(&world.acme, ADA).await);

    let (acme, domain) = (account("acme"), DOMAIN.parse().unwrap());
    let wanted = GivenBack { proof: Some(DomainProof::Dns), others: vec![account("globex")] };
    let planned = give_back(&world.ctx(), &domain, &acme, Do::Nothing, Actor::CommandLine).await.unwrap();
    assert_eq!(planned, wanted);
    assert!(typed(&world).await.location().starts_with(ENTRA), "nothing was changed");
    assert_eq!(give_back(&world.ctx(), &domain, &acme, Do::Now, Actor::CommandLine).await.unwrap(), wanted);
    typed(&world).await.shows(StatusCode::OK, "No sign-in starts from this address");
    assert!(!world.lets_in(&world.acme, ADA).await, "its identity provider may not say so any more");
    let ended = |fact: &Fact| matches!(fact, Fact::SignedOut { .. } | Fact::ConnectionSessionsEnded { .. });
    let facts = world.facts().await;
    assert!(!facts.iter().any(ended));
    let removed = Fact::DomainChanged { domain: DOMAIN.to_owned(), change: DomainChange::Removed };
    assert_eq!(facts.iter().filter(|fact| **fact == removed).count(), 1);

    let again = give_back(&world.ctx(), &domain, &acme, Do::Now, Actor::CommandLine).await.unwrap_err();
    assert_eq!(
        again.to_string(),
        "the account \"acme\" neither claims nor has proved acme-labs.example, which \"globex\" claims; name the account \
         that has it"
    );
    let nobody = give_back(&world.ctx(), &domain, &account("nobody"), Do::Now, Actor::CommandLine).await.unwrap_err();
    assert!(matches!(nobody, GiveBackError::NoAccount { .. }), "{nobody}");

    server.publishes(RECORD, "vestibule-domain=bbbb");
    two_turns(&world, &server).await;
    let owner = check(&world, &server).await.owner;
    assert_eq!(owner.map(|(path, _)| path.to_string()).as_deref(), Some("globex"));
}

/// SC-12: a name server that says nothing is given up; the claim stays, and is looked for again. The clock of the test
/// runs ahead while nobody has anything to do.
#[tokio::test]
async fn a_dns_that_is_silent_is_given_up_and_asked_again() {
    let (world, server) = (World::new().await, NameServer::start().await);
    claim(&world, &world.acme, DOMAIN, "7f3a").await;
    server.publishes(RECORD, "vestibule-domain=7f3a");
    server.zone.lock().unwrap().is_silent = true;
    tokio::time::pause();
    let found = check(&world, &server).await.looks.remove(0).1.found;
    tokio::time::resume();
    assert!(matches!(found, Found::NotYet(NotProved::Unanswered { .. })), "{found:?}");
    server.zone.lock().unwrap().is_silent = false;
    two_turns(&world, &server).await;
    assert_eq!(proofs(&world).await, 1);
}

/// SC-12: often at first, seldom later.
#[tokio::test]
async fn a_record_is_looked_for_each_minute_at_first_and_seldom_later() {
    let (world, server) = (World::new().await, NameServer::start().await);
    claim(&world, &world.acme, DOMAIN, "7f3a").await;
    let asked = async |minutes: i64| {
        world.pass(SignedDuration::from_mins(minutes));
        turn(&world, &server.means(), "one").await;
        server.questions() > 0
    };
    assert!(asked(0).await);
    assert!(asked(1).await);
    assert!(asked(59).await, "an hour old");
    assert!(!asked(1).await);
    assert!(asked(9).await);
    assert!(asked(24 * 60).await, "a day old");
    assert!(!asked(10).await);
    assert!(asked(50).await);
}

/// Of two nodes one has the turns, the other one when the first is gone.
#[tokio::test]
async fn of_two_nodes_one_looks() {
    let (world, server) = (World::new().await, NameServer::start().await);
    claim(&world, &world.acme, DOMAIN, "7f3a").await;
    assert_eq!(turn(&world, &server.means(), "one").await, Turn::Done);
    assert!(server.questions() > 0);
    world.pass(SignedDuration::from_secs(60));
    assert_eq!(turn(&world, &server.means(), "two").await, Turn::AnotherNodes);
    assert_eq!(server.questions(), 0);
    // The first one was killed.
    world.pass(LEASE);
    assert_eq!(turn(&world, &server.means(), "two").await, Turn::Done);
    assert!(server.questions() > 0);
    // The second one was told to end.
    jobs::release(&world.ctx(), "two").await.unwrap();
    assert_eq!(turn(&world, &server.means(), "three").await, Turn::Done);
}

/// Whoever finds a record at the same moment, the domain is proved once and told of once.
#[tokio::test]
async fn a_record_that_two_find_proves_once() {
    let (world, server) = (World::new().await, NameServer::start().await);
    claim(&world, &world.acme, DOMAIN, "7f3a").await;
    server.publishes(RECORD, "vestibule-domain=7f3a");
    check(&world, &server).await;
    world.pass(SignedDuration::from_mins(2));
    let (one, two) = tokio::join!(check(&world, &server), check(&world, &server));
    let found = [one, two].map(|mut checked| checked.looks.remove(0).1.found);
    assert!(found.contains(&Found::Proved) && found.contains(&Found::Already), "{found:?}");
    assert_eq!(proofs(&world).await, 1);
}

/// SC-12, A25.1: the record decides between two accounts that claim a domain, and the other one is told whose it is.
#[tokio::test]
async fn of_two_accounts_that_claim_a_domain_the_one_with_the_record_has_it() {
    let (world, server) = (World::new().await, NameServer::start().await);
    claim(&world, &world.acme, DOMAIN, "aaaa").await;
    claim(&world, &world.globex, DOMAIN, "bbbb").await;
    server.publishes(RECORD, "vestibule-domain=bbbb");
    two_turns(&world, &server).await;
    let checked = check(&world, &server).await;
    let found: Vec<_> = checked.looks.iter().map(|(_, look)| (look.claim.account, look.found.clone())).collect();
    let globex = world.globex.account;
    assert!(found.contains(&(world.acme.account, Found::TakenBy(globex))), "{found:?}");
    assert!(found.contains(&(globex, Found::Already)), "{found:?}");
    assert_eq!(checked.owner.map(|(path, _)| path.to_string()).as_deref(), Some("globex"));
}
