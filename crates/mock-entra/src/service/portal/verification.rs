//! Verification certificates (optional): which requests must be signed, and what verifies them.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use jiff::Timestamp;
use vestibule_xmlsec::keys::{Certificate, read_certificates};

use super::super::change::unknown;
use super::super::pages::page;
use super::super::seed::RequestSignatures;
use super::super::{Application, api, flow};
use super::fields::{Field, Kind};
use super::form::Typed;
use super::place::{Frame, OfApplication, after};
use super::{Shown, sentence};

/// What the card says.
#[derive(Debug)]
pub(super) struct Summary {
    pub(super) required: &'static str,
    pub(super) active: usize,
    pub(super) expired: usize,
}

impl Summary {
    pub(super) fn of(app: &Application, now: Timestamp) -> Self {
        let all = uploaded(app);
        let expired = all.iter().filter(|certificate| certificate.not_after() < now).count();
        let required = if app.request_signatures == RequestSignatures::Ignored { "No" } else { "Yes" };
        Self { required, active: all.len() - expired, expired }
    }
}

#[derive(Debug)]
struct Row {
    thumbprint: String,
    subject: String,
    from: String,
    until: String,
    expired: bool,
}

#[derive(Debug, Template)]
#[template(path = "portal/verification.html")]
struct Verification {
    frame: Frame,
    base: String,
    saml: String,
    fields: Vec<Field>,
    rows: Vec<Row>,
    /// What is wrong with a file.
    error: Option<String>,
}

fn uploaded(app: &Application) -> Vec<Certificate> {
    app.verification_certificates.iter().filter_map(|text| first(text.as_bytes())).collect()
}

fn first(file: &[u8]) -> Option<Certificate> {
    read_certificates(file).ok()?.into_iter().next()
}

fn form(place: &OfApplication, wanted: RequestSignatures, errors: (Option<String>, Option<String>)) -> Response {
    let now = place.entra.now();
    let row = |certificate: &Certificate| Row {
        thumbprint: certificate.thumbprint_sha1(),
        subject: certificate.subject().to_owned(),
        from: flow::shown(certificate.not_before()),
        until: flow::shown(certificate.not_after()),
        expired: certificate.not_after() < now,
    };
    let (of_setting, of_file) = errors;
    let status = if of_setting.is_some() || of_file.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let require = Field {
        error: of_setting,
        ..Field::check("require", "Require verification certificates", wanted != RequestSignatures::Ignored)
            .hint("Requests that are not signed are refused then; so are My Apps and Test, for they send none.")
    };
    let sha1 = wanted == RequestSignatures::RequiredSha1Allowed;
    let page_ = Verification {
        frame: place.frame_of_saml("Verification certificates"),
        base: place.at("/saml/verification"),
        saml: place.at("/saml"),
        fields: vec![require, Field::check("sha1", "Allow requests signed with RSA-SHA1", sha1)],
        rows: uploaded(&place.handle.get()).iter().map(row).collect(),
        error: of_file,
    };
    page(status, &page_)
}

pub(super) async fn show(place: OfApplication) -> Shown {
    Ok(form(&place, place.app.request_signatures, (None, None)))
}

pub(super) async fn save(place: OfApplication, typed: Typed) -> Shown {
    let wanted = match (typed.flag("require"), typed.flag("sha1")) {
        (false, _) => RequestSignatures::Ignored,
        (true, false) => RequestSignatures::Required,
        (true, true) => RequestSignatures::RequiredSha1Allowed,
    };
    if wanted != RequestSignatures::Ignored && place.app.verification_certificates.is_empty() {
        let text = "Upload a certificate first: without one, no signature can be verified.";
        return Ok(form(&place, wanted, (Some(text.to_owned()), None)));
    }
    place.handle.change(|app| app.request_signatures = wanted)?;
    Ok(after(&place.at("/saml/verification"), "saved"))
}

pub(super) async fn upload(place: OfApplication, typed: Typed) -> Shown {
    let wanted = place.app.request_signatures;
    let refuse = |text: String| Ok(form(&place, wanted, (None, Some(text))));
    let Some(file) = typed.file("certificate") else {
        return refuse("Choose the application's certificate (.cer).".to_owned());
    };
    let certificate = match read_certificates(file) {
        Ok(read) => read.into_iter().next(),
        Err(error) => return refuse(sentence(&error)),
    };
    let Some(certificate) = certificate else { return refuse("There is no certificate in the file.".to_owned()) };
    if uploaded(&place.app).contains(&certificate) {
        return refuse("This certificate was uploaded already.".to_owned());
    }
    match place.handle.change(|app| app.verification_certificates.push(api::pem(certificate.der()))) {
        Ok(()) => Ok(after(&place.at("/saml/verification"), "saved")),
        Err(error) => refuse(sentence(&error)),
    }
}

pub(super) async fn delete(place: OfApplication, typed: Typed) -> Shown {
    let thumbprint = typed.text("thumbprint");
    let is_it = |text: &String| first(text.as_bytes()).is_some_and(|it| it.thumbprint_sha1() == thumbprint);
    if !place.app.verification_certificates.iter().any(is_it) {
        return Err(unknown("certificate", thumbprint).into());
    }
    place.handle.change(|app| app.verification_certificates.retain(|text| !is_it(text)))?;
    Ok(after(&place.at("/saml/verification"), "deleted"))
}
