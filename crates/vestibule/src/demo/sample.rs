//! The sample application, which asks Vestibule in its own process: examples/axum.

use axum::Router;
use vestibule_example_axum::{Client, Company, Settings, Transport};
use vestibule_oidc::{ClientId, Issuer, RedirectUri};

use super::{SECRET, Scenario, issuer};
use crate::clock;
use crate::failure::Failure;
use crate::services;

/// The application on this port.
///
/// # Errors
/// An address of the demonstration that cannot be one.
pub(super) fn router(scenario: &Scenario, port: u16, vestibule: Router) -> Result<Router, Failure> {
    let own = format!("http://app.localhost:{port}");
    let settings = Settings {
        issuer: Issuer::new(issuer(port)).map_err(impossible)?,
        client: Client {
            id: ClientId::new("orchard").map_err(impossible)?,
            secret: Some(SECRET.to_owned()),
            redirect_uri: RedirectUri::new(format!("{own}/callback")).map_err(impossible)?,
        },
        own,
        company: scenario.company.map(|(account, name)| Company { account: account.to_owned(), name: name.to_owned() }),
        clock: clock::now,
        draw: services::draw,
    };
    Ok(vestibule_example_axum::router(settings, Transport::InProcess(vestibule)))
}

fn impossible(error: impl std::fmt::Display) -> Failure {
    Failure::StandIn { place: "the sample application".to_owned(), problem: error.to_string() }
}
