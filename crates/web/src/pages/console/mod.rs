//! The pages of the console: one frame around all of them, and a template for each over what its journey answers.
//!
//! They are made of a deployment's facts, so the browser suite looks at them in the demonstration and not in the gallery.

mod account_form;
mod accounts;
mod ask;
mod chart;
mod connections;
mod edit;
mod enforcement;
mod form;
mod groups;
pub(crate) mod inspector;
mod lacking;
mod mail_texts;
mod mapping;
mod method;
mod others;
mod overview;
pub(crate) mod sequence;
mod set_up;
mod users;

use std::fmt;

use askama::filters::HtmlSafe;
use jiff::Timestamp;
use vestibule_domain::account::{AccountKind, AccountPath};
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::readiness::{Missing, Weakness};
use vestibule_domain::user::{ConsoleRole, UserState};
use vestibule_journeys::console::{Attention, Spot};

use crate::page::Frame;

pub(crate) use account_form::{BrandingView, SettingsView};
pub(crate) use accounts::{AccountView, AccountsView};
pub(crate) use ask::{AskView, Shut, ShutView};
pub(crate) use connections::{ConnectionView, ConnectionsView, STATES};
pub(crate) use edit::EditView;
pub(crate) use enforcement::EnforcementView;
pub(crate) use form::Filled;
pub(crate) use groups::GroupsView;
pub(crate) use inspector::{AttemptView, AttemptsView, InspectForm, InspectView, OUTCOMES};
pub(crate) use lacking::LackingView;
pub(crate) use mail_texts::MailTextsView;
pub(crate) use mapping::MappingView;
pub(crate) use method::MethodView;
pub(crate) use others::{ApplicationsView, AuditView, KeysView, WebhookView, WebhooksView};
pub(crate) use overview::{OverviewView, SPANS};
pub(crate) use set_up::{LinksView, NewConnectionView, SetUpInConsole};
pub(crate) use users::{ORDERS, UserView, UsersView};

/// What stands around every page of the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Top {
    /// Where else somebody can go: the key of the text, the address, whether they are there.
    pub(crate) links: Vec<TopLink>,
    /// From their own account down to the one that they look at.
    pub(crate) crumbs: Vec<Crumb>,
    /// What whoever looks is called by.
    pub(crate) who: String,
    /// As what they look.
    pub(crate) role: ConsoleRole,
    /// What was done just now: the key of its text.
    pub(crate) done: Option<&'static str>,
    /// The theme that they chose.
    pub(crate) theme: Option<&'static str>,
}

/// A part of the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TopLink {
    pub(crate) key: &'static str,
    pub(crate) url: String,
    pub(crate) here: bool,
}

/// An account on the way down to the one that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Crumb {
    pub(crate) name: String,
    pub(crate) url: String,
}

impl Top {
    fn role_key(&self) -> &'static str {
        role_key(self.role)
    }

    fn theme_mark(&self) -> ThemeMark {
        ThemeMark(self.theme)
    }
}

/// ` data-theme="dark"` where a theme was chosen.
struct ThemeMark(Option<&'static str>);

impl HtmlSafe for ThemeMark {}

impl fmt::Display for ThemeMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |theme| write!(f, " data-theme=\"{theme}\""))
    }
}

/// A page of the console: a template over what it shows, in the frame of all of them.
macro_rules! console_page {
    ($view:ident, $path:tt) => {
        #[derive(askama::Template)]
        #[template(path = $path)]
        struct Html<'a> {
            page: &'a $view,
            top: &'a $crate::pages::console::Top,
            frame: &'a $crate::page::Frame<'a>,
        }

        impl $crate::page::Page for $view {
            fn write(&self, frame: &$crate::page::Frame<'_>, out: &mut String) {
                $crate::page::put(&Html { page: self, top: &self.top, frame }, out);
            }

            /// Signing out may lead to an identity provider.
            fn form_action(&self) -> $crate::security::FormAction<'_> {
                $crate::security::FormAction::Onward
            }
        }
    };
}
use console_page;

/// A state: never by colour alone.
pub(crate) struct Badge {
    class: &'static str,
    mark: &'static str,
    key: &'static str,
}

pub(crate) const fn state_badge(state: ConnectionState) -> Badge {
    match state {
        ConnectionState::Draft => Badge { class: "not-reached", mark: "○", key: "console-state-draft" },
        ConnectionState::Tested => Badge { class: "not-reached", mark: "○", key: "console-state-tested" },
        ConnectionState::Active => Badge { class: "ok", mark: "●", key: "console-state-active" },
        ConnectionState::Paused => Badge { class: "attention", mark: "▲", key: "console-state-paused" },
    }
}

pub(crate) const fn user_badge(state: UserState) -> Badge {
    match state {
        UserState::Active => Badge { class: "ok", mark: "●", key: "console-user-active" },
        UserState::Suspended => Badge { class: "refused", mark: "■", key: "console-user-suspended" },
    }
}

pub(crate) const fn kind_key(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Platform => "console-kind-platform",
        AccountKind::Reseller => "console-kind-reseller",
        AccountKind::Customer => "console-kind-customer",
    }
}

pub(crate) const fn role_key(role: ConsoleRole) -> &'static str {
    match role {
        ConsoleRole::Operator => "console-role-operator",
        ConsoleRole::Support => "console-role-support",
        ConsoleRole::AccountAdmin => "console-role-account-admin",
        ConsoleRole::Approver => "console-role-approver",
    }
}

/// Why a connection needs somebody, in a sentence.
pub(crate) fn attention(frame: &Frame<'_>, reason: &Attention) -> String {
    let said = |key: &'static str| frame.say(key).to_string();
    let dated =
        |key: &'static str, at: Timestamp| frame.say(key).with("at", &at.strftime("%Y-%m-%d").to_string()).to_string();
    match reason {
        Attention::Missing(Missing::Issuer) => said("console-missing-issuer"),
        Attention::Missing(Missing::SignOn) => said("console-missing-sign-on"),
        Attention::Missing(Missing::Certificate) => said("console-missing-certificate"),
        Attention::Metadata(note) => frame.say("console-metadata-note").with("note", note).to_string(),
        Attention::Weak(weakness) => match weakness {
            Weakness::Sha1 { until } => dated("console-weak-sha1", *until),
            Weakness::AcceptsUnsolicited => said("console-weak-unsolicited"),
            Weakness::TakesExpiredCertificates => said("console-weak-takes-expired"),
            Weakness::TakesCbc => said("console-weak-cbc"),
            Weakness::WideClockSkew { seconds } => {
                frame.say("console-weak-skew").with("seconds", &seconds.to_string()).to_string()
            }
            Weakness::CertificateExpired { at, .. } => dated("console-weak-expired", *at),
            Weakness::CertificateExpires { at, .. } => dated("console-weak-expires", *at),
            Weakness::CommonEndpoint => said("console-weak-common"),
            Weakness::TenantsDiffer { issuer, sign_on } => {
                frame.say("console-weak-tenants").with("issuer", issuer).with("other", sign_on).to_string()
            }
            Weakness::ReassignableSubject { key } => frame.say("console-weak-subject").with("key", key).to_string(),
        },
    }
}

/// A path in an address; the platform's is a slash, for an empty one is none.
pub(crate) fn path_text(path: &AccountPath) -> String {
    if *path == AccountPath::ROOT { "/".to_owned() } else { path.to_string() }
}

/// An address of the console with what it asks for; what is empty is left out.
pub(crate) fn address(page: &str, pairs: &[(&str, &str)]) -> String {
    let given: Vec<(&str, &str)> = pairs.iter().copied().filter(|(_, value)| !value.is_empty()).collect();
    if given.is_empty() {
        return page.to_owned();
    }
    format!("{page}?{}", crate::routes::shown::form_urlencode(&given))
}

/// The page of an account.
pub(crate) fn account_url(path: &AccountPath) -> String {
    if *path == AccountPath::ROOT { "/console/account".to_owned() } else { format!("/console/accounts/{path}") }
}

/// A page about an account that has its path in its address; without one it is one's own.
pub(crate) fn account_page(page: &str, spot: &Spot) -> String {
    let path = &spot.account.path;
    if *path == AccountPath::ROOT { page.to_owned() } else { format!("{page}/{path}") }
}

/// The day of a time.
pub(crate) fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// The account that a page is about, as its address has it.
pub(crate) fn spot_text(spot: &Spot) -> String {
    path_text(&spot.account.path)
}

/// A time, as every page has it.
pub(crate) fn time(at: &Timestamp) -> crate::page::Time {
    crate::page::Time(*at)
}
