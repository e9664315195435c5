//! A response as Entra ID writes it (E-22, E-23): no prefix but `samlp`, no white space, ids of hexadecimal digits.

use vestibule_xmlsec::Writer;

use crate::seal::Seal;

const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";

/// The fictional tenant.
pub const TENANT: &str = "aaaabbbb-0000-cccc-1111-dddd2222eeee";
/// The entity id of the fictional tenant's identity provider.
pub const ISSUER: &str = "https://sts.windows.net/aaaabbbb-0000-cccc-1111-dddd2222eeee/";
/// Our entity id.
pub const SP: &str = "https://sp.example.com/saml/metadata";
/// Our assertion consumer service.
pub const ACS: &str = "https://sp.example.com/saml/acs";
/// The request that is answered.
pub const REQUEST: &str = "_5f8e1d0c2b3a49586776859493a2b1c0";
/// When the response is received, half a minute after it was issued.
pub const NOW: &str = "2026-03-02T10:00:30Z";
/// The response's ID.
pub const RESPONSE_ID: &str = "_7c0f3d52-9a41-4e0b-8d7a-2f6f1f7f3a10";
/// The assertion's ID, which is the session index too.
pub const ASSERTION_ID: &str = "_2b9d4c1e-6f3a-4a58-9c77-0d1e5b8a4300";

/// A successful response of Entra ID. The default is accepted; each field may be changed to what an attack needs. For
/// what no field says, change the text of [`xml`](Self::xml) before or behind its [`Seal`].
#[derive(Debug, Clone)]
pub struct Entra {
    /// `Response/@ID`.
    pub response_id: String,
    /// `Assertion/@ID`, which is the session index too.
    pub assertion_id: String,
    /// `Response/@Destination`.
    pub destination: Option<String>,
    /// `Response/@InResponseTo`.
    pub in_response_to: Option<String>,
    /// `Response/Issuer`.
    pub response_issuer: Option<String>,
    /// `IssueInstant` of both.
    pub issue_instant: String,
    /// `Assertion/Issuer`.
    pub issuer: String,
    /// `NameID` as XML.
    pub name_id: String,
    /// All `SubjectConfirmation` elements as XML, in place of those that the next four fields make.
    pub confirmations: Option<String>,
    /// `SubjectConfirmation/@Method`.
    pub method: String,
    /// `SubjectConfirmationData/@InResponseTo`.
    pub confirmation_in_response_to: Option<String>,
    /// `SubjectConfirmationData/@NotOnOrAfter`.
    pub confirmation_not_on_or_after: Option<String>,
    /// `SubjectConfirmationData/@Recipient`.
    pub recipient: Option<String>,
    /// `Conditions/@NotBefore`.
    pub not_before: Option<String>,
    /// `Conditions/@NotOnOrAfter`.
    pub not_on_or_after: Option<String>,
    /// `Audience`; each of these is a restriction of its own.
    pub audiences: Vec<String>,
    /// More conditions, as XML.
    pub more_conditions: String,
    /// Claims by name, as Entra names them.
    pub claims: Vec<(String, Vec<String>)>,
    /// `NameFormat` of the claims that have one, by name; Entra writes none unless told to (E-34).
    pub name_formats: Vec<(String, String)>,
    /// `AuthnInstant`.
    pub authn_instant: String,
    /// `SessionNotOnOrAfter`, which Entra does not send.
    pub session_not_on_or_after: Option<String>,
    /// `AuthnContextClassRef`.
    pub authn_context: String,
}

impl Default for Entra {
    fn default() -> Self {
        Self {
            response_id: RESPONSE_ID.into(),
            assertion_id: ASSERTION_ID.into(),
            destination: Some(ACS.into()),
            in_response_to: Some(REQUEST.into()),
            response_issuer: Some(ISSUER.into()),
            issue_instant: "2026-03-02T10:00:00.123Z".into(),
            issuer: ISSUER.into(),
            name_id:
                r#"<NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">user@example.com</NameID>"#
                    .into(),
            confirmations: None,
            method: "urn:oasis:names:tc:SAML:2.0:cm:bearer".into(),
            confirmation_in_response_to: Some(REQUEST.into()),
            confirmation_not_on_or_after: Some("2026-03-02T10:59:59.998Z".into()),
            recipient: Some(ACS.into()),
            not_before: Some("2026-03-02T09:54:59.998Z".into()),
            not_on_or_after: Some("2026-03-02T10:59:59.998Z".into()),
            audiences: vec![SP.into()],
            more_conditions: String::new(),
            claims: claims(),
            name_formats: Vec::new(),
            authn_instant: "2026-03-02T09:41:07.5Z".into(),
            session_not_on_or_after: None,
            authn_context: "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport".into(),
        }
    }
}

fn claims() -> Vec<(String, Vec<String>)> {
    [
        ("http://schemas.microsoft.com/identity/claims/tenantid", vec![TENANT]),
        ("http://schemas.microsoft.com/identity/claims/objectidentifier", vec!["bbbbcccc-1111-dddd-2222-eeee3333ffff"]),
        ("http://schemas.microsoft.com/identity/claims/displayname", vec!["Example User"]),
        ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname", vec!["Example"]),
        ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname", vec!["User"]),
        ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", vec!["user@example.com"]),
        ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name", vec!["user@example.com"]),
        ("http://schemas.microsoft.com/identity/claims/identityprovider", vec![ISSUER]),
        (
            "http://schemas.microsoft.com/claims/authnmethodsreferences",
            vec![
                "http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password",
                "http://schemas.microsoft.com/claims/multipleauthn",
            ],
        ),
    ]
    .into_iter()
    .map(|(name, values)| (name.into(), values.into_iter().map(str::to_owned).collect()))
    .collect()
}

impl Entra {
    /// The default, changed.
    pub fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut response = Self::default();
        change(&mut response);
        response
    }

    /// Without a signature.
    pub fn xml(&self) -> String {
        let mut xml = Writer::new();
        xml.open("samlp:Response")
            .attribute("ID", &self.response_id)
            .attribute("Version", "2.0")
            .attribute("IssueInstant", &self.issue_instant)
            .optional("Destination", self.destination.as_deref())
            .optional("InResponseTo", self.in_response_to.as_deref())
            .attribute("xmlns:samlp", PROTOCOL);
        if let Some(issuer) = &self.response_issuer {
            xml.open("Issuer").attribute("xmlns", ASSERTION).text(issuer).close();
        }
        xml.open("samlp:Status");
        xml.open("samlp:StatusCode").attribute("Value", "urn:oasis:names:tc:SAML:2.0:status:Success").close().close();
        xml.fragment(&self.assertion());
        xml.finish()
    }

    /// The assertion alone, without a signature.
    pub fn assertion(&self) -> String {
        let mut xml = Writer::new();
        xml.open("Assertion")
            .attribute("ID", &self.assertion_id)
            .attribute("IssueInstant", &self.issue_instant)
            .attribute("Version", "2.0")
            .attribute("xmlns", ASSERTION);
        xml.leaf("Issuer", &self.issuer);
        xml.open("Subject").fragment(&self.name_id);
        match &self.confirmations {
            Some(confirmations) => xml.fragment(confirmations),
            None => xml.fragment(&self.confirmation()),
        };
        xml.close();
        self.conditions(&mut xml);
        xml.open("AttributeStatement");
        for (name, values) in &self.claims {
            let format = self.name_formats.iter().find(|(of, _)| of == name).map(|(_, format)| format.as_str());
            xml.open("Attribute").attribute("Name", name).optional("NameFormat", format);
            for value in values {
                xml.leaf("AttributeValue", value);
            }
            xml.close();
        }
        xml.close();
        xml.open("AuthnStatement")
            .attribute("AuthnInstant", &self.authn_instant)
            .attribute("SessionIndex", &self.assertion_id)
            .optional("SessionNotOnOrAfter", self.session_not_on_or_after.as_deref());
        xml.open("AuthnContext").leaf("AuthnContextClassRef", &self.authn_context);
        xml.finish()
    }

    /// The one `SubjectConfirmation` that the fields make.
    pub fn confirmation(&self) -> String {
        let mut xml = Writer::new();
        xml.open("SubjectConfirmation").attribute("Method", &self.method);
        xml.open("SubjectConfirmationData")
            .optional("InResponseTo", self.confirmation_in_response_to.as_deref())
            .optional("NotOnOrAfter", self.confirmation_not_on_or_after.as_deref())
            .optional("Recipient", self.recipient.as_deref());
        xml.finish()
    }

    fn conditions(&self, xml: &mut Writer) {
        xml.open("Conditions")
            .optional("NotBefore", self.not_before.as_deref())
            .optional("NotOnOrAfter", self.not_on_or_after.as_deref());
        for audience in &self.audiences {
            xml.open("AudienceRestriction").leaf("Audience", audience).close();
        }
        xml.fragment(&self.more_conditions).close();
    }

    /// The assertion signed with the default [`Seal`], as Entra does unless told otherwise (E-22).
    pub fn signed(&self) -> String {
        Seal::default().assertion(&self.xml())
    }

    /// The response signed, the assertion not.
    pub fn response_signed(&self) -> String {
        Seal::default().response(&self.xml())
    }

    /// Both signed.
    pub fn both_signed(&self) -> String {
        Seal::default().response(&self.signed())
    }
}
