//! Switches: one word each, the first of which is the default.

use serde::{Deserialize, Serialize};

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $(#[$first_doc:meta])* $first:ident, $($(#[$rest_doc:meta])* $rest:ident,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $(#[$first_doc])*
            #[default]
            $first,
            $($(#[$rest_doc])* $rest,)*
        }
    };
}

choice! {
    /// Which error tells that no application has the identifier of a request.
    UnknownApplication {
        /// AADSTS700016.
        NotFound,
        /// AADSTS650056.
        Misconfigured,
    }
}
choice! {
    /// Where a passive request ends that cannot be answered in silence (AADSTS50058).
    PassiveFailure {
        /// In a response with the status NoPassive.
        Response,
        /// On Entra's own page.
        Page,
    }
}
choice! {
    /// Which new identifiers are taken.
    IdentifierPolicy {
        /// Any.
        Any,
        /// Those with a verified domain, the tenant's ID or the application's.
        Secure,
    }
}
choice! {
    /// Whether an application has a tile.
    Visibility {
        /// For those who may use it.
        Visible,
        /// For nobody.
        Hidden,
    }
}
choice! {
    /// What is signed.
    SigningOption {
        /// "Sign SAML assertion".
        Assertion,
        /// "Sign SAML response".
        Response,
        /// "Sign SAML response and assertion".
        ResponseAndAssertion,
    }
}
choice! {
    /// How it is signed.
    SigningAlgorithm {
        /// RSA-SHA256.
        Sha256,
        /// RSA-SHA1.
        Sha1,
    }
}
choice! {
    /// Whose key signs for an application.
    SigningKeyOf {
        /// Its own.
        Application,
        /// The tenant's, as applications have it that were made by registration.
        Tenant,
    }
}
choice! {
    /// Which certificates metadata lists.
    MetadataCertificates {
        /// The active one, and those that wait for it to go.
        All,
        /// The active one.
        Active,
    }
}
choice! {
    /// Which bindings of the sign-on service metadata lists.
    MetadataBindings {
        /// Redirect and POST.
        RedirectAndPost,
        /// Redirect, as Microsoft's sample has it.
        Redirect,
    }
}
choice! {
    /// Whether people must be assigned.
    AssignmentRule {
        /// "Assignment required": yes.
        Required,
        /// "Assignment required": no.
        NotRequired,
    }
}
choice! {
    /// What is demanded of the signatures of requests.
    RequestSignatures {
        /// Nothing: one that is there is not checked.
        Ignored,
        /// Each request is signed, with RSA-SHA256.
        Required,
        /// Each request is signed, with RSA-SHA256 or RSA-SHA1.
        RequiredSha1Allowed,
    }
}
choice! {
    /// Who the response says to be from.
    IssuerShape {
        /// As in the metadata: `https://sts.windows.net/<tid>/`.
        Metadata,
        /// As in Microsoft's sample: `https://login.microsoftonline.com/<tid>/`.
        Login,
        /// "Append application ID to issuer": `https://sts.windows.net/<tid>/<appid>/`, in the metadata as well.
        WithApplication,
    }
}
choice! {
    /// Whether a Destination is compared.
    DestinationCheck {
        /// It is not looked at.
        Ignored,
        /// It must be the address of the endpoint.
        Checked,
    }
}
choice! {
    /// What Conditional Access demands for an application.
    ConditionalAccess {
        /// Nothing.
        None,
        /// A second factor.
        SecondFactor,
        /// Nobody passes.
        Block,
    }
}
choice! {
    /// Whether a certificate of an application signs.
    CertificateStatus {
        /// Not yet: "Inactive" (E-49).
        Inactive,
        /// "Active".
        Active,
    }
}
choice! {
    /// Whether assertions are encrypted with an uploaded certificate.
    EncryptionStatus {
        /// They are.
        Active,
        /// It was imported only.
        Inactive,
    }
}
choice! {
    /// The mode of AES-256.
    ContentMode {
        /// CBC.
        Cbc,
        /// GCM.
        Gcm,
    }
}
choice! {
    /// RSA-OAEP in its two spellings.
    Transport {
        /// `rsa-oaep-mgf1p` with SHA-1.
        OaepMgf1p,
        /// `rsa-oaep` of XML Encryption 1.1 with SHA-256.
        OaepSha256,
    }
}
