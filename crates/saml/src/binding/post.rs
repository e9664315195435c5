//! HTTP-POST: the message stands base64-encoded in a form that the browser posts by itself (SAML Bindings
//! §3.5).

use super::base64::{self, Base64Error};
use super::form::{self, Form, FormError, Name};
use super::{Field, MAX_MESSAGE, RelayState};
use crate::types::EndpointUrl;
use thiserror::Error;

/// The body of a form post is at most this many bytes long: 768 KiB, twice what 256 KiB of XML need as base64
/// with few characters percent-encoded (A21).
pub const MAX_BODY: usize = 768 * 1024;

/// What a browser posted to us, still base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostBinding {
    /// Which field the message stands in.
    pub field: Field,
    /// The message as base64; line breaks may stand in it.
    pub base64: Vec<u8>,
    /// RelayState as it was sent, from a stranger's browser: at most 2,048 bytes, and never an address to go
    /// to unless it is on a list (A23.1).
    pub relay_state: Option<String>,
}

impl PostBinding {
    /// Splits an `application/x-www-form-urlencoded` body of at most 768 KiB.
    ///
    /// Exactly one of SAMLRequest and SAMLResponse stands in it, and at most one RelayState; fields that SAML
    /// does not name are passed over.
    ///
    /// # Errors
    /// [`PostError::BodyTooLong`], [`PostError::SimpleSignUnsupported`], or [`PostError::Form`] with the rule
    /// for its fields that does not hold. The message itself is not looked at.
    pub fn parse(body: &[u8]) -> Result<Self, PostError> {
        if body.len() > MAX_BODY {
            return Err(PostError::BodyTooLong { got: body.len(), max: MAX_BODY });
        }
        let form = Form::split(body)?;
        let (field, value) = form.message()?;
        if form.raw(Name::Signature).is_some() || form.raw(Name::SigAlg).is_some() {
            return Err(PostError::SimpleSignUnsupported);
        }
        Ok(Self { field, base64: form::percent_decode(value, field.name())?, relay_state: form.relay_state()? })
    }

    /// The same where only a response may arrive: a message in the other field is none, whatever it says.
    ///
    /// # Errors
    /// Those of [`parse`](Self::parse), and [`PostError::RequestField`].
    pub fn parse_response(body: &[u8]) -> Result<Self, PostError> {
        let post = Self::parse(body)?;
        match post.field {
            Field::SamlResponse => Ok(post),
            Field::SamlRequest => Err(PostError::RequestField),
        }
    }

    /// The XML of the message.
    ///
    /// # Errors
    /// As [`decode`].
    pub fn xml(&self) -> Result<Vec<u8>, PostError> {
        decode(&self.base64)
    }
}

/// Decodes the value of a SAMLRequest or SAMLResponse field: strict base64, in which only CR and LF may stand
/// beside the alphabet, of at most 256 KiB of XML.
///
/// # Errors
/// [`PostError::MessageTooLong`] for more than 256 KiB of XML, or for a text more than a sixteenth longer
/// than these make, line breaks counted; [`PostError::Base64`] with the place of what is not base64.
pub fn decode(base64: &[u8]) -> Result<Vec<u8>, PostError> {
    // Text of n characters gives at most 3n/4 bytes. A text with so many line breaks that this misjudges it is
    // refused as well: MIME breaks each 76th.
    let max_text = MAX_MESSAGE.div_ceil(3) * 4;
    if base64.len() > max_text + max_text / 16 {
        return Err(PostError::MessageTooLong { max: MAX_MESSAGE });
    }
    let xml = base64::decode_lines(base64).map_err(PostError::Base64)?;
    if xml.len() > MAX_MESSAGE {
        return Err(PostError::MessageTooLong { max: MAX_MESSAGE });
    }
    Ok(xml)
}

/// A form that posts itself: what a page needs to write it. All values are to be escaped by the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostForm {
    /// Where the form is posted to.
    pub action: EndpointUrl,
    /// Names and values of its hidden fields, in order.
    pub fields: Vec<(&'static str, String)>,
}

impl PostForm {
    /// The form that carries a message, signed or not, to an endpoint.
    pub fn new(action: EndpointUrl, field: Field, xml: &str, relay_state: Option<&RelayState>) -> Self {
        let mut fields = vec![(field.name(), base64::encode(xml.as_bytes()))];
        fields.extend(relay_state.map(|value| (Name::RelayState.text(), value.as_str().to_owned())));
        Self { action, fields }
    }
}

/// Why a posted body is not one message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PostError {
    /// The body has more than 768 KiB.
    #[error("the form has {got} bytes, more than {max}")]
    BodyTooLong {
        /// How many it has.
        got: usize,
        /// The bound.
        max: usize,
    },
    /// The fields are not one message.
    #[error(transparent)]
    Form(#[from] FormError),
    /// The message stands in the field of requests, where a response is wanted.
    #[error("the message stands in the field SAMLRequest; SAMLResponse is wanted")]
    RequestField,
    /// A detached signature stands beside the message.
    #[error(
        "this is the HTTP-POST-SimpleSign binding (SigAlg or Signature in a form), which is not supported; HTTP-POST is wanted"
    )]
    SimpleSignUnsupported,
    /// The message is not strict base64.
    #[error("the message is not base64: {0}")]
    Base64(#[source] Base64Error),
    /// The XML would have more than 256 KiB.
    #[error("the message has more than {max} bytes of XML")]
    MessageTooLong {
        /// The bound.
        max: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::LoopbackHttp;

    fn refusal(body: &str) -> PostError {
        PostBinding::parse(body.as_bytes()).expect_err("the body is to be refused")
    }

    #[test]
    fn a_posted_response_is_read_with_its_relay_state() {
        let post = PostBinding::parse(b"SAMLResponse=PGE%2BPC9hPg%3d%3D&RelayState=a+b%20%C3%A9").expect("a form");
        assert_eq!(post.field, Field::SamlResponse);
        assert_eq!(post.relay_state.as_deref(), Some("a b é"));
        assert_eq!(post.xml(), Ok(b"<a></a>".to_vec()));
    }

    #[test]
    fn line_breaks_in_the_field_are_taken() {
        let post = PostBinding::parse(b"SAMLRequest=PGE%2B%0D%0APC9h%0APg%3D%3D%0D%0A").expect("a form");
        assert_eq!(post.xml(), Ok(b"<a></a>".to_vec()));
        assert_eq!(post.field, Field::SamlRequest);
    }

    #[test]
    fn fields_that_saml_does_not_name_are_passed_over() {
        let post = PostBinding::parse(b"Submit=Continue&Submit=x&SAMLResponse=PGEvPg%3D%3D&=&&x").expect("a form");
        assert_eq!(post.xml(), Ok(b"<a/>".to_vec()));
        assert_eq!(post.relay_state, None);
    }

    #[test]
    fn a23_4_several_messages_are_refused() {
        let repeated = |name| PostError::Form(FormError::Repeated { name });
        assert_eq!(refusal("SAMLResponse=PGEvPg==&SAMLResponse=PGIvPg=="), repeated("SAMLResponse"));
        assert_eq!(refusal("SAMLResponse=PGEvPg==&RelayState=a&RelayState=a"), repeated("RelayState"));
        assert_eq!(refusal("SAMLResponse=PGEvPg==&SAMLRequest=PGIvPg=="), PostError::Form(FormError::TwoMessages));
        assert_eq!(
            refusal("SAMLResponse=PGEvPg==&SAML%52esponse=PGIvPg=="),
            PostError::Form(FormError::EncodedName { name: "SAMLResponse" })
        );
    }

    #[test]
    fn a23_4_a_response_in_the_field_of_requests_is_refused() {
        let refused = PostBinding::parse_response(b"SAMLRequest=PGEvPg%3D%3D&RelayState=x");
        assert_eq!(refused, Err(PostError::RequestField));
        let taken = PostBinding::parse_response(b"SAMLResponse=PGEvPg%3D%3D&RelayState=x");
        assert_eq!(taken.expect("a response").field, Field::SamlResponse);
    }

    #[test]
    fn a_form_without_a_message_is_refused() {
        for body in ["", "RelayState=x", "samlresponse=PGEvPg==", "SAMLResponse="] {
            assert_eq!(refusal(body), PostError::Form(FormError::NoMessage), "{body}");
        }
    }

    #[test]
    fn a_field_without_equals_sign_is_refused() {
        for (body, name) in [("SAMLResponse", "SAMLResponse"), ("SAMLResponse=PGEvPg==&RelayState", "RelayState")] {
            assert_eq!(refusal(body), PostError::Form(FormError::NoValue { name }));
        }
    }

    #[test]
    fn other_bindings_are_refused_by_name() {
        assert_eq!(refusal("SAMLart=AAQ&RelayState=x"), PostError::Form(FormError::ArtifactUnsupported));
        assert_eq!(refusal("SAMLResponse=PGEvPg==&SigAlg=x&Signature=AA=="), PostError::SimpleSignUnsupported);
    }

    #[test]
    fn a23_4_base64_with_junk_is_refused() {
        let post = PostBinding::parse(b"SAMLResponse=PGE+PC9hPg%3D%3D").expect("a form");
        assert_eq!(post.xml(), Err(PostError::Base64(Base64Error::Byte { offset: 3, byte: b' ' })));
    }

    #[test]
    fn broken_percent_encoding_is_refused_with_its_place() {
        for body in ["SAMLResponse=AB%", "SAMLResponse=AB%4", "SAMLResponse=AB%zz"] {
            assert_eq!(
                refusal(body),
                PostError::Form(FormError::PercentEncoding { name: "SAMLResponse", offset: 2 }),
                "{body}"
            );
        }
    }

    #[test]
    fn a21_bounds_come_before_the_work() {
        assert_eq!(refusal(&"x".repeat(MAX_BODY + 1)), PostError::BodyTooLong { got: MAX_BODY + 1, max: MAX_BODY });
        assert_eq!(decode(&vec![b'A'; 400_000]), Err(PostError::MessageTooLong { max: MAX_MESSAGE }));
        let (fits, does_not) = (base64::encode(&vec![0; MAX_MESSAGE]), base64::encode(&vec![0; MAX_MESSAGE + 1]));
        assert_eq!(decode(fits.as_bytes()).map(|xml| xml.len()), Ok(MAX_MESSAGE));
        assert_eq!(decode(does_not.as_bytes()), Err(PostError::MessageTooLong { max: MAX_MESSAGE }));
        let long = format!("SAMLResponse=PGEvPg==&RelayState={}", "r".repeat(2049));
        assert_eq!(refusal(&long), PostError::Form(FormError::RelayStateTooLong { got: 2049, max: 2048 }));
    }

    #[test]
    fn a_relay_state_that_is_not_text_is_refused() {
        assert_eq!(
            refusal("SAMLResponse=PGEvPg==&RelayState=%ff"),
            PostError::Form(FormError::NotUtf8 { name: "RelayState" })
        );
    }

    #[test]
    fn a_form_that_we_make_is_a_form_that_we_read() {
        let action = EndpointUrl::new("https://idp.example.org/sso", LoopbackHttp::Refuse).expect("a URL");
        let relay_state = RelayState::new("a&b=c").expect("short");
        let form = PostForm::new(action, Field::SamlRequest, "<a>é</a>", Some(&relay_state));
        let mut body = String::new();
        for (name, value) in &form.fields {
            body.push_str(name);
            body.push('=');
            form::percent_encode(value, crate::binding::HexDigits::Upper, &mut body);
            body.push('&');
        }
        let post = PostBinding::parse(body.as_bytes()).expect("our own form");
        assert_eq!(post.xml(), Ok("<a>é</a>".as_bytes().to_vec()));
        assert_eq!(post.relay_state.as_deref(), Some("a&b=c"));
    }
}
