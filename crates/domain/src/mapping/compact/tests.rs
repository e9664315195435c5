use proptest::prelude::*;

use super::*;
use crate::mapping::{Mapping, Property, Rule, Validator};

fn source(text: &str) -> Result<Source, CompactError> {
    text.parse()
}

/// CC-11: a rule in a file is a short text.
#[test]
fn a_source_reads_from_left_to_right() {
    let read =
        source(r"http://corp.example/claims/name | trim | regex('^(.*)''s$', '$1') | split(',') | first").unwrap();
    assert_eq!(read.origin, Origin::Claim(Claim::new("http://corp.example/claims/name")));
    let pattern = Pattern::new("^(.*)'s$").unwrap();
    let replacement = Some("$1".to_owned());
    let transforms = [
        Transform::Trim,
        Transform::Regex { pattern, replacement },
        Transform::Split(",".to_owned()),
        Transform::First,
    ];
    assert_eq!(read.transforms, transforms);
    assert_eq!(source("'it''s | so'").unwrap().origin, Origin::Constant("it's | so".to_owned()));
    assert_eq!(source("@name_id|lower").unwrap().origin, Origin::NameId);
    assert_eq!(source("E-Mail Address").unwrap().origin, Origin::Claim(Claim::new("E-Mail Address")));
}

#[test]
fn what_is_no_source_is_refused_with_what_was_wanted() {
    assert_eq!(source(""), Err(CompactError::NoOrigin));
    assert_eq!(source(" | lower"), Err(CompactError::NoOrigin));
    assert_eq!(source("@email"), Err(CompactError::UnknownOrigin { got: "@email".to_owned() }));
    assert_eq!(source("a | upper"), Err(CompactError::UnknownTransform { got: "upper".to_owned() }));
    assert_eq!(source("a |"), Err(CompactError::UnknownTransform { got: String::new() }));
    assert_eq!(source("a | lower first"), Err(CompactError::Trailing { got: "first".to_owned() }));
    assert_eq!(source("'a' b"), Err(CompactError::Trailing { got: "b".to_owned() }));
    assert_eq!(source("a | prefix(x)"), Err(CompactError::Trailing { got: "x)".to_owned() }));
    assert_eq!(source("a | prefix('x"), Err(CompactError::OpenQuote));
    let arguments =
        |transform: &str, wanted, example| CompactError::Arguments { transform: transform.to_owned(), wanted, example };
    assert_eq!(source("a | lower('x')"), Err(arguments("lower", "no argument", "lower")));
    assert_eq!(source("a | join"), Err(arguments("join", "one argument", "join(' ')")));
    let cut = arguments("split", "one argument that is not empty", "split(',')");
    assert_eq!(source("a | split('')"), Err(cut));
    assert_eq!(source(&format!("a{}", " | trim".repeat(17))), Err(CompactError::TooManyTransforms { got: 17 }));
    assert_eq!(source(&"a".repeat(1025)), Err(CompactError::TooLong { got: 1025 }));
    assert!(matches!(source("a | regex('(')"), Err(CompactError::Pattern(PatternError::Syntax { .. }))));
}

/// CC-11: the forms of a file, short and long.
#[test]
fn a_file_has_a_short_and_a_long_form() {
    let mapping: Mapping = toml::from_str(
        r#"
        [rules]
        name = ["displayname | lower | slug", "emailaddress"]
        email = "emailaddress"
        firstName = { sources = ["givenname"], validate = "line" }
        family_name = [{ claim = "a|b", transforms = ["trim", "prefix('x')"] }, { constant = "none" }]
        [more]
        badge = { sources = ["badge"], validate = { pattern = "[0-9]{4}" } }
        [[roles]]
        claim = "groups"
        value = "Staff"
        role = "staff"
        "#,
    )
    .unwrap();
    assert_eq!(mapping.rules[&Property::Name].sources.len(), 2);
    assert_eq!(
        mapping.rules[&Property::Email],
        Rule { sources: vec!["emailaddress".parse().unwrap()], validate: None }
    );
    assert_eq!(mapping.rules[&Property::GivenName].validate, Some(Validator::Line));
    assert_eq!(mapping.rules[&Property::FamilyName].sources[0].origin, Origin::Claim(Claim::new("a|b")));
    let again: Mapping = serde_json::from_str(&serde_json::to_string(&mapping).unwrap()).unwrap();
    assert_eq!(again, mapping);
    let again: Mapping = toml::from_str(&toml::to_string(&mapping).unwrap()).unwrap();
    assert_eq!(again, mapping);
}

#[test]
fn an_unknown_key_or_property_is_refused() {
    for (file, wants) in [
        ("rules.mail = \"a\"", "unknown variant `mail`"),
        ("rule.name = \"a\"", "unknown field `rule`"),
        ("rules.name = { source = [] }", "unknown field `source`"),
        ("rules.name = [{ claim = \"a\", constant = \"b\" }]", "either claim or constant is wanted"),
        ("rules.name = [\"a | upper\"]", "\"upper\" is not a transform"),
        ("rules.name = 7", "a source such as"),
    ] {
        let error = toml::from_str::<Mapping>(file).unwrap_err().to_string();
        assert!(error.contains(wants), "{file}: {error}");
    }
}

fn transforms() -> impl Strategy<Value = Transform> {
    let text = "\\PC{0,8}";
    prop_oneof![
        Just(Transform::Lower),
        Just(Transform::Slug),
        text.prop_map(Transform::Prefix),
        text.prop_map(Transform::Join),
        "[^'].{0,6}".prop_map(Transform::Split),
        (".{0,6}", prop::option::of(text)).prop_filter_map("a pattern", |(pattern, replacement)| {
            Some(Transform::Regex { pattern: Pattern::new(&pattern).ok()?, replacement })
        }),
    ]
}

proptest! {
    /// What is written is read back, whatever stands in names and arguments.
    #[test]
    fn a_source_in_settings_is_read_as_it_was_written(
        name in "[^\\s].{0,10}",
        is_constant in any::<bool>(),
        transforms in prop::collection::vec(transforms(), 0..4),
    ) {
        let origin = if is_constant { Origin::Constant(name) } else { Origin::Claim(Claim(name)) };
        let source = Source { origin, transforms };
        let json = serde_json::to_string(&source).unwrap();
        prop_assert_eq!(serde_json::from_str::<Source>(&json).unwrap(), source, "{}", json);
    }

    #[test]
    fn reading_never_panics(text in "[a@'|(), \\\\lowerprefix]{0,24}|\\PC{0,20}") {
        let _read: Result<Source, CompactError> = text.parse();
    }
}
