//! Promises about messages and metadata that are kept by the public interface.

mod answers;
mod logout;
mod metadata;
mod requests;
mod support;
mod verdicts;
