//! A connection as one account's people use it: their own account's, or that of an account above.
//!
//! Trust is the connection's: keys, issuer, entity ID and the address of answers stay where they are, for the identity
//! provider has one registration. All that is decided about a person is their account's: who may come in, which claims
//! it demands, whom it names as contact, what it shows.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use jiff::Timestamp;
use vestibule_domain::account::Account;
use vestibule_domain::id::{AccountId, ConnectionId};
use vestibule_domain::ways::{self, WhyNot};
use vestibule_store::tx::AttemptFacts;

use crate::ctx::Ctx;
use crate::problem::Problem;
use crate::trust::{self, Trust, Versions};

/// A connection as an account's people use it.
#[derive(Clone)]
pub struct Way {
    /// The account into which it leads.
    pub account: Arc<Account>,
    /// The connection, and the account whose it is.
    pub trust: Arc<Trust>,
}

impl Way {
    /// Whether a session may still begin with an authentication of this time. An answer is young enough when it arrives;
    /// afterwards it may lie for as long as its attempt lives, such as where a person has to choose who they are.
    pub(crate) fn is_young_enough(&self, authn_instant: Timestamp, now: Timestamp) -> bool {
        self.trust.is_young_enough_for(&self.account, authn_instant, now)
    }

    /// Into the connection's own account.
    pub fn own(trust: Arc<Trust>) -> Self {
        Self { account: Arc::clone(&trust.owner), trust }
    }

    /// Into this account.
    pub(crate) async fn leading_to(ctx: &Ctx, trust: Arc<Trust>, account: AccountId) -> Result<Option<Self>, Problem> {
        if account == trust.owner.id {
            return Ok(Some(Self::own(trust)));
        }
        let account = ctx.store.read(move |tx| Box::pin(async move { tx.account(account).await })).await?;
        Ok(account.map(|account| Self { account: Arc::new(account), trust }))
    }

    /// Of an attempt.
    pub(crate) async fn of(ctx: &Ctx, facts: &AttemptFacts) -> Result<Option<Self>, Problem> {
        let versions = Versions { connection: facts.connection_version, account: facts.owner_version };
        let Some(trust) = trust::of(ctx, facts.attempt.connection, Some(versions)).await? else { return Ok(None) };
        Self::leading_to(ctx, trust, facts.attempt.account).await
    }

    /// Of a connection's own account, by its id.
    pub(crate) async fn own_of(ctx: &Ctx, id: ConnectionId) -> Result<Option<Self>, Problem> {
        Ok(trust::of(ctx, id, None).await?.map(Self::own))
    }
}

/// Why an account may not use the connections of another one, or its own. Read where the answer is on a page; a sign-in
/// knows it is so by what it has read anyway.
pub(crate) async fn why_not(ctx: &Ctx, account: AccountId) -> Result<WhyNot, Problem> {
    let chain = ctx.store.read(move |tx| Box::pin(async move { tx.chain_to(account).await })).await?;
    let resolved = ways::ways(&chain.iter().collect::<Vec<_>>());
    // It has ways, and this one is none of them.
    Ok(resolved.why_not.unwrap_or(WhyNot::NotPermitted))
}

/// The connection's side of it.
impl Deref for Way {
    type Target = Trust;

    fn deref(&self) -> &Trust {
        &self.trust
    }
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Way")
            .field("account", &self.account.id)
            .field("connection", &self.trust.connection.id)
            .finish_non_exhaustive()
    }
}
