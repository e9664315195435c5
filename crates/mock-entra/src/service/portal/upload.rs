//! "Upload metadata file": the metadata of a service provider fills in the Basic SAML Configuration.

use std::collections::BTreeMap;

use askama::Template;
use http::StatusCode;
use vestibule_saml::metadata::{MetadataSignature, Reading, SpMetadata};
use vestibule_saml::types::LoopbackHttp;

use super::super::pages::page;
use super::basic::{self, Basic};
use super::form::Typed;
use super::place::{Frame, OfApplication};
use super::{Shown, sentence};

#[derive(Debug, Template)]
#[template(path = "portal/upload.html")]
struct Upload {
    frame: Frame,
    base: String,
    error: Option<String>,
}

fn form(place: &OfApplication, error: Option<String>) -> axum::response::Response {
    let status = if error.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    page(status, &Upload { frame: place.frame_of_saml("Upload metadata file"), base: place.at("/saml"), error })
}

pub(super) async fn choose(place: OfApplication) -> Shown {
    Ok(form(&place, None))
}

/// Nothing is set yet: the form is shown, filled in, and saves.
pub(super) async fn read(place: OfApplication, typed: Typed) -> Shown {
    let Some(file) = typed.file("metadata") else {
        return Ok(form(&place, Some("Choose the metadata file of the application.".to_owned())));
    };
    let reading = Reading {
        now: place.entra.now(),
        loopback_http: LoopbackHttp::Allow,
        signature: MetadataSignature::NotChecked,
    };
    match SpMetadata::parse(file, &reading) {
        Ok(sp) => {
            let mut filled = Basic::of(&place.app);
            filled.take(&sp);
            Ok(basic::form(&place, &filled, BTreeMap::new(), "Filled in from the file. Nothing is saved yet."))
        }
        Err(error) => Ok(form(&place, Some(sentence(&error)))),
    }
}
