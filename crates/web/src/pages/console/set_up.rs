//! A draft in the console: how it is made, how it is set up, and the links by which somebody else does that.

use vestibule_domain::connection::Preset;
use vestibule_domain::event::Actor;
use vestibule_domain::setup::LinkOver;
use vestibule_journeys::set_up_connection::{DraftOffer, LinksPage, Listed};

use super::{Badge, Top, account_url, address, console_page, spot_text};
use crate::page::{Frame, put};
use crate::pages::SetUpPage;
use crate::pages::set_up::preset_word;
use crate::security::FormAction;

/// The page of set-up, with the console around it.
#[derive(Debug)]
pub(crate) struct SetUpInConsole {
    pub(crate) top: Top,
    pub(crate) page: SetUpPage,
    pub(crate) connection: String,
}

#[derive(askama::Template)]
#[template(path = "console/set_up.html")]
struct Html<'a> {
    page: &'a SetUpInConsole,
    top: &'a Top,
    frame: &'a Frame<'a>,
}

impl crate::page::Page for SetUpInConsole {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&Html { page: self, top: &self.top, frame }, out);
    }

    fn form_action(&self) -> FormAction<'_> {
        FormAction::Onward
    }

    fn asks_again(&self) -> bool {
        true
    }
}

/// Asks for what a new draft is to be.
#[derive(Debug)]
pub(crate) struct NewConnectionView {
    pub(crate) top: Top,
    pub(crate) offer: DraftOffer,
    /// What was typed.
    pub(crate) name: String,
    pub(crate) preset: Preset,
    /// Why it cannot be.
    pub(crate) problems: Vec<String>,
}

impl NewConnectionView {
    fn action(&self) -> String {
        address("/console/connections/new", &[("account", &spot_text(&self.offer.spot))])
    }

    fn back(&self) -> String {
        account_url(&self.offer.spot.account.path)
    }

    fn presets(&self, frame: &Frame<'_>) -> Vec<(&'static str, String, bool)> {
        let offered = |preset: Preset| {
            let text = match preset {
                Preset::Generic => frame.say("set-up-idp-other").to_string(),
                preset => preset.product().to_owned(),
            };
            (preset_word(preset), text, preset == self.preset)
        };
        Preset::ALL.map(offered).into()
    }

    /// Names that are free.
    fn free(&self) -> String {
        let names: Vec<&str> = self.offer.names.iter().map(|(_, name)| name.as_str()).collect();
        names.join(", ")
    }
}

/// Lists the links to a connection, and makes them.
#[derive(Debug)]
pub(crate) struct LinksView {
    pub(crate) top: Top,
    pub(crate) view: LinksPage,
    /// The address of the link that was made just now, which is shown once.
    pub(crate) made: Option<String>,
    /// For how many days a new one is to be good.
    pub(crate) days: String,
    /// Why none was made.
    pub(crate) problem: Option<String>,
    /// Whether the connection is a draft, so that one can be made.
    pub(crate) is_draft: bool,
    /// Where whoever authenticated too long ago does so again.
    pub(crate) again: Option<String>,
}

impl LinksView {
    fn badge(listed: &Listed) -> Badge {
        match listed.over {
            None => Badge { class: "ok", mark: "●", key: "console-link-good" },
            Some(LinkOver::Revoked) => Badge { class: "refused", mark: "■", key: "console-link-revoked" },
            Some(LinkOver::Ended) => Badge { class: "not-reached", mark: "○", key: "console-link-ended" },
            Some(LinkOver::Expired) => Badge { class: "not-reached", mark: "○", key: "console-link-expired" },
            Some(LinkOver::NotADraft) => Badge { class: "not-reached", mark: "○", key: "console-link-idle" },
        }
    }

    fn by(listed: &Listed) -> &'static str {
        match listed.link.created_by {
            Actor::User(_) => "console-by-user",
            _ => "console-by-server",
        }
    }
}

mod fresh {
    use super::NewConnectionView;
    super::console_page!(NewConnectionView, "console/new_connection.html");
}

mod links {
    use super::LinksView;
    super::console_page!(LinksView, "console/links.html");
}
