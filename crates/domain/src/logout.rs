//! Single logout: sessions that end at the identity provider and here (SAML Profiles §4.4).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use vestibule_saml::logout::LogoutOutcome;
use vestibule_saml::types::{RequestId, Status};

use crate::attempt;
use crate::id::{AccountId, ConnectionId, LogoutId};

/// How long an identity provider may take to answer our request. It asks every other application meanwhile, and perhaps
/// the person.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(30);

/// A logout that we asked an identity provider for. Our own session has ended before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingLogout {
    /// Its identity, which is also the RelayState and the ID of the `LogoutRequest`.
    pub id: LogoutId,
    /// Of which account the session was.
    pub account: AccountId,
    /// Whose identity provider was asked.
    pub connection: ConnectionId,
    /// The origin at which the browser was, and to which it returns.
    pub origin: String,
    /// Where the browser goes on once all has ended: an address of the application that asked for the logout.
    pub onward: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// From then on it is forgotten.
    pub expires_at: Timestamp,
    /// What the identity provider said, from then on.
    pub answer: Option<Answer>,
}

impl PendingLogout {
    /// The ID of its `LogoutRequest`: `_` and the 32 digits of its own (E-39).
    pub fn request_id(&self) -> RequestId {
        RequestId::from_random(self.id.bytes())
    }
}

/// The logout to which an `InResponseTo` could belong.
pub fn of_request_id(in_response_to: &str) -> Option<LogoutId> {
    attempt::id_in(in_response_to)
}

/// What an identity provider said of a logout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// What it means.
    pub outcome: Outcome,
    /// Its status in its own words: the message, or the name of the code. At most 300 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
}

/// What became of a logout at the identity provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All sessions that it knows have ended.
    Complete,
    /// Some application did not answer it.
    Partial,
    /// Nothing has ended there, as far as it says.
    Failed,
}

impl Outcome {
    /// Its name in the audit log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Failed => "failed",
        }
    }
}

/// What is kept of a status message, in characters.
const SAID: usize = 300;

impl Answer {
    /// Of a `LogoutResponse`.
    pub fn new(outcome: LogoutOutcome, status: &Status) -> Self {
        let outcome = match outcome {
            LogoutOutcome::Complete => Outcome::Complete,
            LogoutOutcome::Partial => Outcome::Partial,
            LogoutOutcome::Failed => Outcome::Failed,
        };
        let code = || status.sub_codes.first().unwrap_or(&status.code).as_str().rsplit(':').next().map(str::to_owned);
        let said = match outcome {
            Outcome::Complete => None,
            Outcome::Partial | Outcome::Failed => status.message.clone().or_else(code),
        };
        Self { outcome, said: said.map(|text| text.chars().take(SAID).collect()) }
    }
}

/// By what the sessions were found that an identity provider wants ended. The first that finds any counts (E-40).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// By the `SessionIndex`.
    SessionIndex,
    /// By the NameID that was asserted.
    NameId,
    /// By another NameID, which named the same person before.
    EarlierName,
    /// By the cookie of the browser that brought the request.
    Browser,
    /// A session that had this name had ended already.
    EndedBefore,
    /// By nothing: no session of this name is known here.
    Nothing,
}

impl Found {
    /// Whether the identity provider may be told that no session of the person is left here.
    pub fn is_complete(self) -> bool {
        self != Self::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vestibule_saml::types::StatusCode;

    /// E-39: an ID that Entra takes begins with no digit.
    #[test]
    fn a_logout_is_found_by_the_id_of_its_request_which_begins_with_no_digit() {
        let at = Timestamp::from_second(1_700_000_000).unwrap();
        let id = LogoutId::new(at, [7; 10]);
        let pending = PendingLogout {
            id,
            account: AccountId::new(at, [1; 10]),
            connection: ConnectionId::new(at, [2; 10]),
            origin: "https://sso.example.com".to_owned(),
            onward: None,
            created_at: at,
            expires_at: at + LIFETIME,
            answer: None,
        };
        let request_id = pending.request_id();
        assert!(request_id.as_str().starts_with('_'));
        assert_eq!(of_request_id(request_id.as_str()), Some(id));
        assert_eq!(of_request_id("_7"), None);
    }

    #[test]
    fn what_an_identity_provider_says_is_kept_in_its_words_and_bounded() {
        let told = |code: StatusCode, sub: Option<StatusCode>, message: Option<&str>| {
            let status = Status::failure(code, sub, message.map(str::to_owned));
            Answer::new(LogoutOutcome::Failed, &status).said
        };
        assert_eq!(told(StatusCode::RESPONDER, None, None).as_deref(), Some("Responder"));
        assert_eq!(
            told(StatusCode::RESPONDER, Some(StatusCode::PARTIAL_LOGOUT), None).as_deref(),
            Some("PartialLogout")
        );
        let long = "AADSTS50068: ".to_owned() + &"é".repeat(400);
        let kept = told(StatusCode::REQUESTER, None, Some(&long)).unwrap();
        assert!(kept.starts_with("AADSTS50068") && kept.chars().count() == SAID);
    }
}
