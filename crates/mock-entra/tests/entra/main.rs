//! The stand-in for Entra ID: that a person who knows Entra takes it for Entra, and that our service provider accepts
//! what it sends. Rows are those of the requirements for Entra.

mod api;
mod bent;
mod certificates;
mod claims;
mod endpoints;
mod name_id;
mod pages;
mod requests;
mod response;
mod starts;
mod support;
