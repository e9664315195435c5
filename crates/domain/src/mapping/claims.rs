//! Which attribute is meant by the name of a claim.

use thiserror::Error;
use vestibule_saml::types::{Attribute, Attributes};

use super::Claim;

/// A short name that fits several attributes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the claim {claim:?} could be {first:?} or {second:?}; name it by its whole URI in the mapping")]
pub struct Ambiguous {
    /// The name in the settings.
    pub claim: Claim,
    /// An attribute that it fits.
    pub first: String,
    /// Another one.
    pub second: String,
}

/// Claims that the account requires and the answer does not have (MX-7, HY-29).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the answer lacks {}; the identity provider has to send it", list(.claims))]
pub struct MissingClaim {
    /// Each of them, as it stands in the account's settings; at least one.
    pub claims: Vec<Claim>,
}

impl MissingClaim {
    /// Its code for people.
    pub const fn code(&self) -> &'static str {
        "CLAIM-MISSING"
    }
}

/// The attribute that a claim means: the one of exactly this name; else the one whose name ends with it behind a slash
/// or a hash; else the one of this FriendlyName (CC-24). None where there is none.
///
/// # Errors
/// [`Ambiguous`] where two attributes fit equally well: which of them was meant is not for us to guess.
pub fn find<'a>(attributes: &'a Attributes, claim: &Claim) -> Result<Option<&'a Attribute>, Ambiguous> {
    let name = claim.as_str();
    if let Some(exact) = attributes.named(name) {
        return Ok(Some(exact));
    }
    if let Some(found) = only(attributes, claim, |attribute| last_segment(&attribute.name) == name)? {
        return Ok(Some(found));
    }
    only(attributes, claim, |attribute| attribute.friendly_name.as_deref() == Some(name))
}

/// Whether every required claim is there with at least one value that is not blank.
///
/// # Errors
/// [`MissingClaim`] with all that are not. A short name that fits several attributes counts as there when one of
/// them has a value: what is wanted is that something came.
pub fn required(attributes: &Attributes, claims: &[Claim]) -> Result<(), MissingClaim> {
    let has_value = |attribute: &Attribute| attribute.texts().any(|text| !text.trim().is_empty());
    let is_there = |claim: &Claim| match find(attributes, claim) {
        Ok(found) => found.is_some_and(has_value),
        Err(Ambiguous { first, second, .. }) => {
            [first, second].iter().filter_map(|name| attributes.named(name)).any(has_value)
        }
    };
    let missing: Vec<Claim> = claims.iter().filter(|claim| !is_there(claim)).cloned().collect();
    if missing.is_empty() { Ok(()) } else { Err(MissingClaim { claims: missing }) }
}

/// What stands behind the last slash or hash.
pub(super) fn last_segment(name: &str) -> &str {
    name.rsplit(['/', '#']).next().unwrap_or(name)
}

fn only<'a>(
    attributes: &'a Attributes,
    claim: &Claim,
    fits: impl Fn(&Attribute) -> bool,
) -> Result<Option<&'a Attribute>, Ambiguous> {
    let mut fitting = attributes.iter().filter(|attribute| fits(attribute));
    match (fitting.next(), fitting.next()) {
        (Some(first), Some(second)) => {
            Err(Ambiguous { claim: claim.clone(), first: first.name.clone(), second: second.name.clone() })
        }
        (first, _) => Ok(first),
    }
}

fn list(claims: &[Claim]) -> String {
    let names: Vec<String> =
        claims.iter().map(|claim| format!("the claim {claim:?}", claim = claim.as_str())).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name";

    fn friendly(name: &str, friendly_name: &str, value: &str) -> Attribute {
        Attribute { friendly_name: Some(friendly_name.to_owned()), ..Attribute::text(name, [value]) }
    }

    fn found(attributes: &[Attribute], claim: &str) -> Result<Option<String>, Ambiguous> {
        let attributes: Attributes = attributes.iter().cloned().collect();
        find(&attributes, &Claim::new(claim)).map(|found| found.map(|it| it.name.clone()))
    }

    /// CC-24: by the URI, its last segment or its FriendlyName.
    #[test]
    fn a_claim_is_found_by_its_uri_its_last_segment_or_its_friendly_name() {
        let all = [
            Attribute::text(NAME, ["ada"]),
            Attribute::text("https://corp.example/ns#badge", ["7"]),
            friendly("urn:oid:2.5.4.42", "givenName", "Ada"),
        ];
        assert_eq!(found(&all, NAME), Ok(Some(NAME.to_owned())));
        assert_eq!(found(&all, "name"), Ok(Some(NAME.to_owned())));
        assert_eq!(found(&all, "badge"), Ok(Some("https://corp.example/ns#badge".to_owned())));
        assert_eq!(found(&all, "givenName"), Ok(Some("urn:oid:2.5.4.42".to_owned())));
        assert_eq!(found(&all, "Name"), Ok(None), "another spelling is another claim");
        assert_eq!(found(&all, "claims/name"), Ok(None), "a segment, not any ending");
    }

    /// CC-24: the exact name wins over a last segment, and that over a FriendlyName.
    #[test]
    fn the_nearer_fit_wins() {
        let all = [friendly("urn:a", "name", "1"), Attribute::text(NAME, ["2"]), Attribute::text("name", ["3"])];
        assert_eq!(found(&all, "name"), Ok(Some("name".to_owned())));
        assert_eq!(found(&all[..2], "name"), Ok(Some(NAME.to_owned())));
        assert_eq!(found(&all[..1], "name"), Ok(Some("urn:a".to_owned())));
    }

    /// CC-24: a short name that two URIs share says nothing.
    #[test]
    fn a_short_name_of_two_claims_is_refused_with_both() {
        let other = "https://corp.example/claims/name";
        let all = [Attribute::text(NAME, ["1"]), Attribute::text(other, ["2"])];
        let refused = Ambiguous { claim: Claim::new("name"), first: NAME.to_owned(), second: other.to_owned() };
        assert_eq!(found(&all, "name"), Err(refused));
        assert_eq!(found(&all, other), Ok(Some(other.to_owned())));
    }

    /// MX-7, HY-29: what is required is the account's choice, and each absent claim is named.
    #[test]
    fn each_required_claim_that_is_absent_or_blank_is_named() {
        let attributes: Attributes =
            [Attribute::text(NAME, ["ada"]), Attribute::text("urn:site", [" "]), Attribute::text("urn:none", [""; 0])]
                .into_iter()
                .collect();
        let claims = |names: &[&str]| names.iter().copied().map(Claim::new).collect::<Vec<_>>();
        assert_eq!(required(&attributes, &[]), Ok(()));
        assert_eq!(required(&attributes, &claims(&["name"])), Ok(()));
        assert_eq!(
            required(&attributes, &claims(&["name", "urn:site", "urn:none", "surname"])),
            Err(MissingClaim { claims: claims(&["urn:site", "urn:none", "surname"]) })
        );
    }
}
