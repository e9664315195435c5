//! A vendor with many customers: a tree of four levels, two connections at each customer, people, a long log; and an
//! operator who is signed in.

use std::path::Path;
use std::{fs, io};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, KeyPair};
use serde::{Deserialize, Serialize};
use vestibule_domain::account::{Account, AccountKind, AccountPath, AccountSettings};
use vestibule_domain::branding::Branding;
use vestibule_domain::connection::{Connection, ConnectionState, SamlSettings};
use vestibule_domain::enforcement::SignInRule;
use vestibule_domain::event::Fact;
use vestibule_domain::grants::Grants;
use vestibule_domain::id::{AccountId, ApplicantId, SessionId, UserId};
use vestibule_domain::session::{self, Authentication, Session, SessionSettings, SessionUser};
use vestibule_domain::user::{ConsoleRole, Profile, User, UserState};
use vestibule_domain::waiting::{Applicant, ApplicantState, Came, File};
use vestibule_oidc::SessionToken;
use vestibule_store::tx::{Filling, NewSession};
use vestibule_store::{Store, StoreError, Tx};

use crate::fixture::read_vector;

use super::{batches, event, random, settings};
use crate::load::error::LoadError;

// Numbers of events, apart from one another.
const ABOVE_CUSTOMERS: u32 = 0x1000_0000;
const CONNECTIONS: u32 = 0x2000_0000;
const COUNTS: u32 = 0x3000_0000;
const OPERATOR: u32 = 0x4000_0000;

/// Accounts below each account above the customers.
const BRANCHES: u32 = 10;
/// Resellers, and their regions.
const ABOVE: [u32; 2] = [BRANCHES, BRANCHES * BRANCHES];
/// The level of customers.
const CUSTOMERS: usize = 2;
/// Where it is kept what the pages are about.
const FILE: &str = "seen.json";
/// Of how many months certificates are, the first of which has ended.
const MONTHS: i64 = 25;
/// Lines of the log that are counted as well, of the last two weeks.
const COUNTED: u32 = 20_000;

/// How many there are of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vendor {
    /// Customers; those above them come on top.
    pub customers: u32,
    /// Connections, spread over the customers.
    pub connections: u32,
    /// People, spread over the customers.
    pub users: u32,
    /// Lines of the log, over two years; whole hundreds.
    pub events: u32,
}

/// What the pages of a measurement are about.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Seen {
    /// The cookie of an operator.
    pub cookie: String,
    /// A customer in the middle, by its path.
    pub account: String,
    /// A reseller above it.
    pub reseller: String,
    /// Its connection.
    pub connection: String,
    /// A person of it.
    pub user: String,
}

impl Seen {
    /// Kept in the folder, for whoever measures once more.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), LoadError> {
        let path = folder.join(FILE);
        let text = serde_json::to_string(self).map_err(io::Error::from);
        text.and_then(|text| fs::write(&path, text)).map_err(|error| LoadError::File { path, error })
    }

    /// What an earlier measurement kept there.
    ///
    /// # Errors
    /// The file is not there, or is another.
    pub fn read(folder: &Path) -> Result<Self, LoadError> {
        let path = folder.join(FILE);
        let text = fs::read_to_string(&path);
        let seen = text.and_then(|text| serde_json::from_str(&text).map_err(io::Error::from));
        seen.map_err(|error| LoadError::File { path, error })
    }
}

pub(super) async fn seed(store: &Store, vendor: Vendor, now: Timestamp) -> Result<Seen, StoreError> {
    let years = now.checked_sub(SignedDuration::from_hours(2 * 365 * 24)).unwrap_or(now);
    let filling = Filling { from: years, settings: settings(), email_domain: "others.example".to_owned() };
    let one = filling.clone();
    store.write(move |tx| Box::pin(async move { above(tx, &one).await })).await?;
    let certificates = certificates(now);
    for batch in batches(vendor.customers.max(vendor.connections)) {
        let (filling, certificates) = (filling.clone(), certificates.clone());
        store
            .write(move |tx| Box::pin(async move { customers(tx, &filling, &certificates, vendor, batch).await }))
            .await?;
    }
    for batch in batches(vendor.customers) {
        let filling = filling.clone();
        store.write(move |tx| Box::pin(async move { wait(tx, &filling, now, batch).await })).await?;
    }
    for batch in batches(vendor.users) {
        let filling = filling.clone();
        store.write(move |tx| Box::pin(async move { tx.fill_users(&filling, vendor.customers, batch).await })).await?;
    }
    let step = (now.duration_since(years)) / i32::try_from(vendor.events.max(1)).unwrap_or(i32::MAX);
    for batch in batches(vendor.events) {
        let filling = filling.clone();
        let among = (vendor.customers, vendor.users);
        store.write(move |tx| Box::pin(async move { tx.fill_events(&filling, among, step, batch).await })).await?;
    }
    for batch in batches(COUNTED.min(vendor.events)) {
        let filling = filling.clone();
        store.write(move |tx| Box::pin(async move { counted(tx, &filling, vendor, now, batch).await })).await?;
    }
    let one = filling.clone();
    let cookie = store.write(move |tx| Box::pin(async move { operator(tx, &one, now).await })).await?;
    let middle = vendor.customers / 2;
    Ok(Seen {
        cookie: format!("vestibule_session={cookie}"),
        account: path(CUSTOMERS, middle).to_string(),
        reseller: path(0, middle % ABOVE[1] / BRANCHES).to_string(),
        connection: filling.connection(middle).to_string(),
        user: filling.user(middle).to_string(),
    })
}

/// The platform, ten resellers and ten regions of each.
async fn above(tx: &mut Tx, filling: &Filling) -> Result<(), StoreError> {
    let platform = account(platform_id(filling), None, AccountPath::ROOT, AccountKind::Platform, "Load".to_owned());
    save(tx, &platform, u32::MAX, filling.from).await?;
    for (level, count) in ABOVE.into_iter().enumerate() {
        for number in 0..count {
            let parent = if level == 0 { platform.id } else { above_id(filling, 0, number / BRANCHES) };
            let name = format!("Reseller {number} of level {level}");
            let id = above_id(filling, level, number);
            let one = account(id, Some(parent), path(level, number), AccountKind::Reseller, name);
            save(tx, &one, ABOVE_CUSTOMERS + ABOVE[level] + number, filling.from).await?;
        }
    }
    Ok(())
}

/// Customers with their first connection, or further connections of customers that are there.
async fn customers(
    tx: &mut Tx,
    filling: &Filling,
    certificates: &[String],
    vendor: Vendor,
    numbers: std::ops::Range<u32>,
) -> Result<(), StoreError> {
    for n in numbers {
        let customer = n % vendor.customers.max(1);
        if n < vendor.customers {
            let parent = Some(above_id(filling, 1, n % ABOVE[1]));
            let (id, name) = (filling.account(n), format!("Company {n}"));
            let one = account(id, parent, path(CUSTOMERS, n), AccountKind::Customer, name);
            save(tx, &one, n, filling.from).await?;
        }
        if n < vendor.connections {
            let first = n < vendor.customers;
            let certificate = certificates.iter().cycle().nth(n as usize % certificates.len().max(1)).cloned();
            let saml = SamlSettings { certificates: certificate.into_iter().collect(), ..filling.settings.clone() };
            let connection = Connection {
                id: filling.connection(n),
                account: filling.account(customer),
                name: if first { "entra" } else { "other" }.parse().expect("a name"),
                state: ConnectionState::Active,
                saml,
                edited_at: filling.from,
                tested_at: Some(filling.from),
                version: 1,
            };
            let fact = Fact::ConnectionChanged { connection: connection.id, changed: vec![] };
            tx.save_connection(&connection, &event(CONNECTIONS + n, Some(connection.account), filling.from, fact))
                .await?;
        }
    }
    Ok(())
}

/// Certificates of identity providers, one of which has ended; the others end month by month.
fn certificates(now: Timestamp) -> Vec<String> {
    let key = read_vector("keys/idp.key.pem");
    let key = KeyPair::from_pem(std::str::from_utf8(&key).expect("PEM")).expect("the vectors hold a key");
    let of_month = |month: i64| {
        let ends = now + SignedDuration::from_hours(24 * (30 * month - 10));
        let ends = ends.to_zoned(TimeZone::UTC).date();
        let mut params = CertificateParams::default();
        let number = |part: i8| u8::try_from(part).expect("a part of a date");
        params.not_after = rcgen::date_time_ymd(ends.year().into(), number(ends.month()), number(ends.day()));
        let certificate = params.self_signed(&key).expect("a certificate");
        STANDARD.encode(certificate.der())
    };
    (0..MONTHS).map(of_month).collect()
}

/// In every tenth customer five people wait.
async fn wait(tx: &mut Tx, filling: &Filling, now: Timestamp, numbers: std::ops::Range<u32>) -> Result<(), StoreError> {
    for (customer, one) in numbers.step_by(10).flat_map(|customer| (0..5).map(move |one| (customer, one))) {
        let number = customer * 10 + one;
        let profile = Profile { display_name: Some(format!("Newcomer {number}")), ..Profile::default() };
        let applicant = Applicant {
            id: ApplicantId::new(now, random(16, number)),
            account: filling.account(customer),
            came: Some(Came { connection: filling.connection(customer), subject: filling.subject(u32::MAX - number) }),
            state: ApplicantState::Waiting,
            asked_at: now,
            expires_at: now + session::ABSOLUTE,
            file: File { profile, ..File::default() },
            version: 1,
        };
        tx.wait(&applicant, now, None, u32::MAX).await?;
    }
    Ok(())
}

/// Sign-ins of the last two weeks, as the product writes and counts them.
async fn counted(
    tx: &mut Tx,
    filling: &Filling,
    vendor: Vendor,
    now: Timestamp,
    numbers: std::ops::Range<u32>,
) -> Result<(), StoreError> {
    for n in numbers {
        let customer = n % vendor.customers.max(1);
        let at = now.checked_sub(SignedDuration::from_secs(i64::from(n) * 60)).unwrap_or(now);
        let connection = filling.connection(customer);
        let fact = match n % 20 {
            0 => Fact::AnswerRefused { attempt: None, connection, code: "AUD".to_owned() },
            _ => Fact::SignedInByPassword {
                user: filling.user(n % vendor.users.max(1)),
                session: SessionId::new(at, random(10, n)),
            },
        };
        tx.insert_event(&event(COUNTS + n, Some(filling.account(customer)), at, fact)).await?;
    }
    Ok(())
}

/// Somebody who runs all of it, and the token of a session of theirs.
async fn operator(tx: &mut Tx, filling: &Filling, now: Timestamp) -> Result<String, StoreError> {
    let home = platform_id(filling);
    let user = User {
        id: UserId::new(now, random(11, 0)),
        account: home,
        state: UserState::Active,
        profile: Profile { display_name: Some("Operator".to_owned()), ..Profile::default() },
        console_role: Some(ConsoleRole::Operator),
        grants: Grants::default(),
        sign_in: SignInRule::default(),
        created_at: now,
        version: 1,
    };
    tx.insert_user(&user, &event(OPERATOR, Some(home), now, Fact::UserCreated { user: user.id })).await?;
    let token = SessionToken::new(now, &[12; _]);
    let session = Session {
        id: SessionId::new(now, random(13, 0)),
        user: SessionUser::Known(user.id),
        account: home,
        connection: None,
        authentication: Authentication {
            authn_instant: now,
            authn_context: None,
            session_index: None,
            name_id: None,
            methods: vec![session::PASSWORD.to_owned(), session::ONE_TIME_CODE.to_owned()],
            attributes: std::collections::BTreeMap::new(),
        },
        created_at: now,
        expires_at: now + session::ABSOLUTE,
    };
    tx.fill_session(&NewSession { session, token_hash: *token.hash().as_bytes(), is_named: false }).await?;
    tx.analyze().await?;
    Ok(token.to_text())
}

fn account(id: AccountId, parent: Option<AccountId>, path: AccountPath, kind: AccountKind, name: String) -> Account {
    Account {
        id,
        parent,
        path,
        kind,
        name,
        sub_domain: None,
        settings: AccountSettings::default(),
        brand: Branding::default(),
        sessions: SessionSettings::default(),
        version: 1,
    }
}

async fn save(tx: &mut Tx, account: &Account, number: u32, at: Timestamp) -> Result<(), StoreError> {
    let fact = Fact::AccountChanged { account: account.id, changed: vec!["name".to_owned()] };
    tx.save_account(account, &event(number, Some(account.id), at, fact)).await.map(drop)
}

fn platform_id(filling: &Filling) -> AccountId {
    AccountId::new(filling.from, random(14, 0))
}

fn above_id(filling: &Filling, level: usize, number: u32) -> AccountId {
    AccountId::new(filling.from, random(15, ABOVE[level] + number))
}

/// `r-3/r-31/company-431`: each name says where it stands.
fn path(level: usize, number: u32) -> AccountPath {
    let region = number % ABOVE[1];
    let text = match level {
        0 => format!("r-{number}"),
        1 => format!("r-{}/r-{region}", region / BRANCHES),
        _ => format!("r-{}/r-{region}/company-{number}", region / BRANCHES),
    };
    AccountPath::parse(&text).expect("a path")
}
