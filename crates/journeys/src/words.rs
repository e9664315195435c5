//! A refusal in words: what happened, what was got and wanted, who can mend it, and how. Pages, the list of recent
//! answers and the command line say the same.

use serde::{Deserialize, Serialize};
use vestibule_domain::admission::NotAdmitted;
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::ways::WhyNot;
use vestibule_saml::binding::post::PostError;
use vestibule_saml::sp::{Party, Reason, Refusal};

use crate::problem::{Turned, Why};
use crate::trust::NotReady;

/// One side of a comparison is kept up to so many characters.
pub(crate) const SIDE: usize = 300;

/// A refusal in words. In English.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// What is wrong, in one sentence.
    #[serde(rename = "s")]
    pub sentence: String,
    /// What was said.
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    pub got: Option<String>,
    /// What was wanted.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub want: Option<String>,
    /// The name of who can mend it; see [`Words::party`].
    #[serde(rename = "w")]
    who: String,
    /// What to change, and where; may be empty where the sentence says it.
    #[serde(rename = "f")]
    pub fix: String,
}

impl Words {
    pub(crate) fn new(sentence: impl Into<String>, who: Party, fix: &str) -> Self {
        let (sentence, fix, who) = (sentence.into(), fix.to_owned(), who.name().to_owned());
        Self { sentence: bounded(&sentence), got: None, want: None, who, fix }
    }

    pub(crate) fn got(self, got: impl AsRef<str>) -> Self {
        Self { got: Some(bounded(got.as_ref())), ..self }
    }

    pub(crate) fn want(self, want: impl AsRef<str>) -> Self {
        Self { want: Some(bounded(want.as_ref())), ..self }
    }

    /// Of a check of the answer, with both sides of its comparison where they are known.
    pub fn of_reason(reason: Reason, got: Option<String>, want: Option<String>) -> Self {
        Self { got, want, ..Self::new(reason.sentence(), reason.fixed_by(), reason.fix()) }
    }

    /// Of a refused answer, in full.
    pub fn of_refusal(refusal: &Refusal) -> Self {
        let words = Self::of_reason(refusal.reason, refusal.got.clone(), refusal.want.clone());
        Self { who: refusal.fixed_by().name().to_owned(), ..words }
    }

    /// Who can mend it.
    pub fn party(&self) -> Party {
        let all = [Party::Operator, Party::IdpAdmin, Party::User];
        all.into_iter().find(|party| party.name() == self.who).unwrap_or(Party::Operator)
    }
}

impl std::fmt::Debug for Words {
    /// What was said stays out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Words").field("who", &self.who).finish_non_exhaustive()
    }
}

impl Turned {
    /// In words, with the e-mail address where that decided (XC-31).
    pub fn words(&self) -> Words {
        let words = self.why.words();
        let want = self.why.wanted_email(&self.place.account.name);
        match (&self.said, want) {
            (Some(said), Some(want)) => words.got(format!("{}: {}", said.from, said.email)).want(want),
            _ => words,
        }
    }
}

impl Turned {
    /// The same for what is kept: of the address only its domain, for whoever looks after the connection need not learn
    /// who tried.
    pub(crate) fn kept_words(&self) -> Words {
        let words = self.words();
        match (&self.said, &words.want) {
            (Some(said), Some(_)) => {
                let got = format!("{}: an address at {}", said.from, said.email.domain());
                words.got(got)
            }
            _ => words,
        }
    }
}

impl Why {
    /// Which address would have done, where the e-mail address decided.
    fn wanted_email(&self, account: &str) -> Option<String> {
        use NotAdmitted as N;
        let Self::NotAdmitted(not) = self else { return None };
        Some(match not {
            N::EmailDomainNotProved { .. } => format!("an e-mail address of a domain that is proved for {account}"),
            N::NotInvited => format!("the e-mail address of a person who is known to {account}"),
            N::EmailTaken | N::EmailAmbiguous { .. } | N::ConsoleRole => {
                format!("the e-mail address of one person of {account} who may be linked by it")
            }
            N::Suspended | N::PasswordOnly | N::OtherAccount | N::WaitingRoomFull { .. } => return None,
        })
    }

    /// The person is turned away: in words.
    pub fn words(&self) -> Words {
        let (who, fix) = self.cure();
        Words::new(self.to_string(), who, fix)
    }

    fn cure(&self) -> (Party, &'static str) {
        match self {
            Self::NotAdmitted(NotAdmitted::EmailDomainNotProved { .. }) => (
                Party::Operator,
                "Prove the domain for this account, or set unproved_email to withhold where guests come in.",
            ),
            Self::NotAdmitted(NotAdmitted::NotInvited) => (
                Party::Operator,
                "Add the person to the account; where they are known there by another address, correct it there or at the \
                 identity provider. Or set the account's admission to create or to waiting.",
            ),
            Self::NotAdmitted(NotAdmitted::Suspended) => {
                (Party::Operator, "Let the person sign in again, if they should.")
            }
            Self::NotAdmitted(NotAdmitted::WaitingRoomFull { .. }) => {
                (Party::Operator, "An approver of the account decides about those who wait.")
            }
            Self::NotAdmitted(NotAdmitted::PasswordOnly) => (
                Party::Operator,
                "Let the person sign in with their password, or change single_sign_on of the account, or sign_in of the \
                 person.",
            ),
            Self::NotAdmitted(_) => (Party::Operator, "Link the person to the right user of the account."),
            Self::MissingClaim(_) => (
                Party::IdpAdmin,
                "In Entra, Enterprise applications → the application → Single sign-on → Attributes & Claims, add the \
                 claim; and see that the person's entry in the directory has a value for it.",
            ),
            Self::Mapping(_) => (Party::Operator, "Name the claim by its whole URI in the connection's mapping."),
            Self::Subject(_) => (
                Party::IdpAdmin,
                "In Entra, Enterprise applications → the application → Single sign-on → Attributes & Claims, send the \
                 value that identifies people here, once for each person.",
            ),
        }
    }
}

/// What keeps somebody out at a connection that is neither a check of the answer nor a decision about the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// The connection signs nobody in now.
    NotActive(ConnectionState),
    /// The account may not, or does not want to, sign people in by it.
    NoWay(WhyNot),
    /// It lacks something.
    NotReady(NotReady),
    /// The browser that brings the answer is not the one that asked.
    OtherBrowser,
    /// The attempt was over before this came.
    AttemptOver,
    /// Nobody asked for the response, the identity provider was asked, and again nobody asked for what came.
    InCircles,
    /// What arrived where answers do is none.
    Garbled(PostError),
    /// It is no form; its media type.
    NotAForm(String),
    /// It is longer than any answer; the bound in octets.
    TooLarge(usize),
    /// An answer came to the address where sign-ins begin (HY-19).
    AtLoginUrl {
        /// That address.
        got: String,
        /// Where it belongs.
        want: String,
    },
}

impl Obstacle {
    /// Its code.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::NotActive(_) => "not_active",
            Self::NoWay(WhyNot::NotEntitled(_)) => "withheld_by_vendor",
            Self::NoWay(WhyNot::Off) => "switched_off",
            Self::NoWay(WhyNot::Forbidden | WhyNot::NotPermitted | WhyNot::NothingAbove) => "kept_from_account",
            Self::NotReady(_) => "not_ready",
            Self::OtherBrowser => "other_browser",
            Self::AttemptOver => "attempt_over",
            Self::InCircles => "going_in_circles",
            Self::Garbled(_) => "garbled",
            Self::NotAForm(_) => "not_a_form",
            Self::TooLarge(_) => "body_too_large",
            Self::AtLoginUrl { .. } => "answer_at_login_url",
        }
    }

    /// In words.
    pub(crate) fn words(&self) -> Words {
        const SEND_ANEW: &str = "Sign in again. If it comes back, see that nothing between the identity provider and \
                                 us, such as a proxy or a browser extension, changes the form that is posted.";
        match self {
            Self::NotActive(state) => {
                let fix = match state {
                    ConnectionState::Paused | ConnectionState::Active => {
                        "Set its state to active once people may sign in through it again."
                    }
                    ConnectionState::Draft | ConnectionState::Tested => "Test the connection, then set it active.",
                };
                let words = Words::new("The connection signs nobody in now.", Party::Operator, fix);
                words.got(word(*state)).want("active")
            }
            Self::NoWay(why) => no_way(*why),
            Self::NotReady(lacks) => {
                let fix = "Set what it lacks, or read the identity provider's metadata into it.";
                Words::new("The connection is not set up yet.", Party::Operator, fix).got(lacks.to_string())
            }
            Self::OtherBrowser => {
                let sentence = "The browser that came back is not the one in which the sign-in began.";
                let fix = "Sign in again, in one browser, and let it keep our cookies.";
                Words::new(sentence, Party::User, fix)
            }
            Self::AttemptOver => {
                let sentence = "The sign-in was over already: finished, refused, or begun too long ago.";
                Words::new(sentence, Party::User, "Sign in again. Going back in the browser does not repeat it.")
            }
            Self::InCircles => {
                let sentence = "The identity provider sent an answer that nobody asked for twice in five minutes.";
                let fix = "In Entra, set the Sign on URL of the application, and nothing as its Relay State.";
                Words::new(sentence, Party::IdpAdmin, fix)
            }
            Self::Garbled(error) => {
                let words = Words::new("What arrived is no SAML response.", Party::User, SEND_ANEW);
                words.got(error.to_string()).want("one field SAMLResponse in strict base64 (HTTP-POST binding)")
            }
            Self::NotAForm(got) => {
                let words = Words::new("What arrived is no form.", Party::User, SEND_ANEW);
                words.got(if got.is_empty() { "no media type" } else { got }).want("application/x-www-form-urlencoded")
            }
            Self::TooLarge(bound) => {
                let fix = "Let the identity provider send fewer claims: groups above all. In Entra, edit the group \
                           claim and choose Groups assigned to the application.";
                let words = Words::new("What arrived is longer than an answer may be.", Party::IdpAdmin, fix);
                words.want(format!("at most {bound} octets"))
            }
            Self::AtLoginUrl { got, want } => {
                let sentence = "The identity provider sends its answers to the address where sign-ins begin.";
                let fix = "In Entra, Enterprise applications → the application → Single sign-on → Basic SAML \
                           Configuration, set the Reply URL to the one that is wanted, and the Sign on URL to the one \
                           that was got.";
                Words::new(sentence, Party::IdpAdmin, fix).got(got).want(want)
            }
        }
    }
}

fn no_way(why: WhyNot) -> Words {
    let (sentence, got, fix) = match why {
        WhyNot::NotEntitled(at) => (
            "Single sign-on is withheld from the account.",
            format!("entitlement = \"withheld\" at the account {at}"),
            "The vendor sets entitlement to granted there. Connections stay as they are meanwhile.",
        ),
        WhyNot::Off => (
            "The account switched single sign-on off.",
            "sign_in = \"off\"".to_owned(),
            "Set the account's sign_in to what it was. Connections stay as they are meanwhile.",
        ),
        WhyNot::Forbidden => (
            "The account above permits no single sign-on here.",
            "permitted = \"forbidden\"".to_owned(),
            "Whoever runs the account above sets what is permitted here.",
        ),
        WhyNot::NotPermitted | WhyNot::NothingAbove => (
            "The account's people do not sign in by this connection.",
            "what the account is permitted and has chosen leads to other connections, or to none".to_owned(),
            "Compare sign_in of the account with what the account above permits it.",
        ),
    };
    Words::new(sentence, Party::Operator, fix).got(got)
}

const fn word(state: ConnectionState) -> &'static str {
    match state {
        ConnectionState::Draft => "draft",
        ConnectionState::Tested => "tested",
        ConnectionState::Active => "active",
        ConnectionState::Paused => "paused",
    }
}

/// Strangers cause these texts.
pub(crate) fn bounded(text: &str) -> String {
    text.chars().take(SIDE).collect()
}
