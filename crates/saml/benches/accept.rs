//! What a sign-in costs: the whole path over the real response against bare cryptography, where
//! the time goes, how it grows, and what hostile messages can make of it.
//!
//! `cargo bench -p vestibule-saml`; the figures are kept in `docs/performance.md`.

#![expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]

use std::hint::black_box;

use vestibule_bench::fixture::{Fixture, base64, read_vector};
use vestibule_bench::hostile;
use vestibule_bench::timing::{Case, Times, measure, print};
use vestibule_saml::binding::post;
use vestibule_saml::sp;
use vestibule_xmlsec::algorithms::{DigestAlgorithm, SignatureAlgorithm};
use vestibule_xmlsec::c14n::{Method, canonicalize};
use vestibule_xmlsec::keys::{SigningKey, VerifyingKey};
use vestibule_xmlsec::{Document, Element, Limits};

fn main() {
    against_bare_cryptography();
    where_the_time_goes();
    encrypted();
    growth();
    hostile_shapes();
}

/// One RSA-2048 verification over a short message: the key is parsed, the hash costs next to nothing.
struct BareRsa {
    key: VerifyingKey,
    signature: Vec<u8>,
}

impl BareRsa {
    const MESSAGE: [u8; 32] = [7; 32];

    fn new() -> Self {
        let key = SigningKey::read(&read_vector("keys/idp.key.pem")).expect("the vectors hold a key");
        let signature = key.sign(SignatureAlgorithm::RsaSha256, &Self::MESSAGE).expect("an RSA key");
        Self { key: key.verifying_key().clone(), signature }
    }

    fn verify(&self) {
        let result = self.key.verify(SignatureAlgorithm::RsaSha256, black_box(&Self::MESSAGE), &self.signature);
        assert!(result.is_ok(), "the signature is good");
    }
}

fn against_bare_cryptography() {
    let real = Fixture::real();
    let field = base64(&real.xml);
    let (expect, rsa) = (real.expectation(), BareRsa::new());
    let times = measure(vec![
        Case::new("bare: RSA-2048 verification + SHA-256 of 5,138 octets", || {
            rsa.verify();
            black_box(DigestAlgorithm::Sha256.digest(black_box(&real.xml)));
        }),
        Case::new("whole path: base64 to identity", || {
            assert!(sp::accept_post(black_box(field.as_bytes()), &expect).outcome.is_ok());
        }),
    ]);
    println!("\nThe real response against bare cryptography (bar: 1.9)");
    print(&times);
    println!("{:>66}  {:.2} times", "ratio, median of the rounds", times[1].ratio_to(&times[0]));
}

fn where_the_time_goes() {
    let real = Fixture::real();
    let field = base64(&real.xml);
    let (expect, rsa) = (real.expectation(), BareRsa::new());
    let document = parse(&real.xml);
    let assertion = child(document.root(), "Assertion");
    let signature = child(assertion, "Signature");
    let signed_info = child(signature, "SignedInfo");
    let how = Method::Exclusive.into();
    let canonical_info = canonicalize(signed_info, &how, None).expect("canonical");
    let canonical = canonicalize(assertion, &how, Some(signature)).expect("canonical");
    let times = measure(vec![
        Case::new("base64", || drop(black_box(post::decode(field.as_bytes())))),
        Case::new("parse the response", || drop(black_box(parse(&real.xml)))),
        Case::new("canonicalise SignedInfo", || drop(black_box(canonicalize(signed_info, &how, None)))),
        Case::new("parse SignedInfo", || drop(black_box(parse(canonical_info.as_bytes())))),
        Case::new("RSA", || rsa.verify()),
        Case::new("canonicalise the assertion", || {
            drop(black_box(canonicalize(assertion, &how, Some(signature))));
        }),
        Case::new("SHA-256 of both", || {
            black_box(DigestAlgorithm::Sha256.digest(canonical_info.as_bytes()));
            black_box(DigestAlgorithm::Sha256.digest(canonical.as_bytes()));
        }),
        Case::new("parse what was digested", || drop(black_box(parse(canonical.as_bytes())))),
        Case::new("whole path", || drop(black_box(sp::accept_post(field.as_bytes(), &expect)))),
    ]);
    println!("\nWhere the time goes");
    print(&times);
    let parts: f64 = times[..times.len() - 1].iter().map(Times::median).sum();
    let whole = times.last().map_or(f64::NAN, Times::median);
    println!("{:>66}  {:7.2} µs", "the rest: reading, SAML checks, report, identity", whole - parts);
}

fn encrypted() {
    let key = SigningKey::read(&read_vector("keys/idp.key.pem")).expect("the vectors hold a key");
    let names = ["entra-encrypted", "entra-encrypted-gcm", "entra-encrypted-in-signed-response"];
    let fixtures = names.map(Fixture::accepted);
    let mut cases = vec![Case::new("bare: one private operation of RSA-2048", || {
        drop(black_box(key.sign(SignatureAlgorithm::RsaSha256, &BareRsa::MESSAGE)));
    })];
    for (name, fixture) in names.iter().zip(&fixtures) {
        let (field, expect) = (base64(&fixture.xml), fixture.expectation());
        cases.push(Case::new(format!("{name}, {} octets", fixture.xml.len()), move || {
            assert!(sp::accept_post(field.as_bytes(), &expect).outcome.is_ok());
        }));
    }
    println!("\nEncrypted assertions, from base64 to identity");
    print(&measure(cases));
}

fn growth() {
    let fixtures: Vec<Fixture> = [5, 10, 25, 50, 100, 250].map(|kib| Fixture::of_size(kib * 1000)).into();
    let times = measure(
        fixtures
            .iter()
            .map(|fixture| {
                let field = base64(&fixture.xml);
                let expect = fixture.expectation();
                Case::new(format!("{} octets", fixture.xml.len()), move || {
                    assert!(sp::accept_post(field.as_bytes(), &expect).outcome.is_ok());
                })
            })
            .collect(),
    );
    println!("\nGrowth: a response with ever more groups");
    println!("{:>66}  {:>10}  {:>12}", "", "time", "per 1,000");
    for (time, fixture) in times.iter().zip(&fixtures) {
        let per_thousand = time.median() / (fixture.xml.len() as f64 / 1000.0);
        println!("{:>66}  {:7.1} µs  {per_thousand:9.2} µs", time.name, time.median());
    }
}

fn hostile_shapes() {
    let real = Fixture::real();
    let expect = real.expectation();
    let shapes = hostile::shapes();
    let times = measure(
        shapes
            .iter()
            .map(|shape| Case::new(shape.name, || assert!(sp::accept(&shape.xml, &expect).outcome.is_err())))
            .collect(),
    );
    println!("\nHostile messages within the bounds (bar: 5,000 µs)");
    print(&times);
}

fn parse(xml: &[u8]) -> Document {
    Document::parse(xml, &Limits::MESSAGE).expect("well-formed")
}

fn child<'a>(parent: Element<'a>, name: &str) -> Element<'a> {
    parent.children().find(|child| child.local() == name).expect("the real response has it")
}
