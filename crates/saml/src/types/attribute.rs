use super::uri::AttributeNameFormat;

/// One `Attribute` of a statement (SAML Core §2.7.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// `Name`, the identity of the attribute.
    pub name: String,
    /// `FriendlyName`, for people; never an identity.
    pub friendly_name: Option<String>,
    /// `NameFormat`; absent means unspecified.
    pub name_format: Option<AttributeNameFormat>,
    /// The values in document order. There may be none.
    pub values: Vec<AttributeValue>,
}

impl Attribute {
    /// An attribute with text values and neither friendly name nor name format, as Entra writes them.
    pub fn text<V: Into<String>>(name: impl Into<String>, values: impl IntoIterator<Item = V>) -> Self {
        Self {
            name: name.into(),
            friendly_name: None,
            name_format: None,
            values: values.into_iter().map(|value| AttributeValue::Text(value.into())).collect(),
        }
    }

    /// The values that are text, in order. Structured values and nil are not among them.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.values.iter().filter_map(AttributeValue::as_text)
    }
}

/// One `AttributeValue`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeValue {
    /// Text, exactly as signed; CDATA counts as its text. May be empty.
    Text(String),
    /// A value with child elements, such as eduPersonTargetedID: the whole `AttributeValue` element as XML,
    /// to be shown, never mapped (A04.4-5).
    Structured(String),
    /// `xsi:nil="true"`: the sender says that there is no value.
    Nil,
}

impl AttributeValue {
    /// The text, if this is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Structured(_) | Self::Nil => None,
        }
    }
}

/// The attributes of an assertion in the order in which their names first occur.
///
/// Several statements are one list, and an attribute that is repeated is one attribute with all its values in
/// document order (some identity providers write one `Attribute` for each group). Two attributes are the same
/// when their `Name` is: `NameFormat` is how the name is read, and no identity provider is known that sends
/// one name in two formats with two meanings, while administrators map by name. The first occurrence gives
/// FriendlyName and NameFormat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes(Vec<Attribute>);

impl Attributes {
    /// The attribute of this name, compared exactly.
    pub fn named(&self, name: &str) -> Option<&Attribute> {
        self.0.iter().find(|attribute| attribute.name == name)
    }

    /// The text values of the attribute of this name, in order; none when there is no such attribute.
    pub fn texts<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.named(name).into_iter().flat_map(Attribute::texts)
    }

    /// All of them, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Attribute> {
        self.0.iter()
    }

    /// How many different names there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> IntoIterator for &'a Attributes {
    type Item = &'a Attribute;
    type IntoIter = std::slice::Iter<'a, Attribute>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Up to this many names are compared pairwise, which is faster than sorting them.
const FEW: usize = 16;

impl FromIterator<Attribute> for Attributes {
    fn from_iter<I: IntoIterator<Item = Attribute>>(attributes: I) -> Self {
        let all: Vec<Attribute> = attributes.into_iter().collect();
        if all.len() <= FEW && all.iter().enumerate().all(|(n, a)| all[..n].iter().all(|b| a.name != b.name)) {
            return Self(all);
        }
        // Sorting finds repeated names in n log n, whatever a sender repeats; nearly always there are none.
        let mut by_name: Vec<usize> = (0..all.len()).collect();
        by_name.sort_by(|&a, &b| all[a].name.cmp(&all[b].name)); // stable, so that equal names stay in document order
        if by_name.windows(2).all(|pair| all[pair[0]].name != all[pair[1]].name) {
            return Self(all);
        }
        let mut first_of = vec![0; all.len()];
        for run in by_name.chunk_by(|&a, &b| all[a].name == all[b].name) {
            for &position in run {
                first_of[position] = run[0];
            }
        }
        Self(merge(all, &first_of))
    }
}

/// `first_of[i]` is the position of the first attribute with the name of attribute `i`, so it is at most `i`.
fn merge(all: Vec<Attribute>, first_of: &[usize]) -> Vec<Attribute> {
    let mut merged: Vec<Attribute> = Vec::with_capacity(all.len());
    let mut place = vec![0; all.len()];
    for (position, attribute) in all.into_iter().enumerate() {
        let first = first_of[position];
        if first == position {
            place[position] = merged.len();
            merged.push(attribute);
        } else {
            merged[place[first]].values.extend(attribute.values);
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_names_merge_and_order_is_kept() {
        let attributes: Attributes = [
            Attribute::text("groups", ["a"]),
            Attribute::text("mail", ["m"]),
            Attribute::text("groups", ["b", "c"]),
            Attribute::text("zip", ["z"]),
            Attribute::text("mail", ["n"]),
            Attribute::text("groups", ["d"]),
        ]
        .into_iter()
        .collect();
        let names: Vec<_> = attributes.iter().map(|a| a.name.as_str()).collect();
        assert_eq!(names, ["groups", "mail", "zip"]);
        assert_eq!(attributes.texts("groups").collect::<Vec<_>>(), ["a", "b", "c", "d"]);
        assert_eq!(attributes.texts("mail").collect::<Vec<_>>(), ["m", "n"]);
    }

    #[test]
    fn the_first_occurrence_names_the_friendly_name() {
        let mut first = Attribute::text("urn:oid:1", ["x"]);
        first.friendly_name = Some("one".to_owned());
        let mut second = Attribute::text("urn:oid:1", ["y"]);
        second.friendly_name = Some("two".to_owned());
        let attributes: Attributes = [first, second].into_iter().collect();
        assert_eq!(attributes.named("urn:oid:1").and_then(|a| a.friendly_name.as_deref()), Some("one"));
    }

    #[test]
    fn names_that_differ_in_case_stay_apart() {
        let attributes: Attributes =
            [Attribute::text("Mail", ["a"]), Attribute::text("mail", ["b"])].into_iter().collect();
        assert_eq!(attributes.len(), 2);
    }

    #[test]
    fn only_text_can_be_mapped() {
        let attribute = Attribute {
            values: vec![
                AttributeValue::Structured("<x/>".to_owned()),
                AttributeValue::Text("t".to_owned()),
                AttributeValue::Nil,
            ],
            ..Attribute::text::<String>("n", [])
        };
        assert_eq!(attribute.texts().collect::<Vec<_>>(), ["t"]);
    }
}
