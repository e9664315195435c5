//! The inspector: a connection's last answers, one of them, and whatever somebody pastes.

#![expect(clippy::trivially_copy_pass_by_ref, reason = "a template passes references")]

use jiff::Timestamp;
use vestibule_domain::account::Inspector;
use vestibule_journeys::console::{
    AttemptPage, AttemptsPage, Given, Judged, KeptOutcome, KeptRow, Pasted, Secret, Spot,
};
use vestibule_journeys::inspect::changes::Change;
use vestibule_journeys::inspect::claims::Mark;
use vestibule_journeys::inspect::input::{Kind, Wrapping};
use vestibule_journeys::inspect::replay::NoReplay;
use vestibule_journeys::inspect::shape::{Shape, ShapeKind, Sight};
use vestibule_saml::sp::Outcome;

use super::sequence::{self, Moment, Sequence};
use super::{Badge, Top, address, console_page};
use crate::page::Frame;
use crate::pages::{AadStsBlock, Details};

/// Lists the last answers of a connection. What is shown is chosen by a form of the field `outcome`, sent by GET.
#[derive(Debug)]
pub(crate) struct AttemptsView {
    pub(crate) top: Top,
    pub(crate) view: AttemptsPage,
    pub(crate) outcome: KeptOutcome,
    /// Where somebody authenticates anew who wants to show what is personal; none: they did just now.
    pub(crate) sign_in_again: Option<String>,
    /// Why the account is as it was.
    pub(crate) problems: Vec<String>,
}

/// The outcomes with their names in addresses and the keys of their texts.
pub(crate) const OUTCOMES: [(KeptOutcome, &str, &str); 3] = [
    (KeptOutcome::Any, "", "console-any"),
    (KeptOutcome::Accepted, "accepted", "console-accepted"),
    (KeptOutcome::Refused, "refused", "console-refused"),
];

impl AttemptsView {
    fn url(&self) -> String {
        format!("/console/connections/{}/attempts", self.view.connection.id)
    }

    fn outcomes(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        OUTCOMES.iter().map(|(outcome, name, key)| (*name, *key, *outcome == self.outcome))
    }

    fn next(&self) -> Option<String> {
        let before = self.view.next?.to_string();
        let outcome = OUTCOMES.iter().find(|(outcome, ..)| *outcome == self.outcome).map_or("", |(_, name, _)| name);
        Some(address(&self.url(), &[("outcome", outcome), ("before", &before)]))
    }

    fn is_open(&self) -> bool {
        self.view.inspector == Inspector::Open
    }
}

/// How an answer ended: never by colour alone.
pub(crate) fn outcome_badge(row: &KeptRow) -> Badge {
    match (&row.reason, &row.turned_away) {
        (Some(_), _) => Badge { class: "refused", mark: "■", key: "inspector-refused" },
        (None, Some(_)) => Badge { class: "attention", mark: "▲", key: "inspector-turned-away" },
        (None, None) => Badge { class: "ok", mark: "●", key: "console-accepted" },
    }
}

/// Why an answer did not lead in.
pub(crate) fn why(row: &KeptRow) -> Option<&String> {
    row.reason.as_ref().or(row.turned_away.as_ref())
}

/// Tells all of one answer.
#[derive(Debug)]
pub(crate) struct AttemptView {
    pub(crate) top: Top,
    pub(crate) view: AttemptPage,
}

impl AttemptView {
    fn url(&self) -> String {
        format!("/console/connections/{}/attempts/{}", self.view.connection.id, self.view.head.id)
    }

    fn list_url(&self) -> String {
        format!("/console/connections/{}/attempts", self.view.connection.id)
    }

    fn earlier_url(&self) -> Option<String> {
        let earlier = self.view.earlier.as_ref()?;
        Some(format!("/console/connections/{}/attempts/{}", self.view.connection.id, earlier.answer))
    }

    fn badge(&self) -> Badge {
        match (&self.view.head.reason, &self.view.head.turned_away) {
            (Some(_), _) => Badge { class: "refused", mark: "■", key: "inspector-refused" },
            (None, Some(_)) => Badge { class: "attention", mark: "▲", key: "inspector-turned-away" },
            (None, None) => Badge { class: "ok", mark: "●", key: "console-accepted" },
        }
    }

    fn drawn(&self, frame: &Frame<'_>) -> Sequence {
        sequence::draw(&self.view.course, frame)
    }

    fn refusal(&self) -> Option<Details> {
        self.view.refusal.clone().map(Details::from)
    }

    fn aadsts(&self) -> Option<AadStsBlock> {
        self.view.aadsts.map(AadStsBlock::new)
    }

    fn is_open(&self) -> bool {
        self.view.sight == Sight::Open
    }

    fn behind(&self, place: &usize) -> String {
        sequence::behind(&self.view.course, *place).unwrap_or_default()
    }
}

/// Asks for anything, and tells what it is.
#[derive(Debug)]
pub(crate) struct InspectView {
    pub(crate) top: Top,
    pub(crate) spot: Spot,
    /// What was typed stays.
    pub(crate) form: InspectForm,
    /// The connections to choose from: id, name.
    pub(crate) connections: Vec<(String, String)>,
    /// What was found by a code or the ID of a request.
    pub(crate) found: Option<Vec<(vestibule_domain::connection::Connection, KeptRow)>>,
    pub(crate) pasted: Option<Pasted>,
}

/// What stands in the form of the paste box.
#[derive(Clone, Default)]
pub(crate) struct InspectForm {
    pub(crate) text: String,
    pub(crate) at: String,
    pub(crate) request: String,
    pub(crate) connection: String,
    pub(crate) values: bool,
    pub(crate) code: String,
    /// The field that cannot be used, and the key of why.
    pub(crate) wrong: Option<(&'static str, &'static str)>,
}

impl std::fmt::Debug for InspectForm {
    /// What was pasted stays out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InspectForm").field("wrong", &self.wrong).finish_non_exhaustive()
    }
}

impl InspectView {
    fn problem(&self, field: &str) -> Option<&'static str> {
        self.form.wrong.filter(|(of, _)| *of == field).map(|(_, key)| key)
    }

    fn account(&self) -> String {
        super::spot_text(&self.spot)
    }

    fn action(&self) -> String {
        address("/console/inspect", &[("account", &self.account())]) + "#given"
    }

    fn given(&self) -> Option<&Given> {
        match &self.pasted {
            Some(Pasted::Given(given)) => Some(given),
            _ => None,
        }
    }

    fn secret(&self) -> Option<&'static str> {
        match &self.pasted {
            Some(Pasted::Secret(Secret::PrivateKey)) => Some("inspector-private-key"),
            Some(Pasted::Secret(Secret::Password)) => Some("inspector-password"),
            _ => None,
        }
    }

    fn aadsts(&self) -> Option<AadStsBlock> {
        match &self.pasted {
            Some(Pasted::EntraError(number)) => Some(AadStsBlock::new(*number)),
            Some(Pasted::Given(given)) => given.aadsts.map(AadStsBlock::new),
            _ => None,
        }
    }

    fn kind(&self) -> Option<&'static str> {
        self.given().map(|given| kind_key(given.kind))
    }

    fn wrapping(&self) -> Option<&'static str> {
        self.given().and_then(|given| wrapping_key(given.wrapping))
    }

    fn refusal(judged: &Judged) -> Option<Details> {
        judged.refusal.clone().map(Details::from)
    }

    fn octets(given: &Given) -> Option<String> {
        given.octets.map(|octets| octets.to_string())
    }

    fn attempt_url(connection: &vestibule_domain::connection::Connection, row: &KeptRow) -> String {
        format!("/console/connections/{}/attempts/{}", connection.id, row.key)
    }
}

const fn kind_key(kind: Kind) -> &'static str {
    match kind {
        Kind::Response => "inspector-kind-response",
        Kind::AuthnRequest => "inspector-kind-authn-request",
        Kind::LogoutRequest => "inspector-kind-logout-request",
        Kind::LogoutResponse => "inspector-kind-logout-response",
        Kind::Metadata => "inspector-kind-metadata",
        Kind::Certificate => "inspector-kind-certificate",
        Kind::Jwt => "inspector-kind-jwt",
        Kind::Unknown => "inspector-kind-unknown",
    }
}

const fn wrapping_key(wrapping: Wrapping) -> Option<&'static str> {
    Some(match wrapping {
        Wrapping::Bare => return None,
        Wrapping::Base64 => "inspector-in-base64",
        Wrapping::DeflatedBase64 => "inspector-deflated",
        Wrapping::Form => "inspector-in-form",
        Wrapping::Page => "inspector-in-page",
        Wrapping::Query { signed: false } => "inspector-in-query",
        Wrapping::Query { signed: true } => "inspector-in-signed-query",
    })
}

/// What a hidden value is, in words.
pub(crate) fn shape(frame: &Frame<'_>, shape: &Shape) -> String {
    let key = match shape.kind {
        ShapeKind::Empty => return frame.say("inspector-shape-empty").to_string(),
        ShapeKind::Address => "inspector-shape-address",
        ShapeKind::Guest => "inspector-shape-guest",
        ShapeKind::Guid => "inspector-shape-guid",
        ShapeKind::Number => "inspector-shape-number",
        ShapeKind::Uri => "inspector-shape-uri",
        ShapeKind::Text => "inspector-shape-text",
    };
    frame.say(key).with("length", &shape.length.to_string()).to_string()
}

/// How a claim differs from the earlier answer.
pub(crate) const fn change_badge(change: &Change) -> Badge {
    match change {
        Change::New => Badge { class: "attention", mark: "▲", key: "inspector-new" },
        Change::Changed => Badge { class: "attention", mark: "▲", key: "inspector-changed" },
        Change::Gone => Badge { class: "refused", mark: "■", key: "inspector-gone" },
        Change::Same => Badge { class: "ok", mark: "●", key: "inspector-same" },
    }
}

/// What deserves attention in a claim.
pub(crate) const fn mark_key(mark: &Mark) -> &'static str {
    match mark {
        Mark::GuidForName => "inspector-mark-guid",
        Mark::GroupsOverage => "inspector-mark-groups",
        Mark::Guest => "inspector-mark-guest",
    }
}

/// Why an answer cannot be judged again.
pub(crate) fn no_replay(frame: &Frame<'_>, why: &NoReplay) -> String {
    match why {
        NoReplay::NotKept => frame.say("inspector-replay-not-kept").to_string(),
        NoReplay::NotReady(lacks) => lacks.to_string(),
    }
}

/// What became of a check.
pub(crate) fn step_badge(outcome: &Outcome, is_noted: bool) -> Badge {
    match (outcome, is_noted) {
        (Outcome::Ok, false) => Badge { class: "ok", mark: "●", key: "state-ok" },
        (Outcome::Ok, true) => Badge { class: "attention", mark: "▲", key: "state-attention" },
        (Outcome::Refused, _) => Badge { class: "refused", mark: "■", key: "state-refused" },
        (Outcome::NotReached, _) => Badge { class: "not-reached", mark: "○", key: "state-not-reached" },
    }
}

/// The same by its name in a kept report.
pub(crate) fn kept_badge(kept: &vestibule_journeys::report::KeptStep) -> Badge {
    let outcome = [Outcome::Ok, Outcome::Refused].into_iter().find(|outcome| outcome.name() == kept.outcome);
    step_badge(&outcome.unwrap_or(Outcome::NotReached), kept.warning.is_some())
}

/// The title of a check.
pub(crate) fn step_title(frame: &Frame<'_>, step: &vestibule_saml::sp::Step) -> String {
    frame.say(&format!("step-{}", step.name().replace('_', "-"))).to_string()
}

/// The class of a line of XML: how deep it stands, and whether it is vouched for.
pub(crate) fn line_class(line: &vestibule_journeys::inspect::listing::Line) -> String {
    format!("d{}{}", line.depth, if line.is_signed { " signed" } else { "" })
}

/// A time to the millisecond.
pub(crate) fn moment(at: &Timestamp) -> Moment {
    Moment(*at)
}

mod list {
    use super::AttemptsView;
    super::console_page!(AttemptsView, "console/attempts.html");
}

mod one {
    use super::AttemptView;
    super::console_page!(AttemptView, "console/attempt.html");
}

mod paste {
    use super::InspectView;
    super::console_page!(InspectView, "console/inspect.html");
}
