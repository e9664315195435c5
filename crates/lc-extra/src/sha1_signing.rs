//! RSA PKCS#1 v1.5 signatures over SHA-1: for doubles of old identity providers, never for us.

use aws_lc_sys as lc;

use crate::RsaPrivateKey;
use crate::owned::ForgetErrors;

/// The library could not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("signing failed")]
pub struct SignFailed;

const SHA1_LEN: usize = 20;

impl RsaPrivateKey {
    /// Signs `message` with RSASSA-PKCS1-v1_5 and SHA-1 (`http://www.w3.org/2000/09/xmldsig#rsa-sha1`).
    ///
    /// # Errors
    /// The library could not sign.
    #[expect(unsafe_code, reason = "foreign calls")]
    pub fn sign_pkcs1_sha1(&self, message: &[u8]) -> Result<Vec<u8>, SignFailed> {
        let _errors = ForgetErrors;
        let mut digest = [0_u8; SHA1_LEN];
        // SAFETY: `message` is readable for its length and `digest` has the 20 bytes that are written.
        unsafe { lc::SHA1(message.as_ptr(), message.len(), digest.as_mut_ptr()) };
        let rsa = self.key.rsa().ok_or(SignFailed)?;
        let mut signature = vec![0; self.modulus_len()];
        let mut len = 0;
        // SAFETY: `rsa` is borrowed from `self.key`, which is live; `digest` has the length given;
        // `signature` has the modulus' length, which is what `RSA_sign` writes at most.
        let done = unsafe {
            lc::RSA_sign(lc::NID_sha1, digest.as_ptr(), SHA1_LEN, signature.as_mut_ptr(), &raw mut len, rsa.as_ptr())
        };
        if done == 1 && usize::try_from(len) == Ok(signature.len()) { Ok(signature) } else { Err(SignFailed) }
    }
}
