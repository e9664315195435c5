//! AES over octets: CBC with the padding of XML Encryption §5.2 (ISO 10126), and GCM.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, Algorithm, DecryptingKey, DecryptionContext, EncryptingKey, EncryptionContext,
    UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;

use super::ContentAlgorithm;

/// Bytes of a block of AES.
const BLOCK: usize = 16;
/// Bytes of a GCM tag; a shorter one is not accepted (A13.6).
const TAG: usize = 16;

/// What came out of a cipher.
pub(super) struct Opened {
    pub(super) plaintext: Vec<u8>,
    /// Whether tag or padding are right. The plaintext is there either way, so that a caller can go on
    /// as if they were.
    pub(super) intact: bool,
}

impl ContentAlgorithm {
    /// Whether a ciphertext (IV, content and tag) can have this length. Public: it is seen on the wire.
    pub(super) fn fits(self, ciphertext: &[u8]) -> bool {
        let len = ciphertext.len();
        if self.is_cbc() { len >= 2 * BLOCK && len.is_multiple_of(BLOCK) } else { len >= self.iv_len() + TAG }
    }

    /// Decrypts IV, content and tag with a key of [`ContentAlgorithm::key_len`].
    pub(super) fn open(self, key: &[u8], ciphertext: &[u8]) -> Opened {
        let opened = match ciphertext.split_at_checked(self.iv_len()) {
            Some((iv, content)) if self.is_cbc() => self.open_cbc(key, iv, content),
            Some((iv, content)) => self.open_gcm(key, iv, content),
            None => None,
        };
        opened.unwrap_or(Opened { plaintext: Vec::new(), intact: false })
    }

    fn open_cbc(self, key: &[u8], iv: &[u8], content: &[u8]) -> Option<Opened> {
        let key = DecryptingKey::cbc(UnboundCipherKey::new(self.cipher()?, key).ok()?).ok()?;
        let iv: &[u8; BLOCK] = iv.try_into().ok()?;
        let mut plaintext = content.to_vec();
        key.decrypt(&mut plaintext, DecryptionContext::Iv128(FixedLength::from(iv))).ok()?;
        let padding = usize::from(*plaintext.last()?);
        // Only the length counts; the other bytes of the padding may be anything.
        let intact = (1..=BLOCK).contains(&padding);
        let padding = if intact { padding } else { BLOCK };
        plaintext.truncate(plaintext.len().saturating_sub(padding));
        Some(Opened { plaintext, intact })
    }

    fn open_gcm(self, key: &[u8], iv: &[u8], content: &[u8]) -> Option<Opened> {
        let nonce = Nonce::try_assume_unique_for_key(iv).ok()?;
        let mut plaintext = content.to_vec();
        let len = self.aead(key)?.open_in_place(nonce, Aad::empty(), &mut plaintext).ok()?.len();
        plaintext.truncate(len);
        Some(Opened { plaintext, intact: true })
    }

    /// Encrypts; returns IV, content and tag. `None` where key or IV have another length than they must.
    pub(super) fn seal(self, key: &[u8], iv: &[u8], plaintext: &[u8]) -> Option<Vec<u8>> {
        let mut content = plaintext.to_vec();
        if self.is_cbc() {
            let padding = BLOCK - plaintext.len() % BLOCK;
            content.resize(plaintext.len() + padding, 0);
            // 1 to 16.
            *content.last_mut()? = u8::try_from(padding).ok()?;
            let key = EncryptingKey::cbc(UnboundCipherKey::new(self.cipher()?, key).ok()?).ok()?;
            let fixed: &[u8; BLOCK] = iv.try_into().ok()?;
            key.less_safe_encrypt(&mut content, EncryptionContext::Iv128(FixedLength::from(fixed))).ok()?;
        } else {
            let nonce = Nonce::try_assume_unique_for_key(iv).ok()?;
            self.aead(key)?.seal_in_place_append_tag(nonce, Aad::empty(), &mut content).ok()?;
        }
        Some([iv, &content].concat())
    }

    fn cipher(self) -> Option<&'static Algorithm> {
        match self {
            Self::Aes128Cbc => Some(&AES_128),
            Self::Aes192Cbc => Some(&AES_192),
            Self::Aes256Cbc => Some(&AES_256),
            Self::Aes128Gcm | Self::Aes256Gcm => None,
        }
    }

    fn aead(self, key: &[u8]) -> Option<LessSafeKey> {
        let algorithm = match self {
            Self::Aes128Gcm => &AES_128_GCM,
            Self::Aes256Gcm => &AES_256_GCM,
            Self::Aes128Cbc | Self::Aes192Cbc | Self::Aes256Cbc => return None,
        };
        UnboundKey::new(algorithm, key).ok().map(LessSafeKey::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];
    const IV: [u8; 16] = [9; 16];

    fn sealed(algorithm: ContentAlgorithm, plaintext: &[u8]) -> Vec<u8> {
        algorithm.seal(&KEY[..algorithm.key_len()], &IV[..algorithm.iv_len()], plaintext).unwrap()
    }

    fn opened(algorithm: ContentAlgorithm, ciphertext: &[u8]) -> Option<Vec<u8>> {
        let opened = algorithm.open(&KEY[..algorithm.key_len()], ciphertext);
        opened.intact.then_some(opened.plaintext)
    }

    #[test]
    fn every_length_around_a_block_comes_back() {
        for algorithm in ContentAlgorithm::ALL {
            for len in 0..50 {
                let plaintext: Vec<u8> = (0..len).collect();
                let ciphertext = sealed(algorithm, &plaintext);
                assert!(algorithm.fits(&ciphertext));
                assert_eq!(opened(algorithm, &ciphertext), Some(plaintext));
            }
        }
    }

    #[test]
    fn aes_cbc_gives_the_bytes_of_nist_sp_800_38a() {
        // F.2.1, first block; the second is our padding.
        let hex = |text: &str| -> Vec<u8> {
            (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
        };
        let key = hex("2b7e151628aed2a6abf7158809cf4f3c");
        let iv = hex("000102030405060708090a0b0c0d0e0f");
        let plaintext = hex("6bc1bee22e409f96e93d7e117393172a");
        let ciphertext = ContentAlgorithm::Aes128Cbc.seal(&key, &iv, &plaintext).unwrap();
        assert_eq!(ciphertext[16..32], hex("7649abac8119b246cee98e9b12e9197d"));
    }

    #[test]
    fn only_the_length_of_the_padding_counts() {
        let algorithm = ContentAlgorithm::Aes256Cbc;
        let raw = |block: [u8; 16]| {
            let ciphertext = sealed(algorithm, &block);
            // Without the block of padding that sealing adds.
            opened(algorithm, &ciphertext[..32])
        };
        let mut block = [b'x'; 16];
        block[15] = 4;
        assert_eq!(raw(block), Some(vec![b'x'; 12]));
        block[15] = 16;
        assert_eq!(raw(block), Some(Vec::new()));
        for wrong in [0, 17, 0xff] {
            block[15] = wrong;
            assert_eq!(raw(block), None);
        }
    }

    #[test]
    fn any_changed_byte_breaks_gcm() {
        for algorithm in [ContentAlgorithm::Aes128Gcm, ContentAlgorithm::Aes256Gcm] {
            let ciphertext = sealed(algorithm, b"<a/>");
            for at in 0..ciphertext.len() {
                let mut changed = ciphertext.clone();
                changed[at] ^= 1;
                assert_eq!(opened(algorithm, &changed), None);
            }
            assert_eq!(opened(algorithm, &ciphertext[..ciphertext.len() - 1]), None);
        }
    }

    #[test]
    fn impossible_lengths_are_recognised() {
        for (algorithm, lengths) in [
            (ContentAlgorithm::Aes256Cbc, &[0, 15, 16, 31, 33, 47][..]),
            (ContentAlgorithm::Aes256Gcm, &[0, 11, 12, 27]),
        ] {
            for len in lengths {
                assert!(!algorithm.fits(&vec![0; *len]), "{algorithm:?} {len}");
            }
        }
    }

    #[test]
    fn a_key_of_another_length_opens_nothing() {
        for algorithm in ContentAlgorithm::ALL {
            let ciphertext = sealed(algorithm, b"<a/>");
            for len in [0, 15, 16, 24, 32].into_iter().filter(|len| *len != algorithm.key_len()) {
                assert!(!algorithm.open(&KEY[..len], &ciphertext).intact);
            }
        }
    }
}
