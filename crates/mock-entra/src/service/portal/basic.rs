//! Basic SAML Configuration.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use vestibule_saml::metadata::SpMetadata;
use vestibule_saml::types::Binding;

use super::super::pages::page;
use super::super::{Application, ChangeError};
use super::form::Typed;
use super::place::{Frame, OfApplication, after};
use super::{Shown, sentence};

/// The form as it is shown: rows that are empty are not set.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Basic {
    identifiers: Vec<String>,
    /// Which row is the default.
    default_identifier: usize,
    reply_urls: Vec<ReplyUrl>,
    default_reply_url: usize,
    sign_on_url: String,
    relay_state: String,
    logout_url: String,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct ReplyUrl {
    url: String,
    /// As typed. Empty: the next that is free.
    index: String,
}

#[derive(Debug, Template)]
#[template(path = "portal/basic.html")]
struct BasicPage<'a> {
    frame: Frame,
    base: String,
    basic: &'a Basic,
    errors: BTreeMap<&'static str, String>,
    /// What is to be said of a file that was read.
    note: &'static str,
}

impl BasicPage<'_> {
    fn error(&self, name: &str) -> Option<&str> {
        self.errors.get(name).map(String::as_str)
    }
}

impl Basic {
    pub(super) fn of(app: &Application) -> Self {
        let index = |url: &String| app.reply_url_indexes.get(url).map(u16::to_string).unwrap_or_default();
        let reply_urls = app.reply_urls.iter().map(|url| ReplyUrl { url: url.clone(), index: index(url) });
        Self {
            identifiers: app.identifiers.clone(),
            reply_urls: reply_urls.collect(),
            sign_on_url: app.sign_on_url.clone().unwrap_or_default(),
            relay_state: app.relay_state.clone().unwrap_or_default(),
            logout_url: app.logout_url.clone().unwrap_or_default(),
            ..Self::default()
        }
    }

    /// Puts what the metadata of a service provider says before what is there (E-37: logout by Redirect).
    pub(super) fn take(&mut self, sp: &SpMetadata) {
        let identifier = sp.entity_id.as_str().to_owned();
        self.identifiers.retain(|known| *known != identifier);
        self.identifiers.insert(0, identifier);
        let first = sp.default_assertion_consumer_service();
        let services = &sp.assertion_consumer_services;
        let rest = services.iter().filter(|service| first.is_none_or(|first| first.index != service.index));
        let named = first
            .into_iter()
            .chain(rest)
            .map(|service| ReplyUrl { url: service.location.as_str().to_owned(), index: service.index.to_string() });
        let named: Vec<ReplyUrl> = named.collect();
        // What the file names is as the file says; of the others nobody has an index of the file's.
        self.reply_urls.retain(|known| !named.iter().any(|it| it.url == known.url));
        let taken = |index: &String| named.iter().any(|it| it.index == *index);
        self.reply_urls.iter_mut().filter(|it| taken(&it.index)).for_each(|it| it.index.clear());
        self.reply_urls.splice(0..0, named);
        let logout = sp.single_logout.iter().find(|endpoint| endpoint.binding == Binding::HTTP_REDIRECT);
        if let Some(logout) = logout {
            logout.location.as_str().clone_into(&mut self.logout_url);
        }
    }

    fn typed(typed: &Typed) -> Self {
        let row = |name: &str| typed.text(name).parse().unwrap_or_default();
        let indexes = typed.all("reply_url_index").chain(std::iter::repeat(""));
        let urls = typed.all("reply_url").zip(indexes);
        let reply_url = |(url, index): (&str, &str)| ReplyUrl { url: url.to_owned(), index: index.to_owned() };
        Self {
            identifiers: typed.all("identifier").map(str::to_owned).collect(),
            default_identifier: row("default_identifier"),
            reply_urls: urls.map(reply_url).collect(),
            default_reply_url: row("default_reply_url"),
            sign_on_url: typed.text("sign_on_url").to_owned(),
            relay_state: typed.text("relay_state").to_owned(),
            logout_url: typed.text("logout_url").to_owned(),
        }
    }

    /// What is wrong with it by itself.
    fn errors(&self) -> BTreeMap<&'static str, String> {
        let mut errors = BTreeMap::new();
        if self.identifiers.iter().all(String::is_empty) {
            errors.insert("identifier", "Give at least one Identifier (Entity ID).".to_owned());
        }
        if self.reply_urls.iter().all(|it| it.url.is_empty()) {
            let text = "Give at least one Reply URL (Assertion Consumer Service URL).";
            errors.insert("reply_url", text.to_owned());
        }
        let wrong = |it: &&ReplyUrl| !it.index.is_empty() && it.index.parse::<u16>().is_err();
        if let Some(wrong) = self.reply_urls.iter().find(wrong) {
            let text = format!("The index {:?} is none; a number from 0 to 65535 is wanted.", wrong.index);
            errors.insert("reply_url", text);
        }
        errors
    }

    fn set(&self, app: &mut Application) {
        let filled = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        app.identifiers = ordered(&self.identifiers, self.default_identifier).filter_map(filled).collect();
        app.reply_urls = ordered(&self.reply_urls, self.default_reply_url).filter_map(|it| filled(&it.url)).collect();
        let index = |it: &ReplyUrl| Some((it.url.clone(), it.index.parse().ok()?));
        app.reply_url_indexes = self.reply_urls.iter().filter_map(index).collect();
        app.sign_on_url = filled(&self.sign_on_url);
        app.relay_state = filled(&self.relay_state);
        app.logout_url = filled(&self.logout_url);
    }
}

/// The default before the others.
fn ordered<T>(rows: &[T], default: usize) -> impl Iterator<Item = &T> {
    let others = rows.iter().enumerate().filter(move |(at, _)| *at != default).map(|(_, row)| row);
    rows.get(default).into_iter().chain(others)
}

/// The field that an error is about.
fn field(error: &ChangeError) -> &'static str {
    match error {
        ChangeError::Identifier { .. }
        | ChangeError::IdentifierInUse { .. }
        | ChangeError::Twice { what: "identifier", .. } => "identifier",
        ChangeError::ReplyUrl(_) | ChangeError::Index { .. } | ChangeError::Twice { what: "reply URL", .. } => {
            "reply_url"
        }
        ChangeError::SignOnUrl(_) => "sign_on_url",
        ChangeError::LogoutUrl(_) => "logout_url",
        ChangeError::ControlCharacter { what: "Relay State" } => "relay_state",
        _ => "form",
    }
}

/// The form with a row to type in where it has none.
pub(super) fn form(
    place: &OfApplication,
    basic: &Basic,
    errors: BTreeMap<&'static str, String>,
    note: &'static str,
) -> Response {
    let mut basic = basic.clone();
    if basic.identifiers.is_empty() {
        basic.identifiers.push(String::new());
    }
    if basic.reply_urls.is_empty() {
        basic.reply_urls.push(ReplyUrl::default());
    }
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let frame = place.frame_of_saml("Basic SAML Configuration");
    page(status, &BasicPage { frame, base: place.at("/saml"), basic: &basic, errors, note })
}

pub(super) async fn show(place: OfApplication) -> Shown {
    Ok(form(&place, &Basic::of(&place.app), BTreeMap::new(), ""))
}

/// Saves, or shows the form again with one row more.
pub(super) async fn save(place: OfApplication, typed: Typed) -> Shown {
    let mut basic = Basic::typed(&typed);
    match typed.text("do") {
        "add_identifier" => basic.identifiers.push(String::new()),
        "add_reply_url" => basic.reply_urls.push(ReplyUrl::default()),
        _ => {
            let mut errors = basic.errors();
            if errors.is_empty() {
                match place.handle.change(|app| basic.set(app)) {
                    Ok(()) => return Ok(after(&place.at("/saml"), "saved")),
                    Err(error) => errors.insert(field(&error), sentence(&error)),
                };
            }
            return Ok(form(&place, &basic, errors, ""));
        }
    }
    Ok(form(&place, &basic, BTreeMap::new(), ""))
}
