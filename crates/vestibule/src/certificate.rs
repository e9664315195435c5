//! `vestibule certificate`: what certificates are, however they were pasted (MX-14, MX-27, XC-32).

use jiff::Timestamp;
use serde::Serialize;
use vestibule_xmlsec::keys::{Certificate, read_certificates};

use crate::cli::{CertificateArgs, Format};
use crate::failure::Failure;
use crate::output::{self, Output, Page, Terminal};
use crate::validity::{self, CertificateShape};
use crate::{clock, file};

#[derive(Serialize)]
struct Shape<'a> {
    version: u8,
    certificates: Vec<CertificateShape<'a>>,
}

/// Reads and tells; an expired certificate is told as such and is no failure.
pub(crate) fn run(arguments: &CertificateArgs) -> Result<Output, Failure> {
    let now = arguments.at.unwrap_or_else(clock::now);
    let bytes = file::input(&arguments.input)?;
    let certificates = read_certificates(&bytes)
        .map_err(|source| Failure::Certificate { place: file::name(&arguments.input), source })?;
    let stdout = match arguments.format {
        Format::Json => {
            let certificates = certificates.iter().map(|it| CertificateShape::of(it, now)).collect();
            output::json(&Shape { version: 1, certificates })
        }
        Format::Text => {
            let mut page = Page::new(Terminal::of_stdout());
            write(&mut page, &certificates, now);
            page.finish()
        }
    };
    Ok(Output { stdout, ..Output::status(0) })
}

/// One block for each certificate.
pub(crate) fn write(page: &mut Page, certificates: &[Certificate], now: Timestamp) {
    for (number, certificate) in certificates.iter().enumerate() {
        if number > 0 {
            page.end();
        }
        validity::write(page, certificate, now);
    }
}
