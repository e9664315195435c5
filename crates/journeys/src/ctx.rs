//! What every journey is given: the services of the process, the time, and chance.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::id::{self, AccountId, EventId};
use vestibule_oidc::{Issuer, SigningKey};
use vestibule_store::Store;

use crate::deployment::Deployment;
use crate::trust::TrustCache;

/// What lives as long as the process.
pub struct Services {
    /// Where the deployment stands.
    pub deployment: Deployment,
    /// The issuer of its tokens.
    pub issuer: Issuer,
    /// The facts.
    pub store: Store,
    /// Signs tokens.
    pub signing_key: SigningKey,
    /// Connections with their keys read, by version.
    pub trusts: TrustCache,
    /// Fills a buffer with random bytes.
    pub entropy: Entropy,
}

/// Fills a buffer with random bytes.
pub type Entropy = Box<dyn Fn(&mut [u8]) + Send + Sync>;

/// One request or job: the services and the time at which it happens.
#[derive(Clone)]
pub struct Ctx {
    services: Arc<Services>,
    /// The time, read once.
    pub now: Timestamp,
}

impl Ctx {
    /// A request or a job that happens now.
    pub fn new(services: Arc<Services>, now: Timestamp) -> Self {
        Self { services, now }
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
