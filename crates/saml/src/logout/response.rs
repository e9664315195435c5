use super::{LogoutExpectation, LogoutRefusal};
use crate::binding::post::PostForm;
use crate::binding::{self, Field, Header, MessageError, Received, RelayState, Signer, redirect};
use crate::idp::write_status;
use crate::read;
use crate::types::{EndpointUrl, EntityId, MessageId, RequestId, Status, StatusCode, ns};
use jiff::Timestamp;
use vestibule_xmlsec::dsig::{Placement, SignError};
use vestibule_xmlsec::keys::SigningError;
use vestibule_xmlsec::{Children, Writer};

/// A `LogoutResponse` (SAML Core §3.7.2): one that we send, or one that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutResponse {
    /// Its ID.
    pub id: MessageId,
    /// When it is made.
    pub issue_instant: Timestamp,
    /// Who answers.
    pub issuer: EntityId,
    /// The endpoint for answers that it is sent to.
    pub destination: EndpointUrl,
    /// The request that it answers.
    pub in_response_to: RequestId,
    /// What became of the request.
    pub status: Status,
}

/// What a `LogoutResponse` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoutOutcome {
    /// All sessions that the other party knows have ended.
    Complete,
    /// Some participants did not answer: the person should close the browser.
    Partial,
    /// Nothing has ended, as far as the other party says.
    Failed,
}

impl LogoutResponse {
    /// Takes the answer to a request of ours, if it is signed by the expected party and meant for us. What it
    /// says of the logout is in [`LogoutResponse::outcome`]: a failure that is properly told is accepted as such.
    ///
    /// # Errors
    /// [`LogoutRefusal::Message`] unless it is a LogoutResponse with a signature that holds, sent to us and
    /// not made in the future; [`LogoutRefusal::Issuer`] from another party;
    /// [`LogoutRefusal::NoInResponseTo`] or [`LogoutRefusal::InResponseTo`] where it does not answer
    /// `pending`.
    pub fn accept(
        received: &Received,
        pending: &RequestId,
        expect: &LogoutExpectation<'_>,
    ) -> Result<Self, LogoutRefusal> {
        let opened = received.open(Field::SamlResponse, "LogoutResponse")?;
        let proven = opened.verify(expect.keys, expect.algorithms)?;
        let root = proven.root();
        let mut children = Children::of(root)?;
        let header = Header::read(root, &mut children)?;
        expect.check(&header)?;
        let got = root.attribute("InResponseTo").ok_or(LogoutRefusal::NoInResponseTo)?;
        let got = RequestId::new(got).map_err(MessageError::from)?;
        if got != *pending {
            return Err(LogoutRefusal::InResponseTo { got, want: pending.clone() });
        }
        let status = read::status(children.required(ns::PROTOCOL, "Status")?)?;
        children.end()?;
        Ok(Self {
            id: MessageId::new(header.id.as_str()).map_err(MessageError::from)?,
            issue_instant: header.issue_instant,
            issuer: header.issuer,
            destination: expect.destination.clone(),
            in_response_to: got,
            status,
        })
    }

    /// Which request a message says to answer. Not proved: it only finds what is pending, by which the message is then
    /// judged.
    pub fn claimed_request(received: &Received) -> Option<String> {
        let opened = received.open(Field::SamlResponse, "LogoutResponse").ok()?;
        opened.root().attribute("InResponseTo").map(str::to_owned)
    }

    /// What it means. `PartialLogout` counts under any code at the top, for identity providers differ there
    /// (SAML Core §3.7.3.2).
    pub fn outcome(&self) -> LogoutOutcome {
        if self.status.code == StatusCode::PARTIAL_LOGOUT || self.status.sub_codes.contains(&StatusCode::PARTIAL_LOGOUT)
        {
            LogoutOutcome::Partial
        } else if self.status.is_success() {
            LogoutOutcome::Complete
        } else {
            LogoutOutcome::Failed
        }
    }

    /// The message, not signed.
    pub fn xml(&self) -> String {
        let mut xml = Writer::new();
        let (id, destination) = (self.id.as_str(), self.destination.as_str());
        binding::begin(&mut xml, "samlp:LogoutResponse", id, self.issue_instant, destination);
        xml.attribute("InResponseTo", self.in_response_to.as_str()).leaf("saml:Issuer", self.issuer.as_str());
        write_status(&mut xml, &self.status);
        xml.finish()
    }

    /// The address to send the browser to, by HTTP-Redirect.
    ///
    /// # Errors
    /// As [`Signer::query`].
    pub fn redirect_url(&self, relay_state: Option<&RelayState>, signer: &Signer<'_>) -> Result<String, SigningError> {
        let query = signer.query(Field::SamlResponse, &self.xml(), relay_state)?;
        Ok(redirect::url(&self.destination, &query, &[]))
    }

    /// The form for HTTP-POST.
    ///
    /// # Errors
    /// As [`Signer::envelop`].
    pub fn post_form(&self, relay_state: Option<&RelayState>, signer: &Signer<'_>) -> Result<PostForm, SignError> {
        let xml = signer.envelop(&self.xml(), self.id.as_str(), Placement::AfterIssuer)?;
        Ok(PostForm::new(self.destination.clone(), Field::SamlResponse, &xml, relay_state))
    }
}
