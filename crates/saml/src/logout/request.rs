use super::{LogoutExpectation, LogoutRefusal};
use crate::binding::post::PostForm;
use crate::binding::{self, Field, Header, MessageError, Received, RelayState, Signer, redirect};
use crate::read;
use crate::time::{self, Skew};
use crate::types::{EndpointUrl, EntityId, NameId, RequestId, SessionIndex, ns};
use jiff::{SignedDuration, Timestamp};
use vestibule_xmlsec::dsig::{Placement, SignError};
use vestibule_xmlsec::enc::{self, DecryptError, RsaBudget};
use vestibule_xmlsec::keys::SigningError;
use vestibule_xmlsec::{Children, Element, Writer};

/// A LogoutRequest without NotOnOrAfter is taken for this long after its IssueInstant: five minutes. Without
/// any end it could be sent again for ever.
pub const MAX_AGE: SignedDuration = SignedDuration::from_mins(5);

/// A `LogoutRequest` (SAML Core §3.7.1): one that we send, or one that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutRequest {
    /// Its ID, to which the answer must refer. Ours begin with `_` (E-39).
    pub id: RequestId,
    /// When it is made.
    pub issue_instant: Timestamp,
    /// Who asks.
    pub issuer: EntityId,
    /// The single logout endpoint that it is sent to.
    pub destination: EndpointUrl,
    /// Until when it may be acted on, exclusive.
    pub not_on_or_after: Option<Timestamp>,
    /// Why, as a URI.
    pub reason: Option<String>,
    /// Who is to be logged out. What Entra sends may be another identifier than at sign-in, so a session is
    /// also looked for by its index (E-40).
    pub name_id: NameId,
    /// Which of the person's sessions end; none means all.
    pub session_indexes: Vec<SessionIndex>,
}

impl LogoutRequest {
    /// A request of ours about one person, valid for five minutes.
    pub fn new(
        id: RequestId,
        issue_instant: Timestamp,
        issuer: EntityId,
        destination: EndpointUrl,
        name_id: NameId,
    ) -> Self {
        Self {
            id,
            issue_instant,
            issuer,
            destination,
            not_on_or_after: issue_instant.checked_add(MAX_AGE).ok(),
            reason: None,
            name_id,
            session_indexes: Vec::new(),
        }
    }

    /// Takes a request that a browser brought, if it is signed by the expected party, meant for us and still
    /// good.
    ///
    /// Its ID should be remembered until [`LogoutRequest::remember_until`], so that it is acted on once only.
    ///
    /// # Errors
    /// [`LogoutRefusal::Message`] unless it is a LogoutRequest with a signature that holds, sent to us and
    /// not made in the future; [`LogoutRefusal::Issuer`] from another party; [`LogoutRefusal::NoNameId`],
    /// [`LogoutRefusal::NoDecryptionKey`] or [`LogoutRefusal::Decrypt`] where it names nobody that we can
    /// read; [`LogoutRefusal::Expired`].
    pub fn accept(received: &Received, expect: &LogoutExpectation<'_>) -> Result<Self, LogoutRefusal> {
        let opened = received.open(Field::SamlRequest, "LogoutRequest")?;
        let proven = opened.verify(expect.keys, expect.algorithms)?;
        let root = proven.root();
        let mut children = Children::of(root)?;
        let header = Header::read(root, &mut children)?;
        expect.check(&header)?;
        let name_id = name_id(&mut children, expect)?;
        let mut session_indexes = Vec::new();
        while let Some(index) = children.optional(ns::PROTOCOL, "SessionIndex") {
            session_indexes.push(SessionIndex::new(read::text(index)?).map_err(MessageError::from)?);
        }
        children.end()?;
        let request = Self {
            id: header.id,
            issue_instant: header.issue_instant,
            issuer: header.issuer,
            destination: expect.destination.clone(),
            not_on_or_after: read::optional_time(root, "NotOnOrAfter")?,
            reason: root.attribute("Reason").map(str::to_owned),
            name_id,
            session_indexes,
        };
        let end = request.end();
        if expect.now >= expect.clock_skew.closes(end) {
            return Err(LogoutRefusal::Expired { got: end, now: expect.now });
        }
        Ok(request)
    }

    /// From when on the request is refused for its age, so that its ID may be forgotten.
    pub fn remember_until(&self, clock_skew: Skew) -> Timestamp {
        clock_skew.closes(self.end())
    }

    /// The message, not signed.
    pub fn xml(&self) -> String {
        let mut xml = Writer::new();
        let (id, destination) = (self.id.as_str(), self.destination.as_str());
        binding::begin(&mut xml, "samlp:LogoutRequest", id, self.issue_instant, destination);
        xml.optional("NotOnOrAfter", self.not_on_or_after.map(time::format).as_deref());
        xml.optional("Reason", self.reason.as_deref()).leaf("saml:Issuer", self.issuer.as_str());
        xml.open("saml:NameID");
        crate::types::write_qualifiers(&mut xml, &self.name_id);
        xml.text(&self.name_id.value).close();
        for index in &self.session_indexes {
            xml.leaf("samlp:SessionIndex", index.as_str());
        }
        xml.finish()
    }

    /// The address to send the browser to, by HTTP-Redirect.
    ///
    /// # Errors
    /// As [`Signer::query`].
    pub fn redirect_url(&self, relay_state: Option<&RelayState>, signer: &Signer<'_>) -> Result<String, SigningError> {
        let query = signer.query(Field::SamlRequest, &self.xml(), relay_state)?;
        Ok(redirect::url(&self.destination, &query, &[]))
    }

    /// The form for HTTP-POST.
    ///
    /// # Errors
    /// As [`Signer::envelop`].
    pub fn post_form(&self, relay_state: Option<&RelayState>, signer: &Signer<'_>) -> Result<PostForm, SignError> {
        let xml = signer.envelop(&self.xml(), self.id.as_str(), Placement::AfterIssuer)?;
        Ok(PostForm::new(self.destination.clone(), Field::SamlRequest, &xml, relay_state))
    }

    /// When it ends: what it says, or five minutes after it was made.
    fn end(&self) -> Timestamp {
        let by_age = || self.issue_instant.checked_add(MAX_AGE).unwrap_or(Timestamp::MAX);
        self.not_on_or_after.unwrap_or_else(by_age)
    }
}

fn name_id(children: &mut Children<'_>, expect: &LogoutExpectation<'_>) -> Result<NameId, LogoutRefusal> {
    if let Some(name_id) = children.optional(ns::ASSERTION, "NameID") {
        return Ok(read::name_id(name_id)?);
    }
    match children.optional(ns::ASSERTION, "EncryptedID") {
        Some(encrypted) => decrypt(encrypted, expect),
        None => Err(LogoutRefusal::NoNameId),
    }
}

fn decrypt(encrypted: Element<'_>, expect: &LogoutExpectation<'_>) -> Result<NameId, LogoutRefusal> {
    let keys = expect.decryption_keys.ok_or(LogoutRefusal::NoDecryptionKey)?;
    let document = enc::decrypt(encrypted, keys, &expect.algorithms, &mut RsaBudget::new())?;
    // Whatever is wrong with what was decrypted is told as if it had not been: there is to be no oracle (A13.5).
    let name_id = Some(document.root()).filter(|root| root.is(ns::ASSERTION, "NameID"));
    name_id.and_then(|root| read::name_id(root).ok()).ok_or(LogoutRefusal::Decrypt(DecryptError::Undecryptable))
}
