//! Signatures over a query string, as the HTTP-Redirect binding makes them (SAML Bindings
//! §3.4.4.1). The octets are the caller's: as received, never decoded and encoded again, since
//! Entra writes percent-encoding in lower case (E-38).

use super::SignatureError;
use crate::algorithms::{Algorithms, SignatureAlgorithm};
use crate::keys::{SigningError, SigningKey, TrustedKeys};

/// Signs the octets of `SAMLRequest=…&RelayState=…&SigAlg=…`.
///
/// # Errors
/// The key does not fit the algorithm.
pub fn sign(key: &SigningKey, algorithm: SignatureAlgorithm, octets: &[u8]) -> Result<Vec<u8>, SigningError> {
    key.sign(algorithm, octets)
}

/// Verifies `signature` over `octets` and tells which key made it, by its place in `keys`.
///
/// `algorithm` is the decoded value of `SigAlg`.
///
/// # Errors
/// The algorithm is not accepted, or no key made the signature.
pub fn verify(
    keys: &TrustedKeys,
    algorithms: &Algorithms,
    octets: &[u8],
    algorithm: &str,
    signature: &[u8],
) -> Result<usize, SignatureError> {
    let algorithm = algorithms.signature(algorithm)?;
    keys.iter()
        .position(|key| key.verify(algorithm, octets, signature).is_ok())
        .ok_or(SignatureError::NoKeyMatches { tried: keys.len() })
}
