//! The admin API: REST under `/api/v1`, for programs.
//!
//! ```text
//! request ─▶ serve: which program, may it, does it fit the description? ─▶ a journey of the console ─▶ JSON
//!                                    └─ endpoint ─▶ openapi: the same, described
//! ```
//!
//! Each `Endpoint` is declared once, in `routes/api`: the router mounts it, the description shows
//! it, and what comes is judged by the schema that is shown.

pub(crate) mod call;
pub(crate) mod endpoint;
mod links;
mod openapi;
mod reading;
pub(crate) mod refusal;
pub(crate) mod schema;
mod serve;
mod version;

pub use openapi::description;
pub(crate) use serve::mount;

use crate::routes::api::ENDPOINTS;

/// Where the API begins.
pub const BASE: &str = "/api/v1";

/// An endpoint by name, for those who check that none is forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Described {
    /// `operationId`.
    pub id: &'static str,
    /// The method.
    pub method: &'static str,
    /// The path, below [`BASE`], with names in braces.
    pub path: &'static str,
    /// The access that it needs.
    pub access: vestibule_domain::api::ApiAccess,
}

/// All endpoints, as the router has them.
pub fn endpoints() -> impl Iterator<Item = Described> {
    all().map(|it| Described { id: it.id, method: it.verb.name(), path: it.path, access: it.needs })
}

fn all() -> impl Iterator<Item = &'static endpoint::Endpoint> {
    ENDPOINTS.iter().flat_map(|part| part.iter())
}
