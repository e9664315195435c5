//! A tree of five levels: the platform, ten resellers, ten regions of each, ten districts of each, and customers below
//! these. A reseller's connection serves its whole branch.

use jiff::Timestamp;
use vestibule_domain::account::{Account, AccountKind, AccountPath, AccountSettings};
use vestibule_domain::branding::Branding;
use vestibule_domain::event::Fact;
use vestibule_domain::id::AccountId;
use vestibule_domain::ways::Permitted;
use vestibule_store::{Store, StoreError, Tx};

use super::{account, batches, event, random, seed_applications, seed_connection, seed_domain};

/// Accounts below each account above the customers.
const BRANCHES: u32 = 10;
/// Accounts at the three levels between the platform and the customers.
const LEVELS: [u32; 3] = [BRANCHES, BRANCHES * BRANCHES, BRANCHES * BRANCHES * BRANCHES];
/// Numbers of events of accounts above the customers begin here.
const ABOVE: u32 = u32::MAX / 2;

pub(super) async fn seed(store: &Store, signing_in: u32, customers: u32, now: Timestamp) -> Result<(), StoreError> {
    store.write(move |tx| Box::pin(async move { above(tx, now).await })).await?;
    for batch in batches(customers) {
        store
            .write(move |tx| {
                Box::pin(async move {
                    for number in batch {
                        customer(tx, number, now).await?;
                        if number < signing_in {
                            seed_domain(tx, account(number, now).id, number, now).await?;
                        }
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
    }
    seed_applications(store, now).await
}

/// The platform, and three levels of resellers.
async fn above(tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
    let branding =
        Branding { product: "Load".to_owned().try_into().ok(), accent: "#0a7d5a".parse().ok(), ..Branding::default() };
    let platform = Account {
        id: id(0, 0, now),
        parent: None,
        path: AccountPath::ROOT,
        kind: AccountKind::Platform,
        sub_domain: None,
        settings: AccountSettings { branding, ..AccountSettings::default() },
        ..account(0, now)
    };
    save(tx, &platform, 0, now).await?;
    for (level, count) in (1..).zip(LEVELS) {
        for number in 0..count {
            let settings = AccountSettings { children: Permitted::Inherit, ..AccountSettings::default() };
            let reseller = Account {
                id: id(level, number, now),
                parent: Some(id(level - 1, number / BRANCHES, now)),
                path: path(level, number),
                kind: AccountKind::Reseller,
                name: format!("Reseller {number} of level {level}"),
                sub_domain: None,
                settings,
                ..account(0, now)
            };
            save(tx, &reseller, level * LEVELS[2] + number, now).await?;
            if level == 1 {
                seed_connection(tx, reseller.id, number, now).await?;
            }
        }
    }
    Ok(())
}

/// A customer, below the district of its turn.
async fn customer(tx: &mut Tx, number: u32, now: Timestamp) -> Result<(), StoreError> {
    let district = number % LEVELS[2];
    let alone = account(number, now);
    let slug = alone.path.slug().cloned().expect("a customer has a slug");
    let customer = Account {
        parent: Some(id(3, district, now)),
        path: path(3, district).child(slug).expect("five levels"),
        ..alone
    };
    let fact = Fact::AccountChanged { account: customer.id, changed: vec!["name".to_owned()] };
    tx.save_account(&customer, &event(number * 4, Some(customer.id), now, fact)).await.map(drop)
}

async fn save(tx: &mut Tx, account: &Account, number: u32, now: Timestamp) -> Result<(), StoreError> {
    let fact = Fact::AccountChanged { account: account.id, changed: vec!["name".to_owned()] };
    tx.save_account(account, &event(ABOVE + number, Some(account.id), now, fact)).await.map(drop)
}

fn id(level: u32, number: u32, now: Timestamp) -> AccountId {
    AccountId::new(now, random(6, level * LEVELS[2] + number))
}

/// `r-3/r-31/r-314`: each name says where it stands.
fn path(level: u32, number: u32) -> AccountPath {
    let names = (1..=level).map(|at| format!("r-{}", number / BRANCHES.pow(level - at)));
    AccountPath::parse(&names.collect::<Vec<_>>().join("/")).expect("a path")
}
