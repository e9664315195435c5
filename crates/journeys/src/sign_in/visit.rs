//! What a browser brings when it wants in, and where it goes next.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use vestibule_domain::account::Account;
use vestibule_domain::attempt::{BindingHash, Purpose, SignInAttempt};
use vestibule_domain::connection::{Button, Preset};
use vestibule_domain::deep_link;
use vestibule_domain::id::{AccountId, ApplicantId, AttemptId, ConnectionId, UserId};
use vestibule_domain::waiting::MailLanguage;
use vestibule_oidc::{Answer, PostedAnswer};
use vestibule_saml::binding::post::PostForm;

use crate::deployment;

/// What a browser brings when it wants in.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The origin at which it is, and to which it returns after the answer.
    pub origin: String,
    /// Which of the deployment's addresses that is.
    pub host: deployment::Place,
    /// What it wants to.
    pub target: Target,
    /// SHA-256 of its session's token, if it has one.
    pub session: Option<[u8; 32]>,
    /// The e-mail address that the person typed.
    pub email: Option<String>,
    /// How far the choice of a connection has come.
    pub asked_for: AskedFor,
    /// As which user they come in, where their identity stands for several: chosen now. It may be made up: only one of
    /// those for whom it stands counts.
    pub user: Option<UserId>,
    /// The same, chosen on this device before. It counts where nothing is chosen now, and the application does not want
    /// a choice.
    pub remembered_user: Option<UserId>,
    /// The account for which a button was shown, where the address names none. It may be made up: only what is a way
    /// into that account leads there.
    pub account: Option<AccountId>,
    /// In which language the person reads.
    pub language: MailLanguage,
}

/// How far the choice of a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedFor {
    /// Nothing is chosen: discovery decides, and a page may ask.
    Any,
    /// The person pressed this connection's button, or came by its own address.
    Connection(ConnectionId),
    /// The connection is to be tried: nobody is signed in (XC-17).
    Test(ConnectionId),
    /// The identity provider's answer was too old: it is asked once more, to authenticate the person anew.
    Anew(ConnectionId),
}

impl AskedFor {
    /// The connection, where one is chosen.
    pub(crate) const fn connection(self) -> Option<ConnectionId> {
        match self {
            Self::Any => None,
            Self::Connection(connection) | Self::Test(connection) | Self::Anew(connection) => Some(connection),
        }
    }
}

/// What a browser wants to.
#[derive(Clone, PartialEq, Eq)]
pub enum Target {
    /// The page of the person's own account, or the account's application; the text is a path in it that an unsolicited
    /// response named, and usually empty. Not trusted (E-44).
    Account(String),
    /// An application: the query of its authorization request. It is checked again whenever it is used.
    Application(String),
}

impl Target {
    /// The account, by a RelayState that nobody vouches for. What is no path at all leads nowhere and is not kept
    /// (E-44).
    pub fn by_relay_state(text: &str) -> Self {
        Self::Account(if deep_link::plain_path(text).is_ok() { text.to_owned() } else { String::new() })
    }

    /// From the text that stands in a form: an authorization request's query, one of our own pages, or nothing. A query has control characters
    /// in percent-encoding only, and not every database keeps them otherwise.
    pub fn from_text(text: &str) -> Self {
        if text.is_empty() || is_own_page(text) {
            return Self::Account(text.to_owned());
        }
        let encoded = |c: char| if c.is_ascii_control() { format!("%{:02X}", u32::from(c)) } else { c.to_string() };
        Self::Application(if text.contains(|c: char| c.is_ascii_control()) {
            text.chars().map(encoded).collect()
        } else {
            text.to_owned()
        })
    }

    /// The text for a form.
    pub fn as_text(&self) -> &str {
        match self {
            Self::Account(text) if is_own_page(text) => text,
            Self::Account(_) => "",
            Self::Application(query) => query,
        }
    }

    /// The languages that the application asked for, as it wrote them (OpenID Connect Core §3.1.2.1, `ui_locales`).
    pub fn ui_locales(&self) -> Option<String> {
        let Self::Application(query) = self else { return None };
        let mut named = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "ui_locales");
        named.next().map(|(_, value)| value.into_owned())
    }

    /// Where an attempt leads.
    pub(crate) fn of(attempt: &SignInAttempt) -> Self {
        match attempt.purpose {
            Purpose::Application => Self::Application(attempt.target.clone()),
            Purpose::Account | Purpose::Test => Self::Account(attempt.target.clone()),
        }
    }

    /// What an attempt keeps of it.
    pub(super) fn kept(&self) -> String {
        match self {
            Self::Account(text) | Self::Application(text) => text.clone(),
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Account(_) => "Account",
            Self::Application(_) => "Application(…)",
        })
    }
}

/// Where somebody sees to their authenticator.
pub const OWN_AUTHENTICATOR: &str = "/me/second-factor";

/// Whether a text is the address of a page of ours to which somebody comes back who had to sign in first. It shows what
/// they may see, and nothing else happens there.
pub(super) fn is_own_page(text: &str) -> bool {
    if text == OWN_AUTHENTICATOR {
        return true;
    }
    // A page of the console: no host, no query, nothing that climbs.
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if text == "/console" || text.strip_prefix("/console/").is_some_and(|rest| rest.split('/').all(is_part)) {
        return true;
    }
    let rest = text.strip_prefix("/waiting");
    rest.is_some_and(|rest| {
        rest.is_empty() || rest.strip_prefix('/').is_some_and(|id| id.parse::<ApplicantId>().is_ok())
    })
}

/// Where the browser goes next.
#[derive(Debug)]
pub enum Next {
    /// To an address, by 303; for an identity provider with the cookie that binds the attempt.
    Go {
        /// Where.
        location: String,
        /// The cookie.
        binding: Option<Binding>,
    },
    /// To the identity provider by a form that posts itself.
    Post {
        /// Whose people go there.
        account: Arc<Account>,
        /// The form.
        form: PostForm,
        /// The cookie.
        binding: Binding,
    },
    /// A page asks which way.
    Page(Box<Page>),
    /// To the application, with an answer that is posted.
    Answer(PostedAnswer),
}

impl Next {
    /// To the application.
    pub(crate) fn answer(answer: Answer) -> Self {
        match answer {
            Answer::Redirect(location) => Self::Go { location, binding: None },
            Answer::Post(posted) => Self::Answer(posted),
        }
    }
}

/// A page before the identity provider.
#[derive(Debug)]
pub struct Page {
    /// The account, where the address or a hint names it.
    pub account: Option<Account>,
    /// The application's name, where one asked.
    pub application: Option<String>,
    /// Kept through the page.
    pub target: Target,
    /// What the person typed.
    pub email: Option<String>,
    /// What there is to choose from. Empty: the address is asked for, or nothing was found for the one that was typed,
    /// which looks the same whether such an account exists or not (SC-23, SC-24).
    pub choices: Vec<Choice>,
    /// Where a password may be typed instead: an address of the account's, without the target. None where the account
    /// has none.
    pub password: Option<String>,
    /// Set where what is known of the person leads nowhere. The page does not tell.
    pub nowhere: Option<Nowhere>,
}

/// What is known of a person leads to no connection, for whoever counts how often that is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nowhere {
    /// The account that was asked for, by its address or by the request. Not the one whose domain it is: what is counted
    /// for it would tell that it is a customer.
    pub account: Option<AccountId>,
}

/// A connection's button.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The connection.
    pub connection: ConnectionId,
    /// The account into which it leads.
    pub into: AccountId,
    /// The name of the account whose connection it is.
    pub account: String,
    /// Text and icon that are set.
    pub button: Button,
    /// What the defaults of text and icon come from.
    pub preset: Preset,
}

/// What binds an attempt to the browser that began it: a secret in a cookie, whose hash stands in the attempt (A23.3).
#[derive(Clone)]
pub struct Binding {
    /// The attempt.
    pub attempt: AttemptId,
    secret: [u8; 32],
}

impl Binding {
    /// From 32 random bytes.
    pub fn new(attempt: AttemptId, secret: [u8; 32]) -> Self {
        Self { attempt, secret }
    }

    /// The value of the cookie.
    pub fn cookie_value(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.secret)
    }

    /// What the attempt stores.
    pub fn hash(&self) -> BindingHash {
        hash(&self.secret)
    }
}

/// What only the browser that brings an answer is told, by the address of the continuation.
///
/// The cookie proves that a browser began the attempt, this that it brought the answer: both must be one and the same.
/// Otherwise whoever begins an attempt and has somebody else follow its link would be signed in as that person (A23.3).
#[derive(Clone)]
pub struct Told([u8; 16]);

impl Told {
    pub(super) fn new(secret: [u8; 16]) -> Self {
        Self(secret)
    }

    /// The text in the address.
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What is stored.
    pub(super) fn hash(&self) -> String {
        Self::hash_of(&self.text())
    }

    pub(super) fn hash_of(text: &str) -> String {
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Told(…)")
    }
}

/// The hash of a cookie's value; of one that is none of ours, nothing.
pub(super) fn hash_of_cookie(value: &str) -> Option<BindingHash> {
    let mut secret = [0; 33];
    match URL_SAFE_NO_PAD.decode_slice(value, &mut secret) {
        Ok(32) => Some(hash(&secret[..32])),
        _ => None,
    }
}

pub(super) fn hash(secret: &[u8]) -> BindingHash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, secret).as_ref());
    BindingHash(hash)
}

impl fmt::Debug for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Binding").field("attempt", &self.attempt).finish_non_exhaustive()
    }
}
