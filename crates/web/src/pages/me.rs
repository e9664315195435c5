//! A person's own page: who they are to us, how they came in, where they can go.

use askama::Template;
use jiff::Timestamp;

use crate::page::{Frame, Page, Time, put};
use crate::security::FormAction;

/// Tells a person what we know of them and of their session. Signing out is posted to `/sign-out`.
#[derive(Clone, PartialEq, Eq)]
pub struct MyAccount {
    /// The person's name; where none is known, what else they are called by.
    pub name: String,
    /// Their e-mail address.
    pub email: Option<String>,
    /// The account's name.
    pub account: String,
    /// The connection through which they came, as they know it. None: they came with a password.
    pub connection: Option<String>,
    /// When the session began.
    pub signed_in_at: Timestamp,
    /// When they authenticated at the identity provider.
    pub authenticated_at: Timestamp,
    /// When the session ends.
    pub until: Timestamp,
    /// Whether they have a role in the console.
    pub has_role: bool,
    /// Whether they may see who waits to be let in.
    pub lets_in: bool,
    /// Whether they have further users behind the same identity, as whom they may go on.
    pub has_other_users: bool,
    /// The rest of what is known of them: property and value.
    pub profile: Vec<(String, String)>,
    /// Where they change their password, if they have one.
    pub password: Option<String>,
    /// Where they can go.
    pub applications: Vec<ApplicationLink>,
    /// Where else they are signed in, the latest first.
    pub others: Vec<OtherSession>,
}

/// Another session of the same person. Each is ended by a post to `/me/sessions/{id}/end`, all by `/me/sessions/others/end`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherSession {
    /// Its id.
    pub id: String,
    /// The connection through which it began. None: with a password.
    pub connection: Option<String>,
    /// When it began.
    pub since: Timestamp,
    /// When it ends.
    pub until: Timestamp,
}

impl OtherSession {
    fn since(&self) -> Time {
        Time(self.since)
    }

    fn until(&self) -> Time {
        Time(self.until)
    }
}

/// An application to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationLink {
    /// Its name.
    pub name: String,
    /// Where it begins.
    pub url: String,
}

/// Without the person.
impl std::fmt::Debug for MyAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MyAccount").field("account", &self.account).finish_non_exhaustive()
    }
}

impl MyAccount {
    fn signed_in_at(&self) -> Time {
        Time(self.signed_in_at)
    }

    fn authenticated_at(&self) -> Time {
        Time(self.authenticated_at)
    }

    fn until(&self) -> Time {
        Time(self.until)
    }
}

#[derive(Template)]
#[template(path = "me.html")]
struct Html<'a> {
    page: &'a MyAccount,
    frame: &'a Frame<'a>,
}

impl Page for MyAccount {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&Html { page: self, frame }, out);
    }

    fn form_action(&self) -> FormAction<'_> {
        FormAction::Onward
    }
}
