//! Addresses, identifiers and metadata (E-1 to E-9, E-52, E-53).

use http::StatusCode;
use jiff::Timestamp;
use vestibule_mock_entra::service::{IdentifierPolicy, IssuerShape, MetadataBindings, Person};
use vestibule_saml::metadata::{IdpMetadata, MetadataError, MetadataSignature, Reading};
use vestibule_saml::types::{Binding, LoopbackHttp};
use vestibule_xmlsec::algorithms::Algorithms;

use crate::support::browser::Browser;
use crate::support::{ACME, ACME_APP, BASE, Judge, SP, World, ada, code};

fn read(world: &World, document: &str) -> IdpMetadata {
    let keys = match IdpMetadata::parse(document.as_bytes(), &reading(world.now(), MetadataSignature::NotChecked)) {
        Ok(metadata) => metadata.trusted_keys().unwrap(),
        Err(error) => panic!("{error}"),
    };
    let signature = MetadataSignature::Check { keys: &keys, algorithms: Algorithms::STRICT };
    IdpMetadata::parse(document.as_bytes(), &reading(world.now(), signature)).unwrap()
}

fn reading(now: Timestamp, signature: MetadataSignature<'_>) -> Reading<'_> {
    Reading { now, loopback_http: LoopbackHttp::Allow, signature }
}

/// E-1.
#[test]
fn a_tenant_is_named_by_its_id_by_a_domain_or_by_common() {
    let world = World::new();
    for tenant in [ACME, "acme.example", "ACME.example", "common"] {
        let url = world.url().replace(ACME, tenant);
        world.accept(&world.entra.answer(&url, &ada()).unwrap());
    }
    assert_eq!(code(world.entra.answer(&world.url().replace(ACME, "nobody.example"), &ada())), 90002);
}

/// E-3, E-52, E-53.
#[test]
fn metadata_of_an_application_is_entras_and_is_read() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    for file in
        ["FederationMetadata/2007-06/FederationMetadata.xml", "federationmetadata/2007-06/federationmetadata.xml"]
    {
        let page = browser.get(&format!("/{ACME}/{file}?appid={ACME_APP}"));
        assert_eq!(page.body.get(..3), Some(&[0xEF, 0xBB, 0xBF][..]));
        for role in ["fed:SecurityTokenServiceType", "fed:ApplicationServiceType", "<IDPSSODescriptor "] {
            assert!(page.has(role), "{role}");
        }
        assert!(!page.has("NameIDFormat"));
        let metadata = read(&world, &page.html);
        assert_eq!(metadata.entity_id.as_str(), format!("https://sts.windows.net/{ACME}/"));
        let endpoint = format!("{BASE}/{ACME}/saml2");
        for binding in [Binding::HTTP_REDIRECT, Binding::HTTP_POST] {
            assert_eq!(metadata.single_sign_on(&binding).unwrap().location.as_str(), endpoint);
        }
        assert_eq!(metadata.single_logout(&Binding::HTTP_REDIRECT).unwrap().location.as_str(), endpoint);
        assert_eq!(metadata.single_logout.len(), 1);
        assert_eq!(metadata.signing_certificates, [world.app().signing_certificate().unwrap()]);
        let certificate = page.between("<KeyDescriptor use=\"signing\">", "</KeyDescriptor>");
        assert_eq!(page.html.matches(&certificate).count(), 3, "the same keys in each role");
    }
}

/// E-53.
#[test]
fn metadata_may_list_redirect_alone() {
    let world = World::new();
    world.app().change(|app| app.metadata_bindings = MetadataBindings::Redirect).unwrap();
    let metadata = read(&world, &world.entra.metadata(ACME, Some(ACME_APP)).unwrap());
    assert_eq!(metadata.single_sign_on(&Binding::HTTP_POST), None);
}

/// E-4.
#[test]
fn the_entity_id_ends_with_a_slash_and_in_common_names_no_tenant() {
    let world = World::new();
    let own = world.entra.metadata(ACME, None).unwrap();
    assert_eq!(read(&world, &own).entity_id.as_str(), format!("https://sts.windows.net/{ACME}/"));
    let common = world.entra.metadata("common", None).unwrap();
    assert!(common.contains("entityID=\"https://sts.windows.net/{tenant}/\""), "{common}");
    let refused = IdpMetadata::parse(common.as_bytes(), &reading(world.now(), MetadataSignature::NotChecked));
    assert!(matches!(refused, Err(MetadataError::TenantTemplate { .. })), "{refused:?}");
}

/// E-5: the form of Microsoft's sample is in responses alone. E-6: with the application's ID the issuer is so in its
/// metadata as well, and the tenant's own metadata stays as it was.
#[test]
fn the_issuer_has_the_shape_that_is_set() {
    let world = World::new();
    let of_tenant = format!("https://sts.windows.net/{ACME}/");
    let of_application = format!("https://sts.windows.net/{ACME}/{ACME_APP}/");
    let shapes = [
        (IssuerShape::Metadata, of_tenant.clone(), &of_tenant),
        (IssuerShape::Login, format!("https://login.microsoftonline.com/{ACME}/"), &of_tenant),
        (IssuerShape::WithApplication, of_application.clone(), &of_application),
    ];
    for (shape, issuer, entity_id) in shapes {
        world.app().change(|app| app.issuer = shape).unwrap();
        let delivery = world.entra.answer(&world.url(), &ada()).unwrap();
        let judge = Judge { issuer: Some(issuer.clone()), ..Judge::default() };
        assert_eq!(world.judge(&delivery, &judge).unwrap().issuer, issuer);
        let entity_id_at = |app| read(&world, &world.entra.metadata(ACME, app).unwrap()).entity_id.as_str().to_owned();
        assert_eq!(entity_id_at(Some(ACME_APP)), *entity_id);
        assert_eq!(entity_id_at(None), of_tenant);
    }
}

/// E-7.
#[test]
fn a_service_principal_in_the_address_goes_before_the_issuer_and_takes_no_demand_for_signatures() {
    let world = World::new();
    let id = world.app().get().service_principal_id;
    let request = world.request("https://unknown.example");
    let url = crate::support::url_of(&request).replace("/saml2?", &format!("/saml2/{id}?"));
    world.accept(&world.entra.answer(&url, &ada()).unwrap());
    world
        .app()
        .change(|app| app.request_signatures = vestibule_mock_entra::service::RequestSignatures::Required)
        .unwrap();
    assert_eq!(code(world.entra.answer(&url, &ada())), 76021);
}

/// E-8.
#[test]
fn the_secure_policy_wants_a_known_word_in_new_identifiers() {
    let world = World::new();
    let app = world.app();
    app.change(|app| app.identifier_policy = IdentifierPolicy::Secure).unwrap();
    app.change(|app| app.identifiers.push("https://other.test".to_owned())).unwrap_err();
    assert_eq!(app.get().identifiers, [SP], "what was there stays");
    for good in ["https://x.acme.example/", &format!("api://{ACME_APP}"), &format!("urn:x:{ACME}")] {
        app.change(|app| app.identifiers.push((*good).to_owned())).unwrap();
    }
}

/// E-9.
#[test]
fn a_direct_link_starts_the_application() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let digits = ACME_APP.replace('-', "");
    for link in [format!("/signin/Vestibule/{digits}"), format!("/acme.example/signin/Vestibule/{digits}")] {
        assert!(browser.get(&link).has("id=\"username\""), "{link}");
    }
    assert_eq!(browser.get("/signin/X/00000000000000000000000000000000").status, StatusCode::BAD_REQUEST);
}

/// E-39, E-42: a request is answered at the application's Logout Url, also where nobody is signed in; without one it ends
/// at a page, as does one without a NameID.
#[test]
fn logout_messages_are_answered_or_find_a_page() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let request = |name_id: &str| {
        let issuer = "<saml:Issuer>https://sso.test/sso/acme/metadata</saml:Issuer>";
        crate::support::raw(&format!("<samlp:LogoutRequest %>{issuer}{name_id}</samlp:LogoutRequest>"))
    };
    let named = request("<saml:NameID>ada@acme.example</saml:NameID>");
    let page = browser.get(&named);
    assert!(page.status == StatusCode::BAD_REQUEST && page.has("AADSTS50061"), "{}", page.html);
    let url = "https://sso.test/sso/acme/slo";
    world.app().change(|app| app.logout_url = Some(url.to_owned())).unwrap();
    let answer = world.entra.logout_answer(&named).unwrap();
    assert_eq!(answer.response.destination.as_str(), url);
    let page = browser.get(&request(""));
    assert!(page.status == StatusCode::BAD_REQUEST && page.has("AADSTS7500530"), "{}", page.html);
}

/// E-2: the stand-in is reached at a national cloud's host, and says so in its metadata; our side reads it as Entra's.
#[test]
fn a_national_cloud_has_its_own_host() {
    for cloud in ["https://login.microsoftonline.us", "https://login.partner.microsoftonline.cn"] {
        let world = World::at(cloud);
        let metadata = read(&world, &world.entra.metadata(ACME, Some(ACME_APP)).unwrap());
        let endpoint = metadata.single_sign_on(&Binding::HTTP_REDIRECT).unwrap().location.as_str().to_owned();
        assert_eq!(endpoint, format!("{cloud}/{ACME}/saml2"));
        let url = world.url().replace(BASE, cloud);
        world.accept(&world.entra.answer(&url, &ada()).unwrap());
    }
}

#[test]
fn an_assertion_of_one_tenant_convinces_nobody_of_another() {
    let world = World::new();
    let delivery =
        world.entra.unsolicited("borealis.example", "Vestibule", &Person::new("dora@borealis.example")).unwrap();
    assert!(world.judge(&delivery, &Judge::default()).is_err());
}
