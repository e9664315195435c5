//! Values that are one URI out of a known list, or another one that we carry as it is.
//!
//! Equality is equality of the whole string. A known URI costs no allocation.

use std::borrow::Cow;
use std::fmt;

macro_rules! uri_type {
    ($(#[$doc:meta])* $name:ident { $($(#[$const_doc:meta])* $constant:ident = $uri:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Cow<'static, str>);

        impl $name {
            $($(#[$const_doc])* pub const $constant: Self = Self(Cow::Borrowed($uri));)*

            /// The value for this URI, compared exactly; any other URI is carried as it is.
            pub fn from_uri(uri: &str) -> Self {
                match uri {
                    $($uri => Self::$constant,)*
                    other => Self(Cow::Owned(other.to_owned())),
                }
            }

            /// The URI itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}
pub(crate) use uri_type;

uri_type! {
    /// How the user was authenticated (SAML AuthnContext §3.4): the value of an `AuthnContextClassRef`.
    AuthnContextClassRef {
        /// A password over a protected connection; what Entra sends although its list of accepted requests lacks it (E-17).
        PASSWORD_PROTECTED_TRANSPORT = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
        /// A password.
        PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password";
        /// Kerberos.
        KERBEROS = "urn:oasis:names:tc:SAML:2.0:ac:classes:Kerberos";
        /// A certificate.
        X509 = "urn:oasis:names:tc:SAML:2.0:ac:classes:X509";
        /// A smart card.
        SMARTCARD = "urn:oasis:names:tc:SAML:2.0:ac:classes:Smartcard";
        /// A client certificate of the TLS connection.
        TLS_CLIENT = "urn:oasis:names:tc:SAML:2.0:ac:classes:TLSClient";
        /// By means that are not said.
        UNSPECIFIED = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified";
        /// Windows integrated sign-in, Microsoft's own.
        WINDOWS = "urn:federation:authentication:windows";
        /// More than one factor, the REFEDS profile.
        REFEDS_MFA = "https://refeds.org/profile/mfa";
        /// More than one factor, as Entra names it in `authnmethodsreferences` (E-30).
        MULTIPLE_AUTHN = "http://schemas.microsoft.com/claims/multipleauthn";
    }
}

uri_type! {
    /// What became of a request (SAML Core §3.2.2.2).
    StatusCode {
        /// The request succeeded.
        SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success";
        /// The party that asked is at fault.
        REQUESTER = "urn:oasis:names:tc:SAML:2.0:status:Requester";
        /// The party that answers is at fault.
        RESPONDER = "urn:oasis:names:tc:SAML:2.0:status:Responder";
        /// The version of the request was not understood.
        VERSION_MISMATCH = "urn:oasis:names:tc:SAML:2.0:status:VersionMismatch";
        /// The user could not be authenticated.
        AUTHN_FAILED = "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed";
        /// Unexpected or invalid content in an attribute.
        INVALID_ATTR_NAME_OR_VALUE = "urn:oasis:names:tc:SAML:2.0:status:InvalidAttrNameOrValue";
        /// The name identifier policy cannot be satisfied.
        INVALID_NAME_ID_POLICY = "urn:oasis:names:tc:SAML:2.0:status:InvalidNameIDPolicy";
        /// The authentication context that was demanded cannot be met.
        NO_AUTHN_CONTEXT = "urn:oasis:names:tc:SAML:2.0:status:NoAuthnContext";
        /// None of the listed identity providers is supported.
        NO_SUPPORTED_IDP = "urn:oasis:names:tc:SAML:2.0:status:NoSupportedIDP";
        /// None of the listed identity providers is available.
        NO_AVAILABLE_IDP = "urn:oasis:names:tc:SAML:2.0:status:NoAvailableIDP";
        /// The user cannot be authenticated without interaction, and `IsPassive` forbade it.
        NO_PASSIVE = "urn:oasis:names:tc:SAML:2.0:status:NoPassive";
        /// Not every session could be ended.
        PARTIAL_LOGOUT = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout";
        /// Proxying would go on too long.
        PROXY_COUNT_EXCEEDED = "urn:oasis:names:tc:SAML:2.0:status:ProxyCountExceeded";
        /// The request was understood and refused.
        REQUEST_DENIED = "urn:oasis:names:tc:SAML:2.0:status:RequestDenied";
        /// This kind of request is not supported.
        REQUEST_UNSUPPORTED = "urn:oasis:names:tc:SAML:2.0:status:RequestUnsupported";
        /// The subject is not known.
        UNKNOWN_PRINCIPAL = "urn:oasis:names:tc:SAML:2.0:status:UnknownPrincipal";
        /// The binding that was asked for is not supported.
        UNSUPPORTED_BINDING = "urn:oasis:names:tc:SAML:2.0:status:UnsupportedBinding";
    }
}

uri_type! {
    /// A protocol binding, as metadata and `ProtocolBinding` name it (SAML Bindings §3).
    Binding {
        /// HTTP-Redirect: the message stands in the query string.
        HTTP_REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
        /// HTTP-POST: the message stands in a form that posts itself.
        HTTP_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
        /// HTTP-POST-SimpleSign; never spoken here.
        HTTP_POST_SIMPLE_SIGN = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST-SimpleSign";
        /// HTTP-Artifact; never spoken here.
        HTTP_ARTIFACT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact";
        /// SOAP; never spoken here.
        SOAP = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP";
    }
}

uri_type! {
    /// How a subject is confirmed (SAML Profiles §3).
    ConfirmationMethod {
        /// Whoever brings the assertion; the only method that signs anyone in here.
        BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
        /// Whoever holds a key.
        HOLDER_OF_KEY = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key";
        /// The sender vouches.
        SENDER_VOUCHES = "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches";
    }
}

uri_type! {
    /// How the name of an attribute is to be read (SAML Core §8.2).
    AttributeNameFormat {
        /// Not said.
        UNSPECIFIED = "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified";
        /// A URI.
        URI = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri";
        /// A plain name.
        BASIC = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic";
    }
}

/// The `Status` of a response: one code at the top, perhaps finer ones under it, perhaps a sentence (SAML
/// Core §3.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The code at the top: `Success`, or whose fault it is.
    pub code: StatusCode,
    /// The codes nested below it, outermost first; usually none or one.
    pub sub_codes: Vec<StatusCode>,
    /// What the sender wrote for a person, unverified unless the response is signed.
    pub message: Option<String>,
}

impl Status {
    /// `Success`, nothing more.
    pub fn success() -> Self {
        Self { code: StatusCode::SUCCESS, sub_codes: Vec::new(), message: None }
    }

    /// A failure: whose fault, what exactly, and a sentence.
    pub fn failure(code: StatusCode, sub_code: Option<StatusCode>, message: Option<String>) -> Self {
        Self { code, sub_codes: sub_code.into_iter().collect(), message }
    }

    /// Whether the code at the top is exactly `Success`.
    pub fn is_success(&self) -> bool {
        self.code == StatusCode::SUCCESS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_uri_and_a_constant_are_equal() {
        assert_eq!(StatusCode::from_uri("urn:oasis:names:tc:SAML:2.0:status:Success"), StatusCode::SUCCESS);
    }

    #[test]
    fn case_and_white_space_make_another_uri() {
        assert_ne!(StatusCode::from_uri("urn:oasis:names:tc:SAML:2.0:status:success"), StatusCode::SUCCESS);
        assert_ne!(StatusCode::from_uri(" urn:oasis:names:tc:SAML:2.0:status:Success"), StatusCode::SUCCESS);
    }

    #[test]
    fn an_unknown_uri_is_carried_as_it_is() {
        assert_eq!(AuthnContextClassRef::from_uri("urn:example:two").as_str(), "urn:example:two");
    }
}
