//! Bodies of the fuzz targets of `vestibule-xmlsec` and `vestibule-saml`: one stranger's octets in, a panic where a
//! promise is broken.
//!
//! They are not in `fuzz/`, so that the committed corpora run as plain tests on stable Rust, and not in the crates that
//! they try, which are published without them.

#![expect(clippy::missing_panics_doc, reason = "to panic is what all of them are for")]

pub mod saml;
pub mod xmlsec;
