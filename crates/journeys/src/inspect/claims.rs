//! Claims: their short names, and marks on what deserves attention.

use vestibule_saml::sp::entra::is_guid;
use vestibule_saml::types::Attribute;

/// Claims whose values say nothing about who somebody is, by the last segment of their name.
const IMPERSONAL: [&str; 6] = ["tenantid", "identityprovider", "authnmethodsreferences", "groups", "role", "wids"];

/// Claims that hold a name, in which a GUID is no name (CC-27).
const NAMES: [&str; 8] = ["name", "givenname", "surname", "displayname", "cn", "sn", "commonname", "fullname"];

/// What deserves attention in one claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// A GUID where a name is wanted: Entra knows no better value (E-35, CC-27).
    GuidForName,
    /// A link in place of the groups: too many of them (E-32).
    GroupsOverage,
    /// A guest, whose user name is made up (E-35).
    Guest,
}

/// `displayname` of `http://schemas.microsoft.com/identity/claims/displayname`; the FriendlyName where there is one
/// (CC-24).
pub fn short_name(attribute: &Attribute) -> &str {
    attribute.friendly_name.as_deref().filter(|name| !name.is_empty()).unwrap_or_else(|| last_segment(&attribute.name))
}

/// What stands behind the last `/`, `#` or `:` of a URI.
pub fn last_segment(uri: &str) -> &str {
    uri.rsplit(['/', '#', ':']).find(|segment| !segment.is_empty()).unwrap_or(uri)
}

/// Whether the values of a claim of this name say nothing about who somebody is.
pub fn is_impersonal(name: &str) -> bool {
    IMPERSONAL.iter().any(|known| last_segment(name).eq_ignore_ascii_case(known))
}

/// What deserves attention in a claim.
pub fn mark(attribute: &Attribute) -> Option<Mark> {
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
}
