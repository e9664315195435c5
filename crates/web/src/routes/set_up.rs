//! The page by which a draft is set up, by a link or from the console; and that on which an administrator confirms what was
//! set up by a link.

use std::ops::Deref;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, RawPathParamsRejection};
use axum::extract::{FromRequestParts, Path, RawPathParams};
use axum::response::{Html, IntoResponse as _, Response};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use jiff::Timestamp;
use vestibule_domain::account::Account;
use vestibule_domain::connection::{Connection, RequestSigning};
use vestibule_domain::id::ConnectionId;
use vestibule_domain::mapping::Origin;
use vestibule_journeys::console::Viewer;
use vestibule_journeys::deployment::Place;
use vestibule_journeys::set_up_connection::{
    self, Doorway, Entrance, Field, LastTest, Look, NotConfirmed, NotSaved, NotSwitchedOn, Over, Saved, SetupDomain,
    SwitchedOn, Theirs,
};
use vestibule_journeys::sign_in::{AskedFor, Target};
use vestibule_saml::sp::entra;

use super::console::{again_url, enter, top};
use super::shown;
use super::sign_in::own_form;
use super::sso::field;
use super::tested;
use crate::app::App;
use crate::extract::Caller;
use crate::limits::Kind;
use crate::page::{Brand, Frame};
use crate::pages::console::{SetUpInConsole, Top};
use crate::pages::set_up::{admission_word, preset_word};
use crate::pages::{
    AadStsBlock, CertificateRow, ConfirmSetUp, Contact, DomainRow, FinishStep, MappingRow, OurValues, Pasted, People,
    SetUpDone, SetUpOver, SetUpPage, TestShown, TheirValues, Typed,
};
use crate::problem::Problem;
use crate::security;

/// A pasted error page is read so far.
const MAX_PASTED: usize = 10_000;

type Body = Result<Bytes, BytesRejection>;

/// By which address somebody came to the page: a link's, or the console's.
pub(crate) enum At {
    /// The text of a link.
    Link(String),
    /// The id of a connection.
    Console(String),
}

impl At {
    fn base(&self) -> String {
        match self {
            Self::Link(token) => format!("/set-up/{token}"),
            Self::Console(id) => format!("/console/connections/{id}/set-up"),
        }
    }
}

impl FromRequestParts<Arc<App>> for At {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let given =
            RawPathParams::from_request_parts(parts, app).await.map_err(RawPathParamsRejection::into_response)?;
        let named = |name: &str| given.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned());
        Ok(named("token").map_or_else(|| Self::Console(named("id").unwrap_or_default()), Self::Link))
    }
}

/// A draft that is open to somebody, and what stands around its page in the console.
pub(crate) struct Open {
    door: Doorway,
    around: Option<(Box<Viewer>, Top)>,
}

impl Deref for Open {
    type Target = Doorway;

    fn deref(&self) -> &Doorway {
        &self.door
    }
}

/// The page.
pub(crate) async fn page(caller: Caller, at: At) -> Response {
    match door(&caller, &at, "").await {
        Ok(door) => shows(&caller, &at, door, Shown::default()).await,
        Err(response) => *response,
    }
}

/// What follows a test, for the script that asks again.
pub(crate) async fn report(caller: Caller, at: At) -> Response {
    let door = match door(&caller, &at, "/report").await {
        Ok(door) => door,
        Err(response) => return *response,
    };
    let mut page = match made(&caller, &at, &door, Shown::default()).await {
        Ok(page) => page,
        Err(response) => return *response,
    };
    // What is put in force is what the whole page shows, which may be older than this part of it.
    page.seen = field(caller.query(), "seen").unwrap_or_default();
    let brand = Brand::new(&caller.product, Some(&door.account));
    let https = caller.cookies().https;
    let frame = Frame { language: caller.language, brand: &brand, https };
    let mut response = Html(page.fragment(&frame)).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    security::set_common(response.headers_mut(), https);
    security::set_no_store(response.headers_mut());
    response
}

/// Our values stand at the identity provider.
pub(crate) async fn ours(caller: Caller, at: At, body: Body) -> Response {
    let (_, door) = match sent(&caller, &at, body).await {
        Ok(sent) => sent,
        Err(response) => return *response,
    };
    match set_up_connection::given(&caller.ctx, &door).await {
        Ok(saved) => goes_on(&caller, &at, saved, "theirs", Shown::default()).await,
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// Which kind of identity provider it is.
pub(crate) async fn idp(caller: Caller, at: At, body: Body) -> Response {
    let (form, door) = match sent(&caller, &at, body).await {
        Ok(sent) => sent,
        Err(response) => return *response,
    };
    let word = field(&form, "idp").unwrap_or_default();
    let presets = vestibule_domain::connection::Preset::ALL;
    let Some(preset) = presets.into_iter().find(|preset| preset_word(*preset) == word) else {
        return shown::plain(&caller, Problem::BadRequest).await;
    };
    match set_up_connection::preset(&caller.ctx, &door, preset, &caller.tools).await {
        Ok(saved) => goes_on(&caller, &at, saved, "ours", Shown::default()).await,
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// What the identity provider gives.
pub(crate) async fn theirs(caller: Caller, at: At, body: Body) -> Response {
    let (form, door) = match sent(&caller, &at, body).await {
        Ok(sent) => sent,
        Err(response) => return *response,
    };
    let given = |name| field(&form, name).unwrap_or_default();
    let typed = Typed {
        metadata_url: given("metadata_url"),
        metadata: given("metadata"),
        issuer: given("issuer"),
        sign_on: given("sign_on"),
        certificates: given("certificates"),
        logout_url: given("logout_url"),
        domains: String::new(),
    };
    let theirs = if given("by") == "values" {
        Theirs::Values {
            issuer: typed.issuer.clone(),
            sign_on: typed.sign_on.clone(),
            certificates: typed.certificates.clone(),
            logout_url: typed.logout_url.clone(),
        }
    } else {
        // Each fetch is a question of ours to somebody else.
        if !typed.metadata_url.is_empty()
            && let Err(too_many) = caller.count(Kind::Discovery)
        {
            return shown::too_many(&caller, too_many);
        }
        Theirs::Metadata { url: typed.metadata_url.clone(), document: typed.metadata.clone() }
    };
    match set_up_connection::theirs(&caller.ctx, &door, &theirs, &caller.tools).await {
        Ok(saved) => goes_on(&caller, &at, saved, "known", Shown { typed, ..Shown::default() }).await,
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// Who comes in.
pub(crate) async fn people(caller: Caller, at: At, body: Body) -> Response {
    let (form, door) = match sent(&caller, &at, body).await {
        Ok(sent) => sent,
        Err(response) => return *response,
    };
    let domains = field(&form, "domains").unwrap_or_default();
    let word = field(&form, "admission").unwrap_or_default();
    let admission = set_up_connection::ADMISSIONS.into_iter().find(|admission| admission_word(*admission) == word);
    let typed = Typed { domains: domains.clone(), ..Typed::default() };
    match set_up_connection::people(&caller.ctx, &door, &domains, admission, &caller.tools).await {
        Ok(saved) => goes_on(&caller, &at, saved, "people", Shown { typed, ..Shown::default() }).await,
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// A test begins, in the tab in which this was asked for.
pub(crate) async fn begin_test(caller: Caller, at: At, body: Body) -> Response {
    let (_, door) = match sent(&caller, &at, body).await {
        Ok(sent) => sent,
        Err(response) => return *response,
    };
    if let Err(too_many) = caller.count(Kind::Start) {
        return shown::too_many(&caller, too_many);
    }
    let visit = caller.visit(Target::Account(String::new()), AskedFor::Test(door.connection.id));
    match set_up_connection::try_it(&caller.ctx, &door, visit).await {
        Ok(next) => shown::next(&caller, next),
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// The text of an error page is explained. Nothing of it is kept.
pub(crate) async fn explain(caller: Caller, at: At, body: Body) -> Response {
    let (form, door) = match sent(&caller, &at, body).await {
        Ok(sent) => sent,
        Err(response) => return *response,
    };
    let text: String = field(&form, "pasted").unwrap_or_default().chars().take(MAX_PASTED).collect();
    let explained = entra::aadsts(&text).map(AadStsBlock::of).or_else(|| bare_number(&text));
    shows(&caller, &at, door, Shown { pasted: Pasted { text, explained }, ..Shown::default() }).await
}

/// A number alone, without the letters before it.
fn bare_number(text: &str) -> Option<AadStsBlock> {
    let number = text.trim().parse().ok().filter(|number| crate::pages::aadsts::explanation(*number).is_some())?;
    Some(AadStsBlock::new(number))
}

/// The connection comes in force, or an administrator is asked.
pub(crate) async fn switch_on(caller: Caller, at: At, body: Body) -> Response {
    let (form, door) = match sent(&caller, &at, body).await {
        Ok(sent) => sent,
        Err(response) => return *response,
    };
    let seen = field(&form, "seen").and_then(|text| text.parse().ok());
    match set_up_connection::switch_on(&caller.ctx, &door, seen, &caller.tools, &caller.product).await {
        Ok(Ok(SwitchedOn::Active)) => match at {
            At::Link(_) => {
                let unproved = unproved(&caller, &door).await;
                switched_on(&caller, &door.account, &door.connection, unproved)
            }
            At::Console(id) => shown::see_other(&caller, &format!("/console/connections/{id}?done=activated"), None),
        },
        Ok(Ok(SwitchedOn::Asked)) => back(&caller, &at, "finish"),
        Ok(Err(NotSwitchedOn::Untested)) => back(&caller, &at, "try"),
        Ok(Err(NotSwitchedOn::SignInAgain)) => shown::see_other(&caller, &again_url(&at.base()), None),
        Ok(Err(NotSwitchedOn::Changed)) => {
            shows(&caller, &at, door, Shown { overtaken: true, ..Shown::default() }).await
        }
        Ok(Err(NotSwitchedOn::Not(not))) => goes_on(&caller, &at, Saved::Not(not), "try", Shown::default()).await,
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// The domains whose proof goes on after the link. That it is switched on is told even where they cannot be read.
async fn unproved(caller: &Caller, door: &Doorway) -> Vec<DomainRow> {
    let look = set_up_connection::look(&caller.ctx, door).await;
    let rows = look.map(|look| domain_rows(&look)).unwrap_or_default();
    rows.into_iter().filter(|row| row.record.is_some()).collect()
}

fn switched_on(caller: &Caller, account: &Account, connection: &Connection, unproved: Vec<DomainRow>) -> Response {
    let sign_in = format!("{}/", caller.ctx.deployment.origin_of(account.sub_domain.as_ref()));
    caller.page(Some(account), &SetUpDone { preset: connection.saml.preset, sign_in, unproved })
}

/// What an administrator is asked to confirm.
pub(crate) async fn asked(caller: Caller, Path(id): Path<String>) -> Response {
    match admin(&caller, &id).await {
        Ok((viewer, id)) => confirm_page(&caller, &viewer, id, None).await,
        Err(response) => *response,
    }
}

/// They confirm it.
pub(crate) async fn confirm(caller: Caller, Path(id): Path<String>, body: Body) -> Response {
    let form = match own_form(&caller, body).await {
        Ok(form) => form,
        Err(response) => return *response,
    };
    let (viewer, id) = match admin(&caller, &id).await {
        Ok(admin) => admin,
        Err(response) => return *response,
    };
    // Whether it is theirs to confirm is asked again.
    let asked = match set_up_connection::asked(&caller.ctx, &viewer, id).await {
        Ok(asked) => asked,
        Err(ended) => return shown::ended(&caller, ended).await,
    };
    if !viewer.is_fresh(caller.ctx.now) {
        return shown::see_other(&caller, &again_url(&format!("/connections/{id}/confirm")), None);
    }
    let Some(seen) = field(&form, "version").and_then(|text| text.parse().ok()) else {
        return shown::plain(&caller, Problem::BadRequest).await;
    };
    let by = viewer.actor();
    match set_up_connection::confirm(&caller.ctx, id, Some(seen), by, &caller.tools, &caller.product).await {
        // Administrators have the records on the page of the account.
        Ok(()) => switched_on(&caller, &asked.account, &asked.connection, Vec::new()),
        Err(NotConfirmed::Store(error)) => shown::ended(&caller, error.into()).await,
        Err(error) => confirm_page(&caller, &viewer, id, Some(error.to_string())).await,
    }
}

async fn admin(caller: &Caller, id: &str) -> Result<(Box<Viewer>, ConnectionId), Box<Response>> {
    let Ok(id) = id.parse::<ConnectionId>() else {
        return Err(Box::new(shown::plain(caller, Problem::NotFound).await));
    };
    Ok((enter(caller).await?, id))
}

async fn confirm_page(caller: &Caller, viewer: &Viewer, id: ConnectionId, problem: Option<String>) -> Response {
    match set_up_connection::asked(&caller.ctx, viewer, id).await {
        Ok(asked) => {
            let page = ConfirmSetUp {
                connection: id.to_string(),
                version: asked.connection.version,
                name: asked.connection.name.to_string(),
                theirs: their_values(caller, &asked.connection),
                preset: asked.connection.saml.preset,
                asked_at: asked.link.asked_at,
                problem,
            };
            caller.page(Some(&asked.account), &page)
        }
        Err(ended) => shown::ended(caller, ended).await,
    }
}

/// A form of the page, and what stands open.
async fn sent(caller: &Caller, at: &At, body: Body) -> Result<(String, Open), Box<Response>> {
    let form = own_form(caller, body).await?;
    Ok((form, door(caller, at, "").await?))
}

/// What a link opens, which is at home at its account's own address; or a draft in the console.
async fn door(caller: &Caller, at: &At, what: &str) -> Result<Open, Box<Response>> {
    let token = match at {
        At::Link(token) => token,
        At::Console(id) => return in_console(caller, id).await,
    };
    if let Err(too_many) = caller.count(Kind::Arrival) {
        return Err(Box::new(shown::too_many(caller, too_many)));
    }
    if caller.place == Place::Elsewhere {
        return Err(Box::new(shown::plain(caller, Problem::UnknownHost).await));
    }
    match set_up_connection::open(&caller.ctx, token).await {
        Ok(Ok(door)) => {
            let home = caller.ctx.deployment.origin_of(door.account.sub_domain.as_ref());
            if home == caller.origin {
                return Ok(Open { door, around: None });
            }
            Err(Box::new(shown::see_other(caller, &format!("{home}/set-up/{token}{what}"), None)))
        }
        Ok(Err(over)) => Err(Box::new(is_over(caller, over))),
        Err(ended) => Err(Box::new(shown::ended(caller, ended).await)),
    }
}

/// A draft in the console. What is no draft any more is changed on its own page.
async fn in_console(caller: &Caller, id: &str) -> Result<Open, Box<Response>> {
    let (viewer, id) = admin(caller, id).await?;
    match set_up_connection::open_from_console(&caller.ctx, &viewer, id).await {
        Ok(Some((spot, door))) => {
            let top = top(caller, &viewer, &spot, "console-connections");
            Ok(Open { door, around: Some((viewer, top)) })
        }
        Ok(None) => Err(Box::new(shown::see_other(caller, &format!("/console/connections/{id}"), None))),
        Err(ended) => Err(Box::new(shown::ended(caller, ended).await)),
    }
}

fn is_over(caller: &Caller, over: Over) -> Response {
    let contact =
        over.contact.map(|contact| Contact { name: contact.name, email: Some(contact.email.as_str().to_owned()) });
    tracing::info!(why = over.why.map(tracing::field::display), "a set-up link opens nothing");
    caller.page(over.account.as_ref(), &SetUpOver { why: over.why, contact })
}

fn back(caller: &Caller, at: &At, part: &str) -> Response {
    shown::see_other(caller, &format!("{}#{part}", at.base()), None)
}

/// What is shown beside what is stored.
#[derive(Default)]
struct Shown {
    typed: Typed,
    problems: Vec<(&'static str, String)>,
    overtaken: bool,
    notes: Vec<String>,
    pasted: Pasted,
}

/// After something was saved, or not: nothing typed is lost.
async fn goes_on(caller: &Caller, at: &At, saved: Saved, part: &str, shown: Shown) -> Response {
    let beside = match saved {
        Saved::Done(notes) if notes.is_empty() => return back(caller, at, part),
        Saved::Done(notes) => Shown { notes, ..Shown::default() },
        Saved::Not(NotSaved::Unfit(unfit)) => {
            let problems = unfit.into_iter().map(|unfit| (name(unfit.field), unfit.text)).collect();
            Shown { problems, ..shown }
        }
        // Where it is over, the door says so.
        Saved::Not(NotSaved::SignInAgain) => return shown::see_other(caller, &again_url(&at.base()), None),
        Saved::Not(NotSaved::Overtaken | NotSaved::Over) => Shown { overtaken: true, ..shown },
    };
    match door(caller, at, "").await {
        Ok(door) => shows(caller, at, door, beside).await,
        Err(response) => *response,
    }
}

const fn name(field: Field) -> &'static str {
    match field {
        Field::MetadataUrl => "metadata_url",
        Field::Metadata => "metadata",
        Field::Issuer => "issuer",
        Field::SignOn => "sign_on",
        Field::Certificates => "certificates",
        Field::LogoutUrl => "logout_url",
        Field::Domains => "domains",
        Field::Admission => "admission",
    }
}

async fn shows(caller: &Caller, at: &At, open: Open, beside: Shown) -> Response {
    let page = match made(caller, at, &open, beside).await {
        Ok(page) => page,
        Err(response) => return *response,
    };
    match open.around {
        None => caller.page(Some(&open.door.account), &page),
        Some((viewer, top)) => {
            let connection = open.door.connection.id.to_string();
            caller.page(Some(&viewer.home), &SetUpInConsole { top, page, connection })
        }
    }
}

async fn made(caller: &Caller, at: &At, door: &Doorway, beside: Shown) -> Result<SetUpPage, Box<Response>> {
    let look = match set_up_connection::look(&caller.ctx, door).await {
        Ok(look) => look,
        Err(ended) => return Err(Box::new(shown::ended(caller, ended).await)),
    };
    // A test that began before the last edit and ended behind it is one of neither.
    let is_younger = |at: &Timestamp| *at > door.connection.edited_at;
    let passed_at = door.connection.tested_at.filter(|at| look.is_tested && is_younger(at));
    let finish = match (passed_at.is_some(), look.switches_on(door), door.progress.asked_at) {
        (false, ..) => FinishStep::Untested,
        (true, true, _) => FinishStep::SwitchOn,
        (true, false, None) => FinishStep::Ask,
        (true, false, Some(_)) => FinishStep::Asked,
    };
    let mapping = mapping(&door.connection, &look.test);
    let people = people_of(door, &look);
    let mut notes = beside.notes;
    notes.extend(look.weaknesses.iter().cloned());
    let addresses = look.addresses;
    Ok(SetUpPage {
        base: at.base(),
        account: door.link().is_none().then(|| door.account.name.clone()),
        preset: door.connection.saml.preset,
        saved_at: door.progress.saved_at,
        expires_at: door.link().map(|link| link.expires_at),
        seen: door.connection.edited_at.to_string(),
        again: match door.entrance {
            Entrance::Console { is_fresh: false, .. } => Some(again_url(&at.base())),
            Entrance::Console { .. } | Entrance::Link(_) => None,
        },
        ours: OurValues {
            identifier: addresses.identifier,
            reply_url: addresses.reply_url,
            sign_on_url: addresses.sign_on_url,
            logout_url: addresses.logout_url,
            metadata_url: look.metadata_url,
        },
        given: door.progress.given_at.is_some(),
        theirs: their_values(caller, &door.connection),
        typed: beside.typed,
        problems: beside.problems,
        overtaken: beside.overtaken,
        notes,
        people,
        mapping,
        test: test_shown(look.test, look.missing.is_empty(), door),
        passed_at,
        pasted: beside.pasted,
        finish,
    })
}

fn test_shown(test: LastTest, is_complete: bool, door: &Doorway) -> TestShown {
    let edited_at = door.connection.edited_at;
    let began = door.progress.test.map_or(edited_at, |(_, at)| at);
    let is_outdated = began < edited_at;
    match test {
        LastTest::None if !is_complete => TestShown::NotYet,
        LastTest::None => TestShown::None,
        LastTest::Running(_) => TestShown::Running,
        LastTest::Silent(_) | LastTest::Torn if is_outdated => TestShown::Outdated(None),
        LastTest::Silent(_) => TestShown::Silent,
        LastTest::Torn => TestShown::Torn,
        LastTest::Ended(report) => {
            let report = Box::new(tested::within_another(*report, began));
            if is_outdated { TestShown::Outdated(Some(report)) } else { TestShown::Ended(report) }
        }
    }
}

fn people_of(door: &Doorway, look: &Look) -> People {
    People {
        is_said: door.progress.people_at.is_some(),
        domains: domain_rows(look),
        admission: look.admission,
        admissions: look.admissions.clone(),
        demands: look.demands,
    }
}

fn domain_rows(look: &Look) -> Vec<DomainRow> {
    let row = |domain: &SetupDomain| DomainRow {
        name: domain.name.clone(),
        record: domain.record.as_ref().map(|record| (record.name.clone(), record.value.clone())),
    };
    look.domains.iter().map(row).collect()
}

fn their_values(caller: &Caller, connection: &Connection) -> TheirValues {
    let saml = &connection.saml;
    TheirValues {
        is_complete: saml.readiness().is_empty(),
        issuer: saml.issuer.as_ref().map(ToString::to_string),
        sign_on: saml.sign_on.as_ref().map(|sign_on| sign_on.url.to_string()),
        logout_url: saml.logout_url.as_ref().map(ToString::to_string),
        metadata_url: saml.metadata_url.clone(),
        certificates: saml
            .read_certificates()
            .map(|it| CertificateRow {
                subject: it.subject().to_owned(),
                sha1: it.thumbprint_sha1(),
                sha256: it.thumbprint_sha256(),
                from: it.not_before(),
                to: it.not_after(),
                now: caller.ctx.now,
            })
            .collect(),
        signs: saml.requests == RequestSigning::Signed,
    }
}

/// What becomes of claims, and what became of them in the last test.
fn mapping(connection: &Connection, test: &LastTest) -> Vec<MappingRow> {
    let mapped = match test {
        LastTest::Ended(report) => report.mapped.as_ref().and_then(|mapped| mapped.as_ref().ok()),
        _ => None,
    };
    let from = |origin: &Origin| match origin {
        Origin::Claim(claim) => claim.as_str().to_owned(),
        Origin::NameId => String::new(),
        Origin::Constant(text) => format!("'{text}'"),
    };
    let row = |(property, rule): (&vestibule_domain::mapping::Property, &vestibule_domain::mapping::Rule)| MappingRow {
        property: property.name(),
        from: rule.sources.iter().map(|source| from(&source.origin)).collect(),
        value: mapped.map(|mapped| {
            let values = mapped.profile.property(property.name());
            (!values.is_empty()).then(|| values.join(", "))
        }),
    };
    connection.saml.mapping_in_force().rules.iter().map(row).collect()
}
