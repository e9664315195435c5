//! Claims as a table: the short name beside the long one, and marks on what deserves attention.

use vestibule_journeys::inspect::claims::{is_impersonal, mark, short_name};
use vestibule_journeys::inspect::personal::shortened;
use vestibule_saml::types::{Attribute, AttributeValue};

use crate::output::{Page, Style};

/// The column of a long name below its short one: narrow, so that the names that Entra uses fit on one line.
const LONG_NAME: usize = 5;
/// Columns that most values fit into.
const ROOM: usize = 24;
/// More values than this are counted, unless values are shown.
const FEW: usize = 6;

/// The table, and below it nothing: [`explain`](super::explain) says what the marks mean.
pub(crate) fn table<'a>(page: &mut Page, attributes: impl Iterator<Item = &'a Attribute> + Clone, in_full: bool) {
    let widest = attributes.clone().map(|attribute| short_name(attribute).chars().count()).max().unwrap_or(0);
    let values = 4 + widest.min(28) + 1;
    // Beside the value where there is room for both, else below it.
    let longest = attributes.clone().map(|attribute| attribute.name.chars().count()).max().unwrap_or(0);
    let beside = page.width().checked_sub(longest).filter(|&at| at >= values + ROOM);
    for attribute in attributes {
        let short = short_name(attribute);
        match mark(attribute) {
            Some(_) => {
                page.put(Style::Plain, " ");
                page.put(Style::Warning, "▲");
                page.put(Style::Plain, " ");
            }
            None => page.put(Style::Plain, "   "),
        }
        page.put(Style::Plain, short);
        let lines = lines(attribute, in_full);
        for (number, line) in lines.iter().enumerate() {
            if number > 0 {
                page.end();
            }
            page.to(values);
            page.wrapped(values, Style::Strong, line);
        }
        if attribute.name != short {
            if let Some(at) = beside.filter(|&at| lines.iter().all(|line| values + line.chars().count() < at)) {
                page.to(at);
            } else {
                page.end();
                page.to(LONG_NAME);
            }
            page.wrapped(LONG_NAME, Style::Faint, &attribute.name);
        }
        page.end();
    }
}

fn lines(attribute: &Attribute, in_full: bool) -> Vec<String> {
    let impersonal = is_impersonal(&attribute.name);
    let show = if in_full { attribute.values.len() } else { FEW };
    let mut lines: Vec<String> =
        attribute.values.iter().take(show).map(|value| line(value, in_full || impersonal)).collect();
    match attribute.values.len() {
        0 => lines.push("(no value)".to_owned()),
        all if all > show => lines.push(format!("and {} more", all - show)),
        _ => {}
    }
    lines
}

fn line(value: &AttributeValue, in_full: bool) -> String {
    match value {
        AttributeValue::Text(text) if text.is_empty() => "(empty)".to_owned(),
        AttributeValue::Text(text) if in_full => text.clone(),
        AttributeValue::Text(text) => shortened(text),
        AttributeValue::Structured(xml) if in_full => xml.clone(),
        AttributeValue::Structured(_) => "(XML)".to_owned(),
        AttributeValue::Nil => "(nil: no value)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_values_are_counted_and_shown_on_demand() {
        let groups = Attribute::text("groups", (0..9).map(|n| format!("group {n}")));
        assert_eq!(lines(&groups, false).len(), 7);
        assert_eq!(lines(&groups, false)[6], "and 3 more");
        assert_eq!(lines(&groups, true).len(), 9);
    }
}
