//! Owners of foreign objects: one type each, freed once, on every path.

use std::ptr::NonNull;

use aws_lc_sys as lc;

/// A parsed key. The library counts references and locks inside; once built, nothing here changes it.
pub(crate) struct PKey(NonNull<lc::EVP_PKEY>);

/// One operation with a key; lives no longer than the call that made it.
pub(crate) struct PKeyContext(NonNull<lc::EVP_PKEY_CTX>);

/// An RSA key that no [`PKey`] owns yet.
pub(crate) struct Rsa(NonNull<lc::RSA>);

impl PKey {
    /// Takes ownership of what a parser returned; `None` when it returned nothing.
    ///
    /// # Safety
    /// `key` is null, or points to an `EVP_PKEY` of which the caller gives up the only reference.
    #[expect(unsafe_code, reason = "takes over a foreign object")]
    pub(crate) unsafe fn from_raw(key: *mut lc::EVP_PKEY) -> Option<Self> {
        NonNull::new(key).map(Self)
    }

    /// An `EVP_PKEY` that owns `rsa`.
    #[expect(unsafe_code, reason = "foreign calls")]
    pub(crate) fn of_rsa(rsa: &Rsa) -> Option<Self> {
        // SAFETY: takes no argument; returns null or an object that we own.
        let raw = unsafe { lc::EVP_PKEY_new() };
        // SAFETY: just made, nobody else has it.
        let key = unsafe { Self::from_raw(raw) }?;
        // SAFETY: both pointers are live; `set1` takes a reference of its own, so both owners free theirs.
        let done = unsafe { lc::EVP_PKEY_set1_RSA(key.as_ptr(), rsa.0.as_ptr()) };
        (done == 1).then_some(key)
    }

    pub(crate) fn as_ptr(&self) -> *mut lc::EVP_PKEY {
        self.0.as_ptr()
    }

    /// The RSA key inside, borrowed from `self`; `None` when it is a key of another kind.
    #[expect(unsafe_code, reason = "foreign call")]
    pub(crate) fn rsa(&self) -> Option<NonNull<lc::RSA>> {
        // SAFETY: `self.0` is live; the result is borrowed and the callers use it while they hold `&self`.
        NonNull::new(unsafe { lc::EVP_PKEY_get0_RSA(self.0.as_ptr()) })
    }
}

impl Drop for PKey {
    #[expect(unsafe_code, reason = "frees a foreign object")]
    fn drop(&mut self) {
        // SAFETY: we own this reference and drop runs once.
        unsafe { lc::EVP_PKEY_free(self.0.as_ptr()) }
    }
}

#[expect(unsafe_code, reason = "the library allows it")]
// SAFETY: AWS-LC (evp.h) allows an EVP_PKEY to be used and freed on any thread.
unsafe impl Send for PKey {}

#[expect(unsafe_code, reason = "the library allows it")]
// SAFETY: AWS-LC (evp.h) allows concurrent use by functions that do not change the key; after
// construction we call only such functions (operations lock their caches and blinding inside).
unsafe impl Sync for PKey {}

impl PKeyContext {
    /// A context for one operation with `key`.
    #[expect(unsafe_code, reason = "foreign call")]
    pub(crate) fn new(key: &PKey) -> Option<Self> {
        // SAFETY: `key` is live and the context takes a reference of its own; a null engine is the default one.
        let raw = unsafe { lc::EVP_PKEY_CTX_new(key.as_ptr(), std::ptr::null_mut()) };
        NonNull::new(raw).map(Self)
    }

    pub(crate) fn as_ptr(&mut self) -> *mut lc::EVP_PKEY_CTX {
        self.0.as_ptr()
    }
}

impl Drop for PKeyContext {
    #[expect(unsafe_code, reason = "frees a foreign object")]
    fn drop(&mut self) {
        // SAFETY: we own the context and drop runs once.
        unsafe { lc::EVP_PKEY_CTX_free(self.0.as_ptr()) }
    }
}

impl Rsa {
    /// Takes ownership of what a parser returned; `None` when it returned nothing.
    ///
    /// # Safety
    /// `rsa` is null, or points to an `RSA` of which the caller gives up the only reference.
    #[expect(unsafe_code, reason = "takes over a foreign object")]
    pub(crate) unsafe fn from_raw(rsa: *mut lc::RSA) -> Option<Self> {
        NonNull::new(rsa).map(Self)
    }
}

impl Drop for Rsa {
    #[expect(unsafe_code, reason = "frees a foreign object")]
    fn drop(&mut self) {
        // SAFETY: we own this reference and drop runs once.
        unsafe { lc::RSA_free(self.0.as_ptr()) }
    }
}

/// Empties the thread's error queue when it goes out of scope, so that a failure here is not found
/// by a later caller of the library on this thread, and says nothing to anybody.
pub(crate) struct ForgetErrors;

impl Drop for ForgetErrors {
    #[expect(unsafe_code, reason = "foreign call")]
    fn drop(&mut self) {
        // SAFETY: touches only the calling thread's own queue.
        unsafe { lc::ERR_clear_error() }
    }
}
