use super::uri::uri_type;
use std::borrow::Cow;
use std::fmt;
use vestibule_xmlsec::Writer;

uri_type! {
    /// How the value of a `NameID` is to be read (SAML Core §8.3).
    NameIdFormat {
        /// Left to the sender; what an absent Format means.
        UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
        /// An e-mail address.
        EMAIL_ADDRESS = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
        /// The subject of a certificate.
        X509_SUBJECT_NAME = "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName";
        /// `DOMAIN\user`.
        WINDOWS_DOMAIN_QUALIFIED_NAME = "urn:oasis:names:tc:SAML:1.1:nameid-format:WindowsDomainQualifiedName";
        /// `user/instance@REALM`.
        KERBEROS = "urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos";
        /// A SAML entity; the format of an Issuer.
        ENTITY = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";
        /// Opaque, stable, for one pair of parties.
        PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
        /// Opaque, for one session.
        TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
        /// In a request only: the name identifier is wanted encrypted.
        ENCRYPTED = "urn:oasis:names:tc:SAML:2.0:nameid-format:encrypted";
    }
}

/// A `NameID`: who the subject is, with all that qualifies it (SAML Core §2.2.2). Compared byte for byte,
/// format included (A25.3).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NameId {
    /// The identifier, exactly the signed text.
    pub value: String,
    /// `Format`; absent means unspecified.
    pub format: Option<NameIdFormat>,
    /// `NameQualifier`: in whose name space the value is unique.
    pub name_qualifier: Option<String>,
    /// `SPNameQualifier`: for which service provider the value was made.
    pub sp_name_qualifier: Option<String>,
    /// `SPProvidedID`: the service provider's own name for the subject.
    pub sp_provided_id: Option<String>,
}

impl NameId {
    /// A name identifier of a format, without qualifiers.
    pub fn new(value: impl Into<String>, format: NameIdFormat) -> Self {
        Self {
            value: value.into(),
            format: Some(format),
            name_qualifier: None,
            sp_name_qualifier: None,
            sp_provided_id: None,
        }
    }
}

/// Writes the attributes of a `NameID` onto the element just begun.
pub(crate) fn write_qualifiers(xml: &mut Writer, name_id: &NameId) {
    xml.optional("Format", name_id.format.as_ref().map(NameIdFormat::as_str));
    xml.optional("NameQualifier", name_id.name_qualifier.as_deref());
    xml.optional("SPNameQualifier", name_id.sp_name_qualifier.as_deref());
    xml.optional("SPProvidedID", name_id.sp_provided_id.as_deref());
}

impl fmt::Display for NameId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.value)
    }
}
