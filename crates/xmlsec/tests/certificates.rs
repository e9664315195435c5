//! Certificates as people paste them (rows XC-15, XC-32, MX-14), and what is named when they paste
//! something else.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize, SerialNumber};
use vestibule_xmlsec::keys::{Certificate, CertificateError, KeyKind, Pasted, TextError, read_certificates};

static RSA: LazyLock<KeyPair> =
    LazyLock::new(|| KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap());

fn params(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CountryName, "NO");
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = rcgen::date_time_ymd(2020, 6, 2);
    params.not_after = rcgen::date_time_ymd(2023, 6, 2);
    params.serial_number = Some(SerialNumber::from(vec![0x8f, 1, 2]));
    params
}

fn der(common_name: &str) -> Vec<u8> {
    params(common_name).self_signed(&*RSA).unwrap().der().to_vec()
}

fn wrapped(der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let lines: Vec<&str> = base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    lines.join("\n")
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", wrapped(der))
}

/// The DER of every certificate read from `text`.
fn read(text: impl AsRef<[u8]>) -> Result<Vec<Vec<u8>>, CertificateError> {
    read_certificates(text.as_ref()).map(|all| all.iter().map(|one| one.der().to_vec()).collect())
}

fn one(text: impl AsRef<[u8]>) -> Certificate {
    let mut all = read_certificates(text.as_ref()).unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

#[test]
fn a_certificate_shows_what_a_person_recognises_it_by() {
    let der = der("Vestibule, test");
    let certificate = one(&der);
    assert_eq!(certificate.subject(), "CN=Vestibule\\, test,C=NO");
    assert_eq!(certificate.issuer(), certificate.subject());
    assert_eq!(certificate.serial(), "8F0102");
    assert_eq!(certificate.not_before().to_string(), "2020-06-02T00:00:00Z");
    assert_eq!(certificate.not_after().to_string(), "2023-06-02T00:00:00Z");
    assert_eq!(certificate.thumbprint_sha1().len(), 40);
    assert_eq!(certificate.thumbprint_sha256().len(), 64);
    assert_eq!(certificate.public_key().unwrap().kind(), KeyKind::Rsa { bits: 2048 });
    assert_eq!(certificate.public_key().unwrap().spki(), certificate.spki());
}

#[test]
fn every_way_of_pasting_one_certificate_gives_the_same_certificate() {
    let der = der("one");
    let base64 = STANDARD.encode(&der);
    let wrapped = wrapped(&der);
    let pem = pem("CERTIFICATE", &der);
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(pem.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let ways: Vec<Vec<u8>> = [
        pem.clone(),
        pem.replace('\n', "\r\n"),
        pem.replace('\n', "\r"),
        pem.replace('\n', ""),
        pem.replace('\n', " "),
        pem.replace('\n', "\\n"),
        pem.replace('\n', "\\r\\n"),
        pem.replace('\n', "\\\\n"),
        format!("\u{feff}{pem}"),
        format!("\"{}\"", pem.replace('\n', "\\n")),
        format!("'{pem}'"),
        format!("XC_SAML_CERT=\"{}\"\n", pem.replace('\n', "\\n")),
        format!("Bag Attributes\n  friendlyName: x\nsubject=CN = one\n{pem}trailing words"),
        pem.replace("CERTIFICATE", "X509 CERTIFICATE"),
        pem.replace("BEGIN CERTIFICATE", "BEGINCERTIFICATE"),
        format!("    {}", pem.replace('\n', "\n    ")),
        base64.clone(),
        wrapped.clone(),
        wrapped.replace('\n', "\r\n"),
        wrapped.replace('\n', "\\n"),
        base64.trim_end_matches('=').to_owned(),
        format!("\"{base64}\""),
        format!(" \u{feff}{base64}\n\n"),
        format!("\u{201c}{base64}\u{201d}"),
        format!("{}\u{200b}{}\u{a0}{}", &base64[..10], &base64[10..20], &base64[20..]),
    ]
    .map(String::into_bytes)
    .into_iter()
    .chain([der.clone(), [&der[..], b"\n"].concat(), utf16])
    .collect();
    for way in ways {
        assert_eq!(read(&way), Ok(vec![der.clone()]), "{}", String::from_utf8_lossy(&way));
    }
}

#[test]
fn white_space_behind_der_is_passed_over_whatever_its_last_octet_is() {
    for last in [b'\n', b' ', b'\r', b'x'] {
        let mut der = der("one");
        // The last octet of a signature that nobody checks here.
        *der.last_mut().unwrap() = last;
        for behind in ["", "\n", "\r\n", " \n\n"] {
            assert_eq!(read([&der[..], behind.as_bytes()].concat()), Ok(vec![der.clone()]), "{last:#x} {behind:?}");
        }
    }
}

#[test]
fn a_trusted_certificate_of_openssl_loses_its_trust_settings() {
    let der = der("trusted");
    // An empty CertAux behind the certificate.
    let trusted = [&der[..], &[0x30, 0x00]].concat();
    assert_eq!(read(pem("TRUSTED CERTIFICATE", &trusted)), Ok(vec![der]));
}

#[test]
fn several_certificates_are_read_in_order() {
    let (a, b, c) = (der("a"), der("b"), der("c, with a longer name"));
    let all = vec![a.clone(), b.clone(), c.clone()];
    let pems = all.iter().map(|der| pem("CERTIFICATE", der));
    assert_eq!(read(pems.clone().collect::<String>()), Ok(all.clone()));
    assert_eq!(read(pems.collect::<Vec<_>>().join("# next\n").replace('\n', "\\n")), Ok(all.clone()));
    assert_eq!(read(all.concat()), Ok(all.clone()));
    let bare = all.iter().map(|der| STANDARD.encode(der)).collect::<Vec<_>>();
    assert_eq!(read(bare.join("\n\n")), Ok(all.clone()));
    assert_eq!(read(STANDARD.encode(all.concat())), Ok(all));
}

#[test]
fn odd_but_real_certificates_are_read() {
    let mut odd = params("odd");
    odd.serial_number = Some(SerialNumber::from(vec![0x7f; 40]));
    odd.not_before = rcgen::date_time_ymd(1975, 1, 1);
    odd.not_after = rcgen::date_time_ymd(9999, 12, 31);
    let certificate = one(odd.self_signed(&*RSA).unwrap().der());
    assert_eq!(certificate.serial(), "7F".repeat(40));
    assert_eq!(certificate.not_after(), jiff::Timestamp::MAX);

    // The serial number 8F0102 of the usual one, made negative and made zero.
    let der = der("serial");
    let at = der.windows(6).position(|bytes| bytes == [2, 4, 0, 0x8f, 1, 2]).unwrap();
    for (number, want) in [([0x8f, 1, 2, 3], "8F010203"), ([0x00, 0x80, 0, 0], "800000")] {
        let mut changed = der.clone();
        changed[at + 2..at + 6].copy_from_slice(&number);
        assert_eq!(one(&changed).serial(), want);
    }
}

#[test]
fn a_private_key_is_named_and_its_line_given() {
    let key = RSA.serialize_der();
    let pasted = format!("{}\n{}", pem("CERTIFICATE", &der("x")), pem("PRIVATE KEY", &key));
    let line = pasted.lines().position(|line| line.contains("BEGIN PRIVATE")).unwrap() + 2;
    assert_eq!(read(&pasted), Err(CertificateError::PrivateKey { got: Pasted::Pkcs8, line }));
    assert_eq!(read(&key), Err(CertificateError::PrivateKey { got: Pasted::Pkcs8, line: 1 }));
    let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----";
    assert_eq!(read(old), Err(CertificateError::PrivateKey { got: Pasted::EncryptedKey, line: 2 }));
    let message = CertificateError::PrivateKey { got: Pasted::Pkcs8, line: 1 }.to_string();
    assert!(message.starts_with("line 1: this is a private key, a secret"), "{message}");
}

#[test]
fn a_request_a_bundle_a_store_and_a_bare_key_are_named() {
    let not = |got| Err(CertificateError::NotACertificate { got, line: 1 });
    let mut requested = CertificateParams::default();
    requested.distinguished_name = params("csr").distinguished_name;
    let request = requested.serialize_request(&*RSA).unwrap();
    assert_eq!(read(request.der()), not(Pasted::CertificateRequest));
    let public = one(der("spki")).spki().to_vec();
    assert_eq!(read(&public), not(Pasted::PublicKey));
    // SEQUENCE { OID signedData, [0] … } and SEQUENCE { 3, SEQUENCE { … } }
    let bundle =
        [&[0x30, 0x81, 0x8e, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 7, 2, 0xa0, 0x81, 0x80][..], &[0; 128]];
    assert_eq!(read(bundle.concat()), not(Pasted::Pkcs7));
    let store = [&[0x30, 0x81, 0x86, 2, 1, 3, 0x30, 0x81, 0x80][..], &[0; 128]].concat();
    assert_eq!(read(store), not(Pasted::Pkcs12));
}

#[test]
fn nothing_and_too_much_are_refused() {
    for nothing in ["", "   \r\n", "\"\"", "\u{feff}", "\\n"] {
        assert_eq!(read(nothing), Err(TextError::Empty.into()), "{nothing:?}");
    }
    let got = 1024 * 1024 + 1;
    assert_eq!(read(vec![b'A'; got]), Err(TextError::TooLong { got, max: 1024 * 1024 }.into()));
    assert_eq!(
        read("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"),
        Err(TextError::NotDer { line: 2, got: 0 }.into())
    );
}

#[test]
fn a_foreign_character_is_named_with_its_place() {
    let mut lines: Vec<String> = pem("CERTIFICATE", &der("x")).lines().map(str::to_owned).collect();
    lines[3].replace_range(10..11, "%");
    let text = lines.join("\n");
    let byte = text.find('%').unwrap();
    assert_eq!(read(&text), Err(TextError::Character { got: '%', line: 4, column: 11, byte }.into()));
    let message = read(&text).unwrap_err().to_string();
    assert!(
        message.starts_with(&format!("line 4, column 11 (byte {byte}): '%' does not belong in base64")),
        "{message}"
    );
    let xml = format!("<ds:X509Certificate>{}</ds:X509Certificate>", wrapped(&der("x")));
    assert_eq!(read(xml), Err(TextError::Xml { line: 1 }.into()));
}

#[test]
fn a_cut_text_says_how_much_is_missing() {
    let der = der("cut");
    let base64 = STANDARD.encode(&der);
    assert_eq!(read(&base64[..400]), Err(TextError::Cut { line: 1, got: 300, want: der.len() }.into()));
    assert_eq!(read(&base64[..401]), Err(TextError::Incomplete { line: 1 }.into()));
    assert_eq!(read(&der[..300]), Err(TextError::Cut { line: 1, got: 300, want: der.len() }.into()));
    let pem = pem("CERTIFICATE", &der);
    let cut = &pem[..pem.len() - 30];
    assert_eq!(read(cut), Err(TextError::NoEnd { label: "CERTIFICATE".to_owned(), line: 1 }.into()));
    assert_eq!(
        read(format!("{cut}\n{pem}")),
        Err(TextError::NoEnd { label: "CERTIFICATE".to_owned(), line: 1 }.into())
    );
    assert_eq!(read("-----BEGIN"), Err(TextError::NoEnd { label: String::new(), line: 1 }.into()));
}

#[test]
fn a_thumbprint_is_named_as_what_it_is() {
    let sha1 = "5F0CA2B1D3E4F5061728394A5B6C7D8E9FA0B1C2";
    let colons: Vec<&str> = sha1.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap()).collect();
    for pasted in [sha1.to_owned(), sha1.to_lowercase(), colons.join(":"), colons.join(" "), format!("\"{sha1}\"\n")] {
        assert_eq!(read(&pasted), Err(TextError::Thumbprint { digits: 40 }.into()), "{pasted}");
    }
    assert_eq!(read("a0".repeat(32)), Err(TextError::Thumbprint { digits: 64 }.into()));
    // A digit more or less, or a letter beyond them, is none.
    for other in ["a0".repeat(31), "a0".repeat(33), format!("{}g", &sha1[1..])] {
        assert!(!matches!(read(&other), Err(CertificateError::Text(TextError::Thumbprint { .. }))), "{other}");
    }
}

#[test]
fn words_that_happen_to_be_base64_are_not_a_certificate() {
    assert_eq!(read("hello+world/"), Err(TextError::NotDer { line: 1, got: 9 }.into()));
    assert_eq!(read("MAA="), Err(CertificateError::NotACertificate { got: Pasted::Other, line: 1 }));
}

#[test]
fn a_damaged_certificate_names_the_damage() {
    let mut der = der("damaged");
    // The tag of the algorithm identifier, behind the serial number.
    let at = der.windows(6).position(|bytes| bytes == [2, 4, 0, 0x8f, 1, 2]).unwrap() + 6;
    der[at] = 0x04;
    let reason = "unexpected ASN.1 DER tag: expected SEQUENCE, got OCTET STRING".to_owned();
    assert_eq!(read(&der), Err(CertificateError::Malformed { line: 1, reason }));
}

#[test]
fn no_prefix_and_no_single_change_of_a_certificate_panics() {
    let der = der("robust");
    for end in 0..der.len() {
        assert!(read(&der[..end]).is_err(), "{end}");
    }
    for at in 0..der.len() {
        let mut changed = der.clone();
        changed[at] ^= 0xff;
        // Read or refused; identity is the whole of it, so another certificate is another identity.
        if let Ok(all) = read_certificates(&changed) {
            assert_ne!(all[0].thumbprint_sha256(), one(&der).thumbprint_sha256());
            let _ = all[0].public_key();
        }
    }
}
