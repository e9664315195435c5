//! The code behind a password: typing one, setting an authenticator up, and what is kept for the day on which it is lost.

use std::fmt;
use std::fmt::Write as _;

use askama::Template;
use http::StatusCode;
use qrcodegen::{QrCode, QrCodeEcc};

use crate::page::{Frame, Page, put};
use crate::security::FormAction;

/// Asks for a code, and posts `to`, `step` and `code` to `/sign-in/second`; before that it may show an authenticator that
/// is to be set up.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SecondStep {
    /// Where the sign-in leads: handed back in the field `to`.
    pub to: String,
    /// What tells whose code it is: handed back in the field `step`.
    pub step: String,
    /// The authenticator that is to be set up; none: the person has one.
    pub authenticator: Option<Authenticator>,
    /// A code was wrong before.
    pub is_wrong: bool,
}

/// An authenticator that is to be set up.
#[derive(Clone, PartialEq, Eq)]
pub struct Authenticator {
    /// What is typed where nothing can be scanned.
    pub secret: String,
    /// What is scanned.
    pub uri: String,
}

/// Shows recovery codes, once.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCodes {
    /// The codes.
    pub codes: Vec<String>,
    /// Where the person goes on.
    pub onward: String,
}

/// A person's own authenticator: posts `present`, the password, and `action`, which is `set` or `remove`, to its own
/// address.
#[derive(Clone, PartialEq, Eq)]
pub struct MySecondFactor {
    /// Whose it is.
    pub email: String,
    /// Whether they have one.
    pub has_one: bool,
    /// What was typed is not their password.
    pub is_wrong: bool,
}

impl SecondStep {
    /// The picture that is scanned. None where there is nothing to scan, or too much.
    fn picture(&self) -> Option<Picture> {
        picture(&self.authenticator.as_ref()?.uri)
    }
}

impl Authenticator {
    /// In groups of four.
    fn groups(&self) -> String {
        let letters: Vec<char> = self.secret.chars().collect();
        letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
    }
}

/// A QR code, with the margin of four modules that readers need (ISO/IEC 18004).
#[derive(Debug, PartialEq, Eq)]
struct Picture {
    /// Modules on a side, the margin with them.
    side: i32,
    /// The dark ones, as the path of an SVG.
    dark: String,
}

fn picture(text: &str) -> Option<Picture> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let mut dark = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            let _ = write!(dark, "M{} {}h1v1h-1z", x + 4, y + 4);
        }
    }
    Some(Picture { side: code.size() + 8, dark })
}

#[derive(Template)]
#[template(path = "second_step.html")]
struct StepHtml<'a> {
    page: &'a SecondStep,
    frame: &'a Frame<'a>,
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct CodesHtml<'a> {
    page: &'a RecoveryCodes,
    frame: &'a Frame<'a>,
}

#[derive(Template)]
#[template(path = "my_second_factor.html")]
struct MineHtml<'a> {
    page: &'a MySecondFactor,
    frame: &'a Frame<'a>,
}

impl Page for SecondStep {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&StepHtml { page: self, frame }, out);
    }

    fn status(&self) -> StatusCode {
        if self.is_wrong { StatusCode::FORBIDDEN } else { StatusCode::OK }
    }

    fn form_action(&self) -> FormAction<'_> {
        FormAction::Onward
    }
}

impl Page for RecoveryCodes {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&CodesHtml { page: self, frame }, out);
    }
}

impl Page for MySecondFactor {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&MineHtml { page: self, frame }, out);
    }

    fn status(&self) -> StatusCode {
        if self.is_wrong { StatusCode::FORBIDDEN } else { StatusCode::OK }
    }

    fn form_action(&self) -> FormAction<'_> {
        FormAction::Own
    }
}

/// Without the secrets.
macro_rules! debug_without_secrets {
    ($($page:ident)*) => {$(
        impl fmt::Debug for $page {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($page)).finish_non_exhaustive()
            }
        }
    )*};
}
debug_without_secrets! { SecondStep Authenticator RecoveryCodes MySecondFactor }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_the_three_finders_and_nothing_but_numbers() {
        let picture = picture("otpauth://totp/Orchard:ada%40acme.example?secret=AAAA").unwrap();
        let last = picture.side - 5;
        for corner in ["M4 4h1".to_owned(), format!("M{last} 4h1"), format!("M4 {last}h1")] {
            assert!(picture.dark.contains(&corner), "{corner}");
        }
        assert!(picture.dark.chars().all(|c| c.is_ascii_digit() || "Mhvz -".contains(c)));
        assert_eq!(super::picture(&"x".repeat(10_000)), None);
    }
}
