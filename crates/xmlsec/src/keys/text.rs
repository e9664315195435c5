//! From what a person pasted to DER: PEM with text around it, DER, or bare base64, and the dirt that
//! forms, environment variables and editors add (rows XC-15, XC-32, MX-14).

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::der::{self, Unreadable};

/// The most that is read at once, in bytes: some hundred certificates.
pub(super) const MAX_BYTES: usize = 1024 * 1024;

const BEGIN: &str = "-----BEGIN";
const DASHES: &str = "-----";

/// Why no DER could be found in a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// Nothing but spaces and quotes.
    #[error("there is nothing here: paste the certificate or key as text, or choose its file")]
    Empty,
    /// More than 1 MiB.
    #[error("{got} bytes are too many (at most {max}): this is not a certificate or key file")]
    TooLong {
        /// Bytes of input.
        got: usize,
        /// Bytes accepted.
        max: usize,
    },
    /// A character that base64 does not have.
    #[error(
        "line {line}, column {column} (byte {byte}): {got:?} does not belong in base64; copy it again as plain text, from the BEGIN line to the END line"
    )]
    Character {
        /// The character.
        got: char,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// Byte offset, from 0.
        byte: usize,
    },
    /// An element of XML where a certificate was expected.
    #[error(
        "line {line}: this is XML, not a certificate or key; give it as metadata, or copy only what is inside <X509Certificate>"
    )]
    Xml {
        /// Line of the `<`, from 1.
        line: usize,
    },
    /// The last group of base64 has one character only: at least one was lost.
    #[error(
        "line {line}: the base64 ends in the middle of a byte, so at least one character is missing; copy the whole text again"
    )]
    Incomplete {
        /// Line where the base64 ends, from 1.
        line: usize,
    },
    /// A `BEGIN` line without its `END` line.
    #[error("the block that begins on line {line} (BEGIN {label}) has no END line; copy it to its end")]
    NoEnd {
        /// What the `BEGIN` line names.
        label: String,
        /// Line of `BEGIN`, from 1.
        line: usize,
    },
    /// The bytes end before the object does.
    #[error(
        "line {line}: the text is cut off: {got} bytes where its own header says {want}; copy the whole text again"
    )]
    Cut {
        /// Line where the object begins, from 1.
        line: usize,
        /// Bytes found.
        got: usize,
        /// Bytes that the object says it has.
        want: usize,
    },
    /// A thumbprint, as portals show it beside the certificate.
    #[error(
        "this is a thumbprint of {digits} hexadecimal digits, by which a certificate is recognised, and not the \
         certificate itself; download the certificate (Base64 or PEM) and paste all of it"
    )]
    Thumbprint {
        /// How many digits: 40 of SHA-1, 64 of SHA-256.
        digits: usize,
    },
    /// Readable base64, but no DER.
    #[error("line {line}: this decodes to {got} bytes that are neither a certificate nor a key")]
    NotDer {
        /// Line where the object begins, from 1.
        line: usize,
        /// Bytes decoded.
        got: usize,
    },
}

/// What a pasted object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pasted {
    /// An X.509 certificate, or what has its outline.
    Certificate,
    /// A PKCS#10 request for a certificate.
    CertificateRequest,
    /// A certificate revocation list.
    RevocationList,
    /// A bare public key.
    PublicKey,
    /// A private key in PKCS#8.
    Pkcs8,
    /// An RSA private key in PKCS#1.
    Pkcs1,
    /// An elliptic-curve private key in SEC 1.
    Sec1,
    /// A private key that a passphrase protects.
    EncryptedKey,
    /// A PKCS#7 bundle (`.p7b`).
    Pkcs7,
    /// A PKCS#12 store (`.pfx`, `.p12`).
    Pkcs12,
    /// Some other ASN.1.
    Other,
}

/// One object found in a text.
pub(super) struct Block {
    pub(super) der: Vec<u8>,
    pub(super) kind: Pasted,
    /// Line on which it begins, from 1; 1 for binary input.
    pub(super) line: usize,
}

/// All objects in `input`, at least one.
pub(super) fn blocks(input: &[u8]) -> Result<Vec<Block>, TextError> {
    if input.len() > MAX_BYTES {
        return Err(TextError::TooLong { got: input.len(), max: MAX_BYTES });
    }
    let mut found = Vec::new();
    if is_binary(input) {
        if let Err(error) = split(input, 1, &mut found) {
            // White space that an editor put behind the last object, whose own last octets may look the same.
            let read: usize = found.iter().map(|block| block.der.len()).sum();
            if read == 0 || !input[read..].trim_ascii().is_empty() {
                return Err(error);
            }
        }
        return Ok(found);
    }
    let text = decode_text(input);
    let text = Cleaned::of(&text);
    if text.chars.is_empty() {
        return Err(TextError::Empty);
    }
    if let Some(digits) = thumbprint(&text.kept) {
        return Err(TextError::Thumbprint { digits });
    }
    if text.kept.contains(BEGIN) {
        pem(&text, &mut found)?;
    } else {
        base64(&text, 0, text.kept.len(), &mut found)?;
    }
    if found.is_empty() { Err(TextError::Empty) } else { Ok(found) }
}

/// How many digits a text has that is a digest in hexadecimal and nothing else, whatever stands between its octets. No
/// certificate is so short.
fn thumbprint(kept: &str) -> Option<usize> {
    let digits = kept.chars().filter(|c| !matches!(c, ':' | '-'));
    let count = digits.clone().take(65).count();
    (matches!(count, 40 | 64) && digits.into_iter().all(|c| c.is_ascii_hexdigit())).then_some(count)
}

/// A SEQUENCE, and not the digit `0` which has the same code: every object read here begins with a
/// length above 127 or a tag or number below 32.
fn is_binary(input: &[u8]) -> bool {
    let is_text = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    input.first() == Some(&der::SEQUENCE) && !input.iter().take(8).all(is_text)
}

/// UTF-8 or, when its byte-order mark says so, UTF-16. Undecodable bytes become U+FFFD and are named
/// by the base64 reader if they stand where they matter.
fn decode_text(input: &[u8]) -> String {
    let utf16 = |pairs: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = pairs.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match input {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => String::from_utf8_lossy(input).into_owned(),
    }
}

/// A text without spaces, quotes, byte-order marks and escapes for line ends, which remembers where
/// each remaining character stood.
struct Cleaned<'a> {
    original: &'a str,
    kept: String,
    /// For each kept character: its offset in `kept`, and its offset in `original`.
    chars: Vec<(usize, usize)>,
    /// Where the lines of `original` end: each of a hundred thousand objects may ask for its line.
    line_ends: Vec<usize>,
}

impl<'a> Cleaned<'a> {
    fn of(original: &'a str) -> Self {
        let line_ends = original.match_indices('\n').map(|(at, _)| at).collect();
        let mut cleaned = Self { original, kept: String::with_capacity(original.len()), chars: Vec::new(), line_ends };
        let mut characters = original.char_indices().peekable();
        while let Some((at, c)) = characters.next() {
            if c == '\\' {
                // `\n`, `\\n` and `\/` from JSON, YAML and environment files.
                while characters.next_if(|(_, next)| *next == '\\').is_some() {}
                characters.next_if(|(_, next)| matches!(next, 'n' | 'r' | 't'));
            } else if !is_dirt(c) {
                cleaned.chars.push((cleaned.kept.len(), at));
                cleaned.kept.push(c);
            }
        }
        cleaned
    }

    /// Where the character at `offset` of `kept` stood: byte, line and column.
    fn position(&self, offset: usize) -> (usize, usize, usize) {
        let byte = self.byte(offset);
        let column = self.original[..byte].rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (byte, self.line(offset), column)
    }

    fn line(&self, offset: usize) -> usize {
        let byte = self.byte(offset);
        self.line_ends.partition_point(|end| *end < byte) + 1
    }

    fn byte(&self, offset: usize) -> usize {
        let index = self.chars.partition_point(|(kept, _)| *kept < offset);
        self.chars.get(index).map_or(self.original.len(), |(_, original)| *original)
    }
}

fn is_dirt(c: char) -> bool {
    c.is_whitespace()
        || c == '\0'
        || matches!(c, '"' | '\'' | '`' | '\u{2018}'..='\u{201f}' | '\u{ab}' | '\u{bb}')
        || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{ad}')
}

/// Reads every `BEGIN … END` block and ignores what stands between them.
fn pem(text: &Cleaned<'_>, found: &mut Vec<Block>) -> Result<(), TextError> {
    let kept = text.kept.as_str();
    let mut from = 0;
    while let Some(begin) = kept[from..].find(BEGIN).map(|at| from + at) {
        let no_end = |label: &str| TextError::NoEnd { label: label.to_owned(), line: text.line(begin) };
        let label_at = begin + BEGIN.len();
        let label_end = kept[label_at..].find(DASHES).map(|at| label_at + at).ok_or_else(|| no_end(""))?;
        // Without spaces: `X509CERTIFICATE`, `TRUSTEDCERTIFICATE`, `RSAPRIVATEKEY`, …
        let label = &kept[label_at..label_end];
        let body = label_end + DASHES.len();
        let end = kept[body..].find(DASHES).map(|at| body + at).ok_or_else(|| no_end(label))?;
        let after = end + DASHES.len();
        if !kept[after..].starts_with("END") {
            return Err(no_end(label));
        }
        let closed = kept[after..].find(DASHES).map_or(kept.len(), |at| after + at + DASHES.len());
        block(text, label, body, end, found)?;
        from = closed;
    }
    Ok(())
}

fn block(text: &Cleaned<'_>, label: &str, from: usize, to: usize, found: &mut Vec<Block>) -> Result<(), TextError> {
    // RFC 1421 headers: OpenSSL's old form of an encrypted key. No passphrase is ever asked for.
    if text.kept[from..to].starts_with("Proc-Type:") {
        found.push(Block { der: Vec::new(), kind: Pasted::EncryptedKey, line: text.line(from) });
        return Ok(());
    }
    // The curve's name, which `openssl ecparam` writes before the key that names it too.
    if label == "ECPARAMETERS" {
        return Ok(());
    }
    let first = found.len();
    if label == "TRUSTEDCERTIFICATE" {
        // OpenSSL's own trust settings follow the certificate and are none of ours.
        let mut whole = Vec::new();
        base64(text, from, to, &mut whole)?;
        found.extend(whole.into_iter().take(1));
    } else {
        base64(text, from, to, found)?;
    }
    if found.len() == first { Err(TextError::NotDer { line: text.line(from), got: 0 }) } else { Ok(()) }
}

/// Decodes `kept[from..to]`: base64 in which `=` may end an object before another begins.
fn base64(text: &Cleaned<'_>, from: usize, to: usize, found: &mut Vec<Block>) -> Result<(), TextError> {
    let mut at = from;
    // Padding ends a run; an unpadded run may hold several objects, which `split` takes apart.
    for run in text.kept[from..to].split('=') {
        if !run.is_empty() {
            let bytes = decode(text, run, at)?;
            split(&bytes, text.line(at), found)?;
        }
        at += run.len() + 1;
    }
    Ok(())
}

fn decode(text: &Cleaned<'_>, run: &str, at: usize) -> Result<Vec<u8>, TextError> {
    if let Some((offset, got)) = run.char_indices().find(|(_, c)| !is_base64(*c)) {
        let (byte, line, column) = text.position(at + offset);
        return Err(match got {
            '<' => TextError::Xml { line },
            _ => TextError::Character { got, line, column, byte },
        });
    }
    // Every character is in the alphabet and bits behind the last byte are ignored: what is left to
    // fail is the length.
    LENIENT.decode(run).map_err(|_| TextError::Incomplete { line: text.line(at + run.len() - 1) })
}

fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '+' || c == '/'
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Takes apart objects that follow each other.
fn split(bytes: &[u8], line: usize, found: &mut Vec<Block>) -> Result<(), TextError> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let object = der::object(rest).map_err(|error| match error {
            Unreadable::Short { got, want } if rest[0] == der::SEQUENCE => TextError::Cut { line, got, want },
            _ => TextError::NotDer { line, got: rest.len() },
        })?;
        if object.tag != der::SEQUENCE {
            return Err(TextError::NotDer { line, got: rest.len() });
        }
        let der = rest[..rest.len() - object.rest.len()].to_vec();
        found.push(Block { der, kind: kind(object.contents), line });
        rest = object.rest;
    }
    Ok(())
}

/// What a SEQUENCE with these contents is, by the tags of its first members.
fn kind(contents: &[u8]) -> Pasted {
    let inner = der::object(contents).map_or(&[][..], |first| first.contents);
    match der::tags::<3>(contents) {
        [der::SEQUENCE, der::SEQUENCE, der::BIT_STRING] => signed_kind(inner),
        [der::SEQUENCE, der::BIT_STRING, 0] | [der::INTEGER, der::INTEGER, 0] => Pasted::PublicKey,
        [der::SEQUENCE, der::OCTET_STRING, 0] => Pasted::EncryptedKey,
        [der::INTEGER, der::SEQUENCE, der::OCTET_STRING] => Pasted::Pkcs8,
        [der::INTEGER, der::INTEGER, der::INTEGER] => Pasted::Pkcs1,
        [der::INTEGER, der::OCTET_STRING, _] => Pasted::Sec1,
        [der::OID, der::CONTEXT_0, _] => Pasted::Pkcs7,
        [der::INTEGER, der::SEQUENCE, der::SEQUENCE | 0] => Pasted::Pkcs12,
        _ => Pasted::Other,
    }
}

/// Which of the objects that are "content, algorithm, signature" this content belongs to.
fn signed_kind(content: &[u8]) -> Pasted {
    match der::tags::<4>(content) {
        // version, subject (a SEQUENCE of SETs), key, attributes
        [der::INTEGER, der::SEQUENCE, der::SEQUENCE, der::CONTEXT_0 | 0] => Pasted::CertificateRequest,
        // version, algorithm, issuer, thisUpdate (a time)
        [der::INTEGER, der::SEQUENCE, der::SEQUENCE, 0x17 | 0x18] => Pasted::RevocationList,
        _ => Pasted::Certificate,
    }
}

impl fmt::Display for Pasted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "a certificate",
            Self::CertificateRequest => "a certificate request (CSR)",
            Self::RevocationList => "a revocation list (CRL)",
            Self::PublicKey => "a bare public key",
            Self::Pkcs8 => "a private key",
            Self::Pkcs1 => "an RSA private key",
            Self::Sec1 => "an elliptic-curve private key",
            Self::EncryptedKey => "a private key protected by a passphrase",
            Self::Pkcs7 => "a PKCS#7 bundle (.p7b)",
            Self::Pkcs12 => "a PKCS#12 store (.pfx, .p12)",
            Self::Other => "something else in ASN.1",
        })
    }
}
