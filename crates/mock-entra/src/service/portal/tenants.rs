//! The tenants, and what is in one.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use super::super::pages::page;
use super::super::{Entra, Tenant};
use super::Shown;
use super::place::{Frame, InTenant};

#[derive(Debug, Template)]
#[template(path = "portal/tenants.html")]
struct Tenants {
    frame: Frame,
    tenants: Vec<Tenant>,
}

pub(super) async fn list(State(entra): State<Entra>) -> Response {
    let mut frame = Frame::top("Tenants");
    frame.trail.clear();
    page(StatusCode::OK, &Tenants { frame, tenants: entra.seed().tenants })
}

#[derive(Debug, Template)]
#[template(path = "portal/tenant.html")]
struct Overview<'a> {
    frame: Frame,
    tenant: &'a Tenant,
}

pub(super) async fn overview(place: InTenant) -> Shown {
    let mut frame = place.frame(place.tenant.name.clone());
    frame.trail.pop();
    Ok(page(StatusCode::OK, &Overview { frame, tenant: &place.tenant }))
}
