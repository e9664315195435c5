//! The identity provider of the people who sign in: responses as Entra writes them, each for a person of its own.

use jiff::Timestamp;
use vestibule_saml::binding::Signer;
use vestibule_saml::binding::redirect::RedirectBinding;
use vestibule_saml::idp::{About, Answer, Encrypted, Signing, claims};
use vestibule_saml::types::{
    Attribute, EndpointUrl, EntityId, LoopbackHttp, MessageId, NameId, NameIdFormat, RequestId,
};
use vestibule_xmlsec::keys::{Certificate, SigningKey, read_certificates};
use vestibule_xmlsec::{Document, Limits};

use super::error::LoadError;
use crate::fixture::{base64, read_vector};

/// The tenant.
pub const TENANT: &str = "aaaabbbb-0000-cccc-1111-dddd2222eeee";
/// The entity ID of the tenant's identity provider.
pub const ISSUER: &str = "https://sts.windows.net/aaaabbbb-0000-cccc-1111-dddd2222eeee/";
/// Where people are sent to sign in; nobody goes there.
pub const SIGN_ON_URL: &str = "https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/saml2";

/// The identity provider, with a key of the vectors.
#[derive(Debug)]
pub struct IdentityProvider {
    entity_id: EntityId,
    key: SigningKey,
    certificate: Certificate,
    accounts: u32,
}

/// What a request says that its answer needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// ID of the AuthnRequest.
    pub id: RequestId,
    /// Who asks; the audience.
    pub issuer: EntityId,
    /// Where the answer goes.
    pub acs_url: EndpointUrl,
    /// RelayState, to be sent back.
    pub relay_state: String,
}

impl IdentityProvider {
    /// With the key `idp` of the vectors. Its people are spread over so many accounts, at least one.
    ///
    /// # Panics
    /// The vectors have no such key.
    pub fn new(accounts: u32) -> Self {
        let certificates = read_certificates(&Self::certificate_pem()).expect("the vectors hold a certificate");
        Self {
            entity_id: EntityId::new(ISSUER).expect("an entity ID"),
            key: SigningKey::read(&read_vector("keys/idp.key.pem")).expect("the vectors hold a key"),
            certificate: certificates.into_iter().next().expect("a certificate"),
            accounts,
        }
    }

    /// The number of the account at which a person signs in.
    pub fn account_of(&self, person: u64) -> u32 {
        u32::try_from(person % u64::from(self.accounts.max(1))).unwrap_or(0)
    }

    /// The certificate that a connection trusts.
    ///
    /// # Panics
    /// The vectors have no such certificate.
    pub fn certificate_pem() -> Vec<u8> {
        read_vector("keys/idp.cert.pem")
    }

    /// The response in which this person signs in, as the body of the form that the browser posts.
    ///
    /// # Panics
    /// The response cannot be signed.
    pub fn answer(&self, asked: &Asked, person: u64, random: &[u8; 32], now: Timestamp) -> String {
        let half = |at: usize| MessageId::from_random(std::array::from_fn(|n| random[at + n]));
        let email = format!("person.{person}@{}", domain(self.account_of(person)));
        let name_id = NameId::new(email.as_str(), NameIdFormat::EMAIL_ADDRESS);
        let (audience, attributes) = (Answer::entra_audience(&asked.issuer), attributes(person, &email));
        let about = About {
            issuer: &self.entity_id,
            acs_url: &asked.acs_url,
            audience: &audience,
            name_id: &name_id,
            attributes: &attributes,
        };
        let mut answer = Answer::new(half(0), half(16), now, about);
        answer.in_response_to = Some(&asked.id);
        let signer = Signer { certificate: Some(&self.certificate), ..Signer::new(&self.key) };
        let xml = answer.write(&signer, Signing::Assertion, &Encrypted::default()).expect("a response");
        form(&[("SAMLResponse", &base64(xml.as_bytes())), ("RelayState", &asked.relay_state)])
    }
}

impl Asked {
    /// Reads where the browser was sent.
    ///
    /// # Errors
    /// It is not an AuthnRequest by HTTP-Redirect.
    pub fn read(location: &str, person: u64) -> Result<Self, LoadError> {
        let wrong = |what: String| LoadError::Check { person, what };
        let sent = RedirectBinding::parse(location).map_err(|error| wrong(error.to_string()))?;
        let document = Document::parse(&sent.xml, &Limits::MESSAGE).map_err(|error| wrong(error.to_string()))?;
        let root = document.root();
        let said = |name| root.attribute(name).ok_or_else(|| wrong(format!("the AuthnRequest has no {name}")));
        let issuer = root.children().find(|child| child.local() == "Issuer");
        let issuer = issuer.and_then(|issuer| issuer.text().ok()).unwrap_or_default();
        Ok(Self {
            id: RequestId::new(said("ID")?).map_err(|error| wrong(error.to_string()))?,
            issuer: EntityId::new(issuer).map_err(|error| wrong(error.to_string()))?,
            acs_url: EndpointUrl::new(said("AssertionConsumerServiceURL")?, LoopbackHttp::Allow)
                .map_err(|error| wrong(error.to_string()))?,
            relay_state: sent.relay_state.ok_or_else(|| wrong("there is no RelayState".to_owned()))?,
        })
    }
}

/// The domain of the e-mail addresses of an account's people.
pub fn domain(account: u32) -> String {
    format!("people-{account}.example")
}

/// What Entra says of a person by default, and who of several people have the same name does not matter.
fn attributes(person: u64, email: &str) -> Vec<Attribute> {
    let one = |name: &str, value: &str| Attribute::text(name, [value]);
    vec![
        one(claims::TENANT_ID, TENANT),
        one(claims::OBJECT_IDENTIFIER, &format!("bbbbcccc-1111-dddd-2222-{person:012x}")),
        one(claims::DISPLAY_NAME, "Example Person"),
        one(claims::IDENTITY_PROVIDER, ISSUER),
        Attribute::text(
            claims::AUTHN_METHODS_REFERENCES,
            [
                "http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password",
                "http://schemas.microsoft.com/claims/multipleauthn",
            ],
        ),
        one(claims::GIVEN_NAME, "Example"),
        one(claims::SURNAME, "Person"),
        one(claims::EMAIL_ADDRESS, email),
        one(claims::NAME, email),
    ]
}

/// `application/x-www-form-urlencoded`.
pub(super) fn form(fields: &[(&str, &str)]) -> String {
    let mut body = String::new();
    for (name, value) in fields {
        let separator = if body.is_empty() { "" } else { "&" };
        body.push_str(separator);
        body.push_str(name);
        body.push('=');
        for octet in value.bytes() {
            if octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'*') {
                body.push(char::from(octet));
            } else {
                let digits = b"0123456789ABCDEF";
                body.push('%');
                body.push(char::from(digits[usize::from(octet >> 4)]));
                body.push(char::from(digits[usize::from(octet & 15)]));
            }
        }
    }
    body
}
