//! What every journey is given: the services of the process, the time, and chance.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::id::{self, AccountId, EventId};
use vestibule_oidc::Issuer;
use vestibule_store::Store;

use crate::deployment::Deployment;
use crate::forward_auth::Visitors;
use crate::password::Hasher;
use crate::problem::Problem;
use crate::token_keys::TokenKeys;
use crate::trust::TrustCache;

/// What lives as long as the process.
pub struct Services {
    /// Where the deployment stands.
    pub deployment: Deployment,
    /// The issuer of its tokens.
    pub issuer: Issuer,
    /// The facts.
    pub store: Store,
    /// Sign tokens.
    pub token_keys: TokenKeys,
    /// Connections with their keys read, by version.
    pub trusts: TrustCache,
    /// Who is let in at sites behind a proxy, by version.
    pub visitors: Visitors,
    /// Compares passwords.
    pub hasher: Hasher,
    /// Fills a buffer with random bytes.
    pub entropy: Entropy,
}

/// Fills a buffer with random bytes.
pub type Entropy = Box<dyn Fn(&mut [u8]) + Send + Sync>;

/// Counts what is written in an account though nothing proved it, at this time. False: too much, it is not written.
pub type Meter = Arc<dyn Fn(AccountId, Timestamp) -> bool + Send + Sync>;

/// One request or job: the services and the time at which it happens.
#[derive(Clone)]
pub struct Ctx {
    services: Arc<Services>,
    /// The time, read once.
    pub now: Timestamp,
    /// Set where strangers ask.
    meter: Option<Meter>,
}

impl Ctx {
    /// A request or a job that happens now.
    pub fn new(services: Arc<Services>, now: Timestamp) -> Self {
        Self { services, now, meter: None }
    }

    /// The same for a request that anybody can make.
    #[must_use]
    pub fn metered(self, meter: Meter) -> Self {
        Self { meter: Some(meter), ..self }
    }

    /// Counts a write that a stranger causes in this account.
    ///
    /// # Errors
    /// There were too many of them.
    pub(crate) fn count_unproved(&self, account: AccountId) -> Result<(), Problem> {
        let heard = self.meter.as_ref().is_none_or(|meter| meter(account, self.now));
        if heard { Ok(()) } else { Err(Problem::Crowded) }
    }

    /// Random bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.services.entropy)(&mut bytes);
        bytes
    }

    /// A line for the audit log, of something that happens now.
    pub fn event(&self, account: impl Into<Option<AccountId>>, actor: Actor, fact: Fact) -> AuditEvent {
        let id = EventId::new(self.now, self.random::<{ id::RANDOM }>());
        AuditEvent { id, at: self.now, account: account.into(), actor, fact }
    }
}

impl std::ops::Deref for Ctx {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.services
    }
}

impl fmt::Debug for Ctx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ctx").field("now", &self.now).finish_non_exhaustive()
    }
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Services").field("deployment", &self.deployment).finish_non_exhaustive()
    }
}
