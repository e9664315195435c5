//! Certificates and their rollover (E-46 to E-52).

use jiff::{SignedDuration, Timestamp};
use vestibule_mock_entra::service::{
    CertificateStatus, ChangeError, IssuerShape, MetadataCertificates, SigningCertificate, SigningKeyOf,
};
use vestibule_saml::sp::{ExpiredCertificate, Reason};

use crate::support::browser::Browser;
use crate::support::{ACME, ACME_APP, Judge, World, ada, code};

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// E-46.
#[test]
fn certificates_have_entras_subjects_and_run_for_three_and_five_years() {
    let world = World::new();
    let own = world.app().signing_certificate().unwrap();
    assert_eq!(own.subject(), "CN=Microsoft Azure Federated SSO Certificate");
    assert_eq!(own.subject(), own.issuer());
    let lasts = own.not_after().duration_since(own.not_before());
    assert!((days(1095)..=days(1096)).contains(&lasts), "{lasts}");
    world.app().change(|app| app.signing_key = SigningKeyOf::Tenant).unwrap();
    let shared = world.app().signing_certificate().unwrap();
    assert_eq!(shared.subject(), "CN=accounts.accesscontrol.windows.net");
    assert!(shared.not_after().duration_since(shared.not_before()) >= days(1825));
    world.sign_in();
}

/// E-47; E-48: mails announce its end 60, 30 and 7 days before.
#[test]
fn a_certificate_is_downloaded_in_three_forms_and_its_end_is_announced() {
    let world = World::new();
    let own = world.app().signing_certificate().unwrap();
    let mut browser = Browser::new(world.entra.router());
    let address = format!("/api/tenants/{ACME}/applications/{ACME_APP}/certificates");
    let file = |form: &str| format!("{address}/{}{form}", own.thumbprint_sha1());
    assert_eq!(browser.get(&file(".der")).body, own.der());
    for form in [".cer", ".pem"] {
        let page = browser.get(&file(form));
        assert_eq!(vestibule_xmlsec::keys::read_certificates(&page.body).unwrap(), std::slice::from_ref(&own));
    }
    let list: serde_json::Value = serde_json::from_str(&browser.get(&address).html).unwrap();
    assert_eq!(list[0]["signs"], true, "{list}");
    let mails = list[0]["expiry_mails"].as_array().unwrap().iter();
    let mails: Vec<Timestamp> = mails.map(|at| at.as_str().unwrap().parse().unwrap()).collect();
    assert_eq!(mails, [60, 30, 7].map(|before| own.not_after() - days(before)));
}

/// E-49.
#[test]
fn a_new_certificate_waits_until_it_is_made_active() {
    let world = World::new();
    let app = world.app();
    let before = app.signing_certificate().unwrap();
    let new = app.new_certificate().unwrap();
    assert_eq!(app.signing_certificate().unwrap(), before);
    assert_eq!(app.certificates()[1].status, CertificateStatus::Inactive);
    app.activate_certificate(&new).unwrap();
    let after = app.signing_certificate().unwrap();
    assert_eq!(after.thumbprint_sha1(), new);
    assert_ne!(after.spki(), before.spki());
    world.sign_in();
    let refused = app.delete_certificate(&new).unwrap_err();
    assert!(matches!(refused, ChangeError::CertificateActive { .. }), "{refused}");
    app.delete_certificate(&before.thumbprint_sha1()).unwrap();
}

/// E-49.
#[test]
fn a_certificate_that_is_made_when_the_active_one_has_expired_signs_at_once() {
    let world = World::new();
    world.pass(days(3 * 366));
    let new = world.app().new_certificate().unwrap();
    assert_eq!(world.app().signing_certificate().unwrap().thumbprint_sha1(), new);
}

/// E-50.
#[test]
fn an_expired_certificate_goes_on_signing_and_we_refuse_it() {
    let world = World::new();
    world.pass(days(3 * 366));
    let delivery = world.entra.answer(&world.url(), &ada()).unwrap();
    assert_eq!(world.judge(&delivery, &Judge::default()).unwrap_err().reason, Reason::CertificateExpired);
    let lenient = Judge { change: |it| it.expired_certificate = ExpiredCertificate::Warn, ..Judge::default() };
    world.judge(&delivery, &lenient).unwrap();
}

/// E-50.
#[test]
fn a_change_takes_its_time() {
    let world = World::new();
    let app = world.app();
    app.change(|app| app.propagation_seconds = 600).unwrap();
    let before = app.signing_certificate().unwrap();
    let new = app.new_certificate().unwrap();
    app.activate_certificate(&new).unwrap();
    assert_eq!(app.signing_certificate().unwrap(), before);
    world.pass(SignedDuration::from_mins(10));
    assert_eq!(app.signing_certificate().unwrap().thumbprint_sha1(), new);
}

/// E-51, E-52.
#[test]
fn metadata_lists_waiting_certificates_where_the_switch_says_so() {
    let world = World::new();
    world.app().new_certificate().unwrap();
    let listed = || {
        let document = world.entra.metadata(ACME, Some(ACME_APP)).unwrap();
        let role = document.split_once("<IDPSSODescriptor").unwrap().1;
        role.matches("<KeyDescriptor use=\"signing\">").count()
    };
    assert_eq!(listed(), 2);
    world.app().change(|app| app.metadata_certificates = MetadataCertificates::Active).unwrap();
    assert_eq!(listed(), 1);
}

#[test]
fn an_application_without_a_key_is_50003_and_without_one_of_its_own_50146() {
    let world = World::new();
    world.app().change(|app| app.certificates[0].status = CertificateStatus::Inactive).unwrap();
    assert_eq!(code(world.entra.answer(&world.url(), &ada())), 50003);
    world
        .app()
        .change(|app| {
            app.signing_key = SigningKeyOf::Tenant;
            app.issuer = IssuerShape::WithApplication;
        })
        .unwrap();
    assert_eq!(code(world.entra.answer(&world.url(), &ada())), 50146);
}

#[test]
fn each_application_and_tenant_has_a_key_of_its_own() {
    let world = World::new();
    let entries: Vec<SigningCertificate> = world
        .entra
        .seed()
        .tenants
        .into_iter()
        .flat_map(|tenant| {
            tenant.certificates.into_iter().chain(tenant.applications.into_iter().flat_map(|app| app.certificates))
        })
        .collect();
    let mut keys: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["app-1", "app-2", "tenant-1", "tenant-2"]);
}
