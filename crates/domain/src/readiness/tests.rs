use vestibule_saml::types::EntityId;

use super::*;
use crate::connection::{Preset, SignOn, SignOnBinding};
use crate::metadata::certificate_text;
use crate::samples::{EXPIRED, IDP, ISSUER, SMALL, TENANT, at, certificate, endpoint, entra, now};

/// CC-10, HY-23: the least that a connection needs.
#[test]
fn a_connection_needs_an_issuer_an_address_and_a_certificate() {
    let all = vec![Missing::Issuer, Missing::SignOn, Missing::Certificate];
    assert_eq!(Preset::Entra.settings().readiness(), all);
    assert_eq!(entra().readiness(), []);
    for unusable in [certificate_text(&certificate(SMALL)), "no certificate".to_owned()] {
        let settings = SamlSettings { certificates: vec![unusable], ..entra() };
        assert_eq!(settings.readiness(), [Missing::Certificate], "a key that may not verify is none");
    }
}

#[test]
fn the_preset_has_no_weakness() {
    assert_eq!(entra().weaknesses(now()), []);
}

/// MX-9, A11.3, A16.3, A13.5, E-50: each weaker choice is marked.
#[test]
fn each_weaker_choice_is_marked() {
    let until = at("2026-08-01T00:00:00Z");
    let settings = SamlSettings {
        sha1_until: Some(until),
        unsolicited: Unsolicited::Accept,
        expired_certificate: ExpiredCertificates::Warn,
        encryption: Encryption::GcmAndCbc,
        clock_skew: 300,
        ..entra()
    };
    let all = [
        Weakness::Sha1 { until },
        Weakness::AcceptsUnsolicited,
        Weakness::TakesExpiredCertificates,
        Weakness::TakesCbc,
        Weakness::WideClockSkew { seconds: 300 },
    ];
    assert_eq!(settings.weaknesses(now()), all);
    assert_eq!(settings.weaknesses(until)[0], Weakness::AcceptsUnsolicited, "SHA-1 ends by itself");
}

/// E-48: 60 days before its end a certificate is told.
#[test]
fn an_expiry_is_told_sixty_days_ahead() {
    let subject = certificate(IDP).subject().to_owned();
    let end = certificate(IDP).not_after();
    let early = end - SignedDuration::from_hours(61 * 24);
    assert_eq!(entra().weaknesses(early), []);
    let soon = end - SignedDuration::from_hours(59 * 24);
    assert_eq!(entra().weaknesses(soon), [Weakness::CertificateExpires { subject, at: end }]);
    let old = SamlSettings { certificates: vec![certificate_text(&certificate(EXPIRED))], ..entra() };
    let (subject, at) = (certificate(EXPIRED).subject().to_owned(), certificate(EXPIRED).not_after());
    assert_eq!(old.weaknesses(now()), [Weakness::CertificateExpired { subject, at }]);
}

/// E-2: national clouds have hosts of their own, where the same holds.
#[test]
fn the_address_at_a_national_cloud_is_of_the_issuers_tenant() {
    let other = "11111111-2222-3333-4444-555555555555";
    for (host, issuer) in [
        ("login.microsoftonline.us", format!("https://sts.microsoftonline.us/{TENANT}/")),
        ("login.microsoftonline.us", format!("https://sts.windows.net/{TENANT}/")),
        ("login.partner.microsoftonline.cn", format!("https://sts.chinacloudapi.cn/{TENANT}/")),
    ] {
        let with = |tenant: &str| {
            let url = endpoint(&format!("https://{host}/{tenant}/saml2"));
            let sign_on = Some(SignOn { url, binding: SignOnBinding::Redirect });
            let issuer = Some(EntityId::new(&issuer).unwrap());
            SamlSettings { issuer, sign_on, ..entra() }.weaknesses(now())
        };
        assert_eq!(with(TENANT), [], "{host}");
        assert_eq!(with("common"), [Weakness::CommonEndpoint], "{host}");
        let differ = Weakness::TenantsDiffer { issuer: TENANT.to_owned(), sign_on: other.to_owned() };
        assert_eq!(with(other), [differ], "{host}");
    }
}

/// E-1, MX-12: an address of all tenants, or of another tenant than the issuer's.
#[test]
fn the_address_is_of_the_issuers_tenant() {
    let with = |url: &str| {
        let sign_on = Some(SignOn { url: endpoint(url), binding: SignOnBinding::Redirect });
        SamlSettings { sign_on, ..entra() }.weaknesses(now())
    };
    assert_eq!(with("https://login.microsoftonline.com/common/saml2"), [Weakness::CommonEndpoint]);
    let other = "11111111-2222-3333-4444-555555555555";
    let differ = Weakness::TenantsDiffer { issuer: TENANT.to_owned(), sign_on: other.to_owned() };
    assert_eq!(with(&format!("https://login.microsoftonline.com/{other}/saml2")), [differ]);
    assert_eq!(with("https://login.microsoftonline.com/corp.example/saml2"), []);
    let elsewhere = SamlSettings { issuer: Some(EntityId::new("https://idp.corp.example").unwrap()), ..entra() };
    assert_eq!(elsewhere.weaknesses(now()), []);
    assert_ne!(ISSUER, "https://idp.corp.example");
}

/// A25.3, E-36: what may change hands is no good key.
#[test]
fn a_key_that_may_be_given_away_is_marked() {
    let by = |subject: SubjectKey, name_id_format| {
        SamlSettings { subject: Some(subject), name_id_format, ..entra() }.weaknesses(now())
    };
    let claims = |names: &[&str]| SubjectKey::Claims(names.iter().copied().map(Claim::new).collect());
    let marked = |key: &str| [Weakness::ReassignableSubject { key: key.to_owned() }];
    assert_eq!(by(claims(&["name"]), None), marked("the claim name"));
    assert_eq!(by(claims(&["tenantid", "objectidentifier"]), None), []);
    assert_eq!(by(SubjectKey::NameId, Some(NameIdFormat::PERSISTENT)), []);
    let email = by(SubjectKey::NameId, Some(NameIdFormat::EMAIL_ADDRESS));
    assert_eq!(email, marked("a NameID that is an e-mail address"));
}

/// What a list goes by is what a page says: nobody is called to a connection about which nothing is said, and nothing
/// that is weak is left out.
#[test]
fn the_time_of_attention_is_when_the_first_weakness_begins() {
    let sound = entra();
    let Standing { attention_at, certificate_ends } = sound.standing();
    let (attention_at, ends) = (attention_at.unwrap(), certificate_ends.unwrap());
    assert_eq!(attention_at, ends - EXPIRY_NOTICE);
    assert_eq!(sound.weaknesses(attention_at - SignedDuration::from_secs(1)), []);
    assert_eq!(sound.weaknesses(attention_at).len(), 1);
    let incomplete = SamlSettings { issuer: None, ..sound.clone() };
    assert_eq!(incomplete.standing().attention_at, Some(Timestamp::UNIX_EPOCH));
    let weak = SamlSettings { unsolicited: Unsolicited::Accept, ..sound };
    assert_eq!(weak.standing(), Standing { attention_at: Some(Timestamp::UNIX_EPOCH), certificate_ends: Some(ends) });
    let empty = Preset::Generic.settings();
    assert_eq!(empty.standing(), Standing { attention_at: Some(Timestamp::UNIX_EPOCH), certificate_ends: None });
}
