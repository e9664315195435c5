//! Why a logout message is not acted on.

use thiserror::Error;
use vestibule_saml::binding::MessageError;
use vestibule_saml::logout::LogoutRefusal;
use vestibule_saml::sp::Party;

use crate::words::Words;

/// Why a logout message is not acted on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoLogout {
    /// It is none, by what it says.
    #[error("no logout message came: {0}")]
    Garbled(String),
    /// The connection takes no part in single logout.
    #[error("the connection has no logout address")]
    NotSet,
    /// A check of the message failed.
    #[error(transparent)]
    Refused(#[from] LogoutRefusal),
    /// It came before.
    #[error("the logout request came before")]
    Replayed,
    /// It answers no request of ours, or one that is forgotten.
    #[error("the answer is to no logout that was begun here within the last half hour")]
    NotAsked,
    /// It was sent to another address than the connection's own.
    #[error("{got} is not the logout address of the connection")]
    Address {
        /// Where it arrived.
        got: String,
        /// The connection's own.
        want: String,
    },
}

impl NoLogout {
    /// Its code.
    pub fn code(&self) -> &'static str {
        use LogoutRefusal as R;
        use MessageError as M;
        match self {
            Self::NotSet => "logout_not_set",
            Self::Replayed => "logout_replayed",
            Self::NotAsked | Self::Refused(R::NoInResponseTo | R::InResponseTo { .. }) => "logout_not_asked",
            Self::Refused(R::Message(M::Unsigned)) => "logout_not_signed",
            Self::Refused(R::Message(M::Signature(_) | M::EnvelopedInRedirect)) => "logout_signature",
            Self::Address { .. } | Self::Refused(R::Message(M::Destination { .. })) => "logout_destination",
            Self::Refused(R::Message(M::FromTheFuture { .. })) => "logout_from_the_future",
            Self::Refused(R::Issuer { .. }) => "logout_issuer",
            Self::Refused(R::Expired { .. }) => "logout_expired",
            Self::Refused(R::NoNameId | R::NoDecryptionKey | R::Decrypt(_)) => "logout_name_id",
            Self::Garbled(_) | Self::Refused(_) => "logout_garbled",
        }
    }

    /// Whether the signature holds and the message can be refused so once only: then the audit log says it. All else
    /// can be sent by anybody or again and again, and only a bounded list says that something came.
    pub(super) fn is_proved(&self) -> bool {
        use LogoutRefusal as R;
        use MessageError as M;
        matches!(
            self,
            Self::Refused(
                R::Message(M::Destination { .. } | M::FromTheFuture { .. })
                    | R::Issuer { .. }
                    | R::NoNameId
                    | R::NoDecryptionKey
                    | R::Decrypt(_)
                    | R::NoInResponseTo
                    | R::InResponseTo { .. }
            )
        )
    }

    /// In words.
    pub fn words(&self) -> Words {
        use LogoutRefusal as R;
        use MessageError as M;
        let got = match self {
            Self::NotSet | Self::Replayed => None,
            Self::Address { got, .. } => Some(got.clone()),
            Self::Garbled(what) => Some(what.clone()),
            told => Some(told.to_string()),
        };
        let words = match self {
            Self::NotSet => Words::new(
                "A logout message came, and the connection has no logout address.",
                Party::Operator,
                "Set logout_url of the connection (in Entra: Logout URL), or take the Logout Url out of the identity \
                 provider's settings.",
            ),
            Self::Replayed => Words::new(
                "The logout request came before, and was acted on then.",
                Party::User,
                "Nothing: the sessions that it names have ended.",
            ),
            Self::NotAsked | Self::Refused(R::NoInResponseTo | R::InResponseTo { .. }) => Words::new(
                "The answer is to no logout that was begun here within the last half hour.",
                Party::User,
                "Nothing: the session here ended before the identity provider was asked.",
            ),
            Self::Refused(R::Message(M::Unsigned)) => Words::new(
                "The logout message is not signed.",
                Party::IdpAdmin,
                "Have the identity provider sign its logout messages. Nobody is signed out by one that is not signed.",
            )
            .want("a signature over the query (HTTP-Redirect) or in the message (HTTP-POST)"),
            Self::Refused(R::Message(M::Signature(_) | M::EnvelopedInRedirect)) => Words::new(
                "The signature of the logout message does not hold.",
                Party::Operator,
                "Take over the identity provider's present certificate, and see that nothing on the way, such as a \
                 proxy, writes the query anew: its octets are what is signed.",
            ),
            Self::Address { want, .. } => Words::new(
                "The logout message was sent to an address that is not the connection's.",
                Party::IdpAdmin,
                "In Entra, Enterprise applications → the application → Single sign-on → Basic SAML Configuration, set \
                 the Logout Url to the one that is wanted.",
            )
            .want(want),
            Self::Refused(R::Message(M::Destination { .. })) => Words::new(
                "The logout message was sent to another address than it says.",
                Party::IdpAdmin,
                "Set the connection's logout address in the identity provider, exactly as it stands here.",
            ),
            Self::Refused(R::Message(M::FromTheFuture { .. }) | R::Expired { .. }) => Words::new(
                "The logout message is too old, or from the future.",
                Party::Operator,
                "Compare this server's clock with the identity provider's.",
            ),
            Self::Refused(R::Issuer { .. }) => Words::new(
                "The logout message is from another identity provider than the connection's.",
                Party::Operator,
                "Compare the connection's issuer with the one in the identity provider's metadata.",
            ),
            Self::Refused(R::NoNameId | R::NoDecryptionKey | R::Decrypt(_)) => Words::new(
                "The logout request does not say in a form that can be read whose sessions are to end.",
                Party::IdpAdmin,
                "Have the identity provider send a NameID, encrypted only where the connection has a key for it.",
            ),
            Self::Garbled(_) | Self::Refused(_) => Words::new(
                "What arrived at the logout address is no logout message.",
                Party::User,
                "Sign out once more. Where it stays, see what is between the identity provider and us.",
            )
            .want("one SAMLRequest or SAMLResponse with a LogoutRequest or LogoutResponse in it"),
        };
        match got {
            Some(got) => words.got(got),
            None => words,
        }
    }
}
