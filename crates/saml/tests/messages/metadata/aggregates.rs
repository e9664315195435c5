//! Groups of entities, and signatures over metadata.

use super::{NOW, certificates, read, reading, refusal};
use crate::support::{IDP, NEXT, STRANGER, at, entity};
use jiff::SignedDuration;
use vestibule_saml::binding::Signer;
use vestibule_saml::metadata::{Aggregate, IdpMetadata, MetadataError, MetadataSignature, OtherRole, Reading};
use vestibule_xmlsec::algorithms::Algorithms;
use vestibule_xmlsec::dsig::{Placement, SignatureError};

#[test]
fn an_aggregate_lists_its_entities_and_none_that_stands_elsewhere() {
    let xml = shape!("aggregate");
    let aggregate = Aggregate::parse(xml.as_bytes(), &reading()).expect("an aggregate");
    let listed: Vec<_> = aggregate.entities().map(|it| (it.entity_id, it.is_identity_provider)).collect();
    assert_eq!(
        listed,
        [
            ("https://sp.example.org", false),
            ("https://one.example.org", true),
            ("https://old.example.org", true),
            ("https://two.example.org", true),
        ]
    );
}

#[test]
fn a24_3_an_entity_of_an_aggregate_lives_as_long_as_every_group_around_it() {
    let xml = shape!("aggregate");
    let aggregate = Aggregate::parse(xml.as_bytes(), &reading()).expect("an aggregate");
    let one = aggregate.identity_provider(&entity("https://one.example.org")).expect("a provider");
    assert_eq!(one.valid_until, Some(at("2029-01-01T00:00:00Z")));
    assert_eq!(one.cache_duration, Some(SignedDuration::from_hours(6)));
    assert_eq!(
        aggregate.identity_provider(&entity("https://old.example.org")),
        Err(MetadataError::Expired { got: at("2020-01-01T00:00:00Z"), now: at(NOW) })
    );
    assert_eq!(
        Aggregate::parse(xml.as_bytes(), &Reading::at(at("2030-01-01T00:00:00Z"))).map(drop),
        Err(MetadataError::Expired { got: at("2030-01-01T00:00:00Z"), now: at("2030-01-01T00:00:00Z") })
    );
}

#[test]
fn an_entity_is_picked_from_an_aggregate_by_its_exact_name() {
    let xml = shape!("aggregate");
    let aggregate = Aggregate::parse(xml.as_bytes(), &reading()).expect("an aggregate");
    let pick = |id: &str| aggregate.identity_provider(&entity(id));
    assert_eq!(pick("https://two.example.org").expect("a provider").signing_certificates, certificates([&NEXT]));
    for id in ["https://two.example.org/", "https://hidden.example.org"] {
        assert_eq!(pick(id), Err(MetadataError::NoSuchEntity { want: entity(id), entities: 4 }));
    }
    assert_eq!(
        pick("https://sp.example.org"),
        Err(MetadataError::NoSuchRole {
            entity_id: entity("https://sp.example.org"),
            want: "an identity provider",
            got: OtherRole::ServiceProvider
        })
    );
    assert_eq!(
        aggregate.only_identity_provider(),
        Err(MetadataError::SeveralIdentityProviders { identity_providers: 3 })
    );
    assert_eq!(refusal(&xml), MetadataError::SeveralIdentityProviders { identity_providers: 3 });

    let twice = xml.replace("https://one.example.org\"", "https://two.example.org\"");
    let aggregate = Aggregate::parse(twice.as_bytes(), &reading()).expect("an aggregate");
    let entity_id = entity("https://two.example.org");
    assert_eq!(aggregate.identity_provider(&entity_id), Err(MetadataError::RepeatedEntity { entity_id }));
}

#[test]
fn an_aggregate_without_identity_provider_is_refused() {
    let xml = r#"<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata"><EntityDescriptor entityID="a"/><EntityDescriptor entityID="b"/></EntitiesDescriptor>"#;
    assert_eq!(refusal(xml), MetadataError::NoIdentityProvider { entities: 2 });
    let none = r#"<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata"/>"#;
    assert_eq!(refusal(none), MetadataError::NoIdentityProvider { entities: 0 });
}

fn signed(xml: &str, id: &str) -> String {
    Signer::new(&IDP.key).envelop(xml, id, Placement::First).expect("a signature")
}

#[test]
fn where_a_signature_is_checked_only_what_it_covers_is_read() {
    let trusted = IDP.trusted();
    let checking =
        |keys| Reading { signature: MetadataSignature::Check { keys, algorithms: Algorithms::STRICT }, ..reading() };
    let app = shape!("entra-app");
    let xml = signed(&app, "_7a7269b2-0000-4f63-a452-3c971d78b24c");
    let read = |xml: &str, keys| IdpMetadata::parse(xml.as_bytes(), &checking(keys));
    assert_eq!(read(&xml, &trusted).expect("a good signature"), self::read(&app));

    let changed = xml.replace("555555555555/saml2\" /></IDP", "555555555556/saml2\" /></IDP");
    assert_ne!(changed, xml);
    assert_eq!(read(&changed, &trusted), Err(MetadataError::Signature(SignatureError::DigestMismatch)));
    let stranger = STRANGER.trusted();
    assert_eq!(read(&xml, &stranger), Err(MetadataError::Signature(SignatureError::NoKeyMatches { tried: 1 })));
    assert_eq!(
        read(&app, &trusted),
        Err(MetadataError::Signature(SignatureError::Missing { element: "EntityDescriptor".to_owned() }))
    );
    // The signature of an entity inside does not speak for the group around it.
    let aggregate = signed(&shape!("aggregate"), "_aggregate");
    assert!(Aggregate::parse(aggregate.as_bytes(), &checking(&trusted)).is_ok());
    let xml = xml.trim_start_matches('\u{feff}').replace("<?xml version=\"1.0\" encoding=\"utf-8\"?>", "");
    let grouped = format!(
        "<g:EntitiesDescriptor ID=\"g\" xmlns:g=\"urn:oasis:names:tc:SAML:2.0:metadata\">{xml}</g:EntitiesDescriptor>"
    );
    assert_eq!(
        Aggregate::parse(grouped.as_bytes(), &checking(&trusted)).map(drop),
        Err(MetadataError::Signature(SignatureError::Missing { element: "EntitiesDescriptor".to_owned() }))
    );
}

#[test]
fn an_identity_provider_is_picked_though_its_service_provider_stands_beside_it_under_the_same_name() {
    let xml = shape!("aggregate").replace("https://sp.example.org\">", "https://one.example.org\">");
    let aggregate = Aggregate::parse(xml.as_bytes(), &reading()).expect("an aggregate");
    let entity_id = entity("https://one.example.org");
    assert_eq!(aggregate.entities().filter(|it| it.entity_id == entity_id.as_str()).count(), 2);
    let metadata = aggregate.identity_provider(&entity_id).expect("a provider");
    assert_eq!(metadata.signing_certificates, certificates([&IDP]));
}
