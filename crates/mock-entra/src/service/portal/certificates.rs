//! SAML Certificates: the token signing certificate, how it signs, and its successor.

use askama::Template;
use http::StatusCode;
use jiff::Timestamp;

use super::super::pages::page;
use super::super::seed::{CertificateStatus, SigningAlgorithm, SigningKeyOf, SigningOption};
use super::super::{Application, Listed, flow};
use super::Shown;
use super::fields::{Field, Kind};
use super::form::Typed;
use super::place::{Frame, OfApplication, after};

const OPTIONS: [(SigningOption, &str); 3] = [
    (SigningOption::Assertion, "Sign SAML assertion"),
    (SigningOption::Response, "Sign SAML response"),
    (SigningOption::ResponseAndAssertion, "Sign SAML response and assertion"),
];
const ALGORITHMS: [(SigningAlgorithm, &str); 2] =
    [(SigningAlgorithm::Sha256, "SHA-256"), (SigningAlgorithm::Sha1, "SHA-1")];

/// A certificate as lists show it.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) status: &'static str,
    pub(super) thumbprint: String,
    pub(super) expiration: String,
    pub(super) expired: bool,
    /// The address of its file, without the ending.
    pub(super) file: String,
    pub(super) signs: bool,
}

impl Row {
    /// `at` is where certificates are downloaded.
    pub(super) fn of(listed: &Listed, at: &str, now: Timestamp) -> Self {
        let thumbprint = listed.certificate.thumbprint_sha1();
        Self {
            status: if listed.status == CertificateStatus::Active { "Active" } else { "Inactive" },
            expiration: flow::shown(listed.certificate.not_after()),
            expired: listed.certificate.not_after() < now,
            file: format!("{at}/{thumbprint}"),
            signs: listed.signs,
            thumbprint,
        }
    }
}

#[derive(Debug, Template)]
#[template(path = "portal/certificates.html")]
struct Certificates {
    frame: Frame,
    base: String,
    saml: String,
    name: String,
    rows: Vec<Row>,
    of_tenant: bool,
    fields: Vec<Field>,
    metadata_url: String,
}

fn fields(app: &Application) -> Vec<Field> {
    vec![
        Field::choice("option", "Signing Option", &app.signing_option, &OPTIONS),
        Field::choice("algorithm", "Signing Algorithm", &app.signing_algorithm, &ALGORITHMS),
    ]
}

pub(super) async fn show(place: OfApplication) -> Shown {
    let (tenant, app) = (&place.tenant, &place.app);
    let at = format!("/api/tenants/{}/applications/{}/certificates", tenant.id, app.app_id);
    let now = place.entra.now();
    let shown = Certificates {
        frame: place.frame_of_saml("SAML Signing Certificate"),
        base: place.at("/saml/certificates"),
        saml: place.at("/saml"),
        name: app.name.clone(),
        rows: place.handle.certificates().iter().map(|listed| Row::of(listed, &at, now)).collect(),
        of_tenant: app.signing_key == SigningKeyOf::Tenant,
        fields: fields(app),
        metadata_url: super::saml::metadata_url(&place.entra, tenant, app),
    };
    Ok(page(StatusCode::OK, &shown))
}

pub(super) async fn save(place: OfApplication, typed: Typed) -> Shown {
    let (option, algorithm): (SigningOption, SigningAlgorithm) = (typed.choice("option")?, typed.choice("algorithm")?);
    place.handle.change(|app| (app.signing_option, app.signing_algorithm) = (option, algorithm))?;
    Ok(after(&place.at("/saml/certificates"), "saved"))
}

pub(super) async fn new(place: OfApplication, _: Typed) -> Shown {
    place.handle.new_certificate()?;
    Ok(after(&place.at("/saml/certificates"), "created"))
}

pub(super) async fn activate(place: OfApplication, typed: Typed) -> Shown {
    place.handle.activate_certificate(typed.text("thumbprint"))?;
    Ok(after(&place.at("/saml/certificates"), "activated"))
}

pub(super) async fn delete(place: OfApplication, typed: Typed) -> Shown {
    place.handle.delete_certificate(typed.text("thumbprint"))?;
    Ok(after(&place.at("/saml/certificates"), "deleted"))
}
