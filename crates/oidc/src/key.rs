//! The key that signs ID tokens and logout tokens: ES256. RFC 7518 §3.4, RFC 7515.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use crate::id_token::Claims;
use crate::jwks::Jwk;
use crate::logout_token::LogoutClaims;

/// Octets that a token's claims seldom exceed; more only cost another allocation.
const USUAL_CLAIMS: usize = 512;

/// Characters of an ES256 signature in base64url.
const SIGNATURE_TEXT: usize = 86;

/// A P-256 key pair, its public half as JWK, and the header of its tokens.
pub struct SigningKey {
    pair: EcdsaKeyPair,
    jwk: Jwk,
    /// `{"alg":"ES256","kid":…,"typ":"JWT"}` in base64url: the same in every token.
    header: String,
}

/// Why there is no key or no signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a P-256 key in PKCS#8. The operator mends it.
    #[error("the signing key is not an unencrypted P-256 private key in PKCS#8 DER")]
    Pkcs8,
    /// The crypto provider failed; nothing in the claims causes it.
    #[error("the crypto provider did not sign")]
    Provider,
}

impl SigningKey {
    /// Reads a private key in PKCS#8 DER (RFC 5958), as `EcdsaKeyPair::generate` and `openssl pkcs8` write it.
    ///
    /// # Errors
    /// [`KeyError::Pkcs8`] for anything but a P-256 key.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map_err(|_| KeyError::Pkcs8)?;
        let jwk = Jwk::from_point(pair.public_key().as_ref()).ok_or(KeyError::Pkcs8)?;
        let header = header(&jwk, "JWT");
        Ok(Self { pair, jwk, header })
    }

    /// The key's name: its thumbprint. RFC 7638.
    pub fn kid(&self) -> &str {
        self.jwk.kid()
    }

    /// The public half, for the [`crate::Jwks`].
    pub fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// The ID token in its compact form. RFC 7515 §3.1.
    ///
    /// # Errors
    /// [`KeyError::Provider`] when the crypto provider fails.
    pub fn sign(&self, claims: &Claims<'_>) -> Result<String, KeyError> {
        self.sign_payload(&json(claims)?)
    }

    /// The logout token in its compact form; its type tells it from every other token. Back-Channel Logout §2.4.
    ///
    /// # Errors
    /// [`KeyError::Provider`] when the crypto provider fails.
    pub fn sign_logout(&self, claims: &LogoutClaims<'_>) -> Result<String, KeyError> {
        self.sign_with_typ("logout+jwt", &json(claims)?)
    }

    pub(crate) fn sign_with_typ(&self, typ: &str, payload: &[u8]) -> Result<String, KeyError> {
        self.sign_with(&header(&self.jwk, typ), payload)
    }

    pub(crate) fn sign_payload(&self, payload: &[u8]) -> Result<String, KeyError> {
        self.sign_with(&self.header, payload)
    }

    fn sign_with(&self, header: &str, payload: &[u8]) -> Result<String, KeyError> {
        let mut jws = String::with_capacity(header.len() + payload.len().div_ceil(3) * 4 + SIGNATURE_TEXT + 2);
        jws.push_str(header);
        jws.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut jws);
        let signature = self.pair.sign(&SystemRandom::new(), jws.as_bytes()).map_err(|_| KeyError::Provider)?;
        jws.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut jws);
        Ok(jws)
    }
}

fn header(jwk: &Jwk, typ: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"ES256","kid":"{}","typ":"{typ}"}}"#, jwk.kid()))
}

fn json(claims: &impl Serialize) -> Result<Vec<u8>, KeyError> {
    let mut payload = Vec::with_capacity(USUAL_CLAIMS);
    serde_json::to_writer(&mut payload, claims).map_err(|_| KeyError::Provider)?;
    Ok(payload)
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid()).finish_non_exhaustive()
    }
}
