//! What a unit of work costs, and what the database's part of a sign-in costs, on this machine.
//!
//! ```text
//! cargo run --release -p vestibule-store --features bench --example hops -- DATABASE [ACCOUNTS [USERS [SIGN-INS]]]
//! ```
//!
//! `DATABASE` is a URL as the configuration takes it; what is filled stays there. It is a measurement, not a test.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use vestibule_domain::attempt::{self, Asserted, BindingHash, Purpose, SignInAttempt, StoredAttribute, StoredNameId};
use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::id::{AttemptId, EventId, SessionId};
use vestibule_domain::session::{self, Authentication, Session, SessionUser};
use vestibule_saml::types::AcsUrl;
use vestibule_store::tx::{Filling, Finish, NewCode, NewSession, NewToken, Recorded, Redeemed, Replay, UserChange};
use vestibule_store::{BoxFuture, OpenError, Options, Sealer, SealingKey, Store, StoreError, Tx};

/// As the requirement has it.
const CLIENTS: u32 = 64;

#[derive(Clone)]
struct World {
    store: Store,
    filling: Filling,
    accounts: u32,
    users: u32,
    now: Timestamp,
    /// Where the numbers of this run begin: a kept database has those of earlier ones.
    run: u64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap_or_else(|| "sqlite::memory:".to_owned()).parse()?;
    let mut number = |default| arguments.next().map_or(Ok(default), |text| text.parse());
    let (accounts, users, sign_ins) = (number(100)?, number(1000)?, number(20_000)?);
    let world = fill(&url, accounts, users).await?;

    let reads = 100_000;
    let begun = stamp();
    for n in 0..reads {
        let id = world.filling.connection(n % accounts);
        let head = world.store.read(unit(move |tx| Box::pin(async move { tx.connection_head(id).await }))).await?;
        assert!(head.is_some(), "it was filled");
    }
    report("point reads, one after the other", reads, &begun);

    let writes = 500;
    let begun = stamp();
    for n in 0..writes {
        let event = world.event(
            u64::from(n) << 8,
            Fact::DomainChanged {
                domain: "corp.example".to_owned(),
                change: vestibule_domain::event::DomainChange::Claimed,
            },
        );
        world.store.write(unit(move |tx| Box::pin(async move { tx.insert_event(&event).await }))).await?;
    }
    report("one-row commits, one after the other", writes, &begun);

    let begun = stamp();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let world = world.clone();
            tokio::spawn(async move {
                for n in (client..sign_ins).step_by(CLIENTS as usize) {
                    world.sign_in(n).await?;
                }
                Ok::<_, StoreError>(())
            })
        })
        .collect();
    for client in clients {
        client.await??;
    }
    report(&format!("sign-ins (4 writes, 5 reads) by {CLIENTS} clients"), sign_ins, &begun);
    println!("{} KiB resident", status("VmRSS:"));
    Ok(())
}

async fn fill(url: &vestibule_store::DatabaseUrl, accounts: u32, users: u32) -> Result<World, OpenError> {
    let sealer = Sealer::new(SealingKey::new(&[7; 32]), vec![]);
    let begun = stamp();
    let store = Store::open(url, sealer, Options::default()).await?;
    report("opening", 1, &begun);
    let settings = serde_json::from_value(serde_json::json!({
        "issuer": "https://sts.windows.net/22222222-3333-4444-8555-666666666666/",
        "certificates": ["MIIC".repeat(300)],
    }));
    let filling = Filling {
        from: Timestamp::from_second(1_760_000_000).map_err(|_| StoreError::Closed)?,
        settings: settings.map_err(|_| StoreError::Closed)?,
        email_domain: "corp.example".to_owned(),
    };
    let run = u64::try_from(now().as_millisecond()).unwrap_or(0);
    let world = World { store, filling, accounts, users, now: now(), run };
    let begun = stamp();
    for from in (0..accounts).step_by(1000) {
        let (filling, to) = (world.filling.clone(), accounts.min(from + 1000));
        let id = filling.account(to - 1);
        if world.store.read(unit(move |tx| Box::pin(async move { tx.account(id).await }))).await?.is_none() {
            world.write(move |tx| Box::pin(async move { tx.fill_accounts(&filling, from..to).await })).await?;
        }
    }
    for from in (0..users).step_by(5000) {
        let (filling, to) = (world.filling.clone(), users.min(from + 5000));
        let id = filling.user(to - 1);
        if world.store.read(unit(move |tx| Box::pin(async move { tx.user(id).await }))).await?.is_none() {
            world.write(move |tx| Box::pin(async move { tx.fill_users(&filling, accounts, from..to).await })).await?;
        }
    }
    report("filling, a record", accounts + users, &begun);
    Ok(world)
}

impl World {
    /// What the journeys ask of the store for one person, from the start to the redeemed code.
    async fn sign_in(&self, n: u32) -> Result<(), StoreError> {
        let person = n % self.users;
        let place = person % self.accounts;
        let (account, connection) = (self.filling.account(place), self.filling.connection(place));
        let id = AttemptId::new(self.now, random(n, 0));
        let at = |seconds| self.now + SignedDuration::from_secs(seconds);

        let heads = unit(move |tx| Box::pin(async move { tx.connection_heads(account).await }));
        self.store.read::<_, StoreError, _>(heads).await?;
        let attempt = SignInAttempt {
            id,
            account,
            connection,
            purpose: Purpose::Application,
            target: "response_type=code&client_id=expenses&state=0123456789abcdef&nonce=0123456789abcdef".to_owned(),
            origin: "https://company.example.com".to_owned(),
            acs_url: AcsUrl::new("https://company.example.com/sso/x/acs").map_err(|_| StoreError::Closed)?,
            binding: BindingHash([1; 32]),
            force_authn: false,
            created_at: self.now,
            expires_at: self.now + attempt::LIFETIME,
        };
        let started = self.event(u64::from(n) << 8 | 1, Fact::SignInStarted { attempt: id, connection });
        self.write(move |tx| Box::pin(async move { tx.insert_attempt(&attempt, &started).await })).await?;

        let facts = unit(move |tx| Box::pin(async move { tx.attempt(id).await }));
        self.store.read::<_, StoreError, _>(facts).await?;
        let replay = Replay {
            connection,
            issuer: "https://sts.windows.net/22222222-3333-4444-8555-666666666666/".to_owned(),
            assertion_id: format!("_{:x}-{n:x}", self.run),
            issued_at: at(0),
            remember_until: at(3900),
        };
        let accepted = self.event(u64::from(n) << 8 | 2, Fact::AnswerAccepted { attempt: id, connection });
        let asserted = asserted(self.now);
        let recorded = self
            .write(move |tx| Box::pin(async move { tx.record_accepted(id, &asserted, None, &replay, &accepted).await }))
            .await?;
        assert_eq!(recorded, Recorded::First, "every sign-in is its own");

        let (continuation, subject) =
            (unit(move |tx| Box::pin(async move { tx.continuation(id).await })), self.filling.subject(person));
        self.store.read::<_, StoreError, _>(continuation).await?;
        let known = unit(move |tx| Box::pin(async move { tx.user_by_identity(account, connection, &subject).await }));
        let user = self.store.read::<_, StoreError, _>(known).await?.ok_or(StoreError::Closed)?.id;
        let (session, hash) = (SessionId::new(self.now, random(n, 1)), self.hash(n));
        let signed_in = Fact::SignedIn { attempt: id, connection, user: Some(user), session };
        let finish = Finish {
            user: UserChange::Keep,
            link: None,
            session: Some(NewSession {
                session: Session {
                    id: session,
                    user: SessionUser::Known(user),
                    account,
                    connection: Some(connection),
                    authentication: authentication(self.now),
                    created_at: self.now,
                    expires_at: self.now + session::ABSOLUTE,
                },
                token_hash: hash,
                is_named: false,
            }),
            code: Some(NewCode {
                hash,
                client_id: "expenses".to_owned(),
                session,
                grant: format!("{{\"client_id\":\"expenses\",\"sub\":\"{user}\",\"nonce\":\"0123456789abcdef\"}}"),
                expires_at: at(60),
            }),
            event: self.event(u64::from(n) << 8 | 3, signed_in),
            further_events: vec![],
        };
        let finished = self.write(move |tx| Box::pin(async move { tx.finish(id, &finish).await })).await?;
        assert!(finished, "every attempt is finished once");

        let token =
            NewToken { hash, grant: format!("{{\"sub\":\"{user}\"}}"), expires_at: at(600), tell: None, family: None };
        let redeemed = Fact::CodeRedeemed { application: "expenses".to_owned(), session };
        let redeemed = self.event(u64::from(n) << 8 | 4, redeemed);
        let reused = self.event(u64::from(n) << 8 | 5, Fact::CodeReused { application: "expenses".to_owned() });
        let now = self.now;
        let outcome = self
            .write(move |tx| {
                Box::pin(async move {
                    tx.code_grant(&hash, now).await?;
                    tx.redeem_code(&hash, now, &token, &redeemed, &reused).await
                })
            })
            .await?;
        assert!(matches!(outcome, Redeemed::Grant(_)), "every code is redeemed once");
        Ok(())
    }

    async fn write<T: Send + 'static>(
        &self,
        unit: impl for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.store.write(unit).await
    }

    fn event(&self, number: u64, fact: Fact) -> AuditEvent {
        let mut random = [9; 10];
        random[2..].copy_from_slice(&number.to_be_bytes());
        let account = Some(self.filling.account(u32::try_from(number >> 8).unwrap_or(0) % self.accounts));
        AuditEvent { id: EventId::new(self.now, random), at: self.now, account, actor: Actor::Visitor, fact }
    }

    /// Spread over the whole range, as hashes are.
    fn hash(&self, n: u32) -> [u8; 32] {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        hash[8..16].copy_from_slice(&self.run.to_be_bytes());
        hash
    }
}

fn random(n: u32, kind: u8) -> [u8; 10] {
    let mut random = [kind; 10];
    random[6..].copy_from_slice(&n.to_be_bytes());
    random
}

fn asserted(at: Timestamp) -> Asserted {
    let claim = |name: &str| StoredAttribute {
        name: format!("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/{name}"),
        friendly_name: None,
        values: vec![Some("ada.lovelace@corp.example".to_owned())],
    };
    Asserted {
        issuer: "https://sts.windows.net/22222222-3333-4444-8555-666666666666/".to_owned(),
        name_id: name_id(),
        session_index: Some("_5d0f6e4c-1b6c-4c5e-9f5a-2f5d0a6b7c8d".to_owned()),
        session_not_on_or_after: None,
        authn_instant: at,
        authn_context: None,
        attributes: ["tenantid", "objectidentifier", "displayname", "givenname", "surname", "emailaddress", "name"]
            .map(claim)
            .to_vec(),
        told: None,
    }
}

fn authentication(at: Timestamp) -> Authentication {
    Authentication {
        authn_instant: at,
        authn_context: None,
        session_index: None,
        name_id: Some(name_id()),
        methods: Vec::new(),
        attributes: std::collections::BTreeMap::new(),
    }
}

fn name_id() -> StoredNameId {
    StoredNameId {
        value: "ada.lovelace@corp.example".to_owned(),
        format: None,
        name_qualifier: None,
        sp_name_qualifier: None,
    }
}

/// Tells the compiler what the closure is.
fn unit<T, F>(unit: F) -> F
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, StoreError>> + Send + 'static,
{
    unit
}

struct Stamp {
    wall: Instant,
    cpu: Duration,
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn stamp() -> Stamp {
    Stamp { wall: Instant::now(), cpu: cpu() }
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock; records of each run are younger")]
fn now() -> Timestamp {
    Timestamp::now()
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn report(what: &str, count: u32, begun: &Stamp) {
    let (wall, cpu) = (begun.wall.elapsed(), cpu().saturating_sub(begun.cpu));
    let each = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(count.max(1));
    println!(
        "{what}: {count} in {wall:.1?}, {:.1} µs each, {:.1} µs of CPU, {:.0}/s",
        each(wall),
        each(cpu),
        f64::from(count) / wall.as_secs_f64()
    );
}

/// CPU time of this process, user and system, from ticks of 10 ms.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = fields.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

fn status(name: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").to_owned()
}
