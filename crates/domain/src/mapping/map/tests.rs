use proptest::prelude::*;
use vestibule_saml::idp::claims;
use vestibule_saml::types::{AttributeValue, NameIdFormat};

use super::*;
use crate::connection::Preset;
use crate::mapping::RoleRule;

const GUID: &str = "9f6e2d1c-55aa-4c1b-8f3e-0d2b6a7c8e90";

fn mapping(toml: &str) -> Mapping {
    toml::from_str(toml).unwrap()
}

fn attributes(all: &[(&str, &[&str])]) -> Attributes {
    all.iter().map(|(name, values)| Attribute::text(*name, values.iter().copied())).collect()
}

fn name_id() -> NameId {
    NameId::new("pairwise", NameIdFormat::PERSISTENT)
}

fn mapped(rules: &str, all: &[(&str, &[&str])], previous: Option<&Profile>) -> Mapped {
    map(&attributes(all), &name_id(), &mapping(rules), previous).unwrap()
}

fn named(name: &str) -> Profile {
    Profile { name: Some(name.to_owned()), ..Profile::default() }
}

/// CC-11, CC-12: ordered fallbacks, constants and transforms; what the validator refuses is passed over.
#[test]
fn the_first_source_with_a_good_value_counts() {
    let rules = "rules.name = [\"displayname\", \"emailaddress | lower\", \"'nobody'\"]";
    let both = mapped(rules, &[("displayname", &["Ada Min"]), ("emailaddress", &["Ada@Corp.Example"])], None);
    assert_eq!(both.profile, named("ada@corp.example"));
    let wanted = Validator::Name.wants();
    let note = Note::NotValid { property: "name".to_owned(), from: "the claim \"displayname\"".to_owned(), wanted };
    assert_eq!(both.notes, [note]);
    assert_eq!(mapped(rules, &[("displayname", &["ada"])], None).profile, named("ada"));
    assert_eq!(mapped(rules, &[], None).profile, named("nobody"));
    let slug = "rules.name = \"displayname | lower | slug\"";
    assert_eq!(mapped(slug, &[("displayname", &["Ada Min"])], None).profile, named("ada-min"));
}

/// CC-13, CC-14, CC-15: the three properties of the table.
#[test]
fn e_mail_first_and_last_name_come_from_the_claims_of_the_preset() {
    let all = attributes(&[
        (claims::EMAIL_ADDRESS, &["Ada@Corp.Example"]),
        (claims::GIVEN_NAME, &["Ada"]),
        (claims::SURNAME, &["Min"]),
    ]);
    let profile = map(&all, &name_id(), &Preset::Entra.mapping(), None).unwrap().profile;
    assert_eq!(profile.email.unwrap().as_str(), "Ada@Corp.Example", "as received");
    assert_eq!((profile.given_name.as_deref(), profile.family_name.as_deref()), (Some("Ada"), Some("Min")));
}

/// HY-30: a transform on our side replaces what rewrote claims elsewhere.
#[test]
fn transforms_run_in_order() {
    let rules = r#"
        rules.display_name = "cn | split(' ') | first | prefix('Dr. ')"
        rules.name = "upn | regex('^([^@]+)@') | lower | suffix('.acme')"
        more.site = "ou | split(';') | trim | join('/')"
    "#;
    let all: &[(&str, &[&str])] = &[("cn", &["Ada Min"]), ("upn", &["Ada@corp.example"]), ("ou", &["a; b", "c"])];
    let profile = mapped(rules, all, None).profile;
    assert_eq!((profile.display_name.as_deref(), profile.name.as_deref()), (Some("Dr. Ada"), Some("ada.acme")));
    assert_eq!(profile.more["site"], ["a/b/c"]);
}

/// CC-27: a GUID never overwrites a good name, and is noted.
#[test]
fn a_name_that_is_a_guid_overwrites_nothing() {
    let rules = "rules.display_name = [\"displayname\", \"cn\"]";
    let (property, from) = ("display_name".to_owned(), "the claim \"displayname\"".to_owned());
    let passed = Note::GuidPassedOver { property: property.clone(), from: from.clone() };
    let known = Profile { display_name: Some("Ada Min".to_owned()), ..Profile::default() };

    let kept = mapped(rules, &[("displayname", &[GUID])], Some(&known));
    assert_eq!(kept.profile, known);
    assert_eq!(kept.notes, [passed.clone(), Note::Kept { property: property.clone() }]);

    // As the real response of 2020 has it: one for each part of the name.
    let both = format!("{GUID} {GUID}");
    let kept = mapped(rules, &[("displayname", &[&both])], Some(&known));
    assert_eq!(kept.profile, known);

    let better = mapped(rules, &[("displayname", &[GUID]), ("cn", &["A. Min"])], Some(&known));
    assert_eq!(better.profile.display_name.as_deref(), Some("A. Min"));

    let nothing = mapped(rules, &[("displayname", &[GUID])], None);
    assert_eq!(nothing.profile.display_name.as_deref(), Some(GUID), "where nothing at all is known it is a name");
    assert_eq!(nothing.notes, [passed, Note::GuidTaken { property, from }]);
}

/// E-35: a guest's principal name does not become their address.
#[test]
fn the_principal_name_of_a_guest_is_passed_over_for_their_address() {
    let rules = "rules.email = [\"upn\", \"mail\"]";
    let all: &[(&str, &[&str])] =
        &[("upn", &["ada_partner.example#EXT#@corp.example"]), ("mail", &["ada@partner.example"])];
    assert_eq!(mapped(rules, all, None).profile.email.unwrap().as_str(), "ada@partner.example");
}

#[test]
fn an_address_that_is_kept_is_not_asserted() {
    let known = Profile { email: Some("ada@corp.example".parse().unwrap()), ..Profile::default() };
    let kept = mapped("rules.email = \"mail\"", &[], Some(&known));
    assert_eq!((kept.profile, kept.asserted_email), (known.clone(), None));
    assert_eq!(kept.notes, [Note::Kept { property: "email".to_owned() }]);
    let again = mapped("rules.email = \"mail\"", &[("mail", &["ada@corp.example"])], Some(&known));
    assert_eq!(again.asserted_email, known.email);
}

/// CC-29, E-31: groups to roles by object id or by name, whatever the case.
#[test]
fn groups_give_roles_by_object_id_or_name() {
    let rules = format!(
        "rules.groups = \"groups\"\n\
         roles = [{{ claim = \"groups\", value = \"{GUID}\", role = \"manager\" }},\n\
                  {{ claim = \"groups\", value = 'ACME\\Staff', role = \"staff\" }},\n\
                  {{ claim = \"groups\", value = \"other\", role = \"never\" }}]"
    );
    let all: &[(&str, &[&str])] = &[(claims::GROUPS, &[&GUID.to_uppercase(), r"acme\staff", "others"])];
    let known = Profile { roles: vec!["old".to_owned()], ..Profile::default() };
    let profile = mapped(&rules, all, Some(&known)).profile;
    assert_eq!(profile.roles, ["manager", "staff"], "what the answer no longer says is gone");
    assert_eq!(profile.groups.len(), 3);
    let none = mapped(&rules, &[], Some(&profile)).profile;
    assert!(none.roles.is_empty() && none.groups.is_empty());
}

/// CC-29, E-31: groups in several attributes are one list, and roles come from the role claim too.
#[test]
fn groups_of_several_attributes_are_merged() {
    let all: Attributes = [
        Attribute::text(claims::GROUPS, ["a"]),
        Attribute::text(claims::WIDS, ["w", "a"]),
        Attribute::text(claims::GROUPS, ["b"]),
        Attribute::text(claims::ROLE, ["Admin"]),
    ]
    .into_iter()
    .collect();
    let profile = map(&all, &name_id(), &Preset::Entra.mapping(), None).unwrap().profile;
    assert_eq!(profile.groups, ["a", "b", "w"]);
    assert_eq!(profile.roles, ["Admin"]);
}

/// E-32, E-33: too many groups are unknown, not none: those known before stand, and so do their roles.
#[test]
fn too_many_groups_leave_those_known_before() {
    let rule = RoleRule { claim: Claim::new("groups"), value: "g1".to_owned(), role: "manager".to_owned() };
    let mapping = Mapping { roles: vec![rule], ..Preset::Entra.mapping() };
    let groups = vec!["g"; 151];
    let all: Attributes = claims::groups(&groups, "tenant", "object").into_iter().collect();
    let known = Profile { groups: vec!["g1".to_owned()], ..Profile::default() };
    let Mapped { profile, notes, .. } = map(&all, &name_id(), &mapping, Some(&known)).unwrap();
    assert_eq!((profile.groups, profile.roles), (vec!["g1".to_owned()], vec!["manager".to_owned()]));
    let link = "https://graph.microsoft.com/v1.0/users/object/getMemberObjects".to_owned();
    assert_eq!(notes, [Note::GroupsUnknown { link }]);
    let unknown = map(&all, &name_id(), &mapping, None).unwrap().profile;
    assert!(unknown.groups.is_empty() && unknown.roles.is_empty());
}

/// HY-26: the seven claims of the article are all mapped by the preset; HY-25: so is the rest of E-28 to E-31.
#[test]
fn the_preset_for_entra_maps_every_claim_that_entra_sends() {
    let tenant = "3770f585-1d9b-44d4-9016-2428d0082154";
    let claims: &[(&str, &[&str])] = &[
        (claims::TENANT_ID, &[tenant]),
        (claims::OBJECT_IDENTIFIER, &[GUID]),
        (claims::DISPLAY_NAME, &["Ada Min"]),
        (claims::GIVEN_NAME, &["Ada"]),
        (claims::SURNAME, &["Min"]),
        (claims::NAME, &["Ada@Corp.Example"]),
        (claims::IDENTITY_PROVIDER, &["https://sts.windows.net/3770f585/"]),
        (claims::AUTHN_METHODS_REFERENCES, &["urn:a", "urn:b"]),
        (claims::EMAIL_ADDRESS, &["Ada.Min@corp.example"]),
        (claims::GROUPS, &["g2", "g1"]),
        (claims::WIDS, &["w1"]),
        (claims::ROLE, &["Admin", "Reader"]),
        (claims::UPN, &["ada@corp.onmicrosoft.com"]),
    ];
    let Mapped { profile, notes, .. } = map(&attributes(claims), &name_id(), &Preset::Entra.mapping(), None).unwrap();
    let more = |name: &str| profile.more[name].join(" ");
    assert_eq!(more("pairwise_id"), "pairwise");
    assert_eq!(more("object_id"), GUID);
    assert_eq!(more("tenant_id"), tenant);
    assert_eq!(more("user_principal_name"), "ada@corp.onmicrosoft.com");
    assert_eq!(more("identity_provider"), "https://sts.windows.net/3770f585/");
    assert_eq!(more("authentication_methods"), "urn:a urn:b");
    assert_eq!(profile.name.as_deref(), Some("ada@corp.example"));
    assert_eq!(profile.email, Some("Ada.Min@corp.example".parse().unwrap()));
    assert_eq!(profile.display_name.as_deref(), Some("Ada Min"));
    assert_eq!((profile.given_name.as_deref(), profile.family_name.as_deref()), (Some("Ada"), Some("Min")));
    assert_eq!(profile.groups, ["g2", "g1", "w1"]);
    assert_eq!(profile.roles, ["Admin", "Reader"]);
    assert_eq!(notes, []);

    // The principal name proper is restricted, and often only the one that Entra calls name is sent (E-28).
    let usual = attributes(&claims[..claims.len() - 1]);
    let Mapped { profile, .. } = map(&usual, &name_id(), &Preset::Entra.mapping(), None).unwrap();
    assert_eq!(profile.more["user_principal_name"], ["Ada@Corp.Example"]);
}

#[test]
fn a_property_without_value_keeps_what_is_known_and_one_without_rule_is_left_alone() {
    let known = Profile {
        email: Some("ada@corp.example".parse().unwrap()),
        roles: vec!["set by hand".to_owned()],
        ..named("ada")
    };
    let Mapped { profile, notes, .. } = mapped("rules.name = \"cn\"\nrules.display_name = []", &[], Some(&known));
    assert_eq!(profile, known);
    assert_eq!(notes, [Note::Kept { property: "name".to_owned() }]);
}

#[test]
fn of_several_values_for_one_property_the_first_counts_and_is_noted() {
    let Mapped { profile, notes, .. } = mapped("rules.given_name = \"cn\"", &[("cn", &["Ada", "Eve"])], None);
    assert_eq!(profile.given_name.as_deref(), Some("Ada"));
    let from = "the claim \"cn\"".to_owned();
    assert_eq!(notes, [Note::Several { property: "given_name".to_owned(), from, got: 2 }]);
}

/// CC-24: which of two claims was meant is not guessed.
#[test]
fn a_short_name_of_two_claims_is_refused() {
    let all = attributes(&[("urn:a/cn", &["1"]), ("urn:b/cn", &["2"])]);
    let refused = map(&all, &name_id(), &mapping("rules.name = \"cn\""), None);
    let (first, second) = ("urn:a/cn".to_owned(), "urn:b/cn".to_owned());
    let problem = MappingProblem::Ambiguous(Ambiguous { claim: Claim::new("cn"), first, second });
    assert_eq!(problem.code(), "CLAIM-AMBIGUOUS");
    assert_eq!(refused, Err(problem));
}

/// A04.4: a value that is no text becomes nothing.
#[test]
fn a_structured_value_is_not_mapped() {
    let values = vec![AttributeValue::Structured("<NameID>x</NameID>".to_owned()), AttributeValue::Nil];
    let all: Attributes = [Attribute { values, ..Attribute::text("cn", [""; 0]) }].into_iter().collect();
    assert_eq!(map(&all, &name_id(), &mapping("rules.name = \"cn\""), None).unwrap().profile, Profile::default());
}

proptest! {
    /// Whatever comes, a mapping ends, and what it makes is within the validators.
    #[test]
    fn a_mapping_never_panics_and_never_leaves_its_bounds(
        claims in prop::collection::vec(("[a-c/#.]{0,4}", prop::collection::vec("\\PC{0,12}|\\p{any}{0,5}", 0..4)), 0..6),
        sources in prop::collection::vec(
            "(a|b|a/b|'x''y'|@name_id)( \\| (lower|trim|slug|first|prefix\\('a'\\)|split\\(','\\)|join\\('-'\\)|regex\\('\\([ab]\\)'\\))){0,4}",
            0..4,
        ),
    ) {
        let all: Attributes = claims.iter().map(|(name, values)| Attribute::text(name.clone(), values.clone())).collect();
        let rule: Rule = sources.iter().map(|text| text.parse::<Source>().unwrap()).collect();
        let properties = [Property::Name, Property::Email, Property::DisplayName, Property::Groups, Property::Roles];
        let mapping = Mapping {
            rules: properties.into_iter().map(|property| (property, rule.clone())).collect(),
            more: [("x".to_owned(), rule)].into_iter().collect(),
            roles: vec![RoleRule { claim: Claim::new("a"), value: "x".to_owned(), role: "r".to_owned() }],
        };
        if let Ok(Mapped { profile, .. }) = map(&all, &name_id(), &mapping, None) {
            prop_assert!(profile.name.iter().all(|name| Validator::Name.accepts(name)));
            prop_assert!(profile.groups.iter().all(|group| Validator::Line.accepts(group)));
            prop_assert!(profile.more.values().all(|values| !values.is_empty()));
            let again = map(&all, &name_id(), &mapping, Some(&profile)).unwrap();
            prop_assert_eq!(again.profile, profile, "the same answer again changes nothing");
        }
    }
}
