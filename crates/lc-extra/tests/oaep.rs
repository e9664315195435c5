//! RSA-OAEP with two hashes, against itself and against the provider's own one-hash OAEP.

use std::sync::LazyLock;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512,
    OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
};
use vestibule_lc_extra::{DecryptFailed, EncryptFailed, Hash, KeyRejected, RsaPrivateKey, RsaPublicKey};

const HASHES: [Hash; 4] = [Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512];
const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";

struct Pair {
    pkcs8: Vec<u8>,
    spki: Vec<u8>,
}

#[expect(clippy::disallowed_methods, reason = "tests make their keys")]
fn generate(size: KeySize) -> Pair {
    let key = PrivateDecryptingKey::generate(size).unwrap();
    let pkcs8 = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&key).unwrap().as_ref().to_vec();
    let spki = AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(&key.public_key()).unwrap().as_ref().to_vec();
    Pair { pkcs8, spki }
}

static PAIR: LazyLock<Pair> = LazyLock::new(|| generate(KeySize::Rsa2048));
static OTHER: LazyLock<Pair> = LazyLock::new(|| generate(KeySize::Rsa2048));

fn private(pair: &Pair) -> RsaPrivateKey {
    RsaPrivateKey::from_pkcs8(&pair.pkcs8).unwrap()
}

fn public(pair: &Pair) -> RsaPublicKey {
    RsaPublicKey::from_spki(&pair.spki).unwrap()
}

#[test]
fn every_pair_of_hashes_decrypts_what_it_encrypted_and_nothing_else() {
    let (private, public) = (private(&PAIR), public(&PAIR));
    for digest in HASHES {
        for mgf1 in HASHES {
            let sent = public.encrypt_oaep(digest, mgf1, KEY).unwrap();
            assert_eq!(sent.len(), public.modulus_len());
            for wrong_digest in HASHES {
                for wrong_mgf1 in HASHES {
                    let got = private.decrypt_oaep(wrong_digest, wrong_mgf1, &sent);
                    if (wrong_digest, wrong_mgf1) == (digest, mgf1) {
                        assert_eq!(got.unwrap().as_bytes(), KEY);
                    } else {
                        assert_eq!(got.unwrap_err(), DecryptFailed);
                    }
                }
            }
        }
    }
}

#[test]
fn the_provider_reads_what_we_encrypt_and_we_read_what_it_encrypts() {
    let pairs = [
        (Hash::Sha1, &OAEP_SHA1_MGF1SHA1),
        (Hash::Sha256, &OAEP_SHA256_MGF1SHA256),
        (Hash::Sha384, &OAEP_SHA384_MGF1SHA384),
        (Hash::Sha512, &OAEP_SHA512_MGF1SHA512),
    ];
    let theirs = OaepPrivateDecryptingKey::new(PrivateDecryptingKey::from_pkcs8(&PAIR.pkcs8).unwrap()).unwrap();
    let their_public = OaepPublicEncryptingKey::new(PublicEncryptingKey::from_der(&PAIR.spki).unwrap()).unwrap();
    for (hash, algorithm) in pairs {
        let sent = public(&PAIR).encrypt_oaep(hash, hash, KEY).unwrap();
        let mut room = vec![0; theirs.min_output_size()];
        assert_eq!(theirs.decrypt(algorithm, &sent, &mut room, None).unwrap(), KEY);

        let mut room = vec![0; their_public.ciphertext_size()];
        let sent = their_public.encrypt(algorithm, KEY, &mut room, None).unwrap();
        assert_eq!(private(&PAIR).decrypt_oaep(hash, hash, sent).unwrap().as_bytes(), KEY);
    }
}

#[test]
fn what_openssl_encrypts_with_any_pair_of_hashes_decrypts() {
    let key = RsaPrivateKey::from_pkcs8(include_bytes!("data/oaep-key.pk8")).unwrap();
    let hash = |name: &str| match name {
        "sha1" => Hash::Sha1,
        "sha256" => Hash::Sha256,
        "sha384" => Hash::Sha384,
        "sha512" => Hash::Sha512,
        other => panic!("{other}"),
    };
    let lines: Vec<&str> = include_str!("data/oaep-openssl.txt").lines().collect();
    assert_eq!(lines.len(), 16);
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        let byte = |at| u8::from_str_radix(&words[2][at..at + 2], 16).unwrap();
        let ciphertext: Vec<u8> = (0..words[2].len()).step_by(2).map(byte).collect();
        let opened = key.decrypt_oaep(hash(words[0]), hash(words[1]), &ciphertext).unwrap();
        assert_eq!(opened.as_bytes(), KEY, "{} {}", words[0], words[1]);
    }
}

#[test]
fn another_key_a_cut_or_long_ciphertext_and_a_changed_byte_fail_alike() {
    let sent = public(&PAIR).encrypt_oaep(Hash::Sha256, Hash::Sha1, KEY).unwrap();
    let decrypt = |key: &RsaPrivateKey, bytes: &[u8]| key.decrypt_oaep(Hash::Sha256, Hash::Sha1, bytes);
    let key = private(&PAIR);
    assert_eq!(decrypt(&private(&OTHER), &sent).unwrap_err(), DecryptFailed);
    assert_eq!(decrypt(&key, &sent[1..]).unwrap_err(), DecryptFailed);
    assert_eq!(decrypt(&key, &sent[..255]).unwrap_err(), DecryptFailed);
    assert_eq!(decrypt(&key, &[]).unwrap_err(), DecryptFailed);
    assert_eq!(decrypt(&key, &[&sent[..], &[0]].concat()).unwrap_err(), DecryptFailed);
    assert_eq!(decrypt(&key, &[0xff; 256]).unwrap_err(), DecryptFailed);
    assert_eq!(decrypt(&key, &[0; 256]).unwrap_err(), DecryptFailed);
    let mut changed = sent.clone();
    changed[100] ^= 1;
    assert_eq!(decrypt(&key, &changed).unwrap_err(), DecryptFailed);
}

#[test]
fn an_empty_plaintext_survives_and_a_long_one_is_refused() {
    let (private, public) = (private(&PAIR), public(&PAIR));
    let sent = public.encrypt_oaep(Hash::Sha1, Hash::Sha512, b"").unwrap();
    assert_eq!(private.decrypt_oaep(Hash::Sha1, Hash::Sha512, &sent).unwrap().as_bytes(), b"");
    // 256 bytes of modulus, less two hashes of 64 and 2: 126 fit.
    assert!(public.encrypt_oaep(Hash::Sha512, Hash::Sha1, &[1; 126]).is_ok());
    assert_eq!(public.encrypt_oaep(Hash::Sha512, Hash::Sha1, &[1; 127]).unwrap_err(), EncryptFailed { got: 127 });
}

#[test]
fn a_pkcs1_key_is_the_same_key_as_its_pkcs8_form() {
    let pkcs1 = pkcs1_inside(&PAIR.pkcs8);
    let key = RsaPrivateKey::from_pkcs1(pkcs1).unwrap();
    assert_eq!((key.bits(), key.modulus_len()), (2048, 256));
    let sent = public(&PAIR).encrypt_oaep(Hash::Sha384, Hash::Sha256, KEY).unwrap();
    assert_eq!(key.decrypt_oaep(Hash::Sha384, Hash::Sha256, &sent).unwrap().as_bytes(), KEY);
}

#[test]
fn keys_in_the_wrong_form_cut_or_with_bytes_behind_are_refused() {
    let pkcs1 = pkcs1_inside(&PAIR.pkcs8);
    assert_eq!(RsaPrivateKey::from_pkcs8(pkcs1).unwrap_err(), KeyRejected::Malformed);
    assert_eq!(RsaPrivateKey::from_pkcs1(&PAIR.pkcs8).unwrap_err(), KeyRejected::Malformed);
    assert_eq!(RsaPrivateKey::from_pkcs8(&PAIR.pkcs8[..300]).unwrap_err(), KeyRejected::Malformed);
    assert_eq!(RsaPrivateKey::from_pkcs8(&[]).unwrap_err(), KeyRejected::Malformed);
    let longer = [&PAIR.pkcs8[..], &[0]].concat();
    assert_eq!(RsaPrivateKey::from_pkcs8(&longer).unwrap_err(), KeyRejected::Malformed);
    assert_eq!(RsaPublicKey::from_spki(&PAIR.pkcs8).unwrap_err(), KeyRejected::Malformed);
}

#[test]
fn a_key_of_another_kind_is_refused() {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
    #[expect(clippy::disallowed_methods, reason = "tests make their keys")]
    let ec = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    assert_eq!(RsaPrivateKey::from_pkcs8(ec.to_pkcs8v1().unwrap().as_ref()).unwrap_err(), KeyRejected::Malformed);
}

#[test]
fn a_private_key_does_not_print() {
    assert_eq!(format!("{:?}", private(&PAIR)), "RsaPrivateKey(2048 bits, …)");
}

/// Each path gives its memory back: far more than four million bytes would remain if even one key
/// or context were kept on one of them.
#[test]
fn nothing_is_kept_after_thirty_thousand_failures() {
    let key = private(&PAIR);
    let truncated = &PAIR.pkcs8[..PAIR.pkcs8.len() - 1];
    let round = |times: u32| {
        for _ in 0..times {
            assert!(key.decrypt_oaep(Hash::Sha1, Hash::Sha1, b"short").is_err());
            assert!(RsaPrivateKey::from_pkcs8(truncated).is_err());
            assert!(RsaPublicKey::from_spki(&PAIR.spki).is_ok());
        }
    };
    round(200);
    let before = resident_bytes();
    round(30_000);
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < 4_000_000, "{grown} bytes remain");
}

/// Resident memory of this process; zero where the system does not tell, which passes the test.
fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).map_or(0, |pages| pages * 4096)
}

/// The `RSAPrivateKey` that an RSA `PrivateKeyInfo` of this size wraps: 26 bytes of frame come first.
fn pkcs1_inside(pkcs8: &[u8]) -> &[u8] {
    &pkcs8[26..]
}

#[cfg(feature = "test-doubles")]
#[test]
fn a_sha1_signature_verifies_with_the_provider() {
    use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY};
    let signature = private(&PAIR).sign_pkcs1_sha1(b"message").unwrap();
    let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, &PAIR.spki).unwrap();
    assert!(key.verify_sig(b"message", &signature).is_ok());
    assert!(key.verify_sig(b"messagf", &signature).is_err());
}
