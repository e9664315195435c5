//! Entra's habit with many groups: above 150 of them it sends a link in their place (E-32).

use vestibule_saml::types::Attributes;

use super::claims::last_segment;

/// The last segment of the claim that stands in the place of groups.
const LINK: &str = "groups.link";

/// Where the groups may be asked for that were too many for the answer. It is told to an administrator and never
/// fetched (A25.4). An address at the retired Azure AD Graph is told as that of Microsoft Graph.
pub fn groups_link(attributes: &Attributes) -> Option<String> {
    let claim = attributes.iter().find(|attribute| last_segment(&attribute.name) == LINK)?;
    let link = claim.texts().next().unwrap_or_default();
    Some(translated(link).unwrap_or_else(|| link.to_owned()))
}

fn translated(link: &str) -> Option<String> {
    let path = link.strip_prefix("https://graph.windows.net/")?;
    let (_tenant, users) = path.split_once('/')?;
    Some(format!("https://graph.microsoft.com/v1.0/{users}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use vestibule_saml::idp::claims;

    /// E-32: the link of the retired interface is translated.
    #[test]
    fn the_link_of_too_many_groups_leads_to_microsoft_graph() {
        let groups = vec!["g"; 151];
        let attributes: Attributes = claims::groups(&groups, "tenant", "object").into_iter().collect();
        let link = "https://graph.microsoft.com/v1.0/users/object/getMemberObjects";
        assert_eq!(groups_link(&attributes).as_deref(), Some(link));
        let attributes: Attributes = claims::groups(&groups[..150], "tenant", "object").into_iter().collect();
        assert_eq!(groups_link(&attributes), None);
    }
}
