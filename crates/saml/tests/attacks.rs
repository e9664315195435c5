//! Nothing is promised without a vector: each known attack, each reason for a refusal, and the document that pairs
//! them (`docs/protocol/known-attacks.md`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use vestibule_saml::sp::Reason;

/// The families of known attacks and how many each has: A01.1 to A01.21, and so on.
const FAMILIES: [(&str, usize); 22] = [
    ("A01", 21), // signature wrapping
    ("A02", 8),  // signature exclusion
    ("A03", 6),  // keys that come with the message
    ("A04", 6),  // text tricks in values
    ("A05", 7),  // document types and entities
    ("A06", 9),  // malformed XML
    ("A07", 5),  // digest and SignedInfo smuggling
    ("A08", 7),  // references and IDs
    ("A09", 5),  // transforms
    ("A10", 3),  // canonicalisation
    ("A11", 7),  // algorithms
    ("A12", 5),  // namespaces
    ("A13", 11), // encryption
    ("A14", 7),  // times
    ("A15", 6),  // audience, addresses, issuers
    ("A16", 4),  // requests and replay
    ("A17", 3),  // subject confirmation
    ("A18", 7),  // status and structure
    ("A19", 1),  // several assertions
    ("A20", 4),  // tenants
    ("A21", 4),  // exhaustion
    ("A22", 1),  // other messages
];

/// What a vector of `vectors/saml/refuse` says it is.
#[derive(serde::Deserialize)]
struct Case {
    refusal: String,
    attacks: Vec<String>,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn refused() -> BTreeMap<String, Case> {
    let folder = root().join("vectors/saml/refuse");
    fs::read_dir(folder)
        .expect("vectors/saml/refuse")
        .map(|entry| {
            let entry = entry.expect("a folder");
            let name = entry.file_name().into_string().expect("a name in ASCII");
            let text = fs::read_to_string(entry.path().join("case.toml")).expect("case.toml");
            (name, toml::from_str(&text).expect("a case"))
        })
        .collect()
}

fn known() -> BTreeSet<String> {
    FAMILIES.iter().flat_map(|(family, last)| (1..=*last).map(move |n| format!("{family}.{n}"))).collect()
}

/// The rows of the document's tables: id, defence and vectors.
fn documented() -> Vec<(String, String, BTreeSet<String>)> {
    let text = fs::read_to_string(root().join("docs/protocol/known-attacks.md")).expect("the document");
    text.lines()
        .filter(|line| line.starts_with("| A"))
        .map(|line| {
            let cells: Vec<&str> =
                line.trim_matches('|').split(" | ").map(|cell| cell.trim_matches([' ', '|'])).collect();
            let [id, _, defence, vectors] = cells[..] else { panic!("four cells in {line}") };
            let vectors = vectors.split(", ").map(|name| name.trim_matches('`').to_owned()).collect();
            (id.to_owned(), defence.to_owned(), vectors)
        })
        .collect()
}

#[test]
fn every_known_attack_has_a_vector() {
    let shown: BTreeSet<String> = refused().into_values().flat_map(|case| case.attacks).collect();
    let missing: Vec<_> = known().difference(&shown).cloned().collect();
    assert!(missing.is_empty(), "no vector shows {missing:?}");
}

#[test]
fn every_reason_for_a_refusal_has_a_vector() {
    let shown: BTreeSet<String> = refused().into_values().map(|case| case.refusal).collect();
    let missing: Vec<_> =
        Reason::ALL.iter().map(|reason| reason.code()).filter(|code| !shown.contains(*code)).collect();
    assert!(missing.is_empty(), "no vector is refused for {missing:?}");
}

#[test]
fn vectors_name_only_known_attacks_and_reasons() {
    let (known, codes) = (known(), BTreeSet::from(Reason::ALL.map(Reason::code)));
    for (name, case) in refused() {
        assert!(codes.contains(case.refusal.as_str()), "{name}: there is no reason {}", case.refusal);
        for attack in &case.attacks {
            assert!(known.contains(attack), "{name}: there is no attack {attack}");
        }
    }
}

#[test]
fn the_document_pairs_every_attack_with_a_defence_and_all_its_vectors() {
    let refused = refused();
    let rows = documented();
    let ids: BTreeSet<String> = rows.iter().map(|(id, ..)| id.clone()).collect();
    assert_eq!(ids, known(), "the attacks of the document");
    assert_eq!(ids.len(), rows.len(), "each attack stands once");
    for (id, defence, vectors) in rows {
        assert!(!defence.is_empty(), "{id} has no defence");
        let shown: BTreeSet<String> =
            refused.iter().filter(|(_, case)| case.attacks.contains(&id)).map(|(name, _)| name.clone()).collect();
        assert_eq!(vectors, shown, "the vectors of {id}");
    }
}
