//! Entra's options, and what it may send that others do not.

use vestibule_xmlsec::algorithms::{DigestAlgorithm, SignatureAlgorithm};
use vestibule_xmlsec::c14n::Method;
use vestibule_xmlsec::enc::{ContentAlgorithm, KeyTransport};

use crate::case::{Case, Identity, Pending, Value};
use crate::cipher::Cipher;
use crate::entra::{ASSERTION_ID, Entra};
use crate::seal::{KeyInfo, Seal};
use crate::text::swap;

/// What stands on elements that are not SAML's is nobody's look-alike.
const FOREIGN: &str =
    "<samlp:Extensions><x:y xmlns:x=\"urn:example:x\" x:ID=\"1\" x:Recipient=\"z\"/></samlp:Extensions>";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = signing();
    cases.extend(parties());
    cases.extend(certificates());
    cases.extend(algorithms());
    cases.extend(encrypted());
    cases.extend(edges());
    cases
}

fn accept(name: &str, about: &str, xml: String) -> Case {
    Case::accept(&format!("entra-{name}"), about, xml, identity())
}

fn changed(name: &str, about: &str, change: impl FnOnce(&mut Entra)) -> Case {
    accept(name, about, Entra::with(change).signed())
}

/// What the default response says.
fn identity() -> Identity {
    let attributes = Entra::default()
        .claims
        .into_iter()
        .map(|(name, values)| (name, None, values.into_iter().map(Value::Text).collect()))
        .collect();
    Identity {
        name_id: "user@example.com".into(),
        name_id_format: Some("urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress".into()),
        session_index: Some(ASSERTION_ID.into()),
        authn_instant: "2026-03-02T09:41:07.5Z".into(),
        certificate: 0,
        warnings: Vec::new(),
        attributes,
    }
}

fn signing() -> Vec<Case> {
    let xml = Entra::default().xml();
    let sha1 = Seal { algorithm: SignatureAlgorithm::RsaSha1, digest: DigestAlgorithm::Sha1, ..Seal::default() };
    vec![
        accept("assertion-signed", "The default: the assertion is signed", Entra::default().signed()),
        accept("response-signed", "The response is signed", Entra::default().response_signed()),
        accept("response-signed-and-wanted", "The response is signed and must be", Entra::default().response_signed())
            .when(|s| s.require_signed = "response"),
        accept(
            "namespaced-attributes-on-foreign-elements",
            "Extensions whose own attributes are called like SAML's, with a namespace",
            swap(&Entra::default().signed(), "<samlp:Status>", &format!("{FOREIGN}<samlp:Status>")),
        ),
        accept("both-signed", "Both are signed, and must be", Entra::default().both_signed())
            .when(|s| s.require_signed = "both"),
        accept("sha1", "RSA-SHA1 and SHA-1, which the connection allows", sha1.assertion(&xml))
            .when(|s| s.allow_sha1 = true)
            .warned("assertion_signature"),
        accept("without-key-info", "No KeyInfo", Seal { key_info: KeyInfo::Absent, ..Seal::default() }.assertion(&xml)),
        accept(
            "byte-order-mark",
            "A UTF-8 byte order mark and an XML declaration before it",
            format!("\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?>{}", Entra::default().signed()),
        ),
        accept(
            "line-breaks-in-base64",
            "Line breaks in the base64 of signature, digest and certificate",
            Seal { wrap: Some(76), ..Seal::default() }.assertion(&xml),
        ),
        accept("entities-and-references", "Predefined entities and character references in the XML", {
            let signed = Entra::with(|e| e.claims[2].1 = vec!["Example & <User> \u{1F600}".into()]).signed();
            swap(&signed, "Example &amp; &lt;User&gt; \u{1F600}", "Example &#38; &#x3C;User> &#x1F600;")
        })
        .with_display_name("Example & <User> \u{1F600}"),
    ]
}

fn parties() -> Vec<Case> {
    const GUID: &str = "00001111-aaaa-2222-bbbb-3333cccc4444";
    let audience = |name: &str, about: &str, audience: &str, sp: &str| {
        changed(name, about, |e| e.audiences = vec![audience.into()]).when(|s| s.sp = sp.into())
    };
    vec![
        audience(
            "guid-with-spn",
            "Our entity id is a GUID, the Audience has spn: before it",
            &format!("spn:{GUID}"),
            GUID,
        ),
        audience("guid-bare", "Our entity id is a GUID, and so is the Audience", GUID, GUID),
        audience(
            "spn-as-entity-id",
            "Our entity id itself begins with spn:",
            &format!("spn:{GUID}"),
            &format!("spn:{GUID}"),
        ),
        audience("word-with-spn", "Our entity id is a word", "spn:vestibule", "vestibule"),
        audience("urn", "Our entity id is a URN", "urn:example:sp", "urn:example:sp"),
        changed("unsolicited", "No InResponseTo, where unsolicited responses are accepted", |e| {
            e.in_response_to = None;
            e.confirmation_in_response_to = None;
        })
        .when(|s| s.pending = Pending::Unsolicited),
        changed("without-response-issuer", "No Issuer in a Response that is not signed", |e| e.response_issuer = None),
        changed("without-destination", "No Destination in a Response that is not signed", |e| e.destination = None),
        changed("without-response-in-response-to", "InResponseTo in the assertion only", |e| e.in_response_to = None),
        changed("localhost", "The address is on this machine, by http", |e| {
            e.destination = Some("http://localhost:8080/saml/acs".into());
            e.recipient.clone_from(&e.destination);
        })
        .when(|s| s.acs_url = "http://localhost:8080/saml/acs".into()),
        changed("several-restrictions", "Two audience restrictions, both of which name us", |e| {
            e.audiences.push(e.audiences[0].clone());
        }),
        changed("one-time-use", "OneTimeUse and ProxyRestriction", |e| {
            e.more_conditions = "<OneTimeUse/><ProxyRestriction Count=\"0\"/>".into();
        }),
        changed("sp-name-qualifier", "A NameID that is for us", |e| {
            e.name_id =
                swap(&e.name_id, "<NameID ", "<NameID SPNameQualifier=\"https://sp.example.com/saml/metadata\" ");
        }),
        changed("second-confirmation", "A bearer confirmation for another address before ours", |e| {
            let other = Entra::with(|o| o.recipient = Some("https://other.example/acs".into())).confirmation();
            e.confirmations = Some(format!("{other}{}", e.confirmation()));
        }),
    ]
}

fn certificates() -> Vec<Case> {
    let with = |name: &str, about: &str, list: Vec<&'static str>, certificate: usize| {
        let mut case = accept(name, about, Entra::default().signed()).when(|s| s.certificates = list);
        case.identity = case.identity.map(|identity| Identity { certificate, ..identity });
        case
    };
    vec![
        with("rollover-new-key-first", "Two certificates; the second one signed", vec!["idp-next", "idp"], 1),
        with("rollover-new-key-last", "Two certificates; the first one signed", vec!["idp", "idp-next"], 0),
        with(
            "rollover-weak-key-beside",
            "A certificate with a key of 1024 bits beside the good one, which alone counts",
            vec!["small", "idp"],
            1,
        ),
        with(
            "certificate-renewed-for-the-same-key",
            "The same key in an expired certificate and in a valid one",
            vec!["idp-expired", "idp"],
            1,
        ),
        with(
            "certificate-expired-and-allowed",
            "The certificate has expired; the connection only warns",
            vec!["idp-expired"],
            0,
        )
        .when(|s| s.expired_certificate_warns = true)
        .warned("certificate"),
        with(
            "certificate-not-yet-valid-and-allowed",
            "The certificate is not valid yet; the connection only warns",
            vec!["idp-not-yet"],
            0,
        )
        .when(|s| s.expired_certificate_warns = true)
        .warned("certificate"),
    ]
}

fn algorithms() -> Vec<Case> {
    use SignatureAlgorithm as A;
    let xml = Entra::default().xml();
    let keys: [(&str, &'static str, A, DigestAlgorithm); 8] = [
        ("rsa-sha384", "idp", A::RsaSha384, DigestAlgorithm::Sha384),
        ("rsa-sha512", "idp", A::RsaSha512, DigestAlgorithm::Sha512),
        ("rsa-pss-sha256", "idp", A::RsaPssSha256, DigestAlgorithm::Sha256),
        ("rsa-pss-sha512", "idp", A::RsaPssSha512, DigestAlgorithm::Sha512),
        ("ecdsa-p256", "p256", A::EcdsaSha256, DigestAlgorithm::Sha256),
        ("ecdsa-p384", "p384", A::EcdsaSha384, DigestAlgorithm::Sha384),
        ("ecdsa-p521", "p521", A::EcdsaSha512, DigestAlgorithm::Sha512),
        ("ed25519", "ed25519", A::Ed25519, DigestAlgorithm::Sha512),
    ];
    let mut cases: Vec<Case> = keys
        .into_iter()
        .map(|(name, key, algorithm, digest)| {
            let seal = Seal { digest, ..Seal::with_key(key, algorithm) };
            accept(name, &format!("Signed with {}", algorithm.uri()), seal.assertion(&xml))
                .when(|s| s.certificates = vec![key])
        })
        .collect();
    let methods = [
        ("c14n-1-0", Method::Inclusive10),
        ("c14n-1-0-with-comments", Method::Inclusive10WithComments),
        ("c14n-1-1", Method::Inclusive11),
        ("c14n-1-1-with-comments", Method::Inclusive11WithComments),
        ("exclusive-with-comments", Method::ExclusiveWithComments),
    ];
    cases.extend(methods.into_iter().map(|(name, method)| {
        let seal = Seal { canonicalization: method.into(), ..Seal::default() };
        accept(name, &format!("Canonicalised by {}", method.uri()), seal.assertion(&xml))
    }));
    cases
}

fn encrypted() -> Vec<Case> {
    let signed = Entra::default().signed();
    let for_us =
        |name: &str, about: &str, xml: String| accept(name, about, xml).when(|s| s.decryption_keys = vec!["sp"]);
    let oaep = |digest, mgf1| KeyTransport::RsaOaep { digest, mgf1 };
    let (sha1, sha256, sha512) = (DigestAlgorithm::Sha1, DigestAlgorithm::Sha256, DigestAlgorithm::Sha512);
    let with = |content, transport| Cipher { content, transport, ..Cipher::default() }.assertion(&signed);
    vec![
        for_us(
            "encrypted",
            "The signed assertion is encrypted with AES-256-CBC and rsa-oaep-mgf1p",
            Cipher::default().assertion(&signed),
        ),
        for_us("encrypted-gcm", "Encrypted with AES-256-GCM and rsa-oaep", Cipher::modern().assertion(&signed)),
        for_us(
            "encrypted-aes128-gcm",
            "Encrypted with AES-128-GCM; OAEP with SHA-256 and MGF1 with SHA-1",
            with(ContentAlgorithm::Aes128Gcm, oaep(sha256, sha1)),
        ),
        for_us(
            "encrypted-aes128-cbc",
            "Encrypted with AES-128-CBC; OAEP with SHA-512 and MGF1 with SHA-512",
            with(ContentAlgorithm::Aes128Cbc, oaep(sha512, sha512)),
        ),
        for_us(
            "encrypted-in-signed-response",
            "The response is signed and covers the ciphertext; the assertion is not",
            Seal::default().response(&Cipher::modern().assertion(&Entra::default().xml())),
        ),
        for_us("encrypted-and-both-signed", "The assertion is signed and encrypted, then the response is signed", {
            Seal::default().response(&Cipher::modern().assertion(&signed))
        })
        .when(|s| s.require_signed = "both"),
        for_us(
            "encrypted-for-the-second-key",
            "Encrypted to the second of our two keys",
            Cipher::modern().assertion(&signed),
        )
        .when(|s| s.decryption_keys = vec!["sp-next", "sp"]),
        for_us(
            "encrypted-name",
            "The NameID is encrypted",
            Seal::default().assertion(&Cipher::default().name_id(&Entra::default().xml())),
        ),
        for_us("encrypted-name-in-encrypted-assertion", "The NameID is encrypted, and so is the signed assertion", {
            Cipher::modern().assertion(&Seal::default().assertion(&Cipher::modern().name_id(&Entra::default().xml())))
        }),
    ]
}

/// The last moments and values that are accepted.
fn edges() -> Vec<Case> {
    let long_ago = "2026-01-05T08:00:00Z";
    let mut persistent = changed("persistent-session", "Authenticated eight weeks ago, in a persistent session", |e| {
        e.authn_instant = long_ago.into();
    });
    persistent.identity = persistent.identity.map(|identity| Identity { authn_instant: long_ago.into(), ..identity });
    vec![
        persistent,
        changed("last-millisecond", "A millisecond before NotOnOrAfter and the skew", |_| {})
            .when(|s| s.at = "2026-03-02T11:01:59.997Z".into()),
        changed("first-millisecond", "Exactly at NotBefore less the skew", |e| {
            e.issue_instant = "2026-03-02T09:54:59.998Z".into();
        })
        .when(|s| s.at = "2026-03-02T09:52:59.998Z".into())
        .with_authn_instant("2026-03-02T09:41:07.5Z"),
        changed("largest-skew", "Four minutes past the end, with the largest skew", |_| {}).when(|s| {
            s.at = "2026-03-02T11:04:00Z".into();
            s.clock_skew = 300;
        }),
        changed("session-not-over", "SessionNotOnOrAfter is near", |e| {
            e.session_not_on_or_after = Some("2026-03-02T10:01:00Z".into());
        }),
        changed("recent-enough", "Authenticated within the allowed age", |_| {}).when(|s| s.max_age = Some(1200)),
        changed("authn-context-asked-for", "The way of authentication that was asked for", |_| {}).when(|s| {
            s.authn_context = vec![
                "urn:oasis:names:tc:SAML:2.0:ac:classes:X509",
                "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
            ];
        }),
        changed("other-assertion-used", "Another assertion was used before", |_| {})
            .when(|s| s.used_assertions = vec!["_other"]),
        without_tenant(),
        tenant_in_upper_case(),
    ]
}

/// Entra leaves its basic claims out where a claims policy says so.
fn without_tenant() -> Case {
    let mut case = changed("without-tenant-claim", "No claim tenantid", |e| drop(e.claims.remove(0))).warned("tenant");
    case.identity = case.identity.map(|mut identity| {
        identity.attributes.remove(0);
        identity
    });
    case
}

/// A GUID is the same in either case.
fn tenant_in_upper_case() -> Case {
    let upper = "AAAABBBB-0000-CCCC-1111-DDDD2222EEEE";
    let mut case =
        changed("tenant-claim-in-upper-case", "The claim tenantid in upper case, the issuer in lower", |e| {
            e.claims[0].1 = vec![upper.into()];
        });
    if let Some(identity) = &mut case.identity {
        identity.attributes[0].2 = vec![Value::Text(upper.into())];
    }
    case
}

impl Case {
    fn with_display_name(mut self, name: &str) -> Self {
        if let Some(identity) = &mut self.identity {
            identity.attributes[2].2 = vec![Value::Text(name.into())];
        }
        self
    }

    fn with_authn_instant(mut self, instant: &str) -> Self {
        if let Some(identity) = &mut self.identity {
            identity.authn_instant = instant.into();
        }
        self
    }
}
