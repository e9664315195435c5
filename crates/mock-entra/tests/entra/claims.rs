//! What is said of a person (E-28 to E-36).

use vestibule_mock_entra::service::{
    Assignment, ClaimCondition, ClaimRule, Group, GroupSource, GroupsClaim, GroupsMode, OnPremises, Person, Transform,
    UserType,
};
use vestibule_saml::idp::claims;
use vestibule_saml::sp::AcceptedAssertion;

use crate::support::{ACME, World, ada, claim};

const GUEST: &str = "carol@partner.example";

fn of_guest(world: &World) -> AcceptedAssertion {
    world.accept(&world.entra.answer(&world.url(), &Person::new(GUEST)).unwrap())
}

fn rule(source: &str, transforms: Vec<Transform>) -> ClaimRule {
    ClaimRule { name: "x".to_owned(), source: Some(source.to_owned()), transforms, ..ClaimRule::default() }
}

fn set(world: &World, rules: Vec<ClaimRule>) {
    world.app().change(|app| app.claims = Some(rules)).unwrap();
}

fn set_groups(world: &World, groups: GroupsClaim) {
    world.app().change(|app| app.groups = groups).unwrap();
}

/// The object IDs of the two groups of the seed.
fn group_ids(world: &World) -> Vec<String> {
    world.entra.tenant(ACME).unwrap().get().groups.into_iter().map(|group| group.id).collect()
}

/// E-28, E-29, E-30.
#[test]
fn a_new_application_is_sent_the_usual_claims() {
    let world = World::new();
    let assertion = world.sign_in();
    let user = world.entra.tenant(ACME).unwrap().get().user("ada@acme.example").unwrap().clone();
    for (name, value) in [
        (claims::TENANT_ID, ACME),
        (claims::OBJECT_IDENTIFIER, &user.id),
        (claims::DISPLAY_NAME, "Ada Example"),
        (claims::IDENTITY_PROVIDER, &format!("https://sts.windows.net/{ACME}/")),
        (
            claims::AUTHN_METHODS_REFERENCES,
            "http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password",
        ),
        (claims::ROLE, "editor"),
        (claims::GIVEN_NAME, "Ada"),
        (claims::SURNAME, "Example"),
        (claims::EMAIL_ADDRESS, "Ada.Example@acme.example"),
        (claims::NAME, "ada@acme.example"),
    ] {
        assert_eq!(claim(&assertion, name), [value], "{name}");
    }
    assert_eq!(assertion.attributes.len(), 10, "and nothing else, no upn either");
}

/// E-28.
#[test]
fn without_a_mailbox_there_is_no_such_claim() {
    let world = World::new();
    world.entra.tenant(ACME).unwrap().change(|tenant| tenant.users[0].mail = None).unwrap();
    assert_eq!(claim(&world.sign_in(), claims::EMAIL_ADDRESS), Vec::<String>::new());
}

/// E-29, E-35.
#[test]
fn a_guest_comes_with_another_identity_provider_and_guids_for_names() {
    let world = World::new();
    let assertion = of_guest(&world);
    assert_eq!(claim(&assertion, claims::IDENTITY_PROVIDER), ["live.com"]);
    assert_eq!(claim(&assertion, claims::NAME), ["carol_partner.example#EXT#@acme.example"]);
    assert_eq!(claim(&assertion, claims::EMAIL_ADDRESS), [GUEST]);
    let names = [claim(&assertion, claims::GIVEN_NAME).remove(0), claim(&assertion, claims::SURNAME).remove(0)];
    assert!(names.iter().all(|name| vestibule_saml::sp::entra::is_guid(name)), "{names:?}");
    assert_eq!(claim(&assertion, claims::DISPLAY_NAME), [names.join(" ")]);
    assert_eq!(claim(&assertion, claims::AUTHN_METHODS_REFERENCES).len(), 2);
}

/// E-31.
#[test]
fn groups_are_object_ids_of_all_around_unless_set_otherwise() {
    let world = World::new();
    assert_eq!(claim(&world.sign_in(), claims::GROUPS), Vec::<String>::new());
    set_groups(&world, GroupsClaim { mode: GroupsMode::SecurityGroup, ..GroupsClaim::default() });
    assert_eq!(claim(&world.sign_in(), claims::GROUPS), group_ids(&world));
    set_groups(
        &world,
        GroupsClaim { mode: GroupsMode::All, source: GroupSource::DisplayName, ..GroupsClaim::default() },
    );
    let assertion = world.sign_in();
    assert_eq!(claim(&assertion, claims::GROUPS), ["Everyone in sales", "Sales and more"]);
    assert_eq!(claim(&assertion, claims::WIDS), ["62e90394-69f5-4237-9190-012177145e10"]);
}

/// E-31.
#[test]
fn groups_of_an_active_directory_have_its_names() {
    let world = World::new();
    let there = OnPremises {
        sam_account_name: "sales".to_owned(),
        netbios_domain: "ACME".to_owned(),
        dns_domain: "acme.local".to_owned(),
        sid: "S-1-5-21-1-2-3-2001".to_owned(),
    };
    world.entra.tenant(ACME).unwrap().change(|tenant| tenant.groups[0].on_premises = Some(there)).unwrap();
    for (source, value) in [
        (GroupSource::SamAccountName, "sales"),
        (GroupSource::NetbiosDomain, "ACME\\sales"),
        (GroupSource::DnsDomain, "acme.local\\sales"),
        (GroupSource::Sid, "S-1-5-21-1-2-3-2001"),
    ] {
        set_groups(&world, GroupsClaim { mode: GroupsMode::All, source, ..GroupsClaim::default() });
        assert_eq!(claim(&world.sign_in(), claims::GROUPS), [value]);
    }
}

/// E-32.
#[test]
fn above_150_groups_a_link_is_sent() {
    let world = World::new();
    let tenant = world.entra.tenant(ACME).unwrap();
    let groups = |count: usize| {
        let one = |n: usize| Group {
            display_name: format!("Group {n}"),
            members: vec!["ada@acme.example".to_owned()],
            ..Group::default()
        };
        tenant.change(|tenant| tenant.groups = (0..count).map(one).collect()).unwrap();
        world.sign_in()
    };
    set_groups(&world, GroupsClaim { mode: GroupsMode::All, ..GroupsClaim::default() });
    assert_eq!(claim(&groups(150), claims::GROUPS).len(), 150);
    let assertion = groups(151);
    let object = claim(&assertion, claims::OBJECT_IDENTIFIER).remove(0);
    assert_eq!(claim(&assertion, claims::GROUPS), Vec::<String>::new());
    let link = format!("https://graph.windows.net/{ACME}/users/{object}/getMemberObjects");
    assert_eq!(claim(&assertion, claims::GROUPS_LINK), [link]);
    set_groups(&world, GroupsClaim { mode: GroupsMode::All, limit: 95, ..GroupsClaim::default() });
    assert_eq!(claim(&groups(96), claims::GROUPS_LINK).len(), 1, "as it was reported once");
    let filter = Some("^Group 1".to_owned());
    set_groups(&world, GroupsClaim { mode: GroupsMode::All, filter: filter.clone(), ..GroupsClaim::default() });
    assert_eq!(claim(&groups(200), claims::GROUPS).len(), 111, "those that the filter leaves");
    assert_eq!(claim(&groups(1001), claims::GROUPS_LINK).len(), 1, "filters work up to a thousand");
}

/// E-33.
#[test]
fn modes_names_and_patterns_of_groups() {
    let world = World::new();
    set_groups(&world, GroupsClaim { mode: GroupsMode::ApplicationGroup, ..GroupsClaim::default() });
    assert_eq!(claim(&world.sign_in(), claims::GROUPS), Vec::<String>::new(), "groups in assigned groups are dropped");
    world
        .app()
        .change(|app| {
            app.assignments.push(Assignment { principal: "Everyone in sales".to_owned(), role: None });
        })
        .unwrap();
    assert_eq!(claim(&world.sign_in(), claims::GROUPS), group_ids(&world)[..1]);
    set_groups(&world, GroupsClaim { mode: GroupsMode::DirectoryRole, ..GroupsClaim::default() });
    assert_eq!(claim(&world.sign_in(), claims::WIDS).len(), 1);

    let names = GroupsClaim { mode: GroupsMode::All, source: GroupSource::DisplayName, ..GroupsClaim::default() };
    set_groups(&world, GroupsClaim { emit_as_roles: true, ..names.clone() });
    assert_eq!(
        claim(&world.sign_in(), claims::ROLE),
        ["Everyone in sales", "Sales and more"],
        "no roles of the application"
    );
    set_groups(
        &world,
        GroupsClaim { name: Some("teams".to_owned()), namespace: Some("urn:x".to_owned()), ..names.clone() },
    );
    assert_eq!(claim(&world.sign_in(), "urn:x/teams").len(), 2);
    set_groups(&world, GroupsClaim { replace: Some(("^Sales (.*)$".to_owned(), "S-$1".to_owned())), ..names });
    assert_eq!(
        claim(&world.sign_in(), claims::GROUPS),
        ["Everyone in sales", "S-and more"],
        "what it does not match stays"
    );
}

/// E-34.
#[test]
fn transformations() {
    use Transform as T;
    let world = World::new();
    let text = |text: &str| text.to_owned();
    let value = |source: &str, transforms: Vec<T>| {
        set(&world, vec![rule(source, transforms)]);
        claim(&world.sign_in(), "x")
    };
    let mail = "user.mail";
    assert_eq!(value(mail, vec![T::ToLowercase]), ["ada.example@acme.example"]);
    assert_eq!(value(mail, vec![T::ExtractMailPrefix, T::ToUppercase]), ["ADA.EXAMPLE"]);
    assert_eq!(value("\" a \"", vec![T::Trim]), ["a"]);
    let join = T::Join { separator: text("-"), with: text("user.employeeid") };
    assert_eq!(value("user.department", vec![join]), ["Sales-4711"]);
    let extract = T::Extract { after: Some(text(".")), before: Some(text("@")) };
    assert_eq!(value(mail, vec![extract]), ["Example"]);
    let replace = T::RegexReplace { pattern: text("^(\\w+)\\..*$"), replacement: text("$1") };
    assert_eq!(value(mail, vec![replace]), ["Ada"]);
    assert_eq!(value("user.nothing", vec![T::IfEmpty { output: text("\"none\"") }]), ["none"]);
    assert_eq!(value(mail, vec![T::IfNotEmpty { output: text("\"some\"") }]), ["some"]);
    let contains =
        |part: &str| T::Contains { value: text(part), output: text("\"yes\""), otherwise: Some(text("\"no\"")) };
    assert_eq!(value(mail, vec![contains("acme")]), ["yes"]);
    assert_eq!(value(mail, vec![contains("other")]), ["no"]);
    let start = T::StartWith { value: text("Ada"), output: text("\"yes\""), otherwise: None };
    assert_eq!(value(mail, vec![start]), ["yes"]);
    let end = T::EndWith { value: text("Ada"), output: text("\"yes\""), otherwise: None };
    assert_eq!(value(mail, vec![end]), Vec::<String>::new());
}

/// E-34.
#[test]
fn the_last_condition_that_holds_gives_the_value() {
    let world = World::new();
    let condition =
        |user_type, source: &str| ClaimCondition { user_type, source: source.to_owned(), ..ClaimCondition::default() };
    let conditions = vec![
        condition(UserType::Any, "\"any\""),
        condition(UserType::AllGuests, "\"guest\""),
        ClaimCondition { groups: vec!["Sales and more".to_owned()], ..condition(UserType::Members, "\"sales\"") },
    ];
    set(&world, vec![ClaimRule { conditions, ..rule("\"else\"", Vec::new()) }]);
    assert_eq!(claim(&world.sign_in(), "x"), ["sales"]);
    assert_eq!(claim(&of_guest(&world), "x"), ["guest"]);
}

/// E-34.
#[test]
fn restricted_claims_cannot_be_set_up_nor_a_third_transformation_and_a_name_format_is_sent_where_set() {
    let world = World::new();
    let restricted = ClaimRule { name: claims::TENANT_ID.to_owned(), ..rule("user.mail", Vec::new()) };
    world.app().change(|app| app.claims = Some(vec![restricted])).unwrap_err();
    let three = rule("user.mail", vec![Transform::Trim, Transform::Trim, Transform::Trim]);
    world.app().change(|app| app.claims = Some(vec![three])).unwrap_err();
    let format = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri";
    set(&world, vec![ClaimRule { name_format: Some(format.to_owned()), ..rule("user.mail", Vec::new()) }]);
    let delivery = world.entra.answer(&world.url(), &ada()).unwrap();
    assert!(delivery.xml.contains(&format!("<Attribute Name=\"x\" NameFormat=\"{format}\">")), "{}", delivery.xml);
    world.accept(&delivery);
}

/// E-36.
#[test]
fn object_and_tenant_stay_when_every_name_changes() {
    let world = World::new();
    let key = |assertion: &AcceptedAssertion| {
        (claim(assertion, claims::OBJECT_IDENTIFIER), claim(assertion, claims::TENANT_ID))
    };
    let before = key(&world.sign_in());
    world
        .entra
        .tenant(ACME)
        .unwrap()
        .change(|tenant| {
            let user = &mut tenant.users[0];
            user.user_principal_name = "ada.new@acme.example".to_owned();
            user.mail = Some("new@acme.example".to_owned());
        })
        .unwrap();
    world.app().change(|app| app.assignments[0].principal = "ada.new@acme.example".to_owned()).unwrap();
    let after = world.accept(&world.entra.answer(&world.url(), &Person::new("ada.new@acme.example")).unwrap());
    assert_eq!(key(&after), before);
    assert_eq!(claim(&after, claims::NAME), ["ada.new@acme.example"]);
}
