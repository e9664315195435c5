//! The claims of an answer, and what changed of them since an earlier one (CC-26).

use vestibule_domain::attempt::{Asserted, StoredAttribute};
use vestibule_saml::types::{Attribute, AttributeValue};

use super::claims::{Mark, is_impersonal, mark, short_name};
use super::shape::{Sight, Value};

/// More values of one claim than this are counted.
const MOST_VALUES: usize = 20;

/// A claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRow {
    /// How people call it.
    pub short: String,
    /// `Name`.
    pub long: String,
    /// Its values. A value that is no text, or nil, is left out.
    pub values: Vec<Value>,
    /// So many more there are.
    pub more: usize,
    /// What deserves attention in it.
    pub mark: Option<Mark>,
    /// How it differs from the earlier answer; none: there is none to compare with.
    pub change: Option<Change>,
}

/// How a claim differs from an earlier answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was not there.
    New,
    /// It had other values.
    Changed,
    /// It had the same.
    Same,
    /// It is not there any more; its values are those that it had.
    Gone,
}

/// The claims of an answer, beside those of an earlier one; the NameID first.
pub fn rows(now: &Asserted, earlier: Option<&Asserted>, sight: Sight) -> Vec<ClaimRow> {
    let mut rows = vec![name_id(now, earlier, sight)];
    for attribute in &now.attributes {
        let before = earlier.map(|earlier| earlier.attributes.iter().find(|it| it.name == attribute.name));
        let change = before.map(|before| match before {
            None => Change::New,
            Some(before) if same(before, attribute) => Change::Same,
            Some(_) => Change::Changed,
        });
        rows.push(row(attribute, change, sight));
    }
    let is_gone = |before: &&StoredAttribute| now.attributes.iter().all(|it| it.name != before.name);
    let gone = earlier.iter().flat_map(|earlier| &earlier.attributes).filter(is_gone);
    rows.extend(gone.map(|before| row(before, Some(Change::Gone), sight)));
    rows
}

/// The claims of a message that nothing vouches for.
pub fn unproved(claims: &[Attribute], sight: Sight) -> Vec<ClaimRow> {
    let stored = claims.iter().map(|claim| StoredAttribute {
        name: claim.name.clone(),
        friendly_name: claim.friendly_name.clone(),
        values: claim.values.iter().map(|value| value.as_text().map(str::to_owned)).collect(),
    });
    stored.map(|attribute| row(&attribute, None, sight)).collect()
}

fn name_id(now: &Asserted, earlier: Option<&Asserted>, sight: Sight) -> ClaimRow {
    let change = earlier.map(|earlier| if earlier.name_id == now.name_id { Change::Same } else { Change::Changed });
    ClaimRow {
        short: "NameID".to_owned(),
        long: now.name_id.format.clone().unwrap_or_default(),
        values: vec![sight.of(&now.name_id.value)],
        more: 0,
        mark: None,
        change,
    }
}

fn row(stored: &StoredAttribute, change: Option<Change>, sight: Sight) -> ClaimRow {
    let attribute = Attribute {
        name: stored.name.clone(),
        friendly_name: stored.friendly_name.clone(),
        name_format: None,
        values: stored.values.iter().flatten().cloned().map(AttributeValue::Text).collect(),
    };
    let is_open = is_impersonal(&stored.name);
    let shown = |text: &str| if is_open { Value::Open(text.to_owned()) } else { sight.of(text) };
    ClaimRow {
        short: short_name(&attribute).to_owned(),
        long: stored.name.clone(),
        values: attribute.texts().take(MOST_VALUES).map(shown).collect(),
        more: attribute.values.len().saturating_sub(MOST_VALUES),
        mark: mark(&attribute),
        change,
    }
}

/// The order of several values means nothing.
fn same(before: &StoredAttribute, now: &StoredAttribute) -> bool {
    let sorted = |of: &StoredAttribute| {
        let mut values = of.values.clone();
        values.sort();
        values
    };
    sorted(before) == sorted(now)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use vestibule_domain::attempt::StoredNameId;

    use super::*;

    fn asserted(attributes: &[(&str, &[&str])]) -> Asserted {
        let attribute = |(name, values): &(&str, &[&str])| StoredAttribute {
            name: (*name).to_owned(),
            friendly_name: None,
            values: values.iter().map(|value| Some((*value).to_owned())).collect(),
        };
        Asserted {
            issuer: "https://idp.example".to_owned(),
            name_id: StoredNameId {
                value: "ada".to_owned(),
                format: None,
                name_qualifier: None,
                sp_name_qualifier: None,
            },
            session_index: None,
            session_not_on_or_after: None,
            authn_instant: Timestamp::UNIX_EPOCH,
            authn_context: None,
            attributes: attributes.iter().map(attribute).collect(),
            told: None,
        }
    }

    /// CC-26.
    #[test]
    fn what_is_new_gone_and_changed_is_told() {
        let before = asserted(&[("mail", &["a@x.example"]), ("groups", &["1", "2"]), ("old", &["x"])]);
        let now = asserted(&[("mail", &["b@x.example"]), ("groups", &["2", "1"]), ("x/new", &["y"])]);
        let told = |row: &ClaimRow| (row.short.clone(), row.change);
        let rows: Vec<_> = rows(&now, Some(&before), Sight::Redacted).iter().map(told).collect();
        let want = [
            ("NameID", Change::Same),
            ("mail", Change::Changed),
            ("groups", Change::Same),
            ("new", Change::New),
            ("old", Change::Gone),
        ];
        assert_eq!(rows, want.map(|(name, change)| (name.to_owned(), Some(change))));
        assert!(super::rows(&now, None, Sight::Open).iter().all(|row| row.change.is_none()));
    }
}
