use vestibule_saml::types::EntityId;

use super::*;
use crate::samples::{EXPIRED, IDP, IDP_NEXT, ISSUER, LOGIN, certificate, entra, entra_metadata};

fn texts(pems: &[&str]) -> Vec<String> {
    pems.iter().map(|pem| certificate_text(&certificate(pem))).collect()
}

/// HY-20, E-52, E-53: the tenant's metadata alone, with its byte-order mark and its other roles, makes a connection.
#[test]
fn metadata_alone_makes_a_connection() {
    let metadata = entra_metadata(ISSUER, LOGIN, &[IDP]);
    let (settings, notes) = metadata_into_settings(&metadata, &Preset::Generic.settings());
    assert_eq!(settings, entra());
    assert_eq!(settings.readiness(), []);
    assert_eq!(notes, []);
}

/// E-51: all listed certificates are taken, and HY-10: what else was set stays.
#[test]
fn every_listed_certificate_is_taken_and_other_settings_stay() {
    let mut before = entra();
    before.issuer = Some(EntityId::new("https://sts.windows.net/x/").unwrap());
    before.clock_skew = 7;
    let (settings, notes) = metadata_into_settings(&entra_metadata(ISSUER, LOGIN, &[IDP, IDP_NEXT]), &before);
    assert_eq!(settings.certificates, texts(&[IDP, IDP_NEXT]));
    assert_eq!(settings.clock_skew, 7);
    let (set, read) = (before.issuer.unwrap(), EntityId::new(ISSUER).unwrap());
    let differs = MetadataNote::IssuerDiffers { set, read };
    assert_eq!(notes, [differs, MetadataNote::SeveralCertificates { got: 2 }], "MX-13");
}

/// E-36: by which value people are known does not change under them.
#[test]
fn metadata_leaves_the_preset_of_a_connection_in_use() {
    let before = SamlSettings { preset: Preset::Generic, ..entra() };
    let (settings, _) = metadata_into_settings(&entra_metadata(ISSUER, LOGIN, &[IDP]), &before);
    assert_eq!(settings.subject_in_force(), before.subject_in_force());
    assert_eq!(settings, before);
}

#[test]
fn metadata_that_wants_signed_requests_and_has_no_logout_is_followed() {
    let mut metadata = entra_metadata(ISSUER, "https://idp.corp.example/sso", &[IDP]);
    metadata.want_authn_requests_signed = true;
    metadata.single_logout.clear();
    metadata.single_sign_on.remove(0);
    let (settings, notes) = metadata_into_settings(&metadata, &Preset::Generic.settings());
    assert_eq!(notes, [MetadataNote::NoLogout, MetadataNote::SignedRequestsWanted]);
    assert_eq!((settings.requests, settings.preset), (RequestSigning::Signed, Preset::Generic));
    assert_eq!(settings.sign_on.unwrap().binding, SignOnBinding::Post);
}

/// A24.3: keys from the connection's own address are added at once, beside the old ones.
#[test]
fn a_new_key_from_the_own_address_is_added_beside_the_old_one() {
    let fetched = entra_metadata(ISSUER, LOGIN, &[IDP_NEXT]);
    let MetadataChange::AddKeys { settings, added } = refresh(&entra(), &fetched, FetchedFrom::OwnUrl) else {
        panic!("keys are added");
    };
    assert_eq!(settings.certificates, texts(&[IDP, IDP_NEXT]), "the old one stays during the rollover");
    assert_eq!(added, [certificate(IDP_NEXT).thumbprint_sha256()]);
    assert_eq!(SamlSettings { certificates: texts(&[IDP]), ..*settings }, entra());
}

/// A27.1: what an operator took out does not come back from the address that still publishes it.
#[test]
fn a_new_key_is_not_taken_where_the_certificates_are_pinned() {
    let pinned = SamlSettings { certificates_pinned: true, ..entra() };
    let fetched = entra_metadata(ISSUER, LOGIN, &[IDP, IDP_NEXT]);
    let published = vec![certificate(IDP_NEXT).thumbprint_sha256()];
    assert_eq!(refresh(&pinned, &fetched, FetchedFrom::OwnUrl), MetadataChange::Pinned { published });
    let same = entra_metadata(ISSUER, LOGIN, &[IDP]);
    assert_eq!(refresh(&pinned, &same, FetchedFrom::OwnUrl), MetadataChange::None);
}

/// A24.3: of a key that is dropped by a human alone, a human has to know.
#[test]
fn a_certificate_in_force_that_is_published_no_longer_is_named() {
    let mut both = entra();
    both.certificates = texts(&[IDP, IDP_NEXT]);
    assert_eq!(withdrawn(&both, &entra_metadata(ISSUER, LOGIN, &[IDP_NEXT, IDP])), [""; 0]);
    let fetched = entra_metadata(ISSUER, LOGIN, &[IDP_NEXT]);
    assert_eq!(withdrawn(&both, &fetched), [certificate(IDP).thumbprint_sha256()]);
}

#[test]
fn metadata_that_says_nothing_new_changes_nothing() {
    for from in [FetchedFrom::OwnUrl, FetchedFrom::Elsewhere] {
        assert_eq!(refresh(&entra(), &entra_metadata(ISSUER, LOGIN, &[IDP]), from), MetadataChange::None);
    }
    let mut both = entra();
    both.certificates = texts(&[EXPIRED, IDP]);
    let fetched = entra_metadata(ISSUER, LOGIN, &[IDP]);
    assert_eq!(refresh(&both, &fetched, FetchedFrom::OwnUrl), MetadataChange::None, "a key is never dropped silently");
}

/// A24.3: keys from elsewhere, and other addresses, need somebody's approval.
#[test]
fn keys_from_elsewhere_and_other_addresses_need_approval() {
    let fetched = entra_metadata(ISSUER, LOGIN, &[IDP_NEXT]);
    let change = refresh(&entra(), &fetched, FetchedFrom::Elsewhere);
    let MetadataChange::NeedsApproval { added, addresses, .. } = change else { panic!("approval is needed") };
    assert_eq!((added.len(), addresses), (1, vec![]));

    let moved = entra_metadata(ISSUER, "https://login.microsoftonline.us/x/saml2", &[IDP]);
    let change = refresh(&entra(), &moved, FetchedFrom::OwnUrl);
    let MetadataChange::NeedsApproval { added, addresses, settings } = change else { panic!("approval is needed") };
    assert_eq!(added, [""; 0]);
    assert_eq!(addresses.iter().map(|address| address.field).collect::<Vec<_>>(), ["sign_on", "logout_url"]);
    assert_eq!(settings.sign_on.unwrap().url.as_str(), "https://login.microsoftonline.us/x/saml2");
}

/// A24.3: the entity ID is pinned.
#[test]
fn metadata_of_another_entity_changes_nothing() {
    let other = "https://sts.windows.net/11111111-2222-3333-4444-555555555555/";
    let (got, want) = (EntityId::new(other).unwrap(), EntityId::new(ISSUER).unwrap());
    let change = refresh(&entra(), &entra_metadata(other, LOGIN, &[IDP]), FetchedFrom::OwnUrl);
    assert_eq!(change, MetadataChange::OtherEntity { got, want });
}

/// HY-9, E-2: each kind of identity provider is known by its address, Entra in each of its clouds.
#[test]
fn the_preset_follows_from_the_address() {
    for (url, preset) in [
        (LOGIN, Some(Preset::Entra)),
        ("https://login.microsoftonline.us/corp.example/saml2", Some(Preset::Entra)),
        ("https://login.partner.microsoftonline.cn/corp.example/saml2", Some(Preset::Entra)),
        ("https://fs.corp.example/adfs/ls/", Some(Preset::Adfs)),
        ("https://corp.okta.com/app/x/sso/saml", Some(Preset::Okta)),
        ("https://accounts.google.com/o/saml2/idp?idpid=C01", Some(Preset::Google)),
        ("https://auth.pingone.eu/x/saml20/idp/sso", Some(Preset::Ping)),
        ("https://okta.com.evil.example/app", None),
        ("https://notokta.com/app", None),
        ("https://idp.corp.example/sso", None),
    ] {
        assert_eq!(Preset::of_address(url), preset, "{url}");
    }
}
