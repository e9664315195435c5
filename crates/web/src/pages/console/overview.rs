//! The overview of an account and all below it.

use vestibule_journeys::console::{Day, Hour, Need, Overview, Span};

use super::{Badge, Top, address, chart, console_page, date, path_text, state_badge};
use crate::page::Frame;

/// Tells how a part of the tree is.
#[derive(Debug)]
pub(crate) struct OverviewView {
    pub(crate) top: Top,
    pub(crate) view: Overview,
    /// What is seen of connections.
    pub(crate) sees_connections: bool,
    /// When it is now, for the names of months.
    pub(crate) now: jiff::Timestamp,
}

/// Over what sign-ins are shown, with its name in addresses.
pub(crate) const SPANS: [(Span, &str, &str); 3] = [
    (Span::Hours24, "24h", "console-span-24"),
    (Span::Hours48, "48h", "console-span-48"),
    (Span::Days, "", "console-span-days"),
];

impl OverviewView {
    fn is_quiet(&self) -> bool {
        self.view.days.iter().all(|day| day.total() == 0) && self.view.hours.iter().all(|hour| hour.total() == 0)
    }

    fn days_drawn(&self, frame: &Frame<'_>) -> chart::Drawing {
        let label = frame.say(self.title()).to_string();
        if self.is_by_hour() { chart::hours(&self.view.hours, &label) } else { chart::days(&self.view.days, &label) }
    }

    fn is_by_hour(&self) -> bool {
        self.view.span != Span::Days
    }

    fn title(&self) -> &'static str {
        match self.view.span {
            Span::Days => "console-sign-ins",
            Span::Hours24 => "console-sign-ins-24",
            Span::Hours48 => "console-sign-ins-48",
        }
    }

    fn quiet(&self) -> &'static str {
        if self.is_by_hour() { "console-sign-ins-none-hours" } else { "console-sign-ins-none" }
    }

    /// Over what else the sign-ins are shown: the key, the address, whether it is this.
    fn spans(&self) -> impl Iterator<Item = (&'static str, String, bool)> {
        let account = super::spot_text(&self.view.spot);
        SPANS.into_iter().map(move |(span, name, key)| {
            (key, address("/console", &[("account", &account), ("span", name)]), span == self.view.span)
        })
    }

    /// Hours in which somebody came, the latest first.
    fn hours(&self) -> impl Iterator<Item = (String, &Hour)> {
        let hour = |hour: &Hour| {
            let at = jiff::Timestamp::from_second(hour.hour.saturating_mul(3600));
            at.unwrap_or(jiff::Timestamp::UNIX_EPOCH).strftime("%Y-%m-%d %H:%M").to_string()
        };
        self.view.hours.iter().rev().filter(|it| it.total() > 0).map(move |it| (hour(it), it))
    }

    /// Days on which somebody came, the latest first.
    fn days(&self) -> impl Iterator<Item = (String, &Day)> {
        let day = |day: &Day| {
            let at = jiff::Timestamp::from_second(day.day.saturating_mul(86_400));
            date(at.unwrap_or(jiff::Timestamp::UNIX_EPOCH))
        };
        self.view.days.iter().rev().filter(|it| it.total() > 0).map(move |it| (day(it), it))
    }

    fn months_drawn(&self, frame: &Frame<'_>) -> chart::Drawing {
        let name = |place: i64| {
            let at = self.now.saturating_add(jiff::SignedDuration::from_hours(place * 365 * 2));
            at.unwrap_or(self.now).strftime("%Y-%m").to_string()
        };
        let months: Vec<_> = (0..).map(name).zip(self.view.months).collect();
        chart::months(&months, &frame.say("console-certificates").to_string())
    }

    fn state(need: &Need) -> Badge {
        state_badge(need.state)
    }

    fn waiting_url(path: &vestibule_domain::account::AccountPath) -> String {
        address("/waiting", &[("account", &path_text(path))])
    }

    fn all_needs(&self) -> String {
        address("/console/connections", &[("account", &super::spot_text(&self.view.spot)), ("attention", "1")])
    }

    fn has_certificates(&self) -> bool {
        !self.view.certificates.is_empty()
    }
}

console_page!(OverviewView, "console/overview.html");
