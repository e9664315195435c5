//! The answer: a response as it will be, which a test may bend, and its seal.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use vestibule_saml::binding::{HexDigits, Signer};
use vestibule_saml::idp;
use vestibule_saml::time;
use vestibule_saml::types::{AuthnContextClassRef, EntityId, NameId, NameIdFormat};
use vestibule_xmlsec::algorithms::{DigestAlgorithm, SignatureAlgorithm};
use vestibule_xmlsec::dsig::Placement;
use vestibule_xmlsec::enc::{ContentAlgorithm, Encryption as Cipher, KeyTransport, encrypt};
use vestibule_xmlsec::keys::{Certificate, EncryptionKey, read_certificates};
use vestibule_xmlsec::{Document, Limits, Writer};

use super::certificates::Certificates;
use super::check::{Asked, Trouble};
use super::claims::Subject;
use super::error::Refusal;
use super::flow::Delivery;
use super::guid;
use super::keys::Key;
use super::seed::{
    Application, AssignmentRule, ConditionalAccess, ContentMode, Encryption, IssuerShape, Method, RequestSignatures,
    SecondFactor, SigningAlgorithm, SigningKeyOf, SigningOption, Transport,
};
use super::session::Session;
use crate::cipher::wrap;
use crate::entra;
use crate::seal::{KeyInfo, Seal};
use crate::text::cut;

/// An attribute of the statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) name: String,
    pub(super) values: Vec<String>,
    pub(super) name_format: Option<String>,
}

impl Claim {
    pub(super) fn new(name: &str, values: Vec<String>) -> Self {
        Self { name: name.to_owned(), values, name_format: None }
    }
}

/// What of a response is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed {
    /// The assertion.
    Assertion,
    /// The response.
    Response,
    /// Both, the assertion first.
    Both,
    /// Neither, which Entra never does.
    Nothing,
}

/// A response before it is sealed. Every part may be changed, for tests of what must be refused.
#[derive(Clone)]
pub struct Draft {
    /// The response.
    pub response: entra::Entra,
    /// What of it is signed.
    pub sealed: Sealed,
    /// With which algorithm.
    pub algorithm: SigningAlgorithm,
    /// With which key.
    pub key: Arc<Key>,
    /// Which certificate stands in `KeyInfo`.
    pub certificate: Certificate,
    /// How the assertion is encrypted, if it is.
    pub encryption: Option<Encryption>,
    /// Where the browser posts it.
    pub action: String,
    /// `RelayState`.
    pub relay_state: Option<String>,
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft").field("sealed", &self.sealed).field("action", &self.action).finish_non_exhaustive()
    }
}

/// What an answer takes from outside.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chance {
    pub(super) now: Timestamp,
    pub(super) response: [u8; 16],
    pub(super) assertion: [u8; 16],
    pub(super) transient: [u8; 16],
}

/// Answers a request of a person who is signed in, or gives an answer that nobody asked for.
///
/// # Errors
/// What keeps the person out, and where Entra tells it.
pub(super) fn draft(
    subject: Subject<'_>,
    session: &Session,
    asked: Option<&Asked>,
    certificates: &mut Certificates,
    chance: &Chance,
) -> Result<Draft, Trouble> {
    let Subject { tenant, app, user } = subject;
    if asked.is_none() {
        unsolicited(app)?;
    }
    if app.assignment == AssignmentRule::Required && !tenant.is_assigned(app, user) {
        return Err(not_assigned(app, &user.user_principal_name).into());
    }
    conditional_access(subject, session, asked)?;
    if let Some(asked) = asked {
        check_context(session, asked)?;
    }
    let signing = match certificates.signing(tenant, app, chance.now) {
        _ if app.issuer == IssuerShape::WithApplication && app.signing_key == SigningKeyOf::Tenant => {
            Err(Refusal::new(
                50146,
                format!(
                    "This application is required to be configured with an application-specific signing key. Application: {}.",
                    app.app_id
                ),
            ))
        }
        None => Err(Refusal::new(50003, "No signing key is configured.")),
        Some(signing) => Ok(signing),
    }?;
    let mut name_id = subject.name_id(asked.and_then(|asked| asked.name_id_format.as_ref()), &chance.transient)?;
    name_id.sp_name_qualifier = asked.and_then(|asked| asked.sp_name_qualifier.clone());
    let action = match asked {
        Some(asked) => asked.acs_url.clone(),
        None => app.reply_urls.first().cloned().unwrap_or_default(),
    };
    Ok(Draft {
        response: response(subject, session, asked, &name_id, &action, chance),
        sealed: match app.signing_option {
            SigningOption::Assertion => Sealed::Assertion,
            SigningOption::Response => Sealed::Response,
            SigningOption::ResponseAndAssertion => Sealed::Both,
        },
        algorithm: app.signing_algorithm,
        key: signing.key,
        certificate: signing.certificate,
        encryption: app.encryption.clone().filter(Encryption::is_active),
        action,
        relay_state: match asked {
            Some(asked) => asked.relay_state.clone(),
            None => app.relay_state.clone(),
        },
    })
}

fn response(
    subject: Subject<'_>,
    session: &Session,
    asked: Option<&Asked>,
    name_id: &NameId,
    action: &str,
    chance: &Chance,
) -> entra::Entra {
    let Subject { tenant, app, .. } = subject;
    let at = |seconds: i64| {
        let time = chance.now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(chance.now);
        Some(time::format(time))
    };
    let claims = subject.claims(session);
    let issuer = app.issuer(tenant);
    let in_response_to = asked.map(|asked| asked.id.clone());
    let audience = match asked {
        Some(asked) if asked.by_address.is_none() => asked.issuer.as_str(),
        _ => app.identifiers.first().map_or(app.app_id.as_str(), String::as_str),
    };
    entra::Entra {
        response_id: format!("_{}", guid(&chance.response)),
        assertion_id: format!("_{}", guid(&chance.assertion)),
        destination: Some(action.to_owned()),
        in_response_to: in_response_to.clone(),
        response_issuer: Some(issuer.clone()),
        issue_instant: time::format(chance.now),
        issuer,
        name_id: write_name_id(name_id),
        confirmations: None,
        method: "urn:oasis:names:tc:SAML:2.0:cm:bearer".to_owned(),
        confirmation_in_response_to: in_response_to,
        confirmation_not_on_or_after: at(app.validity.confirmation_seconds),
        recipient: Some(action.to_owned()),
        not_before: at(-app.validity.before_seconds),
        not_on_or_after: at(app.validity.after_seconds),
        audiences: vec![spn(audience)],
        more_conditions: String::new(),
        name_formats: claims.iter().filter_map(|it| Some((it.name.clone(), it.name_format.clone()?))).collect(),
        claims: claims.into_iter().map(|claim| (claim.name, claim.values)).collect(),
        authn_instant: time::format(session.since),
        session_not_on_or_after: None,
        authn_context: context(session.method).as_str().to_owned(),
    }
}

/// The audience for an identifier (E-14).
fn spn(identifier: &str) -> String {
    EntityId::new(identifier).map_or_else(|_| identifier.to_owned(), |id| idp::Answer::entra_audience(&id))
}

fn write_name_id(name_id: &NameId) -> String {
    let mut xml = Writer::new();
    xml.open("NameID").optional("Format", name_id.format.as_ref().map(NameIdFormat::as_str));
    xml.optional("SPNameQualifier", name_id.sp_name_qualifier.as_deref()).text(&name_id.value);
    xml.finish()
}

/// Whether an answer may go out that nobody asked for.
fn unsolicited(app: &Application) -> Result<(), Refusal> {
    if app.request_signatures != RequestSignatures::Ignored {
        return Err(super::check::unsigned(app));
    }
    if app.identifiers.is_empty() {
        let text = format!(
            "Audience URI validation for the application '{}' failed since no allowed audiences were configured.",
            app.app_id
        );
        return Err(Refusal::new(50010, text));
    }
    if app.reply_urls.is_empty() {
        return Err(super::check::no_reply_url());
    }
    Ok(())
}

fn not_assigned(app: &Application, user: &str) -> Refusal {
    let (name, id) = (&app.name, &app.app_id);
    Refusal::new(
        50105,
        format!(
            "Your administrator has configured the application {name} ('{id}') to block users unless they are \
             specifically granted ('assigned') access to the application. The signed in user '{user}' is blocked \
             because they are not a direct member of a group with access, nor had access directly assigned by an \
             administrator. Please contact your administrator to assign access to this application."
        ),
    )
}

fn conditional_access(subject: Subject<'_>, session: &Session, asked: Option<&Asked>) -> Result<(), Refusal> {
    let (app, user) = (subject.app, subject.user);
    let passive = asked.is_some_and(|asked| asked.is_passive);
    match (app.conditional_access, user.second_factor) {
        (ConditionalAccess::Block, _) => Err(Refusal::new(
            53003,
            "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
        )),
        (ConditionalAccess::SecondFactor, SecondFactor::None) => Err(Refusal::new(
            50079,
            format!(
                "Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in multi-factor authentication to access '{}'.",
                app.app_id
            ),
        )),
        (ConditionalAccess::SecondFactor, _) if passive && !session.second_factor => Err(Refusal::new(
            50076,
            format!(
                "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '{}'.",
                app.app_id
            ),
        )),
        _ => Ok(()),
    }
}

/// That the person authenticated as the request demands (E-17).
fn check_context(session: &Session, asked: &Asked) -> Result<(), Refusal> {
    let fits = |class: &AuthnContextClassRef| {
        *class == context(session.method)
            || *class == AuthnContextClassRef::UNSPECIFIED
            || match session.method {
                Method::Password => *class == AuthnContextClassRef::PASSWORD,
                Method::X509 => *class == AuthnContextClassRef::TLS_CLIENT || *class == AuthnContextClassRef::SMARTCARD,
                Method::Windows => *class == AuthnContextClassRef::KERBEROS,
                Method::Unspecified => false,
            }
    };
    if asked.context.is_empty() || asked.context.iter().any(fits) {
        return Ok(());
    }
    let got = match session.method {
        Method::Password => "Password",
        Method::X509 => "X509",
        Method::Windows => "WindowsIntegrated",
        Method::Unspecified => "Unspecified",
    };
    let more = if session.second_factor { ", MultiFactor" } else { "" };
    let wanted: Vec<String> = asked.context.iter().map(wanted_method).collect();
    Err(Refusal::new(
        75011,
        format!(
            "Authentication method '{got}{more}' by which the user authenticated with the service doesn't match \
             requested authentication method '{}'. Contact the {} application owner.",
            wanted.join(", "),
            asked.application,
        ),
    ))
}

fn wanted_method(class: &AuthnContextClassRef) -> String {
    if *class == AuthnContextClassRef::PASSWORD_PROTECTED_TRANSPORT {
        return "Password, ProtectedTransport".to_owned();
    }
    class.as_str().rsplit(':').next().unwrap_or_default().to_owned()
}

fn context(method: Method) -> AuthnContextClassRef {
    match method {
        Method::Password => AuthnContextClassRef::PASSWORD_PROTECTED_TRANSPORT,
        Method::X509 => AuthnContextClassRef::X509,
        Method::Windows => AuthnContextClassRef::WINDOWS,
        Method::Unspecified => AuthnContextClassRef::UNSPECIFIED,
    }
}

/// Random octets for a content key of AES-256 and an initialisation vector.
pub(super) struct Fresh {
    pub(super) content_key: [u8; 32],
    pub(super) iv: [u8; 16],
}

impl Draft {
    /// Signs and encrypts.
    ///
    /// # Errors
    /// A value that XML does not have, or a certificate that cannot encrypt.
    pub(super) fn seal(&self, fresh: &Fresh) -> Result<Delivery, Refusal> {
        let mut xml = self.response.xml();
        let failed = || Refusal::new(50000, "There was an error issuing a token or an issue with our sign-in service.");
        if matches!(self.sealed, Sealed::Assertion | Sealed::Both) {
            xml = self.signed(&xml, &self.response.assertion_id).ok_or_else(failed)?;
        }
        if let Some(encryption) = &self.encryption {
            let parts = cut(&xml, "Assertion");
            let data = encrypted(encryption, &parts.it, fresh).ok_or_else(failed)?;
            xml = parts.with(&wrap("EncryptedAssertion", &data));
        }
        if matches!(self.sealed, Sealed::Response | Sealed::Both) {
            xml = self.signed(&xml, &self.response.response_id).ok_or_else(failed)?;
        }
        Ok(Delivery::new(self.action.clone(), xml, self.relay_state.clone()))
    }

    fn signed(&self, xml: &str, id: &str) -> Option<String> {
        match self.algorithm {
            SigningAlgorithm::Sha256 => {
                let signer = Signer {
                    key: self.key.signing_key(),
                    algorithm: SignatureAlgorithm::RsaSha256,
                    hex_digits: HexDigits::Lower,
                    certificate: Some(&self.certificate),
                };
                signer.envelop(xml, id, Placement::AfterIssuer).ok()
            }
            SigningAlgorithm::Sha1 => {
                Document::parse(xml.as_bytes(), &Limits::AGGREGATE_METADATA).ok()?;
                let shown = STANDARD.encode(self.certificate.der());
                let shown = format!("<X509Data><X509Certificate>{shown}</X509Certificate></X509Data>");
                let seal = Seal {
                    algorithm: SignatureAlgorithm::RsaSha1,
                    digest: DigestAlgorithm::Sha1,
                    key_info: KeyInfo::Xml(shown),
                    ..Seal::default()
                };
                let sign = |octets: &[u8]| self.key.sign_sha1(octets).unwrap_or_default();
                Some(seal.made_by(xml, id, |signature| signature, sign))
            }
        }
    }
}

fn encrypted(encryption: &Encryption, element: &str, fresh: &Fresh) -> Option<String> {
    let certificate = read_certificates(encryption.certificate.as_bytes()).ok()?.into_iter().next()?;
    let recipient = EncryptionKey::of(&certificate).ok()?;
    let content = match encryption.content {
        ContentMode::Cbc => ContentAlgorithm::Aes256Cbc,
        ContentMode::Gcm => ContentAlgorithm::Aes256Gcm,
    };
    let sha256 = DigestAlgorithm::Sha256;
    let transport = match encryption.transport {
        Transport::OaepMgf1p => KeyTransport::RsaOaepMgf1p { digest: DigestAlgorithm::Sha1 },
        Transport::OaepSha256 => KeyTransport::RsaOaep { digest: sha256, mgf1: sha256 },
    };
    let how = Cipher { recipient: &recipient, content, transport };
    let iv = fresh.iv.get(..content.iv_len())?;
    encrypt(element, &how, &fresh.content_key, iv).ok()
}
