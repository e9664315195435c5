//! Seeds of `decrypt`: every algorithm, keys inside, beside and behind a reference, and what is refused.

use vestibule_fuzz_bodies::xmlsec::ENCRYPTED;
use vestibule_mock_entra::keys;
use vestibule_xmlsec::algorithms::DigestAlgorithm;
use vestibule_xmlsec::enc::{self, ContentAlgorithm, Encryption, KeyTransport};
use vestibule_xmlsec::keys::EncryptionKey;

use super::{Seed, between, swap};

const CONTENT: [ContentAlgorithm; 5] = [
    ContentAlgorithm::Aes128Cbc,
    ContentAlgorithm::Aes192Cbc,
    ContentAlgorithm::Aes256Cbc,
    ContentAlgorithm::Aes128Gcm,
    ContentAlgorithm::Aes256Gcm,
];

pub(crate) fn seeds() -> Vec<Seed> {
    let mut seeds: Vec<Seed> = Vec::new();
    let mut add =
        |name: String, xml: &str| seeds.push(("corpus/decrypt", format!("{name}.xml"), wrap(xml).into_bytes()));
    let sha256 = DigestAlgorithm::Sha256;
    for content in CONTENT {
        let transport = KeyTransport::RsaOaepMgf1p { digest: DigestAlgorithm::Sha1 };
        add(format!("{content:?}").to_lowercase(), &encrypt("sp", content, transport, ENCRYPTED.trim_end()));
    }
    for digest in DigestAlgorithm::ALL {
        let transport = KeyTransport::RsaOaep { digest, mgf1: sha256 };
        let xml = encrypt("sp-next", ContentAlgorithm::Aes256Gcm, transport, ENCRYPTED.trim_end());
        add(format!("oaep-{digest:?}").to_lowercase(), &xml);
    }
    let transport = KeyTransport::RsaOaep { digest: sha256, mgf1: sha256 };
    let good = encrypt("sp", ContentAlgorithm::Aes256Gcm, transport, ENCRYPTED.trim_end());
    let key = between(&good, "<xenc:EncryptedKey>", "</xenc:EncryptedKey>");
    let beside_key = key.replace("<xenc:EncryptedKey>", r#"<xenc:EncryptedKey xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="_k">"#);
    let retrieval = r##"<ds:RetrievalMethod Type="http://www.w3.org/2001/04/xmlenc#EncryptedKey" URI="#_k"/>"##;
    let key_info = between(&good, "<ds:KeyInfo", "</ds:KeyInfo>");
    let cipher = "<xenc:CipherValue>";
    let content_method = "http://www.w3.org/2009/xmlenc11#aes256-gcm";
    for (name, xml) in [
        ("key-beside", format!("{}{beside_key}", good.replace(key_info, ""))),
        ("key-behind-reference", format!("{}{beside_key}", swap(&good, key, retrieval))),
        ("for-somebody-else", encrypt("other-tenant", ContentAlgorithm::Aes256Gcm, transport, ENCRYPTED.trim_end())),
        ("not-xml", encrypt("sp", ContentAlgorithm::Aes256Cbc, transport, "no element")),
        ("doctype-inside", encrypt("sp", ContentAlgorithm::Aes256Cbc, transport, "<!DOCTYPE a><a/>")),
        ("five-keys", swap(&good, key, &key.repeat(5))),
        ("no-key", good.replace(key_info, "")),
        ("empty-cipher", swap(&good, cipher, "<xenc:CipherValue/><xenc:CipherValue>")),
        (
            "short-cipher",
            swap(
                &good,
                between(&good, "</ds:KeyInfo>", "</xenc:CipherValue>"),
                "</ds:KeyInfo><xenc:CipherData><xenc:CipherValue>AAAA</xenc:CipherValue>",
            ),
        ),
        ("triple-des", swap(&good, content_method, "http://www.w3.org/2001/04/xmlenc#tripledes-cbc")),
        (
            "rsa-1-5",
            swap(&good, "http://www.w3.org/2009/xmlenc11#rsa-oaep", "http://www.w3.org/2001/04/xmlenc#rsa-1_5"),
        ),
        (
            "cipher-reference",
            swap(&good, "<xenc:CipherData>", r#"<xenc:CipherData><xenc:CipherReference URI="https://evil.example/"/>"#),
        ),
        ("as-cbc", swap(&good, content_method, "http://www.w3.org/2001/04/xmlenc#aes256-cbc")),
    ] {
        add(name.to_owned(), &xml);
    }
    seeds
}

fn wrap(data: &str) -> String {
    format!(
        r#"<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{data}</saml:EncryptedAssertion>"#
    )
}

pub(crate) fn encrypt(recipient: &str, content: ContentAlgorithm, transport: KeyTransport, element: &str) -> String {
    let recipient = EncryptionKey::of(&keys::certificate(recipient)).expect("a key that encrypts");
    let how = Encryption { content, transport, ..Encryption::new(&recipient) };
    // The seeds are no secret, so their keys need no chance.
    let (key, iv) = (vec![7; content.key_len()], vec![9; content.iv_len()]);
    enc::encrypt(element, &how, &key, &iv).expect("the seed can be encrypted")
}
