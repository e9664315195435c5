//! Each row of the five real set-ups has a proof, and `docs/seed-systems.md` says which.

mod citations;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use self::citations::Proof;

/// What is left for later, and nothing else may be: SCIM, an identity provider of our own, other protocols upstream.
const NEXT: [&str; 5] = ["CC-7", "HY-2", "HY-3", "HY-4", "HY-14"];
/// Of these nothing is there yet.
const WHOLLY_NEXT: [&str; 1] = ["HY-3"];

/// How ids begin, what the set-up is called, and its scenario.
const SYSTEMS: [(&str, &str, &str); 5] = [
    ("MX", "MOBOTIX Cloud", "mobotix-cloud"),
    ("XC", "XCALLY Motion", "xcally"),
    ("CC", "Cloud CMS", "cloud-cms"),
    ("HY", "A hybrid data centre", "hybrid-data-center"),
    ("SC", "ServusConnect", "servusconnect"),
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    row: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    /// `lim`: a limitation that the system admits; `trb`: a troubleshooting point; `jrn`: a journey.
    #[serde(default)]
    kind: Option<String>,
    /// What the document names.
    names: String,
    /// What has to be true.
    wants: String,
    /// What of it is left for later.
    #[serde(default)]
    next: Option<String>,
    /// Pages that show it, where a test alone does not: files of the repository.
    #[serde(default)]
    pages: Vec<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn rows() -> Vec<Row> {
    let text = fs::read_to_string(root().join("e2e/seed-systems/rows.toml")).unwrap();
    toml::from_str::<Rows>(&text).unwrap().row
}

/// The rows are those of the requirements, where these are at hand.
#[test]
fn the_rows_are_those_of_the_requirements() {
    let Ok(source) = fs::read_to_string(root().join("../shared/requirements/seed-systems.md")) else { return };
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(str::trim).map(str::to_owned).collect::<Vec<_>>();
    let is_row = |line: &&str| SYSTEMS.iter().any(|(of, ..)| line.starts_with(&format!("| {of}-")));
    let wanted: Vec<Vec<String>> = source.lines().filter(is_row).map(cells).collect();
    let ours = rows().into_iter().map(|row| {
        let id = row.kind.map_or(row.id.clone(), |kind| format!("{} [{kind}]", row.id));
        vec![id, row.names, row.wants]
    });
    assert_eq!(ours.collect::<Vec<_>>(), wanted);
}

/// Each row has a test that names it, or is said to be next; and no test names a row that is none.
#[test]
fn each_row_has_a_proof() {
    let (rows, proofs) = (rows(), citations::all(&root()));
    let unknown: Vec<_> = proofs.keys().filter(|id| rows.iter().all(|row| row.id != **id)).collect();
    assert!(unknown.is_empty(), "no rows: {unknown:?}");
    let next: Vec<&str> = rows.iter().filter(|row| row.next.is_some()).map(|row| row.id.as_str()).collect();
    assert_eq!(next, NEXT);
    let is_shown = |row: &Row| proofs.get(&row.id).is_some_and(|of| of.iter().any(|proof| proof.test.is_some()));
    let is_bare = |row: &&Row| !is_shown(row) && !WHOLLY_NEXT.contains(&row.id.as_str());
    let bare: Vec<&str> = rows.iter().filter(is_bare).map(|row| row.id.as_str()).collect();
    assert!(bare.is_empty(), "without a proof: {bare:?}");
    for page in rows.iter().flat_map(|row| &row.pages) {
        assert!(root().join(page).is_file(), "{page} is not there");
    }
}

/// The table is as the tests are. After a change: `BLESS=1 cargo test --test seed_rows`.
#[test]
fn the_table_is_as_the_tests_are() {
    let text = table(&rows(), &citations::all(&root()));
    let path = root().join("docs/seed-systems.md");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap_or_default() == text, "docs/seed-systems.md is old: BLESS=1");
}

fn table(rows: &[Row], proofs: &BTreeMap<String, Vec<Proof>>) -> String {
    let mut text = String::from(
        "# The five real set-ups, row by row\n\n\
         What the documents of five single sign-on set-ups name, and which tests show that it works here. Each has a \
         demonstration with a walk through it. Generated from the tests, which name the rows by their ids: \
         `BLESS=1 cargo test --test seed_rows`.\n",
    );
    for (system, title, name) in SYSTEMS {
        let _ = write!(
            text,
            "\n## {title}\n\n`vestibule demo --scenario {name}`, and [its walk](../examples/seed-systems/{name}/README.md).\n\n\
             | row | what the set-up has | here | state | shown by |\n|---|---|---|---|---|\n"
        );
        for row in rows.iter().filter(|row| row.id.split('-').next() == Some(system)) {
            let (wants, state, shown) = (wants(row), state(row, proofs), shown_by(row, proofs));
            let _ = writeln!(text, "| {} | {} | {wants} | {state} | {shown} |", row.id, row.names);
        }
    }
    text
}

/// Whether it works, and what of it does not yet.
fn state(row: &Row, proofs: &BTreeMap<String, Vec<Proof>>) -> String {
    match (&row.next, proofs.contains_key(&row.id)) {
        (None, true) => "proved".to_owned(),
        (None, false) => "**not proved**".to_owned(),
        (Some(next), true) => format!("proved in part; **next**: {next}"),
        (Some(next), false) => format!("**next**: {next}"),
    }
}

fn wants(row: &Row) -> String {
    let kind = match row.kind.as_deref() {
        Some("lim") => " (a limit of that system, lifted)",
        Some("trb") => " (a troubleshooting point)",
        Some("jrn") => " (a journey)",
        _ => "",
    };
    format!("{}{kind}", row.wants)
}

/// At most so many tests are named; of more, how many there are.
const NAMED: usize = 4;

fn shown_by(row: &Row, proofs: &BTreeMap<String, Vec<Proof>>) -> String {
    let of = proofs.get(&row.id).map(Vec::as_slice).unwrap_or_default();
    // Tests by their names first, and of them what people see in a browser.
    let (mut tests, files): (Vec<&Proof>, Vec<&Proof>) = of.iter().partition(|proof| proof.test.is_some());
    tests.sort_by_key(|proof| !proof.file.contains("/scenarios/"));
    let all = tests.iter().chain(&files).map(|proof| {
        let file = proof.file.rsplit('/').next().unwrap_or(&proof.file);
        let name = proof.test.as_deref().unwrap_or(file).replace('_', " ").trim_end_matches(".rs").to_owned();
        format!("[{name}](../{})", proof.file)
    });
    let pages = row.pages.iter().map(|page| format!("[{page}](../{page})"));
    let mut shown: Vec<String> = pages.chain(all).collect();
    if shown.is_empty() {
        return "nothing yet".to_owned();
    }
    let more = shown.len().saturating_sub(NAMED);
    shown.truncate(NAMED);
    let more = if more == 0 { String::new() } else { format!(", and {more} more") };
    format!("{}{more}", shown.join("; "))
}
