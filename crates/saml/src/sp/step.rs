//! The checks, in the order in which they are made, and who can mend what one of them refuses.

/// One check of a response. The order of [`Step::ALL`] is the order in which they are made; a step
/// behind a refused one is not reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Step {
    /// The form field is base64 of at most 256 KiB.
    Decoding,
    /// The octets are XML within the bounds, without what SAML does not need.
    Xml,
    /// The document is a `Response` of SAML 2.0.
    Message,
    /// At most one assertion, every assertion and signature where it belongs, and no value put
    /// together with comments.
    Positions,
    /// The response's own signature, where it has one.
    ResponseSignature,
    /// The response's children and attributes are those of the schema.
    Structure,
    /// The identity provider says that it succeeded.
    Status,
    /// The response was meant for this address.
    Destination,
    /// The response names the configured identity provider.
    ResponseIssuer,
    /// There is exactly one assertion, plain or encrypted.
    OneAssertion,
    /// The encrypted assertion can be decrypted with one of our keys.
    Decryption,
    /// The assertion's own signature, where it has one.
    AssertionSignature,
    /// What must be signed is signed.
    SignaturePolicy,
    /// The certificate whose key made the signature is within its validity.
    Certificate,
    /// The assertion's children and attributes are those of the schema.
    AssertionStructure,
    /// The assertion names the configured identity provider.
    AssertionIssuer,
    /// Neither response nor assertion comes from the future.
    IssueInstant,
    /// The conditions are there, known, and hold now.
    Conditions,
    /// The assertion is for us.
    Audience,
    /// Somebody is named, and the name was made for us.
    Subject,
    /// The assertion may be used by whoever brings it.
    BearerConfirmation,
    /// The confirmation was made for this address.
    Recipient,
    /// The confirmation holds now.
    ConfirmationTime,
    /// The response answers the request that is pending in this browser, or may come unasked.
    InResponseTo,
    /// The person was authenticated, not in the future, and the session has not ended.
    Authentication,
    /// The authentication is not older than the connection allows.
    AuthenticationAge,
    /// The person was authenticated in a way that was asked for.
    AuthnContext,
    /// For Entra: the claims come from the tenant that the issuer names.
    Tenant,
    /// The assertion was not used before.
    Replay,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 29] = [
        Self::Decoding,
        Self::Xml,
        Self::Message,
        Self::Positions,
        Self::ResponseSignature,
        Self::Structure,
        Self::Status,
        Self::Destination,
        Self::ResponseIssuer,
        Self::OneAssertion,
        Self::Decryption,
        Self::AssertionSignature,
        Self::SignaturePolicy,
        Self::Certificate,
        Self::AssertionStructure,
        Self::AssertionIssuer,
        Self::IssueInstant,
        Self::Conditions,
        Self::Audience,
        Self::Subject,
        Self::BearerConfirmation,
        Self::Recipient,
        Self::ConfirmationTime,
        Self::InResponseTo,
        Self::Authentication,
        Self::AuthenticationAge,
        Self::AuthnContext,
        Self::Tenant,
        Self::Replay,
    ];

    /// The step's name in reports that programs read.
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// What the step makes sure of, in words for an administrator.
    pub const fn title(self) -> &'static str {
        self.row().1
    }

    /// The specification's section.
    pub const fn spec(self) -> &'static str {
        self.row().2
    }

    const fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Decoding => ("decoding", "the message could be decoded", "Bindings §3.5.4"),
            Self::Xml => ("xml", "it is well-formed XML within the bounds", "XML 1.0; Namespaces in XML 1.0"),
            Self::Message => ("message", "it is a SAML 2.0 response", "Core §3.3.3, §4.1.3"),
            Self::Positions => ("positions", "everything stands where it belongs", "Core §5.4.2"),
            Self::ResponseSignature => {
                ("response_signature", "the response's signature is good", "Core §5.4; XML Signature §3.2")
            }
            Self::Structure => ("structure", "the response is complete and has nothing foreign", "Core §3.2.2, §3.3.3"),
            Self::Status => ("status", "the identity provider reports success", "Core §3.2.2.2"),
            Self::Destination => ("destination", "it was sent to this address", "Bindings §3.5.5.2"),
            Self::ResponseIssuer => {
                ("response_issuer", "the response comes from the configured identity provider", "Profiles §4.1.4.2")
            }
            Self::OneAssertion => ("one_assertion", "there is exactly one assertion", "Profiles §4.1.4.2"),
            Self::Decryption => ("decryption", "the assertion can be decrypted", "Core §6; XML Encryption §4"),
            Self::AssertionSignature => {
                ("assertion_signature", "the assertion's signature is good", "Core §5.4; XML Signature §3.2")
            }
            Self::SignaturePolicy => ("signature_policy", "what must be signed is signed", "Profiles §4.1.3.5"),
            Self::Certificate => {
                ("certificate", "the signing certificate is one of yours and valid", "Metadata §2.4.1.1")
            }
            Self::AssertionStructure => {
                ("assertion_structure", "the assertion is complete and has nothing foreign", "Core §2.3.3")
            }
            Self::AssertionIssuer => (
                "assertion_issuer",
                "the assertion comes from the configured identity provider",
                "Core §2.2.5; Profiles §4.1.4.2",
            ),
            Self::IssueInstant => ("issue_instant", "it was not issued in the future", "Core §2.3.3, §3.2.2"),
            Self::Conditions => ("conditions", "its conditions hold now", "Core §2.5.1"),
            Self::Audience => ("audience", "it is meant for us", "Core §2.5.1.4"),
            Self::Subject => ("subject", "it names a person, for us", "Core §2.2.2, §2.4.1"),
            Self::BearerConfirmation => {
                ("bearer_confirmation", "whoever brings it may use it", "Profiles §3.3, §4.1.4.2")
            }
            Self::Recipient => ("recipient", "it may be used at this address", "Profiles §4.1.4.2"),
            Self::ConfirmationTime => ("confirmation_time", "it may be used now", "Profiles §4.1.4.2; Core §2.4.1.2"),
            Self::InResponseTo => ("in_response_to", "it answers the pending request", "Profiles §4.1.4.3, §4.1.5"),
            Self::Authentication => {
                ("authentication", "the person was authenticated and the session lasts", "Core §2.7.2")
            }
            Self::AuthenticationAge => ("authentication_age", "the authentication is recent enough", "Core §2.7.2"),
            Self::AuthnContext => ("authn_context", "the person was authenticated as asked", "Core §3.3.2.2.1"),
            Self::Tenant => ("tenant", "the claims come from the issuer's tenant", "Entra ID claim tenantid"),
            Self::Replay => ("replay", "it was not used before", "Profiles §4.1.4.5"),
        }
    }
}

/// Who can mend what a step refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// The operator on our side: configuration of the connection, keys, clock.
    Operator,
    /// The administrator of the identity provider.
    IdpAdmin,
    /// The person who signs in: by trying again.
    User,
}

impl Party {
    /// The party's name in reports that programs read.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::IdpAdmin => "idp_admin",
            Self::User => "user",
        }
    }

    /// The party in words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Operator => "the operator of this service",
            Self::IdpAdmin => "the administrator of the identity provider",
            Self::User => "the person who signs in",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Step;

    #[test]
    fn all_steps_are_listed_once_and_in_order() {
        assert!(Step::ALL.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(Step::ALL.len(), Step::Replay as usize + 1);
    }
}
