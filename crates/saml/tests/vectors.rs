//! Every vector of `vectors/saml`: what must be accepted is, with the identity stated beside it, and what must be
//! refused is, for exactly the reason stated beside it. `vectors/README.md` describes the files.

mod vector;

use jiff::{SignedDuration, Timestamp};
use vector::{Vector, base64};
use vestibule_saml::sp::{self, Reason, Verdict};

#[test]
fn vectors_that_must_be_accepted_are_accepted_with_their_identity() {
    let vectors = Vector::all("accept");
    report(vectors.iter().filter_map(|vector| {
        let wrong = vector.differences();
        (!wrong.is_empty()).then(|| format!("{}: {}", vector.name, wrong.join("; ")))
    }));
}

#[test]
fn vectors_that_must_be_refused_are_refused_for_their_reason() {
    let vectors = Vector::all("refuse");
    report(vectors.iter().filter_map(|vector| {
        let (got, want) = (vector.outcome(), vector.case.refusal.as_deref());
        (got.as_ref().map(|(code, _)| code.as_str()) != want).then(|| match got {
            None => format!("{}: accepted, wanted {}", vector.name, want.unwrap_or("?")),
            Some((code, detail)) => format!("{}: got {code} ({detail}), wanted {}", vector.name, want.unwrap_or("?")),
        })
    }));
}

/// Fails with all lines at once.
fn report(wrong: impl Iterator<Item = String>) {
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{} vectors are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_same_message_in_base64_has_the_same_verdict() {
    for vector in Vector::all("accept").iter().chain(&Vector::all("refuse")) {
        let (Some(xml), Some(trust)) = (vector.xml(), vector.trust()) else { continue };
        let code = |verdict: Verdict| verdict.outcome.map_err(|refusal| refusal.reason);
        let plain = trust.judge(|expect| sp::accept(xml, expect));
        let encoded = trust.judge(|expect| sp::accept_post(base64(xml).as_bytes(), expect));
        assert_eq!(code(plain), code(encoded), "{}", vector.name);
    }
}

#[test]
fn every_message_that_is_accepted_is_refused_from_a_key_that_is_not_configured() {
    for mut vector in Vector::all("accept") {
        vector.case.idp.certificates = vec!["../../../keys/other-tenant.cert.pem".to_owned()];
        let got = vector.outcome().map(|(code, _)| code);
        assert!(
            matches!(got.as_deref(), Some("no_key_matches" | "algorithm_not_accepted")),
            "{}: {got:?}",
            vector.name
        );
    }
}

#[test]
fn every_message_that_is_accepted_is_refused_a_second_time() {
    for vector in Vector::all("accept") {
        let trust = vector.trust().expect("a usable certificate");
        let xml = vector.xml().expect("XML");
        let accepted = trust.judge(|expect| sp::accept(xml, expect)).outcome.expect("accepted");
        let used = [accepted.replay.assertion_id];
        let again = trust.judge(|expect| {
            let expect = sp::Expectation { used_assertions: &used, ..expect.clone() };
            sp::accept(xml, &expect)
        });
        assert_eq!(again.outcome.map_err(|refusal| refusal.reason), Err(Reason::Replayed), "{}", vector.name);
        let then = accepted.replay.remember_until;
        let later = trust.judge(|expect| sp::accept(xml, &sp::Expectation { now: then, ..expect.clone() }));
        assert!(later.outcome.is_err(), "{}: still accepted once it may be forgotten", vector.name);
    }
}

/// The one real response of Entra ID.
fn real() -> Vector {
    Vector::read("accept", "entra-2020-real")
}

fn real_at(time: Timestamp) -> Result<(), Reason> {
    let vector = real();
    let trust = vector.trust().expect("a usable certificate");
    let verdict =
        trust.judge(|expect| sp::accept(vector.xml().expect("XML"), &sp::Expectation { now: time, ..expect.clone() }));
    verdict.outcome.map(drop).map_err(|refusal| refusal.reason)
}

#[test]
fn the_real_response_is_accepted_until_the_last_millisecond_and_refused_as_expired_after_it() {
    let end: Timestamp = "2020-06-02T15:59:38.809Z".parse().expect("a time");
    let closes = end + SignedDuration::from_secs(120);
    assert_eq!(real_at(closes - SignedDuration::from_millis(1)), Ok(()));
    assert_eq!(real_at(closes), Err(Reason::Expired));
    assert_eq!(real_at(closes + SignedDuration::from_secs(1)), Err(Reason::Expired));
}

#[test]
fn the_real_response_is_accepted_from_its_first_millisecond() {
    // The IssueInstant lies behind NotBefore, and is what keeps it from being accepted earlier.
    let issued: Timestamp = "2020-06-02T14:59:38.997Z".parse().expect("a time");
    let opens = issued - SignedDuration::from_secs(120);
    assert_eq!(real_at(opens), Ok(()));
    assert_eq!(real_at(opens - SignedDuration::from_millis(1)), Err(Reason::IssuedInFuture));
    let not_before: Timestamp = "2020-06-02T14:54:38.809Z".parse().expect("a time");
    let early = not_before - SignedDuration::from_secs(120);
    assert!(real_at(early - SignedDuration::from_millis(1)).is_err());
}

#[test]
fn the_real_response_with_any_octet_of_its_signed_part_changed_is_refused() {
    let changed = refused_however_changed(&real(), "<Assertion ", "</Assertion>");
    assert!(changed > 10_000, "only {changed} changes were made");
}

#[test]
fn a_signed_response_with_any_octet_changed_is_refused() {
    let changed = refused_however_changed(&Vector::read("accept", "entra-response-signed"), "<", "</samlp:Response>");
    assert!(changed > 10_000, "only {changed} changes were made");
}

/// Changes each octet of the signed part, one at a time, in four ways, and tells how many changes were made. Left out
/// is `KeyInfo`: no signature covers it, and nothing is read from it.
fn refused_however_changed(vector: &Vector, begin: &str, end: &str) -> usize {
    let trust = vector.trust().expect("a usable certificate");
    let xml = vector.xml().expect("XML").to_vec();
    let find = |text: &str| {
        xml.windows(text.len()).position(|window| window == text.as_bytes()).unwrap_or_else(|| panic!("no {text}"))
    };
    let signed = find(begin)..find(end) + end.len();
    let key_info = find("<KeyInfo>")..find("</KeyInfo>") + "</KeyInfo>".len();
    let mut accepted = Vec::new();
    let mut changed = 0;
    for at in signed.filter(|at| !key_info.contains(at)) {
        for bits in [0x01, 0x02, 0x20, 0x80] {
            let mut forged = xml.clone();
            forged[at] ^= bits;
            changed += 1;
            if trust.judge(|expect| sp::accept(&forged, expect)).outcome.is_ok() {
                accepted.push(format!("octet {at} ^ {bits:#04x}"));
            }
        }
    }
    assert!(accepted.is_empty(), "accepted although changed: {}", accepted.join(", "));
    changed
}
