//! Single logout, both ways and with Entra's habits.

use crate::support::{IDP, SP, STRANGER, at, endpoint, entity, posted, visited};
use vestibule_saml::binding::{Field, HexDigits, MessageError, Received, RelayState, Signer};
use vestibule_saml::logout::{LogoutExpectation, LogoutOutcome, LogoutRefusal, LogoutRequest, LogoutResponse};
use vestibule_saml::time::Skew;
use vestibule_saml::types::{
    EndpointUrl, EntityId, MessageId, NameId, NameIdFormat, RequestId, SessionIndex, Status, StatusCode,
};
use vestibule_xmlsec::algorithms::{AlgorithmError, Algorithms, Sha1, SignatureAlgorithm, Use};
use vestibule_xmlsec::dsig::{Placement, SignatureError};
use vestibule_xmlsec::enc::{self, DecryptError, Encryption};
use vestibule_xmlsec::keys::{DecryptionKey, DecryptionKeys, EncryptionKey, TrustedKeys};

const NOW: &str = "2026-01-01T12:00:00Z";
const SLO: &str = "https://sp.example.org/sso/one/slo";
const TENANT: &str = "https://sts.windows.net/11111111-2222-3333-4444-555555555555/";

/// Our side of a connection to a tenant of Entra.
struct Scene {
    issuer: EntityId,
    keys: TrustedKeys,
    destination: EndpointUrl,
    decryption_keys: DecryptionKeys,
}

impl Scene {
    fn new() -> Self {
        let key = DecryptionKey::read(SP.private_pem.as_bytes()).expect("an RSA key");
        Self {
            issuer: entity(TENANT),
            keys: IDP.trusted(),
            destination: endpoint(SLO),
            decryption_keys: DecryptionKeys::new(vec![key]).expect("a key"),
        }
    }

    fn expect(&self) -> LogoutExpectation<'_> {
        LogoutExpectation::new(&self.issuer, &self.keys, &self.destination, at(NOW))
    }

    fn accept(&self, received: &Received) -> Result<LogoutRequest, LogoutRefusal> {
        LogoutRequest::accept(received, &self.expect())
    }

    fn answered(&self, received: &Received) -> Result<LogoutResponse, LogoutRefusal> {
        LogoutResponse::accept(received, &pending(), &self.expect())
    }
}

fn request() -> LogoutRequest {
    let name_id = NameId::new("pairwise", NameIdFormat::PERSISTENT);
    let id = RequestId::from_random([1; 16]);
    let mut request = LogoutRequest::new(id, at(NOW), entity(TENANT), endpoint(SLO), name_id);
    request.session_indexes =
        ["_one", "_two"].into_iter().map(|index| SessionIndex::new(index).expect("an index")).collect();
    request
}

fn pending() -> RequestId {
    RequestId::from_random([9; 16])
}

fn response(status: Status) -> LogoutResponse {
    LogoutResponse {
        id: MessageId::from_random([2; 16]),
        issue_instant: at(NOW),
        issuer: entity(TENANT),
        destination: endpoint(SLO),
        in_response_to: pending(),
        status,
    }
}

/// Entra's: RSA, its query in lower case.
fn entra() -> Signer<'static> {
    Signer { hex_digits: HexDigits::Lower, ..Signer::new(&IDP.key) }
}

/// A signed message by HTTP-Redirect with this XML.
fn signed(field: Field, xml: &str) -> Received {
    visited(&entra().query(field, xml, None).expect("a signature"))
}

fn refusal_of_request(change: impl FnOnce(&mut LogoutRequest)) -> LogoutRefusal {
    let mut request = request();
    change(&mut request);
    Scene::new().accept(&signed(Field::SamlRequest, &request.xml())).expect_err("a request to be refused")
}

#[test]
fn a_request_is_accepted_by_either_binding_with_all_that_it_says() {
    let relay_state = RelayState::new("state of theirs").expect("short");
    let redirect = request().redirect_url(Some(&relay_state), &entra()).expect("a signature");
    assert!(redirect.contains("%2f") || redirect.contains("%2b") || redirect.contains("%3a"));
    let post = request().post_form(Some(&relay_state), &entra()).expect("a signature");
    for received in [visited(&redirect), posted(&post)] {
        assert_eq!(received.relay_state.as_deref(), Some("state of theirs"));
        assert_eq!(Scene::new().accept(&received), Ok(request()));
    }
}

/// E-38.
#[test]
fn a_query_that_is_written_anew_does_not_verify() {
    let query = request().redirect_url(None, &entra()).expect("a signature");
    let lower = query.find("%3a").expect("the colon of SigAlg");
    let anew = format!("{}%3A{}", &query[..lower], &query[lower + 3..]);
    let wanted = LogoutRefusal::Message(MessageError::Signature(SignatureError::NoKeyMatches { tried: 1 }));
    assert_eq!(Scene::new().accept(&visited(&anew)), Err(wanted));
}

#[test]
fn a26_1_a_message_without_a_good_signature_is_refused() {
    let unsigned = MessageError::Unsigned;
    let xml = request().xml();
    let bare = visited(&vestibule_saml::binding::redirect::query(Field::SamlRequest, &xml, None));
    assert_eq!(Scene::new().accept(&bare), Err(LogoutRefusal::Message(unsigned.clone())));
    let mut post = posted(&request().post_form(None, &entra()).expect("a signature"));
    post.xml = xml.clone().into_bytes();
    assert_eq!(Scene::new().accept(&post), Err(LogoutRefusal::Message(unsigned)));

    let stranger = visited(&Signer::new(&STRANGER.key).query(Field::SamlRequest, &xml, None).expect("a signature"));
    let wanted = MessageError::Signature(SignatureError::NoKeyMatches { tried: 1 });
    assert_eq!(Scene::new().accept(&stranger), Err(LogoutRefusal::Message(wanted)));

    // A good enveloped signature does not count for a message that came by HTTP-Redirect.
    let id = request().id;
    let enveloped = entra().envelop(&xml, id.as_str(), Placement::AfterIssuer).expect("a signature");
    assert_eq!(
        Scene::new().accept(&signed(Field::SamlRequest, &enveloped)),
        Err(LogoutRefusal::Message(MessageError::EnvelopedInRedirect))
    );
}

/// A26.1: whoever can break SHA-1 signs nobody out. The query of [`request`] in `logout-rsa-sha1.query` is signed by the
/// identity provider's own key with RSA-SHA1, for which we have no signer:
///
/// ```sh
/// printf %s 'SAMLRequest=…&SigAlg=…' | openssl dgst -sha1 -sign vectors/keys/idp.key.pem | base64 -w0
/// ```
#[test]
fn a26_1_a_message_that_is_genuinely_signed_with_sha_1_is_taken_only_where_that_is_allowed() {
    let query = include_str!("logout-rsa-sha1.query").trim_end();
    let (scene, received) = (Scene::new(), visited(query));
    let refused =
        AlgorithmError::Sha1Refused { got: SignatureAlgorithm::RsaSha1.uri().to_owned(), wanted: Use::Signature };
    let wanted = LogoutRefusal::Message(MessageError::Signature(SignatureError::Algorithm(refused)));
    assert_eq!(scene.accept(&received), Err(wanted));

    let algorithms = Algorithms { sha1: Sha1::Allow, ..Algorithms::STRICT };
    let allowing = LogoutExpectation { algorithms, ..scene.expect() };
    assert_eq!(LogoutRequest::accept(&received, &allowing), Ok(request()), "the signature itself is good");
    let by_another = STRANGER.trusted();
    let expect = LogoutExpectation { keys: &by_another, ..allowing };
    let wanted = LogoutRefusal::Message(MessageError::Signature(SignatureError::NoKeyMatches { tried: 1 }));
    assert_eq!(LogoutRequest::accept(&received, &expect), Err(wanted.clone()), "to allow SHA-1 is not to trust all");

    // What a genuine SHA-256 signature covers is its SigAlg as well: to name the weaker one does not make it good.
    let strong = entra().query(Field::SamlRequest, &request().xml(), None).expect("a signature");
    let weaker = strong.replace("2001%2f04%2fxmldsig-more%23rsa-sha256", "2000%2f09%2fxmldsig%23rsa-sha1");
    assert_ne!(weaker, strong);
    assert_eq!(LogoutRequest::accept(&visited(&weaker), &allowing), Err(wanted));
}

#[test]
fn a26_1_a_message_in_which_anything_was_changed_is_refused() {
    let mut post = posted(&request().post_form(None, &entra()).expect("a signature"));
    post.xml = String::from_utf8(post.xml).expect("XML").replace("pairwise", "somebody").into_bytes();
    let wanted = MessageError::Signature(SignatureError::DigestMismatch);
    assert_eq!(Scene::new().accept(&post), Err(LogoutRefusal::Message(wanted)));
}

/// E-5.
#[test]
fn the_issuer_is_the_tenant_under_either_of_its_names_and_nobody_else() {
    let alias = "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/";
    let received = signed(Field::SamlRequest, &LogoutRequest { issuer: entity(alias), ..request() }.xml());
    assert_eq!(Scene::new().accept(&received).map(|request| request.issuer), Ok(entity(alias)));
    let received =
        signed(Field::SamlResponse, &LogoutResponse { issuer: entity(alias), ..response(Status::success()) }.xml());
    assert!(Scene::new().answered(&received).is_ok());

    let other = "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555556/";
    assert_eq!(
        refusal_of_request(|request| request.issuer = entity(other)),
        LogoutRefusal::Issuer { got: entity(other), want: entity(TENANT) }
    );
}

#[test]
fn a_message_for_somebody_else_is_refused() {
    let got = "https://sp.example.org/sso/two/slo";
    assert_eq!(
        refusal_of_request(|request| request.destination = endpoint(got)),
        LogoutRefusal::Message(MessageError::Destination { got: Some(got.to_owned()) })
    );
    let without = request().xml().replace(&format!(" Destination=\"{SLO}\""), "");
    assert_eq!(
        Scene::new().accept(&signed(Field::SamlRequest, &without)),
        Err(LogoutRefusal::Message(MessageError::Destination { got: None }))
    );
}

#[test]
fn a_request_ends_at_its_not_on_or_after_or_after_five_minutes() {
    let with = |not_on_or_after: Option<&str>, issue_instant: &str| {
        let request =
            LogoutRequest { not_on_or_after: not_on_or_after.map(at), issue_instant: at(issue_instant), ..request() };
        Scene::new()
            .accept(&signed(Field::SamlRequest, &request.xml()))
            .map(|request| request.remember_until(Skew::default()))
    };
    assert_eq!(with(Some("2026-01-01T11:58:00.001Z"), NOW), Ok(at("2026-01-01T12:00:00.001Z")));
    assert_eq!(
        with(Some("2026-01-01T11:58:00Z"), NOW),
        Err(LogoutRefusal::Expired { got: at("2026-01-01T11:58:00Z"), now: at(NOW) })
    );
    assert_eq!(with(None, "2026-01-01T11:53:00.001Z"), Ok(at("2026-01-01T12:00:00.001Z")));
    assert_eq!(
        with(None, "2026-01-01T11:53:00Z"),
        Err(LogoutRefusal::Expired { got: at("2026-01-01T11:58:00Z"), now: at(NOW) })
    );
    assert_eq!(
        with(None, "2026-01-01T12:02:00.001Z"),
        Err(LogoutRefusal::Message(MessageError::FromTheFuture { got: at("2026-01-01T12:02:00.001Z"), now: at(NOW) }))
    );
}

/// E-39.
#[test]
fn a_request_must_name_somebody() {
    let xml = request().xml();
    let (before, rest) = xml.split_once("<saml:NameID").expect("a NameID");
    let (_, after) = rest.split_once("</saml:NameID>").expect("its end");
    let accept = |xml: String| Scene::new().accept(&signed(Field::SamlRequest, &xml));
    assert_eq!(accept(format!("{before}{after}")), Err(LogoutRefusal::NoNameId));
    assert_eq!(accept(format!("{before}<saml:BaseID/>{after}")), Err(LogoutRefusal::NoNameId));
    let commented = xml.replace("pairwise", "pair<!-- -->wise");
    assert!(matches!(accept(commented), Err(LogoutRefusal::Message(MessageError::Read(_)))));
    let empty_index = xml.replace("_two", "");
    assert!(matches!(accept(empty_index), Err(LogoutRefusal::Message(MessageError::Read(_)))));
}

#[test]
fn an_encrypted_name_identifier_is_decrypted_with_our_keys() {
    let recipient = EncryptionKey::of(&SP.certificate).expect("an RSA key");
    let encrypted = |element: &str| {
        let data = enc::encrypt(element, &Encryption::new(&recipient), &[5; 32], &[6; 12]).expect("ciphertext");
        let xml = request().xml();
        let (before, rest) = xml.split_once("<saml:NameID").expect("a NameID");
        let (_, after) = rest.split_once("</saml:NameID>").expect("its end");
        signed(Field::SamlRequest, &format!("{before}<saml:EncryptedID>{data}</saml:EncryptedID>{after}"))
    };
    let received = encrypted("<NameID xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\">hidden</NameID>");
    let scene = Scene::new();
    assert_eq!(scene.accept(&received), Err(LogoutRefusal::NoDecryptionKey));
    let with_keys = LogoutExpectation { decryption_keys: Some(&scene.decryption_keys), ..scene.expect() };
    let request = LogoutRequest::accept(&received, &with_keys).expect("a good request");
    assert_eq!(request.name_id.value, "hidden");
    let received = encrypted("<NameID>of no namespace</NameID>");
    assert_eq!(LogoutRequest::accept(&received, &with_keys), Err(LogoutRefusal::Decrypt(DecryptError::Undecryptable)));
}

#[test]
fn an_answer_is_accepted_by_either_binding_and_says_what_became_of_the_logout() {
    let failure = |code, sub_code| Status::failure(code, sub_code, Some("AADSTS50068".to_owned()));
    for (status, outcome) in [
        (Status::success(), LogoutOutcome::Complete),
        (failure(StatusCode::SUCCESS, Some(StatusCode::PARTIAL_LOGOUT)), LogoutOutcome::Partial),
        (failure(StatusCode::RESPONDER, Some(StatusCode::PARTIAL_LOGOUT)), LogoutOutcome::Partial),
        (failure(StatusCode::REQUESTER, None), LogoutOutcome::Failed),
        (failure(StatusCode::RESPONDER, Some(StatusCode::REQUEST_DENIED)), LogoutOutcome::Failed),
    ] {
        let sent = response(status);
        let redirect = visited(&sent.redirect_url(None, &entra()).expect("a signature"));
        let post = posted(&sent.post_form(None, &entra()).expect("a signature"));
        for received in [redirect, post] {
            let accepted = Scene::new().answered(&received).expect("a good answer");
            assert_eq!(accepted, sent);
            assert_eq!(accepted.outcome(), outcome);
        }
    }
}

#[test]
fn an_answer_to_another_request_is_refused() {
    let got = RequestId::from_random([8; 16]);
    let other = LogoutResponse { in_response_to: got.clone(), ..response(Status::success()) };
    assert_eq!(
        Scene::new().answered(&signed(Field::SamlResponse, &other.xml())),
        Err(LogoutRefusal::InResponseTo { got, want: pending() })
    );
    let none = response(Status::success()).xml().replace(&format!(" InResponseTo=\"{}\"", pending()), "");
    assert_eq!(Scene::new().answered(&signed(Field::SamlResponse, &none)), Err(LogoutRefusal::NoInResponseTo));
}

#[test]
fn a22_1_messages_are_not_taken_for_one_another() {
    let xml = response(Status::success()).xml();
    assert_eq!(
        Scene::new().accept(&signed(Field::SamlRequest, &xml)),
        Err(LogoutRefusal::Message(MessageError::Root {
            got: "LogoutResponse".to_owned(),
            namespace: "urn:oasis:names:tc:SAML:2.0:protocol".to_owned(),
            want: "LogoutRequest"
        }))
    );
    assert_eq!(
        Scene::new().accept(&signed(Field::SamlResponse, &request().xml())),
        Err(LogoutRefusal::Message(MessageError::Field { got: Field::SamlResponse, want: Field::SamlRequest }))
    );
}
