//! The log, applications, webhooks and keys.

use vestibule_domain::event::Actor;
use vestibule_journeys::console::{
    Applications, Audit, AuditLine, DeliveryRow, DeliveryState, KINDS, KeyRow, Keys, WebhookPage, WebhookRow, Webhooks,
};

use super::{Badge, Top, address, console_page, path_text, spot_text};

/// Lists lines of the log. What is shown is chosen by a form of the fields `account`, `kind`, `user` and `until`, sent by GET.
#[derive(Debug)]
pub(crate) struct AuditView {
    pub(crate) top: Top,
    pub(crate) view: Audit,
    pub(crate) kind: String,
    pub(crate) user: String,
    pub(crate) until: String,
}

impl AuditView {
    /// As the address has it: nothing where the whole log is shown.
    fn account(&self) -> String {
        if self.view.is_whole { String::new() } else { spot_text(&self.view.spot) }
    }

    fn kinds(&self) -> impl Iterator<Item = (&'static str, bool)> {
        KINDS.iter().map(|kind| (*kind, *kind == self.kind))
    }

    fn to(&self, page: &str, before: &str) -> String {
        let account = self.account();
        let pairs = [
            ("account", account.as_str()),
            ("kind", &self.kind),
            ("user", &self.user),
            ("until", &self.until),
            ("before", before),
        ];
        address(page, &pairs)
    }

    fn next(&self) -> Option<String> {
        Some(self.to("/console/audit", &self.view.next?.to_string()))
    }

    fn export(&self) -> String {
        self.to("/console/audit.jsonl", "")
    }

    fn is_filtered(&self) -> bool {
        !self.kind.is_empty() || !self.user.is_empty() || !self.until.is_empty()
    }

    fn actor(line: &AuditLine) -> (&'static str, Option<String>) {
        match &line.event.actor {
            Actor::User(user) => ("console-by-user", Some(user.to_string())),
            Actor::Visitor => ("console-by-visitor", None),
            Actor::Application(_) => ("console-by-application", None),
            Actor::SetupLink(link) => ("console-by-link", Some(link.to_string())),
            Actor::ApiKey(key) => ("console-by-api-key", Some(key.to_string())),
            Actor::System => ("console-by-system", None),
            Actor::CommandLine => ("console-by-server", None),
        }
    }
}

/// Lists applications.
#[derive(Debug)]
pub(crate) struct ApplicationsView {
    pub(crate) top: Top,
    pub(crate) view: Applications,
}

/// Lists webhooks.
#[derive(Debug)]
pub(crate) struct WebhooksView {
    pub(crate) top: Top,
    pub(crate) view: Webhooks,
}

fn webhook_badge(row: &WebhookRow) -> Badge {
    match (row.is_enabled, row.failures) {
        (false, _) => Badge { class: "not-reached", mark: "○", key: "console-webhook-off" },
        (true, 0) => Badge { class: "ok", mark: "●", key: "console-webhook-on" },
        (true, _) => Badge { class: "attention", mark: "▲", key: "console-webhook-failing" },
    }
}

impl WebhooksView {
    fn badge(row: &WebhookRow) -> Badge {
        webhook_badge(row)
    }

    fn path(row: &WebhookRow) -> String {
        path_text(&row.account)
    }
}

/// Tells of a webhook and of what became of what was sent.
#[derive(Debug)]
pub(crate) struct WebhookView {
    pub(crate) top: Top,
    pub(crate) view: WebhookPage,
    pub(crate) failed: bool,
}

impl WebhookView {
    fn badge(&self) -> Badge {
        webhook_badge(&self.view.row)
    }

    fn state(row: &DeliveryRow) -> Badge {
        match row.state {
            DeliveryState::Delivered => Badge { class: "ok", mark: "●", key: "console-delivered" },
            DeliveryState::Waiting => Badge { class: "not-reached", mark: "○", key: "console-delivery-waits" },
            DeliveryState::GivenUp => Badge { class: "refused", mark: "■", key: "console-given-up" },
            DeliveryState::Dropped => Badge { class: "refused", mark: "■", key: "console-dropped" },
        }
    }

    fn status(row: &DeliveryRow) -> String {
        row.status.map(|status| status.to_string()).unwrap_or_default()
    }
}

/// Lists the keys that sign tokens.
#[derive(Debug)]
pub(crate) struct KeysView {
    pub(crate) top: Top,
    pub(crate) view: Keys,
    pub(crate) now: jiff::Timestamp,
}

impl KeysView {
    fn badge(&self, row: &KeyRow) -> Badge {
        match (row.signs, row.until.is_some_and(|until| until <= self.now), row.from > self.now) {
            (true, ..) => Badge { class: "ok", mark: "●", key: "console-key-signs" },
            (false, true, _) => Badge { class: "not-reached", mark: "○", key: "console-key-over" },
            (false, false, true) => Badge { class: "not-reached", mark: "○", key: "console-key-next" },
            (false, false, false) => Badge { class: "not-reached", mark: "○", key: "console-key-last" },
        }
    }
}

mod audit {
    use super::AuditView;
    super::console_page!(AuditView, "console/audit.html");
}

mod applications {
    use super::ApplicationsView;
    super::console_page!(ApplicationsView, "console/applications.html");
}

mod webhooks {
    use super::WebhooksView;
    super::console_page!(WebhooksView, "console/webhooks.html");
}

mod webhook {
    use super::WebhookView;
    super::console_page!(WebhookView, "console/webhook.html");
}

mod keys {
    use super::KeysView;
    super::console_page!(KeysView, "console/keys.html");
}
