//! The stand-in for Entra ID: that a person who knows Entra takes it for Entra, and that our service provider accepts
//! what it sends.

mod pages;
mod support;
