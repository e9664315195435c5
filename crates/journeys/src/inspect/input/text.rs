//! Text that is not markup: base64, form bodies, addresses, certificates, tokens.

use vestibule_saml::binding::Field;
use vestibule_saml::binding::post::{self, PostBinding, PostError};
use vestibule_saml::binding::redirect::RedirectBinding;
use vestibule_xmlsec::keys::read_certificates;

use super::{Content, Input, Kind, Token, Undecodable, Wrapping};

/// The fields that begin a line of their own where a browser's tools list them.
const FIELDS: [&str; 5] = ["SAMLResponse", "SAMLRequest", "RelayState", "SigAlg", "Signature"];

pub(super) fn recognise(text: &str) -> Input {
    let text = text.trim().trim_matches(['"', '\'']).trim();
    if text.is_empty() {
        return Input::nothing(Undecodable::Empty);
    }
    if text.contains("-----BEGIN") {
        return match read_certificates(text.as_bytes()) {
            Ok(certificates) => Input::certificates(Wrapping::Bare, certificates),
            Err(error) => Input::nothing(Undecodable::Certificate(error)),
        };
    }
    if let Some(token) = Token::read(text) {
        let content = Content::Token(token);
        return Input { kind: Kind::Jwt, wrapping: Wrapping::Bare, content, relay_state: None };
    }
    if has_parameter(text) {
        return parameters(text);
    }
    if let Some(input) = listed(text) {
        return input;
    }
    if text.starts_with("https://") || text.starts_with("http://") {
        return Input::nothing(Undecodable::Address);
    }
    if text.contains('<') {
        // XML with something before it, which the parser refuses by name.
        return Input::xml(Wrapping::Bare, text.as_bytes().to_vec(), None);
    }
    if text.starts_with(['{', '[']) {
        return Input::nothing(Undecodable::Json);
    }
    base64(text)
}

/// Whether `SAMLResponse=` or the like stands where a parameter begins.
fn has_parameter(text: &str) -> bool {
    ["SAMLResponse=", "SAMLRequest=", "SAMLart="].iter().any(|name| {
        text.match_indices(name).any(|(at, _)| {
            text[..at]
                .chars()
                .next_back()
                .is_none_or(|before| matches!(before, '?' | '&' | '#') || before.is_whitespace())
        })
    })
}

/// A Redirect URL, its query, or the body of a form post: all look alike, and what the message decodes to decides.
fn parameters(text: &str) -> Input {
    let joined = join(text);
    let query = joined.split_once('?').map_or(joined.as_str(), |(_, query)| query);
    let post = PostBinding::parse(query.as_bytes()).map(|post| as_copied(post, query));
    if let Ok(form) = &post
        && let Ok(xml) = form.xml()
        && is_markup(&xml)
    {
        return Input::field(Wrapping::Form, &form.base64, Ok(xml)).with_relay_state(form.relay_state.clone());
    }
    let redirect = RedirectBinding::parse(&joined);
    match (redirect, post) {
        (Ok(redirect), _) => {
            let wrapping = Wrapping::Query { signed: redirect.signature.is_some() };
            Input::xml(wrapping, redirect.xml, None).with_relay_state(redirect.relay_state)
        }
        (Err(error), _) if joined.contains('?') || joined.contains("SigAlg=") => {
            Input::nothing(Undecodable::Query(error))
        }
        (Err(_), Ok(form)) => {
            let xml = form.xml().map_err(Undecodable::Base64);
            Input::field(Wrapping::Form, &form.base64, xml).with_relay_state(form.relay_state)
        }
        (Err(_), Err(error)) => Input::nothing(Undecodable::Form(error)),
    }
}

/// One line, as a browser sends it: a copy may be wrapped, or have a line for each field.
fn join(text: &str) -> String {
    let begins_field =
        |line: &str| FIELDS.iter().any(|name| line.strip_prefix(name).is_some_and(|rest| rest.starts_with('=')));
    let mut joined = String::with_capacity(text.len());
    for line in text.split_ascii_whitespace() {
        if !joined.is_empty() && begins_field(line) && !joined.ends_with(['?', '&']) {
            joined.push('&');
        }
        joined.push_str(line);
    }
    joined
}

/// A browser's tools also show the fields decoded. Then nothing is percent-encoded, and a plus is a plus.
fn as_copied(mut post: PostBinding, query: &str) -> PostBinding {
    if !query.contains('%') {
        post.base64.iter_mut().filter(|b| **b == b' ').for_each(|b| *b = b'+');
    }
    post
}

/// `SAMLResponse: PHNhbWxw…`, or the value below the name, as a browser's tools list the fields of a form.
fn listed(text: &str) -> Option<Input> {
    let rest = [Field::SamlResponse, Field::SamlRequest].iter().find_map(|field| text.strip_prefix(field.name()))?;
    let rest = rest.strip_prefix(|c: char| c == ':' || c.is_whitespace())?;
    let (value, relay_state) = rest.split_once("RelayState").map_or((rest, None), |(value, relay_state)| {
        (value, Some(relay_state.trim_start_matches(':').trim().to_owned()).filter(|text| !text.is_empty()))
    });
    let input = base64(value.trim().trim_matches(['"', '\'']).trim());
    let wrapping = if input.wrapping == Wrapping::Base64 { Wrapping::Form } else { input.wrapping };
    Some(Input { wrapping, ..input }.with_relay_state(relay_state))
}

/// The value of a field or parameter alone, or a certificate without its PEM lines.
fn base64(text: &str) -> Input {
    let decoded = post::decode(text.as_bytes());
    if let Ok(xml) = &decoded
        && is_markup(xml)
    {
        return Input::field(Wrapping::Base64, text.as_bytes(), Ok(xml.clone()));
    }
    if let Ok(certificates) = read_certificates(text.as_bytes()) {
        return Input::certificates(Wrapping::Base64, certificates);
    }
    let repaired = repaired(text);
    match (post::decode(repaired.as_bytes()), decoded) {
        (Ok(xml), _) if is_markup(&xml) => Input::field(Wrapping::Base64, text.as_bytes(), Ok(xml)),
        (Ok(bytes), decoded) => {
            if let Some(xml) = inflated(&repaired) {
                return Input::xml(Wrapping::DeflatedBase64, xml, None);
            }
            let error = decoded.map_or_else(Undecodable::Base64, |_| Undecodable::Something { bytes: bytes.len() });
            Input::field(Wrapping::Base64, text.as_bytes(), Err(error))
        }
        (Err(error), decoded) => {
            let error: PostError = decoded.err().unwrap_or(error);
            Input::field(Wrapping::Base64, text.as_bytes(), Err(Undecodable::Base64(error)))
        }
    }
}

/// Base64 without what copying may have done to it: percent-encoding, the URL-safe alphabet, lost padding, spaces. It
/// says what was meant; what is judged is the text as it stands.
fn repaired(text: &str) -> String {
    let mut text: String = text.split_whitespace().collect();
    for (encoded, plain) in [("%2B", "+"), ("%2F", "/"), ("%3D", "="), ("%0D", ""), ("%0A", "")] {
        if text.contains('%') {
            text = text.replace(encoded, plain).replace(&encoded.to_ascii_lowercase(), plain);
        }
    }
    if !text.contains(['+', '/']) {
        text = text.replace('-', "+").replace('_', "/");
    }
    let padding = ["", "", "==", "="][text.len() % 4];
    if !text.ends_with('=') {
        text.push_str(padding);
    }
    text
}

fn inflated(base64: &str) -> Option<Vec<u8>> {
    let encoded = base64.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    RedirectBinding::parse(&format!("SAMLRequest={encoded}"))
        .ok()
        .map(|redirect| redirect.xml)
        .filter(|xml| is_markup(xml))
}

fn is_markup(bytes: &[u8]) -> bool {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start().starts_with(b"<")
}

#[cfg(test)]
mod tests {
    use super::*;
    use vestibule_saml::binding::redirect;

    const XML: &str = "<samlp:Response xmlns:samlp='urn:oasis:names:tc:SAML:2.0:protocol' ID='>>>???'/>";
    const BASE64: &str =
        "PHNhbWxwOlJlc3BvbnNlIHhtbG5zOnNhbWxwPSd1cm46b2FzaXM6bmFtZXM6dGM6U0FNTDoyLjA6cHJvdG9jb2wnIElEPSc+Pj4/Pz8nLz4=";

    fn xml_of(text: &str) -> (Wrapping, String) {
        let input = recognise(text);
        assert_eq!(input.kind, Kind::Response, "{text}");
        (input.wrapping, String::from_utf8_lossy(input.xml_bytes().expect("XML")).into_owned())
    }

    /// CC-21.
    #[test]
    fn base64_is_found_as_it_is_copied() {
        let percent = BASE64.replace('+', "%2B").replace('/', "%2f").replace('=', "%3D");
        let url_safe = BASE64.replace('+', "-").replace('/', "_").replace('=', "");
        let wrapped = BASE64.as_bytes().chunks(20).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\r\n");
        for text in
            [BASE64.to_owned(), format!("\"{BASE64}\"\n"), percent, url_safe, wrapped.replace("\r\n", "\n  "), wrapped]
        {
            assert_eq!(xml_of(&text), (Wrapping::Base64, XML.to_owned()));
        }
    }

    /// CC-20.
    #[test]
    fn a_form_body_is_found_encoded_and_decoded() {
        let percent = BASE64.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        for text in [
            format!("SAMLResponse={percent}&RelayState=x"),
            format!("RelayState=x&SAMLResponse={percent}"),
            format!("SAMLResponse={BASE64}\nRelayState=x"),
            format!("SAMLResponse: {BASE64}\nRelayState: x"),
            format!("SAMLResponse\n{BASE64}\nRelayState\nx"),
        ] {
            assert_eq!(xml_of(&text), (Wrapping::Form, XML.to_owned()), "{text}");
            assert_eq!(recognise(&text).relay_state.as_deref(), Some("x"), "{text}");
        }
    }

    #[test]
    fn a_redirect_url_is_found_whole_and_in_parts() {
        let query = redirect::query(Field::SamlResponse, XML, None);
        let value =
            query.trim_start_matches("SAMLResponse=").replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
        for text in [format!("https://sp.example.com/acs?{query}"), format!("?{query}"), query] {
            assert_eq!(xml_of(&text), (Wrapping::Query { signed: false }, XML.to_owned()));
        }
        assert_eq!(xml_of(&value), (Wrapping::DeflatedBase64, XML.to_owned()));
    }

    #[test]
    fn what_is_none_of_these_is_told_by_name() {
        let why = |text: &str| match recognise(text).content {
            Content::Nothing(why) | Content::Field { xml: Err(why), .. } => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(why("https://login.example.com/"), Undecodable::Address);
        assert_eq!(why("{\"issuer\":\"x\"}"), Undecodable::Json);
        assert_eq!(why("aGVsbG8="), Undecodable::Something { bytes: 5 });
        assert!(matches!(why("hello!"), Undecodable::Base64(_)));
        assert!(matches!(why("SAMLResponse=x&SAMLRequest=y"), Undecodable::Form(_)));
        assert!(matches!(why("https://sp.example.com/?SAMLResponse=PGEvPg"), Undecodable::Query(_)));
    }
}
