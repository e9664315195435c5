//! The list of known attacks, and the document that pairs each with its vectors and its defence.

use std::fmt::Write as _;

use crate::case::Case;

/// Attacks with one defence.
#[derive(Debug)]
pub struct Group {
    /// What refuses them, and where it is.
    pub defence: &'static str,
    /// Id and what is done.
    pub attacks: &'static [(&'static str, &'static str)],
}

/// `docs/protocol/known-attacks.md`.
pub fn document(refused: &[Case]) -> String {
    let mut out = String::from(HEAD);
    let mut family = "";
    for group in GROUPS {
        for (id, what) in group.attacks {
            let own = id.split('.').next().unwrap_or_default();
            if own != family {
                family = own;
                let _ = write!(out, "\n## {family} {}\n\n", title(family));
                out.push_str("| id | attack | defence | vectors |\n|---|---|---|---|\n");
            }
            let mut names: Vec<&str> =
                refused.iter().filter(|case| case.attacks.contains(id)).map(|case| case.name.as_str()).collect();
            names.sort_unstable();
            let links: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            let _ = writeln!(out, "| {id} | {what} | {} | {} |", group.defence, links.join(", "));
        }
    }
    out
}

const HEAD: &str = "\
# Known attacks

Every publicly known class of attack on SAML service providers, what stops it here, and the vectors that prove it.
A vector is a folder of `vectors/saml/refuse/` with a message and the exact reason for which it must be refused.

This file is written by `cargo run -p vestibule-mock-entra --features test-doubles --bin forge-vectors`, from the list
in `crates/mock-entra/src/attacks.rs`. A test (`crates/saml/tests/attacks.rs`) fails when an attack or a refusal has no
vector, when a vector names an attack that is not here, or when this file is stale.
";

fn title(family: &str) -> &'static str {
    TITLES.iter().find(|(id, _)| *id == family).map_or("", |(_, title)| title)
}

const TITLES: &[(&str, &str)] = &[
    ("A01", "Signature wrapping"),
    ("A02", "Signature exclusion"),
    ("A03", "Keys that come with the message"),
    ("A04", "Text tricks in values"),
    ("A05", "Document types and entities"),
    ("A06", "Malformed XML and parser differentials"),
    ("A07", "Digest and SignedInfo smuggling"),
    ("A08", "References and IDs"),
    ("A09", "Transforms"),
    ("A10", "Canonicalisation"),
    ("A11", "Algorithms"),
    ("A12", "Namespaces and attribute pollution"),
    ("A13", "Encryption"),
    ("A14", "Times"),
    ("A15", "Audience, addresses and issuers"),
    ("A16", "Requests and replay"),
    ("A17", "Subject confirmation"),
    ("A18", "Status and structure"),
    ("A19", "Several assertions"),
    ("A20", "Tenants"),
    ("A21", "Exhaustion"),
    ("A22", "Other messages"),
];

const ONE_PLACE: &str = "exactly one assertion, a child of the root (`sp::evidence::positions`)";
const OWN_PARENT: &str = "a signature covers its parent, which is read from the digested octets alone (`dsig::verify`)";
const GRAMMAR: &str = "fixed child grammar of `ds:Signature` (`dsig::read`)";
const PARSER: &str = "one strict parser, no recovery (`xmlsec::parse`)";
const NO_DTD: &str = "a document type is fatal at its first octet, nothing is expanded or fetched (`xmlsec::parse`)";
const PINNED: &str = "keys come from the configuration alone; `KeyInfo` is not looked into (`dsig::verify`)";
const ONE_TEXT: &str = "a value is one run of text as received (`Element::text`, `Element::content`)";
const REFERENCE: &str = "the reference is `#` and the ID of the signature's parent (`dsig::verify`)";
const TRANSFORMS: &str = "enveloped-signature, then one canonicalisation; nothing else exists (`dsig::read`)";
const ALGORITHMS: &str = "closed list of algorithms, each with its kind of key (`algorithms`)";
const DECRYPTED: &str =
    "what was decrypted proves nothing; it is a document of its own under the same rules (`sp::evidence`)";
const ONE_FAILURE: &str = "one indistinguishable error for all that depends on key or plaintext (`enc::decrypt`)";
const TIMES: &str = "every time is strict, compared under one bounded skew, ends exclusive (`sp::rules`, `sp::bearer`)";
const EQUALITY: &str = "equality of whole strings with what is configured (`sp::rules`, `sp::bearer`)";
const REQUEST: &str = "the signed InResponseTo equals the pending request; unsolicited is a policy (`sp::bearer`)";
const BEARER: &str = "one bearer confirmation passes every check alone (`sp::bearer`)";
const CARDINALITY: &str = "children in the order of the schema, nothing else (`sp::assertion`, `sp::response`)";
const TUPLE: &str = "issuer, key, audience and address are one tuple of the connection (`sp::Expectation`)";
const LIMITS: &str = "bounds before work, linear passes (`xmlsec::Limits`)";
const ROOT: &str = "the root is `Response` of the SAML protocol, by namespace and name (`sp::accept`)";

/// All of them, in order within each family.
pub const GROUPS: &[Group] = &[
    Group {
        defence: OWN_PARENT,
        attacks: &[
            ("A01.1", "XSW 1: a forged Response, the signed one in its Signature"),
            ("A01.2", "XSW 2: a forged Response, the signed one beside its Signature"),
        ],
    },
    Group {
        defence: ONE_PLACE,
        attacks: &[
            ("A01.3", "XSW 3: a forged Assertion before the signed one"),
            ("A01.4", "XSW 4: a forged Assertion around the signed one"),
            ("A01.5", "XSW 5: the Signature moved to a forged Assertion"),
            ("A01.6", "XSW 6: the signed Assertion in the Signature of a forged one"),
            ("A01.7", "XSW 7: a forged Assertion under Extensions"),
            ("A01.8", "XSW 8: the signed element in a ds:Object"),
            ("A01.9", "a forged Assertion behind the signed one, also with its Signature"),
            ("A01.10", "the signed Assertion hidden in Extensions"),
            ("A01.11", "the signed Assertion hidden in Advice"),
            ("A01.12", "the signed Assertion hidden in AttributeValue, SubjectConfirmationData or StatusDetail"),
            ("A01.13", "a forged Assertion in what the enveloped transform leaves out"),
        ],
    },
    Group {
        defence: "the signed Response counts as a whole; at most one Signature an element (`sp::evidence`, `dsig::read`)",
        attacks: &[("A01.14", "a signed error Response as envelope; a second Signature as hiding place")],
    },
    Group {
        defence: "signatures stand only in Response and Assertion (`sp::evidence::positions`)",
        attacks: &[("A01.15", "the Signature moved to another place")],
    },
    Group { defence: ROOT, attacks: &[("A01.16", "the Response under another root or in another Response")] },
    Group { defence: PARSER, attacks: &[("A01.17", "the same ID twice")] },
    Group { defence: CARDINALITY, attacks: &[("A01.18", "a Subject or statement beside the Assertion")] },
    Group {
        defence: OWN_PARENT,
        attacks: &[("A01.19", "another signed document of the identity provider in place of the assertion")],
    },
    Group {
        defence: ONE_PLACE,
        attacks: &[
            ("A01.20", "the response's Signature removed, then wrapped"),
            ("A01.21", "a forged Assertion with another prefix"),
        ],
    },
    Group {
        defence: "no signature and a broken one are refused alike (`sp::evidence`)",
        attacks: &[
            ("A02.1", "no Signature"),
            ("A02.2", "an empty or gutted Signature"),
            ("A02.3", "a Signature in another namespace"),
            ("A02.4", "only the part is signed that need not be"),
            ("A02.5", "the content or the signature changed"),
            ("A02.6", "both signed, one of them broken"),
            ("A02.7", "the digest computed anew; white space or Unicode form changed"),
            ("A02.8", "a connection without certificate"),
        ],
    },
    Group {
        defence: PINNED,
        attacks: &[
            ("A03.1", "signed by a stranger, with a certificate"),
            ("A03.2", "signed by a stranger, with a KeyValue"),
            ("A03.3", "signed by a stranger, with two certificates"),
            ("A03.4", "a RetrievalMethod to a URL, with XSLT"),
            ("A03.5", "a retired, expired or future certificate; our own key"),
            ("A03.6", "the key's name, or a certificate with subject and serial number of ours"),
        ],
    },
    Group {
        defence: ONE_TEXT,
        attacks: &[
            ("A04.1", "a comment in the NameID"),
            ("A04.2", "a comment in an AttributeValue"),
            ("A04.3", "a processing instruction in a value"),
            ("A04.4", "CDATA in the NameID"),
            ("A04.5", "an element in a value"),
            ("A04.6", "a comment or CDATA in Audience or Issuer"),
        ],
    },
    Group {
        defence: NO_DTD,
        attacks: &[
            ("A05.1", "an entity that cuts a value"),
            ("A05.2", "an external entity: a file"),
            ("A05.3", "an external entity or subset: a URL"),
            ("A05.4", "billion laughs"),
            ("A05.5", "quadratic blow-up"),
            ("A05.6", "an entity in an ID; declared attributes"),
            ("A05.7", "quotes, comments and notations that parsers end differently"),
        ],
    },
    Group {
        defence: PARSER,
        attacks: &[
            ("A06.1", "CDATA, comments and tags that overlap or do not end"),
            ("A06.2", "duplicate attributes, by name or expanded name"),
            ("A06.3", "unbound prefixes and names with two colons"),
            ("A06.4", "a second root, or none"),
            ("A06.5", "text around the root"),
            ("A06.6", "characters that XML forbids, broken UTF-8"),
            ("A06.7", "UTF-7, UTF-16, EBCDIC and other encodings"),
            ("A06.8", "XML 1.1"),
            ("A06.9", "reserved prefixes bound anew, prefixes undeclared"),
        ],
    },
    Group {
        defence: GRAMMAR,
        attacks: &[
            ("A07.1", "a comment or CDATA in DigestValue or SignatureValue"),
            ("A07.2", "two SignedInfo, one nested or in an Object"),
        ],
    },
    Group {
        defence: "the digest is read from the canonical SignedInfo that was verified (`dsig::verify`)",
        attacks: &[("A07.3", "another DigestValue elsewhere")],
    },
    Group {
        defence: GRAMMAR,
        attacks: &[
            ("A07.4", "two DigestValues, SignatureValues or Signatures"),
            ("A07.5", "a digest that is short, empty or hexadecimal"),
        ],
    },
    Group {
        defence: REFERENCE,
        attacks: &[
            ("A08.1", "a reference that is empty or absent"),
            ("A08.2", "a reference that is a URL, a file, an XPointer or percent-encoded"),
            ("A08.3", "a reference to a part, an ancestor or a sibling"),
            ("A08.4", "an ID by another name, case or white space"),
            ("A08.5", "two References"),
            ("A08.6", "a Manifest"),
            ("A08.7", "an ID that is missing, empty or shared"),
        ],
    },
    Group {
        defence: TRANSFORMS,
        attacks: &[
            ("A09.1", "XSLT"),
            ("A09.2", "XPath and XPath Filter 2"),
            ("A09.3", "base64 and unknown transforms"),
            ("A09.4", "transforms repeated, reordered or missing"),
            ("A09.5", "an odd CanonicalizationMethod; a foreign Signature in the content"),
        ],
    },
    Group {
        defence: "canonicalisation gives octets or an error (`c14n`)",
        attacks: &[
            ("A10.1", "a digest or signature of nothing"),
            ("A10.2", "relative namespace URIs"),
            ("A10.3", "inherited xml: attributes, added namespaces, prefix lists"),
        ],
    },
    Group {
        defence: ALGORITHMS,
        attacks: &[
            ("A11.1", "HMAC keyed with the public key"),
            ("A11.2", "HMACOutputLength"),
            ("A11.3", "SHA-1 without permission, MD5"),
            ("A11.4", "no algorithm, or an unknown one"),
            ("A11.5", "a label that does not fit the key or the padding"),
            ("A11.6", "ECDSA and RSA values such as 0, 1 and the order; other encodings"),
            ("A11.7", "keys with exponent 3 or of 1024 bits"),
        ],
    },
    Group {
        defence: "names are namespace and local name, compared exactly (`Element::is`)",
        attacks: &[
            ("A12.1", "a forged Assertion in another namespace"),
            ("A12.2", "the Response in another namespace"),
        ],
    },
    Group {
        defence: "only unqualified attributes are read, look-alikes are refused (`read::no_look_alikes`)",
        attacks: &[("A12.3", "the same attribute once more, with a namespace")],
    },
    Group {
        defence: "names are namespace and local name, compared exactly (`Element::is`)",
        attacks: &[
            ("A12.4", "the Signature's namespace changed, its prefix bound anew"),
            ("A12.5", "a decoy Signature"),
        ],
    },
    Group {
        defence: DECRYPTED,
        attacks: &[
            ("A13.1", "a forged assertion encrypted to our public key"),
            ("A13.2", "the signed assertion elsewhere"),
            ("A13.3", "two encrypted assertions"),
            ("A13.4", "changed before encryption"),
        ],
    },
    Group {
        defence: ONE_FAILURE,
        attacks: &[("A13.5", "an oracle of CBC padding"), ("A13.6", "a GCM tag that is changed, short or not checked")],
    },
    Group {
        defence: "closed list of algorithms; references leave no document (`enc`)",
        attacks: &[
            ("A13.7", "RSA PKCS#1 v1.5 key transport, 3DES"),
            ("A13.8", "another key, or of another length"),
            ("A13.9", "CipherReference, RetrievalMethod to URLs and in loops"),
        ],
    },
    Group {
        defence: DECRYPTED,
        attacks: &[("A13.10", "a plaintext that is not one assertion, or has a document type")],
    },
    Group {
        defence: "at most four RSA operations a message (`enc::RsaBudget`)",
        attacks: &[("A13.11", "many encrypted keys")],
    },
    Group {
        defence: TIMES,
        attacks: &[
            ("A14.1", "expired"),
            ("A14.2", "not yet valid"),
            ("A14.3", "the exact edges"),
            ("A14.4", "confirmation and conditions that differ"),
            ("A14.5", "times that are missing, unreadable or in the future"),
            ("A14.6", "an empty interval"),
            ("A14.7", "a session that is over, an authentication that is too old"),
        ],
    },
    Group {
        defence: EQUALITY,
        attacks: &[
            ("A15.1", "an Audience that is not ours, however alike"),
            ("A15.2", "no Audience, or a second restriction"),
            ("A15.3", "a Recipient that is not ours, or none"),
            ("A15.4", "a Destination that is not ours, or none where it must be"),
            ("A15.5", "an Issuer that is not the connection's, or none where it must be"),
            ("A15.6", "an SPNameQualifier that is not ours"),
        ],
    },
    Group {
        defence: REQUEST,
        attacks: &[
            ("A16.1", "the answer to another request"),
            ("A16.2", "InResponseTo missing, or in the unsigned part only"),
            ("A16.3", "unsolicited where that is off, or with InResponseTo"),
        ],
    },
    Group {
        defence: "each assertion is used once (`sp::Replay`)",
        attacks: &[("A16.4", "replay, also in a new envelope")],
    },
    Group {
        defence: BEARER,
        attacks: &[
            ("A17.1", "holder-of-key"),
            ("A17.2", "sender-vouches, unknown methods, none, or no data"),
            ("A17.3", "conditions that only two confirmations together meet"),
        ],
    },
    Group {
        defence: "exactly one top status code, exactly Success (`sp::rules::status`)",
        attacks: &[("A18.1", "a status that is not Success, nested, doubled or missing")],
    },
    Group { defence: CARDINALITY, attacks: &[("A18.2", "another version; ID or IssueInstant missing")] },
    Group { defence: ROOT, attacks: &[("A18.3", "another message, a page, a bare assertion")] },
    Group {
        defence: CARDINALITY,
        attacks: &[
            ("A18.4", "no Subject, NameID or Assertion"),
            ("A18.5", "no AuthnStatement, or another context"),
            ("A18.6", "elements doubled, misplaced or unknown"),
            ("A18.7", "no Conditions, or unknown ones"),
        ],
    },
    Group { defence: ONE_PLACE, attacks: &[("A19.1", "several assertions, all really signed")] },
    Group {
        defence: TUPLE,
        attacks: &[
            ("A20.1", "another tenant's identity provider"),
            ("A20.2", "another tenant with the same key"),
            ("A20.3", "another application of the same tenant"),
            ("A20.4", "a tenantid claim that is not the issuer's"),
        ],
    },
    Group {
        defence: LIMITS,
        attacks: &[
            ("A21.1", "deep nesting, many nodes"),
            ("A21.2", "many attributes and namespaces"),
            ("A21.3", "many References, Signatures, Assertions, Transforms, keys"),
            ("A21.4", "many comments, long text, long prefix lists"),
        ],
    },
    Group { defence: ROOT, attacks: &[("A22.1", "a signed LogoutRequest, LogoutResponse or metadata at the ACS")] },
];
