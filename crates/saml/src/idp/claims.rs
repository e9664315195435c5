//! The names of the claims that Entra sends (E-28 to E-33), and its habit with many groups.

use crate::types::Attribute;

/// The user principal name, unless it is set up otherwise.
pub const NAME: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name";
/// The given name.
pub const GIVEN_NAME: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname";
/// The surname.
pub const SURNAME: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname";
/// The e-mail address; absent where the person has none.
pub const EMAIL_ADDRESS: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress";
/// The user principal name as a claim of its own, which an administrator must ask for.
pub const UPN: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn";
/// The tenant.
pub const TENANT_ID: &str = "http://schemas.microsoft.com/identity/claims/tenantid";
/// The person's object in the tenant: with the tenant, the only stable key (E-36).
pub const OBJECT_IDENTIFIER: &str = "http://schemas.microsoft.com/identity/claims/objectidentifier";
/// The name to show.
pub const DISPLAY_NAME: &str = "http://schemas.microsoft.com/identity/claims/displayname";
/// Who authenticated the person: the tenant's issuer, or for a guest `live.com` and the like.
pub const IDENTITY_PROVIDER: &str = "http://schemas.microsoft.com/identity/claims/identityprovider";
/// In which ways the person was authenticated (E-30).
pub const AUTHN_METHODS_REFERENCES: &str = "http://schemas.microsoft.com/claims/authnmethodsreferences";
/// The groups of the person.
pub const GROUPS: &str = "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups";
/// Instead of too many groups, where they may be asked for.
pub const GROUPS_LINK: &str = "http://schemas.microsoft.com/claims/groups.link";
/// The application roles of the person.
pub const ROLE: &str = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role";
/// The directory roles of the person.
pub const WIDS: &str = "http://schemas.microsoft.com/ws/2008/06/identity/claims/wids";

/// Above this many groups Entra sends a link in their place (E-32).
pub const MAX_GROUPS: usize = 150;

/// The claim that tells a person's groups: the groups themselves, or above 150 of them the link to ask at.
/// None for a person without groups.
pub fn groups(groups: &[&str], tenant: &str, object: &str) -> Option<Attribute> {
    match groups.len() {
        0 => None,
        1..=MAX_GROUPS => Some(Attribute::text(GROUPS, groups.iter().copied())),
        _ => {
            let link = format!("https://graph.windows.net/{tenant}/users/{object}/getMemberObjects");
            Some(Attribute::text(GROUPS_LINK, [link]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// E-32.
    #[test]
    fn a_link_stands_in_place_of_more_than_150_groups() {
        let many = vec!["g"; 151];
        assert_eq!(groups(&[], "t", "o"), None);
        assert_eq!(groups(&many[..150], "t", "o").map(|it| (it.name, it.values.len())), Some((GROUPS.to_owned(), 150)));
        let link = "https://graph.windows.net/t/users/o/getMemberObjects";
        assert_eq!(groups(&many, "t", "o"), Some(Attribute::text(GROUPS_LINK, [link])));
    }
}
