//! We agree with `xmlsec1`, and refuse what it refuses.

mod support;

use support::chance::Chance;
use support::model::Model;
use support::xmlsec1::{self, Wanted, Xmlsec1};
use support::{random, vectors};
use vestibule_xmlsec::algorithms::{Algorithms, DigestAlgorithm, Sha1, SignatureAlgorithm};
use vestibule_xmlsec::c14n::{Canonicalization, Method, canonicalize};
use vestibule_xmlsec::dsig::{self, SignatureTemplate};
use vestibule_xmlsec::enc::{self, ContentAlgorithm, Encryption, KeyTransport, RsaBudget};
use vestibule_xmlsec::keys::EncryptionKey;
use vestibule_xmlsec::{Document, Element, Limits};

const LAX: Algorithms = Algorithms { sha1: Sha1::Allow, ..Algorithms::STRICT };

fn parse(xml: &str) -> Document {
    Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap_or_else(|error| panic!("{error} in {xml:?}"))
}

fn by_id<'d>(document: &'d Document, id: &str) -> Element<'d> {
    document.elements().find(|element| element.attribute("ID") == Some(id)).expect("an element with this ID")
}

/// Every method, the exclusive ones with and without prefix lists.
fn every_canonicalization() -> Vec<Canonicalization> {
    let mut all = Vec::new();
    for method in Method::ALL {
        for list in [&[][..], &[""], &["p", "xs"], &["", "p", "q", "n-1", "none"]] {
            if list.is_empty() || method.is_exclusive() {
                let inclusive_prefixes = list.iter().map(|&prefix| prefix.to_owned()).collect();
                all.push(Canonicalization { method, inclusive_prefixes });
            }
        }
    }
    all
}

#[test]
fn canonical_forms_are_the_same_octet_by_octet() {
    let counterpart = Xmlsec1::new("c14n");
    let mut compared = 0;
    for batch in 0..40 {
        let documents: Vec<(String, Vec<Wanted>)> = (0..25)
            .map(|n| {
                let mut chance = Chance::new(batch * 1000 + n);
                let text = random::document(&mut chance, 25).write(&mut chance);
                let document = parse(&text);
                let ids: Vec<_> = document.elements().filter_map(|e| e.attribute("ID")).map(str::to_owned).collect();
                let wanted =
                    ids.iter().flat_map(|id| every_canonicalization().into_iter().map(|how| (id.clone(), how)));
                (text.clone(), wanted.collect())
            })
            .collect();
        for ((text, wanted), theirs) in documents.iter().zip(counterpart.canonical_forms(&documents)) {
            let document = parse(text);
            for ((id, how), theirs) in wanted.iter().zip(theirs) {
                let ours = canonicalize(by_id(&document, id), how, None).expect("a canonical form");
                assert_eq!(ours, theirs, "{how:?} of {id} in {text}");
                compared += 1;
            }
        }
    }
    assert!(compared > 30_000, "{compared} forms were compared");
}

/// Signature algorithms that both know, with a key that fits.
const SIGNERS: [(SignatureAlgorithm, &str); 13] = [
    (SignatureAlgorithm::RsaSha1, "idp"),
    (SignatureAlgorithm::RsaSha256, "idp"),
    (SignatureAlgorithm::RsaSha384, "idp"),
    (SignatureAlgorithm::RsaSha512, "idp"),
    (SignatureAlgorithm::EcdsaSha256, "p256"),
    (SignatureAlgorithm::EcdsaSha384, "p256"),
    (SignatureAlgorithm::EcdsaSha512, "p256"),
    (SignatureAlgorithm::EcdsaSha256, "p384"),
    (SignatureAlgorithm::EcdsaSha384, "p384"),
    (SignatureAlgorithm::EcdsaSha512, "p384"),
    (SignatureAlgorithm::EcdsaSha256, "p521"),
    (SignatureAlgorithm::EcdsaSha384, "p521"),
    (SignatureAlgorithm::EcdsaSha512, "p521"),
];

/// Documents of which the root `e0` is signed by `xmlsec1` with this algorithm, in every canonicalisation.
fn signed_by_them(counterpart: &Xmlsec1, algorithm: SignatureAlgorithm, key: &str, seed: u64) -> Vec<String> {
    let mut chance = Chance::new(seed);
    let templates: Vec<String> = every_canonicalization()
        .into_iter()
        .map(|how| {
            let text = random::document(&mut chance, 8).write(&mut chance);
            let digest = DigestAlgorithm::ALL[chance.below(4)].uri();
            xmlsec1::with_signature(&text, &xmlsec1::reference("#e0", &how, digest), &how, algorithm.uri())
        })
        .collect();
    counterpart.sign(key, &templates)
}

#[test]
fn what_they_sign_we_verify() {
    let counterpart = Xmlsec1::new("they-sign");
    for (at, (algorithm, key)) in (0..).zip(SIGNERS) {
        for signed in signed_by_them(&counterpart, algorithm, key, at) {
            let document = parse(&signed);
            let proved = dsig::verify(document.root(), &vectors::trusted(key), &LAX);
            assert_eq!(proved.map(|proved| proved.algorithm()), Ok(algorithm), "{signed}");
        }
    }
}

#[test]
fn what_we_sign_they_verify() {
    let counterpart = Xmlsec1::new("we-sign");
    for (at, (algorithm, name)) in (100..).zip(SIGNERS) {
        let key = vectors::signing_key(name);
        let mut chance = Chance::new(at);
        // Some are only verified, not made: SHA-1, and ECDSA with another digest than its curve's own.
        if key.sign(algorithm, b"").is_err() {
            continue;
        }
        let signed: Vec<String> = every_canonicalization()
            .into_iter()
            .map(|canonicalization| {
                let mut inner = random::document(&mut chance, 8);
                inner.attributes.retain(|attribute| attribute.value != "e0");
                let text = format!(r#"<w:Around xmlns:w="urn:w" xmlns="urn:d" xml:lang="en" xml:base="http://example.com/"><Signed ID="e0" w:a=""><Issuer/>{}</Signed></w:Around>"#, inner.write(&mut chance));
                let template = SignatureTemplate { canonicalization, ..SignatureTemplate::new(&key, algorithm) };
                dsig::sign(&text, "e0", &template).unwrap_or_else(|error| panic!("{error}: {text}"))
            })
            .collect();
        assert_eq!(counterpart.verifies(name, &signed), Ok(()));
    }
}

/// Mutations that a signature must not survive, and some that it may: whatever `xmlsec1` refuses, we refuse.
#[test]
fn what_they_refuse_we_refuse() {
    let counterpart = Xmlsec1::new("they-refuse");
    let mut chance = Chance::new(7);
    let (mut both, mut ours_alone) = (0, 0);
    for (seed, (algorithm, key)) in [SIGNERS[1], SIGNERS[4]].into_iter().enumerate() {
        let originals = signed_by_them(&counterpart, algorithm, key, 1000 + seed as u64);
        for n in 0..200 {
            let original = &originals[n % originals.len()];
            let mutant = mutate(original, &mut chance);
            let Ok(document) = Document::parse(mutant.as_bytes(), &Limits::MESSAGE) else { continue };
            let proved = dsig::verify(document.root(), &vectors::trusted(key), &LAX).is_ok();
            match (proved, counterpart.verifies(key, std::slice::from_ref(&mutant))) {
                (true, Err(theirs)) => panic!("they refuse: {theirs}\n{mutant}"),
                (true, Ok(())) => both += 1,
                (false, Ok(())) => ours_alone += 1,
                (false, Err(_)) => {}
            }
        }
    }
    println!("{both} mutants verify, {ours_alone} for xmlsec1 alone");
}

/// One small change: a character replaced, a piece repeated, removed or moved.
fn mutate(text: &str, chance: &mut Chance) -> String {
    let characters: Vec<char> = text.chars().collect();
    let from = chance.below(characters.len());
    let most = if chance.once_in(2) { 3 } else { 60 };
    let len = 1 + chance.below(most);
    let piece: String = characters[from..].iter().take(len).collect();
    let before: String = characters[..from].iter().collect();
    let after: String = characters[from..].iter().skip(len).collect();
    match chance.below(6) {
        0 => format!("{before}{piece}{piece}{after}"),
        1 => format!("{before}{after}"),
        2 => format!("{before}{}{after}", chance.pick(&["<!---->", "&#32;", "A", "=", " ", "\n", "<x/>", "\""])),
        3 => format!("{before}{}{after}", piece.to_uppercase()),
        4 => {
            let elements: Vec<usize> = text.match_indices('<').map(|(at, _)| at).collect();
            let at = elements[chance.below(elements.len())];
            format!("{}{}{}", &text[..at], chance.pick(&["<!--c-->", "text", " ", "<x xmlns=\"\"/>"]), &text[at..])
        }
        _ => {
            let flipped: String = piece.chars().map(|c| char::from_u32(u32::from(c) ^ 1).unwrap_or(c)).collect();
            format!("{before}{flipped}{after}")
        }
    }
}

const CONTENT: [(ContentAlgorithm, &str); 5] = [
    (ContentAlgorithm::Aes128Cbc, "aes-128"),
    (ContentAlgorithm::Aes192Cbc, "aes-192"),
    (ContentAlgorithm::Aes256Cbc, "aes-256"),
    (ContentAlgorithm::Aes128Gcm, "aes-128"),
    (ContentAlgorithm::Aes256Gcm, "aes-256"),
];

/// OAEP as both know it: SHA-1 in digest and mask.
const OAEP: KeyTransport = KeyTransport::RsaOaepMgf1p { digest: DigestAlgorithm::Sha1 };

/// An element as it is encrypted and the model of what must come out.
fn secret(chance: &mut Chance) -> (String, Model) {
    let text = random::document(chance, 8).write(chance);
    let model = Model::of(parse(&text).root());
    (text, model)
}

#[test]
fn what_they_encrypt_we_decrypt() {
    let counterpart = Xmlsec1::new("they-encrypt");
    let mut chance = Chance::new(11);
    for (content, session_key) in CONTENT {
        for _ in 0..6 {
            let (text, model) = secret(&mut chance);
            let template = format!(
                r#"<EncryptedData xmlns="{}" Type="http://www.w3.org/2001/04/xmlenc#Element"><EncryptionMethod Algorithm="{}"/><KeyInfo xmlns="{}"><EncryptedKey xmlns="{}"><EncryptionMethod Algorithm="{}"/><CipherData><CipherValue/></CipherData></EncryptedKey></KeyInfo><CipherData><CipherValue/></CipherData></EncryptedData>"#,
                enc::NAMESPACE,
                content.uri(),
                dsig::NAMESPACE,
                enc::NAMESPACE,
                OAEP.uri(),
            );
            let encrypted = counterpart.encrypt("sp", session_key, &template, &text);
            let document = parse(&format!("<x>{encrypted}</x>"));
            let keys = vectors::decryption_keys("sp");
            let plain = enc::decrypt(document.root(), &keys, &Algorithms::STRICT, &mut RsaBudget::new());
            let plain = plain.unwrap_or_else(|error| panic!("{error}: {encrypted}"));
            assert_eq!(Model::of(plain.root()), model, "{content:?} of {text}");
        }
    }
}

#[test]
fn what_we_encrypt_they_decrypt() {
    let counterpart = Xmlsec1::new("we-encrypt");
    let mut chance = Chance::new(12);
    let recipient = EncryptionKey::of(&vectors::certificate("sp")).expect("a key that encrypts");
    for (content, _) in CONTENT {
        for _ in 0..6 {
            let (text, model) = secret(&mut chance);
            let how = Encryption { content, transport: OAEP, ..Encryption::new(&recipient) };
            let (key, iv) = (chance.octets(content.key_len()), chance.octets(content.iv_len()));
            let encrypted = format!("<x>{}</x>", enc::encrypt(&text, &how, &key, &iv).expect("encrypted"));
            let decrypted = counterpart.decrypt("sp", &encrypted).unwrap_or_else(|| panic!("refused: {encrypted}"));
            let document = parse(&decrypted);
            let child = document.root().children().next().expect("the decrypted element");
            assert_eq!(Model::of(child), model, "{content:?} of {text}");
            assert_eq!(counterpart.decrypt("sp-next", &encrypted), None);
        }
    }
}

/// A changed ciphertext: GCM never opens; CBC, which nothing protects, opens to a document for both or for neither.
#[test]
fn ciphertexts_that_they_refuse_we_refuse() {
    let counterpart = Xmlsec1::new("ciphertexts");
    let mut chance = Chance::new(13);
    let recipient = EncryptionKey::of(&vectors::certificate("sp")).expect("a key that encrypts");
    for (content, _) in CONTENT {
        let how = Encryption { content, transport: OAEP, ..Encryption::new(&recipient) };
        let (key, iv) = (chance.octets(content.key_len()), chance.octets(content.iv_len()));
        let text = "<a>some text that is longer than two blocks of AES, which have 16 octets</a>";
        let encrypted = format!("<x>{}</x>", enc::encrypt(text, &how, &key, &iv).expect("encrypted"));
        for _ in 0..20 {
            let values: Vec<usize> =
                encrypted.match_indices("<xenc:CipherValue>").map(|(at, mark)| at + mark.len()).collect();
            let start = values[chance.below(values.len())];
            let len = encrypted[start..].find('<').expect("the end of the value");
            let mut mutant = encrypted.clone().into_bytes();
            mutant[start + chance.below(len - 4)] = b'A';
            let mutant = String::from_utf8(mutant).expect("UTF-8");
            if mutant == encrypted {
                continue;
            }
            let document = parse(&mutant);
            let keys = vectors::decryption_keys("sp");
            let ours = enc::decrypt(document.root(), &keys, &Algorithms::STRICT, &mut RsaBudget::new());
            let theirs = counterpart.decrypt("sp", &mutant);
            assert!(ours.is_err() || theirs.is_some(), "we alone decrypt {mutant}");
            let is_gcm = matches!(content, ContentAlgorithm::Aes128Gcm | ContentAlgorithm::Aes256Gcm);
            assert!(ours.is_err() || !is_gcm, "{mutant}");
        }
    }
}
