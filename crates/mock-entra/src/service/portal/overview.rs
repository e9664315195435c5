//! Overview and Properties of an application.

use askama::Template;
use http::StatusCode;

use super::super::pages::page;
use super::super::seed::{Application, AssignmentRule, Visibility};
use super::fields::{Field, FormPage};
use super::form::Typed;
use super::place::{Frame, OfApplication, after};
use super::{Shown, sentence};

#[derive(Debug, Template)]
#[template(path = "portal/overview.html")]
struct Overview<'a> {
    frame: Frame,
    app: &'a Application,
    base: String,
}

pub(super) async fn overview(place: OfApplication) -> Shown {
    let mut frame = place.around("Overview", place.app.name.clone());
    frame.trail.pop();
    Ok(page(StatusCode::OK, &Overview { frame, app: &place.app, base: place.at("") }))
}

fn form(place: &OfApplication, app: &Application) -> FormPage {
    let assignment = [(AssignmentRule::Required, "Yes"), (AssignmentRule::NotRequired, "No")];
    let visible = [(Visibility::Visible, "Yes"), (Visibility::Hidden, "No")];
    FormPage {
        frame: place.frame("Properties"),
        intro: "",
        action: place.at("/properties"),
        fields: vec![
            Field::line("name", "Name", app.name.clone()).required(),
            Field::choice("assignment", "Assignment required?", &app.assignment, &assignment)
                .hint("Yes: only who is in Users and groups comes in."),
            Field::choice("visible", "Visible to users?", &app.visible, &visible)
                .hint("Yes: there is a tile in My Apps for whoever may come in."),
        ],
        button: "Save",
        back: place.at(""),
        error: None,
    }
}

pub(super) async fn properties(place: OfApplication) -> Shown {
    Ok(form(&place, &place.app).show())
}

pub(super) async fn save_properties(place: OfApplication, typed: Typed) -> Shown {
    let app = Application {
        name: typed.text("name").to_owned(),
        assignment: typed.choice("assignment")?,
        visible: typed.choice("visible")?,
        ..place.app.clone()
    };
    if app.name.is_empty() {
        return Ok(form(&place, &app).refusing("name", "Give the application a name.".to_owned()).show());
    }
    let changed = place.handle.change(|it| {
        it.name.clone_from(&app.name);
        (it.assignment, it.visible) = (app.assignment, app.visible);
    });
    match changed {
        Ok(()) => Ok(after(&place.at("/properties"), "saved")),
        Err(error) => Ok(form(&place, &app).refusing("name", sentence(&error)).show()),
    }
}
