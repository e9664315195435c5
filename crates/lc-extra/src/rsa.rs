//! RSA-OAEP (RFC 8017 §7.1) with an empty label and a hash each for the label and for MGF1.

use std::fmt;

use aws_lc_sys as lc;

use crate::Secret;
use crate::owned::{ForgetErrors, PKey, PKeyContext, Rsa};

/// Modulus sizes accepted, in bits.
const MODULUS_BITS: std::ops::RangeInclusive<u32> = 2048..=8192;
/// The smallest public exponent accepted.
const MIN_EXPONENT: u64 = 65_537;

/// A hash function inside OAEP. SHA-1 is safe there: neither use needs collision resistance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hash {
    /// SHA-1, the default of XML Encryption.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// Why a key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRejected {
    /// The bytes are not an RSA key in the expected encoding, or its numbers do not fit together.
    #[error("not a usable RSA key")]
    Malformed,
    /// The modulus is outside 2048 to 8192 bits.
    #[error("the RSA key has {got} bits, accepted are 2048 to 8192")]
    Size {
        /// Bits of the modulus.
        got: u32,
    },
    /// The public exponent is below 65537.
    #[error("the RSA key has the public exponent {got}, accepted is 65537 or more")]
    Exponent {
        /// The exponent.
        got: u64,
    },
}

/// The ciphertext was not made for this key with these hashes. No more is said, by design: the
/// reason would be an oracle (Manger 2001).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not decryptable with this key")]
pub struct DecryptFailed;

/// The plaintext is too long for this key and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{got} bytes are too long for RSA-OAEP with this key and digest")]
pub struct EncryptFailed {
    /// Bytes of plaintext.
    pub got: usize,
}

/// An RSA private key of 2048 to 8192 bits. Can be used from several threads at once.
pub struct RsaPrivateKey {
    pub(crate) key: PKey,
}

/// An RSA public key of 2048 to 8192 bits. Can be used from several threads at once.
pub struct RsaPublicKey {
    key: PKey,
}

impl RsaPrivateKey {
    /// Reads an unencrypted PKCS#8 `PrivateKeyInfo` (RFC 5208) that holds an RSA key.
    ///
    /// # Errors
    /// [`KeyRejected::Malformed`] for another encoding, another kind of key or bytes behind the
    /// key; [`KeyRejected::Size`] or [`KeyRejected::Exponent`] for an RSA key outside
    /// 2048 to 8192 bits or with a public exponent below 65537.
    #[expect(unsafe_code, reason = "foreign calls")]
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyRejected> {
        let _errors = ForgetErrors;
        let mut cbs = cbs(der);
        // SAFETY: `cbs` describes `der`, which outlives the call; returns null or a key that we own.
        let raw = unsafe { lc::EVP_parse_private_key(&raw mut cbs) };
        // SAFETY: as above.
        let key = unsafe { PKey::from_raw(raw) }.ok_or(KeyRejected::Malformed)?;
        Self::checked(key, cbs.len)
    }

    /// Reads a PKCS#1 `RSAPrivateKey` (RFC 8017 A.1.2).
    ///
    /// # Errors
    /// As [`from_pkcs8`](Self::from_pkcs8).
    #[expect(unsafe_code, reason = "foreign calls")]
    pub fn from_pkcs1(der: &[u8]) -> Result<Self, KeyRejected> {
        let _errors = ForgetErrors;
        let mut cbs = cbs(der);
        // SAFETY: `cbs` describes `der`, which outlives the call; returns null or a key that we own.
        let raw = unsafe { lc::RSA_parse_private_key(&raw mut cbs) };
        // SAFETY: as above.
        let rsa = unsafe { Rsa::from_raw(raw) }.ok_or(KeyRejected::Malformed)?;
        let key = PKey::of_rsa(&rsa).ok_or(KeyRejected::Malformed)?;
        Self::checked(key, cbs.len)
    }

    fn checked(key: PKey, left_over: usize) -> Result<Self, KeyRejected> {
        check(&key, left_over)?;
        Ok(Self { key })
    }

    /// Bits of the modulus.
    pub fn bits(&self) -> u32 {
        bits(&self.key)
    }

    /// Bytes of the modulus: the length of every ciphertext and signature.
    pub fn modulus_len(&self) -> usize {
        modulus_len(&self.key)
    }

    /// Decrypts with RSA-OAEP, an empty label, `digest` for the label and `mgf1` for the mask.
    ///
    /// A failure carries no reason. The library takes the same time for each of them once the
    /// ciphertext has the length of the modulus, which is public.
    ///
    /// # Errors
    /// [`DecryptFailed`] whatever is wrong with the ciphertext, its length among it.
    #[expect(unsafe_code, reason = "foreign call")]
    pub fn decrypt_oaep(&self, digest: Hash, mgf1: Hash, ciphertext: &[u8]) -> Result<Secret, DecryptFailed> {
        let _errors = ForgetErrors;
        let mut context = oaep(&self.key, Direction::Decrypt, digest, mgf1).ok_or(DecryptFailed)?;
        let mut len = self.modulus_len();
        let mut plaintext = Secret::zeroed(len);
        // SAFETY: the context is initialised for decryption; `plaintext` has room for `len` bytes, which
        // is the most that the call writes; `ciphertext` is readable for its length.
        let done = unsafe {
            lc::EVP_PKEY_decrypt(
                context.as_ptr(),
                plaintext.as_mut_ptr(),
                &raw mut len,
                ciphertext.as_ptr(),
                ciphertext.len(),
            )
        };
        if done != 1 {
            return Err(DecryptFailed);
        }
        plaintext.shorten(len);
        Ok(plaintext)
    }
}

impl RsaPublicKey {
    /// Reads an X.509 `SubjectPublicKeyInfo` (RFC 5280 §4.1) that holds an RSA key.
    ///
    /// # Errors
    /// As [`RsaPrivateKey::from_pkcs8`].
    #[expect(unsafe_code, reason = "foreign calls")]
    pub fn from_spki(der: &[u8]) -> Result<Self, KeyRejected> {
        let _errors = ForgetErrors;
        let mut cbs = cbs(der);
        // SAFETY: `cbs` describes `der`, which outlives the call; returns null or a key that we own.
        let raw = unsafe { lc::EVP_parse_public_key(&raw mut cbs) };
        // SAFETY: as above.
        let key = unsafe { PKey::from_raw(raw) }.ok_or(KeyRejected::Malformed)?;
        check(&key, cbs.len)?;
        Ok(Self { key })
    }

    /// Bytes of the modulus: the length of every ciphertext.
    pub fn modulus_len(&self) -> usize {
        modulus_len(&self.key)
    }

    /// Encrypts with RSA-OAEP, an empty label, `digest` for the label and `mgf1` for the mask. The
    /// seed is the library's own.
    ///
    /// # Errors
    /// [`EncryptFailed`] for a plaintext longer than the modulus less two digests and two bytes
    /// (RFC 8017 §7.1.1), or where the library has no memory or no randomness.
    #[expect(unsafe_code, reason = "foreign call")]
    pub fn encrypt_oaep(&self, digest: Hash, mgf1: Hash, plaintext: &[u8]) -> Result<Vec<u8>, EncryptFailed> {
        let _errors = ForgetErrors;
        let failed = EncryptFailed { got: plaintext.len() };
        let mut context = oaep(&self.key, Direction::Encrypt, digest, mgf1).ok_or(failed)?;
        let mut len = self.modulus_len();
        let mut ciphertext = vec![0; len];
        // SAFETY: the context is initialised for encryption; `ciphertext` has room for `len` bytes, which
        // is the most that the call writes; `plaintext` is readable for its length.
        let done = unsafe {
            lc::EVP_PKEY_encrypt(
                context.as_ptr(),
                ciphertext.as_mut_ptr(),
                &raw mut len,
                plaintext.as_ptr(),
                plaintext.len(),
            )
        };
        if done != 1 {
            return Err(failed);
        }
        ciphertext.truncate(len);
        Ok(ciphertext)
    }
}

impl fmt::Debug for RsaPrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaPrivateKey({} bits, …)", self.bits())
    }
}

impl fmt::Debug for RsaPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaPublicKey({} bits)", bits(&self.key))
    }
}

#[derive(Clone, Copy)]
enum Direction {
    Encrypt,
    Decrypt,
}

/// A context set up for OAEP. `None` only when the library is out of memory.
#[expect(unsafe_code, reason = "foreign calls")]
fn oaep(key: &PKey, direction: Direction, digest: Hash, mgf1: Hash) -> Option<PKeyContext> {
    let mut context = PKeyContext::new(key)?;
    let ptr = context.as_ptr();
    let started = match direction {
        // SAFETY: `ptr` is a live context with an RSA key.
        Direction::Encrypt => unsafe { lc::EVP_PKEY_encrypt_init(ptr) },
        // SAFETY: as above.
        Direction::Decrypt => unsafe { lc::EVP_PKEY_decrypt_init(ptr) },
    };
    if started != 1 {
        return None;
    }
    // SAFETY: `ptr` is live and initialised; the padding is a plain number.
    let padded = unsafe { lc::EVP_PKEY_CTX_set_rsa_padding(ptr, lc::RSA_PKCS1_OAEP_PADDING) };
    // SAFETY: `ptr` is live; the digest is a static object of the library.
    let with_digest = unsafe { lc::EVP_PKEY_CTX_set_rsa_oaep_md(ptr, digest.as_ptr()) };
    // SAFETY: as above.
    let with_mgf1 = unsafe { lc::EVP_PKEY_CTX_set_rsa_mgf1_md(ptr, mgf1.as_ptr()) };
    (padded == 1 && with_digest == 1 && with_mgf1 == 1).then_some(context)
}

impl Hash {
    #[expect(unsafe_code, reason = "foreign calls")]
    fn as_ptr(self) -> *const lc::EVP_MD {
        match self {
            // SAFETY: returns a static object; takes no argument.
            Self::Sha1 => unsafe { lc::EVP_sha1() },
            // SAFETY: as above.
            Self::Sha256 => unsafe { lc::EVP_sha256() },
            // SAFETY: as above.
            Self::Sha384 => unsafe { lc::EVP_sha384() },
            // SAFETY: as above.
            Self::Sha512 => unsafe { lc::EVP_sha512() },
        }
    }
}

fn cbs(der: &[u8]) -> lc::CBS {
    // What `CBS_init` does; a value of plain fields.
    lc::CBS { data: der.as_ptr(), len: der.len() }
}

#[expect(unsafe_code, reason = "foreign calls")]
fn check(key: &PKey, left_over: usize) -> Result<(), KeyRejected> {
    let rsa = key.rsa().ok_or(KeyRejected::Malformed)?;
    if left_over != 0 {
        return Err(KeyRejected::Malformed);
    }
    let got = bits(key);
    if !MODULUS_BITS.contains(&got) {
        return Err(KeyRejected::Size { got });
    }
    // SAFETY: `rsa` is borrowed from `key`, which is live; the result is borrowed from it too, or null.
    let exponent = unsafe { lc::RSA_get0_e(rsa.as_ptr()) };
    let mut got = 0;
    // SAFETY: the library accepts no RSA key without an exponent, but null would be refused by the
    // short-circuit; `got` is writable.
    let small = !exponent.is_null() && unsafe { lc::BN_get_u64(exponent, &raw mut got) } == 1;
    if small && got >= MIN_EXPONENT { Ok(()) } else { Err(KeyRejected::Exponent { got }) }
}

#[expect(unsafe_code, reason = "foreign call")]
fn bits(key: &PKey) -> u32 {
    // SAFETY: the RSA key is borrowed from `key`, which is live.
    key.rsa().map_or(0, |rsa| unsafe { lc::RSA_bits(rsa.as_ptr()) })
}

fn modulus_len(key: &PKey) -> usize {
    // At most 1,024 bytes: `check` bounds the bits.
    bits(key).div_ceil(8) as usize
}
