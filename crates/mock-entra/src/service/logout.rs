//! Single logout as Entra does it (E-37 to E-42): by HTTP-Redirect only, percent-encoded in lower case, and with a
//! pairwise NameID where it tells other applications.
//!
//! ```text
//! LogoutRequest ─> check ─> whose session? ─> it ends ─> the other applications, in frames ─> LogoutResponse
//!                    │            └─ several ─> Pick
//!                    └─> Refusal (Entra's page) | LogoutResponse that says why not
//! ```

use std::fmt;
use std::sync::Arc;

use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use jiff::Timestamp;
use vestibule_saml::binding::{Carrier, HexDigits, Received, RelayState, Signer, redirect::RedirectBinding};
use vestibule_saml::logout::{LogoutRequest, LogoutResponse};
use vestibule_saml::time;
use vestibule_saml::types::{
    EndpointUrl, EntityId, LoopbackHttp, MessageId, NameId, NameIdFormat, RequestId, SessionIndex, Status,
    StatusCode as SamlCode, ns,
};

use super::browser::{Browser, Journey};
use super::check;
use super::claims::Subject;
use super::error::Refusal;
use super::keys::Key;
use super::pages::{self, page};
use super::seed::{Application, Tenant};
use super::session::{Participant, Session};
use super::{Entra, State, guid};

/// A LogoutRequest to an application before it is signed. Every part may be changed, for tests of what must be refused.
pub struct LogoutDraft {
    /// The request.
    pub request: LogoutRequest,
    /// `RelayState`; Entra sends none.
    pub relay_state: Option<String>,
    /// What signs.
    pub key: Arc<Key>,
}

/// A LogoutResponse to an application before it is signed.
pub struct LogoutAnswer {
    /// The response.
    pub response: LogoutResponse,
    /// `RelayState`, as the request had it.
    pub relay_state: Option<String>,
    /// What signs.
    pub key: Arc<Key>,
}

impl fmt::Debug for LogoutDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogoutDraft").field("id", &self.request.id).finish_non_exhaustive()
    }
}

impl fmt::Debug for LogoutAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogoutAnswer").field("status", &self.response.status).finish_non_exhaustive()
    }
}

impl LogoutDraft {
    /// The address to which the browser is sent (E-37, E-38).
    ///
    /// # Errors
    /// The key cannot sign.
    pub fn url(&self) -> Result<String, Refusal> {
        let relay_state = echo(self.relay_state.as_deref());
        self.request.redirect_url(relay_state.as_ref(), &signer(&self.key)).map_err(|error| broken(&error))
    }
}

impl LogoutAnswer {
    /// The address to which the browser is sent.
    ///
    /// # Errors
    /// The key cannot sign.
    pub fn url(&self) -> Result<String, Refusal> {
        let relay_state = echo(self.relay_state.as_deref());
        self.response.redirect_url(relay_state.as_ref(), &signer(&self.key)).map_err(|error| broken(&error))
    }
}

fn signer(key: &Key) -> Signer<'_> {
    Signer { hex_digits: HexDigits::Lower, ..Signer::new(key.signing_key()) }
}

fn echo(relay_state: Option<&str>) -> Option<RelayState> {
    relay_state.and_then(|text| RelayState::echo(text).ok())
}

fn broken(error: &dyn fmt::Display) -> Refusal {
    Refusal::new(50000, format!("There was an error issuing a token: {error}"))
}

/// A LogoutRequest of an application that Entra acts on.
struct Wanted<'a> {
    app: &'a Application,
    id: RequestId,
    relay_state: Option<String>,
    /// Why it is not acted on, where the application is told.
    refusal: Option<Refusal>,
}

impl Entra {
    /// The LogoutRequest that another application of a person's session gets, before it is signed: with a pairwise
    /// NameID whatever the sign-in had (E-40).
    ///
    /// # Errors
    /// There is no such tenant, application or person, or the application has no Logout Url.
    pub fn broadcast(
        &self,
        tenant: &str,
        application: &str,
        person: &str,
        session_index: Option<&str>,
    ) -> Result<LogoutDraft, Refusal> {
        let now = self.now();
        let id = format!("_{}", guid(&self.random::<16>()));
        self.state().broadcast(tenant, application, person, session_index, (&id, now))
    }

    /// What an application is answered to the LogoutRequest in this address, where the person's session is there and
    /// ends.
    ///
    /// # Errors
    /// What Entra's page says instead (E-39, E-42).
    pub fn logout_answer(&self, url: &str) -> Result<LogoutAnswer, Refusal> {
        let (path, _) = url.split_once('?').unwrap_or((url, ""));
        let path = path.strip_prefix(self.base_url()).unwrap_or(path).trim_matches('/');
        let name = path.strip_suffix("/saml2").unwrap_or(path);
        let received: Received = RedirectBinding::parse(url).map_err(|_| invalid())?.into();
        let (now, id) = (self.now(), format!("_{}", guid(&self.random::<16>())));
        let mut state = self.state();
        let State { seed, certificates, .. } = &mut *state;
        let tenant = seed.tenants.iter().find(|tenant| tenant.id == name || tenant.domains.iter().any(|it| it == name));
        let tenant = tenant.ok_or_else(|| Refusal::new(90002, format!("Tenant '{name}' not found.")))?;
        let wanted = wanted(&received, tenant, now)?;
        let signing = certificates.signing(tenant, wanted.app, now).ok_or_else(invalid)?;
        answer(tenant, &wanted, (&id, now), signing.key)
    }

    /// A LogoutRequest or LogoutResponse came in a browser. `picked` is the account that the person chose.
    pub(super) fn logout(
        &self,
        received: &Received,
        journey: &Journey,
        picked: Option<&str>,
        browser: &Browser,
    ) -> Response {
        match self.ended(received, journey, picked, browser) {
            Ok(response) => response,
            Err(refusal) => self.error_page(&refusal),
        }
    }

    fn ended(
        &self,
        received: &Received,
        journey: &Journey,
        picked: Option<&str>,
        browser: &Browser,
    ) -> Result<Response, Refusal> {
        if matches!(received.carrier, Carrier::Post) {
            let text = "The endpoint only accepts GET requests. Received a POST request.";
            return Err(Refusal::new(90_0561, text));
        }
        if check::parse(received)?.root().is(ns::PROTOCOL, "LogoutResponse") {
            return Ok(page(StatusCode::OK, &pages::SignedOut { frames: &[], onward: None }));
        }
        let now = self.now();
        let ids: Vec<String> = (0..32).map(|_| format!("_{}", guid(&self.random::<16>()))).collect();
        let mut state = self.state();
        let tenant = super::flow::tenant(&state, &journey.ask.tenant, None)?.clone();
        let mut wanted = wanted(received, &tenant, now)?;
        let all = state.sessions.of(&browser.id, now);
        let mut sessions: Vec<Session> = all.into_iter().filter(|session| session.tenant == tenant.id).collect();
        if let Some(picked) = picked {
            sessions.retain(|session| session.user == picked);
        }
        if sessions.len() > 1 && wanted.refusal.is_none() {
            // Which of them is not said by the NameID (E-39).
            let name = |session: &Session| {
                Some((session.user.clone(), tenant.user(&session.user)?.user_principal_name.clone()))
            };
            let accounts: Vec<_> = sessions.iter().filter_map(name).collect();
            let (action, ctx) = (journey.action(), journey.write());
            return Ok(page(StatusCode::OK, &pages::Pick { action: &action, ctx: &ctx, accounts: &accounts }));
        }
        let mut frames = Vec::new();
        match sessions.first().filter(|_| wanted.refusal.is_none()) {
            Some(session) if session.participants.iter().any(|one| one.app_id == wanted.app.app_id) => {
                let others = session.participants.iter().filter(|one| one.app_id != wanted.app.app_id);
                frames = state.tell(&tenant, session, others, &ids, now);
                state.sessions.end_of(&browser.id, session);
            }
            Some(_) => wanted.refusal = Some(not_in_session(wanted.app)),
            None => wanted.refusal = wanted.refusal.take().or_else(|| Some(unknown_session())),
        }
        let signing = state.certificates.signing(&tenant, wanted.app, now).ok_or_else(invalid)?;
        drop(state);
        let id = format!("_{}", guid(&self.random::<16>()));
        let url = answer(&tenant, &wanted, (&id, now), signing.key)?.url()?;
        if frames.is_empty() {
            return Ok(Redirect::to(&url).into_response());
        }
        Ok(page(StatusCode::OK, &pages::SignedOut { frames: &frames, onward: Some(&url) }))
    }

    /// The person signs out at Entra: every application of every session is told.
    pub(super) fn sign_out_everywhere(&self, browser: &Browser) -> Response {
        let now = self.now();
        let ids: Vec<String> = (0..32).map(|_| format!("_{}", guid(&self.random::<16>()))).collect();
        let mut state = self.state();
        let mut frames = Vec::new();
        for session in state.sessions.of(&browser.id, now) {
            let Some(tenant) = state.tenant(&session.tenant).cloned() else { continue };
            frames.extend(state.tell(&tenant, &session, session.participants.iter(), &ids, now));
        }
        state.sessions.end(&browser.id);
        drop(state);
        page(StatusCode::OK, &pages::SignedOut { frames: &frames, onward: None })
    }
}

impl State {
    /// The addresses by which applications of a session are told that it has ended.
    fn tell<'p>(
        &mut self,
        tenant: &Tenant,
        session: &Session,
        participants: impl Iterator<Item = &'p Participant>,
        ids: &[String],
        now: Timestamp,
    ) -> Vec<String> {
        let told = participants.zip(ids).filter_map(|(one, id)| {
            let index = Some(one.session_index.as_str());
            self.broadcast(&tenant.id, &one.app_id, &session.user, index, (id, now)).ok()?.url().ok()
        });
        told.collect()
    }

    fn broadcast(
        &mut self,
        tenant: &str,
        application: &str,
        person: &str,
        session_index: Option<&str>,
        (id, now): (&str, Timestamp),
    ) -> Result<LogoutDraft, Refusal> {
        let Self { seed, certificates, .. } = self;
        let tenant = seed.tenants.iter().find(|it| it.id == tenant).ok_or_else(invalid)?;
        let app = tenant.application(application).ok_or_else(invalid)?;
        let user = tenant.user(person).ok_or_else(unknown_session)?;
        let url = app.logout_url.as_deref().ok_or_else(invalid)?;
        let pairwise = Subject { tenant, app, user }.pairwise();
        let mut request = LogoutRequest::new(
            RequestId::new(id).map_err(|error| broken(&error))?,
            now,
            EntityId::new(app.issuer(tenant)).map_err(|error| broken(&error))?,
            EndpointUrl::new(url, LoopbackHttp::Allow).map_err(|error| broken(&error))?,
            NameId::new(pairwise, NameIdFormat::PERSISTENT),
        );
        let index = session_index.map(SessionIndex::new).transpose().map_err(|error| broken(&error))?;
        request.session_indexes.extend(index);
        let signing = certificates.signing(tenant, app, now).ok_or_else(invalid)?;
        Ok(LogoutDraft { request, relay_state: None, key: signing.key })
    }
}

/// What of an application's request Entra looks at. Its signature is not among it, nor what the NameID says (E-39).
fn wanted<'a>(received: &Received, tenant: &'a Tenant, now: Timestamp) -> Result<Wanted<'a>, Refusal> {
    let document = check::parse(received)?;
    let root = document.root();
    if !root.is(ns::PROTOCOL, "LogoutRequest") {
        return Err(invalid());
    }
    check::spelling(root)?;
    let child = |name: &str| root.children().find(|child| child.is(ns::ASSERTION, name));
    if child("NameID").is_none() {
        return Err(Refusal::new(750_0530, "The NameID in the SAML logout request must not be null."));
    }
    let issuer = child("Issuer").and_then(|issuer| issuer.text().ok()).unwrap_or_default();
    let issuer = EntityId::new(issuer).map_err(|_| invalid())?;
    let app = check::find(tenant, &issuer, None)?;
    if app.logout_url.is_none() {
        return Err(invalid());
    }
    let end = root.attribute("NotOnOrAfter").and_then(|text| time::parse(text).ok());
    Ok(Wanted {
        app,
        id: RequestId::new(root.attribute("ID").unwrap_or_default()).map_err(|_| invalid())?,
        relay_state: received.relay_state.clone(),
        refusal: end.filter(|end| *end <= now).map(|_| expired()),
    })
}

fn answer(
    tenant: &Tenant,
    wanted: &Wanted<'_>,
    (id, now): (&str, Timestamp),
    key: Arc<Key>,
) -> Result<LogoutAnswer, Refusal> {
    let url = wanted.app.logout_url.as_deref().ok_or_else(invalid)?;
    let status = match &wanted.refusal {
        None => Status::success(),
        Some(refusal) => Status::failure(SamlCode::REQUESTER, None, Some(refusal.to_string())),
    };
    let response = LogoutResponse {
        id: MessageId::new(id).map_err(|error| broken(&error))?,
        issue_instant: now,
        issuer: EntityId::new(wanted.app.issuer(tenant)).map_err(|error| broken(&error))?,
        destination: EndpointUrl::new(url, LoopbackHttp::Allow).map_err(|error| broken(&error))?,
        in_response_to: wanted.id.clone(),
        status,
    };
    Ok(LogoutAnswer { response, relay_state: wanted.relay_state.clone(), key })
}

fn invalid() -> Refusal {
    Refusal::new(50061, "Unable to complete signout. The request was invalid.")
}

fn not_in_session(app: &Application) -> Refusal {
    let text = format!(
        "Signout failed. The initiating application '{}' is not a participant in the current session.",
        app.app_id
    );
    Refusal::new(50068, text)
}

fn unknown_session() -> Refusal {
    let text = "Signout failed. The request specified a name identifier that did not match the existing session(s).";
    Refusal::new(50070, text)
}

fn expired() -> Refusal {
    Refusal::new(50071, "Signout failed. The request has expired.")
}
