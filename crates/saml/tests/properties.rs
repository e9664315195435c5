//! Laws that hold for generated messages.

mod mutants;

use jiff::{SignedDuration, Timestamp};
use mutants::chance::Chance;
use proptest::collection::vec;
use proptest::prelude::*;
use vestibule_fuzz_bodies::saml as fuzzing;
use vestibule_mock_entra::{Entra, Seal, keys};
use vestibule_saml::binding::redirect::{self, RedirectBinding};
use vestibule_saml::binding::{Field, HexDigits, Received, RelayState, Signer, post};
use vestibule_saml::idp::{About, Answer, Encrypt, Encrypted, Opening, RequestExpectation, Signing};
use vestibule_saml::logout::{LogoutExpectation, LogoutRequest};
use vestibule_saml::metadata::{Reading, SpMetadata};
use vestibule_saml::sp::request::AuthnRequest;
use vestibule_saml::sp::{self, Expectation, Expected, IdpTrust, SpIdentity};
use vestibule_saml::types::{
    AcsUrl, Attribute, AuthnContextClassRef, EndpointUrl, EntityId, LoopbackHttp, MessageId, NameId, NameIdFormat,
    RequestId, SessionIndex,
};
use vestibule_xmlsec::algorithms::{Algorithms, SignatureAlgorithm};
use vestibule_xmlsec::dsig;
use vestibule_xmlsec::enc::Encryption;
use vestibule_xmlsec::keys::{DecryptionKey, DecryptionKeys, EncryptionKey, TrustedKeys};

const ISSUER: &str = "https://idp.example.com/saml";
const SP: &str = "https://sp.example.com/saml/metadata";
const ACS: &str = "https://sp.example.com/saml/acs";
const SSO: &str = "https://idp.example.com/saml/sso?tenant=one";

fn entity(id: &str) -> EntityId {
    EntityId::new(id).expect("an entity ID")
}

fn endpoint(url: &str) -> EndpointUrl {
    EndpointUrl::new(url, LoopbackHttp::Refuse).expect("an address")
}

fn now() -> Timestamp {
    "2026-03-02T10:00:30Z".parse().expect("a time")
}

fn trusted(name: &str) -> TrustedKeys {
    TrustedKeys::one(keys::certificate(name).public_key().expect("a key"))
}

/// Text with all that must be escaped somewhere, and white space of every kind inside.
fn words() -> impl Strategy<Value = String> {
    proptest::string::string_regex("[!-~é😀][ -~éß\u{2028}\u{85}😀\t\n\r]{0,30}[!-~é]").expect("a pattern")
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn what_a_query_says_is_what_was_put_into_it(xml in words(), state in proptest::option::of("[ -~é]{1,40}"), response: bool) {
        let relay_state = state.map(|state| RelayState::new(state).expect("80 bytes"));
        let field = if response { Field::SamlResponse } else { Field::SamlRequest };
        let read = RedirectBinding::parse(&redirect::query(field, &xml, relay_state.as_ref())).expect("our own query");
        prop_assert_eq!(read.xml, xml.into_bytes());
        prop_assert_eq!(read.relay_state, relay_state.map(|state| state.as_str().to_owned()));
        prop_assert_eq!((read.field, read.signature), (field, None));
    }

    #[test]
    fn what_a_form_says_is_what_was_put_into_it(xml in words()) {
        let form = post::PostForm::new(endpoint(SSO), Field::SamlRequest, &xml, None);
        let (_, value) = form.fields.first().expect("the message");
        prop_assert_eq!(post::decode(value.as_bytes()).expect("base64"), xml.into_bytes());
    }

    #[test]
    fn a_request_is_read_as_it_was_made(
        id: [u8; 16],
        force_authn: bool,
        is_passive: bool,
        format in proptest::option::of(0usize..3),
        classes in vec("[a-z:]{1,20}", 0..3),
        signed: bool,
    ) {
        let formats = [NameIdFormat::PERSISTENT, NameIdFormat::TRANSIENT, NameIdFormat::EMAIL_ADDRESS];
        let acs_url = AcsUrl::new(ACS).expect("an address");
        let request = AuthnRequest {
            name_id_format: format.map(|at| formats[at].clone()),
            force_authn,
            is_passive,
            requested_authn_context: classes.iter().map(|class| AuthnContextClassRef::from_uri(class)).collect(),
            ..AuthnRequest::new(RequestId::from_random(id), now(), entity(SP), endpoint(SSO), acs_url.clone())
        };
        let key = keys::signing_key("sp");
        let signer = Signer::new(&key);
        let url = request.redirect_url(None, Some("user@example.com"), signed.then_some(&signer)).expect("an address");
        let sp = SpMetadata {
            authn_requests_signed: signed,
            signing_certificates: vec![keys::certificate("sp")],
            ..SpMetadata::new(entity(SP), &acs_url)
        };
        let received: Received = RedirectBinding::parse(&url).expect("our own address").into();
        let destinations = [endpoint(SSO)];
        let read = Opening::read(&received).expect("our own request");
        let read = read.check(&RequestExpectation::new(&sp, &destinations, now())).expect("our own request");
        prop_assert_eq!((read.id, read.issuer, read.issue_instant), (request.id, request.issuer, now()));
        prop_assert_eq!((read.force_authn, read.is_passive), (force_authn, is_passive));
        prop_assert_eq!(read.name_id_policy.and_then(|policy| policy.format), request.name_id_format);
        let wanted = read.requested_authn_context.map(|context| context.classes).unwrap_or_default();
        prop_assert_eq!(wanted, request.requested_authn_context);
        prop_assert_eq!(read.signature_verified, signed);
    }

    #[test]
    fn our_metadata_is_read_as_it_was_written(
        display_name in proptest::option::of(words()),
        seconds in proptest::option::of(1i64..10_000_000),
        days in proptest::option::of(1i64..1000),
        signs: bool,
        wants: bool,
        keys_at in 0usize..3,
        formats in vec("urn:[a-z:]{1,20}", 0..3),
    ) {
        let certificates: Vec<_> = ["sp", "sp-next"][..keys_at.min(2)].iter().map(|name| keys::certificate(name)).collect();
        let metadata = SpMetadata {
            display_name: display_name.map(|name| name.split_whitespace().collect::<Vec<_>>().join(" ")),
            cache_duration: seconds.map(SignedDuration::from_secs),
            valid_until: days.map(|days| now() + SignedDuration::from_hours(24 * days)),
            authn_requests_signed: signs,
            want_assertions_signed: wants,
            signing_certificates: certificates.clone(),
            encryption_certificates: certificates,
            name_id_formats: formats.iter().map(|format| NameIdFormat::from_uri(format)).collect(),
            ..SpMetadata::new(entity(SP), &AcsUrl::new(ACS).expect("an address"))
        };
        let read = SpMetadata::parse(metadata.write().as_bytes(), &Reading::at(now()));
        prop_assert_eq!(read, Ok(metadata));
    }

    #[test]
    fn no_octets_make_accept_panic(octets: Vec<u8>) {
        fuzzing::accept(&octets);
        fuzzing::redirect_decode(&octets);
        fuzzing::metadata(&octets);
    }
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn a_signed_query_verifies_and_no_other_does(xml in words(), lower: bool, at: prop::sample::Index) {
        let (key, own) = (keys::signing_key("idp"), trusted("idp"));
        let hex_digits = if lower { HexDigits::Lower } else { HexDigits::Upper };
        let signer = Signer { hex_digits, ..Signer::new(&key) };
        let state = RelayState::new("a+b c&d").expect("a RelayState");
        let query = signer.query(Field::SamlResponse, &xml, Some(&state)).expect("signed");
        let verified = |query: &str, keys: &TrustedKeys| {
            let read = RedirectBinding::parse(query).ok()?;
            let signature = read.signature?;
            let (signed, algorithm) = (signature.signed.as_bytes(), &signature.algorithm);
            dsig::query::verify(keys, &Algorithms::STRICT, signed, algorithm, &signature.signature).ok()?;
            Some((read.xml, read.relay_state))
        };
        let said = Some((xml.into_bytes(), Some("a+b c&d".to_owned())));
        prop_assert_eq!(&verified(&query, &own), &said);
        prop_assert_eq!(verified(&query, &trusted("attacker")), None);
        let mut changed = query.clone().into_bytes();
        changed[at.index(query.len())] ^= 1;
        let changed = String::from_utf8(changed).expect("ASCII");
        // A changed digit of the signature's own base64 may say the same signature.
        prop_assert!(verified(&changed, &own).is_none_or(|got| Some(got) == said), "{}", changed);
    }

    #[test]
    fn a_logout_request_is_read_as_it_was_made(name in words(), reason in proptest::option::of(words()), sessions in vec("[a-z0-9]{1,9}", 0..3)) {
        let key = keys::signing_key("idp");
        let mut request = LogoutRequest::new(
            RequestId::from_random([7; 16]),
            now(),
            entity(ISSUER),
            endpoint(ACS),
            NameId::new(name, NameIdFormat::PERSISTENT),
        );
        request.reason = reason;
        request.session_indexes = sessions.iter().map(|index| SessionIndex::new(index.clone()).expect("an index")).collect();
        let url = request.redirect_url(None, &Signer::new(&key)).expect("an address");
        let received: Received = RedirectBinding::parse(&url).expect("our own address").into();
        let (issuer, keys, destination) = (entity(ISSUER), trusted("idp"), endpoint(ACS));
        let read = LogoutRequest::accept(&received, &LogoutExpectation::new(&issuer, &keys, &destination, now()));
        prop_assert_eq!(read, Ok(request));
    }

    /// Who was named by the identity provider's side is who the service provider's side reads, in the same words.
    #[test]
    fn who_an_answer_names_is_who_is_accepted(
        name in words(),
        attributes in vec((words(), vec("[ -~é\t\n\r]{0,20}", 0..4)), 0..4),
        both in 0usize..3,
        encrypt: bool,
        algorithm in 0usize..3,
    ) {
        let (issuer, acs_url) = (entity(ISSUER), AcsUrl::new(ACS).expect("an address"));
        let name_id = NameId::new(name, NameIdFormat::PERSISTENT);
        let mut names = std::collections::BTreeSet::new();
        let attributes: Vec<Attribute> = attributes
            .into_iter()
            .filter(|(name, _)| names.insert(name.clone()))
            .map(|(name, values)| Attribute::text(name, values))
            .collect();
        let request = RequestId::from_random([3; 16]);
        let destination = endpoint(ACS);
        let about = About { issuer: &issuer, acs_url: &destination, audience: SP, name_id: &name_id, attributes: &attributes };
        let [response_id, assertion_id] = [[1; 16], [2; 16]].map(MessageId::from_random);
        let mut answer = Answer::new(response_id, assertion_id, now(), about);
        answer.in_response_to = Some(&request);
        let (algorithm, key) = [
            (SignatureAlgorithm::RsaSha256, "idp"),
            (SignatureAlgorithm::RsaPssSha256, "idp"),
            (SignatureAlgorithm::EcdsaSha256, "p256"),
        ][algorithm];
        let (signing_key, certificate) = (keys::signing_key(key), keys::certificate(key));
        let signer = Signer { algorithm, certificate: Some(&certificate), ..Signer::new(&signing_key) };
        let recipient = EncryptionKey::of(&keys::certificate("sp")).expect("a key that encrypts");
        let encrypted = Encrypted {
            assertion: encrypt.then_some(Encrypt { how: Encryption::new(&recipient), content_key: &[5; 32], iv: &[6; 12] }),
            name_id: None,
        };
        let signing = [Signing::Assertion, Signing::Response, Signing::Both][both];
        let xml = answer.write(&signer, signing, &encrypted).expect("a response");

        let idp = IdpTrust::new(issuer, &[certificate]).expect("a usable key");
        let decryption_key = DecryptionKey::read(&vector_key("sp")).expect("a private key");
        let sp = SpIdentity { entity_id: entity(SP), decryption_keys: Some(DecryptionKeys::one(decryption_key)) };
        let expect = Expectation::new(&idp, &sp, &acs_url, Expected::AnswerTo(request.clone()), now());
        let accepted = sp::accept(xml.as_bytes(), &expect).outcome;
        let accepted = accepted.unwrap_or_else(|refusal| panic!("{} {:?}: {xml}", refusal.reason.code(), refusal.got));
        prop_assert_eq!(accepted.name_id.value, name_id.value);
        let read: Vec<Attribute> = accepted.attributes.iter().cloned().collect();
        prop_assert_eq!(read, attributes);
    }

    #[test]
    fn whoever_a_mutant_lets_in_is_who_was_signed(seed: u64) {
        let mut chance = Chance::new(seed);
        for original in originals() {
            for _ in 0..10 {
                // Panics where somebody else, or the same in other words, is let in.
                fuzzing::accept(&mutants::mutant(&original, &mut chance));
            }
        }
    }
}

fn vector_key(name: &str) -> Vec<u8> {
    let path = format!("{}/../../vectors/keys/{name}.key.pem", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The same response signed in the ways of Entra.
fn originals() -> [String; 4] {
    let response = Entra::default();
    let pretty = Seal { pretty: true, prefix: "ds", ..Seal::default() };
    [response.signed(), response.response_signed(), response.both_signed(), pretty.assertion(&response.xml())]
}

/// Every octet of the signed assertion, changed in two ways: refused, or nothing of what was said has changed.
#[test]
fn no_changed_octet_of_an_assertion_lets_anybody_else_in() {
    let original = Entra::default().signed();
    let start = original.find("<Assertion").expect("the assertion");
    let end = original.find("</Assertion>").expect("its end");
    let ignored = original.find("<KeyInfo>").expect("KeyInfo")..original.find("</KeyInfo>").expect("its end");
    let [expect, _] = fuzzing::expectations();
    let mut accepted = 0;
    for at in start..end {
        for change in [1, 0x20] {
            let mut changed = original.clone().into_bytes();
            changed[at] ^= change;
            fuzzing::accept(&changed);
            if sp::accept(&changed, expect).outcome.is_ok() {
                accepted += usize::from(!ignored.contains(&at));
            }
        }
    }
    // White space between attributes, and the unused bits at the end of the signature's base64.
    assert!(accepted < 40, "{accepted} changed octets outside KeyInfo were let pass");
}

/// Shapes that hurt parsers: each is refused by name or accepted, none of them hangs or overflows the stack.
#[test]
fn hostile_shapes_get_a_verdict() {
    let good = Entra::default().signed();
    let at = good.find("<Assertion").expect("the assertion");
    let around = |piece: &str| format!("{}<samlp:Extensions>{piece}</samlp:Extensions>{}", &good[..at], &good[at..]);
    let namespaces: String = (0..60).map(|n| format!(" xmlns:n{n}=\"urn:{n}\"")).collect();
    let attributes: String = (0..64).map(|n| format!(" a{n}=\"\"")).collect();
    let shapes = [
        around(&format!("{}{}", "<a>".repeat(60), "</a>".repeat(60))),
        around(&format!("{}{}", "<a>".repeat(30_000), "</a>".repeat(30_000))),
        "<a>".repeat(80_000),
        around(&"<a/>".repeat(19_000)),
        around(&format!("<a{namespaces}/>").repeat(200)),
        around(&format!("<a{attributes}/>").repeat(300)),
        around(&"&amp;".repeat(40_000)),
        around(&"<!---->".repeat(19_000)),
        around(&"x".repeat(200_000)),
        around(&format!("<a b=\"{}\"/>", "&#9;".repeat(50_000))),
        good.replacen("user@example.com", &"u".repeat(200_000), 1),
        good.replacen("<Signature ", "<Signature xmlns:x=\"urn:x\" ", 1).repeat(50),
        "<".repeat(200_000),
        "&".repeat(200_000),
        "\u{feff}".repeat(60_000),
    ];
    for shape in shapes {
        fuzzing::accept(shape.as_bytes());
        fuzzing::metadata(shape.as_bytes());
    }
}
