//! What happens to a request, without a browser.
//!
//! ```text
//! address ─> Ask ─> tenant ─> check::request ─> who is signed in? ─> issue::draft ─> seal ─> Delivery
//!                                   └──────────────┴──────────────────┴─> Refusal (Entra's page)
//!                                                                     └─> Delivery without assertion
//! ```

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vestibule_saml::binding::Received;
use vestibule_saml::idp::Failure;
use vestibule_saml::types::{EndpointUrl, EntityId, LoopbackHttp, MessageId, RequestId, Status, StatusCode};

use super::check::{self, Asked, Bounced, Incoming, Trouble};
use super::claims::Subject;
use super::error::Refusal;
use super::issue::{self, Chance, Draft, Fresh};
use super::seed::{Application, ConditionalAccess, Method, PassiveFailure, SecondFactor, Tenant, User};
use super::session::Session;
use super::{Entra, State, guid};

/// What a browser posts to the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Where to.
    pub action: String,
    /// The field `SAMLResponse`: base64.
    pub saml_response: String,
    /// The field `RelayState`.
    pub relay_state: Option<String>,
    /// The response itself.
    pub xml: String,
}

impl Delivery {
    pub(super) fn new(action: String, xml: String, relay_state: Option<String>) -> Self {
        Self { action, saml_response: STANDARD.encode(&xml), relay_state, xml }
    }

    /// The body as a browser sends it, `application/x-www-form-urlencoded`.
    pub fn body(&self) -> String {
        let mut body = format!("SAMLResponse={}", encoded(&self.saml_response));
        if let Some(relay_state) = &self.relay_state {
            body.push_str("&RelayState=");
            body.push_str(&encoded(relay_state));
        }
        body
    }
}

/// Percent-encoding of everything that is not unreserved.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            out.push(char::from(octet));
        } else {
            let _ = write!(out, "%{octet:02X}");
        }
    }
    out
}

/// Somebody at a browser, without the browser: knows the password, answers every question of the sign-in page.
#[derive(Debug, Clone)]
pub struct Person {
    name: String,
    since: Option<Timestamp>,
    method: Option<Method>,
}

impl Person {
    /// By user principal name, object ID or (a guest) name at home. Signs in when asked.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), since: None, method: None }
    }

    /// With a session since then, which answers unless the request forces a sign-in (E-18, E-25).
    #[must_use]
    pub fn signed_in_since(self, since: Timestamp) -> Self {
        Self { since: Some(since), ..self }
    }

    /// Who authenticates in this way, whatever is set.
    #[must_use]
    pub fn by(self, method: Method) -> Self {
        Self { method: Some(method), ..self }
    }
}

/// What a browser came for. It travels through the pages of the sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ask {
    /// The tenant as the address names it: its ID, a domain, or `common`.
    pub(super) tenant: String,
    pub(super) target: Target,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Target {
    /// A message in the query.
    Redirect { query: String, service_principal: Option<String> },
    /// A message in a form.
    Post { body: String, service_principal: Option<String> },
    /// An application's tile, or its direct link.
    Tile { app_id: String },
    /// The list of tiles.
    MyApps,
}

impl Target {
    pub(super) fn service_principal(&self) -> Option<&str> {
        match self {
            Self::Redirect { service_principal, .. } | Self::Post { service_principal, .. } => {
                service_principal.as_deref()
            }
            Self::Tile { .. } | Self::MyApps => None,
        }
    }
}

/// What is wanted, once it was checked.
#[derive(Debug)]
pub(super) enum Question<'a> {
    Sign {
        app: &'a Application,
        asked: Option<Box<Asked>>,
    },
    /// The tile leads to the application's own address.
    SignOnUrl(String),
    MyApps,
    Logout(Box<Received>),
}

/// The tenant of an address. `common` is whoever's the person is.
///
/// # Errors
/// There is none.
pub(super) fn tenant<'a>(state: &'a State, name: &str, person: Option<&str>) -> Result<&'a Tenant, Refusal> {
    if !is_common(name) {
        return state.tenant(name).ok_or_else(|| {
            let text = format!("Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.");
            Refusal::new(90002, text)
        });
    }
    let person = person.unwrap_or_default();
    let domain = person.rsplit_once('@').map_or("", |(_, domain)| domain);
    let home = state.tenant(domain).filter(|_| !domain.is_empty());
    let any = || state.seed.tenants.iter().find(|tenant| tenant.user(person).is_some());
    home.or_else(any).ok_or_else(|| unknown_user(person))
}

pub(super) fn is_common(tenant: &str) -> bool {
    matches!(tenant, "common" | "organizations")
}

/// The person of a tenant.
///
/// # Errors
/// AADSTS50034, or AADSTS50020 for somebody who exists in another tenant.
pub(super) fn user<'a>(state: &State, tenant: &'a Tenant, name: &str) -> Result<&'a User, Refusal> {
    if let Some(user) = tenant.user(name) {
        return Ok(user);
    }
    match state.seed.tenants.iter().find(|other| other.user(name).is_some()) {
        Some(home) => Err(Refusal::new(
            50020,
            format!(
                "User account '{name}' from identity provider '{}' does not exist in tenant '{}' and cannot access the \
                 application in that tenant. The account needs to be added as an external user in the tenant first.",
                home.entity_id(),
                tenant.name
            ),
        )),
        None => Err(unknown_user(name)),
    }
}

fn unknown_user(name: &str) -> Refusal {
    let text = format!(
        "The user account '{name}' does not exist in the directory. To sign into this application, the account must be added to the directory."
    );
    Refusal::new(50034, text)
}

/// What is wanted of a tenant.
///
/// # Errors
/// What Entra does not take, and where it tells.
pub(super) fn question<'a>(
    ask: &Ask,
    tenant: &'a Tenant,
    base_url: &str,
    now: Timestamp,
) -> Result<Question<'a>, Trouble> {
    match &ask.target {
        Target::MyApps => Ok(Question::MyApps),
        Target::Tile { app_id } => {
            let app = tenant.application(app_id).ok_or_else(|| {
                Refusal::new(
                    70_0016,
                    format!("Application with identifier '{app_id}' was not found in the directory '{}'.", tenant.name),
                )
            })?;
            Ok(match &app.sign_on_url {
                Some(url) => Question::SignOnUrl(url.clone()),
                None => Question::Sign { app, asked: None },
            })
        }
        target => match check::incoming(target)? {
            Incoming::Logout(received) => Ok(Question::Logout(Box::new(received))),
            Incoming::Request(received) => {
                let endpoint = format!("{base_url}/{}/saml2", ask.tenant);
                let (app, asked) = check::request(&received, target, tenant, &endpoint, now)?;
                Ok(Question::Sign { app, asked: Some(Box::new(asked)) })
            }
        },
    }
}

/// A sign-in that happens now.
pub(super) fn sign_in(tenant: &Tenant, user: &User, app: Option<&Application>, now: Timestamp) -> Session {
    let demanded = app.is_some_and(|app| app.conditional_access == ConditionalAccess::SecondFactor);
    let second_factor = match user.second_factor {
        SecondFactor::None => false,
        SecondFactor::Registered => demanded,
        SecondFactor::Always => true,
    };
    Session {
        tenant: tenant.id.clone(),
        user: user.id.clone(),
        since: now,
        method: user.method,
        second_factor,
        persistent: false,
        used: now,
        participants: Vec::new(),
    }
}

/// That a passive request cannot be answered without asking (E-18).
pub(super) fn passive(tenant: &Tenant, app: &Application, asked: &Asked) -> Trouble {
    let refusal = Refusal::new(
        50058,
        "A silent sign-in request was sent but no user is signed in. The cookies used to represent the user's session \
         were not sent in the request.",
    );
    match tenant.passive_failure {
        PassiveFailure::Page => refusal.into(),
        PassiveFailure::Response => {
            check::bounce(asked, refusal, (StatusCode::RESPONDER, StatusCode::NO_PASSIVE), app.issuer(tenant))
        }
    }
}

impl Entra {
    /// What a person's browser posts to the application after this request, which is the address that the application
    /// sends the browser to.
    ///
    /// # Errors
    /// What Entra's page says instead. A refusal that Entra tells the application is a delivery.
    pub fn answer(&self, url: &str, person: &Person) -> Result<Delivery, Refusal> {
        self.answer_bent(url, person, |_| {})
    }

    /// As [`answer`](Self::answer), with a response that `bend` changes before it is sealed.
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    pub fn answer_bent(&self, url: &str, person: &Person, bend: impl FnOnce(&mut Draft)) -> Result<Delivery, Refusal> {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let (tenant, service_principal) = self.endpoint(path)?;
        self.settle(
            &Ask { tenant, target: Target::Redirect { query: query.to_owned(), service_principal } },
            person,
            bend,
        )
    }

    /// As [`answer`](Self::answer), for a request that is posted: `body` is the form's.
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    pub fn answer_post(&self, url: &str, body: &str, person: &Person) -> Result<Delivery, Refusal> {
        let (tenant, service_principal) = self.endpoint(url)?;
        self.settle(&Ask { tenant, target: Target::Post { body: body.to_owned(), service_principal } }, person, |_| {})
    }

    /// What a click on an application's tile posts where there is no Sign on URL (E-43).
    ///
    /// # Errors
    /// What Entra's page says instead.
    pub fn unsolicited(&self, tenant: &str, application: &str, person: &Person) -> Result<Delivery, Refusal> {
        self.unsolicited_bent(tenant, application, person, |_| {})
    }

    /// As [`unsolicited`](Self::unsolicited), with a response that `bend` changes before it is sealed.
    ///
    /// # Errors
    /// As [`unsolicited`](Self::unsolicited).
    pub fn unsolicited_bent(
        &self,
        tenant: &str,
        application: &str,
        person: &Person,
        bend: impl FnOnce(&mut Draft),
    ) -> Result<Delivery, Refusal> {
        let target = Target::Tile { app_id: application.to_owned() };
        self.settle(&Ask { tenant: tenant.to_owned(), target }, person, bend)
    }

    /// Tenant and service principal of `…/{tenant}/saml2[/{service principal}]`.
    fn endpoint(&self, address: &str) -> Result<(String, Option<String>), Refusal> {
        let path = address.strip_prefix(self.base_url()).unwrap_or(address);
        let mut parts = path.trim_matches('/').split('/');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(tenant), Some("saml2"), service_principal, None) => {
                Ok((tenant.to_owned(), service_principal.map(str::to_owned)))
            }
            _ => Err(Refusal::new(90_0144, format!("{address} is not the address of a sign-on endpoint."))),
        }
    }

    fn settle(&self, ask: &Ask, person: &Person, bend: impl FnOnce(&mut Draft)) -> Result<Delivery, Refusal> {
        let now = self.now();
        let chance = self.chance(now);
        let drafted = {
            let mut state = self.state();
            let known = known(&state, ask, person, self.base_url(), now);
            known.and_then(|known| known.draft(&mut state, &chance))
        };
        match drafted {
            Ok(mut draft) => {
                bend(&mut draft);
                draft.seal(&self.fresh())
            }
            Err(trouble) => self.bounced(trouble),
        }
    }

    /// What an answer takes from outside.
    pub(super) fn chance(&self, now: Timestamp) -> Chance {
        Chance { now, response: self.random(), assertion: self.random(), transient: self.random() }
    }

    pub(super) fn fresh(&self) -> Fresh {
        Fresh { content_key: self.random(), iv: self.random() }
    }

    /// The response without an assertion, where the application is told.
    pub(super) fn bounced(&self, trouble: Trouble) -> Result<Delivery, Refusal> {
        let bounced = match trouble {
            Trouble::Page(refusal) => return Err(refusal),
            Trouble::Response(bounced) => bounced,
        };
        let Bounced { refusal, codes, acs_url, in_response_to, relay_state, issuer } = *bounced;
        let now = self.now();
        let message = format!("{refusal}\r\nTrace ID: {}\r\nTimestamp: {}", guid(&self.random::<16>()), shown(now));
        let written = (|| {
            let failure = Failure {
                response_id: MessageId::new(format!("_{}", guid(&self.random::<16>()))).ok()?,
                issue_instant: now,
                issuer: &EntityId::new(issuer).ok()?,
                acs_url: &EndpointUrl::new(acs_url.as_str(), LoopbackHttp::Allow).ok()?,
                in_response_to: Some(&RequestId::new(in_response_to).ok()?),
                status: Status::failure(codes.0, Some(codes.1), Some(message)),
            };
            failure.write(None).ok()
        })();
        let xml = written.ok_or(refusal)?;
        Ok(Delivery::new(acs_url, xml, relay_state))
    }
}

/// A time as Entra shows it to people: `2026-03-02 10:00:00Z`.
pub(super) fn shown(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// A question with the one who answers it.
pub(super) struct Known {
    pub(super) tenant: String,
    pub(super) application: String,
    pub(super) user: String,
    pub(super) session: Session,
    pub(super) asked: Option<Box<Asked>>,
}

impl Known {
    /// The answer.
    pub(super) fn draft(&self, state: &mut State, chance: &Chance) -> Result<Draft, Trouble> {
        let State { seed, certificates, .. } = state;
        let found = seed.tenants.iter().find(|tenant| tenant.id == self.tenant).and_then(|tenant| {
            let app = tenant.applications.iter().find(|app| app.app_id == self.application)?;
            Some(Subject { tenant, app, user: tenant.user(&self.user)? })
        });
        let Some(subject) = found else {
            let text = format!("The user account {} does not exist in the directory.", self.user);
            return Err(Refusal::new(51004, text).into());
        };
        issue::draft(subject, &self.session, self.asked.as_deref(), certificates, chance)
    }
}

fn known(state: &State, ask: &Ask, person: &Person, base_url: &str, now: Timestamp) -> Result<Known, Trouble> {
    let tenant = tenant(state, &ask.tenant, Some(&person.name))?;
    let (app, asked) = match question(ask, tenant, base_url, now)? {
        Question::Sign { app, asked } => (app, asked),
        // The caller asked for what the tile would post.
        Question::SignOnUrl(url) => {
            return Err(Refusal::new(
                50000,
                format!("The application has the Sign on URL {url}: its tile leads there."),
            )
            .into());
        }
        Question::MyApps | Question::Logout(_) => {
            return Err(Refusal::new(50000, "Nobody is signed in by this message.").into());
        }
    };
    let forced = asked.as_ref().is_some_and(|asked| asked.force_authn);
    let since = person.since.filter(|_| !forced);
    if let Some(asked) = asked.as_deref().filter(|asked| asked.is_passive && since.is_none()) {
        return Err(passive(tenant, app, asked));
    }
    let user = user(state, tenant, &person.name)?;
    let mut session = sign_in(tenant, user, Some(app), now);
    session.since = since.unwrap_or(now);
    session.method = person.method.unwrap_or(session.method);
    if forced {
        // Who is made to sign in types the password (E-17).
        session.method = Method::Password;
    }
    Ok(Known { tenant: tenant.id.clone(), application: app.app_id.clone(), user: user.id.clone(), session, asked })
}
