//! XML Encryption.
