use proptest::prelude::*;
use vestibule_saml::idp::claims;
use vestibule_saml::types::Attribute;

use super::*;
use crate::connection::Preset;

const TENANT: &str = "3770f585-1d9b-44d4-9016-2428d0082154";
const OTHER_TENANT: &str = "11111111-2222-3333-4444-555555555555";
const OBJECT: &str = "9f6e2d1c-55aa-4c1b-8f3e-0d2b6a7c8e90";
const ISSUER: &str = "https://sts.windows.net/3770f585-1d9b-44d4-9016-2428d0082154/";
const IDP: &str = "https://idp.corp.example/";

fn attributes(all: &[(&str, &[&str])]) -> Attributes {
    all.iter().map(|(name, values)| Attribute::text(*name, values.iter().copied())).collect()
}

fn persistent(value: &str) -> NameId {
    NameId::new(value, NameIdFormat::PERSISTENT)
}

fn by_name_id(name_id: &NameId) -> Result<Subject, SubjectProblem> {
    subject(name_id, &Attributes::default(), IDP, &SubjectKey::NameId)
}

fn by_claims(claims: &[&str], all: &[(&str, &[&str])]) -> Result<Subject, SubjectProblem> {
    let key = SubjectKey::Claims(claims.iter().copied().map(Claim::new).collect());
    subject(&persistent("x"), &attributes(all), IDP, &key)
}

/// E-36, A25.1: the Entra preset identifies by tenant and object, whatever NameID and e-mail say.
#[test]
fn at_entra_a_person_is_the_tenant_and_the_object() {
    let key = Preset::Entra.subject();
    let of = |tenant: &[&str], object: &[&str], name_id: &str| {
        let all = attributes(&[(TENANT_CLAIM, tenant), (claims::OBJECT_IDENTIFIER, object)]);
        subject(&persistent(name_id), &all, ISSUER, &key)
    };
    assert_eq!(of(&[TENANT], &[OBJECT], "a"), of(&[TENANT], &[OBJECT], "b"));
    assert_ne!(of(&[TENANT], &[OBJECT], "a"), of(&[TENANT], &[TENANT], "a"));
    let claim = Claim::new(claims::OBJECT_IDENTIFIER);
    assert_eq!(of(&[TENANT], &[], "a"), Err(SubjectProblem::Missing { claim: claim.clone() }));
    assert_eq!(of(&[TENANT], &[OBJECT, TENANT], "a"), Err(SubjectProblem::Several { claim, got: 2 }));
}

/// A20.4: the tenant of the claims is that of the issuer, with whatever key.
#[test]
fn the_tenant_of_the_claims_must_be_the_issuers() {
    let refused = Err(SubjectProblem::Tenant { issuer: ISSUER.to_owned() });
    for key in [Preset::Entra.subject(), SubjectKey::NameId] {
        for tenants in [&[OTHER_TENANT][..], &[TENANT, OTHER_TENANT], &[TENANT, TENANT], &[]] {
            let all = attributes(&[(TENANT_CLAIM, tenants), (claims::OBJECT_IDENTIFIER, &[OBJECT])]);
            assert_eq!(subject(&persistent("x"), &all, ISSUER, &key), refused, "{tenants:?}");
        }
        let all = attributes(&[(TENANT_CLAIM, &[&TENANT.to_uppercase()]), (claims::OBJECT_IDENTIFIER, &[OBJECT])]);
        assert!(subject(&persistent("x"), &all, ISSUER, &key).is_ok());
    }
}

/// MX-6: the NameID or any claim.
#[test]
fn any_claim_may_identify() {
    assert_ne!(by_claims(&["badge"], &[("https://corp.example/badge", &["7"])]), by_name_id(&persistent("7")));
    assert_eq!(by_claims(&["badge"], &[]), Err(SubjectProblem::Missing { claim: Claim::new("badge") }));
    let from = "the claim \"badge\"".to_owned();
    assert_eq!(by_claims(&["badge"], &[("badge", &[" "])]), Err(SubjectProblem::Empty { from }));
    assert_eq!(by_claims(&[], &[]), Err(SubjectProblem::NoKey));
    let all: &[(&str, &[&str])] = &[("urn:a/badge", &["1"]), ("urn:b/badge", &["1"])];
    let ambiguous =
        Ambiguous { claim: Claim::new("badge"), first: "urn:a/badge".to_owned(), second: "urn:b/badge".to_owned() };
    assert_eq!(by_claims(&["badge"], all), Err(SubjectProblem::Ambiguous(ambiguous)));
}

#[test]
fn a_transient_name_id_identifies_nobody() {
    assert_eq!(by_name_id(&NameId::new("x", NameIdFormat::TRANSIENT)), Err(SubjectProblem::Transient));
}

/// A25.3: bytes are compared, and the format belongs to the key.
#[test]
fn another_case_format_qualifier_or_issuer_is_another_person() {
    let ada = by_name_id(&persistent("ada@corp.example")).unwrap();
    let others = [
        persistent("Ada@corp.example"),
        NameId::new("ada@corp.example", NameIdFormat::EMAIL_ADDRESS),
        NameId { name_qualifier: Some("q".to_owned()), ..persistent("ada@corp.example") },
        NameId { sp_name_qualifier: Some("q".to_owned()), ..persistent("ada@corp.example") },
    ];
    for other in others {
        assert_ne!(by_name_id(&other).unwrap(), ada);
    }
    let elsewhere = subject(&persistent("ada@corp.example"), &Attributes::default(), "urn:other", &SubjectKey::NameId);
    assert_ne!(elsewhere.unwrap(), ada);
    let absent = NameId { format: None, ..persistent("ada") };
    assert_eq!(by_name_id(&absent), by_name_id(&NameId::new("ada", NameIdFormat::UNSPECIFIED)));
}

/// HY-24: a person is named by their principal name before they ever sign in.
#[test]
fn an_administrator_names_a_person_beforehand() {
    let key = SubjectKey::Claims(vec![Claim::new("name")]);
    let upn = "ada@corp.example";
    let signed_in = subject(&persistent("x"), &attributes(&[(claims::NAME, &[upn])]), IDP, &key);
    assert_eq!(named_beforehand(IDP, &key, None, &[upn]), signed_in);
    let format = Some(&NameIdFormat::EMAIL_ADDRESS);
    let by_mail = by_name_id(&NameId::new(upn, NameIdFormat::EMAIL_ADDRESS));
    assert_eq!(named_beforehand(IDP, &SubjectKey::NameId, format, &[upn]), by_mail);
    assert_eq!(named_beforehand(IDP, &key, None, &[]), Err(SubjectProblem::Parts { got: 0, want: 1 }));
    let entra = named_beforehand(ISSUER, &Preset::Entra.subject(), None, &[OBJECT]);
    assert_eq!(entra, Err(SubjectProblem::Parts { got: 1, want: 2 }));
}

#[test]
fn a_value_has_a_bound() {
    let from = "the NameID".to_owned();
    let long = "a".repeat(MAX_VALUE + 1);
    assert_eq!(by_name_id(&persistent(&long)), Err(SubjectProblem::TooLong { from, got: MAX_VALUE + 1 }));
}

proptest! {
    /// A25.1: two subjects are equal only when every part of them is.
    #[test]
    fn the_text_of_a_subject_is_unambiguous(
        a in ("[a\",\\[\\]\\\\ ]{1,6}", "[a\",\\[\\]\\\\ ]{1,6}", "[a\",\\[\\]\\\\ ]{1,6}"),
        b in ("[a\",\\[\\]\\\\ ]{1,6}", "[a\",\\[\\]\\\\ ]{1,6}", "[a\",\\[\\]\\\\ ]{1,6}"),
    ) {
        let by_key = |(issuer, first, second): &(String, String, String)| {
            let key = SubjectKey::Claims(vec![Claim::new("p"), Claim::new("q")]);
            named_beforehand(issuer, &key, None, &[first, second])
        };
        let by_name = |(issuer, format, value): &(String, String, String)| {
            named_beforehand(issuer, &SubjectKey::NameId, Some(&NameIdFormat::from_uri(format)), &[value])
        };
        for subject_of in [&by_key as &dyn Fn(&_) -> _, &by_name] {
            if let (Ok(one), Ok(two)) = (subject_of(&a), subject_of(&b)) {
                prop_assert_eq!(one == two, a == b);
            }
        }
        if let (Ok(one), Ok(two)) = (by_key(&a), by_name(&a)) {
            prop_assert_ne!(one, two);
        }
    }
}
