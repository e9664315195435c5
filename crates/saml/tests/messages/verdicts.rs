//! Verdicts over signed responses that no identity provider known today sends, and what comes of them.

use crate::support::at;
use jiff::SignedDuration;
use vestibule_mock_entra::{Entra, Seal, entra, keys};
use vestibule_saml::sp::{self, AcceptedAssertion, Expectation, Expected, IdpTrust, Reason, SpIdentity};
use vestibule_saml::types::{AcsUrl, AttributeValue, AuthnContextClassRef, EntityId, RequestId};
use vestibule_xmlsec::c14n::Method;

fn judge(xml: &str, now: &str) -> Result<AcceptedAssertion, Reason> {
    judge_within(xml, now, None)
}

fn judge_within(xml: &str, now: &str, max_age: Option<SignedDuration>) -> Result<AcceptedAssertion, Reason> {
    judge_asked(xml, max_age, &[], now)
}

fn judge_asked(
    xml: &str,
    max_age: Option<SignedDuration>,
    asked: &[AuthnContextClassRef],
    now: &str,
) -> Result<AcceptedAssertion, Reason> {
    let issuer = EntityId::new(entra::ISSUER).expect("an entity ID");
    let idp = IdpTrust::new(issuer, &[keys::certificate("idp")]).expect("a usable certificate");
    let us = SpIdentity { entity_id: EntityId::new(entra::SP).expect("an entity ID"), decryption_keys: None };
    let acs_url = AcsUrl::new(entra::ACS).expect("an address");
    let pending = Expected::AnswerTo(RequestId::new(entra::REQUEST).expect("an ID"));
    let expect = Expectation::new(&idp, &us, &acs_url, pending, at(now));
    let expect = Expectation { max_age, authn_context: asked, ..expect };
    sp::accept(xml.as_bytes(), &expect).outcome.map_err(|refusal| refusal.reason)
}

/// The default response with `with` in place of `what`, its assertion signed.
fn changed(what: &str, with: &str) -> String {
    let xml = Entra::default().xml();
    assert!(xml.contains(what), "{what}");
    Seal::default().assertion(&xml.replacen(what, with, 1))
}

#[test]
fn a16_4_an_assertion_is_remembered_as_long_as_any_of_its_confirmations_lasts() {
    let until = |end: &str| Entra::with(|e| e.confirmation_not_on_or_after = Some(end.into())).confirmation();
    let both = until("2026-03-02T10:05:00Z") + &until("2026-03-02T10:50:00Z");
    let xml = Entra::with(|e| e.confirmations = Some(both)).signed();
    let replay = judge(&xml, entra::NOW).expect("an acceptable response").replay;
    assert_eq!(replay.remember_until, at("2026-03-02T10:55:00Z"), "the longer one and the largest skew");
    assert!(judge(&xml, "2026-03-02T10:51:59Z").is_ok(), "it would be taken until then");
    assert_eq!(judge(&xml, "2026-03-02T10:52:00Z"), Err(Reason::ConfirmationExpired));
}

#[test]
fn the_session_ends_when_the_first_of_several_statements_says_so() {
    let entra = Entra::with(|e| e.session_not_on_or_after = Some("2026-03-02T18:00:00Z".into()));
    let sooner = "<AuthnStatement AuthnInstant=\"2026-03-02T09:41:07.5Z\" SessionNotOnOrAfter=\"2026-03-02T12:00:00Z\">\
                  <AuthnContext/></AuthnStatement></Assertion>";
    let xml = Seal::default().assertion(&entra.xml().replacen("</Assertion>", sooner, 1));
    let accepted = judge(&xml, entra::NOW).expect("an acceptable response");
    assert_eq!(accepted.session_not_on_or_after, Some(at("2026-03-02T12:00:00Z")));
}

#[test]
fn the_statement_that_names_the_way_that_was_asked_for_is_the_one_that_counts() {
    let second = "<AuthnStatement AuthnInstant=\"2026-03-02T09:50:00Z\" SessionIndex=\"_second\"><AuthnContext>\
                  <AuthnContextClassRef>https://refeds.org/profile/mfa</AuthnContextClassRef></AuthnContext>\
                  </AuthnStatement></Assertion>";
    let xml = changed("</Assertion>", second);
    let index = |asked: &[AuthnContextClassRef]| {
        let accepted = judge_asked(&xml, None, asked, entra::NOW);
        accepted.expect("an acceptable response").session_index
    };
    assert_ne!(index(&[]).as_deref(), Some("_second"), "the first, where none was asked for");
    assert_eq!(index(&[AuthnContextClassRef::REFEDS_MFA]).as_deref(), Some("_second"));
}

#[test]
fn a21_2_structured_values_do_not_multiply_what_is_declared_around_them() {
    let long = "x".repeat(50_000);
    let values = |count| {
        let statement = format!(
            "<AttributeStatement xmlns:p=\"u:{long}\"><Attribute Name=\"a\">{}</Attribute>",
            "<AttributeValue><p:a/></AttributeValue>".repeat(count)
        );
        let xml = Entra::default().xml().replacen("<AttributeStatement>", &statement, 1);
        let seal = Seal { canonicalization: Method::Inclusive10.into(), ..Seal::default() };
        judge(&seal.assertion(&xml), entra::NOW)
    };
    assert!(values(5).is_ok(), "as long together as a message may be");
    assert_eq!(values(6), Err(Reason::TooComplex));
}

#[test]
fn a04_what_stands_behind_a_structured_value_is_held_to_the_rules_of_its_own_place() {
    let value = "<AttributeValue>Example User</AttributeValue>";
    let nested = "<AttributeValue>a<AttributeValue>b<c>d</c></AttributeValue><![CDATA[e]]></AttributeValue>";
    let accepted = judge(&changed(value, nested), entra::NOW).expect("CDATA is text in a value");
    let structured = accepted.attributes.iter().flat_map(|attribute| &attribute.values);
    assert_eq!(structured.filter(|value| matches!(value, AttributeValue::Structured(_))).count(), 1);
    let in_nested = nested.replace("<c>d</c>", "<c><!-- --></c>");
    assert_eq!(judge(&changed(value, &in_nested), entra::NOW), Err(Reason::ValueNotText));
    let class = "urn:oasis:names:tc:SAML:2.0:ac:classes:";
    for hidden in
        ["<![CDATA[urn:]]>oasis:names:tc:SAML:2.0:ac:classes:", "urn:<!-- -->oasis:names:tc:SAML:2.0:ac:classes:"]
    {
        let behind = changed(value, nested).replacen(class, hidden, 1);
        assert_eq!(judge(&behind, entra::NOW), Err(Reason::ValueNotText), "{hidden}");
    }
}

#[test]
fn what_the_schema_lets_be_empty_refuses_nobody() {
    let xml = changed(
        "</AttributeStatement>",
        "<Attribute Name=\"\"><AttributeValue>x</AttributeValue></Attribute></AttributeStatement>",
    );
    let accepted = judge(&xml, entra::NOW).expect("an attribute without a name");
    assert_eq!(accepted.attributes.texts("").collect::<Vec<_>>(), ["x"]);
    let class = "<AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</AuthnContextClassRef>";
    let accepted = judge(&changed(class, "<AuthnContextClassRef/>"), entra::NOW).expect("a context that says nothing");
    assert_eq!(accepted.authn_context, None);
    assert_eq!(judge(&changed("<Attribute Name=", "<Attribute name="), entra::NOW), Err(Reason::MalformedMessage));
}

#[test]
fn a_bound_on_the_age_that_is_below_nothing_lets_nobody_in() {
    let xml = Entra::default().signed();
    let old = Err(Reason::AuthenticationTooOld);
    assert_eq!(judge_within(&xml, entra::NOW, Some(SignedDuration::MIN)), old);
    assert_eq!(judge_within(&xml, entra::NOW, Some(SignedDuration::from_secs(-1))), old);
    assert!(judge_within(&xml, entra::NOW, Some(SignedDuration::MAX)).is_ok());
}
