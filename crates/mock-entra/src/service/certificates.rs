//! Which certificate signs, and the certificates themselves, which are made when they are first wanted.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use vestibule_xmlsec::keys::Certificate;

use super::keys::{Key, UnknownKey};
use super::seed::{Application, CertificateStatus, SigningCertificate, SigningKeyOf, Tenant};
use super::{digest, x509};

/// Subject of an application's certificate (E-46).
pub(super) const APPLICATION: &str = "Microsoft Azure Federated SSO Certificate";
/// Subject of a tenant's certificate (E-46).
pub(super) const TENANT: &str = "accounts.accesscontrol.windows.net";

/// A key with its certificate.
#[derive(Debug, Clone)]
pub struct Signing {
    /// The key.
    pub key: Arc<Key>,
    /// Its certificate.
    pub certificate: Certificate,
}

/// Keys that were read and certificates that were made.
#[derive(Debug, Default)]
pub(super) struct Certificates {
    keys: BTreeMap<String, Arc<Key>>,
    made: BTreeMap<(&'static str, String, Timestamp, Timestamp), Signing>,
}

impl Certificates {
    /// The certificate that an entry describes; the same for the same entry.
    pub(super) fn of(&mut self, subject: &'static str, entry: &SigningCertificate) -> Result<Signing, UnknownKey> {
        let (from, until) = (entry.not_before.unwrap_or_default(), entry.not_after.unwrap_or_default());
        let id = (subject, entry.key.clone(), from, until);
        if let Some(made) = self.made.get(&id) {
            return Ok(made.clone());
        }
        let key = self.key(&entry.key)?;
        let serial = digest(&[subject, &entry.key, &from.to_string(), &until.to_string()]);
        let serial = serial.get(..16).unwrap_or(&serial);
        let certificate = x509::self_signed(key.signing_key(), subject, serial, from, until);
        let made = Signing { key, certificate };
        self.made.insert(id, made.clone());
        Ok(made)
    }

    /// What signs for an application, if anything does.
    pub(super) fn signing(&mut self, tenant: &Tenant, app: &Application, now: Timestamp) -> Option<Signing> {
        let (subject, entries) = entries(tenant, app);
        let entry = active(entries, now, app.propagation_seconds)?;
        self.of(subject, entry).ok()
    }

    /// The key of this name.
    pub(super) fn key(&mut self, name: &str) -> Result<Arc<Key>, UnknownKey> {
        if let Some(key) = self.keys.get(name) {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(Key::named(name)?);
        self.keys.insert(name.to_owned(), Arc::clone(&key));
        Ok(key)
    }
}

/// The certificates that may sign for an application, with their subject.
pub(super) fn entries<'a>(tenant: &'a Tenant, app: &'a Application) -> (&'static str, &'a [SigningCertificate]) {
    match app.signing_key {
        SigningKeyOf::Application => (APPLICATION, &app.certificates),
        SigningKeyOf::Tenant => (TENANT, &tenant.certificates),
    }
}

/// The certificate that signs: the one that was activated last, once that has spread. Its dates do not matter: Entra
/// signs with an expired one as well (E-50).
pub(super) fn active(entries: &[SigningCertificate], now: Timestamp, spreads: u32) -> Option<&SigningCertificate> {
    let spread = |entry: &&SigningCertificate| {
        let since = entry.active_since.unwrap_or(Timestamp::MIN);
        now.duration_since(since) >= SignedDuration::from_secs(spreads.into())
    };
    entries
        .iter()
        .filter(|entry| entry.status == CertificateStatus::Active)
        .filter(spread)
        .max_by_key(|entry| entry.active_since.unwrap_or(Timestamp::MIN))
}
