//! Drawings: sign-ins by day, certificates by month. Each stands beside a table with the same facts.

use std::fmt::{self, Write as _};

use askama::filters::HtmlSafe;
use vestibule_journeys::console::Day;

/// The height of the drawing, without the line of names below it.
const HEIGHT: u64 = 120;
/// How wide a column is, and how far it is to the next.
const COLUMN: usize = 32;
const STEP: usize = 44;

/// A drawing as it stands in a page: markup of ours, in which only the label is not, and is escaped.
pub(super) struct Drawing(String);

impl HtmlSafe for Drawing {}

impl fmt::Display for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Stacked columns, one for each day.
pub(super) fn days(days: &[Day], label: &str) -> Drawing {
    let most = days.iter().map(Day::total).max().unwrap_or(0).max(1);
    let columns = days.iter().map(|day| {
        let parts =
            [("ok", day.signed_in), ("soft", day.waits), ("attention", day.not_admitted), ("refused", day.refused)];
        (short(day.day), parts.to_vec())
    });
    draw(columns, most, label)
}

/// Columns, one for each month from now on.
pub(super) fn months(months: &[(String, u64)], label: &str) -> Drawing {
    let most = months.iter().map(|(_, number)| *number).max().unwrap_or(0).max(1);
    draw(months.iter().map(|(name, number)| (name.clone(), vec![("attention", *number)])), most, label)
}

fn draw(columns: impl ExactSizeIterator<Item = (String, Vec<(&'static str, u64)>)>, most: u64, label: &str) -> Drawing {
    let (width, height) = (columns.len() * STEP, HEIGHT + 20);
    let label = askama::filters::escape(label, askama::filters::Html).map(|it| it.to_string()).unwrap_or_default();
    let mut svg = format!("<svg class=\"chart\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{label}\">");
    for (place, (name, parts)) in columns.enumerate() {
        let (x, mut y) = (place * STEP + 6, HEIGHT);
        for (class, number) in parts.into_iter().filter(|(_, number)| *number > 0) {
            // What is there is seen, however little it is.
            let tall = (number * (HEIGHT - 8) / most).max(2).min(y);
            y -= tall;
            let _ = write!(
                svg,
                "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{COLUMN}\" height=\"{tall}\"><title>{name}: {number}</title></rect>"
            );
        }
        let (middle, below) = (x + COLUMN / 2, HEIGHT + 14);
        let _ = write!(svg, "<text x=\"{middle}\" y=\"{below}\">{name}</text>");
    }
    let _ = write!(svg, "<line x1=\"0\" y1=\"{HEIGHT}\" x2=\"{width}\" y2=\"{HEIGHT}\"/></svg>");
    Drawing(svg)
}

/// A day of the month and its month: `22.11`.
fn short(day: i64) -> String {
    let at = jiff::Timestamp::from_second(day.saturating_mul(86_400)).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.strftime("%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_seen_and_nothing_is_taller_than_the_drawing() {
        let day = Day { day: 0, signed_in: 1_000_000, refused: 1, ..Day::default() };
        let svg = days(&[day, Day::default()], "<a>").to_string();
        assert_eq!(svg.matches("<rect").count(), 2, "{svg}");
        assert!(svg.contains("height=\"111\"") && svg.contains("height=\"2\""), "{svg}");
        assert!(svg.contains("01-01: 1000000") && !svg.contains("<a>"), "{svg}");
    }
}
