//! The endpoints of the admin API, by what they are about. Each reads its request, calls a journey, and says what came of
//! it; who may ask, and whether the request can be read, is judged before.

mod account_settings;
mod accounts;
mod applications;
mod audit;
mod connection_settings;
mod connection_shown;
mod connections;
mod domains;
mod groups;
mod keys;
mod setup_links;
mod users;
mod waiting;
mod webhooks;

use crate::api::endpoint::Endpoint;

/// All of them.
pub(crate) static ENDPOINTS: &[&[Endpoint]] = &[
    accounts::ENDPOINTS,
    applications::ENDPOINTS,
    connections::ENDPOINTS,
    domains::ENDPOINTS,
    users::ENDPOINTS,
    groups::ENDPOINTS,
    waiting::ENDPOINTS,
    webhooks::ENDPOINTS,
    setup_links::ENDPOINTS,
    audit::ENDPOINTS,
    keys::ENDPOINTS,
];
