//! Codes of an authenticator: RFC 6238 with its defaults, which all authenticators know: HMAC-SHA-1, six digits, thirty
//! seconds.

use std::fmt;

use aws_lc_rs::{constant_time, digest, hmac};
use jiff::Timestamp;
use vestibule_store::Sealable;

/// Octets of a secret: as many as the hash has (RFC 4226 §4, R6).
pub(super) const SECRET: usize = 20;

/// Octets of a recovery code.
pub(super) const RECOVERY: usize = 10;

/// How many recovery codes somebody has.
pub(super) const RECOVERY_CODES: usize = 8;

/// Seconds of a step (RFC 6238 §4.1).
const PERIOD: i64 = 30;

/// So many steps before and after are taken, for clocks differ and people type slowly (RFC 6238 §5.2).
const DRIFT: i64 = 1;

/// What an authenticator and we share.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret([u8; SECRET]);

impl Secret {
    pub(super) fn new(octets: [u8; SECRET]) -> Self {
        Self(octets)
    }

    /// As people type it where they cannot scan.
    pub(super) fn text(&self) -> String {
        base32(&self.0)
    }

    /// As an authenticator scans it.
    pub(super) fn uri(&self, issuer: &str, email: &str) -> String {
        let (issuer, email) = (percent_encoded(issuer), percent_encoded(email));
        format!("otpauth://totp/{issuer}:{email}?secret={}&issuer={issuer}", self.text())
    }

    /// The step of which this is the code, of those about now that come after `last`.
    pub(super) fn step_of(&self, typed: &str, now: Timestamp, last: i64) -> Option<i64> {
        let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
        let at = now.as_second().div_euclid(PERIOD);
        let is_it =
            |step: &i64| constant_time::verify_slices_are_equal(self.code(*step).as_bytes(), typed.as_bytes()).is_ok();
        (at - DRIFT..=at + DRIFT).filter(|step| *step > last).find(is_it)
    }

    /// RFC 4226 §5.3.
    fn code(&self, step: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let octets = tag.as_ref();
        let offset = octets.last().map_or(0, |last| usize::from(last & 0x0f));
        let four = octets.get(offset..offset + 4).unwrap_or_default();
        let number = four.iter().fold(0_u32, |number, octet| number << 8 | u32::from(*octet));
        format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
    }
}

impl Sealable for Secret {
    const PURPOSE: &'static str = "authenticator secret";

    fn octets(&self) -> &[u8] {
        &self.0
    }

    fn from_octets(octets: &[u8]) -> Option<Self> {
        octets.try_into().ok().map(Self)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A recovery code as people write it down: four groups of four.
pub(super) fn recovery_code(octets: &[u8; RECOVERY]) -> String {
    let text = base32(octets);
    let groups: Vec<String> =
        text.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    groups.join("-")
}

/// The hash of a recovery code, however it was typed. None for what is none.
pub(super) fn recovery_hash(typed: &str) -> Option<[u8; 32]> {
    let plain: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect::<String>().to_uppercase();
    let is_one = plain.len() == RECOVERY * 8 / 5 && plain.bytes().all(|octet| ALPHABET.contains(&octet));
    let hash = digest::digest(&digest::SHA256, plain.as_bytes());
    is_one.then(|| hash.as_ref().try_into().ok()).flatten()
}

/// RFC 4648 §6.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// RFC 4648 §6, of octets whose number five divides, so that there is no padding.
fn base32(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len() * 8 / 5);
    for five in octets.chunks(5) {
        let bits = five.iter().fold(0_u64, |bits, octet| bits << 8 | u64::from(*octet));
        for place in (0..8).rev() {
            text.push(char::from(ALPHABET[(bits >> (place * 5) & 0x1f) as usize]));
        }
    }
    text
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            encoded.push(char::from(octet));
        } else {
            encoded.push('%');
            for half in [octet >> 4, octet & 0x0f] {
                encoded.push(char::from(b"0123456789ABCDEF"[usize::from(half)]));
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// RFC 6238 appendix B, of whose eight digits authenticators show the last six.
    #[test]
    fn the_codes_are_those_of_the_specification() {
        let secret = Secret::new(*b"12345678901234567890");
        assert_eq!(secret.text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret.step_of(code, at(second), 0), Some(second / 30), "{second}");
        }
    }

    #[test]
    fn a_code_is_taken_one_step_early_or_late_and_after_the_last_one_alone() {
        let secret = Secret::new([7; SECRET]);
        let code = secret.code(100);
        for (second, taken) in [(2_969, false), (2_970, true), (3_000, true), (3_059, true), (3_060, false)] {
            assert_eq!(secret.step_of(&code, at(second), 0).is_some(), taken, "{second}");
        }
        assert_eq!(secret.step_of(&code, at(3_000), 99), Some(100));
        assert_eq!(secret.step_of(&code, at(3_000), 100), None);
        assert_eq!(secret.step_of(&format!("{} {}", &code[..3], &code[3..]), at(3_000), 0), Some(100));
        for typed in ["", "1", &format!("{code}0")] {
            assert_eq!(secret.step_of(typed, at(3_000), 0), None, "{typed:?}");
        }
    }

    #[test]
    fn a_recovery_code_is_known_again_however_it_is_typed() {
        let code = recovery_code(b"\x00\x44\x32\x14\xc7\x42\x54\xb6\x35\xcf");
        assert_eq!(code, "ABCD-EFGH-IJKL-MNOP");
        let hash = recovery_hash(&code);
        assert!(hash.is_some());
        assert_eq!(recovery_hash(" abcd efgh ijkl mnop "), hash);
        for typed in ["", "ABCD-EFGH-IJKL-MNO", "ABCD-EFGH-IJKL-MNO1"] {
            assert_eq!(recovery_hash(typed), None, "{typed:?}");
        }
    }

    #[test]
    fn an_authenticator_reads_whose_it_is() {
        let uri = Secret::new([0; SECRET]).uri("Orchard & Söhne", "ada@acme.example");
        assert_eq!(
            uri,
            "otpauth://totp/Orchard%20%26%20S%C3%B6hne:ada%40acme.example?secret=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&\
             issuer=Orchard%20%26%20S%C3%B6hne"
        );
    }
}
