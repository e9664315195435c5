//! Bytes that must not linger.

use std::fmt;

use aws_lc_sys as lc;

/// Secret bytes: overwritten when dropped, never printed.
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes the bytes over. Copies that the caller keeps are the caller's concern.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// `len` zero bytes, to be written to.
    pub(crate) fn zeroed(len: usize) -> Self {
        Self(vec![0; len])
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn as_mut_ptr(&mut self) -> *mut u8 {
        self.0.as_mut_ptr()
    }

    /// Keeps the first `len` bytes (all when there are fewer) and overwrites the rest.
    pub(crate) fn shorten(&mut self, len: usize) {
        if let Some(rest) = self.0.get_mut(len..) {
            rest.fill(0);
        }
        // The buffer is not reallocated: `Drop` still overwrites the whole of it.
        self.0.truncate(len);
    }
}

impl Drop for Secret {
    #[expect(unsafe_code, reason = "an overwrite that the compiler may not remove")]
    fn drop(&mut self) {
        // SAFETY: the pointer and the capacity describe one allocation that we own; overwriting bytes
        // beyond the length is sound because `u8` needs no destructor and nobody reads them again.
        unsafe { lc::OPENSSL_cleanse(self.0.as_mut_ptr().cast(), self.0.capacity()) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Secret::new(b"hunter2".to_vec())), "Secret(…)");
    }

    #[test]
    fn shortening_keeps_the_first_bytes_and_the_buffer() {
        let mut secret = Secret::new(vec![1, 2, 3, 4]);
        secret.shorten(2);
        assert_eq!(secret.as_bytes(), [1, 2]);
        secret.shorten(9);
        assert_eq!(secret.as_bytes(), [1, 2]);
    }
}
