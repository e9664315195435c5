//! What follows the e-mail address: a button for each connection (SC-25, XC-28), or a neutral answer (SC-24).

use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;
use vestibule_domain::connection::{Button, Icon, Preset};

use crate::page::{Frame, Page, put};
use crate::security::FormAction;

/// Offers the connections; the chosen one is posted as `connection`, with `to` and `email`, to `/sign-in/start`.
///
/// Without a choice the page is the answer to an address that leads nowhere. It is the same whether the domain, the
/// account or the person is unknown, or has no connection in use (SC-23, SC-24).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choose {
    /// Where the sign-in leads: handed back in the field `to`. May be empty.
    pub to: String,
    /// The address that was typed, if one was.
    pub email: Option<String>,
    /// Where "not you?" leads: the page before, with the same `to`.
    pub back: String,
    /// The connections, the likeliest first.
    pub choices: Vec<Choice>,
    /// Where a password may be typed instead, if the account has any.
    pub password: Option<String>,
}

/// A connection to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its id.
    pub connection: String,
    /// The id of the account into which it leads: handed back in the field `account`.
    pub into: String,
    /// The account that it belongs to; given where several accounts are offered.
    pub account: Option<String>,
    /// Its own text and icon.
    pub button: Button,
    /// From which text and icon are taken otherwise.
    pub preset: Preset,
}

impl Choice {
    fn label(&self, frame: &Frame<'_>) -> String {
        if let Some(text) = &self.button.text {
            return text.clone();
        }
        let name = match self.preset {
            Preset::Entra => "Microsoft",
            Preset::Adfs => "AD FS",
            Preset::Okta => "Okta",
            Preset::Google => "Google",
            Preset::Ping => "Ping",
            Preset::Generic => {
                let account = self.account.clone().unwrap_or_else(|| frame.account());
                return frame.say("choose-with-account").with("account", &account).to_string();
            }
        };
        frame.say("choose-with").with("name", name).to_string()
    }

    fn picture(&self) -> Picture {
        Picture(self.button.icon.unwrap_or(match self.preset {
            Preset::Entra => Icon::Squares,
            Preset::Generic | Preset::Adfs => Icon::Building,
            Preset::Okta | Preset::Google | Preset::Ping => Icon::Key,
        }))
    }
}

/// A drawing of ours.
struct Picture(Icon);

impl HtmlSafe for Picture {}

impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Icon::Squares => include_str!("../pictures/squares.svg"),
            Icon::Key => include_str!("../pictures/key.svg"),
            Icon::Building => include_str!("../pictures/building.svg"),
            Icon::Person => include_str!("../pictures/person.svg"),
            Icon::None => "",
        })
    }
}

#[derive(Template)]
#[template(path = "choose.html")]
struct Html<'a> {
    page: &'a Choose,
    frame: &'a Frame<'a>,
}

impl Page for Choose {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&Html { page: self, frame }, out);
    }

    fn form_action(&self) -> FormAction<'_> {
        FormAction::Onward
    }
}
