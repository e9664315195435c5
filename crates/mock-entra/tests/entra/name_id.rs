//! How the person is named (E-15, E-16, the error 501241).

use vestibule_mock_entra::service::{NameIdFormatSetting, NameIdSetting, Person, Transform};
use vestibule_saml::sp::AcceptedAssertion;
use vestibule_saml::types::NameIdFormat;

use crate::support::{ADA, SP, World, ada, code, url_of};

fn named(assertion: &AcceptedAssertion) -> (String, NameIdFormat) {
    (assertion.name_id.value.clone(), assertion.name_id.format.clone().unwrap())
}

fn by_request(world: &World, format: &NameIdFormat) -> (String, NameIdFormat) {
    let mut request = world.request(SP);
    request.name_id_format = Some(format.clone());
    named(&world.accept(&world.entra.answer(&url_of(&request), &ada()).unwrap()))
}

/// E-15.
#[test]
fn a_request_is_answered_in_its_format() {
    let world = World::new();
    for format in [NameIdFormat::PERSISTENT, NameIdFormat::UNSPECIFIED] {
        let (value, got) = by_request(&world, &format);
        assert_eq!(got, format);
        assert_eq!(value.len(), 43, "a pairwise identifier: {value}");
        assert_eq!(by_request(&world, &format).0, value, "always the same");
    }
    assert_eq!(by_request(&world, &NameIdFormat::EMAIL_ADDRESS), (ADA.to_owned(), NameIdFormat::EMAIL_ADDRESS));
    let first = by_request(&world, &NameIdFormat::TRANSIENT);
    assert_eq!(first.1, NameIdFormat::TRANSIENT);
    assert_ne!(by_request(&world, &NameIdFormat::TRANSIENT).0, first.0);
}

/// E-15.
#[test]
fn the_format_of_the_request_goes_before_the_setting() {
    let world = World::new();
    world.app().change(|app| app.name_id.format = NameIdFormatSetting::Persistent).unwrap();
    assert_eq!(by_request(&world, &NameIdFormat::EMAIL_ADDRESS).1, NameIdFormat::EMAIL_ADDRESS);
}

/// E-15.
#[test]
fn a_pairwise_identifier_is_another_at_another_application() {
    let world = World::new();
    let first = by_request(&world, &NameIdFormat::PERSISTENT).0;
    let tenant = world.entra.tenant("acme.example").unwrap();
    tenant.change(|tenant| tenant.applications[0].app_id = "22222222-aaaa-4000-8000-000000000009".to_owned()).unwrap();
    let mut request = world.request(SP);
    request.name_id_format = Some(NameIdFormat::PERSISTENT);
    let other = world.entra.answer(&url_of(&request), &ada()).unwrap();
    assert!(!other.xml.contains(&first));
}

/// E-16.
#[test]
fn the_formats_of_the_portal() {
    use NameIdFormatSetting as Setting;
    let world = World::new();
    let set = |format, source: Option<&str>| {
        let name_id = NameIdSetting { format, source: source.map(str::to_owned), transforms: Vec::new() };
        world.app().change(|app| app.name_id = name_id).unwrap();
        named(&world.sign_in())
    };
    assert_eq!(set(Setting::Default, None), (ADA.to_owned(), NameIdFormat::EMAIL_ADDRESS));
    let mail = "Ada.Example@acme.example";
    assert_eq!(set(Setting::EmailAddress, Some("user.mail")), (mail.to_owned(), NameIdFormat::EMAIL_ADDRESS));
    assert_eq!(set(Setting::Persistent, Some("user.employeeid")), ("4711".to_owned(), NameIdFormat::PERSISTENT));
    assert_eq!(set(Setting::Unspecified, None).0.len(), 43);
    let windows = ("ACME\\ada".to_owned(), NameIdFormat::WINDOWS_DOMAIN_QUALIFIED_NAME);
    assert_eq!(set(Setting::WindowsDomainQualifiedName, None), windows);
}

/// E-15.
#[test]
fn a_transformation_without_a_result_gives_a_pairwise_identifier() {
    let world = World::new();
    let set = |source: &str, transforms| {
        world
            .app()
            .change(|app| {
                app.name_id = NameIdSetting { source: Some(source.to_owned()), transforms, ..NameIdSetting::default() };
            })
            .unwrap();
        named(&world.sign_in())
    };
    assert_eq!(set("user.mail", vec![Transform::ExtractMailPrefix, Transform::ToLowercase]).0, "ada.example");
    let (value, format) = set("user.employeeid", vec![Transform::ExtractMailPrefix]);
    assert_eq!((value.len(), format), (43, NameIdFormat::PERSISTENT));
}

#[test]
fn an_empty_source_of_the_name_id_is_501241() {
    let world = World::new();
    world
        .app()
        .change(|app| {
            app.name_id.source = Some("user.mail".to_owned());
            app.assignment = vestibule_mock_entra::service::AssignmentRule::NotRequired;
        })
        .unwrap();
    assert_eq!(code(world.entra.answer(&world.url(), &Person::new("bert@acme.example"))), 501_241);
}
