//! Where tests name rows, such as `MX-12 to MX-14`: in what is said above a test, or in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const SYSTEMS: [&str; 5] = ["MX", "XC", "CC", "HY", "SC"];

/// A test, by its file and its name; or a whole file of tests.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Proof {
    /// From the root of the repository.
    pub(crate) file: String,
    /// None: the file is about the row.
    pub(crate) test: Option<String>,
}

/// Who names which row, by its id.
pub(crate) fn all(root: &Path) -> BTreeMap<String, Vec<Proof>> {
    let mut files = Vec::new();
    for folder in ["crates", "e2e"] {
        collect(&root.join(folder), &mut files);
    }
    files.sort();
    let mut found: BTreeMap<String, Vec<Proof>> = BTreeMap::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        for (id, test) in of(&text, is_of_tests(&name)) {
            let proofs = found.entry(id).or_default();
            let proof = Proof { file: name.clone(), test };
            if !proofs.contains(&proof) {
                proofs.push(proof);
            }
        }
    }
    found
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() && name != "target" && name != "node_modules" && name != "seed_rows" {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Whether a file holds tests and nothing else.
fn is_of_tests(name: &str) -> bool {
    name.contains("/tests/") || name.ends_with("/tests.rs")
}

/// The rows that a file names, with the test that does. What stands beside all tests counts in a file of tests alone: what
/// a program says of itself proves nothing.
fn of(text: &str, is_of_tests: bool) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    let mut above = Vec::new();
    let mut is_test = false;
    // The test that is being read, with the indentation at which it ends.
    let mut within: Option<(String, usize)> = None;
    for line in text.lines() {
        let (content, indent) = (line.trim_start(), line.len() - line.trim_start().len());
        if let Some((test, at)) = &within {
            found.extend(ids(content).into_iter().map(|id| (id, Some(test.clone()))));
            if content == "}" && indent == *at {
                within = None;
            }
            continue;
        }
        if content.starts_with("///") {
            above.extend(ids(content));
        } else if content.starts_with("#[") {
            is_test |= matches!(content, "#[test]" | "#[tokio::test]") || content.starts_with("#[tokio::test(");
        } else if is_test && let Some(name) = function(content) {
            found.extend(above.drain(..).map(|id| (id, Some(name.to_owned()))));
            within = Some((name.to_owned(), indent));
            is_test = false;
        } else if !content.is_empty() {
            if is_of_tests {
                found.extend(above.iter().cloned().chain(ids(content)).map(|id| (id, None)));
            }
            above.clear();
        }
    }
    found
}

fn function(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("fn ")?;
    rest.split(['(', '<']).next()
}

/// The ids in a line; of `MX-12 to MX-14` those between, too.
fn ids(line: &str) -> Vec<String> {
    let mut found: Vec<(&str, u32, usize)> = Vec::new();
    let mut all = Vec::new();
    for system in SYSTEMS {
        for (at, _) in line.match_indices(&format!("{system}-")) {
            let is_word = line[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '-');
            let digits: String = line[at + 3..].chars().take_while(char::is_ascii_digit).collect();
            if let (true, Ok(number)) = (is_word, digits.parse()) {
                found.push((system, number, at));
            }
        }
    }
    found.sort_by_key(|(_, _, at)| *at);
    for (place, (system, number, at)) in found.iter().enumerate() {
        all.push(format!("{system}-{number}"));
        let behind = &line[at + 3 + number.to_string().len()..];
        if let Some((of, last, _)) = found.get(place + 1)
            && behind.starts_with(" to ")
            && of == system
        {
            all.extend((number + 1..*last).map(|between| format!("{system}-{between}")));
        }
    }
    all
}

#[test]
fn a_row_is_named_by_the_test_below_it_or_within_it() {
    let text = "//! SC-1\n\n/// MX-12 to MX-14, and XC-3.\n#[tokio::test]\nasync fn one() {\n    assert!(x, \"CC-2\");\n}\n\n\
                /// HY-1: a helper.\nfn helper() {}\n";
    let one = |id: &str| (id.to_owned(), Some("one".to_owned()));
    let named = [one("MX-12"), one("MX-13"), one("MX-14"), one("XC-3"), one("CC-2")];
    assert_eq!(of(text, false), named);
    let file = |id: &str| (id.to_owned(), None);
    let with_files: Vec<_> = [file("SC-1")].into_iter().chain(named).chain([file("HY-1")]).collect();
    assert_eq!(of(text, true), with_files);
    assert_eq!(ids("AAAACC-0000 is no row, nor is XMX-1"), Vec::<String>::new());
}
