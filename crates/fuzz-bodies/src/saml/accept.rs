//! The body of the target `accept`.

use std::sync::OnceLock;

use jiff::Timestamp;
use vestibule_xmlsec::algorithms::{Algorithms, Sha1};
use vestibule_xmlsec::keys::{DecryptionKey, DecryptionKeys, read_certificates};

use vestibule_saml::sp::{
    self, AcceptedAssertion, Expectation, Expected, ExpiredCertificate, IdpTrust, Outcome, SpIdentity, Verdict,
};
use vestibule_saml::time::Skew;
use vestibule_saml::types::{AcsUrl, EntityId, RequestId};

/// A response that is accepted. Every seed that is accepted names the same person in the same words.
pub const ACCEPTED: &[u8] = include_bytes!("../../../../fuzz/plain/accepted.xml");

/// The whole check of a response: whoever is let in is who the signer named, word by word. The keys are those of
/// `vectors/keys`, whose private halves nobody has at hand who fuzzes.
pub fn accept(input: &[u8]) {
    for (expect, seed) in expectations().iter().zip(seeds()) {
        assert_judged(&sp::accept(input, expect), seed);
        assert_judged(&sp::accept_post(input, expect), seed);
    }
}

fn assert_judged(verdict: &Verdict, seed: &AcceptedAssertion) {
    let steps: Vec<Outcome> = verdict.report.steps().map(|step| step.outcome).collect();
    let reached = steps.iter().take_while(|&&outcome| outcome == Outcome::Ok).count();
    match &verdict.outcome {
        Ok(accepted) => {
            assert_eq!(reached, steps.len(), "a step did not hold");
            assert!(accepted == seed, "somebody else was let in");
        }
        Err(refusal) => {
            let refused = verdict.report.steps().nth(reached).expect("the step that was refused");
            assert_eq!((refused.outcome, refused.step), (Outcome::Refused, refusal.step));
            assert!(steps[reached + 1..].iter().all(|&outcome| outcome == Outcome::NotReached));
        }
    }
}

/// What becomes of [`ACCEPTED`] under each of the [`expectations`], which differ in how long it must be remembered.
fn seeds() -> &'static [AcceptedAssertion; 2] {
    static SEEDS: OnceLock<[AcceptedAssertion; 2]> = OnceLock::new();
    let accepted =
        |expect: &Expectation<'_>| sp::accept(ACCEPTED, expect).outcome.unwrap_or_else(|refusal| panic!("{refusal:?}"));
    SEEDS.get_or_init(|| expectations().each_ref().map(accepted))
}

/// The defaults, and the weakest that any policy allows.
pub fn expectations() -> &'static [Expectation<'static>; 2] {
    static SIDES: OnceLock<(IdpTrust, SpIdentity, AcsUrl)> = OnceLock::new();
    static EXPECTATIONS: OnceLock<[Expectation<'static>; 2]> = OnceLock::new();
    EXPECTATIONS.get_or_init(|| {
        let (idp, sp, acs_url) = SIDES.get_or_init(sides);
        let request = RequestId::new("_5f8e1d0c2b3a49586776859493a2b1c0").expect("a request ID");
        let now: Timestamp = "2026-03-02T10:00:30Z".parse().expect("a time");
        let strict = Expectation::new(idp, sp, acs_url, Expected::AnswerTo(request), now);
        let lax = Expectation {
            algorithms: Algorithms { sha1: Sha1::Allow, ..Algorithms::STRICT },
            expired_certificate: ExpiredCertificate::Warn,
            clock_skew: Skew::MAX,
            ..strict.clone()
        };
        [strict, lax]
    })
}

fn sides() -> (IdpTrust, SpIdentity, AcsUrl) {
    let entity_id = |id| EntityId::new(id).expect("an entity ID");
    let mut certificates = Vec::new();
    for text in [
        &include_bytes!("../../../../vectors/keys/idp.cert.pem")[..],
        include_bytes!("../../../../vectors/keys/p256.cert.pem"),
    ] {
        certificates.extend(read_certificates(text).expect("a certificate"));
    }
    let issuer = entity_id("https://sts.windows.net/aaaabbbb-0000-cccc-1111-dddd2222eeee/");
    let idp = IdpTrust::new(issuer, &certificates).expect("two usable keys");
    let key = DecryptionKey::read(include_bytes!("../../../../vectors/keys/sp.key.pem")).expect("a private key");
    let sp = SpIdentity {
        entity_id: entity_id("https://sp.example.com/saml/metadata"),
        decryption_keys: Some(DecryptionKeys::one(key)),
    };
    (idp, sp, AcsUrl::new("https://sp.example.com/saml/acs").expect("an address"))
}
