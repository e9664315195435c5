//! The application: what all requests share, and the table of routes.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{any, get, post};
use jiff::Timestamp;
use vestibule_journeys::Services;
use vestibule_journeys::set_up_connection::Tools;
use vestibule_outbound::Outbox;
use vestibule_saml::binding::post::MAX_BODY;

use crate::api;
use crate::limits::Limits;
use crate::routes::{
    console, end_session, forward_auth, health, me, oidc, outbox, password, second_factor, set_up, sign_in, slo, sso,
    unknown, waiting,
};

/// What all requests share.
pub struct App {
    /// The services that journeys use.
    pub services: Arc<Services>,
    /// Tells the time; read once for each request.
    pub clock: Clock,
    /// The vendor's product that people sign in to.
    pub product: String,
    /// How much one address and one account may ask for.
    pub limits: Limits,
    /// What the set-up of a connection works with.
    pub tools: Tools,
    /// The mails that a demonstration keeps; none in production.
    pub outbox: Option<Outbox>,
}

/// Tells the time.
pub type Clock = Box<dyn Fn() -> Timestamp + Send + Sync>;

/// Bodies of our own forms and of the token endpoint are at most this many bytes long.
const SMALL_BODY: usize = 64 * 1024;

/// One entity's metadata has at most 1 MiB (A24.1), which a form writes with up to three times as many octets.
const METADATA_BODY: usize = 3 * 1024 * 1024 + SMALL_BODY;

/// Where a proxy asks about each request to a site behind it. What it tells of that request stands in `X-Forwarded`
/// headers; everywhere else they are about the request itself.
pub const FORWARD_AUTH: &str = "/forward-auth";

/// All routes. The hosts that they serve are told apart inside: every account has the same ones.
pub fn router(app: App) -> Router {
    let app = Arc::new(app);
    let answers = Router::new()
        .route("/sso/{connection}/acs", get(sso::acs_address).post(sso::acs))
        .route("/sso/{connection}/slo", get(slo::redirected).post(slo::posted))
        .route("/sso/{connection}/start", get(sso::start).post(sso::answer_at_login_url))
        .fallback(unknown::alias_or_not_found)
        .layer(DefaultBodyLimit::max(MAX_BODY));
    let metadata = Router::new()
        .route("/set-up/{token}/theirs", post(set_up::theirs))
        .route("/console/connections/{id}/set-up/theirs", post(set_up::theirs))
        .merge(console::branding_routes())
        .layer(DefaultBodyLimit::max(METADATA_BODY));
    let mut router = Router::new()
        .route("/", get(sign_in::front).post(sso::answer_at_front))
        .route("/sign-in", get(sign_in::page).post(sso::answer_at_front))
        .route("/sign-in/discover", post(sign_in::discover))
        .route("/sign-in/start", post(sign_in::start))
        .route("/sign-in/password", get(password::page).post(password::sign_in))
        .route("/sign-in/password/forgotten", get(password::forgotten).post(password::ask))
        .route("/sign-in/password/{link}", get(password::opened).post(password::set))
        .route("/sign-in/second", post(second_factor::answer))
        .route("/sign-in/operator/{link}", get(password::first_operator).post(password::create_first_operator))
        .route("/sign-in/{attempt}", get(sign_in::arrive).post(sign_in::choose_user))
        .route("/sso/{connection}/test", get(sso::test))
        .route("/sso/{connection}/metadata", get(sso::metadata))
        .merge(console::routes())
        .route("/me", get(me::me))
        .route("/waiting", get(waiting::list))
        .route("/waiting/ask", get(waiting::ask).post(waiting::ask_for))
        .route("/waiting/{applicant}", get(waiting::applicant))
        .route("/waiting/{applicant}/approve", post(waiting::approve))
        .route("/waiting/{applicant}/refuse", post(waiting::refuse))
        .route("/waiting/{applicant}/merge", get(waiting::ask_to_merge).post(waiting::merge))
        .route("/set-up/{token}", get(set_up::page))
        .route("/set-up/{token}/idp", post(set_up::idp))
        .route("/set-up/{token}/ours", post(set_up::ours))
        .route("/set-up/{token}/people", post(set_up::people))
        .route("/set-up/{token}/try", post(set_up::begin_test))
        .route("/set-up/{token}/report", get(set_up::report))
        .route("/set-up/{token}/explain", post(set_up::explain))
        .route("/set-up/{token}/switch-on", post(set_up::switch_on))
        .route("/connections/{connection}/confirm", get(set_up::asked).post(set_up::confirm))
        .route("/me/sessions/{which}/end", post(me::end_session))
        .route("/me/second-factor", get(second_factor::mine).post(second_factor::change))
        .route("/me/password", get(password::changing).post(password::change))
        .route("/me/other-user", post(me::other_user))
        .route("/sign-out", post(me::sign_out))
        .route("/sign-out/{logout}", get(slo::progress))
        .route("/oidc/authorize", get(oidc::authorize).post(oidc::authorize_posted))
        .route("/oidc/logout", get(end_session::logout).post(end_session::posted))
        .route("/oidc/token", post(oidc::token))
        .route("/oidc/userinfo", get(oidc::userinfo).post(oidc::userinfo))
        .route("/oidc/introspect", post(oidc::introspect))
        .route("/oidc/revoke", post(oidc::revoke))
        .route("/oidc/jwks", get(oidc::jwks))
        .route("/.well-known/openid-configuration", get(oidc::discovery))
        .route(FORWARD_AUTH, any(forward_auth::forward_auth))
        .merge(api::mount())
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/assets/{file}", get(unknown::asset))
        .route("/brand/{file}", get(unknown::brand));
    if app.outbox.is_some() {
        router = router.route("/outbox", get(outbox::outbox));
    }
    router
        .layer(DefaultBodyLimit::max(SMALL_BODY))
        .merge(metadata)
        .merge(answers)
        .method_not_allowed_fallback(unknown::method_not_allowed)
        .with_state(app)
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("services", &self.services).finish_non_exhaustive()
    }
}
