//! `docs/protocol/openid-provider.md` names the test of each requirement; a name that no test has would be a promise
//! that nobody keeps.

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_test_that_the_table_names_exists() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let table = fs::read_to_string(root.join("docs/protocol/openid-provider.md")).expect("the table can be read");
    let mut sources = String::new();
    for folder in [
        "crates/oidc/src",
        "crates/domain/src",
        "crates/store/tests/conformance",
        "crates/web/tests/journeys",
        "crates/vestibule/src/apply",
        "e2e/tests/applications",
        "e2e/tests/samples",
    ] {
        read(&root.join(folder), &mut sources);
    }
    let tests = table.lines().filter(|line| line.starts_with('|')).filter_map(|line| line.rsplit('|').nth(1));
    let names: Vec<&str> = tests.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    let names: Vec<&str> = names.into_iter().filter(|name| name.matches('_').count() > 2).collect();
    assert!(names.len() > 40, "the table was read: {}", names.len());
    let missing: Vec<_> = names.iter().filter(|name| !sources.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

fn read(folder: &Path, sources: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder can be read") {
        let path = entry.expect("a folder can be read").path();
        if path.is_dir() {
            read(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push_str(&fs::read_to_string(&path).expect("a source can be read"));
        }
    }
}
