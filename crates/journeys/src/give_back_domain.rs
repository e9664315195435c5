//! An account gives an e-mail domain back, claim and proof: one that was wrong, or that was sold (SC-12).
//!
//! Others who claim it are looked for from then on. Nobody is signed out and nobody is unlinked, as when a file names
//! another connection for a domain: what ends is that the domain leads to the account, and that its identity providers
//! may assert addresses of it, from the next sign-in on.

use thiserror::Error;
use vestibule_domain::account::AccountPath;
use vestibule_domain::event::{Actor, DomainChange, Fact};
use vestibule_domain::id::AccountId;
use vestibule_domain::name::DomainName;
use vestibule_store::tx::DomainProof;
use vestibule_store::{StoreError, Tx};

use crate::ctx::Ctx;

/// What is given back, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenBack {
    /// How the account had proved it; none: it claimed it only.
    pub proof: Option<DomainProof>,
    /// Who else claims it, the first one first: their records are looked for again.
    pub others: Vec<AccountPath>,
}

/// Whether it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Do {
    /// It is.
    Now,
    /// It is told, and nothing is changed.
    Nothing,
}

/// Why nothing is given back.
#[derive(Debug, Error)]
pub enum GiveBackError {
    /// No such account.
    #[error("there is no account {got:?}; `vestibule domain check {domain}` says who has the domain")]
    NoAccount {
        /// Its path.
        got: String,
        /// The domain.
        domain: DomainName,
    },
    /// The account has not said that the domain is its own.
    #[error(
        "the account {account:?} neither claims nor has proved {domain}, which {there}; name the account that has it"
    )]
    NotItsOwn {
        /// The path of the account.
        account: String,
        /// The domain.
        domain: DomainName,
        /// Who does.
        there: String,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives `domain` back for the account at `path`, or says what that would change.
///
/// # Errors
/// No such account, or one that has nothing to give back; those of the store.
pub async fn give_back(
    ctx: &Ctx,
    domain: &DomainName,
    path: &AccountPath,
    what: Do,
    by: Actor,
) -> Result<GivenBack, GiveBackError> {
    let (asked, at) = (domain.clone(), path.clone());
    if what == Do::Nothing {
        return ctx.store.read(move |tx| Box::pin(async move { Ok(known(tx, &asked, &at).await?.1) })).await;
    }
    let ctx_of_write = ctx.clone();
    let done = ctx.store.write(move |tx| {
        Box::pin(async move {
            let (account, given_back) = known(tx, &asked, &at).await?;
            let fact = Fact::DomainChanged { domain: asked.to_string(), change: DomainChange::Removed };
            let event = ctx_of_write.event(account, by, fact);
            if !tx.remove_domain(&asked, account, &event).await? {
                return Err(not_its_own(tx, &asked, &at).await?);
            }
            Ok(given_back)
        })
    });
    done.await
}

async fn known(tx: &mut Tx, domain: &DomainName, path: &AccountPath) -> Result<(AccountId, GivenBack), GiveBackError> {
    let no_account = || GiveBackError::NoAccount { got: path.to_string(), domain: domain.clone() };
    let account = tx.account_by_path(path).await?.ok_or_else(no_account)?.id;
    let claims = tx.claims_on(domain).await?;
    let proved = tx.proved_domain(domain).await?.filter(|proved| proved.account == account);
    if proved.is_none() && !claims.iter().any(|claim| claim.account == account) {
        return Err(not_its_own(tx, domain, path).await?);
    }
    let mut others = Vec::new();
    for claim in claims.into_iter().filter(|claim| claim.account != account) {
        others.extend(tx.account(claim.account).await?.map(|account| account.path));
    }
    Ok((account, GivenBack { proof: proved.map(|proved| proved.how), others }))
}

async fn not_its_own(tx: &mut Tx, domain: &DomainName, path: &AccountPath) -> Result<GiveBackError, StoreError> {
    let mut there = Vec::new();
    if let Some(proved) = tx.proved_domain(domain).await? {
        there.extend(
            tx.account(proved.account).await?.map(|owner| format!("is proved for {:?}", owner.path.to_string())),
        );
    }
    for claim in tx.claims_on(domain).await? {
        there.extend(tx.account(claim.account).await?.map(|other| format!("{:?} claims", other.path.to_string())));
    }
    let there = if there.is_empty() { "nobody claims".to_owned() } else { there.join(" and ") };
    Ok(GiveBackError::NotItsOwn { account: path.to_string(), domain: domain.clone(), there })
}
