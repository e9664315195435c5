//! The seeds that need a key: real shapes, and one of each family of attacks on them.

mod accepting;
mod decrypting;
mod verifying;

/// Folder below `fuzz/`, name of the file, content.
pub(crate) type Seed = (&'static str, String, Vec<u8>);

/// Every seed that is made, not written by hand.
pub(crate) fn all() -> Vec<Seed> {
    let mut seeds = verifying::seeds();
    seeds.extend(decrypting::seeds());
    seeds.extend(accepting::seeds());
    seeds
}

/// Replaces what must be there.
fn swap(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "{old} is not in the seed");
    text.replacen(old, new, 1)
}

/// The text from `start` up to and with `end`.
fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let from = text.find(start).expect("the start is in the seed");
    let len = text[from..].find(end).expect("the end is in the seed") + end.len();
    &text[from..from + len]
}
