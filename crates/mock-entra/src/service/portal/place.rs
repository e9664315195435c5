//! Where one is in the portal: the tenant and the application of an address, and what stands around each page.

use std::collections::BTreeMap;

use axum::extract::{FromRequestParts, Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;

use super::super::change::{ApplicationHandle, TenantHandle, unknown};
use super::super::{Application, Entra, Tenant};
use super::Problem;

/// What stands around the content of a page.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) title: String,
    /// The pages above: address and name.
    pub(super) trail: Vec<(String, String)>,
    /// The pages beside: address, name, whether this is it.
    pub(super) sections: Vec<(String, &'static str, bool)>,
    /// What was done on the way here.
    pub(super) done: Option<&'static str>,
}

impl Frame {
    /// Of a page that is in no tenant.
    pub(super) fn top(title: impl Into<String>) -> Self {
        let trail = vec![("/portal".to_owned(), "Portal".to_owned())];
        Self { title: title.into(), trail, sections: Vec::new(), done: None }
    }
}

/// Words that an address carries to the next page, and what they say.
const DONE: [(&str, &str); 6] = [
    ("saved", "Saved."),
    ("created", "Created."),
    ("deleted", "Deleted."),
    ("assigned", "Assigned."),
    ("removed", "Removed."),
    ("activated", "The certificate is active."),
];

/// To a page after a change, which is what a browser reloads then.
pub(super) fn after(address: &str, done: &str) -> Response {
    Redirect::to(&format!("{address}?done={done}")).into_response()
}

fn done(parts: &Parts) -> Option<&'static str> {
    let Query(fields) = Query::<BTreeMap<String, String>>::try_from_uri(&parts.uri).ok()?;
    let word = fields.get("done")?;
    DONE.iter().find(|(known, _)| known == word).map(|(_, text)| *text)
}

async fn names(parts: &mut Parts, entra: &Entra) -> Result<BTreeMap<String, String>, Problem> {
    let path = Path::<BTreeMap<String, String>>::from_request_parts(parts, entra).await;
    path.map(|Path(names)| names).map_err(|_| Problem::Missing(unknown("page", parts.uri.path())))
}

fn tenant_of(entra: &Entra, names: &BTreeMap<String, String>) -> Result<TenantHandle, Problem> {
    Ok(entra.tenant(names.get("tenant").map(String::as_str).unwrap_or_default())?)
}

/// A tenant that is there.
pub(super) struct InTenant {
    pub(super) entra: Entra,
    pub(super) handle: TenantHandle,
    /// As it was set when the request came.
    pub(super) tenant: Tenant,
    done: Option<&'static str>,
}

impl FromRequestParts<Entra> for InTenant {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, entra: &Entra) -> Result<Self, Problem> {
        let handle = tenant_of(entra, &names(parts, entra).await?)?;
        Ok(Self { entra: entra.clone(), tenant: handle.get(), handle, done: done(parts) })
    }
}

impl InTenant {
    /// The address of a page of the tenant.
    pub(super) fn at(&self, rest: &str) -> String {
        format!("/portal/{}{rest}", self.tenant.id)
    }

    pub(super) fn frame(&self, title: impl Into<String>) -> Frame {
        let title = title.into();
        let sections = [("/applications", "Enterprise applications"), ("/users", "Users")];
        let sections = sections.map(|(rest, name)| (self.at(rest), name, name == title));
        let mut trail = Frame::top("").trail;
        trail.push((self.at(""), self.tenant.name.clone()));
        Frame { title, trail, sections: sections.into(), done: self.done }
    }

    /// Of a page below one of the tenant's.
    pub(super) fn frame_below(&self, (rest, name): (&str, &str), title: impl Into<String>) -> Frame {
        let mut frame = self.frame(title);
        frame.trail.push((self.at(rest), name.to_owned()));
        frame
    }
}

/// An application that is there.
pub(super) struct OfApplication {
    pub(super) entra: Entra,
    pub(super) tenant: Tenant,
    pub(super) handle: ApplicationHandle,
    /// As it was set when the request came.
    pub(super) app: Application,
    done: Option<&'static str>,
}

impl FromRequestParts<Entra> for OfApplication {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, entra: &Entra) -> Result<Self, Problem> {
        let names = names(parts, entra).await?;
        let tenant = tenant_of(entra, &names)?;
        let handle = tenant.application(names.get("application").map(String::as_str).unwrap_or_default())?;
        let (app, tenant) = (handle.get(), tenant.get());
        Ok(Self { entra: entra.clone(), tenant, handle, app, done: done(parts) })
    }
}

impl OfApplication {
    /// The address of a page of the application.
    pub(super) fn at(&self, rest: &str) -> String {
        format!("/portal/{}/applications/{}{rest}", self.tenant.id, self.app.app_id)
    }

    /// Of a page that is named beside the others.
    pub(super) fn frame(&self, title: &'static str) -> Frame {
        self.around(title, title)
    }

    /// Of a page of the SAML set-up.
    pub(super) fn frame_of_saml(&self, title: impl Into<String>) -> Frame {
        let mut frame = self.around("Single sign-on", title);
        frame.trail.push((self.at("/saml"), "SAML-based Sign-on".to_owned()));
        frame
    }

    /// Of a page of Attributes & Claims.
    pub(super) fn frame_of_claims(&self, title: impl Into<String>) -> Frame {
        let mut frame = self.frame_of_saml(title);
        frame.trail.push((self.at("/saml/claims"), "Attributes & Claims".to_owned()));
        frame
    }

    pub(super) fn around(&self, here: &str, title: impl Into<String>) -> Frame {
        let sections = [
            ("", "Overview"),
            ("/properties", "Properties"),
            ("/users", "Users and groups"),
            ("/single-sign-on", "Single sign-on"),
            ("/token-encryption", "Token encryption"),
        ];
        let sections = sections.map(|(rest, name)| (self.at(rest), name, name == here));
        let mut trail = Frame::top("").trail;
        trail.push((format!("/portal/{}", self.tenant.id), self.tenant.name.clone()));
        trail.push((format!("/portal/{}/applications", self.tenant.id), "Enterprise applications".to_owned()));
        trail.push((self.at(""), self.app.name.clone()));
        Frame { title: title.into(), trail, sections: sections.into(), done: self.done }
    }
}
