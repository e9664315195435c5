//! Claims as a table: the short name beside the long one, and marks on what deserves attention.

use vestibule_saml::sp::entra::is_guid;
use vestibule_saml::types::{Attribute, AttributeValue};

use super::personal::shortened;
use crate::output::{Page, Style};

/// The column of a long name below its short one: narrow, so that the names that Entra uses fit on one line.
const LONG_NAME: usize = 5;
/// Columns that most values fit into.
const ROOM: usize = 24;
/// More values than this are counted, unless values are shown.
const FEW: usize = 6;

/// Claims whose values say nothing about who somebody is, by the last segment of their name.
const IMPERSONAL: [&str; 6] = ["tenantid", "identityprovider", "authnmethodsreferences", "groups", "role", "wids"];

/// Claims that hold a name, in which a GUID is no name (CC-27).
const NAMES: [&str; 8] = ["name", "givenname", "surname", "displayname", "cn", "sn", "commonname", "fullname"];

/// What deserves attention in one claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    /// A GUID where a name is wanted: Entra knows no better value (E-35, CC-27).
    GuidForName,
    /// A link in place of the groups: too many of them (E-32).
    GroupsOverage,
    /// A guest, whose user name is made up (E-35).
    Guest,
}

/// `displayname` of `http://schemas.microsoft.com/identity/claims/displayname`; the FriendlyName where there is one
/// (CC-24).
pub(crate) fn short_name(attribute: &Attribute) -> &str {
    attribute.friendly_name.as_deref().filter(|name| !name.is_empty()).unwrap_or_else(|| last_segment(&attribute.name))
}

/// What stands behind the last `/`, `#` or `:` of a URI.
pub(crate) fn last_segment(uri: &str) -> &str {
    uri.rsplit(['/', '#', ':']).find(|segment| !segment.is_empty()).unwrap_or(uri)
}

/// What deserves attention in a claim.
pub(crate) fn mark(attribute: &Attribute) -> Option<Mark> {
    let is = |name: &str| {
        [last_segment(&attribute.name), short_name(attribute)].iter().any(|it| it.eq_ignore_ascii_case(name))
    };
    if last_segment(&attribute.name).eq_ignore_ascii_case("groups.link") {
        return Some(Mark::GroupsOverage);
    }
    if !NAMES.iter().any(|name| is(name)) {
        return None;
    }
    if attribute.texts().any(|text| text.split_whitespace().any(is_guid)) {
        return Some(Mark::GuidForName);
    }
    attribute.texts().any(|text| text.contains("#EXT#")).then_some(Mark::Guest)
}

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
    let impersonal = IMPERSONAL.iter().any(|name| last_segment(&attribute.name).eq_ignore_ascii_case(name));
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

    const GUID: &str = "bbbbcccc-1111-dddd-2222-eeee3333ffff";

    fn claim(name: &str, value: &str) -> Attribute {
        Attribute::text(name, [value])
    }

    /// CC-24.
    #[test]
    fn the_short_name_is_the_friendly_one_or_the_last_segment() {
        let mut claim = claim("urn:oid:2.5.4.42", "x");
        assert_eq!(short_name(&claim), "2.5.4.42");
        claim.friendly_name = Some("givenName".to_owned());
        assert_eq!(short_name(&claim), "givenName");
        assert_eq!(last_segment("http://schemas.microsoft.com/identity/claims/displayname"), "displayname");
        assert_eq!(last_segment("mail"), "mail");
        assert_eq!(last_segment("://"), "://");
    }

    /// CC-27.
    #[test]
    fn a_guid_is_marked_in_names_only() {
        let name = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname";
        assert_eq!(mark(&claim(name, GUID)), Some(Mark::GuidForName));
        assert_eq!(mark(&claim("displayName", &format!("{GUID} {GUID}"))), Some(Mark::GuidForName));
        assert_eq!(mark(&claim(name, "Ada")), None);
        assert_eq!(mark(&claim("http://schemas.microsoft.com/identity/claims/objectidentifier", GUID)), None);
    }

    #[test]
    fn groups_beyond_the_limit_and_guests_are_marked() {
        let link = "http://schemas.microsoft.com/claims/groups.link";
        assert_eq!(mark(&claim(link, "https://graph.windows.net/x")), Some(Mark::GroupsOverage));
        assert_eq!(mark(&claim("name", "ada_live.example#EXT#@contoso.example")), Some(Mark::Guest));
    }

    #[test]
    fn many_values_are_counted_and_shown_on_demand() {
        let groups = Attribute::text("groups", (0..9).map(|n| format!("group {n}")));
        assert_eq!(lines(&groups, false).len(), 7);
        assert_eq!(lines(&groups, false)[6], "and 3 more");
        assert_eq!(lines(&groups, true).len(), 9);
    }
}
