//! An ID token of ours that comes back to us, as a hint whose session is meant. RP-Initiated Logout 1.0 §2.
//!
//! It says who somebody was, and proves nothing of who asks: whoever has it may have found it. One that has expired is
//! as good as a young one (§4).

use serde::Deserialize;

use crate::claims::AccountClaim;
use crate::client::{ClientId, ClientIdError};
use crate::excerpt::excerpt;
use crate::issuer::Issuer;
use crate::jwks::Jwks;
use crate::relying_party::Audience;
use crate::relying_party::verify::{self, VerifyError};

/// An ID token that we issued once; [`IdTokenHint::verify`] alone returns one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IdTokenHint {
    /// To whom it was issued.
    pub client_id: ClientId,
    /// Whom it is about.
    pub sub: String,
    /// The session in which it was issued.
    pub sid: Option<String>,
    /// The account that was signed in to.
    pub account: Option<AccountClaim>,
}

/// Why a text is no ID token of ours. The application's developer mends it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenHintError {
    /// Not a token that one of our keys signed.
    #[error(transparent)]
    Token(#[from] VerifyError),
    /// A token of another kind, such as a logout token.
    #[error("the token is a '{got}', not an ID token")]
    Kind {
        /// The type in its header, cut and printable.
        got: String,
    },
    /// For several applications, or for one that cannot be registered.
    #[error("the ID token is for '{got}', which is no application")]
    Audience {
        /// `aud`, cut and printable.
        got: String,
    },
}

impl IdTokenHint {
    /// The ID token in `jws`, when a key of `keys` signed it and `issuer` issued it, whatever its age.
    ///
    /// # Errors
    /// [`IdTokenHintError`] names the first check that failed; claims are looked at only behind a good signature.
    pub fn verify(jws: &str, keys: &Jwks, issuer: &Issuer) -> Result<Self, IdTokenHintError> {
        #[derive(Deserialize)]
        struct Claims {
            iss: String,
            sub: String,
            aud: Audience,
            sid: Option<String>,
            account: Option<AccountClaim>,
        }
        let (kind, payload) = verify::verify_signature(jws, keys)?;
        // A token without a type, or of the general one, is an ID token here: all others of ours name theirs.
        if !kind.is_empty() && !kind.eq_ignore_ascii_case("JWT") {
            return Err(IdTokenHintError::Kind { got: excerpt(&kind) });
        }
        let claims: Claims = verify::json(payload, "payload")?;
        if claims.iss != issuer.as_str() {
            return Err(VerifyError::Issuer { got: excerpt(&claims.iss), want: issuer.clone() }.into());
        }
        let unknown = |got: &str| IdTokenHintError::Audience { got: excerpt(got) };
        let client_id = match &claims.aud {
            Audience::One(one) => one,
            Audience::Many(many) => match many.as_slice() {
                [one] => one,
                several => return Err(unknown(&several.join(" "))),
            },
        };
        let client_id = ClientId::new(client_id.as_str()).map_err(|_: ClientIdError| unknown(client_id))?;
        Ok(Self { client_id, sub: claims.sub, sid: claims.sid, account: claims.account })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::SigningKey;
    use crate::relying_party::tests::{key, other_key};

    fn issuer() -> Issuer {
        Issuer::new("https://sso.example.com").unwrap()
    }

    fn claims(more: &serde_json::Value) -> serde_json::Value {
        let mut claims = serde_json::json!({
            "iss": "https://sso.example.com", "sub": "u-1", "aud": "board", "exp": 60, "iat": 0, "sid": "s-1",
            "account": {"id": "a-1", "slug": "acme"},
        });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        claims
    }

    fn signed(key: &SigningKey, typ: &str, claims: &serde_json::Value) -> String {
        key.sign_with_typ(typ, claims.to_string().as_bytes()).unwrap()
    }

    fn judged(key: &SigningKey, more: &serde_json::Value) -> Result<IdTokenHint, IdTokenHintError> {
        let jws = signed(key, "JWT", &claims(more));
        IdTokenHint::verify(&jws, &Jwks::new([self::key().jwk().clone()]), &issuer())
    }

    #[test]
    fn an_expired_token_of_ours_is_a_hint() {
        let hint = judged(&key(), &serde_json::json!({})).unwrap();
        assert_eq!((hint.client_id.as_str(), hint.sub.as_str()), ("board", "u-1"));
        assert_eq!((hint.sid.as_deref(), hint.account.unwrap().slug.as_str()), (Some("s-1"), "acme"));
        let listed = judged(&key(), &serde_json::json!({"aud": ["board"]})).unwrap();
        assert_eq!(listed.client_id.as_str(), "board");
    }

    #[test]
    fn a_token_of_another_issuer_or_key_or_kind_is_no_hint() {
        let elsewhere = judged(&key(), &serde_json::json!({"iss": "https://other.example.com"})).unwrap_err();
        let want = VerifyError::Issuer { got: "https://other.example.com".into(), want: issuer() };
        assert_eq!(elsewhere, IdTokenHintError::Token(want));

        let several = judged(&key(), &serde_json::json!({"aud": ["board", "other"]})).unwrap_err();
        assert_eq!(several, IdTokenHintError::Audience { got: "board other".into() });

        let keys = Jwks::new([key().jwk().clone()]);
        let logout = signed(&key(), "logout+jwt", &claims(&serde_json::json!({})));
        let logout = IdTokenHint::verify(&logout, &keys, &issuer()).unwrap_err();
        assert_eq!(logout, IdTokenHintError::Kind { got: "logout+jwt".into() });
        let foreign = judged(&other_key(), &serde_json::json!({})).unwrap_err();
        assert!(matches!(foreign, IdTokenHintError::Token(VerifyError::UnknownKey { .. })), "{foreign}");

        let jws = signed(&key(), "JWT", &claims(&serde_json::json!({})));
        let nobody = IdTokenHint::verify(&jws, &Jwks::new([]), &issuer()).unwrap_err();
        assert!(matches!(nobody, IdTokenHintError::Token(VerifyError::UnknownKey { .. })), "{nobody}");
        let other = signed(&key(), "JWT", &claims(&serde_json::json!({"sub": "u-2"})));
        let (head, _) = other.rsplit_once('.').unwrap();
        let torn = format!("{head}.{}", jws.rsplit_once('.').unwrap().1);
        let torn = IdTokenHint::verify(&torn, &keys, &issuer()).unwrap_err();
        assert_eq!(torn, IdTokenHintError::Token(VerifyError::Signature));
        for garbage in ["", ".", "..", "a.b.c", "…", &"a".repeat(20_000)] {
            assert!(IdTokenHint::verify(garbage, &keys, &issuer()).is_err(), "{garbage}");
        }
    }
}
