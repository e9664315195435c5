//! What a page of a waiting room costs where many wait.
//!
//! ```text
//! cargo run --release -p vestibule-store --example waiting_list -- DATABASE [APPLICANTS [ACCOUNTS]]
//! ```
//!
//! All wait in one account, beside so many others of a tree, which an operator's page looks through. `DATABASE` is a URL as the configuration takes it; what is filled stays there. It is a measurement, not a test.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use vestibule_domain::account::{Account, AccountKind, AccountPath, AccountSettings};
use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::id::{AccountId, ApplicantId, ConnectionId, EventId};
use vestibule_domain::user::{Profile, Subject};
use vestibule_domain::waiting::{Applicant, ApplicantState, Came, File, MAX_APPLICANTS};
use vestibule_store::tx::{ApplicantFilter, ApplicantOrder};
use vestibule_store::{BoxFuture, Options, Sealer, SealingKey, Store, StoreError, Tx};

/// How many applicants a page has, and one more that tells of a next page.
const PAGE: u32 = 51;
/// How many are written in one unit.
const BATCH: u32 = 1000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap_or_else(|| "sqlite::memory:".to_owned()).parse()?;
    let count: u32 = arguments.next().map_or(Ok(MAX_APPLICANTS), |text| text.parse())?;
    let store = Store::open(&url, Sealer::new(SealingKey::new(&[1; 32]), Vec::new()), Options::default()).await?;
    let account = AccountId::new(start(), [1; 10]);
    let others: u32 = arguments.next().map_or(Ok(10_000), |text| text.parse())?;
    fill(&store, account, count).await?;
    beside(&store, account, others).await?;
    places(&store).await?;
    for (order, begins) in [
        (ApplicantOrder::Oldest, ""),
        (ApplicantOrder::Newest, ""),
        (ApplicantOrder::Name, ""),
        (ApplicantOrder::Name, "person 77"),
        (ApplicantOrder::Email, "p99"),
    ] {
        measure(&store, account, order, begins).await?;
    }
    Ok(())
}

/// The first page, a page in the middle, and the slowest of both.
#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
async fn measure(store: &Store, account: AccountId, order: ApplicantOrder, begins: &str) -> Result<(), StoreError> {
    let state = ApplicantState::Waiting;
    let mut filter = ApplicantFilter { account, state, order, begins: begins.to_owned(), after: None, limit: PAGE };
    let (mut slowest, mut pages, mut found) = (std::time::Duration::ZERO, 0_u32, 0);
    let begun = Instant::now();
    for _ in 0..200 {
        let wanted = filter.clone();
        let asked = Instant::now();
        let page = store.read(unit(move |tx| Box::pin(async move { tx.applicants(&wanted).await }))).await?;
        slowest = slowest.max(asked.elapsed());
        (pages, found) = (pages + 1, found + page.len());
        filter.after = page.last().filter(|_| page.len() == PAGE as usize).map(|last| order.key(last));
        if filter.after.is_none() {
            break;
        }
    }
    let each = begun.elapsed().as_secs_f64() * 1e3 / f64::from(pages);
    println!("{order:?}, begins with {begins:?}: {found} on {pages} pages, {each:.2} ms each, slowest {slowest:.2?}");
    Ok(())
}

/// Which accounts have somebody waiting, as an operator's page shows it.
#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
async fn places(store: &Store) -> Result<(), StoreError> {
    let mut slowest = std::time::Duration::ZERO;
    let begun = Instant::now();
    for _ in 0..100 {
        let asked = Instant::now();
        let found =
            store.read(unit(|tx| Box::pin(async move { tx.waiting_places(&AccountPath::ROOT, 100).await }))).await?;
        assert_eq!(found.len(), 1);
        slowest = slowest.max(asked.elapsed());
    }
    let each = begun.elapsed().as_secs_f64() * 1e3 / 100.0;
    println!("accounts in which somebody waits: {each:.2} ms each, slowest {slowest:.2?}");
    Ok(())
}

async fn beside(store: &Store, parent: AccountId, count: u32) -> Result<(), StoreError> {
    for first in (0..count).step_by(BATCH as usize) {
        let last = (first + BATCH).min(count);
        let filled = unit(move |tx: &mut Tx| -> BoxFuture<'_, Result<(), StoreError>> {
            Box::pin(async move {
                for n in first..last {
                    let mut random = [3; 10];
                    random[6..].copy_from_slice(&n.to_be_bytes());
                    let id = AccountId::new(start(), random);
                    let slug = format!("customer-{n}").parse().map_err(|_| StoreError::Unwritable { what: "slug" })?;
                    let path = AccountPath::ROOT.child(slug);
                    let path = path.map_err(|_| StoreError::Unwritable { what: "path" })?;
                    let name = format!("Customer {n}");
                    let account =
                        Account { parent: Some(parent), path, kind: AccountKind::Customer, ..owner(id, name) };
                    tx.save_account(&account, &saved(id, random)).await?;
                }
                Ok(())
            })
        });
        store.write(filled).await?;
    }
    Ok(())
}

fn owner(id: AccountId, name: String) -> Account {
    Account {
        id,
        parent: None,
        path: AccountPath::ROOT,
        kind: AccountKind::Platform,
        name,
        sub_domain: None,
        settings: AccountSettings::default(),
        brand: vestibule_domain::branding::Branding::default(),
        sessions: vestibule_domain::session::SessionSettings::default(),
        version: 0,
    }
}

fn saved(account: AccountId, random: [u8; 10]) -> AuditEvent {
    let fact = Fact::AccountChanged { account, changed: Vec::new() };
    AuditEvent { id: EventId::new(start(), random), at: start(), account: Some(account), actor: Actor::System, fact }
}

async fn fill(store: &Store, account: AccountId, count: u32) -> Result<(), StoreError> {
    let (owner, event) = (owner(account, "Acme".to_owned()), saved(account, [1; 10]));
    store.write(unit(move |tx| Box::pin(async move { tx.save_account(&owner, &event).await.map(drop) }))).await?;
    for first in (0..count).step_by(BATCH as usize) {
        let last = (first + BATCH).min(count);
        let filled = unit(move |tx: &mut Tx| -> BoxFuture<'_, Result<(), StoreError>> {
            Box::pin(async move {
                for n in first..last {
                    let applicant = applicant(account, n)?;
                    tx.wait(&applicant, start(), None, MAX_APPLICANTS).await?;
                }
                Ok(())
            })
        });
        store.write(filled).await?;
    }
    Ok(())
}

fn applicant(account: AccountId, n: u32) -> Result<Applicant, StoreError> {
    let mut random = [0; 10];
    random[6..].copy_from_slice(&n.to_be_bytes());
    let at = start().saturating_add(SignedDuration::from_secs(n.into())).unwrap_or(Timestamp::MAX);
    let email = format!("p{}@acme.example", n.reverse_bits());
    let profile = Profile {
        display_name: Some(format!("Person {}", n.wrapping_mul(2_654_435_761))),
        email: Some(email.parse().map_err(|_| StoreError::Unwritable { what: "e-mail address" })?),
        ..Profile::default()
    };
    let connection = ConnectionId::new(start(), [2; 10]);
    Ok(Applicant {
        id: ApplicantId::new(at, random),
        account,
        came: Some(Came { connection, subject: Subject::from_text(format!("subject {n}")) }),
        state: ApplicantState::Waiting,
        asked_at: at,
        expires_at: start() + SignedDuration::from_hours(24 * 365),
        file: File { profile, ..File::default() },
        version: 1,
    })
}

fn start() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

/// Tells the compiler what the closure is.
fn unit<T, F>(unit: F) -> F
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, StoreError>> + Send + 'static,
{
    unit
}
