//! Token encryption: the certificate that assertions are encrypted for.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use vestibule_xmlsec::keys::{Certificate, read_certificates};

use super::super::change::unknown;
use super::super::pages::page;
use super::super::seed::{Encryption, EncryptionStatus};
use super::super::{api, flow};
use super::form::Typed;
use super::place::{Frame, OfApplication, after};
use super::{Shown, sentence};

#[derive(Debug, Template)]
#[template(path = "portal/encryption.html")]
struct TokenEncryption {
    frame: Frame,
    base: String,
    certificate: Option<Row>,
    active: bool,
    error: Option<String>,
}

#[derive(Debug)]
struct Row {
    thumbprint: String,
    subject: String,
    until: String,
}

fn row(certificate: &Certificate) -> Row {
    Row {
        thumbprint: certificate.thumbprint_sha1(),
        subject: certificate.subject().to_owned(),
        until: flow::shown(certificate.not_after()),
    }
}

fn form(place: &OfApplication, error: Option<String>) -> Response {
    let set = place.app.encryption.as_ref().filter(|it| !it.certificate.is_empty());
    let certificate = set.and_then(|it| read_certificates(it.certificate.as_bytes()).ok()?.into_iter().next());
    let status = if error.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let shown = TokenEncryption {
        frame: place.frame("Token encryption"),
        base: place.at("/token-encryption"),
        certificate: certificate.as_ref().map(row),
        active: set.is_some_and(Encryption::is_active),
        error,
    };
    page(status, &shown)
}

pub(super) async fn show(place: OfApplication) -> Shown {
    Ok(form(&place, None))
}

/// A new certificate takes the place of the one before, and is inactive.
pub(super) async fn import(place: OfApplication, typed: Typed) -> Shown {
    let refuse = |text: &str| Ok(form(&place, Some(text.to_owned())));
    let Some(file) = typed.file("certificate") else {
        return refuse("Choose the certificate of the application's decryption key (.cer).");
    };
    let certificate = match read_certificates(file) {
        Ok(read) => read.into_iter().next(),
        Err(error) => return refuse(&sentence(&error)),
    };
    let Some(certificate) = certificate else { return refuse("There is no certificate in the file.") };
    let changed = place.handle.change(|app| {
        let encryption = app.encryption.get_or_insert_default();
        encryption.certificate = api::pem(certificate.der());
        encryption.status = EncryptionStatus::Inactive;
    });
    match changed {
        Ok(()) => Ok(after(&place.at("/token-encryption"), "saved")),
        Err(error) => refuse(&sentence(&error)),
    }
}

/// "Activate" and "Deactivate token encryption certificate".
pub(super) async fn set_status(place: OfApplication, typed: Typed) -> Shown {
    let status: EncryptionStatus = typed.choice("status")?;
    if place.app.encryption.as_ref().is_none_or(|it| it.certificate.is_empty()) {
        return Err(unknown("certificate to encrypt for, of", &place.app.name).into());
    }
    place.handle.change(|app| {
        if let Some(encryption) = &mut app.encryption {
            encryption.status = status;
        }
    })?;
    Ok(after(&place.at("/token-encryption"), "saved"))
}

pub(super) async fn delete(place: OfApplication, _: Typed) -> Shown {
    place.handle.change(|app| app.encryption = None)?;
    Ok(after(&place.at("/token-encryption"), "deleted"))
}
