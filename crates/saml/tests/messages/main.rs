//! Promises about messages and metadata that are kept by the public interface.

mod metadata;
mod support;
