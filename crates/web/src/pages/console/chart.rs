//! Drawings: sign-ins by day, certificates by month. Each stands beside a table with the same facts.

use std::fmt::{self, Write as _};

use askama::filters::HtmlSafe;
use vestibule_journeys::console::{Day, Hour};

/// The height of the drawing, without the line of names below it.
const HEIGHT: u64 = 120;
/// How wide a column is, and how far it is to the next.
const COLUMN: usize = 32;
const STEP: usize = 44;
/// How wide all hours are together.
const HOURS_WIDE: usize = 14 * STEP;

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
    draw(columns, most, (COLUMN, STEP), label)
}

/// Stacked columns, one for each hour; as many have their names as there is room for.
pub(super) fn hours(hours: &[Hour], label: &str) -> Drawing {
    let most = hours.iter().map(Hour::total).max().unwrap_or(0).max(1);
    let columns = hours.iter().map(|hour| {
        let parts =
            [("ok", hour.signed_in), ("soft", hour.waits), ("attention", hour.not_admitted), ("refused", hour.refused)];
        (hour_name(hour.hour), parts.to_vec())
    });
    // As wide as the days together, so that the names are as large.
    let step = HOURS_WIDE / hours.len().max(1);
    draw(columns, most, (step - step / 4, step), label)
}

/// Columns, one for each month from now on.
pub(super) fn months(months: &[(String, u64)], label: &str) -> Drawing {
    let most = months.iter().map(|(_, number)| *number).max().unwrap_or(0).max(1);
    draw(months.iter().map(|(name, number)| (name.clone(), vec![("attention", *number)])), most, (COLUMN, STEP), label)
}

fn draw(
    columns: impl ExactSizeIterator<Item = (String, Vec<(&'static str, u64)>)>,
    most: u64,
    (wide, step): (usize, usize),
    label: &str,
) -> Drawing {
    let (width, height) = (columns.len() * step, HEIGHT + 20);
    // A name takes the room of a day.
    let named = STEP.div_ceil(step.max(1));
    let label = askama::filters::escape(label, askama::filters::Html).map(|it| it.to_string()).unwrap_or_default();
    let mut svg = format!("<svg class=\"chart\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{label}\">");
    for (place, (name, parts)) in columns.enumerate() {
        let (x, mut y) = (place * step + (step - wide) / 2, HEIGHT);
        for (class, number) in parts.into_iter().filter(|(_, number)| *number > 0) {
            // What is there is seen, however little it is.
            let tall = (number * (HEIGHT - 8) / most).max(2).min(y);
            y -= tall;
            let _ = write!(
                svg,
                "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{tall}\"><title>{name}: {number}</title></rect>"
            );
        }
        if place % named == named / 2 {
            let (middle, below) = (x + wide / 2, HEIGHT + 14);
            let _ = write!(svg, "<text x=\"{middle}\" y=\"{below}\">{name}</text>");
        }
    }
    let _ = write!(svg, "<line x1=\"0\" y1=\"{HEIGHT}\" x2=\"{width}\" y2=\"{HEIGHT}\"/></svg>");
    Drawing(svg)
}

/// A day of the month and its month: `22.11`.
fn short(day: i64) -> String {
    let at = jiff::Timestamp::from_second(day.saturating_mul(86_400)).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.strftime("%m-%d").to_string()
}

/// The hour at which it begins, in UTC: `14:00`.
fn hour_name(hour: i64) -> String {
    format!("{:02}:00", hour.rem_euclid(24))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_narrow_and_each_second_has_its_name() {
        let hours: Vec<Hour> = (0..24).map(|hour| Hour { hour, signed_in: 1, ..Hour::default() }).collect();
        let svg = super::hours(&hours, "a").to_string();
        assert_eq!((svg.matches("<rect").count(), svg.matches("<text").count()), (24, 12), "{svg}");
        assert!(svg.contains(">05:00</text>") && svg.contains("04:00: 1"), "{svg}");
    }

    #[test]
    fn what_is_there_is_seen_and_nothing_is_taller_than_the_drawing() {
        let day = Day { day: 0, signed_in: 1_000_000, refused: 1, ..Day::default() };
        let svg = days(&[day, Day::default()], "<a>").to_string();
        assert_eq!(svg.matches("<rect").count(), 2, "{svg}");
        assert!(svg.contains("height=\"111\"") && svg.contains("height=\"2\""), "{svg}");
        assert!(svg.contains("01-01: 1000000") && !svg.contains("<a>"), "{svg}");
    }
}
