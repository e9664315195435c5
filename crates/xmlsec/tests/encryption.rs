//! Encryption both ways: every combination, every place for the key, one error for all that is secret
//! and a name for all that is not (A13).

use std::sync::LazyLock;

use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use vestibule_xmlsec::algorithms::{AlgorithmError, Algorithms, Cbc, DigestAlgorithm, RefusedFamily, Use};
use vestibule_xmlsec::enc::{
    ContentAlgorithm, DecryptError, EncryptError, Encryption, EncryptionAlgorithmError, KeyTransport,
    RefusedEncryption, RsaBudget, decrypt, encrypt,
};
use vestibule_xmlsec::keys::{DecryptionKey, DecryptionKeys, EncryptionKey, SigningKey};
use vestibule_xmlsec::{ContentProblem, Document, Limits};

const ELEMENT: &str =
    r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a">héllo</saml:Assertion>"#;
const CONTENT_KEY: [u8; 32] = *b"an unguessable key of 32 octets!";
const IV: [u8; 16] = *b"an unguessable i";

struct Pair {
    private: Vec<u8>,
    public: EncryptionKey,
}

fn pair(size: RsaKeySize) -> Pair {
    let private = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, size).unwrap().serialize_der();
    let spki = SigningKey::read(&private).unwrap().verifying_key().spki().to_vec();
    Pair { private, public: EncryptionKey::from_spki(&spki).unwrap() }
}

static OURS: LazyLock<Pair> = LazyLock::new(|| pair(RsaKeySize::_2048));
static OLD: LazyLock<Pair> = LazyLock::new(|| pair(RsaKeySize::_2048));
static LONG: LazyLock<Pair> = LazyLock::new(|| pair(RsaKeySize::_3072));

fn keys(pairs: &[&Pair]) -> DecryptionKeys {
    DecryptionKeys::new(pairs.iter().map(|pair| DecryptionKey::read(&pair.private).unwrap()).collect()).unwrap()
}

/// `EncryptedData` around `plaintext`, for `pair`.
fn data(plaintext: &str, pair: &Pair, content: ContentAlgorithm, transport: KeyTransport) -> String {
    let how = Encryption { recipient: &pair.public, content, transport };
    encrypt(plaintext, &how, &CONTENT_KEY[..content.key_len()], &IV[..content.iv_len()]).unwrap()
}

const OAEP: KeyTransport = KeyTransport::RsaOaep { digest: DigestAlgorithm::Sha256, mgf1: DigestAlgorithm::Sha256 };
const OAEP_MGF1P: KeyTransport = KeyTransport::RsaOaepMgf1p { digest: DigestAlgorithm::Sha1 };

fn gcm() -> String {
    data(ELEMENT, &OURS, ContentAlgorithm::Aes256Gcm, OAEP)
}

fn cbc(plaintext: &str) -> String {
    data(plaintext, &OURS, ContentAlgorithm::Aes256Cbc, OAEP_MGF1P)
}

/// What stands in the parent, in the parent.
fn parent(children: &str) -> String {
    format!(
        r#"<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{children}</saml:EncryptedAssertion>"#
    )
}

fn open_with(children: &str, keys: &DecryptionKeys, budget: &mut RsaBudget) -> Result<String, DecryptError> {
    let document = Document::parse(parent(children).as_bytes(), &Limits::MESSAGE).unwrap();
    let opened = decrypt(document.root(), keys, &Algorithms::STRICT, budget)?;
    Ok(opened.source().to_owned())
}

fn open(children: &str) -> Result<String, DecryptError> {
    open_with(children, &keys(&[&OURS]), &mut RsaBudget::new())
}

/// The one stretch of `text` from `start` to the end of `end`.
fn part<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let from = text.find(start).unwrap();
    let to = from + text[from..].find(end).unwrap() + end.len();
    &text[from..to]
}

fn encrypted_key(data: &str) -> &str {
    part(data, "<xenc:EncryptedKey>", "</xenc:EncryptedKey>")
}

/// `data` with its `EncryptedKey` beside it, as `id`, and what is to stand in `KeyInfo` instead.
fn beside(data: &str, id: &str, key_info: &str) -> String {
    let key = encrypted_key(data);
    let own = format!(
        r#"<xenc:EncryptedKey xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="{id}" Recipient="https://sp.example""#
    );
    format!("{}{}", data.replace(key, key_info), key.replacen("<xenc:EncryptedKey", &own, 1))
}

/// Changes one octet of the last (content) or first (key) `CipherValue`.
fn flipped(data: &str, value: usize, octet: usize) -> String {
    let values: Vec<(usize, &str)> = data.match_indices("<xenc:CipherValue>").collect();
    let at = values[value].0 + "<xenc:CipherValue>".len() + octet;
    let other = if data.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &data[..at], &data[at + 1..])
}

#[test]
fn every_content_algorithm_and_every_key_transport_round_trips() {
    let keys = keys(&[&OURS]);
    for content in ContentAlgorithm::ALL {
        for digest in DigestAlgorithm::ALL {
            let mut transports = vec![KeyTransport::RsaOaepMgf1p { digest }];
            transports.extend(DigestAlgorithm::ALL.map(|mgf1| KeyTransport::RsaOaep { digest, mgf1 }));
            for transport in transports {
                let data = data(ELEMENT, &OURS, content, transport);
                let opened = open_with(&data, &keys, &mut RsaBudget::new());
                assert_eq!(opened.as_deref(), Ok(ELEMENT), "{content:?} {transport:?}");
            }
        }
    }
}

#[test]
fn the_default_is_aes_256_gcm_with_oaep() {
    let how = Encryption::new(&OURS.public);
    assert_eq!((how.content, how.transport), (ContentAlgorithm::Aes256Gcm, OAEP));
    assert_eq!(open(&encrypt(ELEMENT, &how, &CONTENT_KEY, &IV[..12]).unwrap()).as_deref(), Ok(ELEMENT));
}

#[test]
fn the_key_may_stand_beside_the_data_with_or_without_a_retrieval_method() {
    for key_info in [
        "",
        "<ds:KeyName>ours</ds:KeyName>",
        r##"<ds:RetrievalMethod URI="#_k" Type="http://www.w3.org/2001/04/xmlenc#EncryptedKey"/>"##,
        r##"<ds:RetrievalMethod URI="#_k"/>"##,
    ] {
        assert_eq!(open(&beside(&gcm(), "_k", key_info)).as_deref(), Ok(ELEMENT), "{key_info}");
    }
    let data = beside(&gcm(), "_k", "")
        .replace(r#"<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"></ds:KeyInfo>"#, "");
    assert!(!data.contains("KeyInfo"));
    assert_eq!(open(&data).as_deref(), Ok(ELEMENT));
}

#[test]
fn what_entra_and_others_put_around_the_key_is_accepted_and_not_followed() {
    let token = r##"<ds:KeyInfo><o:SecurityTokenReference xmlns:o="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"><o:Reference URI="https://attacker.example/"/></o:SecurityTokenReference><ds:RetrievalMethod URI="#_nowhere"/></ds:KeyInfo>"##;
    let data = gcm();
    let key = encrypted_key(&data);
    let dressed = key
        .replacen("<xenc:CipherData>", &format!("{token}<xenc:CipherData>"), 1)
        .replace(
            "</xenc:EncryptedKey>",
            "<xenc:ReferenceList><xenc:DataReference URI=\"#x\"/></xenc:ReferenceList><xenc:CarriedKeyName>n</xenc:CarriedKeyName></xenc:EncryptedKey>",
        );
    assert_eq!(open(&data.replace(key, &dressed)).as_deref(), Ok(ELEMENT));
    let digest = r#"<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>"#;
    let swapped =
        data.replace(digest, "").replacen("</xenc:EncryptionMethod>", &format!("{digest}</xenc:EncryptionMethod>"), 1);
    assert_eq!(open(&swapped).as_deref(), Ok(ELEMENT), "MGF before DigestMethod");
    let sized =
        data.replacen("\"/><ds:KeyInfo", "\"><xenc:KeySize>256</xenc:KeySize></xenc:EncryptionMethod><ds:KeyInfo", 1);
    let sized = sized.replacen("<ds:DigestMethod", "<xenc:KeySize>2048</xenc:KeySize><ds:DigestMethod", 1);
    assert_eq!((sized.matches("KeySize").count(), open(&sized).as_deref()), (4, Ok(ELEMENT)));
    let wrapped = data
        .replace("</xenc:CipherValue>", "\n      </xenc:CipherValue>")
        .replace("<xenc:CipherValue>", "<xenc:CipherValue>\r\n\t");
    assert_eq!(open(&wrapped).as_deref(), Ok(ELEMENT), "white space around base64");
}

#[test]
fn any_of_our_keys_opens_whichever_comes_first() {
    let data = gcm();
    for order in [&[&*OURS, &*OLD], &[&*OLD, &*OURS]] {
        assert_eq!(open_with(&data, &keys(order), &mut RsaBudget::new()).as_deref(), Ok(ELEMENT));
    }
    let for_two = data.replace(
        encrypted_key(&data),
        &[encrypted_key(&self::data(ELEMENT, &OLD, ContentAlgorithm::Aes256Gcm, OAEP)), encrypted_key(&data)].concat(),
    );
    assert_eq!(open(&for_two).as_deref(), Ok(ELEMENT), "the second of two recipients");
}

#[test]
fn everything_that_depends_on_a_key_or_the_plaintext_fails_alike() {
    let gcm = gcm();
    let short_key = gcm.replace("aes256-gcm", "aes128-gcm");
    let as_cbc = data(ELEMENT, &OURS, ContentAlgorithm::Aes128Gcm, OAEP)
        .replace("2009/xmlenc11#aes128-gcm", "2001/04/xmlenc#aes128-cbc");
    let mut cases = vec![
        ("another key", data(ELEMENT, &OLD, ContentAlgorithm::Aes256Gcm, OAEP)),
        ("a longer key", data(ELEMENT, &LONG, ContentAlgorithm::Aes256Gcm, OAEP)),
        ("another digest", gcm.replace("#sha256", "#sha512")),
        ("another mask", gcm.replace("#mgf1sha256", "#mgf1sha1")),
        ("a key for another algorithm", short_key),
        ("a changed key", flipped(&gcm, 0, 40)),
        ("a changed iv", flipped(&gcm, 1, 2)),
        ("a changed content", flipped(&gcm, 1, 40)),
        ("no element", cbc("just text")),
        ("nothing", cbc("")),
        ("two elements", cbc("<a/><b/>")),
        ("a doctype", cbc("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>")),
        ("an instruction", cbc("<?php x?><a/>")),
        ("an unbound prefix", cbc("<saml:Assertion/>")),
        ("too deep", cbc(&"<a>".repeat(65))),
        ("changed in CBC", flipped(&cbc(ELEMENT), 1, 0)),
        ("changed padding in CBC", flipped(&cbc(ELEMENT), 1, 150)),
    ];
    if as_cbc.contains("aes128-cbc") {
        // Only where the length happens to fit; else it is refused by name below.
        let fits = !matches!(open(&as_cbc), Err(DecryptError::CiphertextLength { .. }));
        cases.extend(fits.then_some(("gcm called cbc", as_cbc)));
    }
    for (what, data) in cases {
        let refused = open(&data).unwrap_err();
        assert_eq!(refused, DecryptError::Undecryptable, "{what}");
        assert_eq!(format!("{refused:?} {refused}"), "Undecryptable it cannot be decrypted with our keys", "{what}");
    }
}

#[test]
fn every_changed_octet_of_a_gcm_message_is_refused() {
    let data = gcm();
    let keys = keys(&[&OURS]);
    for value in [0, 1] {
        for octet in 0..120 {
            let refused = open_with(&flipped(&data, value, octet), &keys, &mut RsaBudget::new());
            assert_eq!(refused, Err(DecryptError::Undecryptable));
        }
    }
}

#[test]
fn algorithms_that_do_not_exist_here_are_refused_by_name() {
    let not = |family, got: &str| Err(EncryptionAlgorithmError::NotAccepted { family, got: got.to_owned() }.into());
    let with = |from: &str, to: &str| open(&gcm().replace(from, to));
    let (oaep, gcm_uri) = (OAEP.uri(), ContentAlgorithm::Aes256Gcm.uri());
    let pkcs1 = "http://www.w3.org/2001/04/xmlenc#rsa-1_5";
    assert_eq!(with(oaep, pkcs1), not(RefusedEncryption::RsaPkcs1, pkcs1));
    let tripledes = "http://www.w3.org/2001/04/xmlenc#tripledes-cbc";
    assert_eq!(with(gcm_uri, tripledes), not(RefusedEncryption::TripleDes, tripledes));
    let wrap = "http://www.w3.org/2001/04/xmlenc#kw-aes256";
    assert_eq!(with(oaep, wrap), not(RefusedEncryption::KeyWrap, wrap));
    let mask = "http://www.w3.org/2009/xmlenc11#mgf1sha224";
    assert_eq!(with("http://www.w3.org/2009/xmlenc11#mgf1sha256", mask), not(RefusedEncryption::Mask, mask));
    let unknown = EncryptionAlgorithmError::Unknown { got: "urn:x".to_owned(), wanted: "content encryption" };
    assert_eq!(with(gcm_uri, "urn:x"), Err(unknown.into()));
    let md5 = "http://www.w3.org/2001/04/xmldsig-more#md5";
    let refused = AlgorithmError::NotAccepted { family: RefusedFamily::Md5, got: md5.to_owned(), wanted: Use::Digest };
    assert_eq!(with("http://www.w3.org/2001/04/xmlenc#sha256", md5), Err(refused.into()));
    let label = "<xenc:OAEPparams>bGFiZWw=</xenc:OAEPparams><ds:DigestMethod";
    assert_eq!(with("<ds:DigestMethod", label), Err(DecryptError::OaepLabel));
    assert_eq!(with("<ds:DigestMethod", "<xenc:OAEPparams/><ds:DigestMethod").as_deref(), Ok(ELEMENT));
}

#[test]
fn cbc_is_refused_where_the_policy_says_so() {
    let document = Document::parse(parent(&cbc(ELEMENT)).as_bytes(), &Limits::MESSAGE).unwrap();
    let strict = Algorithms { cbc: Cbc::Refuse, ..Algorithms::STRICT };
    let refused = decrypt(document.root(), &keys(&[&OURS]), &strict, &mut RsaBudget::new()).unwrap_err();
    let got = ContentAlgorithm::Aes256Cbc.uri().to_owned();
    assert_eq!(refused, EncryptionAlgorithmError::CbcRefused { got }.into());
}

#[test]
fn a_ciphertext_or_key_elsewhere_is_refused_by_name() {
    let data = gcm();
    let value = part(&data, "<xenc:CipherValue>", "</xenc:CipherValue>");
    let reference = "<xenc:CipherReference URI=\"https://attacker.example/\"/>";
    assert_eq!(open(&data.replace(value, reference)), Err(DecryptError::CipherReference));
    for uri in ["https://attacker.example/", "", "#", "#_nowhere", "#xpointer(id('_k'))", "#_d", "_k"] {
        let method = format!(r#"<ds:RetrievalMethod URI="{uri}"/>"#);
        let data = beside(&data, "_k", &method).replacen(" Type=", " Id=\"_d\" Type=", 1);
        assert_eq!(open(&data), Err(DecryptError::Retrieval { got: uri.to_owned() }));
    }
    let other_type = r##"<ds:RetrievalMethod URI="#_k" Type="http://www.w3.org/2000/09/xmldsig#X509Data"/>"##;
    assert_eq!(open(&beside(&data, "_k", other_type)), Err(DecryptError::Retrieval { got: "#_k".to_owned() }));
}

#[test]
fn none_and_too_many_keys_are_refused_before_any_rsa() {
    let data = gcm();
    let key = encrypted_key(&data);
    let mut budget = RsaBudget::new();
    let keys = keys(&[&OURS]);
    assert_eq!(open_with(&data.replace(key, ""), &keys, &mut budget), Err(DecryptError::NoEncryptedKey));
    let many = Err(DecryptError::EncryptedKeys { got: 5, max: 4 });
    assert_eq!(open_with(&data.replace(key, &key.repeat(5)), &keys, &mut budget), many);
    assert_eq!(open_with(&data.replace(key, &key.repeat(200)), &keys, &mut budget), many);
    // All four operations are still there.
    assert_eq!(open_with(&data.replace(key, &key.repeat(4)), &keys, &mut budget).as_deref(), Ok(ELEMENT));
    assert_eq!(open_with(&data, &keys, &mut budget), Err(DecryptError::BudgetSpent { max: 4 }));
}

#[test]
fn a_message_costs_four_rsa_operations_at_most_and_begins_with_the_key_that_fitted() {
    let data = gcm();
    let mut budget = RsaBudget::new();
    let three = keys(&[&OLD, &OLD, &OURS]);
    // Three operations for the assertion; the fourth, for its EncryptedID, is made with the right key.
    assert_eq!(open_with(&data, &three, &mut budget).as_deref(), Ok(ELEMENT));
    assert_eq!(open_with(&data, &three, &mut budget).as_deref(), Ok(ELEMENT));
    assert_eq!(open_with(&data, &three, &mut budget), Err(DecryptError::BudgetSpent { max: 4 }));
    // A key of another length costs nothing.
    let mut budget = RsaBudget::new();
    let lengths = keys(&[&LONG, &LONG, &OURS]);
    for _ in 0..4 {
        assert_eq!(open_with(&data, &lengths, &mut budget).as_deref(), Ok(ELEMENT));
    }
    assert_eq!(open_with(&data, &lengths, &mut budget), Err(DecryptError::BudgetSpent { max: 4 }));
}

#[test]
fn what_the_grammar_does_not_have_is_refused_with_its_name() {
    let data = gcm();
    let unexpected = |data: &str| match open(data) {
        Err(DecryptError::Content(error)) => match error.problem {
            ContentProblem::Unexpected { got } => (error.parent, got),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    let named = |parent: &str, got: &str| (parent.to_owned(), got.to_owned());
    let properties = "<xenc:EncryptionProperties/></xenc:EncryptedData>";
    let with = |from: &str, to: &str| unexpected(&data.replace(from, to));
    assert_eq!(with("</xenc:EncryptedData>", properties), named("EncryptedData", "EncryptionProperties"));
    let agreement = "<ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><xenc:AgreementMethod/>";
    let key_info = "<ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">";
    assert_eq!(with(key_info, agreement), named("KeyInfo", "AgreementMethod"));
    assert_eq!(unexpected(&data.repeat(2)), named("EncryptedAssertion", "EncryptedData"));
    let value = "</xenc:CipherValue><xenc:CipherValue>AA==</xenc:CipherValue>";
    assert_eq!(with("</xenc:CipherValue>", value), named("CipherData", "CipherValue"));
    let transforms = r##"<ds:RetrievalMethod URI="#_k"><ds:Transforms/></ds:RetrievalMethod>"##;
    assert_eq!(unexpected(&beside(&data, "_k", transforms)), named("RetrievalMethod", "Transforms"));
}

#[test]
fn what_is_missing_commented_or_added_is_refused() {
    let data = gcm();
    let content = |data: &str| match open(data) {
        Err(DecryptError::Content(error)) => error.problem,
        other => panic!("{other:?}"),
    };
    let missing = ContentProblem::Missing { want: "EncryptedData", got: None };
    assert_eq!(content(""), missing);
    assert_eq!(content(&data.replace("<xenc:CipherValue>", "<xenc:CipherValue><!-- -->")), ContentProblem::Comment);
    assert_eq!(content(&data.replace("</xenc:EncryptedData>", "x</xenc:EncryptedData>")), ContentProblem::Text);
    let attribute = open(&data.replacen("<xenc:EncryptionMethod ", "<xenc:EncryptionMethod xenc:Algorithm=\"\" ", 1));
    assert_eq!(
        attribute,
        Err(DecryptError::Attribute { element: "EncryptionMethod".to_owned(), attribute: "Algorithm".to_owned() })
    );
    let none = open(&data.replacen(&format!(" Algorithm=\"{}\"", ContentAlgorithm::Aes256Gcm.uri()), "", 1));
    assert_eq!(
        none,
        Err(DecryptError::AttributeMissing { element: "EncryptionMethod".to_owned(), attribute: "Algorithm" })
    );
    let content_type = "http://www.w3.org/2001/04/xmlenc#Content";
    assert_eq!(
        open(&data.replace("http://www.w3.org/2001/04/xmlenc#Element", content_type)),
        Err(DecryptError::Type { got: content_type.to_owned() })
    );
    let untyped = data.replace(" Type=\"http://www.w3.org/2001/04/xmlenc#Element\"", "");
    assert_eq!(open(&untyped).as_deref(), Ok(ELEMENT));
}

#[test]
fn values_that_are_not_base64_or_of_impossible_length_are_refused() {
    let data = cbc(ELEMENT);
    let values: Vec<&str> = data.split("<xenc:CipherValue>").map(|rest| rest.split('<').next().unwrap()).collect();
    let with = |value: &str| open(&data.replace(values[2], value));
    for wrong in ["", "  ", "A", "AAAA=", "AA-_", "AAAAé"] {
        assert_eq!(with(wrong), Err(DecryptError::Base64), "{wrong:?}");
    }
    for (value, got) in [("AAAA", 3), ("AAAAAAAAAAAAAAAAAAAAAA==", 16)] {
        assert_eq!(with(value), Err(DecryptError::CiphertextLength { got, algorithm: ContentAlgorithm::Aes256Cbc }));
    }
    assert!(matches!(with("AAAA<b/>"), Err(DecryptError::Value(_))));
}

#[test]
fn a_key_or_iv_of_another_length_is_not_encrypted_with() {
    let how = Encryption::new(&OURS.public);
    let algorithm = how.content;
    assert_eq!(
        encrypt(ELEMENT, &how, &CONTENT_KEY[..16], &IV[..12]),
        Err(EncryptError::KeyLength { got: 16, want: 32, algorithm })
    );
    assert_eq!(encrypt(ELEMENT, &how, &CONTENT_KEY, &IV), Err(EncryptError::IvLength { got: 16, want: 12, algorithm }));
}
