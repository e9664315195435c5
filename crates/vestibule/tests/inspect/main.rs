//! What the binary promises to whoever runs it: `vestibule inspect`, `metadata` and `certificate`, started as a process.

mod kinds;
mod metadata;
mod options;
mod readme;
mod support;
mod text;
mod vectors;
