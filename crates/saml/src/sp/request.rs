//! Asking an identity provider to authenticate somebody.

use jiff::Timestamp;
use vestibule_xmlsec::Writer;
use vestibule_xmlsec::dsig::{Placement, SignError};
use vestibule_xmlsec::keys::SigningError;

use crate::binding::post::PostForm;
use crate::binding::{self, Field, RelayState, Signer, redirect};
use crate::types::{AcsUrl, AuthnContextClassRef, Binding, EndpointUrl, EntityId, NameIdFormat, RequestId};

/// An `AuthnRequest` of ours (SAML Core §3.4.1), made so that Entra takes it: no `Subject` (E-12), no
/// `Scoping`, no `Conditions`, the answer wanted by HTTP-POST (E-19), an authentication context only with
/// comparison `exact` (E-17).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthnRequest {
    /// Its ID, to which the answer must refer. Ours begin with `_` (E-10).
    pub id: RequestId,
    /// When it is sent.
    pub issue_instant: Timestamp,
    /// Who asks: our entity ID at this connection, which Entra compares with the application's identifiers
    /// (E-13).
    pub issuer: EntityId,
    /// The identity provider's single sign-on endpoint for the binding that is used.
    pub destination: EndpointUrl,
    /// Where the answer is to be sent; Entra wants it among the application's reply URLs (E-11).
    pub acs_url: AcsUrl,
    /// The format in which the person is to be named. `None`: as the identity provider is set up. Entra takes
    /// persistent, emailAddress, unspecified and transient (E-15).
    pub name_id_format: Option<NameIdFormat>,
    /// Whether the person must authenticate anew. Default: no.
    pub force_authn: bool,
    /// Whether the identity provider must not show anything. Default: no.
    pub is_passive: bool,
    /// The ways of authentication of which one is wanted, compared exactly. Default: none, for a demand fails
    /// more often than it protects.
    pub requested_authn_context: Vec<AuthnContextClassRef>,
}

impl AuthnRequest {
    /// A request with nothing demanded.
    pub fn new(
        id: RequestId,
        issue_instant: Timestamp,
        issuer: EntityId,
        destination: EndpointUrl,
        acs_url: AcsUrl,
    ) -> Self {
        Self {
            id,
            issue_instant,
            issuer,
            destination,
            acs_url,
            name_id_format: None,
            force_authn: false,
            is_passive: false,
            requested_authn_context: Vec::new(),
        }
    }

    /// The message, not signed.
    pub fn xml(&self) -> String {
        let mut xml = Writer::new();
        let (id, destination) = (self.id.as_str(), self.destination.as_str());
        binding::begin(&mut xml, "samlp:AuthnRequest", id, self.issue_instant, destination);
        xml.optional("ForceAuthn", self.force_authn.then_some("true"));
        xml.optional("IsPassive", self.is_passive.then_some("true"));
        xml.attribute("AssertionConsumerServiceURL", self.acs_url.as_str());
        xml.attribute("ProtocolBinding", Binding::HTTP_POST.as_str());
        xml.leaf("saml:Issuer", self.issuer.as_str());
        if let Some(format) = &self.name_id_format {
            // AllowCreate: without it an identity provider must not make a persistent identifier for a person who comes
            // for the first time.
            xml.open("samlp:NameIDPolicy")
                .attribute("Format", format.as_str())
                .attribute("AllowCreate", "true")
                .close();
        }
        if !self.requested_authn_context.is_empty() {
            xml.open("samlp:RequestedAuthnContext").attribute("Comparison", "exact");
            for class in &self.requested_authn_context {
                xml.leaf("saml:AuthnContextClassRef", class.as_str());
            }
        }
        xml.finish()
    }

    /// The address to send the browser to, by HTTP-Redirect; signed where there is a signer.
    ///
    /// `login_hint` is the name with which the person began to sign in. Entra takes it beside the message,
    /// where no signature covers it (E-12).
    ///
    /// # Errors
    /// As [`Signer::query`]; none without a signer.
    pub fn redirect_url(
        &self,
        relay_state: Option<&RelayState>,
        login_hint: Option<&str>,
        signer: Option<&Signer<'_>>,
    ) -> Result<String, SigningError> {
        let query = match signer {
            Some(signer) => signer.query(Field::SamlRequest, &self.xml(), relay_state)?,
            None => redirect::query(Field::SamlRequest, &self.xml(), relay_state),
        };
        let hint = login_hint.map(|hint| ("login_hint", hint));
        Ok(redirect::url(&self.destination, &query, hint.as_slice()))
    }

    /// The form for HTTP-POST; the message in it is signed where there is a signer.
    ///
    /// # Errors
    /// As [`Signer::envelop`]; none without a signer.
    pub fn post_form(
        &self,
        relay_state: Option<&RelayState>,
        signer: Option<&Signer<'_>>,
    ) -> Result<PostForm, SignError> {
        let mut xml = self.xml();
        if let Some(signer) = signer {
            xml = signer.envelop(&xml, self.id.as_str(), Placement::AfterIssuer)?;
        }
        Ok(PostForm::new(self.destination.clone(), Field::SamlRequest, &xml, relay_state))
    }
}
