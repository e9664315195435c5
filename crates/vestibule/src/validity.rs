//! Certificates as people and programs see them: what they are, and where in their life they stand.

use jiff::Timestamp;
use serde::Serialize;
use vestibule_xmlsec::keys::Certificate;

use crate::output::{Page, Style};

/// Entra warns its administrators from this many days before the end (E-48).
const SOON: i64 = 60;
const DAY: i64 = 24 * 60 * 60;
/// Columns of the bar.
const BAR: usize = 20;

/// Where in its life a certificate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Validity {
    NotYet { days: i64 },
    Valid { days_left: i64 },
    Expired { days: i64 },
}

impl Validity {
    pub(crate) fn of(certificate: &Certificate, now: Timestamp) -> Self {
        let days = |from: Timestamp, to: Timestamp| (to.as_second() - from.as_second()) / DAY;
        if now < certificate.not_before() {
            Self::NotYet { days: days(now, certificate.not_before()) }
        } else if now > certificate.not_after() {
            Self::Expired { days: days(certificate.not_after(), now) }
        } else {
            Self::Valid { days_left: days(now, certificate.not_after()) }
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::NotYet { .. } => "not_yet_valid",
            Self::Valid { .. } => "valid",
            Self::Expired { .. } => "expired",
        }
    }

    /// Shape, style and words.
    fn told(self) -> (&'static str, Style, String) {
        match self {
            Self::NotYet { days } => ("▲", Style::Warning, format!("not valid yet, begins in {}", counted(days))),
            Self::Valid { days_left } if days_left < SOON => {
                ("▲", Style::Warning, format!("ends soon, {} left", counted(days_left)))
            }
            Self::Valid { days_left } => ("●", Style::Good, format!("valid, {} left", counted(days_left))),
            Self::Expired { days } => ("■", Style::Bad, format!("expired {} ago", counted(days))),
        }
    }
}

/// A certificate for programs.
#[derive(Debug, Serialize)]
pub(crate) struct CertificateShape<'a> {
    subject: &'a str,
    issuer: &'a str,
    serial: &'a str,
    not_before: String,
    not_after: String,
    validity: &'static str,
    /// Kind and size of the key.
    key: Option<String>,
    /// Why the key is not taken.
    key_refused: Option<String>,
    thumbprint_sha1: String,
    thumbprint_sha256: String,
}

impl<'a> CertificateShape<'a> {
    pub(crate) fn of(certificate: &'a Certificate, now: Timestamp) -> Self {
        let key = certificate.public_key();
        Self {
            subject: certificate.subject(),
            issuer: certificate.issuer(),
            serial: certificate.serial(),
            not_before: certificate.not_before().to_string(),
            not_after: certificate.not_after().to_string(),
            validity: Validity::of(certificate, now).name(),
            key: key.as_ref().ok().map(|key| key.kind().to_string()),
            key_refused: key.err().map(|error| error.to_string()),
            thumbprint_sha1: certificate.thumbprint_sha1(),
            thumbprint_sha256: certificate.thumbprint_sha256(),
        }
    }
}

/// A certificate for people: a few rows below its subject.
pub(crate) fn write(page: &mut Page, certificate: &Certificate, now: Timestamp) {
    const VALUES: usize = 14;
    let (shape, style, told) = Validity::of(certificate, now).told();
    page.put(Style::Plain, " ");
    page.put(style, shape);
    page.put(Style::Plain, " ");
    page.wrapped(3, Style::Strong, certificate.subject());
    page.put(Style::Plain, "  ");
    page.wrapped(3, style, &told);
    page.end();
    let (from, to) = (date(certificate.not_before()), date(certificate.not_after()));
    page.row("  validity", VALUES, Style::Plain, &format!("{from} {} {to}", bar(certificate, now)));
    match certificate.public_key() {
        Ok(key) => page.row("  key", VALUES, Style::Plain, &key.kind().to_string()),
        Err(error) => page.row("  key", VALUES, Style::Bad, &format!("■ not taken: {error}")),
    }
    page.row("  SHA-1", VALUES, Style::Plain, &certificate.thumbprint_sha1());
    page.row("  SHA-256", VALUES, Style::Plain, &certificate.thumbprint_sha256());
    if certificate.issuer() != certificate.subject() {
        page.row("  issuer", VALUES, Style::Plain, certificate.issuer());
    }
    page.row("  serial", VALUES, Style::Plain, certificate.serial());
}

/// From begin to end, with the time of the check on it where it lies between.
fn bar(certificate: &Certificate, now: Timestamp) -> String {
    let (begin, end) = (certificate.not_before().as_second(), certificate.not_after().as_second());
    let length = i128::from(end) - i128::from(begin);
    let passed = i128::from(now.as_second()) - i128::from(begin);
    let last = BAR as i128 - 1;
    let at = if length > 0 && (0..=length).contains(&passed) { Some(passed * last / length) } else { None };
    (0..=last).map(|column| if Some(column) == at { '●' } else { '─' }).collect()
}

fn date(time: Timestamp) -> String {
    // The day alone; all times here are UTC.
    time.to_string().chars().take(10).collect()
}

fn counted(days: i64) -> String {
    match days {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        _ => format!("{days} days"),
    }
}
