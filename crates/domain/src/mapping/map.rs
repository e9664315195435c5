//! Claims become a profile.

use std::collections::BTreeSet;

use thiserror::Error;
use vestibule_saml::types::{Attribute, Attributes, NameId};

use super::claims::{Ambiguous, find, last_segment};
use super::transform::{apply, bounded};
use super::validator::is_guid;
use super::{Claim, MAX_VALUES, Mapping, Origin, Property, Rule, Source, Validator, groups_link};
use crate::name::EmailAddress;
use crate::user::Profile;

/// What became of the claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// What is known of the person now.
    pub profile: Profile,
    /// The e-mail address that the answer itself says; none where the one in the profile, if any, was known before.
    /// Only for this one does the identity provider answer (A25.1).
    pub asserted_email: Option<EmailAddress>,
    /// Where that address came from, as an administrator knows it: a claim by its name, or the NameID.
    pub email_from: Option<String>,
    /// What an administrator should know about how it came to be.
    pub notes: Vec<Note>,
}

/// Something about a mapping that an administrator should know. No value stands in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Note {
    /// A name had the form of a GUID, which Entra sends where it knows none; another value, or what was known before,
    /// stands (CC-27).
    #[error("{property}: {from} holds a GUID instead of a name and was passed over; fill it in the directory")]
    GuidPassedOver {
        /// The property.
        property: String,
        /// The source.
        from: String,
    },
    /// The same, and nothing better is known.
    #[error("{property}: {from} holds a GUID instead of a name, and nothing better is known; fill it in the directory")]
    GuidTaken {
        /// The property.
        property: String,
        /// The source.
        from: String,
    },
    /// A value is not as the property needs it and was passed over (CC-12).
    #[error("{property}: {from} has a value that does not do; {wanted} is wanted")]
    NotValid {
        /// The property.
        property: String,
        /// The source.
        from: String,
        /// What the validator wants.
        wanted: String,
    },
    /// A property of one value got several; the first stands.
    #[error("{property}: {from} has {got} values; the first was taken")]
    Several {
        /// The property.
        property: String,
        /// The source.
        from: String,
        /// How many.
        got: usize,
    },
    /// Nothing came for a property; what was known before stands.
    #[error("{property}: the answer has no value; what was known before stands")]
    Kept {
        /// The property.
        property: String,
    },
    /// The person is in too many groups for the answer: they are unknown, not none. Those known before stand (E-32).
    #[error(
        "groups: there are too many for the answer, so those known before stand; let Entra send only the groups assigned to the application"
    )]
    GroupsUnknown {
        /// Where they may be asked for. Never fetched (A25.4).
        link: String,
    },
}

/// Why claims cannot become a profile.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MappingProblem {
    /// A short name fits several attributes.
    #[error(transparent)]
    Ambiguous(#[from] Ambiguous),
}

impl MappingProblem {
    /// Its code for people.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Ambiguous(_) => "CLAIM-AMBIGUOUS",
        }
    }
}

/// The profile of a person: `previous` with what the answer says in the mapping's terms.
///
/// A property of one value that gets none keeps what is known. Roles and groups follow the answer: what it no longer
/// says is gone, except where it says that it could not say them all.
///
/// # Errors
/// A short name of the mapping fits several attributes.
pub fn map(
    attributes: &Attributes,
    name_id: &NameId,
    mapping: &Mapping,
    previous: Option<&Profile>,
) -> Result<Mapped, MappingProblem> {
    let mut answer = Answer { attributes, name_id, notes: Vec::new() };
    let mut profile = previous.cloned().unwrap_or_default();
    let (mut asserted_email, mut email_from) = (None, None);
    for (property, rule) in mapping.rules.iter().filter(|(_, rule)| !rule.sources.is_empty()) {
        match property {
            Property::Name => {
                answer.set(&mut profile.name, *property, rule)?;
            }
            Property::DisplayName => {
                answer.set(&mut profile.display_name, *property, rule)?;
            }
            Property::GivenName => {
                answer.set(&mut profile.given_name, *property, rule)?;
            }
            Property::FamilyName => {
                answer.set(&mut profile.family_name, *property, rule)?;
            }
            Property::Email => {
                let mut text = None;
                let source = answer.set(&mut text, *property, rule)?;
                // A validator of the account's own may take what is no address: then what is known stays.
                asserted_email = text.and_then(|text| text.parse::<EmailAddress>().ok());
                email_from = source.filter(|_| asserted_email.is_some()).map(shown);
                match &asserted_email {
                    Some(email) => profile.email = Some(email.clone()),
                    None if profile.email.is_some() => answer.kept(property.name()),
                    None => {}
                }
            }
            Property::Groups => answer.groups(&mut profile.groups, rule)?,
            Property::Roles => profile.roles = answer.all(*property, rule)?,
        }
    }
    answer.roles(&mut profile, mapping)?;
    for (name, rule) in mapping.more.iter().filter(|(_, rule)| !rule.sources.is_empty()) {
        let values = answer.first_source(name, rule, &Validator::Line)?;
        if values.is_empty() {
            if profile.more.contains_key(name) {
                answer.kept(name);
            }
        } else {
            profile.more.insert(name.clone(), values);
        }
    }
    Ok(Mapped { profile, asserted_email, email_from, notes: answer.notes })
}

/// What the identity provider said, and what is noted about it.
struct Answer<'a> {
    attributes: &'a Attributes,
    name_id: &'a NameId,
    notes: Vec<Note>,
}

impl Answer<'_> {
    /// A property of one value. Returns the source that said it, if one did.
    fn set<'r>(
        &mut self,
        known: &mut Option<String>,
        property: Property,
        rule: &'r Rule,
    ) -> Result<Option<&'r Source>, MappingProblem> {
        let validator = rule.validate.clone().unwrap_or_else(|| Validator::of(property));
        let name = property.name();
        let mut last_resort = None;
        for source in &rule.sources {
            let raw = self.raw(source)?;
            let is_unknown = property.is_name() && !raw.is_empty() && raw.iter().all(|value| is_guid(value));
            let Some(value) = self.one(name, source, raw, &validator) else { continue };
            if !is_unknown {
                *known = Some(value);
                return Ok(Some(source));
            }
            self.notes.push(Note::GuidPassedOver { property: name.to_owned(), from: shown(source) });
            last_resort.get_or_insert((value, source));
        }
        match (known.as_ref(), last_resort) {
            (None, Some((value, source))) => {
                *known = Some(value);
                self.notes.push(Note::GuidTaken { property: name.to_owned(), from: shown(source) });
                return Ok(Some(source));
            }
            (Some(_), _) => self.kept(name),
            (None, None) => {}
        }
        Ok(None)
    }

    fn kept(&mut self, name: &str) {
        self.notes.push(Note::Kept { property: name.to_owned() });
    }

    /// The first value that passes.
    fn one(&mut self, name: &str, source: &Source, raw: Vec<String>, validator: &Validator) -> Option<String> {
        let values = self.passing(name, source, raw, validator);
        if values.len() > 1 {
            self.notes.push(Note::Several { property: name.to_owned(), from: shown(source), got: values.len() });
        }
        values.into_iter().next()
    }

    fn groups(&mut self, known: &mut Vec<String>, rule: &Rule) -> Result<(), MappingProblem> {
        let groups = self.all(Property::Groups, rule)?;
        if let Some(link) = groups_link(self.attributes) {
            self.notes.push(Note::GroupsUnknown { link });
            if groups.is_empty() {
                return Ok(());
            }
        }
        *known = groups;
        Ok(())
    }

    /// Roles by rules, beside those taken as they are. Where neither is mapped, roles are not the answer's business.
    fn roles(&mut self, profile: &mut Profile, mapping: &Mapping) -> Result<(), MappingProblem> {
        if mapping.roles.is_empty() {
            return Ok(());
        }
        if mapping.rules.get(&Property::Roles).is_none_or(|rule| rule.sources.is_empty()) {
            profile.roles.clear();
        }
        let too_many = groups_link(self.attributes).is_some();
        for rule in &mapping.roles {
            let found = find(self.attributes, &rule.claim)?;
            let is_value = |value: &str| value.eq_ignore_ascii_case(&rule.value);
            // Groups that the answer could not say are those known before.
            let holds = match found {
                Some(attribute) => attribute.texts().any(is_value),
                None => too_many && is_groups(&rule.claim) && profile.groups.iter().any(|group| is_value(group)),
            };
            if holds && !profile.roles.contains(&rule.role) {
                profile.roles.push(rule.role.clone());
            }
        }
        Ok(())
    }

    /// The values of all sources, each once, in order.
    fn all(&mut self, property: Property, rule: &Rule) -> Result<Vec<String>, MappingProblem> {
        let validator = rule.validate.clone().unwrap_or_else(|| Validator::of(property));
        let mut all: Vec<String> = Vec::new();
        let mut seen = BTreeSet::new();
        for source in &rule.sources {
            let raw = self.raw(source)?;
            let values = self.passing(property.name(), source, raw, &validator);
            all.extend(values.into_iter().filter(|value| seen.insert(value.clone())));
        }
        all.truncate(MAX_VALUES);
        Ok(all)
    }

    /// The values of the first source that has any.
    fn first_source(&mut self, name: &str, rule: &Rule, usual: &Validator) -> Result<Vec<String>, MappingProblem> {
        let validator = rule.validate.as_ref().unwrap_or(usual);
        for source in &rule.sources {
            let raw = self.raw(source)?;
            let values = self.passing(name, source, raw, validator);
            if !values.is_empty() {
                return Ok(values);
            }
        }
        Ok(Vec::new())
    }

    /// The values after the transforms that are as they should be.
    fn passing(&mut self, name: &str, source: &Source, raw: Vec<String>, validator: &Validator) -> Vec<String> {
        let mut values = source.transforms.iter().fold(raw, |values, transform| apply(transform, values));
        let before = values.len();
        values.retain(|value| validator.accepts(value));
        if values.len() < before {
            let (property, from) = (name.to_owned(), shown(source));
            self.notes.push(Note::NotValid { property, from, wanted: validator.wants() });
        }
        values
    }

    /// What the source says, before its transforms.
    fn raw(&self, source: &Source) -> Result<Vec<String>, MappingProblem> {
        Ok(match &source.origin {
            Origin::Constant(text) => vec![text.clone()],
            Origin::NameId => bounded(std::iter::once(self.name_id.value.clone())),
            Origin::Claim(claim) => {
                let texts = find(self.attributes, claim)?.into_iter().flat_map(Attribute::texts);
                bounded(texts.map(str::to_owned))
            }
        })
    }
}

fn is_groups(claim: &Claim) -> bool {
    last_segment(claim.as_str()) == "groups"
}

/// A source as an administrator knows it.
fn shown(source: &Source) -> String {
    match &source.origin {
        Origin::Claim(claim) => format!("the claim {:?}", claim.as_str()),
        Origin::NameId => "the NameID".to_owned(),
        Origin::Constant(_) => "the constant".to_owned(),
    }
}

#[cfg(test)]
mod tests;
