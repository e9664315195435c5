//! Writes `vectors/saml/{accept,refuse}` and `docs/protocol/known-attacks.md`.
//!
//! What `vectors/README.md` marks as not made here (the one real response) is left alone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use vestibule_mock_entra::{Case, Message, forge, genuine};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let vectors = root.join("vectors/saml");
    let accept = genuine::cases();
    let refuse = forge::cases();
    write(&vectors.join("accept"), &accept)?;
    write(&vectors.join("refuse"), &refuse)?;
    println!("{} accepted, {} refused", accept.len(), refuse.len());
    fs::write(root.join("docs/protocol/known-attacks.md"), vestibule_mock_entra::attacks::document(&refuse))
}

/// Not made by this program.
const KEPT: &str = "entra-2020-real";

fn write(folder: &Path, cases: &[Case]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len(), "names are unique");
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name != KEPT && !names.contains(name.to_string_lossy().as_ref()) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    for case in cases {
        let folder = folder.join(&case.name);
        fs::create_dir_all(&folder)?;
        let (file, octets) = match &case.message {
            Message::Xml(octets) => ("response.xml", octets),
            Message::Field(octets) => ("response.base64", octets),
        };
        fs::write(folder.join(file), octets)?;
        fs::write(folder.join("case.toml"), case.toml())?;
    }
    Ok(())
}
