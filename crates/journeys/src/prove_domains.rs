//! A claimed e-mail domain becomes its account's: the record that only its owner can publish is looked for (SC-12).
//!
//! ```text
//! look ──found──▶ seen ──found again, a minute later or more──▶ proved
//!                  └──not found, or anything else──▶ as before the first look
//! ```
//!
//! What is proved stays proved until it is given back ([`crate::give_back_domain`]): the record may be taken away again.

use jiff::Timestamp;
use vestibule_domain::account::AccountPath;
use vestibule_domain::event::{Actor, DomainChange, Fact};
use vestibule_domain::id::AccountId;
use vestibule_domain::name::DomainName;
use vestibule_domain::schedule;
use vestibule_outbound::NotProved;
use vestibule_store::StoreError;
use vestibule_store::tx::{ClaimProof, DomainClaim, DomainProof, ProvedDomain};

use crate::ctx::Ctx;
use crate::jobs::{self, Job, Means, Turn};
use crate::metrics;
use crate::notices::{self, What};
use crate::problem::Problem;

/// How many records are looked for in one turn.
const BATCH: u32 = 60;
/// How many at once. With [`TxtLookup::TIME`](vestibule_outbound::TxtLookup::TIME) for each a turn is far shorter than
/// its lease.
const AT_ONCE: usize = 10;

/// What became of one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// What was claimed.
    pub claim: DomainClaim,
    /// What was found.
    pub found: Found,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The record: the domain is the account's from now on.
    Proved,
    /// The record, since then: the domain is the account's when it is found again, [`schedule::BETWEEN_LOOKS`] later or
    /// more.
    Seen {
        /// When the first of the looks was that found it.
        since: Timestamp,
    },
    /// The domain is the account's already; nothing was looked for.
    Already,
    /// It is another account's; a record would change nothing.
    TakenBy(AccountId),
    /// No record, or none that proves anything.
    NotYet(NotProved),
    /// The claim was withdrawn while its record was looked for.
    Withdrawn,
}

impl Found {
    /// In a word, for metrics.
    const fn word(&self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Seen { .. } => "seen",
            Self::Already => "already_proved",
            Self::TakenBy(_) => "taken",
            Self::NotYet(NotProved::Absent { .. }) => "absent",
            Self::NotYet(NotProved::Different { .. }) => "different",
            Self::NotYet(NotProved::Elsewhere { .. }) => "elsewhere",
            Self::NotYet(NotProved::Unanswered { .. }) => "unanswered",
            Self::NotYet(NotProved::Domain { .. }) => "no_domain",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// Looks for the records whose time has come.
pub(crate) async fn turn(ctx: &Ctx, means: &Means) -> Result<Turn, Problem> {
    let now = ctx.now;
    let due = ctx.store.read(move |tx| Box::pin(async move { tx.due_claims(now, BATCH).await })).await?;
    let is_full = due.len() == BATCH as usize;
    jobs::each(
        ctx,
        means,
        due,
        AT_ONCE,
        |ctx, means, claim| async move { look(&ctx, &means, claim).await.map(|_| ()) },
    )
    .await?;
    Ok(Turn::after(is_full))
}

/// What is known of a domain after its records were looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Whose it is, and by which proof.
    pub owner: Option<(AccountPath, DomainProof)>,
    /// Who claims it, and what became of the look.
    pub looks: Vec<(AccountPath, Look)>,
}

/// Looks at once for the record of each account that claims a domain, whenever it would be due: for an operator who
/// does not want to wait. Each is a look like those of the job: the second one that finds a record proves the domain.
///
/// # Errors
/// Those of the store.
pub async fn check(ctx: &Ctx, means: &Means, domain: &DomainName) -> Result<Checked, Problem> {
    let (claims, owner) = known(ctx, domain).await?;
    let mut looks = Vec::new();
    for (path, claim) in claims {
        let found = match &owner {
            Some(owner) if owner.account == claim.account => Found::Already,
            Some(owner) => Found::TakenBy(owner.account),
            None => {
                looks.push((path, look(ctx, means, claim).await?));
                continue;
            }
        };
        looks.push((path, Look { claim, found }));
    }
    let owner = known(ctx, domain).await?.1;
    let owner = match owner {
        Some(proved) => path(ctx, proved.account).await?.map(|path| (path, proved.how)),
        None => None,
    };
    Ok(Checked { owner, looks })
}

type Known = (Vec<(AccountPath, DomainClaim)>, Option<ProvedDomain>);

async fn known(ctx: &Ctx, domain: &DomainName) -> Result<Known, StoreError> {
    let domain = domain.clone();
    let known = ctx.store.read(move |tx| {
        Box::pin(async move {
            let mut claims = Vec::new();
            for claim in tx.claims_on(&domain).await? {
                if let Some(account) = tx.account(claim.account).await? {
                    claims.push((account.path, claim));
                }
            }
            Ok((claims, tx.proved_domain(&domain).await?))
        })
    });
    known.await
}

async fn path(ctx: &Ctx, id: AccountId) -> Result<Option<AccountPath>, StoreError> {
    let account = ctx.store.read(move |tx| Box::pin(async move { tx.account(id).await })).await?;
    Ok(account.map(|account| account.path))
}

/// One look, and what follows from it.
async fn look(ctx: &Ctx, means: &Means, claim: DomainClaim) -> Result<Look, Problem> {
    let found = match means.lookup.prove(claim.domain.as_str(), &claim.token).await {
        Ok(_) => prove(ctx, means, &claim).await?,
        Err(why) => {
            look_again(ctx, &claim).await?;
            Found::NotYet(why)
        }
    };
    metrics::job_result(Job::ProveDomains.name(), found.word());
    tracing::debug!(domain = %claim.domain, account = %claim.account, found = found.word(), "looked for a domain's record");
    match found {
        Found::Seen { since } if since == ctx.now => {
            tracing::info!(domain = %claim.domain, account = %claim.account, "a domain's record is there; it is looked for once more");
        }
        Found::Proved => tracing::info!(domain = %claim.domain, account = %claim.account, "a domain is proved"),
        _ => {}
    }
    Ok(Look { claim, found })
}

async fn prove(ctx: &Ctx, means: &Means, claim: &DomainClaim) -> Result<Found, StoreError> {
    let what = What::DomainProved { domain: claim.domain.to_string() };
    let mails = notices::mails(ctx, means, claim.account, &[what]).await?;
    let fact = Fact::DomainChanged { domain: claim.domain.to_string(), change: DomainChange::ProvedByDns };
    let (event, claim, now) = (ctx.event(claim.account, Actor::System, fact), claim.clone(), ctx.now);
    let apart = schedule::BETWEEN_LOOKS;
    let proof = ctx.store.write(move |tx| {
        Box::pin(async move {
            let proof = tx.prove_claim(&claim, now, apart, &event).await?;
            if proof == ClaimProof::Done {
                tx.insert_mails(&mails).await?;
            }
            Ok::<_, StoreError>(proof)
        })
    });
    Ok(match proof.await? {
        ClaimProof::Done => Found::Proved,
        ClaimProof::Seen(since) => Found::Seen { since },
        ClaimProof::Already => Found::Already,
        ClaimProof::TakenBy(owner) => Found::TakenBy(owner),
        ClaimProof::Withdrawn => Found::Withdrawn,
    })
}

async fn look_again(ctx: &Ctx, claim: &DomainClaim) -> Result<(), StoreError> {
    let at = schedule::next_look(claim.claimed_at, claim.seen_at.is_some(), ctx.now);
    let claim = claim.clone();
    ctx.store.write(move |tx| Box::pin(async move { tx.look_again(&claim, at).await })).await
}
