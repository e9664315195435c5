//! An identity provider's metadata becomes settings, and changes them later.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vestibule_saml::metadata::{Endpoint, IdpMetadata};
use vestibule_saml::types::{Binding, EntityId};
use vestibule_xmlsec::keys::Certificate;

use crate::connection::{Preset, RequestSigning, SamlSettings, SignOn, SignOnBinding};

/// What an administrator should know about what was read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataNote {
    /// The issuer that was set is not the entity ID (MX-13).
    #[error("the issuer was set to {set} and the metadata is of {read}, which was taken: responses come from there")]
    IssuerDiffers {
        /// What was set.
        set: EntityId,
        /// What the metadata says.
        read: EntityId,
    },
    /// Several keys may sign: a rollover (E-51).
    #[error("{got} certificates were taken; a signature by any of them is good")]
    SeveralCertificates {
        /// How many.
        got: usize,
    },
    /// A certificate whose key is not taken.
    #[error("the certificate of {subject} was left out: {reason}")]
    CertificateRefused {
        /// Whose it is.
        subject: String,
        /// What is wrong with its key.
        reason: String,
    },
    /// There is no address for logout messages with a binding of ours (XC-16).
    #[error("the metadata names no logout address with a usable binding; sign-out stays with us")]
    NoLogout,
    /// It demands signed requests, so they are signed from now on (E-20).
    #[error("the identity provider demands signed requests, so ours will be signed; give it our signing certificate")]
    SignedRequestsWanted,
    /// Certificates were set beside the address that is fetched again: they are the only ones (A27.1).
    #[error(
        "the certificates that are set beside the url are pinned: those that it publishes later are not taken; leave \
         certificates out to take them"
    )]
    Pinned,
    /// A part that is flawed and was passed over.
    #[error("{part} was passed over: {reason}")]
    PassedOver {
        /// Which part.
        part: &'static str,
        /// Why.
        reason: String,
    },
}

/// The settings with what the metadata says: issuer, sign-on and logout address, all certificates. Everything else
/// stays. New settings without a preset of their own get the one that the addresses tell of. The metadata's address is the
/// caller's to set.
pub fn metadata_into_settings(metadata: &IdpMetadata, settings: &SamlSettings) -> (SamlSettings, Vec<MetadataNote>) {
    let mut notes = Vec::new();
    let mut read = settings.clone();
    if let Some(set) = settings.issuer.as_ref().filter(|set| **set != metadata.entity_id) {
        notes.push(MetadataNote::IssuerDiffers { set: set.clone(), read: metadata.entity_id.clone() });
    }
    read.issuer = Some(metadata.entity_id.clone());
    read.sign_on = sign_on(metadata).or(read.sign_on);
    // Entra takes logout messages by Redirect only (E-37).
    let logout = metadata.single_logout(&Binding::HTTP_REDIRECT).or_else(|| metadata.single_logout.first());
    read.logout_url = logout.map(|endpoint| endpoint.location.clone());
    read.logout_answer_url = logout.and_then(|endpoint| endpoint.response_location.clone());
    if let Some(endpoint) = logout {
        let by_post = endpoint.binding == Binding::HTTP_POST;
        read.logout_binding = if by_post { SignOnBinding::Post } else { SignOnBinding::Redirect };
    } else {
        notes.push(MetadataNote::NoLogout);
    }
    read.certificates = metadata.signing_certificates.iter().map(certificate_text).collect();
    if read.certificates.len() > 1 {
        notes.push(MetadataNote::SeveralCertificates { got: read.certificates.len() });
    }
    if metadata.want_authn_requests_signed && settings.requests == RequestSigning::Unsigned {
        read.requests = RequestSigning::Signed;
        notes.push(MetadataNote::SignedRequestsWanted);
    }
    // Never for one that is in use: the preset says by which value people are known.
    let is_new = settings.issuer.is_none() && settings.sign_on.is_none();
    if is_new
        && read.preset == Preset::Generic
        && let Some(preset) = read.sign_on.as_ref().and_then(|sign_on| Preset::of_address(sign_on.url.as_str()))
    {
        read.preset = preset;
        read.login_hint = preset.settings().login_hint;
    }
    notes.extend(metadata.refused_certificates.iter().map(|refused| MetadataNote::CertificateRefused {
        subject: refused.certificate.subject().to_owned(),
        reason: refused.reason.to_string(),
    }));
    notes.extend(
        metadata
            .passed_over
            .iter()
            .map(|passed| MetadataNote::PassedOver { part: passed.part.name(), reason: passed.reason.to_string() }),
    );
    (read, notes)
}

/// Where newer metadata came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchedFrom {
    /// The connection's own https metadata address, with the host that it has had.
    OwnUrl,
    /// An upload, or another host than before.
    Elsewhere,
}

/// What newer metadata changes (A24.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetadataChange {
    /// Nothing that matters.
    None,
    /// Keys came: they are added beside the old ones at once, with an audit entry and mail.
    AddKeys {
        /// The settings with them.
        settings: Box<SamlSettings>,
        /// The SHA-256 thumbprints of the new certificates; at least one.
        added: Vec<String>,
    },
    /// Keys came, and those of the connection are pinned: they are not taken (A27.1).
    Pinned {
        /// The SHA-256 thumbprints of the certificates that are published and not taken; at least one.
        published: Vec<String>,
    },
    /// Keys came from elsewhere, or addresses changed: somebody has to approve.
    NeedsApproval {
        /// The settings as they would be.
        settings: Box<SamlSettings>,
        /// The SHA-256 thumbprints of the new certificates.
        added: Vec<String>,
        /// The addresses that differ.
        addresses: Vec<AddressChange>,
    },
    /// The metadata is of another entity: it changes nothing (the entity ID is pinned).
    OtherEntity {
        /// Whose it is.
        got: EntityId,
        /// Whose is wanted.
        want: EntityId,
    },
}

/// An address that newer metadata changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressChange {
    /// The setting.
    pub field: &'static str,
    /// What it is.
    pub from: Option<String>,
    /// What it would be.
    pub to: Option<String>,
}

/// What newer metadata changes about a connection. Old keys are kept beside new ones: who removes one is a human, for
/// an identity provider may go on signing with it for hours (E-50, E-51).
///
/// Metadata that is expired or unreadable never comes here: reading it is an error.
pub fn refresh(old: &SamlSettings, fetched: &IdpMetadata, from: FetchedFrom) -> MetadataChange {
    match &old.issuer {
        Some(want) if *want != fetched.entity_id => {
            return MetadataChange::OtherEntity { got: fetched.entity_id.clone(), want: want.clone() };
        }
        _ => {}
    }
    let known: Vec<Certificate> = old.read_certificates().collect();
    let new: Vec<&Certificate> = fetched.signing_certificates.iter().filter(|it| !known.contains(it)).collect();
    let added: Vec<String> = new.iter().map(|certificate| certificate.thumbprint_sha256()).collect();
    let mut settings = Box::new(old.clone());
    settings.certificates.extend(new.into_iter().map(certificate_text));

    let (read, _) = metadata_into_settings(fetched, old);
    let mut addresses = Vec::new();
    // An address that is still among those of the metadata has not changed, whichever we would prefer today.
    let is_listed = |endpoints: &[Endpoint], url: &str| endpoints.iter().any(|it| it.location.as_str() == url);
    let address = |sign_on: &Option<SignOn>| sign_on.as_ref().map(|sign_on| sign_on.url.to_string());
    if !address(&old.sign_on).is_some_and(|url| is_listed(&fetched.single_sign_on, &url)) {
        addresses.push(AddressChange { field: "sign_on", from: address(&old.sign_on), to: address(&read.sign_on) });
        settings.sign_on = read.sign_on;
    }
    // A logout address is optional: one that is not set, or no longer published, is left as it is.
    if let (Some(old_url), Some(new_url)) = (&old.logout_url, &read.logout_url)
        && !is_listed(&fetched.single_logout, old_url.as_str())
    {
        let (from, to) = (Some(old_url.to_string()), Some(new_url.to_string()));
        addresses.push(AddressChange { field: "logout_url", from, to });
        settings.logout_url.clone_from(&read.logout_url);
    }
    match (added.is_empty(), addresses.is_empty(), from) {
        (true, true, _) => MetadataChange::None,
        (false, true, _) if old.certificates_pinned => MetadataChange::Pinned { published: added },
        (false, true, FetchedFrom::OwnUrl) => MetadataChange::AddKeys { settings, added },
        _ => MetadataChange::NeedsApproval { settings, added, addresses },
    }
}

/// The certificates in force that newer metadata of the same entity does not have: their SHA-256 thumbprints. They stay
/// in force until a human removes them (E-50, E-51), who has to know of them for that.
pub fn withdrawn(settings: &SamlSettings, fetched: &IdpMetadata) -> Vec<String> {
    let refused = fetched.refused_certificates.iter().map(|refused| &refused.certificate);
    let published: Vec<&Certificate> = fetched.signing_certificates.iter().chain(refused).collect();
    let in_force = settings.read_certificates().filter(|it| !published.contains(&it));
    in_force.map(|certificate| certificate.thumbprint_sha256()).collect()
}

/// A certificate as it stands in settings: its DER in base64, on one line.
pub fn certificate_text(certificate: &Certificate) -> String {
    STANDARD.encode(certificate.der())
}

/// Redirect, which is documented (E-19, E-53), else POST.
fn sign_on(metadata: &IdpMetadata) -> Option<SignOn> {
    [SignOnBinding::Redirect, SignOnBinding::Post].into_iter().find_map(|binding| {
        let endpoint = metadata.single_sign_on(&binding.binding())?;
        Some(SignOn { url: endpoint.location.clone(), binding })
    })
}

impl Preset {
    /// The kind of identity provider that an address of its tells of; none where nothing tells.
    pub fn of_address(url: &str) -> Option<Self> {
        let url = url.to_ascii_lowercase();
        let (_, rest) = url.split_once("://")?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = host.split(':').next().unwrap_or_default();
        let is_at = |domain: &str| host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
        let entra = [
            "login.microsoftonline.com",
            "login.microsoftonline.us",
            "login.partner.microsoftonline.cn",
            "sts.windows.net",
        ];
        if entra.contains(&host) {
            Some(Self::Entra)
        } else if path.starts_with("adfs/") {
            Some(Self::Adfs)
        } else if is_at("okta.com") || is_at("oktapreview.com") || is_at("okta-emea.com") {
            Some(Self::Okta)
        } else if host == "accounts.google.com" {
            Some(Self::Google)
        } else if is_at("pingone.com") || is_at("pingone.eu") || is_at("pingidentity.com") {
            Some(Self::Ping)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests;
