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
#[non_exhaustive]
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
mod tests;
