//! Who asks, where, in which language: read once from a request, the same way for every route.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::Response;
use http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName};
use http::request::Parts;
use http::{HeaderMap, Method, Uri};
use vestibule_domain::account::Account;
use vestibule_domain::id::AccountId;
use vestibule_domain::name::EmailAddress;
use vestibule_journeys::Ctx;
use vestibule_journeys::deployment::Place;
use vestibule_journeys::sign_in::{AskedFor, Target, Visit, session_hash};
use vestibule_oidc::ClientId;

use crate::app::App;
use crate::cookies::{self, Cookies};
use crate::language::Language;
use crate::limits::{Kind, TooMany, Tried};
use crate::page::{self, Brand, Frame, Page};
use crate::routes::waiting::mail_language;
use crate::security;

/// The address of the client, as the listener found it: the peer's, or behind a trusted proxy the one that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// One request: the journeys' context, and who asks where.
#[derive(Debug, Clone)]
pub struct Caller {
    app: Arc<App>,
    /// For journeys.
    pub ctx: Ctx,
    /// At which of the deployment's addresses.
    pub place: Place,
    /// The origin that the browser sees.
    pub origin: String,
    /// The language of pages: the one that the application of this sign-in asked for, else the one that the browser
    /// prefers.
    pub language: Language,
    /// The language that the browser prefers.
    pub browser_language: Language,
    /// Whether a form was sent.
    pub is_form: bool,
    /// SHA-256 of its session's token, if it has one.
    pub session: Option<[u8; 32]>,
    /// What was asked for.
    pub uri: Uri,
    address: Option<IpAddr>,
    headers: HeaderMap,
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let meter = Arc::clone(app);
        let meter = Arc::new(move |account, now| meter.limits.unproved_in(account, now).is_ok());
        let ctx = Ctx::new(Arc::clone(&app.services), (app.clock)()).metered(meter);
        let text = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let host = text(HOST).unwrap_or_default();
        let cookies = Cookies { https: ctx.deployment.is_https() };
        let browser_language = Language::from_accept_language(text(ACCEPT_LANGUAGE));
        let asked_for = cookies::find(&parts.headers, &cookies.language_name()).and_then(Language::from_ui_locales);
        Ok(Self {
            place: ctx.deployment.place(host),
            origin: ctx.deployment.origin_at(host),
            language: asked_for.unwrap_or(browser_language),
            browser_language,
            is_form: parts.method == Method::POST,
            session: cookies::find(&parts.headers, &cookies.session_name()).and_then(session_hash),
            uri: parts.uri.clone(),
            address: parts.extensions.get::<ClientAddress>().map(|address| address.0),
            headers: std::mem::take(&mut parts.headers),
            app: Arc::clone(app),
            ctx,
        })
    }
}

impl Caller {
    /// The same in another language.
    #[must_use]
    pub fn speaking(&self, language: Language) -> Self {
        Self { language, ..self.clone() }
    }

    /// The deployment's cookies.
    pub fn cookies(&self) -> Cookies {
        Cookies { https: self.ctx.deployment.is_https() }
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        cookies::find(&self.headers, name)
    }

    /// A header, if it has one value of printable ASCII. Several values are as good as none: it is not known which counts.
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        let mut values = self.headers.get_all(name).into_iter();
        let first = values.next()?;
        if values.next().is_some() { None } else { first.to_str().ok() }
    }

    /// The values of a header, whatever they are.
    pub fn values(&self, name: &HeaderName) -> impl Iterator<Item = &[u8]> {
        self.headers.get_all(name).into_iter().map(http::HeaderValue::as_bytes)
    }

    /// The `Authorization` header.
    pub fn authorization(&self) -> Option<&str> {
        self.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok())
    }

    /// The media type of the body, in lower case, without parameters.
    pub fn media_type(&self) -> String {
        let value = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The query of the address, as it was sent.
    pub fn query(&self) -> &str {
        self.uri.query().unwrap_or_default()
    }

    /// What the browser brings to a sign-in.
    pub fn visit(&self, target: Target, asked_for: AskedFor) -> Visit {
        Visit {
            origin: self.origin.clone(),
            host: self.place.clone(),
            target,
            session: self.session,
            email: None,
            asked_for,
            user: None,
            remembered_user: None,
            account: None,
            language: mail_language(self.language),
        }
    }

    /// A page, for this caller, as the account's pages look where one is known.
    pub fn page(&self, account: Option<&Account>, page: &impl Page) -> Response {
        let brand = Brand::new(&self.app.product, account);
        let frame = Frame { language: self.language, brand: &brand, https: self.ctx.deployment.is_https() };
        page::respond(page, &frame)
    }

    /// The account at whose address the caller is, if there is one.
    pub async fn account(&self) -> Option<Account> {
        let Place::Account(label) = self.place.clone() else { return None };
        let found = self.ctx.store.read(move |tx| Box::pin(async move { tx.account_by_label(label.as_str()).await }));
        found.await.ok().flatten().map(|(account, _)| account)
    }

    /// Counts a request of this address.
    ///
    /// # Errors
    /// It has asked too much.
    pub fn count(&self, kind: Kind) -> Result<(), TooMany> {
        match self.address {
            Some(address) => self.app.limits.address(kind, address, self.ctx.now),
            // Without a listener: a test.
            None => Ok(()),
        }
    }

    /// Takes back what [`Caller::count`] counted.
    pub fn take_back(&self, kind: Kind) {
        if let Some(address) = self.address {
            self.app.limits.take_back(kind, address, self.ctx.now);
        }
    }

    /// Counts that this address failed to authenticate as this application.
    ///
    /// # Errors
    /// It failed too often.
    pub fn count_client_failure(&self, client: &ClientId) -> Result<(), TooMany> {
        self.address.map_or(Ok(()), |address| self.app.limits.client(client, address, self.ctx.now))
    }

    /// Counts a password, a code, or a wish for a mail, of this address and for this person.
    ///
    /// # Errors
    /// There were too many.
    pub fn count_try(&self, tried: Tried, account: AccountId, email: &EmailAddress) -> Result<(), TooMany> {
        self.count(Kind::Password)?;
        self.app.limits.person(tried, (account, email.key()), self.from(), self.ctx.now)
    }

    /// Takes back what [`Caller::count_try`] counted.
    pub fn take_back_try(&self, tried: Tried, account: AccountId, email: &EmailAddress) {
        self.take_back(Kind::Password);
        self.app.limits.take_back_of_person(tried, (account, email.key()), self.from(), self.ctx.now);
    }

    /// Whence it comes; without a listener, in a test, from one place.
    fn from(&self) -> IpAddr {
        self.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
    }

    /// Counts a question in this account that leads nowhere, from whatever address.
    ///
    /// # Errors
    /// Too much was asked in the account.
    pub fn count_nowhere_in(&self, account: AccountId) -> Result<(), TooMany> {
        self.app.limits.nowhere_in(account, self.ctx.now)
    }

    /// What stands behind the origin of an address where that is ours, or a proxy's that shows this host.
    pub fn own_path<'a>(&self, url: &'a str) -> Option<&'a str> {
        let host = url.find("://").map_or(0, |scheme| scheme + 3);
        let path = url[host..].find('/').map_or(url.len(), |at| host + at);
        let (origin, path) = url.split_at(path);
        (origin == self.origin || self.is_shown_at(origin)).then_some(path)
    }

    fn is_shown_at(&self, origin: &str) -> bool {
        self.ctx.deployment.is_shown_at(origin, self.header(&HOST).unwrap_or_default())
    }

    /// That a form was sent by one of our own pages.
    ///
    /// # Errors
    /// It was not.
    pub fn sent_by_us(&self) -> Result<(), security::CrossSite> {
        security::same_origin(&self.headers, &self.origin, |origin| self.is_shown_at(origin))
    }
}

impl Deref for Caller {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}
