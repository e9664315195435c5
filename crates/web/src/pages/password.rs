//! Passwords: typing one, asking for a link, and choosing one.

use std::fmt;

use askama::Template;
use http::StatusCode;
use vestibule_domain::password::{MAX_LENGTH, MIN_LENGTH, Unfit};

use crate::page::{Frame, Page, put};
use crate::security::FormAction;

/// Asks for e-mail address and password, and posts `to`, `email` and `password` to `/sign-in/password`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct PasswordSignIn {
    /// Where the sign-in leads: handed back in the field `to`. May be empty.
    pub to: String,
    /// What was typed before, or is known of the address.
    pub email: String,
    /// Where a link to set a password is asked for.
    pub forgotten: String,
    /// What came before.
    pub before: Before,
}

/// What came before the page on which a password is typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Before {
    /// Nothing.
    #[default]
    Nothing,
    /// A password was set.
    PasswordSet,
    /// What was typed is wrong; the code of the refusal.
    Wrong(String),
}

/// Asks for the e-mail address to which a link goes, and posts `email` to its own address; or says that it is on its way.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct PasswordMail {
    /// What is known of the address, or was typed.
    pub email: String,
    /// What became of what was typed.
    pub asked: Asked,
}

/// What became of a wish for a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Asked {
    /// Nothing was typed yet.
    #[default]
    NotYet,
    /// What was typed is no e-mail address.
    Refused,
    /// It is noted, whether there is such a person or not.
    Noted,
}

/// Asks for a new password, and posts `password`, and `email` where there is none, to its own address.
#[derive(Clone, PartialEq, Eq)]
pub struct SetPassword {
    /// Whose it is. None: the first operator's, who says their address here.
    pub of: Option<String>,
    /// The address that the first operator typed.
    pub email: String,
    /// Why it was not taken before.
    pub refused: Option<NotSet>,
}

/// Asks for the present password and a new one, and posts `present` and `password` to its own address.
#[derive(Clone, PartialEq, Eq)]
pub struct ChangePassword {
    /// Whose it is.
    pub email: String,
    /// What became of it so far.
    pub changing: Changing,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changing {
    /// Nothing was typed yet.
    NotYet,
    /// The present password was another.
    Wrong,
    /// The new one may not be chosen.
    Unfit(Unfit),
    /// It is done.
    Done,
}

/// Why a password was not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSet {
    /// It may not be chosen.
    Password(Unfit),
    /// What was typed is no e-mail address.
    Email,
}

impl PasswordSignIn {
    fn code(&self) -> Option<&str> {
        if let Before::Wrong(code) = &self.before { Some(code) } else { None }
    }

    fn is_set(&self) -> bool {
        self.before == Before::PasswordSet
    }
}

impl PasswordMail {
    fn is_noted(&self) -> bool {
        self.asked == Asked::Noted
    }

    fn is_refused(&self) -> bool {
        self.asked == Asked::Refused
    }
}

impl SetPassword {
    fn email_is_refused(&self) -> bool {
        self.refused == Some(NotSet::Email)
    }

    fn unfit(&self, frame: &Frame<'_>) -> Option<String> {
        let Some(NotSet::Password(unfit)) = self.refused else { return None };
        Some(sentence(unfit, frame))
    }
}

impl ChangePassword {
    fn is_done(&self) -> bool {
        self.changing == Changing::Done
    }

    fn is_wrong(&self) -> bool {
        self.changing == Changing::Wrong
    }

    fn unfit(&self, frame: &Frame<'_>) -> Option<String> {
        let Changing::Unfit(unfit) = self.changing else { return None };
        Some(sentence(unfit, frame))
    }
}

/// Why a password is not taken.
fn sentence(unfit: Unfit, frame: &Frame<'_>) -> String {
    let (key, got) = match unfit {
        Unfit::TooShort { got } => ("password-too-short", got),
        Unfit::TooLong { got } => ("password-too-long", got),
        Unfit::Repeats { got } => ("password-repeats", got),
        Unfit::Known => ("password-known", 0),
        Unfit::Leaked => ("password-leaked", 0),
    };
    frame.say(key).with("got", &got.to_string()).to_string()
}

#[derive(Template)]
#[template(path = "password.html")]
struct Html<'a> {
    page: &'a PasswordSignIn,
    frame: &'a Frame<'a>,
}

#[derive(Template)]
#[template(path = "password_mail.html")]
struct MailHtml<'a> {
    page: &'a PasswordMail,
    frame: &'a Frame<'a>,
}

#[derive(Template)]
#[template(path = "password_set.html")]
struct SetHtml<'a> {
    page: &'a SetPassword,
    frame: &'a Frame<'a>,
    shortest: usize,
    longest: usize,
}

#[derive(Template)]
#[template(path = "password_change.html")]
struct ChangeHtml<'a> {
    page: &'a ChangePassword,
    frame: &'a Frame<'a>,
    shortest: usize,
    longest: usize,
}

impl Page for ChangePassword {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&ChangeHtml { page: self, frame, shortest: MIN_LENGTH, longest: MAX_LENGTH }, out);
    }

    fn status(&self) -> StatusCode {
        match self.changing {
            Changing::NotYet | Changing::Done => StatusCode::OK,
            Changing::Wrong => StatusCode::FORBIDDEN,
            Changing::Unfit(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    fn form_action(&self) -> FormAction<'_> {
        FormAction::Own
    }
}

impl Page for PasswordSignIn {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&Html { page: self, frame }, out);
    }

    fn status(&self) -> StatusCode {
        if self.code().is_some() { StatusCode::FORBIDDEN } else { StatusCode::OK }
    }

    fn form_action(&self) -> FormAction<'_> {
        FormAction::Onward
    }
}

impl Page for PasswordMail {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&MailHtml { page: self, frame }, out);
    }

    fn status(&self) -> StatusCode {
        if self.is_refused() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
    }

    fn form_action(&self) -> FormAction<'_> {
        FormAction::Own
    }
}

impl Page for SetPassword {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&SetHtml { page: self, frame, shortest: MIN_LENGTH, longest: MAX_LENGTH }, out);
    }

    fn status(&self) -> StatusCode {
        if self.refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
    }

    fn form_action(&self) -> FormAction<'_> {
        FormAction::Own
    }
}

/// Without the person.
macro_rules! debug_without_person {
    ($($page:ident)*) => {$(
        impl fmt::Debug for $page {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($page)).finish_non_exhaustive()
            }
        }
    )*};
}
debug_without_person! { PasswordSignIn PasswordMail SetPassword ChangePassword }
