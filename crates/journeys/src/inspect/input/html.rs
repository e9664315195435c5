//! The page with which an identity provider lets the browser post its answer: the hidden fields of the first SAML form.

use vestibule_saml::binding::post;

use super::{Input, Undecodable, Wrapping, xml};

/// Whether markup is a web page rather than XML for us.
pub(super) fn is_page(markup: &[u8]) -> bool {
    let is = |name: &str| {
        ["html", "head", "body", "form", "input", "div", "script", "noscript", "title", "meta"]
            .iter()
            .any(|tag| name.eq_ignore_ascii_case(tag))
    };
    xml::root_name(markup).is_some_and(is)
}

/// The message in the page, if there is a form with one.
pub(super) fn recognise(page: &[u8]) -> Option<Input> {
    let page = String::from_utf8_lossy(page);
    let fields: Vec<(String, String)> = inputs(&page).filter_map(named_value).collect();
    let find = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value);
    let value = find("SAMLResponse").or_else(|| find("SAMLRequest"))?;
    let xml = post::decode(value.as_bytes()).map_err(Undecodable::Base64);
    Some(Input::field(Wrapping::Page, value.as_bytes(), xml).with_relay_state(find("RelayState").cloned()))
}

/// What stands between `<input` and `>` of each field.
fn inputs(page: &str) -> impl Iterator<Item = &str> {
    page.split('<').filter_map(|tag| {
        let name = tag.get(..5)?;
        name.eq_ignore_ascii_case("input").then(|| &tag[5..])
    })
}

fn named_value(tag: &str) -> Option<(String, String)> {
    let (mut name, mut value) = (None, None);
    let mut rest = tag;
    while let Some(equals) = rest.find(['=', '>']) {
        if rest[equals..].starts_with('>') {
            break;
        }
        let attribute = rest[..equals].trim().rsplit(char::is_whitespace).next().unwrap_or_default();
        let (text, behind) = quoted(rest[equals + 1..].trim_start());
        match attribute {
            name_ if name_.eq_ignore_ascii_case("name") => name = Some(unescaped(text)),
            value_ if value_.eq_ignore_ascii_case("value") => value = Some(unescaped(text)),
            _ => {}
        }
        rest = behind;
    }
    Some((name?, value?))
}

/// An attribute's value, and what stands behind it.
fn quoted(text: &str) -> (&str, &str) {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
    let Some(quote) = quote else {
        return text.split_at(text.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(text.len()));
    };
    let inside = &text[1..];
    inside.split_once(quote).unwrap_or((inside, ""))
}

/// The references that pages write into a value of base64 or a RelayState.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let reference = rest.bytes().take(10).position(|b| b == b';').map(|end| (&rest[1..end], end + 1));
        let (c, length) = reference.and_then(|(name, length)| Some((character(name)?, length))).unwrap_or(('&', 1));
        out.push(c);
        rest = &rest[length..];
    }
    out + rest
}

fn character(name: &str) -> Option<char> {
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "plus" => Some('+'),
        "equals" => Some('='),
        "sol" => Some('/'),
        "NewLine" => Some('\n'),
        _ => match name.strip_prefix('#')? {
            hex if hex.starts_with(['x', 'X']) => number(&hex[1..], 16),
            decimal => number(decimal, 10),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::input::{Content, Kind};

    #[test]
    fn the_hidden_fields_are_found_however_they_are_written() {
        let page = b"<!DOCTYPE html><html><body onload='x()'><FORM action='https://sp.example.com/acs'>\
            <input type=hidden name=RelayState value='a&amp;b'>\
            <INPUT VALUE=\"PGE&#x2B;PC9hPg&#61;&#x3d;\" type='hidden' name='SAMLResponse' /></form>";
        let input = recognise(page).expect("a form");
        assert_eq!(input.relay_state.as_deref(), Some("a&b"));
        let Content::Field { value, xml } = input.content else { panic!("a field") };
        assert_eq!((value.as_slice(), xml.as_deref()), (&b"PGE+PC9hPg=="[..], Ok(&b"<a></a>"[..])));
        assert_eq!(input.kind, Kind::Unknown);
    }

    #[test]
    fn a_page_without_a_saml_form_has_no_message() {
        assert!(is_page(b"<!doctype html><html><title>Sign in</title>"));
        assert!(recognise(b"<html><input name=user value=x><input name=SAMLResponse><input").is_none());
        assert!(!is_page(b"<samlp:Response>"));
    }
}
