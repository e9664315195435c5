//! Namespace names, compared as whole strings.

/// Assertions (SAML Core §1.2).
pub const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// Protocol messages (SAML Core §1.2).
pub const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
/// Metadata (SAML Metadata §1.1).
pub const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
/// Metadata extension for login and discovery: display names, logos.
pub const MDUI: &str = "urn:oasis:names:tc:SAML:metadata:ui";
/// XML Signature.
pub const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
/// XML Encryption.
pub const XENC: &str = "http://www.w3.org/2001/04/xmlenc#";
/// XML Encryption 1.1: AES-GCM and `rsa-oaep` with a mask function of choice.
pub const XENC11: &str = "http://www.w3.org/2009/xmlenc11#";
/// XML Schema datatypes.
pub const XSD: &str = "http://www.w3.org/2001/XMLSchema";
/// XML Schema attributes that stand in a document: `xsi:type`, `xsi:nil`.
pub const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// The namespace that the prefix `xml` is bound to: `xml:lang`.
pub const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// SAML 1.1 protocol, recognised only to say that it is not SAML 2.0.
pub const PROTOCOL_1_1: &str = "urn:oasis:names:tc:SAML:1.1:protocol";
/// SAML 1.x protocol as `protocolSupportEnumeration` and message namespace name it.
pub const PROTOCOL_1_0: &str = "urn:oasis:names:tc:SAML:1.0:protocol";
/// WS-Federation, whose descriptors stand beside SAML's in Entra's and ADFS's metadata.
pub const WS_FEDERATION: &str = "http://docs.oasis-open.org/wsfed/federation/200706";
