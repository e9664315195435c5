//! From a page to a response.

use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY};
use http::{HeaderValue, StatusCode};
use jiff::Timestamp;
use vestibule_domain::account::Account;
use vestibule_domain::branding::{Branding, Line};

use crate::assets;
use crate::language::{Language, Text};
use crate::security::{self, FormAction};

/// Whose page it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brand {
    /// The vendor's product that people sign in to.
    pub product: String,
    /// The account, where the host or the attempt names one.
    pub account: Option<String>,
    /// How it looks, as far as the account or one above it says so.
    pub look: Branding,
}

impl Brand {
    /// Of a page of this account, where one is known, of a deployment with this product.
    pub fn new(product: &str, account: Option<&Account>) -> Self {
        let look = account.map(|account| account.brand.clone()).unwrap_or_default();
        Self {
            product: look.product_or(product).to_owned(),
            account: account.map(|account| account.name.clone()),
            look,
        }
    }

    /// The path of the style with the account's colour.
    pub fn style(&self) -> Option<String> {
        self.look.accent.map(assets::brand_style)
    }

    /// The path of the account's logo.
    pub fn logo(&self) -> Option<String> {
        self.look.logo.as_ref().map(assets::logo)
    }
}

/// What a page needs to know besides its own content.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// The language.
    pub language: Language,
    /// Whose page it is.
    pub brand: &'a Brand,
    /// Whether the deployment is served by TLS.
    pub https: bool,
}

/// A page: typed content with a template beside it.
pub trait Page {
    /// Writes the page as HTML.
    fn write(&self, frame: &Frame<'_>, out: &mut String);

    /// The status of the response. Default: 200.
    fn status(&self) -> StatusCode {
        StatusCode::OK
    }

    /// Where the page's forms may lead. Default: nowhere.
    fn form_action(&self) -> FormAction<'_> {
        FormAction::Nowhere
    }

    /// Whether a script of ours asks us again while the page is open. Default: none does.
    fn asks_again(&self) -> bool {
        false
    }

    /// The page as HTML.
    fn render(&self, frame: &Frame<'_>) -> String {
        let mut out = String::with_capacity(4096);
        self.write(frame, &mut out);
        out
    }
}

/// The response with a page and its headers. No page is kept in a cache: each is about one person or one try.
pub fn respond(page: &(impl Page + ?Sized), frame: &Frame<'_>) -> Response {
    let mut response = (page.status(), page.render(frame)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(frame.language.tag()));
    headers.insert(VARY, HeaderValue::from_static("accept-language"));
    let mut policy = security::content_security_policy(page.form_action(), frame.https);
    if page.asks_again() {
        policy.push_str("; connect-src 'self'");
    }
    // The policy is of ASCII: what is not was left out of it.
    headers.extend(HeaderValue::try_from(policy).ok().map(|policy| (CONTENT_SECURITY_POLICY, policy)));
    security::set_common(headers, frame.https);
    security::set_no_store(headers);
    response
}

/// Writes a template. Neither writing to a string nor a filter of ours fails.
pub(crate) fn put(template: &impl Template, out: &mut String) {
    let _ = template.render_into(out);
}

impl Frame<'_> {
    /// A text in the page's language.
    pub fn say<'t>(&self, key: &'t str) -> Text<'t> {
        self.language.say(key)
    }

    /// What the account says to whoever begins.
    pub fn welcome(&self) -> Option<&str> {
        let look = &self.brand.look;
        let own = match self.language {
            Language::English => None,
            Language::German => look.welcome_de.as_ref(),
        };
        own.or(look.welcome.as_ref()).map(Line::as_str)
    }

    /// The account's name, or "your company".
    pub fn account(&self) -> String {
        self.brand.account.clone().unwrap_or_else(|| self.say("your-company").to_string())
    }

    /// What a property of a person is called; one that the account made up is called as the account calls it.
    pub fn property(&self, name: &str) -> String {
        let key = match name {
            "name" => "property-name",
            "email" => "property-email",
            "display_name" => "property-display-name",
            "given_name" => "property-given-name",
            "family_name" => "property-family-name",
            "roles" => "property-roles",
            "groups" => "property-groups",
            _ => return name.to_owned(),
        };
        self.say(key).to_string()
    }

    /// The attribute for a text that exists in English only.
    pub fn english(&self) -> EnglishMark {
        EnglishMark(self.language != Language::English)
    }
}

/// A template within another.
pub(crate) struct Inner<T>(pub(crate) T);

impl<T: Template> HtmlSafe for Inner<T> {}

impl<T: Template> fmt::Display for Inner<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.render_into(f).map_err(|_| fmt::Error)
    }
}

/// ` lang="en"` where the page is in another language.
#[derive(Debug, Clone, Copy)]
pub struct EnglishMark(bool);

impl HtmlSafe for EnglishMark {}

impl fmt::Display for EnglishMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 { " lang=\"en\"" } else { "" })
    }
}

/// A time as people and programs read it: `2026-11-21 10:42 UTC`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time(pub Timestamp);

impl HtmlSafe for Time {}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.0.strftime("<time datetime=\"%Y-%m-%dT%H:%M:%SZ\">%Y-%m-%d %H:%M UTC</time>");
        write!(f, "{time}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_names_its_zone() {
        let time = Time("2026-11-21T10:42:07Z".parse().unwrap());
        assert_eq!(time.to_string(), "<time datetime=\"2026-11-21T10:42:07Z\">2026-11-21 10:42 UTC</time>");
    }
}
