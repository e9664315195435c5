//! Connections, and one of them.

use vestibule_domain::connection::ConnectionState;
use vestibule_journeys::console::{ConnectionPage, ConnectionRow, Connections, ReadinessStep, StepState};

use super::{Badge, Top, address, console_page, path_text, spot_text, state_badge};

/// Lists connections. What is shown is chosen by a form of the fields `account`, `state`, `attention` and `text`, sent by GET.
#[derive(Debug)]
pub(crate) struct ConnectionsView {
    pub(crate) top: Top,
    pub(crate) view: Connections,
    pub(crate) state: Option<ConnectionState>,
    pub(crate) attention: bool,
    pub(crate) text: String,
}

/// The states with their names in addresses.
pub(crate) const STATES: [(ConnectionState, &str); 4] = [
    (ConnectionState::Active, "active"),
    (ConnectionState::Paused, "paused"),
    (ConnectionState::Tested, "tested"),
    (ConnectionState::Draft, "draft"),
];

impl ConnectionsView {
    fn account(&self) -> String {
        spot_text(&self.view.spot)
    }

    fn states(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        STATES.iter().map(|(state, name)| (*name, state_badge(*state).key, Some(*state) == self.state))
    }

    fn next(&self) -> Option<String> {
        let (path, name) = self.view.next.as_ref()?;
        let state = STATES.iter().find(|(state, _)| Some(*state) == self.state).map_or("", |(_, name)| name);
        let attention = if self.attention { "1" } else { "" };
        let (account, after, text) = (self.account(), path_text(path), self.text.as_str());
        let pairs = [
            ("account", &*account),
            ("state", state),
            ("attention", attention),
            ("text", text),
            ("after", &after),
            ("name", name.as_str()),
        ];
        Some(address("/console/connections", &pairs))
    }

    fn is_filtered(&self) -> bool {
        self.state.is_some() || self.attention || !self.text.is_empty()
    }

    fn badge(row: &ConnectionRow) -> Badge {
        state_badge(row.state)
    }
}

/// Tells of a connection.
#[derive(Debug)]
pub(crate) struct ConnectionView {
    pub(crate) top: Top,
    pub(crate) view: ConnectionPage,
    pub(crate) now: jiff::Timestamp,
    /// What was pasted that is no certificate, and why.
    pub(crate) pasted: String,
    pub(crate) problem: Option<String>,
    /// Where somebody signs in again whose paste waits for that.
    pub(crate) again: Option<String>,
}

/// A step of the strip: its state, its text and where it is mended.
struct Step {
    badge: Badge,
    to: &'static str,
}

impl ConnectionView {
    fn badge(&self) -> Badge {
        state_badge(self.view.connection.state)
    }

    fn is(&self, state: ConnectionState) -> bool {
        self.view.connection.state == state
    }

    /// Whether it may still be set up step by step.
    fn is_draft(&self) -> bool {
        vestibule_domain::setup::is_draft(self.view.connection.state)
    }

    fn is_active(&self) -> bool {
        self.is(ConnectionState::Active)
    }

    fn steps(&self) -> impl Iterator<Item = Step> {
        self.view.readiness.iter().map(|step| {
            let (key, to) = match step.step {
                ReadinessStep::Values => ("console-step-values", "#settings"),
                ReadinessStep::Certificate => ("console-step-certificate", "#certificates"),
                ReadinessStep::Domains => ("console-step-domains", "#account"),
                ReadinessStep::Mapping => ("console-step-mapping", "#mapping"),
                ReadinessStep::Tested => ("console-step-tested", "#test"),
                ReadinessStep::Active => ("console-step-active", "#switch"),
            };
            let badge = match step.state {
                StepState::Done => Badge { class: "ok", mark: "●", key },
                StepState::Weak => Badge { class: "attention", mark: "▲", key },
                StepState::Missing => Badge { class: "not-reached", mark: "○", key },
            };
            Step { badge, to }
        })
    }

    /// How far a certificate's time has gone, in hundredths.
    fn gone(&self, from: &jiff::Timestamp, until: &jiff::Timestamp) -> i64 {
        let whole = until.duration_since(*from).as_secs().max(1);
        (self.now.duration_since(*from).as_secs().clamp(0, whole) * 100) / whole
    }

    /// Whether the account lets personal values of kept answers be seen.
    fn shows_personal(&self) -> bool {
        self.view.spot.account.settings.inspector == vestibule_domain::account::Inspector::Open
    }

    fn may_remove(&self) -> bool {
        self.view.may_change && self.view.certificates.len() > 1
    }
}

mod list {
    use super::ConnectionsView;
    super::console_page!(ConnectionsView, "console/connections.html");
}

mod one {
    use super::ConnectionView;
    super::console_page!(ConnectionView, "console/connection.html");
}
