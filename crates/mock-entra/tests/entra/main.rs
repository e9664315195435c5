//! The stand-in for Entra ID: that a person who knows Entra takes it for Entra, and that our service provider accepts
//! what it sends. What E-1, E-2 and so on stand for: docs/protocol/rows.md.

mod api;
mod bent;
mod certificates;
mod claims;
mod endpoints;
mod name_id;
mod pages;
mod portal;
mod requests;
mod response;
mod starts;
mod support;
