//! Secrets in the database are sealed with a key that is not in it: a stolen backup holds none.

use std::fmt;
use std::marker::PhantomData;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::digest;
use thiserror::Error;

/// Length of the nonce that sealing takes, in octets. It comes from a generator and is never used twice with one key.
/// NIST SP 800-38D §8.2.2 allows 2³² random ones a key.
pub const NONCE_LENGTH: usize = 12;

/// The only form so far; the first octet of everything sealed.
const FORM: u8 = 1;
const HEADER_LENGTH: usize = 1 + KEY_ID_LENGTH + NONCE_LENGTH;
const KEY_ID_LENGTH: usize = 8;

/// Something that is stored sealed.
pub trait Sealable: Sized {
    /// What this is, in a few words that never change: it is authenticated, so that one kind of secret cannot be put
    /// in the place of another.
    const PURPOSE: &'static str;

    /// The octets to be sealed.
    fn octets(&self) -> &[u8];

    /// Back from the octets; `None` where they are not such a thing.
    fn from_octets(octets: &[u8]) -> Option<Self>;
}

/// A sealed `T`, as it lies in the database. Only a [`Sealer`] opens it; `Debug` shows the id of the key alone.
pub struct Sealed<T> {
    octets: Vec<u8>,
    content: PhantomData<fn() -> T>,
}

/// The sealing keys of this deployment: one that seals, and older ones that still open what they sealed.
pub struct Sealer {
    current: SealingKey,
    older: Vec<SealingKey>,
}

/// An AES-256-GCM key. `Debug` shows its id alone.
pub struct SealingKey {
    id: KeyId,
    key: LessSafeKey,
}

/// Names a sealing key without telling it: the first 8 octets of a SHA-256 over it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId([u8; KEY_ID_LENGTH]);

/// Why something sealed stays closed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SealError {
    /// It was sealed with a key that is not configured.
    #[error(
        "sealed with key {got}, and the configured ones are {known}: configure the key that sealed it (key_file or VESTIBULE_KEY)"
    )]
    UnknownKey {
        /// The key it names.
        got: KeyId,
        /// The keys at hand.
        known: String,
    },
    /// It is not something sealed, or a later version sealed it.
    #[error("{length} octets of form {form:?} are nothing that this version sealed")]
    Form {
        /// How many octets there are.
        length: usize,
        /// The first one.
        form: Option<u8>,
    },
    /// It was changed, or moved here from another row.
    #[error("a sealed {purpose} was changed, or moved from another row")]
    Altered {
        /// What was to be opened.
        purpose: &'static str,
    },
    /// The octets are genuine and not what was wanted.
    #[error("a sealed {purpose} opens to something else")]
    Content {
        /// What was to be opened.
        purpose: &'static str,
    },
}

impl SealingKey {
    /// A key from its 32 octets.
    ///
    /// # Panics
    ///
    /// Never: 32 octets are always a key of AES-256.
    pub fn new(octets: &[u8; 32]) -> Self {
        let mut named = Vec::with_capacity(64);
        named.extend_from_slice(b"vestibule sealing key id 1\0");
        named.extend_from_slice(octets);
        let hash = digest::digest(&digest::SHA256, &named);
        named.fill(0);
        let mut id = [0; KEY_ID_LENGTH];
        id.copy_from_slice(&hash.as_ref()[..KEY_ID_LENGTH]);
        let key = UnboundKey::new(&AES_256_GCM, octets).expect("the length is the algorithm's");
        Self { id: KeyId(id), key: LessSafeKey::new(key) }
    }

    /// Its name.
    pub fn id(&self) -> KeyId {
        self.id
    }
}

impl Sealer {
    /// Seals with `current`; opens what any of the keys sealed.
    pub fn new(current: SealingKey, older: Vec<SealingKey>) -> Self {
        Self { current, older }
    }

    /// The key that seals.
    pub fn current_key(&self) -> KeyId {
        self.current.id
    }

    /// Seals `content` for the row `subject` (an id, a name: whatever it is looked up by).
    ///
    /// # Errors
    ///
    /// [`SealError::Content`] where the content is larger than the cipher takes (64 GiB).
    pub fn seal<T: Sealable>(
        &self,
        subject: &str,
        content: &T,
        nonce: [u8; NONCE_LENGTH],
    ) -> Result<Sealed<T>, SealError> {
        let plain = content.octets();
        let mut octets = Vec::with_capacity(HEADER_LENGTH + plain.len() + AES_256_GCM.tag_len());
        octets.push(FORM);
        octets.extend_from_slice(&self.current.id.0);
        octets.extend_from_slice(&nonce);
        let mut body = Vec::with_capacity(plain.len() + AES_256_GCM.tag_len());
        body.extend_from_slice(plain);
        self.current
            .key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), context::<T>(subject), &mut body)
            .map_err(|_| SealError::Content { purpose: T::PURPOSE })?;
        octets.append(&mut body);
        Ok(Sealed { octets, content: PhantomData })
    }

    /// Opens what was sealed for the row `subject`.
    ///
    /// # Errors
    ///
    /// See [`SealError`].
    pub fn open<T: Sealable>(&self, subject: &str, sealed: &Sealed<T>) -> Result<T, SealError> {
        let (key, nonce, body) = split(&sealed.octets)?;
        let Some(key) = std::iter::once(&self.current).chain(&self.older).find(|known| known.id == key) else {
            let known: Vec<_> =
                std::iter::once(&self.current).chain(&self.older).map(|known| known.id.to_string()).collect();
            return Err(SealError::UnknownKey { got: key, known: known.join(", ") });
        };
        let mut body = body.to_vec();
        let opened = key
            .key
            .open_in_place(Nonce::assume_unique_for_key(nonce), context::<T>(subject), &mut body)
            .map_err(|_| SealError::Altered { purpose: T::PURPOSE })
            .and_then(|plain| T::from_octets(plain).ok_or(SealError::Content { purpose: T::PURPOSE }));
        body.fill(0);
        opened
    }
}

impl<T> Sealed<T> {
    /// Takes what a database holds. Whether it opens is seen then.
    pub fn from_stored(octets: Vec<u8>) -> Self {
        Self { octets, content: PhantomData }
    }

    /// What a database holds.
    pub fn stored(&self) -> &[u8] {
        &self.octets
    }

    /// The key that sealed it, where it is something sealed: for finding what an old key still holds.
    pub fn key(&self) -> Option<KeyId> {
        split(&self.octets).ok().map(|(key, ..)| key)
    }
}

/// Purpose and row are authenticated with the content.
fn context<T: Sealable>(subject: &str) -> Aad<Vec<u8>> {
    Aad::from([T::PURPOSE.as_bytes(), b"\0", subject.as_bytes()].concat())
}

fn split(octets: &[u8]) -> Result<(KeyId, [u8; NONCE_LENGTH], &[u8]), SealError> {
    let no = || SealError::Form { length: octets.len(), form: octets.first().copied() };
    let (form, rest) = octets.split_first().ok_or_else(no)?;
    let (key, rest) = rest.split_first_chunk().ok_or_else(no)?;
    let (nonce, body) = rest.split_first_chunk().ok_or_else(no)?;
    if *form == FORM { Ok((KeyId(*key), *nonce, body)) } else { Err(no()) }
}

impl<T> Clone for Sealed<T> {
    fn clone(&self) -> Self {
        Self { octets: self.octets.clone(), content: PhantomData }
    }
}

impl<T> PartialEq for Sealed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.octets == other.octets
    }
}

impl<T> Eq for Sealed<T> {}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl<T> fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed").field("key", &self.key()).finish_non_exhaustive()
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").field("current", &self.current).field("older", &self.older).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Word(Vec<u8>);

    impl Sealable for Word {
        const PURPOSE: &'static str = "word";

        fn octets(&self) -> &[u8] {
            &self.0
        }

        fn from_octets(octets: &[u8]) -> Option<Self> {
            Some(Self(octets.to_vec()))
        }
    }

    fn sealer() -> Sealer {
        Sealer::new(SealingKey::new(&[1; 32]), vec![])
    }

    #[test]
    fn what_is_sealed_opens_and_does_not_show() {
        let sealed = sealer().seal("row-1", &Word(b"geheim".to_vec()), [7; 12]).unwrap();
        assert!(!sealed.stored().windows(6).any(|window| window == b"geheim"));
        assert!(!format!("{sealed:?}").contains("geheim"));
        assert_eq!(sealer().open("row-1", &sealed), Ok(Word(b"geheim".to_vec())));
    }

    #[test]
    fn any_changed_octet_and_any_other_row_is_noticed() {
        let sealed = sealer().seal("row-1", &Word(b"geheim".to_vec()), [7; 12]).unwrap();
        assert_eq!(sealer().open("row-2", &sealed), Err(SealError::Altered { purpose: "word" }));
        for place in 0..sealed.stored().len() {
            let mut octets = sealed.stored().to_vec();
            octets[place] ^= 1;
            assert!(sealer().open("row-1", &Sealed::<Word>::from_stored(octets)).is_err(), "octet {place}");
        }
        for length in 0..sealed.stored().len() {
            let cut = Sealed::<Word>::from_stored(sealed.stored()[..length].to_vec());
            assert!(sealer().open("row-1", &cut).is_err(), "{length} octets");
        }
    }

    #[test]
    fn a_rotated_key_still_opens_what_it_sealed_and_a_removed_one_is_named() {
        let sealed = sealer().seal("row-1", &Word(b"geheim".to_vec()), [7; 12]).unwrap();
        let rotated = Sealer::new(SealingKey::new(&[2; 32]), vec![SealingKey::new(&[1; 32])]);
        assert_eq!(rotated.open("row-1", &sealed), Ok(Word(b"geheim".to_vec())));
        assert_eq!(rotated.seal("row-1", &Word(vec![]), [8; 12]).unwrap().key(), Some(rotated.current_key()));
        let removed = Sealer::new(SealingKey::new(&[2; 32]), vec![]);
        let old = SealingKey::new(&[1; 32]).id();
        assert_eq!(
            removed.open("row-1", &sealed),
            Err(SealError::UnknownKey { got: old, known: removed.current_key().to_string() })
        );
    }
}
