//! Promises about metadata.

macro_rules! shape {
    ($name:literal) => {
        $crate::metadata::filled(include_str!(concat!("../shapes/", $name, ".xml")))
    };
}

mod aggregates;
mod flaws;
mod providers;
mod refusals;
mod service_provider;

use crate::support::{IDP, NEXT, Party, STRANGER, at};
use vestibule_saml::metadata::{IdpMetadata, MetadataError, Reading};
use vestibule_xmlsec::keys::Certificate;

const NOW: &str = "2026-01-01T00:00:00Z";

/// The documents under `shapes/` hold marks in place of certificates.
fn filled(shape: &str) -> String {
    let lines = |text: String| {
        let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
        lines.join("\n")
    };
    shape
        .replace("@ONE@", &IDP.base64())
        .replace("@TWO@", &NEXT.base64())
        .replace("@WSFED@", &STRANGER.base64())
        .replace("@ONE-LINES@", &lines(IDP.base64()))
        .replace("@TWO-LINES@", &lines(NEXT.base64()))
}

fn certificates<const N: usize>(of: [&Party; N]) -> Vec<Certificate> {
    of.into_iter().map(|party| party.certificate.clone()).collect()
}

fn reading() -> Reading<'static> {
    Reading::at(at(NOW))
}

fn read(xml: &str) -> IdpMetadata {
    IdpMetadata::parse(xml.as_bytes(), &reading()).expect("usable metadata")
}

fn refusal(xml: &str) -> MetadataError {
    IdpMetadata::parse(xml.as_bytes(), &reading()).expect_err("metadata to be refused")
}
