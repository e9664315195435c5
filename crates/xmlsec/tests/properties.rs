//! Laws that hold for generated documents.

mod support;

use proptest::prelude::*;
use support::chance::Chance;
use support::model::Model;
use support::{random, vectors};
use vestibule_xmlsec::algorithms::{Algorithms, DigestAlgorithm, Sha1, SignatureAlgorithm};
use vestibule_xmlsec::c14n::{C14nError, Canonicalization, Method, canonicalize};
use vestibule_xmlsec::dsig::{self, Placement, SignatureError, SignatureTemplate};
use vestibule_xmlsec::enc::{self, ContentAlgorithm, DecryptError, Encryption, KeyTransport, RsaBudget};
use vestibule_xmlsec::keys::EncryptionKey;
use vestibule_xmlsec::{Document, Element, Limits};

/// Doubles of identity providers sign with SHA-1 too, where they are compiled in.
const LAX: Algorithms = Algorithms { sha1: Sha1::Allow, ..Algorithms::STRICT };

fn parse(xml: &str) -> Document {
    Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap_or_else(|error| panic!("{error} in {xml:?}"))
}

fn by_id<'d>(document: &'d Document, id: &str) -> Element<'d> {
    document.elements().find(|element| element.attribute("ID") == Some(id)).expect("an element with this ID")
}

/// A generated document and the model that it was written from.
fn written(seed: u64, size: usize) -> (Model, String) {
    let mut chance = Chance::new(seed);
    let model = random::document(&mut chance, size);
    let text = model.write(&mut chance);
    (model, text)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_document_is_read_as_it_was_meant(seed: u64, size in 1usize..40) {
        let (model, text) = written(seed, size);
        prop_assert_eq!(Model::of(parse(&text).root()), model.without_declarations(), "{}", text);
    }

    #[test]
    fn a_canonical_form_is_its_own_canonical_form(seed: u64, size in 1usize..30) {
        let (_, text) = written(seed, size);
        let document = parse(&text);
        for method in Method::ALL {
            for list in [&[][..], &["", "p", "xs"][..]] {
                let inclusive_prefixes = list.iter().map(|&prefix| prefix.to_owned()).collect();
                let how = Canonicalization { method, inclusive_prefixes };
                for element in document.elements() {
                    let form = canonicalize(element, &how, None).expect("a canonical form");
                    let again = canonicalize(parse(&form).root(), &how, None).expect("a canonical form");
                    prop_assert_eq!(&again, &form, "{:?} of {}", how, text);
                }
            }
        }
    }

    #[test]
    fn how_a_document_is_written_does_not_show_in_its_canonical_form(seed: u64, other: u64, size in 1usize..30) {
        let (model, text) = written(seed, size);
        let rewritten = model.write(&mut Chance::new(other));
        for method in Method::ALL {
            let form = |text: &str| canonicalize(parse(text).root(), &method.into(), None);
            prop_assert_eq!(form(&text), form(&rewritten), "{}\n{}", text, rewritten);
        }
    }

    #[test]
    fn omitting_a_subtree_is_cutting_it_out(seed: u64, size in 2usize..30) {
        let (model, _) = written(seed, size);
        let text = model.write(&mut Chance::new(seed));
        let document = parse(&text);
        let children: Vec<_> = document.root().children().collect();
        for (at, child) in children.iter().enumerate() {
            let mut without = model.clone();
            let elements: Vec<usize> = without
                .content
                .iter()
                .enumerate()
                .filter(|(_, content)| matches!(content, support::model::Content::Element(_)))
                .map(|(at, _)| at)
                .collect();
            without.content.remove(elements[at]);
            // Text on both sides becomes one run, which canonicalisation does not tell from two.
            let without = parse(&without.write(&mut Chance::new(seed)));
            for method in Method::ALL {
                let cut = canonicalize(without.root(), &method.into(), None);
                prop_assert_eq!(canonicalize(document.root(), &method.into(), Some(*child)), cut);
            }
        }
        let how = Method::Exclusive.into();
        prop_assert_eq!(canonicalize(document.root(), &how, Some(document.root())), Err(C14nError::Empty));
    }

    #[test]
    fn no_octets_make_the_parser_panic(octets: Vec<u8>, seed: u64, size in 1usize..20) {
        let mut chance = Chance::new(seed);
        let _ = Document::parse(&octets, &Limits::MESSAGE);
        let mut text = written(seed, size).1.into_bytes();
        for octet in octets.into_iter().take(8) {
            let at = chance.below(text.len());
            text[at] = octet;
        }
        if let Ok(document) = Document::parse(&text, &Limits::MESSAGE) {
            let form = canonicalize(document.root(), &Method::Inclusive10.into(), None);
            prop_assert!(form.is_ok_and(|form| Document::parse(form.as_bytes(), &Limits::MESSAGE).is_ok()));
        }
    }
}

proptest! {
    // Signing with RSA takes a millisecond.
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_we_sign_verifies_and_nobody_elses_key_does_it(seed: u64, size in 1usize..15) {
        let mut chance = Chance::new(seed);
        let text = signable(&mut chance, size);
        for (algorithm, name) in vectors::signers() {
            let how = any_canonicalization(&mut chance);
            let signed = sign(&text, name, algorithm, &how);
            let document = parse(&signed);
            let element = by_id(&document, "e0");
            let content = dsig::verify(element, &vectors::trusted(name), &LAX);
            let content = content.unwrap_or_else(|error| panic!("{error}: {signed}"));
            let unsigned = parse(&text);
            // A reference by ID leaves comments out, whatever the method.
            let how = Canonicalization { method: how.method.without_comments(), ..how };
            let octets = canonicalize(by_id(&unsigned, "e0"), &how, None).expect("a canonical form");
            prop_assert_eq!(content.octets(), octets.as_bytes());
            let other = vectors::trusted(if name == "idp" { "attacker" } else { "idp" });
            prop_assert_eq!(
                dsig::verify(element, &other, &LAX).unwrap_err(),
                SignatureError::NoKeyMatches { tried: 1 }
            );
        }
    }

    #[test]
    fn what_we_encrypt_decrypts_to_the_same(seed: u64, size in 1usize..15) {
        let mut chance = Chance::new(seed);
        let element = random::document(&mut chance, size).write(&mut chance);
        for content in CONTENT {
            let digest = DigestAlgorithm::ALL[chance.below(4)];
            let transport = if chance.once_in(2) {
                KeyTransport::RsaOaepMgf1p { digest }
            } else {
                KeyTransport::RsaOaep { digest, mgf1: DigestAlgorithm::ALL[chance.below(4)] }
            };
            let recipient = EncryptionKey::of(&vectors::certificate("sp")).expect("a key that encrypts");
            let how = Encryption { content, transport, ..Encryption::new(&recipient) };
            let (key, iv) = (chance.octets(content.key_len()), chance.octets(content.iv_len()));
            let encrypted = format!("<x>{}</x>", enc::encrypt(&element, &how, &key, &iv).expect("encrypted"));
            let decrypt = |name| {
                let keys = vectors::decryption_keys(name);
                enc::decrypt(parse(&encrypted).root(), &keys, &Algorithms::STRICT, &mut RsaBudget::new())
            };
            let plain = decrypt("sp").unwrap_or_else(|error| panic!("{error}: {encrypted}"));
            prop_assert_eq!(Model::of(plain.root()), Model::of(parse(&element).root()));
            prop_assert_eq!(decrypt("sp-next").unwrap_err(), DecryptError::Undecryptable);
        }
    }
}

const CONTENT: [ContentAlgorithm; 5] = [
    ContentAlgorithm::Aes128Cbc,
    ContentAlgorithm::Aes192Cbc,
    ContentAlgorithm::Aes256Cbc,
    ContentAlgorithm::Aes128Gcm,
    ContentAlgorithm::Aes256Gcm,
];

/// A generated document inside an element with the ID `e0`, of which the first child is not generated.
fn signable(chance: &mut Chance, size: usize) -> String {
    let mut inner = random::document(chance, size);
    inner.attributes.retain(|attribute| attribute.value != "e0");
    let inner = inner.write(chance);
    format!(
        r#"<w:Around xmlns:w="urn:w" xmlns="urn:d" xml:lang="en"><Signed ID="e0" w:a=""><Issuer/>{inner}</Signed></w:Around>"#
    )
}

fn any_canonicalization(chance: &mut Chance) -> Canonicalization {
    let method = Method::ALL[chance.below(6)];
    let inclusive_prefixes = match chance.below(3) {
        0 if method.is_exclusive() => vec![String::new(), "w".to_owned()],
        1 if method.is_exclusive() => vec!["p".to_owned(), "nobody".to_owned()],
        _ => Vec::new(),
    };
    Canonicalization { method, inclusive_prefixes }
}

fn sign(text: &str, name: &str, algorithm: SignatureAlgorithm, how: &Canonicalization) -> String {
    let key = vectors::signing_key(name);
    let template = SignatureTemplate {
        canonicalization: how.clone(),
        placement: Placement::AfterIssuer,
        ..SignatureTemplate::new(&key, algorithm)
    };
    dsig::sign(text, "e0", &template).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Every octet of a small signed document, changed in three ways: refused, or what is proved is what was signed.
#[test]
fn no_changed_octet_changes_what_is_proved() {
    let plain = concat!(
        r#"<w:Around xmlns:w="urn:w"><Signed xmlns="urn:d" ID="e0" w:a="1 &amp; 2"><Issuer>i</Issuer>"#,
        r#"<Name b='"'>user<![CDATA[@]]>example.com</Name>  <!-- note --></Signed><Outside/></w:Around>"#
    );
    let key = vectors::signing_key("p256");
    let certificate = vectors::certificate("p256");
    let template = SignatureTemplate {
        certificate: Some(&certificate),
        ..SignatureTemplate::new(&key, SignatureAlgorithm::EcdsaSha256)
    };
    let signed = dsig::sign(plain, "e0", &template).expect("signed");
    let trusted = vectors::trusted("p256");
    let verified = |octets: &[u8]| {
        let document = Document::parse(octets, &Limits::MESSAGE).ok()?;
        let mut proved = document.elements().filter_map(|e| dsig::verify(e, &trusted, &Algorithms::STRICT).ok());
        proved.next().map(|signed| signed.octets().to_vec())
    };
    let octets = verified(signed.as_bytes()).expect("the original verifies");
    let start = signed.find("<Signed").expect("the signed element");
    let end = signed.find("<Outside").expect("what follows it");
    let key_info = signed.find("<KeyInfo>").expect("KeyInfo")..signed.find("</Signature>").expect("its end");
    for at in 0..signed.len() {
        for change in [1, 0x20, 0x80] {
            let mut changed = signed.clone().into_bytes();
            changed[at] ^= change;
            if let Some(proved) = verified(&changed) {
                assert_eq!(proved, octets, "octet {at} of {signed}");
                let ignored = !(start..end).contains(&at) || key_info.contains(&at);
                // Quotes, white space in tags and the base64 of SignatureValue can be written in other ways.
                assert!(ignored || says_the_same(&signed, &changed, at), "octet {at} of {signed}");
            }
        }
    }
}

/// Whether two documents with one octet changed are the same to every reader: the canonical forms are, comments apart,
/// and the signature's base64 decodes to the same.
fn says_the_same(signed: &str, changed: &[u8], at: usize) -> bool {
    let value =
        signed.find("<SignatureValue>").expect("SignatureValue")..signed.find("</SignatureValue>").expect("end");
    let form = |octets: &[u8]| {
        let document = Document::parse(octets, &Limits::MESSAGE).expect("it was parsed before");
        canonicalize(document.root(), &Method::Exclusive.into(), None).expect("a canonical form")
    };
    form(signed.as_bytes()) == form(changed) || value.contains(&at)
}
