//! HTTP-Redirect: the message stands deflated in the query string, perhaps with a signature over that string
//! (SAML Bindings §3.4).
//!
//! The signature covers the octets of the query as they were sent. They are kept from the first byte to the
//! verification: Entra percent-encodes in lower case (E-38), others otherwise, so a copy that was decoded and
//! encoded again does not verify.

use super::base64;
use super::form::{self, Form, FormError, HexDigits, Name};
use super::{Field, MAX_MESSAGE, RelayState};
use crate::types::EndpointUrl;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};
use thiserror::Error;

/// A query is at most this many bytes long; web servers take 8 to 64 KiB.
pub const MAX_QUERY: usize = 64 * 1024;

/// The only encoding that the binding knows (SAML Bindings §3.4.4).
const DEFLATE_ENCODING: &str = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE";

/// How hard the deflater tries: zlib's default.
const COMPRESSION_LEVEL: u8 = 6;

/// What stood in the query string with which a browser came to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectBinding {
    /// Which field the message stood in.
    pub field: Field,
    /// The XML of the message: at most 256 KiB.
    pub xml: Vec<u8>,
    /// RelayState as it was sent, from a stranger's browser: at most 2,048 bytes, and never an address to go
    /// to unless it is on a list (A23.1).
    pub relay_state: Option<String>,
    /// The signature, if there is one. That it is here says nothing about whether it verifies.
    pub signature: Option<QuerySignature>,
}

/// A signature over a query string, not yet verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuerySignature {
    /// `SigAlg`: the URI of the signature algorithm.
    pub algorithm: String,
    /// `Signature`, decoded.
    pub signature: Vec<u8>,
    /// What is signed: `SAMLRequest=…&RelayState=…&SigAlg=…` (or SAMLResponse) in the order of SAML Bindings
    /// §3.4.4.1, each value with the percent-encoding in which it was received.
    pub signed: String,
}

impl RedirectBinding {
    /// Reads a whole URL, or what stands behind its `?`. A fragment is cut off; parameters that SAML does not
    /// name are passed over.
    ///
    /// # Errors
    /// [`RedirectError::QueryTooLong`] for more than 64 KiB, [`RedirectError::Form`] where the parameters are
    /// not one message. Then whatever keeps the message from being inflated to at most 256 KiB, and half a
    /// signature: `Signature` or `SigAlg` alone.
    pub fn parse(url_or_query: &str) -> Result<Self, RedirectError> {
        let query = url_or_query.split_once('#').map_or(url_or_query, |(before, _)| before);
        let query = query.split_once('?').filter(|(before, _)| is_address(before)).map_or(query, |(_, after)| after);
        if query.len() > MAX_QUERY {
            return Err(RedirectError::QueryTooLong { got: query.len(), max: MAX_QUERY });
        }
        let form = Form::split(query.as_bytes())?;
        let (field, _) = form.message()?;
        if let Some(got) = form.text(Name::SamlEncoding)?
            && got != DEFLATE_ENCODING
        {
            return Err(RedirectError::Encoding { got });
        }
        let deflated = form.bytes(field.into())?.unwrap_or_default();
        Ok(Self {
            field,
            xml: inflate(&deflated)?,
            relay_state: form.relay_state()?,
            signature: QuerySignature::find(&form, field)?,
        })
    }
}

impl QuerySignature {
    fn find(form: &Form<'_>, field: Field) -> Result<Option<Self>, RedirectError> {
        let (signature, algorithm) = match (form.bytes(Name::Signature)?, form.text(Name::SigAlg)?) {
            (None, None) => return Ok(None),
            (Some(_), None) => return Err(RedirectError::SignatureWithoutAlgorithm),
            (None, Some(got)) => return Err(RedirectError::AlgorithmWithoutSignature { got }),
            (Some(signature), Some(algorithm)) => (signature, algorithm),
        };
        let mut signed = String::new();
        for name in [field.into(), Name::RelayState, Name::SigAlg] {
            let Some(raw) = form.raw(name) else { continue };
            let raw = std::str::from_utf8(raw).map_err(|_| FormError::NotUtf8 { name: name.text() })?;
            push_parameter(&mut signed, name.text(), raw);
        }
        Ok(Some(Self { algorithm, signature, signed }))
    }
}

/// The query string of a message, not signed: `SAMLRequest=…&RelayState=…`.
pub fn query(field: Field, xml: &str, relay_state: Option<&RelayState>) -> String {
    let mut query = QueryWriter::default();
    query.message(field, xml, relay_state);
    query.text
}

/// The address to send a browser to: the endpoint, the query of a message (from [`query`] or signed), and
/// parameters of ours that no signature covers.
///
/// The endpoint's own query, such as Google's `?idpid=…`, stays in front.
pub fn url(endpoint: &EndpointUrl, query: &str, unsigned: &[(&str, &str)]) -> String {
    let mut url = endpoint.as_str().to_owned();
    match url.split_once('?') {
        None => url.push('?'),
        Some((_, "")) => {}
        Some((_, own)) if own.ends_with('&') => {}
        Some(_) => url.push('&'),
    }
    url.push_str(query);
    for (name, value) in unsigned {
        url.push('&');
        form::percent_encode(name, HexDigits::Upper, &mut url);
        url.push('=');
        form::percent_encode(value, HexDigits::Upper, &mut url);
    }
    url
}

/// Why a query string is not one message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RedirectError {
    /// The query has more than 64 KiB.
    #[error("the query has {got} bytes, more than {max}")]
    QueryTooLong {
        /// How many it has.
        got: usize,
        /// The bound.
        max: usize,
    },
    /// The parameters are not one message.
    #[error(transparent)]
    Form(#[from] FormError),
    /// `SAMLEncoding` names something else than DEFLATE.
    #[error("the SAMLEncoding is {got:?}; only DEFLATE is known (SAML Bindings §3.4.4)")]
    Encoding {
        /// What it names.
        got: String,
    },
    /// The message is not a DEFLATE stream. A message of the POST binding, which is not deflated, looks like
    /// this.
    #[error("the message is base64 but not deflated (RFC 1951)")]
    NotDeflated,
    /// Bytes follow the end of the DEFLATE stream.
    #[error("{got} bytes follow the end of the deflated message")]
    TrailingBytes {
        /// How many.
        got: usize,
    },
    /// The XML would have more than 256 KiB; inflating stopped there (A23.5).
    #[error("the message inflates to more than {max} bytes")]
    MessageTooLong {
        /// The bound.
        max: usize,
    },
    /// `Signature` stands without `SigAlg`.
    #[error("there is a Signature but no SigAlg")]
    SignatureWithoutAlgorithm,
    /// `SigAlg` stands without `Signature`: the signature was taken away.
    #[error("there is the SigAlg {got:?} but no Signature")]
    AlgorithmWithoutSignature {
        /// The algorithm that is named.
        got: String,
    },
}

impl From<Field> for Name {
    fn from(field: Field) -> Self {
        match field {
            Field::SamlRequest => Self::SamlRequest,
            Field::SamlResponse => Self::SamlResponse,
        }
    }
}

/// A query in the making.
#[derive(Debug, Default)]
pub(super) struct QueryWriter {
    pub(super) text: String,
    pub(super) digits: HexDigits,
}

impl QueryWriter {
    /// The message, deflated, and RelayState.
    pub(super) fn message(&mut self, field: Field, xml: &str, relay_state: Option<&RelayState>) {
        let deflated = compress_to_vec(xml.as_bytes(), COMPRESSION_LEVEL);
        self.push(field.into(), &base64::encode(&deflated));
        if let Some(relay_state) = relay_state {
            self.push(Name::RelayState, relay_state.as_str());
        }
    }

    /// The algorithm of the signature, which the signature covers as well.
    pub(super) fn algorithm(&mut self, uri: &str) {
        self.push(Name::SigAlg, uri);
    }

    /// The signature over all that stands before.
    pub(super) fn signature(&mut self, signature: &[u8]) {
        self.push(Name::Signature, &base64::encode(signature));
    }

    fn push(&mut self, name: Name, value: &str) {
        push_parameter(&mut self.text, name.text(), "");
        form::percent_encode(value, self.digits, &mut self.text);
    }
}

/// Appends `name=value` to a query; `value` is already percent-encoded.
fn push_parameter(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    query.push_str(name);
    query.push('=');
    query.push_str(value);
}

/// Whether what stands before a `?` is an address. A query may have a `?` too, in a RelayState that its
/// sender did not encode (RFC 3986 §3.4): then parameters stand before it.
fn is_address(before: &str) -> bool {
    let has_scheme = || before.split_once("://").is_some_and(|(scheme, _)| !scheme.contains(['=', '&']));
    !before.contains(['=', '&']) || before.starts_with('/') || has_scheme()
}

/// Inflates as a stream into at most 256 KiB and one byte; the stream must end with the input.
fn inflate(deflated: &[u8]) -> Result<Vec<u8>, RedirectError> {
    const CAP: usize = MAX_MESSAGE + 1;
    let mut state = Box::<DecompressorOxide>::default();
    let mut xml = vec![0; (deflated.len() * 4).clamp(1024, CAP)];
    let (mut read, mut written) = (0, 0);
    loop {
        let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (status, consumed, produced) = decompress(&mut state, &deflated[read..], &mut xml, written, flags);
        read += consumed;
        written += produced;
        if written > MAX_MESSAGE {
            return Err(RedirectError::MessageTooLong { max: MAX_MESSAGE });
        }
        match status {
            TINFLStatus::Done if read < deflated.len() => {
                return Err(RedirectError::TrailingBytes { got: deflated.len() - read });
            }
            TINFLStatus::Done => {
                xml.truncate(written);
                return Ok(xml);
            }
            // The buffer is full, and below the cap since `written` is.
            TINFLStatus::HasMoreOutput => xml.resize((xml.len() * 2).min(CAP), 0),
            _ => return Err(RedirectError::NotDeflated),
        }
    }
}

#[cfg(test)]
mod tests {
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
        let query = format!(
            "SAMLRequest={}&RelayState=r&SigAlg=x&Signature=AQID&SAMLEncoding={DEFLATE_ENCODING}",
            message("<a/>")
        );
        assert!(RedirectBinding::parse(&query).is_ok());
        for name in ["SAMLRequest", "RelayState", "SigAlg", "Signature", "SAMLEncoding"] {
            assert_eq!(refusal(&format!("{query}&{name}=x")), RedirectError::Form(FormError::Repeated { name }));
        }
        assert_eq!(refusal(&format!("{query}&SAMLResponse=x")), RedirectError::Form(FormError::TwoMessages));
        assert_eq!(
            refusal(&format!("{query}&Si%67Alg=y")),
            RedirectError::Form(FormError::EncodedName { name: "SigAlg" })
        );
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
}
