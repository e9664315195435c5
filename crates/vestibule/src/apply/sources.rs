//! What a file refers to: other files, metadata on the web, variables of the environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use vestibule_outbound::Fetcher;

use crate::file;

/// Where what a file refers to is found.
pub(crate) struct Sources<'a> {
    files: Files<'a>,
    fetcher: Option<&'a Fetcher>,
    variables: &'a BTreeMap<String, String>,
    /// The time, by which metadata may have expired.
    pub(super) now: Timestamp,
}

enum Files<'a> {
    /// Paths are below this directory, that of the file itself.
    Below(PathBuf),
    /// Names that the demonstration gives.
    Named(&'a BTreeMap<String, Vec<u8>>),
}

impl<'a> Sources<'a> {
    /// For a file of somebody's: paths are relative to its directory.
    pub(crate) fn beside(
        file: &Path,
        fetcher: &'a Fetcher,
        variables: &'a BTreeMap<String, String>,
        now: Timestamp,
    ) -> Self {
        let directory = file.parent().map_or_else(PathBuf::new, Path::to_owned);
        Self { files: Files::Below(directory), fetcher: Some(fetcher), variables, now }
    }

    /// For a file that is built in, with what it refers to, by the names and addresses that it has there.
    pub(crate) fn named(
        documents: &'a BTreeMap<String, Vec<u8>>,
        variables: &'a BTreeMap<String, String>,
        now: Timestamp,
    ) -> Self {
        Self { files: Files::Named(documents), fetcher: None, variables, now }
    }

    /// A file's content, at most as long as metadata may be.
    pub(super) fn file(&self, path: &str) -> Result<Vec<u8>, String> {
        match &self.files {
            Files::Below(directory) => file::named(&directory.join(path)).map_err(|error| error.to_string()),
            Files::Named(files) => files.get(path).cloned().ok_or_else(|| format!("{path} is not among the files")),
        }
    }

    /// Metadata from the web.
    pub(super) async fn metadata(&self, url: &str) -> Result<Vec<u8>, String> {
        // What is built in does not have to be fetched.
        let Some(fetcher) = self.fetcher else { return self.file(url) };
        fetcher.metadata(url).await.map(|fetched| fetched.document).map_err(|error| error.to_string())
    }

    /// What is read of a secret in a variable of the environment. What was wrong is told with the name alone.
    pub(super) fn secret_in_variable<T>(
        &self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, String> {
        match self.variables.get(name) {
            Some(text) => read(text).map_err(|error| format!("{name}: {error}")),
            None => Err(format!("the variable {name} is not set; set it, or leave the secret out")),
        }
    }

    /// What is read of a secret in a file. What was wrong is told with the name alone.
    pub(super) fn secret_in_file<T>(
        &self,
        path: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, String> {
        let octets = self.file(path)?;
        read(&String::from_utf8_lossy(&octets)).map_err(|error| format!("{path}: {error}"))
    }
}
