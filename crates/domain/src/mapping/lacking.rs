//! Who lacks what a mapping wants of them (CC-28).

use super::validator::is_guid;
use super::{Mapping, Property};
use crate::user::Profile;

/// What somebody has one of. Of groups and roles none is as good as any.
const OF_ONE_VALUE: [Property; 5] =
    [Property::Name, Property::Email, Property::DisplayName, Property::GivenName, Property::FamilyName];

impl Mapping {
    /// The properties that this mapping fills and of which a profile has nothing, or a GUID in the place of a name.
    pub fn lacking(&self, profile: &Profile) -> Vec<Property> {
        let is_mapped = |property: &Property| self.rules.get(property).is_some_and(|rule| !rule.sources.is_empty());
        let is_lacking = |property: &Property| {
            let values = profile.property(property.name());
            values.is_empty() || property.is_name() && values.iter().all(|value| is_guid(value))
        };
        OF_ONE_VALUE.into_iter().filter(is_mapped).filter(is_lacking).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "bbbbcccc-1111-dddd-2222-eeee3333ffff";

    /// CC-28: nothing, or a GUID for a name, is lacking; what the mapping does not fill is not.
    #[test]
    fn what_is_mapped_and_not_there_is_lacking() {
        let mapping: Mapping = toml::from_str(
            "rules.display_name = \"displayname\"\nrules.given_name = \"givenname\"\nrules.email = \"mail\"\n\
             rules.family_name = []\nrules.groups = \"groups\"",
        )
        .unwrap();
        let nothing = Profile::default();
        assert_eq!(mapping.lacking(&nothing), [Property::Email, Property::DisplayName, Property::GivenName]);
        let known = Profile {
            email: Some("ada@corp.example".parse().unwrap()),
            display_name: Some(format!("{GUID} {GUID}")),
            given_name: Some("Ada".to_owned()),
            ..Profile::default()
        };
        assert_eq!(mapping.lacking(&known), [Property::DisplayName]);
    }
}
