//! The keys that sign ID tokens and logout tokens. RFC 7515, RFC 7518 §3.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use crate::algorithm::Algorithm;
use crate::id_token::Claims;
use crate::jwks::Jwk;
use crate::logout_token::LogoutClaims;
use crate::site_claims::{SITE_TOKEN_TYPE, SiteClaims};

/// Octets that a token's claims seldom exceed; more only cost another allocation.
const USUAL_CLAIMS: usize = 512;

/// A key pair, its public half as JWK, and the header of its tokens.
pub struct SigningKey {
    pair: Pair,
    jwk: Jwk,
    /// `{"alg":…,"kid":…,"typ":"JWT"}` in base64url: the same in every token.
    header: String,
}

enum Pair {
    Es256(EcdsaKeyPair),
    Rs256(rsa::KeyPair),
}

/// Why there is no key or no signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a key for the algorithm, in PKCS#8. The operator mends it.
    #[error("the signing key is not an unencrypted private key in PKCS#8 DER, P-256 for ES256 or RSA for RS256")]
    Pkcs8,
    /// An RSA key that RFC 7518 §3.3 does not allow, or one longer than applications take.
    #[error("the signing key is an RSA key of {got} bits; RS256 takes 2048 to 4096")]
    Length {
        /// Bits of the modulus.
        got: usize,
    },
    /// The crypto provider failed; nothing in the claims causes it.
    #[error("the crypto provider did not sign")]
    Provider,
}

impl SigningKey {
    /// Reads a private key for `algorithm` in PKCS#8 DER (RFC 5958), as key generators and `openssl pkcs8` write it.
    ///
    /// # Errors
    /// [`KeyError::Pkcs8`] for anything but such a key, [`KeyError::Length`] for an RSA key that is too short or too long.
    pub fn from_pkcs8(algorithm: Algorithm, der: &[u8]) -> Result<Self, KeyError> {
        let (pair, jwk) = match algorithm {
            Algorithm::Es256 => {
                let pair =
                    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map_err(|_| KeyError::Pkcs8)?;
                let jwk = Jwk::from_point(pair.public_key().as_ref()).ok_or(KeyError::Pkcs8)?;
                (Pair::Es256(pair), jwk)
            }
            Algorithm::Rs256 => {
                let pair = rsa::KeyPair::from_pkcs8(der).map_err(|_| KeyError::Pkcs8)?;
                let public = pair.public_key();
                let modulus = public.modulus().big_endian_without_leading_zero().to_vec();
                let exponent = public.exponent().big_endian_without_leading_zero().to_vec();
                let got = modulus.len() * 8;
                let jwk = Jwk::from_rsa(modulus, exponent).ok_or(KeyError::Length { got })?;
                (Pair::Rs256(pair), jwk)
            }
        };
        let header = header(&jwk, "JWT");
        Ok(Self { pair, jwk, header })
    }

    /// The key's name: its thumbprint. RFC 7638.
    pub fn kid(&self) -> &str {
        self.jwk.kid()
    }

    /// How it signs.
    pub fn algorithm(&self) -> Algorithm {
        self.jwk.algorithm()
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

    /// The token of a request to a site, in its compact form; its type tells it from every other token.
    ///
    /// # Errors
    /// [`KeyError::Provider`] when the crypto provider fails.
    pub fn sign_site(&self, claims: &SiteClaims<'_>) -> Result<String, KeyError> {
        self.sign_with_typ(SITE_TOKEN_TYPE, &json(claims)?)
    }

    pub(crate) fn sign_with_typ(&self, typ: &str, payload: &[u8]) -> Result<String, KeyError> {
        self.sign_with(&header(&self.jwk, typ), payload)
    }

    pub(crate) fn sign_payload(&self, payload: &[u8]) -> Result<String, KeyError> {
        self.sign_with(&self.header, payload)
    }

    fn sign_with(&self, header: &str, payload: &[u8]) -> Result<String, KeyError> {
        let signature_text = (self.signature_octets() * 4).div_ceil(3);
        let mut jws = String::with_capacity(header.len() + payload.len().div_ceil(3) * 4 + signature_text + 2);
        jws.push_str(header);
        jws.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut jws);
        let signature = self.signature(jws.as_bytes())?;
        jws.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut jws);
        Ok(jws)
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match &self.pair {
            Pair::Es256(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message).map_err(|_| KeyError::Provider)?;
                Ok(signature.as_ref().to_vec())
            }
            Pair::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let signed = pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature);
                signed.map_err(|_| KeyError::Provider)?;
                Ok(signature)
            }
        }
    }

    fn signature_octets(&self) -> usize {
        match &self.pair {
            Pair::Es256(_) => 64,
            Pair::Rs256(pair) => pair.public_modulus_len(),
        }
    }
}

fn header(jwk: &Jwk, typ: &str) -> String {
    let header = format!(r#"{{"alg":"{}","kid":"{}","typ":"{typ}"}}"#, jwk.algorithm(), jwk.kid());
    URL_SAFE_NO_PAD.encode(header)
}

pub(crate) fn json(claims: &impl Serialize) -> Result<Vec<u8>, KeyError> {
    let mut payload = Vec::with_capacity(USUAL_CLAIMS);
    serde_json::to_writer(&mut payload, claims).map_err(|_| KeyError::Provider)?;
    Ok(payload)
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm())
            .field("kid", &self.kid())
            .finish_non_exhaustive()
    }
}
