//! Enterprise applications: the list, a new one, and its end.

use askama::Template;
use http::StatusCode;

use super::super::guid;
use super::super::pages::page;
use super::super::seed::{Application, Tenant};
use super::fields::{Field, FormPage, Kind};
use super::form::Typed;
use super::place::{Frame, InTenant, OfApplication, after};
use super::{Shown, sentence};

const NON_GALLERY: &str = "non_gallery";

#[derive(Debug, Template)]
#[template(path = "portal/applications.html")]
struct Applications<'a> {
    frame: Frame,
    tenant: &'a Tenant,
}

pub(super) async fn list(place: InTenant) -> Shown {
    let frame = place.frame("Enterprise applications");
    Ok(page(StatusCode::OK, &Applications { frame, tenant: &place.tenant }))
}

fn form(place: &InTenant, name: &str) -> FormPage {
    let integrate = "Integrate any other application you don't find in the gallery (Non-gallery)";
    let doing = Field {
        kind: Kind::Choice(vec![(NON_GALLERY.to_owned(), integrate)]),
        ..Field::line("template", "What are you looking to do with your application?", NON_GALLERY)
    };
    FormPage {
        frame: place.frame_below(("/applications", "Enterprise applications"), "Create your own application"),
        intro: "This stand-in has no gallery: every application is one that the gallery does not have.",
        action: place.at("/applications/new"),
        fields: vec![Field::line("name", "What's the name of your app?", name).required(), doing],
        button: "Create",
        back: place.at("/applications"),
        error: None,
    }
}

pub(super) async fn new(place: InTenant) -> Shown {
    Ok(form(&place, "").show())
}

pub(super) async fn create(place: InTenant, typed: Typed) -> Shown {
    let name = typed.text("name");
    if name.is_empty() {
        return Ok(form(&place, name).refusing("name", "Give the application a name.".to_owned()).show());
    }
    let app_id = guid(&place.entra.random::<16>());
    let app = Application { app_id: app_id.clone(), name: name.to_owned(), ..Application::default() };
    match place.handle.change(|tenant| tenant.applications.push(app)) {
        Ok(()) => Ok(after(&place.at(&format!("/applications/{app_id}")), "created")),
        Err(error) => Ok(form(&place, name).refusing("name", sentence(&error)).show()),
    }
}

pub(super) async fn ask_delete(place: OfApplication) -> Shown {
    let form = FormPage {
        frame: place.frame("Delete application"),
        intro: "Nobody can sign in to it by this tenant then. Its certificates and assignments go with it.",
        action: place.at("/delete"),
        fields: Vec::new(),
        button: "Delete",
        back: place.at("/properties"),
        error: None,
    };
    Ok(form.show())
}

pub(super) async fn delete(place: OfApplication, _: Typed) -> Shown {
    let app_id = &place.app.app_id;
    let tenant = place.entra.tenant(&place.tenant.id)?;
    tenant.change(|tenant| tenant.applications.retain(|app| app.app_id != *app_id))?;
    Ok(after(&format!("/portal/{}/applications", place.tenant.id), "deleted"))
}
