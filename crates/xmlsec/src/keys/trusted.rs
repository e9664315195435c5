//! The keys that one party's signatures may be verified with.

use super::VerifyingKey;

/// At least one key: a verifier without a key cannot be built.
#[derive(Debug)]
pub struct TrustedKeys(Vec<VerifyingKey>);

/// There was no key to trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no trusted key is given")]
pub struct NoTrustedKey;

impl TrustedKeys {
    /// Trusts these keys, in this order; refuses an empty list.
    ///
    /// # Errors
    /// [`NoTrustedKey`] for the empty list.
    pub fn new(keys: Vec<VerifyingKey>) -> Result<Self, NoTrustedKey> {
        if keys.is_empty() { Err(NoTrustedKey) } else { Ok(Self(keys)) }
    }

    /// Trusts one key.
    pub fn one(key: VerifyingKey) -> Self {
        Self(vec![key])
    }

    /// The keys in the order given; a verifier reports a key by its place here.
    pub fn iter(&self) -> std::slice::Iter<'_, VerifyingKey> {
        self.0.iter()
    }

    /// The key with this index.
    pub fn key(&self, index: usize) -> Option<&VerifyingKey> {
        self.0.get(index)
    }

    /// How many keys there are: one or more.
    #[expect(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl<'a> IntoIterator for &'a TrustedKeys {
    type Item = &'a VerifyingKey;
    type IntoIter = std::slice::Iter<'a, VerifyingKey>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_without_a_key_cannot_be_built() {
        assert_eq!(TrustedKeys::new(Vec::new()).unwrap_err(), NoTrustedKey);
    }
}
