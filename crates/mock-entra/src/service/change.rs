//! Settings that change while the stand-in runs.

use jiff::Timestamp;
use vestibule_saml::types::UrlError;
use vestibule_xmlsec::keys::Certificate;

use super::certificates::{APPLICATION, active, entries};
use super::keys::UnknownKey;
use super::prepare::{self, TakenKeys};
use super::seed::{Application, CertificateStatus, Tenant};
use super::{Entra, State};

/// Why a setting is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// Something that does not exist.
    #[error("there is no {what} {got:?}")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// By which name.
        got: String,
    },
    /// Two of a name.
    #[error("there are two of the {what} {got}")]
    Twice {
        /// What there are two of.
        what: &'static str,
        /// Their name.
        got: String,
    },
    /// A value that must be there.
    #[error("{what} is missing")]
    Missing {
        /// Which.
        what: &'static str,
    },
    /// An ID of another shape.
    #[error("{what}: {got:?} is not a GUID (8-4-4-4-12 hexadecimal digits)")]
    NotAGuid {
        /// Whose ID.
        what: &'static str,
        /// The ID.
        got: String,
    },
    /// A text that XML cannot hold.
    #[error("{what} has a control character, which XML cannot hold")]
    ControlCharacter {
        /// Which text.
        what: &'static str,
    },
    /// Identifier (Entity ID).
    #[error("identifier: {reason}")]
    Identifier {
        /// What is wrong with it.
        reason: String,
    },
    /// Reply URL.
    #[error("reply URL: {0}")]
    ReplyUrl(#[from] UrlError),
    /// An identifier that another application of the tenant has.
    #[error("the identifier {got} is in use by the application {by}")]
    IdentifierInUse {
        /// The identifier.
        got: String,
        /// Name of the other application.
        by: String,
    },
    /// Two reply URLs of one index.
    #[error("two reply URLs have the index {got}")]
    Index {
        /// The index.
        got: u16,
    },
    /// Sign on URL.
    #[error("sign on URL: {0}")]
    SignOnUrl(UrlError),
    /// Logout Url.
    #[error("logout URL: {0}")]
    LogoutUrl(UrlError),
    /// More of something than there may be.
    #[error("{got} {what}; at most {most} are taken")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there are.
        got: usize,
        /// How many there may be.
        most: usize,
    },
    /// A certificate that was uploaded.
    #[error("certificate: {reason}")]
    Certificate {
        /// What is wrong with it.
        reason: String,
    },
    /// A key of a certificate.
    #[error(transparent)]
    Key(#[from] UnknownKey),
    /// A claim that Entra sends by itself.
    #[error("the claim {got} is restricted: it cannot be set up")]
    RestrictedClaim {
        /// Its name.
        got: String,
    },
    /// More transformations than the portal lets one have.
    #[error("{got} transformations; at most two are taken")]
    TooManyTransforms {
        /// How many.
        got: usize,
    },
    /// A regular expression.
    #[error("regular expression: {reason}")]
    Pattern {
        /// What is wrong with it.
        reason: String,
    },
    /// The active certificate cannot be deleted.
    #[error("the certificate {thumbprint} is active; activate another one first")]
    CertificateActive {
        /// Its SHA-1 thumbprint.
        thumbprint: String,
    },
}

/// A tenant by its name.
#[derive(Debug, Clone)]
pub struct TenantHandle {
    entra: Entra,
    id: String,
}

/// An application by its name.
#[derive(Debug, Clone)]
pub struct ApplicationHandle {
    entra: Entra,
    tenant: String,
    id: String,
}

/// A certificate of an application.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The certificate.
    pub certificate: Certificate,
    /// Name of its key.
    pub key: String,
    /// Whether it signs now.
    pub signs: bool,
    /// Whether it was activated.
    pub status: CertificateStatus,
}

impl Entra {
    /// The tenant with this ID or domain.
    ///
    /// # Errors
    /// There is none.
    pub fn tenant(&self, name: &str) -> Result<TenantHandle, ChangeError> {
        let id = self.state().tenant(name).map(|tenant| tenant.id.clone());
        let id = id.ok_or_else(|| unknown("tenant", name))?;
        Ok(TenantHandle { entra: self.clone(), id })
    }

    /// The application of a tenant; see [`TenantHandle::application`].
    ///
    /// # Errors
    /// There is no such tenant or application.
    pub fn application(&self, tenant: &str, name: &str) -> Result<ApplicationHandle, ChangeError> {
        self.tenant(tenant)?.application(name)
    }
}

impl TenantHandle {
    /// The application with this application ID or name.
    ///
    /// # Errors
    /// There is none.
    pub fn application(&self, name: &str) -> Result<ApplicationHandle, ChangeError> {
        let state = self.entra.state();
        let id = state.tenant(&self.id).and_then(|tenant| tenant.application(name)).map(|app| app.app_id.clone());
        let id = id.ok_or_else(|| unknown("application", name))?;
        Ok(ApplicationHandle { entra: self.entra.clone(), tenant: self.id.clone(), id })
    }

    /// What is set now.
    pub fn get(&self) -> Tenant {
        self.entra.state().tenant(&self.id).cloned().unwrap_or_default()
    }

    /// Changes the tenant, its people, groups and applications: all of it or, where something is not taken, nothing.
    /// Its ID stays.
    ///
    /// # Errors
    /// The first thing that is not taken.
    pub fn change(&self, change: impl FnOnce(&mut Tenant)) -> Result<(), ChangeError> {
        let now = self.entra.now();
        let mut state = self.entra.state();
        let State { seed, certificates, .. } = &mut *state;
        let mut taken = TakenKeys::of(seed);
        let at = seed.tenants.iter_mut().find(|tenant| tenant.id == self.id);
        let at = at.ok_or_else(|| unknown("tenant", &self.id))?;
        let mut changed = at.clone();
        change(&mut changed);
        changed.id.clone_from(&self.id);
        prepare::tenant(&mut changed, certificates, &mut taken, now)?;
        *at = changed;
        Ok(())
    }
}

impl ApplicationHandle {
    /// What is set now.
    pub fn get(&self) -> Application {
        let state = self.entra.state();
        state.tenant(&self.tenant).and_then(|tenant| tenant.application(&self.id)).cloned().unwrap_or_default()
    }

    /// Changes the application: all of it or, where something is not taken, nothing. Its application ID stays.
    ///
    /// # Errors
    /// The first thing that is not taken.
    pub fn change(&self, change: impl FnOnce(&mut Application)) -> Result<(), ChangeError> {
        self.change_with(|app, _, _| {
            change(app);
            Ok(())
        })
    }

    /// Makes a certificate, which is inactive; where the active one has expired, it signs at once (E-49). Returns its
    /// SHA-1 thumbprint.
    ///
    /// # Errors
    /// There is no such application any more.
    pub fn new_certificate(&self) -> Result<String, ChangeError> {
        let mut made = None;
        self.change_with(|app, taken, now| {
            let mut entry = prepare::new_certificate(taken, now);
            let expired = |entry: &super::SigningCertificate| entry.not_after.is_some_and(|until| until < now);
            if active(&app.certificates, now, 0).is_none_or(expired) {
                entry.status = CertificateStatus::Active;
                entry.active_since = Some(now);
            }
            made = Some(entry.clone());
            app.certificates.push(entry);
            Ok(())
        })?;
        let made = made.ok_or_else(|| unknown("application", &self.id))?;
        Ok(self.entra.state().certificates.of(APPLICATION, &made)?.certificate.thumbprint_sha1())
    }

    /// "Make certificate active" (E-49). It signs once that has spread; then the one before is inactive.
    ///
    /// # Errors
    /// There is no certificate with this thumbprint.
    pub fn activate_certificate(&self, thumbprint: &str) -> Result<(), ChangeError> {
        let at = self.position(thumbprint)?;
        self.change_with(|app, _, now| {
            if let Some(entry) = app.certificates.get_mut(at) {
                entry.status = CertificateStatus::Active;
                entry.active_since = Some(now);
            }
            if app.propagation_seconds == 0 {
                let others = app.certificates.iter_mut().enumerate().filter(|(other, _)| *other != at);
                others.for_each(|(_, entry)| entry.status = CertificateStatus::Inactive);
            }
            Ok(())
        })
    }

    /// Deletes a certificate that is not active.
    ///
    /// # Errors
    /// There is none with this thumbprint, or it is active.
    pub fn delete_certificate(&self, thumbprint: &str) -> Result<(), ChangeError> {
        let at = self.position(thumbprint)?;
        if self.certificates().get(at).is_some_and(|listed| listed.signs) {
            return Err(ChangeError::CertificateActive { thumbprint: thumbprint.to_owned() });
        }
        self.change(|app| {
            app.certificates.remove(at);
        })
    }

    /// The certificates that may sign for it.
    pub fn certificates(&self) -> Vec<Listed> {
        let now = self.entra.now();
        let mut state = self.entra.state();
        let State { seed, certificates, .. } = &mut *state;
        let found = seed.tenants.iter().find(|tenant| tenant.id == self.tenant);
        let found = found.and_then(|tenant| Some((tenant, tenant.application(&self.id)?)));
        let Some((tenant, app)) = found else { return Vec::new() };
        let (subject, entries) = entries(tenant, app);
        let signs = active(entries, now, app.propagation_seconds);
        let listed = entries.iter().filter_map(|entry| {
            let certificate = certificates.of(subject, entry).ok()?.certificate;
            let signs = signs.is_some_and(|it| std::ptr::eq(it, entry));
            Some(Listed { certificate, key: entry.key.clone(), signs, status: entry.status })
        });
        listed.collect()
    }

    /// The certificate that signs now.
    ///
    /// # Errors
    /// There is none.
    pub fn signing_certificate(&self) -> Result<Certificate, ChangeError> {
        let listed = self.certificates().into_iter().find(|listed| listed.signs);
        listed.map(|it| it.certificate).ok_or_else(|| unknown("active certificate of", &self.id))
    }

    fn position(&self, thumbprint: &str) -> Result<usize, ChangeError> {
        let certificates = self.certificates();
        let at = certificates.iter().position(|it| it.certificate.thumbprint_sha1().eq_ignore_ascii_case(thumbprint));
        at.ok_or_else(|| unknown("certificate", thumbprint))
    }

    fn change_with(
        &self,
        change: impl FnOnce(&mut Application, &mut TakenKeys, Timestamp) -> Result<(), ChangeError>,
    ) -> Result<(), ChangeError> {
        let now = self.entra.now();
        let mut state = self.entra.state();
        let State { seed, certificates, .. } = &mut *state;
        let mut taken = TakenKeys::of(seed);
        let tenant = seed.tenants.iter_mut().find(|tenant| tenant.id == self.tenant);
        let tenant = tenant.ok_or_else(|| unknown("tenant", &self.tenant))?;
        let domains = tenant.domains.clone();
        let others: Vec<Application> =
            tenant.applications.iter().filter(|app| app.app_id != self.id).cloned().collect();
        let at = tenant.applications.iter_mut().find(|app| app.app_id == self.id);
        let at = at.ok_or_else(|| unknown("application", &self.id))?;
        let mut changed = at.clone();
        change(&mut changed, &mut taken, now)?;
        changed.app_id.clone_from(&self.id);
        prepare::application(&mut changed, &at.identifiers, (&self.tenant, &domains), certificates, &mut taken, now)?;
        prepare::not_in_use(&changed, &others)?;
        *at = changed;
        Ok(())
    }
}

pub(super) fn unknown(what: &'static str, got: &str) -> ChangeError {
    ChangeError::Unknown { what, got: got.to_owned() }
}
