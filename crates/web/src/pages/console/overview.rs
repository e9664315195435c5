//! The overview of an account and all below it.

use vestibule_journeys::console::{Day, Need, Overview};

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

impl OverviewView {
    fn is_quiet(&self) -> bool {
        self.view.days.iter().all(|day| day.total() == 0)
    }

    fn days_drawn(&self, frame: &Frame<'_>) -> chart::Drawing {
        chart::days(&self.view.days, &frame.say("console-sign-ins").to_string())
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
