//! A13: encryption. Anybody can encrypt to our public key: it proves nothing.

use vestibule_xmlsec::enc::ContentAlgorithm;

use crate::case::Case;
use crate::cipher::{Cipher, wrap};
use crate::entra::Entra;
use crate::forge::{evil, genuine};
use crate::seal::Seal;
use crate::text::{append, base64, cut, element, swap, unbase64, without};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = strangers();
    cases.extend(ciphertexts());
    cases.extend(algorithms());
    cases.extend(references());
    cases.extend(plaintexts());
    cases.extend(keys());
    cases.extend(names());
    cases.into_iter().map(with_key).collect()
}

/// All but the cases about a missing key have ours.
fn with_key(case: Case) -> Case {
    let is_set = !case.setting.decryption_keys.is_empty() || case.refusal == Some("no_decryption_key");
    if is_set { case } else { case.when(|s| s.decryption_keys = vec!["sp"]) }
}

fn undecryptable(name: &str, attacks: &[&'static str], about: &str, xml: String) -> Case {
    Case::refuse(name, "undecryptable", attacks, about, xml)
}

fn not_accepted(name: &str, attacks: &[&'static str], about: &str, xml: String) -> Case {
    Case::refuse(name, "encryption_not_accepted", attacks, about, xml)
}

fn strangers() -> Vec<Case> {
    let signed = genuine();
    let parts = cut(&signed, "Assertion");
    let forged = Cipher::modern().encrypted_assertion(&evil());
    let encrypted = Cipher::modern().assertion(&signed);
    let tampered = swap(&signed, ">user@example.com</NameID>", ">admin@example.com</NameID>");
    let response = Seal::default().response(&Cipher::modern().assertion(&Entra::default().xml()));
    let response_parts = cut(&response, "EncryptedAssertion");
    vec![
        Case::refuse(
            "encrypted-forged",
            "not_signed",
            &["A13.1"],
            "A forged Assertion encrypted to our public key",
            parts.with(&forged),
        ),
        Case::refuse(
            "encrypted-forged-in-a-signed-response",
            "digest_mismatch",
            &["A13.1"],
            "A forged Assertion, encrypted, in place of the one that the response's signature covers",
            response_parts.with(&forged),
        ),
        Case::refuse(
            "encrypted-forged-beside-the-signed",
            "several_assertions",
            &["A13.2"],
            "A forged Assertion, encrypted, beside the signed one in clear",
            parts.with(&format!("{forged}{}", parts.it)),
        ),
        Case::refuse(
            "encrypted-forged-with-the-signed-in-extensions",
            "misplaced_assertion",
            &["A13.2"],
            "A forged Assertion, encrypted, and the signed one under Extensions",
            swap(
                &parts.with(&forged),
                "<samlp:Status>",
                &format!("<samlp:Extensions>{}</samlp:Extensions><samlp:Status>", parts.it),
            ),
        ),
        Case::refuse(
            "encrypted-two",
            "several_assertions",
            &["A13.3"],
            "The signed Assertion, encrypted, and a forged one, encrypted",
            append(&encrypted, "samlp:Response", &forged),
        ),
        Case::refuse(
            "encrypted-tampered",
            "digest_mismatch",
            &["A13.4"],
            "A signed Assertion, changed and then encrypted",
            Cipher::modern().assertion(&tampered),
        ),
        Case::refuse(
            "encrypted-signature-outside",
            "misplaced_signature",
            &["A13.2"],
            "The Assertion's Signature stands beside EncryptedData, not inside",
            {
                let encrypted = Cipher::modern().assertion(&without(&signed, "Signature"));
                append(&encrypted, "EncryptedAssertion", &element(&signed, "Signature"))
            },
        ),
        Case::refuse(
            "encrypted-without-response-issuer",
            "issuer_missing",
            &["A15.5"],
            "An encrypted Assertion in a Response without Issuer",
            Cipher::modern().assertion(&Entra::with(|e| e.response_issuer = None).signed()),
        ),
    ]
}

/// The message with octets of the content changed.
fn content_changed(xml: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let at = xml.rfind("<xenc:CipherValue>").expect("a CipherValue");
    let mut octets = unbase64(&crate::text::value(&xml[at..], "xenc:CipherValue"));
    change(&mut octets);
    format!("{}{}", &xml[..at], crate::text::set_value(&xml[at..], "xenc:CipherValue", &base64(&octets)))
}

fn ciphertexts() -> Vec<Case> {
    let cbc = Cipher::default().assertion(&genuine());
    let gcm = Cipher::modern().assertion(&genuine());
    let last = |xml: &str| content_changed(xml, |octets| *octets.last_mut().expect("octets") ^= 1);
    vec![
        undecryptable("encrypted-cbc-padding-broken", &["A13.5"], "AES-CBC whose padding was changed", last(&cbc)),
        undecryptable(
            "encrypted-cbc-first-block-changed",
            &["A13.5"],
            "AES-CBC whose padding holds and whose XML does not",
            content_changed(&cbc, |o| o[0] ^= 0x40),
        ),
        undecryptable(
            "encrypted-cbc-last-block-left-out",
            &["A13.5"],
            "AES-CBC without its last block",
            content_changed(&cbc, |o| o.truncate(o.len() - 16)),
        ),
        not_accepted(
            "encrypted-cbc-no-whole-blocks",
            &["A13.5"],
            "AES-CBC of no whole number of blocks",
            content_changed(&cbc, |o| o.truncate(o.len() - 1)),
        ),
        undecryptable("encrypted-gcm-tag-changed", &["A13.6"], "AES-GCM whose tag was changed", last(&gcm)),
        undecryptable(
            "encrypted-gcm-content-changed",
            &["A13.6"],
            "AES-GCM whose content was changed",
            content_changed(&gcm, |o| o[100] ^= 1),
        ),
        undecryptable(
            "encrypted-gcm-tag-shortened",
            &["A13.6"],
            "AES-GCM with 96 bits of its tag",
            content_changed(&gcm, |o| o.truncate(o.len() - 4)),
        ),
        not_accepted(
            "encrypted-gcm-without-content",
            &["A13.6"],
            "AES-GCM of an IV and a few octets",
            content_changed(&gcm, |o| o.truncate(20)),
        ),
        undecryptable(
            "encrypted-gcm-called-cbc",
            &["A13.6"],
            "AES-GCM called AES-CBC, so that no tag is checked",
            content_changed(&swap(&gcm, ContentAlgorithm::Aes256Gcm.uri(), ContentAlgorithm::Aes256Cbc.uri()), |o| {
                o.truncate(o.len() / 16 * 16);
            }),
        ),
        undecryptable(
            "encrypted-cbc-called-gcm",
            &["A13.6"],
            "AES-CBC called AES-GCM",
            swap(&cbc, ContentAlgorithm::Aes256Cbc.uri(), ContentAlgorithm::Aes256Gcm.uri()),
        ),
    ]
}

fn algorithms() -> Vec<Case> {
    let cbc = Cipher::default().assertion(&genuine());
    let content = |uri: &str| swap(&cbc, ContentAlgorithm::Aes256Cbc.uri(), uri);
    let transport = |uri: &str| swap(&cbc, "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", uri);
    let short = Cipher { content: ContentAlgorithm::Aes128Cbc, ..Cipher::default() }.assertion(&genuine());
    vec![
        not_accepted(
            "encrypted-rsa-1-5",
            &["A13.7"],
            "RSA PKCS#1 v1.5 key transport",
            transport("http://www.w3.org/2001/04/xmlenc#rsa-1_5"),
        ),
        not_accepted("encrypted-3des", &["A13.7"], "3DES", content("http://www.w3.org/2001/04/xmlenc#tripledes-cbc")),
        not_accepted(
            "encrypted-key-wrap",
            &["A13.7"],
            "AES key wrap as key transport",
            transport("http://www.w3.org/2001/04/xmlenc#kw-aes256"),
        ),
        not_accepted("encrypted-with-nothing", &["A13.7"], "An empty encryption algorithm", content("")),
        undecryptable(
            "encrypted-key-length",
            &["A13.8"],
            "A content key of 128 bits for AES-256",
            swap(&short, ContentAlgorithm::Aes128Cbc.uri(), ContentAlgorithm::Aes256Cbc.uri()),
        ),
        undecryptable(
            "encrypted-for-another-key",
            &["A13.8"],
            "Encrypted to a key that is not ours any more",
            cbc.clone(),
        )
        .when(|s| s.decryption_keys = vec!["sp-next"]),
        Case::refuse(
            "encrypted-without-a-key",
            "no_decryption_key",
            &["A13.8"],
            "Encrypted, and we have no decryption key",
            cbc.clone(),
        ),
        not_accepted(
            "encrypted-content-only",
            &["A13.10"],
            "Of type Content",
            swap(
                &cbc,
                "Type=\"http://www.w3.org/2001/04/xmlenc#Element\"",
                "Type=\"http://www.w3.org/2001/04/xmlenc#Content\"",
            ),
        ),
    ]
}

fn references() -> Vec<Case> {
    let xml = Cipher::default().assertion(&genuine());
    let key = element(&xml, "xenc:EncryptedKey");
    let retrieve = |uri: &str| {
        swap(
            &xml,
            &key,
            &format!("<ds:RetrievalMethod Type=\"http://www.w3.org/2001/04/xmlenc#EncryptedKey\" URI=\"{uri}\"/>"),
        )
    };
    let content_data = format!("<xenc:CipherData>{}", &xml[xml.rfind("<xenc:CipherValue>").expect("a CipherValue")..]);
    let content_data = element(&content_data, "xenc:CipherData");
    let looping = {
        let inner = format!(
            "<xenc:EncryptedKey xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\" \
             xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Id=\"_k\">{}",
            &key[key.find('>').expect("a start tag") + 1..]
        );
        let inner = swap(
            &inner,
            "<xenc:CipherData>",
            "<ds:KeyInfo><ds:RetrievalMethod URI=\"#_k\"/></ds:KeyInfo><xenc:CipherData>",
        );
        let cipher_value = element(&inner, "xenc:CipherValue");
        let broken =
            swap(&inner, &cipher_value, &format!("<xenc:CipherValue>{}</xenc:CipherValue>", base64(&[7; 256])));
        append(&retrieve("#_k"), "EncryptedAssertion", &broken)
    };
    vec![
        not_accepted(
            "encrypted-cipher-reference",
            &["A13.9"],
            "The ciphertext is at a URL",
            swap(
                &xml,
                &content_data,
                "<xenc:CipherData><xenc:CipherReference URI=\"http://attacker.example/x\"/></xenc:CipherData>",
            ),
        ),
        not_accepted(
            "encrypted-retrieval-of-a-url",
            &["A13.9"],
            "The key is at a URL",
            retrieve("http://attacker.example/key"),
        ),
        not_accepted(
            "encrypted-retrieval-of-a-file",
            &["A13.9"],
            "The key is in a file",
            retrieve("file:///etc/passwd"),
        ),
        not_accepted("encrypted-retrieval-of-nothing", &["A13.9"], "No key has the ID", retrieve("#_nowhere")),
        not_accepted("encrypted-retrieval-of-the-document", &["A13.9"], "The key is the whole document", retrieve("")),
        undecryptable(
            "encrypted-retrieval-loop",
            &["A13.9"],
            "The key's own KeyInfo leads to itself; it is not followed",
            looping,
        ),
        not_accepted("encrypted-without-encrypted-key", &["A13.9"], "No EncryptedKey", swap(&xml, &key, "")),
    ]
}

/// Whoever encrypts chooses the plaintext; only a signed assertion may come out.
fn plaintexts() -> Vec<Case> {
    let signed = genuine();
    let assertion = element(&signed, "Assertion");
    let parts = cut(&signed, "Assertion");
    let of = |name: &str, attacks: &[&'static str], about: &str, plaintext: &str| {
        undecryptable(name, attacks, about, parts.with(&Cipher::modern().encrypted_assertion(plaintext)))
    };
    let nested = append(&evil(), "Assertion", &assertion);
    let signed_with = |old: &str, new: &str| {
        element(&Seal::default().assertion(&swap(&Entra::default().xml(), old, new)), "Assertion")
    };
    vec![
        of("encrypted-text", &["A13.10"], "Text", "admin@example.com"),
        of("encrypted-nothing", &["A13.10"], "Nothing", ""),
        of("encrypted-two-in-one", &["A13.10"], "Two Assertions", &format!("{assertion}{}", evil())),
        of("encrypted-response", &["A13.10"], "The whole Response", &signed),
        of(
            "encrypted-other-element",
            &["A13.10"],
            "A NameID",
            "<NameID xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\">admin@example.com</NameID>",
        ),
        of(
            "encrypted-encrypted",
            &["A13.10"],
            "Another EncryptedAssertion",
            &Cipher::modern().encrypted_assertion(&assertion),
        ),
        of("encrypted-wrapped", &["A13.10", "A13.2"], "A forged Assertion around the signed one", &nested),
        of(
            "encrypted-with-doctype",
            &["A13.10", "A05.2"],
            "A document type before the Assertion",
            &format!("<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>{assertion}"),
        ),
        of(
            "encrypted-with-unbound-prefix",
            &["A13.10"],
            "A prefix that only the Response declares",
            &assertion.replacen("<Subject>", "<Subject samlp:x=\"\">", 1),
        ),
        of(
            "encrypted-look-alike-id",
            &["A13.10", "A12.3"],
            "The signed Assertion, with a second ID of another namespace on its Conditions",
            &signed_with("<Conditions ", "<Conditions x:ID=\"_1\" xmlns:x=\"urn:example:x\" "),
        ),
        of(
            "encrypted-decoy-signature",
            &["A13.10", "A12.5"],
            "The signed Assertion, with an empty Signature in its Advice",
            &signed_with(
                "<AttributeStatement>",
                "<Advice><Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"/></Advice><AttributeStatement>",
            ),
        ),
        undecryptable(
            "encrypted-comment-in-name-id",
            &["A04.1", "A13.10"],
            "A comment splits the NameID of the signed Assertion, then it is encrypted",
            Cipher::modern().assertion(&swap(
                &signed,
                ">user@example.com</NameID>",
                ">user@<!---->example.com</NameID>",
            )),
        ),
    ]
}

fn keys() -> Vec<Case> {
    let xml = Cipher::default().assertion(&genuine());
    let key = element(&xml, "xenc:EncryptedKey");
    let other = element(&Cipher { content_key: 1, ..Cipher::default() }.seal("x"), "xenc:EncryptedKey");
    let value = element(&other, "xenc:CipherValue");
    let dead = swap(&other, &value, &format!("<xenc:CipherValue>{}</xenc:CipherValue>", base64(&[9; 256])));
    vec![
        not_accepted(
            "encrypted-keys-many",
            &["A13.11", "A21.3"],
            "300 EncryptedKeys",
            swap(&xml, &key, &dead.repeat(300)),
        ),
        not_accepted(
            "encrypted-keys-five",
            &["A13.11"],
            "Four EncryptedKeys before the right one",
            swap(&xml, &key, &format!("{}{key}", dead.repeat(4))),
        ),
        undecryptable(
            "encrypted-keys-beyond-the-budget",
            &["A13.11"],
            "Three EncryptedKeys before the right one, where we have two keys: more than four RSA operations",
            swap(&xml, &key, &format!("{}{key}", dead.repeat(3))),
        )
        .when(|s| s.decryption_keys = vec!["sp-next", "sp"]),
    ]
}

fn names() -> Vec<Case> {
    let named = |cipher: &Cipher| Seal::default().assertion(&cipher.name_id(&Entra::default().xml()));
    let of = |plaintext: &str| {
        let encrypted = wrap("EncryptedID", &Cipher::modern().seal(plaintext));
        Entra::with(|e| e.name_id = encrypted).signed()
    };
    vec![
        undecryptable(
            "encrypted-name-for-another-key",
            &["A13.8"],
            "An EncryptedID for a key that is not ours",
            named(&Cipher { recipient: "sp-next", ..Cipher::default() }),
        ),
        undecryptable(
            "encrypted-name-is-an-assertion",
            &["A13.10"],
            "An EncryptedID that holds an Assertion",
            of(&evil()),
        ),
        undecryptable(
            "encrypted-name-is-an-issuer",
            &["A13.10"],
            "An EncryptedID that holds another element with text",
            of("<Issuer xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\">admin@example.com</Issuer>"),
        ),
        undecryptable(
            "encrypted-name-with-a-comment",
            &["A13.10", "A04.1"],
            "An EncryptedID whose NameID is split by a comment",
            of(
                "<NameID xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\">admin@example.com<!---->.attacker.example</NameID>",
            ),
        ),
        Case::refuse(
            "encrypted-name-without-a-key",
            "no_decryption_key",
            &["A13.8"],
            "An EncryptedID, and we have no decryption key",
            named(&Cipher::modern()),
        ),
    ]
}
