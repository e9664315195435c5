use crate::binding::Signer;
use crate::time;
use crate::types::{
    Attribute, AttributeNameFormat, AttributeValue, AuthnContextClassRef, ConfirmationMethod, EndpointUrl, EntityId,
    MessageId, NameId, RequestId, SessionIndex, Status, StatusCode, ns,
};
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use vestibule_xmlsec::Writer;
use vestibule_xmlsec::dsig::{Placement, SignError};
use vestibule_xmlsec::enc::{self, EncryptError, Encryption};

/// What a successful `Response` says. It is written as Entra writes it (E-23): Assertion, Issuer and
/// Signature without prefix, in this order of elements.
#[derive(Debug, Clone)]
pub struct Answer<'a> {
    /// ID of the response.
    pub response_id: MessageId,
    /// ID of the assertion.
    pub assertion_id: MessageId,
    /// When both are made.
    pub issue_instant: Timestamp,
    /// Who answers.
    pub issuer: &'a EntityId,
    /// Where the answer goes: Destination and Recipient.
    pub acs_url: &'a EndpointUrl,
    /// The request that is answered; `None` for an answer that nobody asked for, which then has no
    /// InResponseTo at all.
    pub in_response_to: Option<&'a RequestId>,
    /// For whom the assertion is; see [`Answer::entra_audience`].
    pub audience: &'a str,
    /// Who the person is.
    pub name_id: &'a NameId,
    /// From when the assertion is valid.
    pub not_before: Timestamp,
    /// Until when the assertion is valid, exclusive.
    pub not_on_or_after: Timestamp,
    /// Until when it may be delivered, exclusive.
    pub confirmation_not_on_or_after: Timestamp,
    /// When the person was authenticated; may lie weeks back (E-25).
    pub authn_instant: Timestamp,
    /// The session; `None` names it by the assertion's ID, as Entra does.
    pub session_index: Option<SessionIndex>,
    /// Until when the session lasts; Entra does not say.
    pub session_not_on_or_after: Option<Timestamp>,
    /// How the person was authenticated.
    pub authn_context: AuthnContextClassRef,
    /// What is said of the person.
    pub attributes: &'a [Attribute],
}

/// The parties and the person of an [`Answer`].
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// Who answers.
    pub issuer: &'a EntityId,
    /// Where the answer goes.
    pub acs_url: &'a EndpointUrl,
    /// For whom it is.
    pub audience: &'a str,
    /// Who the person is.
    pub name_id: &'a NameId,
    /// What is said of the person.
    pub attributes: &'a [Attribute],
}

/// What of a response is signed (E-22).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signing {
    /// The assertion; Entra's default.
    #[default]
    Assertion,
    /// The response.
    Response,
    /// Both, the assertion first.
    Both,
}

/// How something is encrypted, with the random bytes that it takes.
#[derive(Debug, Clone, Copy)]
pub struct Encrypt<'a> {
    /// For whom and with which algorithms.
    pub how: Encryption<'a>,
    /// Fresh random bytes, as many as the content algorithm's key has.
    pub content_key: &'a [u8],
    /// Fresh random bytes, as many as its initialisation vector has.
    pub iv: &'a [u8],
}

/// What is encrypted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Encrypted<'a> {
    /// The assertion, after it was signed and before the response is.
    pub assertion: Option<Encrypt<'a>>,
    /// The name identifier, before the assertion is signed.
    pub name_id: Option<Encrypt<'a>>,
}

/// Why a response was not made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// It could not be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// It could not be encrypted.
    #[error(transparent)]
    Encrypt(#[from] EncryptError),
}

impl<'a> Answer<'a> {
    /// An answer with Entra's habits: valid from five minutes before to an hour after (E-24, the real
    /// response of 2020), by password over TLS, just now.
    pub fn new(response_id: MessageId, assertion_id: MessageId, issue_instant: Timestamp, about: About<'a>) -> Self {
        let after = |minutes| issue_instant.checked_add(SignedDuration::from_mins(minutes)).unwrap_or(issue_instant);
        let About { issuer, acs_url, audience, name_id, attributes } = about;
        Self {
            response_id,
            assertion_id,
            issue_instant,
            issuer,
            acs_url,
            in_response_to: None,
            audience,
            name_id,
            not_before: after(-5),
            not_on_or_after: after(60),
            confirmation_not_on_or_after: after(60),
            authn_instant: issue_instant,
            session_index: None,
            session_not_on_or_after: None,
            authn_context: AuthnContextClassRef::PASSWORD_PROTECTED_TRANSPORT,
            attributes,
        }
    }

    /// What Entra writes as the audience for the issuer of a request: itself where it is a URI, else `spn:`
    /// and it (E-14).
    pub fn entra_audience(issuer: &EntityId) -> String {
        if issuer.is_absolute_uri() { issuer.to_string() } else { format!("spn:{issuer}") }
    }

    /// The response, signed.
    ///
    /// # Errors
    /// [`AnswerError::Sign`] as [`Signer::envelop`] has it, also for a structured attribute value that is not
    /// well-formed; [`AnswerError::Encrypt`] for a content key or initialisation vector of another length
    /// than the algorithm's, or where the cryptographic provider fails.
    pub fn write(
        &self,
        signer: &Signer<'_>,
        signing: Signing,
        encrypted: &Encrypted<'_>,
    ) -> Result<String, AnswerError> {
        let mut assertion = self.assertion(encrypted.name_id.as_ref())?;
        if signing != Signing::Response {
            assertion = signer.envelop(&assertion, self.assertion_id.as_str(), Placement::AfterIssuer)?;
        }
        let response = self.response(&assertion, encrypted.assertion.as_ref())?;
        if signing == Signing::Assertion {
            return Ok(response);
        }
        Ok(signer.envelop(&response, self.response_id.as_str(), Placement::AfterIssuer)?)
    }

    /// The response without any signature, which nobody may accept: for tests of exactly that.
    ///
    /// # Errors
    /// [`AnswerError::Encrypt`] as in [`write`](Self::write).
    #[cfg(feature = "test-doubles")]
    pub fn write_unsigned(&self, encrypted: &Encrypted<'_>) -> Result<String, AnswerError> {
        let assertion = self.assertion(encrypted.name_id.as_ref())?;
        self.response(&assertion, encrypted.assertion.as_ref())
    }

    fn response(&self, assertion: &str, encrypt: Option<&Encrypt<'_>>) -> Result<String, AnswerError> {
        let mut xml = Writer::new();
        let head = Head {
            id: &self.response_id,
            issue_instant: self.issue_instant,
            issuer: self.issuer,
            destination: self.acs_url,
            in_response_to: self.in_response_to,
        };
        head.write(&mut xml, &Status::success());
        match encrypt {
            None => {
                xml.fragment(assertion);
            }
            Some(encrypt) => {
                let data = encrypt.apply(assertion)?;
                xml.open("EncryptedAssertion").attribute("xmlns", ns::ASSERTION).fragment(&data).close();
            }
        }
        Ok(xml.finish())
    }

    fn assertion(&self, encrypt_name_id: Option<&Encrypt<'_>>) -> Result<String, AnswerError> {
        let mut xml = Writer::new();
        xml.open("Assertion").attribute("ID", self.assertion_id.as_str());
        xml.attribute("IssueInstant", &time::format(self.issue_instant)).attribute("Version", "2.0");
        xml.attribute("xmlns", ns::ASSERTION).leaf("Issuer", self.issuer.as_str());
        self.subject(&mut xml, encrypt_name_id)?;
        xml.open("Conditions").attribute("NotBefore", &time::format(self.not_before));
        xml.attribute("NotOnOrAfter", &time::format(self.not_on_or_after));
        xml.open("AudienceRestriction").leaf("Audience", self.audience).close().close();
        if !self.attributes.is_empty() {
            xml.open("AttributeStatement");
            for attribute in self.attributes {
                write_attribute(&mut xml, attribute);
            }
            xml.close();
        }
        let session_index = self.session_index.as_ref().map_or(self.assertion_id.as_str(), SessionIndex::as_str);
        xml.open("AuthnStatement").attribute("AuthnInstant", &time::format(self.authn_instant));
        xml.attribute("SessionIndex", session_index);
        xml.optional("SessionNotOnOrAfter", self.session_not_on_or_after.map(time::format).as_deref());
        xml.open("AuthnContext").leaf("AuthnContextClassRef", self.authn_context.as_str());
        Ok(xml.finish())
    }

    fn subject(&self, xml: &mut Writer, encrypt_name_id: Option<&Encrypt<'_>>) -> Result<(), AnswerError> {
        xml.open("Subject");
        match encrypt_name_id {
            None => write_name_id(xml, self.name_id, None),
            Some(encrypt) => {
                let mut alone = Writer::new();
                write_name_id(&mut alone, self.name_id, Some(ns::ASSERTION));
                xml.open("EncryptedID").fragment(&encrypt.apply(&alone.finish())?).close();
            }
        }
        xml.open("SubjectConfirmation").attribute("Method", ConfirmationMethod::BEARER.as_str());
        xml.open("SubjectConfirmationData");
        xml.optional("InResponseTo", self.in_response_to.map(RequestId::as_str));
        xml.attribute("NotOnOrAfter", &time::format(self.confirmation_not_on_or_after));
        xml.attribute("Recipient", self.acs_url.as_str()).close().close().close();
        Ok(())
    }
}

/// What a `Response` without an assertion says: the person could not be authenticated (E-26).
#[derive(Debug, Clone)]
pub struct Failure<'a> {
    /// ID of the response.
    pub response_id: MessageId,
    /// When it is made.
    pub issue_instant: Timestamp,
    /// Who answers.
    pub issuer: &'a EntityId,
    /// Where the answer goes.
    pub acs_url: &'a EndpointUrl,
    /// The request that is answered.
    pub in_response_to: Option<&'a RequestId>,
    /// Why; Entra writes Requester, RequestUnsupported and a message with AADSTS numbers.
    pub status: Status,
}

impl Failure<'_> {
    /// The response, signed where there is a signer. Entra signs none of its failures by default.
    ///
    /// # Errors
    /// As [`Signer::envelop`]; none without a signer.
    pub fn write(&self, signer: Option<&Signer<'_>>) -> Result<String, SignError> {
        let mut xml = Writer::new();
        let head = Head {
            id: &self.response_id,
            issue_instant: self.issue_instant,
            issuer: self.issuer,
            destination: self.acs_url,
            in_response_to: self.in_response_to,
        };
        head.write(&mut xml, &self.status);
        let xml = xml.finish();
        match signer {
            Some(signer) => signer.envelop(&xml, self.response_id.as_str(), Placement::AfterIssuer),
            None => Ok(xml),
        }
    }
}

impl Encrypt<'_> {
    fn apply(&self, element: &str) -> Result<String, EncryptError> {
        enc::encrypt(element, &self.how, self.content_key, self.iv)
    }
}

/// What every `Response` begins with, in Entra's order of attributes.
struct Head<'a> {
    id: &'a MessageId,
    issue_instant: Timestamp,
    issuer: &'a EntityId,
    destination: &'a EndpointUrl,
    in_response_to: Option<&'a RequestId>,
}

impl Head<'_> {
    fn write(&self, xml: &mut Writer, status: &Status) {
        xml.open("samlp:Response").attribute("ID", self.id.as_str()).attribute("Version", "2.0");
        xml.attribute("IssueInstant", &time::format(self.issue_instant));
        xml.attribute("Destination", self.destination.as_str());
        xml.optional("InResponseTo", self.in_response_to.map(RequestId::as_str)).attribute("xmlns:samlp", ns::PROTOCOL);
        xml.open("Issuer").attribute("xmlns", ns::ASSERTION).text(self.issuer.as_str()).close();
        write_status(xml, status);
    }
}

/// Writes a `Status` with its nested codes.
pub(crate) fn write_status(xml: &mut Writer, status: &Status) {
    xml.open("samlp:Status");
    let codes: Vec<&StatusCode> = std::iter::once(&status.code).chain(&status.sub_codes).collect();
    for code in &codes {
        xml.open("samlp:StatusCode").attribute("Value", code.as_str());
    }
    for _ in &codes {
        xml.close();
    }
    if let Some(message) = &status.message {
        xml.leaf("samlp:StatusMessage", message);
    }
    xml.close();
}

/// Writes a `NameID` without prefix; `namespace` declares the default namespace where it stands alone.
fn write_name_id(xml: &mut Writer, name_id: &NameId, namespace: Option<&str>) {
    xml.open("NameID").optional("xmlns", namespace);
    crate::types::write_qualifiers(xml, name_id);
    xml.text(&name_id.value).close();
}

fn write_attribute(xml: &mut Writer, attribute: &Attribute) {
    xml.open("Attribute").attribute("Name", &attribute.name);
    xml.optional("NameFormat", attribute.name_format.as_ref().map(AttributeNameFormat::as_str));
    xml.optional("FriendlyName", attribute.friendly_name.as_deref());
    for value in &attribute.values {
        match value {
            AttributeValue::Text(text) => xml.leaf("AttributeValue", text),
            AttributeValue::Structured(element) => xml.fragment(element),
            AttributeValue::Nil => {
                xml.open("AttributeValue").attribute("xsi:nil", "true").attribute("xmlns:xsi", ns::XSI).close()
            }
        };
    }
    xml.close();
}
