//! What happens to a request in a browser: who is signed in, the pages of the sign-in, and the way back.
//!
//! ```text
//! arrive ─> a session fits ────────────────────────────────────> finish ─> Post | My Apps
//!    ├────> several fit ─> Pick ─────────────────────────────────┤
//!    └────> none fits ─> Username ─> Password ─> Stay signed in? ┘
//! ```
//! What the browser came for travels through the pages in the hidden field `ctx`.

use std::collections::BTreeMap;

use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vestibule_saml::binding::Received;

use super::check::{self, Asked, Incoming, Trouble};
use super::error::Refusal;
use super::flow::{self, Ask, Known, Question, Target};
use super::pages::{self, page};
use super::seed::{Application, AssignmentRule, SecondFactor, Tenant, Visibility};
use super::session::{Participant, Session};
use super::{Entra, State};

const SESSION: &str = "ESTSAUTH";
const PERSISTENT: &str = "ESTSAUTHPERSISTENT";

/// What travels through the pages.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Journey {
    pub(super) ask: Ask,
    /// When it began, in milliseconds: a forced sign-in must be later.
    began: i64,
}

/// A browser, by its cookie.
#[derive(Debug, Clone)]
pub(super) struct Browser {
    pub(super) id: String,
    is_new: bool,
}

/// What is to be shown.
enum Next {
    Finish(Session),
    Pick(Vec<(String, String)>),
    SignIn { login: String },
    Leave(String),
    Logout(Box<Received>),
}

impl Entra {
    pub(super) fn browser(&self, headers: &HeaderMap) -> Browser {
        let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let found = cookies.flat_map(|line| line.split(';')).find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == SESSION || name == PERSISTENT).then(|| value.to_owned())
        });
        match found {
            Some(id) => Browser { id, is_new: false },
            None => Browser { id: URL_SAFE_NO_PAD.encode(self.random::<24>()), is_new: true },
        }
    }

    /// A browser comes with a request.
    pub(super) fn arrive(&self, ask: Ask, browser: &Browser) -> Response {
        let journey = Journey { ask, began: self.now().as_millisecond() };
        let next = self.next(&journey, browser);
        self.show(next, &journey, browser)
    }

    /// A page of the sign-in was sent.
    pub(super) fn proceed(&self, fields: &BTreeMap<String, String>, browser: &Browser) -> Response {
        let field = |name: &str| fields.get(name).map(String::as_str);
        let Some(journey) = field("ctx").and_then(Journey::read) else {
            return self
                .error_page(&Refusal::new(90_0144, "The request body must contain the following parameter: 'ctx'."));
        };
        let login = field("login").map(str::trim).unwrap_or_default();
        if let Some(account) = field("account") {
            return self.picked(account, &journey, browser);
        }
        if let Some(stay) = field("stay") {
            return self.stay(login, stay == "yes", &journey, browser);
        }
        match field("passwd") {
            Some(password) => self.password(login, password, &journey, browser),
            None => self.username(login, &journey, browser),
        }
    }

    fn next(&self, journey: &Journey, browser: &Browser) -> Result<Next, Trouble> {
        let now = self.now();
        let state = self.state();
        let sessions = state.sessions.of(&browser.id, now);
        let hint = journey.ask.login_hint();
        let common = flow::is_common(&journey.ask.tenant);
        let person = hint.clone().or_else(|| sessions.first().map(|session| session.user.clone()));
        let tenant = match flow::tenant(&state, &journey.ask.tenant, person.as_deref()) {
            Ok(tenant) => tenant,
            // Nobody is known yet, and so is no tenant.
            Err(_) if common => return Ok(Next::SignIn { login: hint.unwrap_or_default() }),
            Err(refusal) => return Err(refusal.into()),
        };
        let (app, asked) = match flow::question(&journey.ask, tenant, self.base_url(), now)? {
            Question::Sign { app, asked } => (Some(app), asked),
            Question::SignOnUrl(url) => return Ok(Next::Leave(url)),
            Question::Logout(received) => return Ok(Next::Logout(received)),
            Question::MyApps => (None, None),
        };
        let candidates = candidates(&state, &sessions, tenant, hint.as_deref(), common);
        choose(candidates, hint, asked.as_deref(), tenant, app)
    }

    fn show(&self, next: Result<Next, Trouble>, journey: &Journey, browser: &Browser) -> Response {
        let (ctx, action) = (journey.write(), journey.action());
        match next {
            Ok(Next::Finish(session)) => self.finish(session, journey, browser),
            Ok(Next::Pick(accounts)) => {
                page(StatusCode::OK, &pages::Pick { action: &action, ctx: &ctx, accounts: &accounts })
            }
            Ok(Next::SignIn { login }) if login.is_empty() => self.ask_username(journey, "", None),
            // A hint leads straight to the password.
            Ok(Next::SignIn { login }) => self.username(&login, journey, browser),
            Ok(Next::Leave(url)) => Redirect::to(&url).into_response(),
            Ok(Next::Logout(received)) => self.logout(&received, journey, None, browser),
            Err(trouble) => self.trouble(trouble),
        }
    }

    fn trouble(&self, trouble: Trouble) -> Response {
        match self.bounced(trouble) {
            Ok(delivery) => page(StatusCode::OK, &pages::Post { delivery: &delivery }),
            Err(refusal) => self.error_page(&refusal),
        }
    }

    fn ask_username(&self, journey: &Journey, login: &str, error: Option<&str>) -> Response {
        let application = self.application_name(journey);
        let form = pages::Username {
            action: &journey.action(),
            ctx: &journey.write(),
            application: application.as_deref(),
            login,
            error,
        };
        page(StatusCode::OK, &form)
    }

    fn application_name(&self, journey: &Journey) -> Option<String> {
        let state = self.state();
        let tenant = state.tenant(&journey.ask.tenant)?;
        match flow::question(&journey.ask, tenant, self.base_url(), self.now()).ok()? {
            Question::Sign { app, .. } => Some(app.name.clone()),
            Question::SignOnUrl(_) | Question::MyApps | Question::Logout(_) => None,
        }
    }

    fn username(&self, login: &str, journey: &Journey, browser: &Browser) -> Response {
        let found = self.somebody(login, journey);
        match found {
            Ok(()) => self.with_cookie(ask_password(login, None, journey), browser, false),
            Err(refusal) if refusal.code == 50034 => {
                let text = format!("We couldn't find an account with that username. ({refusal})");
                self.ask_username(journey, login, Some(&text))
            }
            Err(refusal) => self.error_page(&refusal),
        }
    }

    fn somebody(&self, login: &str, journey: &Journey) -> Result<(), Refusal> {
        let state = self.state();
        let tenant = flow::tenant(&state, &journey.ask.tenant, Some(login))?;
        match flow::user(&state, tenant, login) {
            // Who exists elsewhere types the password first, and is told then.
            Ok(_) => Ok(()),
            Err(refusal) if refusal.code == 50020 => Ok(()),
            Err(refusal) => Err(refusal),
        }
    }

    fn password(&self, login: &str, password: &str, journey: &Journey, browser: &Browser) -> Response {
        let now = self.now();
        let signed_in = {
            let state = self.state();
            authenticate(&state, login, password, journey, self.base_url(), now)
        };
        match signed_in {
            Ok(session) => {
                self.state().sessions.put(&browser.id, session);
                let stay = pages::Stay { action: &journey.action(), ctx: &journey.write(), login };
                self.with_cookie(page(StatusCode::OK, &stay), browser, false)
            }
            Err(refusal) if refusal.code == 50126 => {
                let text = format!("Your account or password is incorrect. ({refusal})");
                ask_password(login, Some(&text), journey)
            }
            Err(refusal) => self.error_page(&refusal),
        }
    }

    fn stay(&self, login: &str, persistent: bool, journey: &Journey, browser: &Browser) -> Response {
        let session = {
            let mut state = self.state();
            let found = session_of(&state, login, browser, self.now());
            let found = found.map(|session| Session { persistent, ..session });
            if let Some(session) = &found {
                state.sessions.put(&browser.id, session.clone());
            }
            found
        };
        match session {
            Some(session) => self.with_cookie(self.finish(session, journey, browser), browser, persistent),
            None => self.nobody(login, journey, browser),
        }
    }

    /// No session of the browser is of this person: they may have been deleted while they signed in.
    fn nobody(&self, login: &str, journey: &Journey, browser: &Browser) -> Response {
        let is_gone = {
            let state = self.state();
            let exists = |session: &Session| {
                state.tenant(&session.tenant).is_some_and(|tenant| tenant.user(&session.user).is_some())
            };
            !state.sessions.of(&browser.id, self.now()).iter().all(exists)
        };
        if is_gone {
            return self.error_page(&Refusal::new(51004, "The user account does not exist in the directory."));
        }
        self.ask_username(journey, login, None)
    }

    fn picked(&self, account: &str, journey: &Journey, browser: &Browser) -> Response {
        if account == "other" {
            return self.ask_username(journey, "", None);
        }
        if let Ok(Incoming::Logout(received)) = check::incoming(&journey.ask.target) {
            return self.logout(&received, journey, Some(account), browser);
        }
        let session = session_of(&self.state(), account, browser, self.now());
        match session {
            Some(session) => self.finish(session, journey, browser),
            None => self.ask_username(journey, "", None),
        }
    }

    /// The person is known: the answer.
    fn finish(&self, session: Session, journey: &Journey, browser: &Browser) -> Response {
        let now = self.now();
        let session = Session { used: now, ..session };
        if matches!(journey.ask.target, Target::MyApps) {
            return self.my_apps(&session);
        }
        let chance = self.chance(now);
        let drafted = {
            let mut state = self.state();
            state.sessions.put(&browser.id, session.clone());
            match known(&state, session, journey, self.base_url(), now) {
                Ok(Some(known)) => {
                    let draft = known.draft(&mut state, &chance);
                    if let Ok(draft) = &draft {
                        // The session of the assertion is the assertion itself.
                        let session_index = draft.response.assertion_id.clone();
                        let took_part = Participant { app_id: known.application, session_index };
                        state.sessions.put(&browser.id, Session { participants: vec![took_part], ..known.session });
                    }
                    draft
                }
                Ok(None) => {
                    drop(state);
                    return self.ask_username(journey, "", None);
                }
                Err(trouble) => Err(trouble),
            }
        };
        match drafted {
            Ok(draft) => match draft.seal(&self.fresh()) {
                Ok(delivery) => page(StatusCode::OK, &pages::Post { delivery: &delivery }),
                Err(refusal) => self.error_page(&refusal),
            },
            Err(trouble) => self.trouble(trouble),
        }
    }

    fn my_apps(&self, session: &Session) -> Response {
        let state = self.state();
        let found = state.tenant(&session.tenant).and_then(|tenant| Some((tenant, tenant.user(&session.user)?)));
        let Some((tenant, user)) = found else {
            drop(state);
            return self.error_page(&Refusal::new(51004, "The user account does not exist in the directory."));
        };
        let shown = |app: &&Application| {
            app.visible == Visibility::Visible
                && (app.assignment == AssignmentRule::NotRequired || tenant.is_assigned(app, user))
        };
        let tile = |app: &Application| {
            let address = match &app.sign_on_url {
                Some(url) => url.clone(),
                None => direct_link(tenant, app),
            };
            let how = if app.sign_on_url.is_some() { "starts at the application" } else { "starts here" };
            (address, app.name.clone(), how)
        };
        let tiles: Vec<_> = tenant.applications.iter().filter(shown).map(tile).collect();
        page(StatusCode::OK, &pages::MyApps { user: &user.user_principal_name, tenant: &tenant.name, tiles: &tiles })
    }

    fn with_cookie(&self, mut response: Response, browser: &Browser, persistent: bool) -> Response {
        if !browser.is_new && !persistent {
            return response;
        }
        let secure = if self.base_url().starts_with("https:") { "; Secure" } else { "" };
        let (name, age) = if persistent { (PERSISTENT, "; Max-Age=7776000") } else { (SESSION, "") };
        let cookie = format!("{name}={}; Path=/; HttpOnly; SameSite=Lax{secure}{age}", browser.id);
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
        response
    }
}

fn ask_password(login: &str, error: Option<&str>, journey: &Journey) -> Response {
    page(StatusCode::OK, &pages::Password { action: &journey.action(), ctx: &journey.write(), login, error })
}

/// `/<domain>/signin/<name>/<application ID without dashes>` (E-9).
pub(super) fn direct_link(tenant: &Tenant, app: &Application) -> String {
    let domain = tenant.domains.first().unwrap_or(&tenant.id);
    format!("/{domain}/signin/{}/{}", flow::encoded(&app.name), app.app_id.replace('-', ""))
}

/// The sessions that may answer, with the names of their people.
fn candidates(
    state: &State,
    sessions: &[Session],
    tenant: &Tenant,
    hint: Option<&str>,
    common: bool,
) -> Vec<(Session, String)> {
    let named = |session: &Session| {
        let user = state.tenant(&session.tenant)?.user(&session.user)?;
        let fits = common || session.tenant == tenant.id;
        let hinted = hint.is_none_or(|hint| {
            user.user_principal_name.eq_ignore_ascii_case(hint)
                || user.guest.as_ref().is_some_and(|guest| guest.sign_in_name.eq_ignore_ascii_case(hint))
        });
        (fits && hinted).then(|| (session.clone(), user.user_principal_name.clone()))
    };
    sessions.iter().filter_map(named).collect()
}

fn choose(
    mut candidates: Vec<(Session, String)>,
    hint: Option<String>,
    asked: Option<&Asked>,
    tenant: &Tenant,
    app: Option<&Application>,
) -> Result<Next, Trouble> {
    let forced = asked.is_some_and(|asked| asked.force_authn);
    let alone = if forced || candidates.len() != 1 { None } else { candidates.pop() };
    if let Some((session, _)) = alone {
        return Ok(Next::Finish(session));
    }
    if let (Some(asked), Some(app)) = (asked.filter(|asked| asked.is_passive), app) {
        return Err(flow::passive(tenant, app, asked));
    }
    if candidates.is_empty() || forced {
        return Ok(Next::SignIn { login: hint.unwrap_or_default() });
    }
    Ok(Next::Pick(candidates.into_iter().map(|(session, name)| (session.user, name)).collect()))
}

/// Who types this password.
fn authenticate(
    state: &State,
    login: &str,
    password: &str,
    journey: &Journey,
    base_url: &str,
    now: Timestamp,
) -> Result<Session, Refusal> {
    let tenant = flow::tenant(state, &journey.ask.tenant, Some(login))?;
    let anywhere = || state.seed.tenants.iter().find_map(|tenant| tenant.user(login));
    let known = tenant.user(login).or_else(anywhere);
    if known.is_none_or(|user| user.password != password) {
        return Err(Refusal::new(50126, "Error validating credentials due to invalid username or password."));
    }
    let user = flow::user(state, tenant, login)?;
    let app = match flow::question(&journey.ask, tenant, base_url, now) {
        Ok(Question::Sign { app, .. }) => Some(app),
        _ => None,
    };
    Ok(flow::sign_in(tenant, user, app, now))
}

/// The session of a browser for this person, by name or object ID.
fn session_of(state: &State, person: &str, browser: &Browser, now: Timestamp) -> Option<Session> {
    state.sessions.of(&browser.id, now).into_iter().rev().find(|session| {
        let user = state.tenant(&session.tenant).and_then(|tenant| tenant.user(person));
        user.is_some_and(|user| user.id == session.user)
    })
}

/// None where the person must sign in anew.
fn known(
    state: &State,
    mut session: Session,
    journey: &Journey,
    base_url: &str,
    now: Timestamp,
) -> Result<Option<Known>, Trouble> {
    let tenant = flow::tenant(state, &journey.ask.tenant, Some(&session.user))?;
    let Question::Sign { app, asked } = flow::question(&journey.ask, tenant, base_url, now)? else {
        return Err(Refusal::new(50000, "Nobody is signed in by this message.").into());
    };
    if asked.as_ref().is_some_and(|asked| asked.force_authn) && session.since.as_millisecond() < journey.began {
        return Ok(None);
    }
    let registered = tenant.user(&session.user).is_some_and(|user| user.second_factor != SecondFactor::None);
    if registered && asked.as_ref().is_none_or(|asked| !asked.is_passive) {
        // The second factor is given on the way where it is wanted.
        session.second_factor |= app.conditional_access == super::ConditionalAccess::SecondFactor;
    }
    let (tenant, application, user) = (tenant.id.clone(), app.app_id.clone(), session.user.clone());
    Ok(Some(Known { tenant, application, user, session, asked }))
}

impl Ask {
    /// Whom the application expects (E-12).
    fn login_hint(&self) -> Option<String> {
        let Target::Redirect { query, .. } = &self.target else { return None };
        let uri: Uri = format!("/?{query}").parse().ok()?;
        let Query(fields) = Query::<BTreeMap<String, String>>::try_from_uri(&uri).ok()?;
        fields.get("login_hint").filter(|hint| !hint.is_empty()).cloned()
    }
}

impl Journey {
    fn read(text: &str) -> Option<Self> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }

    pub(super) fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    pub(super) fn action(&self) -> String {
        format!("/{}/login", flow::encoded(&self.ask.tenant))
    }
}
