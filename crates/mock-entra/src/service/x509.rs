//! Self-signed certificates as Entra makes them: X.509 v3 without extensions, RSA-SHA256 (E-46).

use jiff::Timestamp;
use jiff::tz::TimeZone;
use vestibule_xmlsec::algorithms::SignatureAlgorithm;
use vestibule_xmlsec::keys::{Certificate, SigningKey, read_certificates};

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const PRINTABLE_STRING: u8 = 0x13;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const VERSION: u8 = 0xA0;
/// 1.2.840.113549.1.1.11 with the parameter NULL.
const SHA256_WITH_RSA: &[u8] = &[6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 11, 5, 0];
/// 2.5.4.3.
const COMMON_NAME: &[u8] = &[6, 3, 0x55, 4, 3];

/// A certificate for this key, made with it.
///
/// # Panics
/// The key is not RSA: those of this crate are.
pub(super) fn self_signed(
    key: &SigningKey,
    common_name: &str,
    serial: &[u8],
    not_before: Timestamp,
    not_after: Timestamp,
) -> Certificate {
    let algorithm = der(SEQUENCE, SHA256_WITH_RSA);
    let attribute = [COMMON_NAME, &der(PRINTABLE_STRING, common_name.as_bytes())].concat();
    let name = der(SEQUENCE, &der(SET, &der(SEQUENCE, &attribute)));
    let mut number = serial.to_vec();
    // Positive, and without a leading zero.
    if let Some(first) = number.first_mut() {
        *first = *first & 0x7F | 0x40;
    }
    let to_be_signed = der(
        SEQUENCE,
        &[
            der(VERSION, &der(INTEGER, &[2])),
            der(INTEGER, &number),
            algorithm.clone(),
            name.clone(),
            der(SEQUENCE, &[time(not_before), time(not_after)].concat()),
            name,
            key.verifying_key().spki().to_vec(),
        ]
        .concat(),
    );
    let signature = key.sign(SignatureAlgorithm::RsaSha256, &to_be_signed).expect("an RSA key signs");
    let bits = der(BIT_STRING, &[&[0], signature.as_slice()].concat());
    let certificate = der(SEQUENCE, &[to_be_signed, algorithm, bits].concat());
    read_certificates(&certificate).expect("a certificate of ours can be read").remove(0)
}

fn time(time: Timestamp) -> Vec<u8> {
    let time = time.to_zoned(TimeZone::UTC);
    if (1950..2050).contains(&time.year()) {
        der(UTC_TIME, time.strftime("%y%m%d%H%M%SZ").to_string().as_bytes())
    } else {
        der(GENERALIZED_TIME, time.strftime("%Y%m%d%H%M%SZ").to_string().as_bytes())
    }
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len().to_be_bytes();
    let significant: Vec<u8> = length.into_iter().skip_while(|octet| *octet == 0).collect();
    match (significant.len(), significant.first()) {
        (0, _) => out.push(0),
        (1, Some(&short)) if short < 0x80 => out.push(short),
        (count, _) => {
            out.push(0x80 | u8::try_from(count).unwrap_or(0));
            out.extend(significant);
        }
    }
    out.extend_from_slice(content);
    out
}
