//! The routes, by story. A handler is a doorway: it reads the request, calls a journey, and shows what came of it.

pub(crate) mod api;
pub(crate) mod console;
pub(crate) mod end_session;
pub(crate) mod forward_auth;
pub(crate) mod health;
pub(crate) mod me;
pub(crate) mod oidc;
pub(crate) mod outbox;
pub(crate) mod password;
pub(crate) mod second_factor;
pub(crate) mod set_up;
pub(crate) mod shown;
pub(crate) mod sign_in;
pub(crate) mod slo;
pub(crate) mod sso;
mod tested;
pub(crate) mod unknown;
pub(crate) mod waiting;
