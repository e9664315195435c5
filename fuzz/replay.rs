//! Runs the committed corpora through the bodies of the fuzz targets, for the tests of the crates that are tried.

use std::fs;
use std::path::PathBuf;

/// The folder of the targets and their corpora.
pub(crate) fn fuzz() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// Runs a target over its corpus, which has at least this many files: a corpus that was lost must not look like one
/// that passed.
pub(crate) fn replay(target: &str, at_least: usize, body: fn(&[u8])) {
    let folder = fuzz().join("corpus").join(target);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a folder can be read").path())
        .collect();
    files.sort();
    assert!(files.len() >= at_least, "{target}: {} files, at least {at_least} are expected", files.len());
    for file in files {
        // Names the input that a panic is about.
        println!("{}", file.display());
        body(&fs::read(&file).expect("a file can be read"));
    }
}
