//! Other identity providers, with their habits. The XML stands in `shapes/`, without signatures.

use vestibule_xmlsec::algorithms::SignatureAlgorithm;
use vestibule_xmlsec::c14n::{Canonicalization, Method};

use crate::case::{Case, Identity, Value};
use crate::cipher::Cipher;
use crate::keys;
use crate::seal::{KeyInfo, Seal};
use crate::text::{append, base64, cut, element, swap};

const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![adfs(), okta(), google(), simplesamlphp(), keycloak()];
    cases.extend(shibboleth());
    cases.extend(pretty());
    cases
}

type Attributes<'a> = &'a [(&'a str, Option<&'a str>, &'a [&'a str])];

fn texts(attributes: Attributes<'_>) -> Vec<(String, Option<String>, Vec<Value>)> {
    let text = |value: &&str| Value::Text((*value).to_owned());
    attributes
        .iter()
        .map(|(name, friendly, values)| {
            ((*name).to_owned(), friendly.map(str::to_owned), values.iter().map(text).collect())
        })
        .collect()
}

fn identity(
    name_id: &str,
    format: Option<&str>,
    session_index: &str,
    authn_instant: &str,
    attributes: Vec<(String, Option<String>, Vec<Value>)>,
) -> Identity {
    Identity {
        name_id: name_id.into(),
        name_id_format: format.map(str::to_owned),
        session_index: Some(session_index.into()),
        authn_instant: authn_instant.into(),
        certificate: 0,
        warnings: Vec::new(),
        attributes,
    }
}

/// `KeyInfo` declares the default namespace while all around it has a prefix.
fn adfs() -> Case {
    let assertion_id = "_d4b208ef-63c9-4a1c-8e1f-8b75c6d1ea22";
    let seal = Seal { prefix: "ds", ..Seal::default() };
    let xml = seal.distorted(include_str!("shapes/adfs.xml").trim_end(), assertion_id, |s| {
        let s = swap(&s, "<ds:KeyInfo>", "<KeyInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\">");
        swap(&s, "</ds:KeyInfo>", "</KeyInfo>").replace("\"/>", "\" />")
    });
    let attributes = texts(&[
        ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn", None, &["user@example.com"]),
        ("http://schemas.xmlsoap.org/claims/Group", None, &["EXAMPLE\\Domain Users", "EXAMPLE\\Sales & Support"]),
    ]);
    let identity = identity("EXAMPLE\\user", Some(PERSISTENT), assertion_id, "2026-03-02T09:59:58.870Z", attributes);
    Case::accept(
        "adfs-assertion-signed",
        "ADFS: Windows account names, Consent, KeyInfo in a default namespace",
        xml,
        identity,
    )
    .when(|s| s.idp = "http://adfs.example.com/adfs/services/trust".into())
}

/// Both signed; `xs` is in the prefix list because `xsi:type` values name it.
fn okta() -> Case {
    let seal = Seal {
        prefix: "ds",
        wrap: Some(76),
        canonicalization: Canonicalization { method: Method::Exclusive, inclusive_prefixes: vec!["xs".into()] },
        ..Seal::default()
    };
    let xml = seal.apply(include_str!("shapes/okta.xml").trim_end(), "id3842950817401827364519283");
    let xml = seal.apply(&xml, "id3842950817293651029384756");
    let attributes = texts(&[("email", None, &["user@example.com"]), ("groups", None, &["Everyone", "Sales"])]);
    let identity = identity(
        "user@example.com",
        Some("urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"),
        "_5f8e1d0c2b3a49586776859493a2b1c0",
        "2026-03-02T09:58:41.002Z",
        attributes,
    );
    Case::accept(
        "okta-both-signed",
        "Okta: saml2: prefixes declared again and again, PrefixList xs, typed values",
        xml,
        identity,
    )
    .when(|s| s.idp = "http://www.okta.com/exk1example2id3x4x5d7".into())
}

/// The response is signed; an attribute without value; the subject's name in `KeyInfo`.
fn google() -> Case {
    let certificate = base64(keys::certificate("idp").der());
    let key_info = KeyInfo::Xml(format!(
        "<@X509Data><@X509SubjectName>CN=Google,O=Example</@X509SubjectName><@X509Certificate>{certificate}</@X509Certificate></@X509Data>"
    ));
    let seal = Seal { prefix: "ds", wrap: Some(76), key_info, ..Seal::default() };
    let xml = seal.apply(include_str!("shapes/google.xml").trim_end(), "_1f0e9d8c7b6a59483726150493827160");
    let attributes = texts(&[("first_name", None, &["Example"]), ("department", None, &[])]);
    let identity = identity(
        "user@example.com",
        Some("urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"),
        "_60718293a4b5c6d7e8f9011223344556",
        "2026-03-01T07:12:30Z",
        attributes,
    );
    Case::accept(
        "google-response-signed",
        "Google Workspace: the response is signed, an attribute has no value",
        xml,
        identity,
    )
    .when(|s| s.idp = "https://accounts.google.com/o/saml2?idpid=C00example".into())
}

fn simplesamlphp() -> Case {
    let seal = Seal { prefix: "ds", ..Seal::default() };
    let xml = seal.apply(include_str!("shapes/simplesamlphp.xml"), "_1a2b3c4d5e6f708192a3b4c5d6e7f80910a1b2c3d4");
    let xml = seal.apply(&xml, "_9e8d7c6b5a4938271605f4e3d2c1b0a9f8e7d6c5b4");
    let attributes = texts(&[("uid", None, &["user"]), ("eduPersonAffiliation", None, &["member", "student"])]);
    let identity = identity(
        "_0f1e2d3c4b5a69788796a5b4c3d2e1f00112233445",
        Some(TRANSIENT),
        "_c0ffee00112233445566778899aabbccddeeff0011",
        "2026-03-02T09:30:00Z",
        attributes,
    );
    Case::accept(
        "simplesamlphp-both-signed",
        "SimpleSAMLphp: whole seconds, AuthenticatingAuthority, namespaces on the Assertion",
        xml,
        identity,
    )
    .when(|s| s.idp = "https://idp.example.org/simplesaml/saml2/idp/metadata.php".into())
}

/// `dsig:` prefix; key name and key value in `KeyInfo`; one attribute for each role.
fn keycloak() -> Case {
    let certificate = base64(keys::certificate("idp").der());
    let key_info = KeyInfo::Xml(format!(
        "<@KeyName>ExampleKeyName</@KeyName><@X509Data><@X509Certificate>{certificate}</@X509Certificate></@X509Data>\
         <@KeyValue><@RSAKeyValue><@Modulus>AQAB</@Modulus><@Exponent>AQAB</@Exponent></@RSAKeyValue></@KeyValue>"
    ));
    let seal = Seal { prefix: "dsig", key_info, ..Seal::default() };
    let xml = seal.apply(include_str!("shapes/keycloak.xml").trim_end(), "ID_6a0d5f0e-2c7b-4f0c-a1b2-3c4d5e6f7a8b");
    let attributes = texts(&[
        ("email", Some("email"), &["user@example.com"]),
        ("Role", None, &["offline_access", "manage-account"]),
    ]);
    let identity = identity(
        "G-8c2f7b2a-4e9d-4b2e-c3d4-5e6f7a8b9c0d",
        Some(PERSISTENT),
        "2d0f5a1c-1111-4222-8333-444455556666::9e1d2c3b-7777-4888-9999-aaaabbbbcccc",
        "2026-03-02T10:00:00.884Z",
        attributes,
    );
    Case::accept(
        "keycloak-response-signed",
        "Keycloak: dsig: prefix, an attribute for each role, one minute of validity",
        xml,
        identity,
    )
    .when(|s| s.idp = "https://keycloak.example.com/realms/example".into())
}

/// The assertion is encrypted in the signed response, in the three places where the key may stand.
fn shibboleth() -> Vec<Case> {
    let plain = include_str!("shapes/shibboleth.xml").trim_end();
    let (response_id, assertion_id) = ("_f00dbabe1234567890abcdef12345678", "_0badcafe9876543210fedcba98765432");
    let seal = Seal { prefix: "ds", wrap: Some(76), ..Seal::default() };
    let cipher = Cipher::modern();
    let encrypt = |xml: &str| {
        let parts = cut(xml, "saml2:Assertion");
        let encrypted = cipher.seal(&parts.it);
        parts.with(&format!(
            "<saml2:EncryptedAssertion xmlns:saml2=\"urn:oasis:names:tc:SAML:2.0:assertion\">{encrypted}</saml2:EncryptedAssertion>"
        ))
    };
    let inside = encrypt(plain);
    let beside = {
        let key = element(&inside, "xenc:EncryptedKey");
        let named = key.replacen("<xenc:EncryptedKey>", "<xenc:EncryptedKey xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Id=\"_key\" Recipient=\"https://sp.example.com/saml/metadata\">", 1);
        let named = append(
            &named,
            "xenc:EncryptedKey",
            "<xenc:ReferenceList><xenc:DataReference URI=\"#_data\"/></xenc:ReferenceList>",
        );
        let retrieval = "<ds:RetrievalMethod Type=\"http://www.w3.org/2001/04/xmlenc#EncryptedKey\" URI=\"#_key\"/>";
        let xml =
            swap(&inside, &key, retrieval).replacen("<xenc:EncryptedData ", "<xenc:EncryptedData Id=\"_data\" ", 1);
        append(&xml, "saml2:EncryptedAssertion", &named)
    };
    let ecdsa = Seal {
        key_info: KeyInfo::Certificate("p256"),
        prefix: "ds",
        ..Seal::with_key("p256", SignatureAlgorithm::EcdsaSha256)
    };
    let accept = |name: &str, about: &str, xml: String| {
        Case::accept(name, about, xml, shibboleth_identity())
            .when(|s| s.idp = "https://idp.example.edu/idp/shibboleth".into())
    };
    vec![
        accept(
            "shibboleth-encrypted-in-signed-response",
            "Shibboleth: the response is signed, the assertion encrypted, its key inside",
            seal.apply(&inside, response_id),
        )
        .when(|s| s.decryption_keys = vec!["sp"]),
        accept(
            "shibboleth-encrypted-key-beside",
            "Shibboleth: the encrypted key stands beside the data and is retrieved",
            seal.apply(&beside, response_id),
        )
        .when(|s| s.decryption_keys = vec!["sp"]),
        accept(
            "shibboleth-signed-then-encrypted",
            "Shibboleth: the assertion is signed and then encrypted",
            encrypt(&seal.apply(plain, assertion_id)),
        )
        .when(|s| s.decryption_keys = vec!["sp"]),
        accept(
            "shibboleth-ecdsa",
            "Shibboleth: the response is signed with ECDSA, in clear",
            ecdsa.apply(plain, response_id),
        )
        .when(|s| s.certificates = vec!["p256"]),
    ]
}

fn shibboleth_identity() -> Identity {
    let mut attributes = vec![(
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.10".to_owned(),
        Some("eduPersonTargetedID".to_owned()),
        vec![Value::Structured("vaGQbx1ExAmPlE8f0Zq=".into())],
    )];
    attributes.extend(texts(&[
        (
            "urn:oid:1.3.6.1.4.1.5923.1.1.1.9",
            Some("eduPersonScopedAffiliation"),
            &["member@example.edu", "staff@example.edu"],
        ),
        ("urn:oid:2.16.840.1.113730.3.1.241", Some("displayName"), &["Exämple Üser"]),
    ]));
    identity(
        "AAdzZWNyZXQxYq0kExample",
        Some(TRANSIENT),
        "_e1d2c3b4a5968778695a4b3c2d1e0f00",
        "2026-03-02T09:59:57.101Z",
        attributes,
    )
}

/// Indented, with comments between elements, CDATA, nil, several statements, several audiences.
fn pretty() -> Vec<Case> {
    let plain = include_str!("shapes/pretty.xml");
    let mut attributes = texts(&[("name", None, &["Example & <User>"])]);
    attributes.push(("phone".into(), None, vec![Value::Nil]));
    attributes.extend(texts(&[("groups", None, &["first", " second, with spaces ", ""])]));
    let identity = identity("user@example.com", None, "s1", "2026-03-02T09:59:00Z", attributes);
    let accept = |name: &str, about: &str, method: Method, id: &str, source: &str| {
        let seal =
            Seal { prefix: "ds", pretty: true, wrap: Some(64), canonicalization: method.into(), ..Seal::default() };
        Case::accept(name, about, seal.apply(source, id), identity.clone())
            .when(|s| s.idp = "https://idp.example.com/pretty".into())
    };
    let carriage_returns = {
        let mut case = accept("pretty-carriage-returns", "", Method::Exclusive, "pretty-assertion", plain);
        case.about = "Line ends of Windows, which the parser turns into line feeds".into();
        if let crate::case::Message::Xml(xml) = &mut case.message {
            let text = String::from_utf8(std::mem::take(xml)).expect("the shape is text");
            *xml = text.replace('\n', "\r\n").into_bytes();
        }
        case
    };
    vec![
        accept(
            "pretty-exclusive",
            "Indented, assertion signed by exclusive canonicalisation",
            Method::Exclusive,
            "pretty-assertion",
            plain,
        ),
        accept(
            "pretty-inclusive",
            "Indented, assertion signed by inclusive canonicalisation, with inherited xml:lang",
            Method::Inclusive10,
            "pretty-assertion",
            plain,
        ),
        accept(
            "pretty-inclusive-with-comments",
            "Indented, response signed by a canonicalisation that is called with comments",
            Method::Inclusive10WithComments,
            "pretty-response",
            plain,
        ),
        carriage_returns,
    ]
}
