//! JWTs, which people paste where they mean a SAML response (CC-30). Decoded to be told; never verified.

use serde_json::{Map, Value};
use vestibule_saml::binding::post;

/// What a JWT says, unverified.
#[derive(Debug)]
pub struct Token {
    pub header: Map<String, Value>,
    /// The claims; none where they are encrypted.
    pub claims: Option<Map<String, Value>>,
}

impl Token {
    /// Reads the compact form of RFC 7515 (three parts) or RFC 7516 (five parts, encrypted).
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix("Bearer ").unwrap_or(text).trim_start();
        let parts: Vec<&str> = text.split('.').take(6).collect();
        let header = object(parts.first()?)?;
        header.get("alg")?.as_str()?;
        match parts.as_slice() {
            [_, claims, _] => Some(Self { claims: Some(object(claims)?), header }),
            [_, _, _, _, _] if header.contains_key("enc") => Some(Self { claims: None, header }),
            _ => None,
        }
    }
}

fn object(part: &str) -> Option<Map<String, Value>> {
    let mut base64 = part.replace('-', "+").replace('_', "/");
    base64.push_str(["", "", "==", "="][base64.len() % 4]);
    match serde_json::from_slice(&post::decode(base64.as_bytes()).ok()?).ok()? {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Header `{"alg":"none"}`, claims `{"sub":"x"}`.
    const TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln";

    #[test]
    fn a_jwt_is_read_with_and_without_its_scheme() {
        for text in [TOKEN.to_owned(), format!("Bearer {TOKEN}\n")] {
            let token = Token::read(&text).expect("a JWT");
            assert_eq!(token.claims.and_then(|mut claims| claims.remove("sub")), Some(Value::from("x")));
        }
    }

    #[test]
    fn dots_alone_make_no_jwt() {
        for text in ["", "a.b.c", "1.2.3", "eyJhbGciOiJub25lIn0", "e30.e30.e30", "eyJhbGciOiJub25lIn0.a.b.c"] {
            assert!(Token::read(text).is_none(), "{text}");
        }
    }
}
