//! Looking through text many octets at a time. The loops have no branches inside a chunk, so that
//! compilers turn them into vector instructions.

/// Octets that are looked at together.
const CHUNK: usize = 64;

/// Whether the predicate holds for any octet.
#[inline]
pub(crate) fn any(text: &[u8], predicate: impl Fn(u8) -> bool) -> bool {
    text.chunks(CHUNK).any(|chunk| chunk.iter().fold(false, |any, &b| any | predicate(b)))
}

/// How often an octet stands in the text.
fn occurrences(text: &[u8], mark: u8) -> usize {
    // At most 128 in a chunk, which an octet can count.
    let in_chunk = |chunk: &[u8]| chunk.iter().fold(0u8, |n, &b| n + u8::from(b == mark));
    text.chunks(128).map(|chunk| usize::from(in_chunk(chunk))).sum()
}

/// How often one octet stands right before another.
fn pairs(text: &[u8], first: u8, second: u8) -> usize {
    let behind = text.get(1..).unwrap_or_default();
    let in_chunk = |(before, behind): (&[u8], &[u8])| {
        before.iter().zip(behind).fold(0u8, |n, (&a, &b)| n + (u8::from(a == first) & u8::from(b == second)))
    };
    text.chunks(128).zip(behind.chunks(128)).map(|chunks| usize::from(in_chunk(chunks))).sum()
}

/// What a tree of the text will need, so that it neither grows in steps nor takes more than it needs.
pub(crate) struct Room {
    pub(crate) nodes: usize,
    pub(crate) elements: usize,
    pub(crate) attributes: usize,
}

impl Room {
    /// From here on the markup is counted exactly: a message of tiny elements or of `<` alone must
    /// not reserve many times its size. Below, a guess is faster.
    const LARGE: usize = 16 * 1024;

    pub(crate) fn of(text: &[u8]) -> Self {
        let tags = occurrences(text, b'<');
        if text.len() < Self::LARGE {
            return Self { nodes: tags.min(512), elements: tags.min(512) / 2 + 1, attributes: tags.min(512) / 2 + 8 };
        }
        // The smallest element takes four octets.
        let elements = (tags - pairs(text, b'<', b'/')).min(text.len() / 4);
        let texts = occurrences(text, b'>') - pairs(text, b'>', b'<');
        Self { nodes: elements + texts.min(elements * 2), elements, attributes: 64 }
    }
}

/// How many octets come before the first that ends a plain run of text: `<`, `&` or `]`.
#[inline]
pub(crate) fn text_run(text: &[u8]) -> usize {
    run(text, |word| equal(word, b'<') | equal(word, b'&') | equal(word, b']'), |b| matches!(b, b'<' | b'&' | b']'))
}

/// How many octets come before the first that ends a plain run of an attribute value: its quote,
/// `<`, `&`, or white space that becomes a space.
#[inline]
pub(crate) fn value_run(text: &[u8], quote: u8) -> usize {
    run(
        text,
        |word| equal(word, quote) | equal(word, b'<') | equal(word, b'&') | control(word),
        |b| b == quote || b == b'<' || b == b'&' || b < b' ',
    )
}

/// How many octets come before the first hit, eight at a time. `hits` marks the high bit of octets
/// in a little-endian word; only its lowest mark must be exact.
#[inline]
fn run(text: &[u8], hits: impl Fn(u64) -> u64, hit: impl Fn(u8) -> bool) -> usize {
    let (words, tail) = text.as_chunks::<8>();
    for (n, word) in words.iter().enumerate() {
        let found = hits(u64::from_le_bytes(*word));
        if found != 0 {
            return n * 8 + (found.trailing_zeros() / 8) as usize;
        }
    }
    words.len() * 8 + tail.iter().position(|&b| hit(b)).unwrap_or(tail.len())
}

/// A name in one word: its first seven octets and its length. Different digests mean different
/// names; the same digest means the same name only for those of up to seven octets.
#[inline]
pub(crate) fn digest(name: &str) -> u64 {
    let mut word = [0; 8];
    let octets = name.as_bytes();
    let first = octets.len().min(7);
    word[..first].copy_from_slice(&octets[..first]);
    word[7] = u8::try_from(octets.len()).unwrap_or(u8::MAX);
    u64::from_le_bytes(word)
}

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGHS: u64 = ONES << 7;

/// Marks octets that are equal to `byte`; a borrow may mark further ones behind the first.
#[inline]
const fn equal(word: u64, byte: u8) -> u64 {
    let zeros = word ^ (ONES * byte as u64);
    zeros.wrapping_sub(ONES) & !zeros & HIGHS
}

/// Marks octets below the space; a borrow may mark further ones behind the first.
#[inline]
const fn control(word: u64) -> u64 {
    word.wrapping_sub(ONES * b' ' as u64) & !word & HIGHS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_at_the_first_octet_that_ends_it_wherever_that_stands() {
        for filler in [b'x', b' ', b'=', b';', b'%', 0x80, 0xFF, b'!'] {
            for len in 0..40 {
                for at in 0..=len {
                    for end in [b'<', b'&', b']'] {
                        let mut text = vec![filler; len];
                        text.splice(at..at, [end, b'<', 0x01]);
                        assert_eq!(text_run(&text), at);
                    }
                    for end in [b'"', b'<', b'&', b'\t', b'\n', 0] {
                        let mut text = vec![filler; len];
                        text.splice(at..at, [end, b'\'', b'<']);
                        assert_eq!(value_run(&text, b'"'), at);
                    }
                }
                assert_eq!(text_run(&vec![filler; len]), len);
                assert_eq!(value_run(&vec![filler; len], b'"'), len);
            }
        }
    }

    #[test]
    fn names_with_different_digests_differ_and_short_names_have_their_own() {
        let names = ["", "a", "b", "ab", "ba", "abcdefg", "abcdefh", "abcdefgh", "abcdefgi", "abcdefghi"];
        for (n, name) in names.iter().enumerate() {
            for other in &names[n + 1..] {
                assert!(digest(name) != digest(other) || (name.len() > 7 && other.len() > 7), "{name} {other}");
            }
        }
    }

    #[test]
    fn octets_are_found_and_counted_in_texts_of_any_length() {
        for len in 0..300 {
            let text = vec![b'<'; len];
            assert_eq!(occurrences(&text, b'<'), len);
            assert_eq!(pairs(&text, b'<', b'<'), len.saturating_sub(1));
            assert_eq!(any(&text, |b| b == b'<'), len > 0);
            assert!(!any(&text, |b| b == b'>'));
        }
    }
}
