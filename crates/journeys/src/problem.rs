//! Why a journey ends before its aim: what the page says, and to whom.

use std::fmt;

use thiserror::Error;
use vestibule_domain::account::Account;
use vestibule_domain::admission::NotAdmitted;
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::id::{ConnectionId, EventId};
use vestibule_domain::identity::SubjectProblem;
use vestibule_domain::mapping::{MappingProblem, MissingClaim};
use vestibule_domain::name::EmailAddress;
use vestibule_domain::ways::WhyNot;
use vestibule_oidc::{EndSessionError, Shown, TokenError};
use vestibule_saml::binding::post::PostError;
use vestibule_saml::sp::{Refusal, Report};
use vestibule_store::StoreError;

use crate::logout::NoLogout;
use crate::password::Busy;
use crate::trust::NotReady;

/// Why a journey ends before its aim.
#[derive(Debug, Error)]
pub enum Problem {
    /// The response of the identity provider is refused.
    #[error("the response is refused: {}", .0.refusal)]
    Refused(Box<Refused>),
    /// What came is no response that could be judged; the place where its address names a connection.
    #[error("no response came: {1}")]
    NotAResponse(Option<Place>, Unreadable),
    /// A response was used before.
    #[error("the response was used before")]
    Replayed(Place),
    /// The answer holds, and the person is not let in.
    #[error("not admitted: {}", .0.why)]
    TurnedAway(Box<Turned>),
    /// The browser that brings the answer is not the one that asked.
    #[error("the sign-in was begun in another browser")]
    OtherBrowser(Place),
    /// There is no such attempt, or it is over; the place where it is known.
    #[error("there is no such sign-in, or it is over")]
    Forgotten(Option<Place>),
    /// A connection that signs nobody in now, for it is still being set up, or paused.
    #[error("the connection is not active")]
    NotActive(Place, ConnectionState),
    /// The account's people may not sign in by the connection, or by any.
    #[error("the account does not sign in by this connection")]
    NoWay(Place, WhyNot),
    /// A draft that lacks something.
    #[error("the connection is not ready: {1}")]
    NotReady(Place, NotReady),
    /// A response that nobody asked for was turned into a request just now, and again nobody asked for what came.
    #[error("nobody asked for this response, again")]
    InCircles(Place),
    /// A logout message that is not acted on.
    #[error("the logout message is refused: {1}")]
    NoLogout(Place, Box<NoLogout>),
    /// The authorization request cannot be answered to the application.
    #[error("the authorization request is refused: {0}")]
    Authorization(Box<Shown>),
    /// The logout request of an application is refused.
    #[error("the logout request is refused: {0}")]
    EndSession(Box<EndSessionError>),
    /// The token request is refused.
    #[error("the token request is refused: {0}")]
    Token(Box<TokenError>),
    /// So much came in this account that nothing proved that no more of it is written.
    #[error("too much that nothing proves")]
    Crowded,
    /// Too many passwords are being compared at once.
    #[error(transparent)]
    Busy(Busy),
    /// No account has this sub-domain.
    #[error("no account has this address")]
    NoSuchHost,
    /// There is no such thing.
    #[error("not found")]
    NotFound,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What we stored ourselves cannot be read.
    #[error("a stored value cannot be used: {0}")]
    Broken(String),
}

/// Why what came is no response that could be judged.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// The form has no response in it.
    #[error(transparent)]
    Post(#[from] PostError),
    /// It is no form.
    #[error("the media type is {got:?}; application/x-www-form-urlencoded is wanted")]
    NotAForm {
        /// The media type.
        got: String,
    },
    /// It is too long to be read.
    #[error("the body has more than {bound} octets")]
    TooLarge {
        /// The bound.
        bound: usize,
    },
}

/// A refused response, for the page and for whoever may see its report.
pub struct Refused {
    /// Where.
    pub place: Place,
    /// The first check that failed.
    pub refusal: Refusal,
    /// Every check.
    pub report: Report,
}

/// Somebody who was turned away after a good answer.
pub struct Turned {
    /// Where.
    pub place: Place,
    /// Why.
    pub why: Why,
    /// The e-mail address that the answer said, if it said one; for those alone to whom the account shows details.
    pub said: Option<SaidEmail>,
}

/// An e-mail address, and where an answer says it (XC-31). Personal: it is in no log and no audit event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaidEmail {
    /// The claim, or the NameID, as an administrator knows it.
    pub from: String,
    /// The address as it was received.
    pub email: EmailAddress,
}

/// Why somebody is turned away after a good answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Why {
    /// Who may come in is decided by the account.
    #[error(transparent)]
    NotAdmitted(#[from] NotAdmitted),
    /// Claims that the account demands are absent (MX-7, HY-29).
    #[error(transparent)]
    MissingClaim(#[from] MissingClaim),
    /// The claims cannot be mapped.
    #[error(transparent)]
    Mapping(#[from] MappingProblem),
    /// The person cannot be told from others.
    #[error(transparent)]
    Subject(#[from] SubjectProblem),
}

impl Why {
    /// Its code for people.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAdmitted(why) => why.code(),
            Self::MissingClaim(why) => why.code(),
            Self::Mapping(why) => why.code(),
            Self::Subject(why) => why.code(),
        }
    }
}

/// Where something happened: what a page may show of it, and the code by which it is found in the audit log.
#[derive(Clone)]
pub struct Place {
    /// The account.
    pub account: Box<Account>,
    /// The connection.
    pub connection: ConnectionId,
    /// The last digits of the audit event; see [`ErrorCode`].
    pub code: ErrorCode,
}

/// A short code that a person can read out, such as `AUD-7K2Q`: three letters for the reason, four for the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorCode(String);

/// Letters and digits that nobody confuses when reading out: Crockford's base 32.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl ErrorCode {
    /// The code of an event with this reason. `reason` is a code such as `audience`.
    pub fn new(reason: &str, event: EventId) -> Self {
        let mut code: String = reason.chars().filter(char::is_ascii_alphabetic).take(3).collect();
        code.make_ascii_uppercase();
        code.push('-');
        // The last 20 bits are all random.
        let [.., a, b, c] = event.bytes();
        let bits = u32::from_be_bytes([0, a, b, c]);
        for place in [15, 10, 5, 0] {
            code.push(char::from(LETTERS[(bits >> place & 0x1f) as usize]));
        }
        Self(code)
    }

    /// As a person reads it out, or types it: in any case, with O for 0, and I or L for 1. None for what is no code.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_uppercase();
        let (reason, digits) = text.split_once('-')?;
        let digits: String = digits
            .chars()
            .map(|c| match c {
                'O' => '0',
                'I' | 'L' => '1',
                c => c,
            })
            .collect();
        let is_reason = reason.len() == 3 && reason.bytes().all(|c| c.is_ascii_uppercase());
        let is_event = digits.len() == 4 && digits.bytes().all(|c| LETTERS.contains(&c));
        (is_reason && is_event).then(|| Self(format!("{reason}-{digits}")))
    }

    /// The last octets of its event.
    pub(crate) fn tail(&self) -> [u8; 2] {
        let value = |digit: u8| LETTERS.iter().position(|letter| *letter == digit).unwrap_or(0);
        let bits = self.0.bytes().skip(4).fold(0, |bits, digit| bits << 5 | value(digit));
        let [.., high, low] = bits.to_be_bytes();
        [high, low]
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Problem {
    /// Something of ours that should be readable is not.
    pub(crate) fn broken(error: impl fmt::Display) -> Self {
        Self::Broken(error.to_string())
    }
}

impl fmt::Debug for Turned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Turned").field(&self.place.code).finish()
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Refused").field(&self.refusal).field(&self.place.code).finish()
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Place").field(&self.connection).field(&self.code).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_three_letters_for_the_reason_and_four_for_the_event() {
        let event = EventId::from_bytes([0xff; 16]);
        assert_eq!(ErrorCode::new("audience", event).as_str(), "AUD-ZZZZ");
        assert_eq!(ErrorCode::new("no_name_id", EventId::from_bytes([0; 16])).as_str(), "NON-0000");
    }

    #[test]
    fn a_code_that_was_read_out_is_understood() {
        let mut octets = [0; 16];
        octets[13..].copy_from_slice(&[0xa1, 0x00, 0x3f]);
        let code = ErrorCode::new("audience", EventId::from_bytes(octets));
        assert_eq!(code.as_str(), "AUD-201Z");
        assert_eq!(code.tail(), [0x00, 0x3f]);
        for text in ["AUD-201Z", " aud-201z\n", "AUD-2OIZ", "aud-2olz"] {
            assert_eq!(ErrorCode::read(text), Some(code.clone()), "{text}");
        }
        for text in ["", "AUD", "AUD-201", "AUD-201ZZ", "AU-201Z", "A%D-201Z", "AUD-201U", "AUDI-01Z"] {
            assert_eq!(ErrorCode::read(text), None, "{text}");
        }
    }
}
