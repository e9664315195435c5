use super::*;
use crate::binding::Base64Error;
use crate::types::LoopbackHttp;
use proptest::prelude::*;

const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

fn refusal(query: &str) -> RedirectError {
    RedirectBinding::parse(query).expect_err("the query is to be refused")
}

fn encoded(deflated: &[u8]) -> String {
    let mut value = String::new();
    form::percent_encode(&base64::encode(deflated), HexDigits::Upper, &mut value);
    value
}

fn message(xml: &str) -> String {
    encoded(&compress_to_vec(xml.as_bytes(), 6))
}

#[test]
fn a_message_is_read_from_a_url_or_from_its_query() {
    let query = query(Field::SamlResponse, "<a/>", Some(&RelayState::new("r s").expect("short")));
    for input in
        [query.clone(), format!("?{query}"), format!("https://sp.example.org/slo?x=1&{query}&y=2#SAMLRequest=")]
    {
        let message = RedirectBinding::parse(&input).expect("our own query");
        assert_eq!(message.field, Field::SamlResponse);
        assert_eq!(message.xml, b"<a/>");
        assert_eq!(message.relay_state.as_deref(), Some("r s"));
        assert_eq!(message.signature, None);
    }
}

#[test]
fn a_question_mark_in_a_parameter_does_not_end_the_address() {
    let message = message("<a/>");
    let state = "https://app.example.org/?a=b";
    for query in [
        format!("SAMLResponse={message}&RelayState={state}"),
        format!("RelayState={state}&SAMLResponse={message}"),
        format!("?RelayState={state}&SAMLResponse={message}"),
        format!("/slo;v=1?RelayState={state}&SAMLResponse={message}"),
        format!("https://sp.example.org/slo;v=1?SAMLResponse={message}&RelayState={state}"),
    ] {
        let message = RedirectBinding::parse(&query).expect("a message");
        assert_eq!(message.relay_state.as_deref(), Some(state), "{query}");
    }
}

/// E-38.
#[test]
fn what_is_signed_is_the_query_as_it_was_received() {
    let request = message("<a>lower case</a>").replace("%2B", "%2b").replace("%2F", "%2f").replace("%3D", "%3d");
    let algorithm = "http%3a%2f%2fwww.w3.org%2f2001%2f04%2fxmldsig-more%23rsa-sha256";
    // The order in the URL does not matter, the order of the standard does.
    let url = format!(
        "https://sp.example.org/slo?Signature=AQID&SigAlg={algorithm}&RelayState=a%2fb+c&SAMLRequest={request}"
    );
    let signature = RedirectBinding::parse(&url).expect("a message").signature.expect("a signature");
    assert_eq!(signature.signed, format!("SAMLRequest={request}&RelayState=a%2fb+c&SigAlg={algorithm}"));
    assert_eq!(signature.algorithm, RSA_SHA256);
    assert_eq!(signature.signature, [1, 2, 3]);
}

#[test]
fn an_absent_relay_state_is_not_signed_and_an_empty_one_is() {
    let request = message("<a/>");
    let signed =
        |query: String| RedirectBinding::parse(&query).expect("a message").signature.expect("a signature").signed;
    assert_eq!(
        signed(format!("SAMLRequest={request}&SigAlg=x&Signature=AQID")),
        format!("SAMLRequest={request}&SigAlg=x")
    );
    assert_eq!(
        signed(format!("SAMLRequest={request}&RelayState=&SigAlg=x&Signature=AQID")),
        format!("SAMLRequest={request}&RelayState=&SigAlg=x")
    );
}

#[test]
fn a26_1_repeated_parameters_are_refused() {
    let query =
        format!("SAMLRequest={}&RelayState=r&SigAlg=x&Signature=AQID&SAMLEncoding={DEFLATE_ENCODING}", message("<a/>"));
    assert!(RedirectBinding::parse(&query).is_ok());
    for name in ["SAMLRequest", "RelayState", "SigAlg", "Signature", "SAMLEncoding"] {
        assert_eq!(refusal(&format!("{query}&{name}=x")), RedirectError::Form(FormError::Repeated { name }));
    }
    assert_eq!(refusal(&format!("{query}&SAMLResponse=x")), RedirectError::Form(FormError::TwoMessages));
    assert_eq!(refusal(&format!("{query}&Si%67Alg=y")), RedirectError::Form(FormError::EncodedName { name: "SigAlg" }));
}

#[test]
fn half_a_signature_is_refused() {
    let request = message("<a/>");
    assert_eq!(refusal(&format!("SAMLRequest={request}&Signature=AQID")), RedirectError::SignatureWithoutAlgorithm);
    assert_eq!(
        refusal(&format!("SAMLRequest={request}&SigAlg=x")),
        RedirectError::AlgorithmWithoutSignature { got: "x".to_owned() }
    );
}

#[test]
fn another_encoding_is_refused() {
    let query = format!("SAMLRequest={}&SAMLEncoding=urn:example:plain", message("<a/>"));
    assert_eq!(refusal(&query), RedirectError::Encoding { got: "urn:example:plain".to_owned() });
}

#[test]
fn a_query_without_a_message_is_refused() {
    for query in ["", "?", "https://sp.example.org/slo", "RelayState=x", "SAMLRequest="] {
        assert_eq!(refusal(query), RedirectError::Form(FormError::NoMessage), "{query}");
    }
    assert_eq!(refusal("SAMLart=AAQ"), RedirectError::Form(FormError::ArtifactUnsupported));
}

#[test]
fn base64_is_strict() {
    let wanted = |source| RedirectError::Form(FormError::Base64 { name: "SAMLRequest", source });
    assert_eq!(refusal("SAMLRequest=AQ%0AID"), wanted(Base64Error::Byte { offset: 2, byte: b'\n' }));
    assert_eq!(refusal("SAMLRequest=AQI"), wanted(Base64Error::Padding));
    assert_eq!(refusal("SAMLRequest=A+ID"), wanted(Base64Error::Byte { offset: 1, byte: b' ' }));
}

#[test]
fn a_message_that_is_not_deflated_is_refused() {
    assert_eq!(refusal(&format!("SAMLRequest={}", encoded(b"<samlp:AuthnRequest/>"))), RedirectError::NotDeflated);
    let whole = compress_to_vec(b"<samlp:AuthnRequest/>", 6);
    assert_eq!(refusal(&format!("SAMLRequest={}", encoded(&whole[..whole.len() - 2]))), RedirectError::NotDeflated);
}

#[test]
fn bytes_behind_the_deflated_message_are_refused() {
    let mut deflated = compress_to_vec(b"<a/>", 6);
    deflated.extend_from_slice(b"xyz");
    assert_eq!(refusal(&format!("SAMLRequest={}", encoded(&deflated))), RedirectError::TrailingBytes { got: 3 });
}

#[test]
fn a23_5_a_deflate_bomb_is_refused_at_the_bound() {
    let bomb = |size| format!("SAMLRequest={}", encoded(&compress_to_vec(&vec![b' '; size], 9)));
    assert_eq!(RedirectBinding::parse(&bomb(MAX_MESSAGE)).map(|message| message.xml.len()), Ok(MAX_MESSAGE));
    for size in [MAX_MESSAGE + 1, 16 * 1024 * 1024] {
        assert_eq!(refusal(&bomb(size)), RedirectError::MessageTooLong { max: MAX_MESSAGE });
    }
    let long = "x".repeat(MAX_QUERY + 1);
    assert_eq!(refusal(&long), RedirectError::QueryTooLong { got: MAX_QUERY + 1, max: MAX_QUERY });
}

#[test]
fn an_endpoint_keeps_its_own_query_and_unsigned_parameters_come_last() {
    let at = |endpoint| EndpointUrl::new(endpoint, LoopbackHttp::Refuse).expect("a URL");
    assert_eq!(
        url(&at("https://idp.example.org/sso"), "SAMLRequest=x", &[]),
        "https://idp.example.org/sso?SAMLRequest=x"
    );
    assert_eq!(
        url(&at("https://idp.example.org/sso?idpid=1"), "SAMLRequest=x", &[("login_hint", "a@b c")]),
        "https://idp.example.org/sso?idpid=1&SAMLRequest=x&login_hint=a%40b%20c"
    );
    assert_eq!(
        url(&at("https://idp.example.org/sso?"), "SAMLRequest=x", &[]),
        "https://idp.example.org/sso?SAMLRequest=x"
    );
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(xml in "\\PC{0,2000}", relay_state in proptest::option::of("[ -~]{1,80}")) {
        let relay_state = relay_state.map(|value| RelayState::new(value).expect("at most 80 bytes"));
        let query = query(Field::SamlRequest, &xml, relay_state.as_ref());
        let message = RedirectBinding::parse(&query).expect("our own query");
        prop_assert_eq!(message.xml, xml.as_bytes());
        prop_assert_eq!(message.relay_state.as_deref(), relay_state.as_ref().map(RelayState::as_str));
    }

    #[test]
    fn no_query_makes_the_reader_panic(query in "(SAMLRequest=|SAMLResponse=|&|%|RelayState=|[A-Za-z0-9+/=%]{0,20}){0,12}") {
        let _ = RedirectBinding::parse(&query);
    }

    #[test]
    fn no_bytes_make_the_inflater_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = inflate(&bytes);
    }
}
