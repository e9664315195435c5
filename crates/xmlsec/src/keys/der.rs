//! The little DER (X.690) that is needed to tell objects apart and to look into a public key.

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const CONTEXT_0: u8 = 0xa0;

/// One object: its tag, its contents, and what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Object<'a> {
    pub(super) tag: u8,
    pub(super) contents: &'a [u8],
    pub(super) rest: &'a [u8],
}

/// Why no object could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// The header is not DER.
    Header,
    /// The header says that more bytes follow than there are.
    Short { got: usize, want: usize },
}

/// Reads the first object of `bytes`.
pub(super) fn object(bytes: &[u8]) -> Result<Object<'_>, Unreadable> {
    let [tag, first, rest @ ..] = bytes else { return Err(Unreadable::Header) };
    let (len, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        // Three length bytes reach 16 MiB, far beyond any input here.
        0x81..=0x83 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f)).ok_or(Unreadable::Header)?;
            (digits.iter().fold(0, |len, digit| len << 8 | usize::from(*digit)), rest)
        }
        _ => return Err(Unreadable::Header),
    };
    let want = bytes.len() - rest.len() + len;
    let (contents, rest) = rest.split_at_checked(len).ok_or(Unreadable::Short { got: bytes.len(), want })?;
    Ok(Object { tag: *tag, contents, rest })
}

/// The tags of the first objects inside `contents`, zero where there is none or it is not DER.
pub(super) fn tags<const N: usize>(contents: &[u8]) -> [u8; N] {
    let mut rest = contents;
    std::array::from_fn(|_| {
        let next = object(rest).unwrap_or(Object { tag: 0, contents: &[], rest: &[] });
        rest = next.rest;
        next.tag
    })
}

/// The two non-negative integers of a `SEQUENCE { n INTEGER, e INTEGER }` without their leading zeros.
pub(super) fn two_integers(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let outer = object(bytes).ok().filter(|outer| outer.tag == SEQUENCE && outer.rest.is_empty())?;
    let first = object(outer.contents).ok().filter(|first| first.tag == INTEGER)?;
    let second = object(first.rest).ok().filter(|second| second.tag == INTEGER && second.rest.is_empty())?;
    Some((magnitude(first.contents)?, magnitude(second.contents)?))
}

fn magnitude(integer: &[u8]) -> Option<&[u8]> {
    let negative = integer.first()? & 0x80 != 0;
    let zeros = integer.iter().take_while(|byte| **byte == 0).count();
    if negative { None } else { integer.get(zeros..) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_lengths_are_read() {
        let read = object(&[4, 2, 7, 8, 9]).unwrap();
        assert_eq!((read.tag, read.contents, read.rest), (4, &[7, 8][..], &[9][..]));
        let long = [&[4, 0x82, 1, 0][..], &[5; 256]].concat();
        assert_eq!(object(&long).unwrap().contents.len(), 256);
    }

    #[test]
    fn a_cut_object_says_how_many_bytes_there_should_be() {
        assert_eq!(object(&[48, 0x82, 1, 0, 1]), Err(Unreadable::Short { got: 5, want: 260 }));
        assert_eq!(object(&[48, 0x82, 1]), Err(Unreadable::Header));
        assert_eq!(object(&[48, 0x84, 1, 1, 1, 1]), Err(Unreadable::Header));
        assert_eq!(object(&[48, 0x80]), Err(Unreadable::Header));
        assert_eq!(object(&[48]), Err(Unreadable::Header));
        assert_eq!(object(&[]), Err(Unreadable::Header));
    }

    #[test]
    fn integers_lose_their_leading_zeros_and_negative_ones_are_refused() {
        assert_eq!(two_integers(&[48, 7, 2, 2, 0, 0x81, 2, 1, 3]), Some((&[0x81][..], &[3][..])));
        assert_eq!(two_integers(&[48, 6, 2, 1, 0x81, 2, 1, 3]), None);
        assert_eq!(two_integers(&[48, 3, 2, 1, 1]), None);
        assert_eq!(two_integers(&[48, 4, 2, 0, 2, 0]), None);
    }
}
