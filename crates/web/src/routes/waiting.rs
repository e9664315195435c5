//! The waiting room: the page of whoever waits, and those of whoever may let them in.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use vestibule_domain::account::{AccountPath, AccountPathError};
use vestibule_domain::grants::{Granted, Scopes, ScopesError};
use vestibule_domain::id::ApplicantId;
use vestibule_domain::name::EmailAddress;
use vestibule_domain::offer::NotOffered;
use vestibule_domain::waiting::{Applicant, ApplicantState, Decided as DecidedAt, MailLanguage};
use vestibule_journeys::deployment::Place;
use vestibule_journeys::sign_in::{AskedFor, Target};
use vestibule_journeys::waiting::{
    self, ApplicantOrder, Asking, Comes, Decided, Detail, Form, List, ListQuery, NotAsked, NotDecided, Verdict,
    WaitingPlace, WaitingRoom, Who,
};

use super::console::shut;
use super::shown::{self, form_urlencode};
use super::sign_in::{self, own_form};
use super::sso::field;
use crate::extract::Caller;
use crate::language::Language;
use crate::pages::console::Shut;
use crate::pages::{
    ApplicantPage, AskForPage, AskProblem, DecidedBy, GrantChoices, ListLink, ListRow, MergePage, Namesake, NotCounted,
    ORDERS, WaitingList, WaitingRoomPage, given_facts,
};
use crate::problem::Problem;

/// The page of whoever has to be let in.
pub(super) fn room(caller: &Caller, room: WaitingRoom) -> Response {
    let WaitingRoom { account, applicant, connection, target } = room;
    let email = applicant.file.profile.email.as_ref().map(|email| email.as_str().to_owned());
    let page = WaitingRoomPage {
        name: Some(applicant.called()).filter(|name| email.as_ref() != Some(name)).unwrap_or_default(),
        email,
        state: applicant.state,
        reason: applicant.file.reason,
        asked_at: applicant.asked_at,
        expires_at: applicant.expires_at,
        told: applicant.file.told.map(|told| (told.names, told.at)),
        contact: shown::contact(&account),
        to: target.as_text().to_owned(),
        connection: connection.to_string(),
        account: account.id.to_string(),
    };
    caller.page(Some(&account), &page)
}

/// The language of a mail to whoever reads a page.
pub(crate) const fn mail_language(language: Language) -> MailLanguage {
    match language {
        Language::English => MailLanguage::English,
        Language::German => MailLanguage::German,
    }
}

/// Who asks. Whoever is not signed in signs in first, and comes back to `path`.
pub(super) async fn who(caller: &Caller, path: String) -> Result<Who, Box<Response>> {
    if caller.place == Place::Elsewhere {
        return Err(Box::new(shown::plain(caller, Problem::UnknownHost).await));
    }
    match waiting::who(&caller.ctx, caller.session).await {
        Ok(Comes::Who(who)) => Ok(*who),
        Ok(Comes::PasswordAlone(home)) => Err(Box::new(shut(caller, &home, Shut::PasswordAlone))),
        Ok(Comes::Nobody) => {
            Err(Box::new(sign_in::begin(caller, caller.visit(Target::Account(path), AskedFor::Any)).await))
        }
        Err(ended) => Err(Box::new(shown::ended(caller, ended).await)),
    }
}

/// The list: who waits in an account.
pub(crate) async fn list(caller: Caller) -> Response {
    let who = match who(&caller, "/waiting".to_owned()).await {
        Ok(who) => who,
        Err(response) => return *response,
    };
    let Some(query) = query(caller.query()) else { return shown::plain(&caller, Problem::NotFound).await };
    match listed(&caller, &who, query).await {
        Ok((list, query)) => caller.page(Some(&who.home), &list_page(list, &query)),
        Err(ended) => shown::ended(&caller, ended).await,
    }
}

/// Where nobody waits to be let in and the address asked for no state, whoever waits for the second step.
async fn listed(
    caller: &Caller,
    who: &Who,
    query: ListQuery,
) -> Result<(List, ListQuery), vestibule_journeys::Problem> {
    let list = waiting::list(&caller.ctx, who, query.clone()).await?;
    if field(caller.query(), "state").is_some() || !list.applicants.is_empty() {
        return Ok((list, query));
    }
    let second = ListQuery { state: ApplicantState::SecondStep, ..query.clone() };
    let confirmed_next = waiting::list(&caller.ctx, who, second.clone()).await?;
    Ok(if confirmed_next.applicants.is_empty() { (list, query) } else { (confirmed_next, second) })
}

/// What of a list is asked for. None: an account that cannot be.
fn query(text: &str) -> Option<ListQuery> {
    let given = |name| field(text, name).unwrap_or_default();
    let account = account_of(field(text, "account").as_deref()).ok()?;
    let begins: String = given("begins").trim().chars().filter(|c| !c.is_control()).take(200).collect();
    let order = ORDERS.into_iter().find(|(_, name)| *name == given("order")).map(|(order, _)| order);
    let order = match order.unwrap_or(ApplicantOrder::Oldest) {
        // What begins somehow is looked for among names, unless it is to be among addresses.
        ApplicantOrder::Oldest | ApplicantOrder::Newest if begins.contains('@') => ApplicantOrder::Email,
        ApplicantOrder::Oldest | ApplicantOrder::Newest if !begins.is_empty() => ApplicantOrder::Name,
        order => order,
    };
    let state = ApplicantState::ALL.into_iter().find(|state| state.name() == given("state"));
    Some(ListQuery {
        account,
        state: state.unwrap_or(ApplicantState::Waiting),
        order,
        begins,
        after: field(text, "after").and_then(|text| text.parse().ok()),
    })
}

fn list_page(list: List, query: &ListQuery) -> WaitingList {
    let path = path_text(&list.account.path);
    let order = ORDERS.into_iter().find(|(order, _)| *order == query.order).map_or("", |(_, name)| name);
    let next = list.next.as_ref().map(|key| {
        let (state, after) = (query.state.name(), key.to_string());
        let pairs =
            [("account", &*path), ("state", state), ("order", order), ("begins", &query.begins), ("after", &after)];
        format!("/waiting?{}", form_urlencode(&pairs))
    });
    let place = |place: WaitingPlace| ListLink {
        url: format!("/waiting?{}", form_urlencode(&[("account", &path_text(&place.path))])),
        name: place.name,
    };
    WaitingList {
        account: path.clone(),
        account_name: list.account.name.clone(),
        admission: list.account.settings.admission,
        places: list.places.into_iter().map(place).collect(),
        state: query.state,
        order: query.order,
        begins: query.begins.clone(),
        rows: list.applicants.iter().map(row).collect(),
        next,
        ask: list.may_ask.then(|| format!("/waiting/ask?{}", form_urlencode(&[("account", &path)]))),
    }
}

/// A path in an address; the platform's is a slash, for an empty one is none.
fn path_text(path: &AccountPath) -> String {
    if *path == AccountPath::ROOT { "/".to_owned() } else { path.to_string() }
}

fn row(applicant: &Applicant) -> ListRow {
    let name = applicant.called();
    let email = applicant.file.profile.email.as_ref().map(|email| email.as_str().to_owned());
    ListRow {
        id: applicant.id.to_string(),
        email: email.filter(|email| *email != name),
        name,
        on_behalf: applicant.came.is_none(),
        asked_at: applicant.asked_at,
        expires_at: applicant.expires_at,
    }
}

/// What was typed, and why it did not count.
#[derive(Default)]
struct Typed {
    granted: Option<Granted>,
    reason: String,
    merge_email: String,
    problem: Option<NotCounted>,
}

/// One person who waits.
pub(crate) async fn applicant(caller: Caller, Path(id): Path<String>) -> Response {
    match with(&caller, &id).await {
        Ok((who, id)) => look(&caller, &who, id, Typed::default()).await,
        Err(response) => *response,
    }
}

/// Who asks, and about whom.
async fn with(caller: &Caller, id: &str) -> Result<(Who, ApplicantId), Box<Response>> {
    let Ok(id) = id.parse::<ApplicantId>() else {
        return Err(Box::new(shown::plain(caller, Problem::NotFound).await));
    };
    Ok((who(caller, format!("/waiting/{id}")).await?, id))
}

async fn look(caller: &Caller, who: &Who, id: ApplicantId, typed: Typed) -> Response {
    match waiting::look(&caller.ctx, who, id).await {
        Ok(detail) => caller.page(Some(&who.home), &detail_page(caller, detail, typed)),
        Err(ended) => shown::ended(caller, ended).await,
    }
}

fn detail_page(caller: &Caller, detail: Detail, typed: Typed) -> ApplicantPage {
    let Detail { account, applicant, people, namesakes, offer, .. } = detail;
    let file = &applicant.file;
    let named = |decided: &Option<DecidedAt>| {
        let decided = decided.as_ref()?;
        let name = people.get(&decided.by).map(|person| person.name.clone()).unwrap_or_default();
        Some(DecidedBy { name, at: decided.at })
    };
    let roles = caller.language.say("grants-roles").to_string();
    let namesake = |user: &vestibule_domain::user::User| {
        let email = user.profile.email.as_ref()?.as_str();
        let query = form_urlencoded::byte_serialize(email.as_bytes()).collect();
        Some(Namesake { name: vestibule_domain::waiting::called(&user.profile), query })
    };
    let name = applicant.called();
    ApplicantPage {
        id: applicant.id.to_string(),
        version: applicant.version,
        email: file.profile.email.as_ref().map(|email| email.as_str().to_owned()),
        user_name: file.profile.name.clone().filter(|user_name| *user_name != name),
        name,
        account_name: account.name.clone(),
        state: applicant.state,
        on_behalf: applicant.came.is_none(),
        asked_at: applicant.asked_at,
        expires_at: applicant.expires_at,
        first: named(&file.first),
        last: named(&file.last),
        merged_with: file.user.filter(|_| file.merged).and_then(|id| people.get(&id)).map(|user| user.name.clone()),
        given: given_facts(roles, &offer, &file.granted),
        reason: file.reason.clone(),
        unsent: file.unsent > 0,
        may_approve: detail.may.approve,
        second_step_follows: detail.second_step_follows,
        choices: GrantChoices::new(&offer, typed.granted.as_ref().unwrap_or(&file.granted)),
        may_merge: detail.may.merge,
        namesakes: namesakes.iter().filter_map(namesake).collect(),
        merge_email: typed.merge_email,
        may_refuse: detail.may.refuse,
        typed_reason: typed.reason,
        problem: typed.problem,
        back: format!("/waiting?{}", form_urlencode(&[("account", &path_text(&account.path))])),
    }
}

/// What a form gives: roles, and scopes that are ticked or typed in lines.
fn granted(form: &str) -> Result<Granted, NotOffered> {
    let mut roles = BTreeSet::new();
    let mut scopes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(form.as_bytes()) {
        if name == "role" {
            roles.insert(value.into_owned());
        } else if let Some(kind) = name.strip_prefix("scope:") {
            let lines = value.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned);
            scopes.entry(kind.to_owned()).or_default().extend(lines);
        }
    }
    scopes.retain(|_, values| !values.is_empty());
    let kind = scopes.keys().next().cloned().unwrap_or_default();
    let none = scopes.is_empty();
    match Scopes::new(scopes) {
        Ok(scopes) => Ok(Granted { roles, scopes: Some(scopes) }),
        Err(_) if none => Ok(Granted { roles, scopes: None }),
        Err(ScopesError::Name { got }) => Err(NotOffered::Value { kind, got }),
        Err(error) => Err(NotOffered::Value { kind, got: error.to_string() }),
    }
}

/// What was typed cannot be given to anybody.
async fn not_given(caller: &Caller, id: &str, not: NotOffered) -> Response {
    match with(caller, id).await {
        Ok((who, id)) => {
            let problem = Some(NotCounted::Not(NotDecided::NotOffered(not)));
            look(caller, &who, id, Typed { problem, ..Typed::default() }).await
        }
        Err(response) => *response,
    }
}

/// They are let in.
pub(crate) async fn approve(caller: Caller, Path(id): Path<String>, body: Result<Bytes, BytesRejection>) -> Response {
    let form = match own_form(&caller, body).await {
        Ok(form) => form,
        Err(response) => return *response,
    };
    let granted = match granted(&form) {
        Ok(granted) => granted,
        Err(not) => return not_given(&caller, &id, not).await,
    };
    let typed = Typed { granted: Some(granted.clone()), ..Typed::default() };
    decide(&caller, &id, &form, Verdict::Approve(granted), typed).await
}

/// They are not.
pub(crate) async fn refuse(caller: Caller, Path(id): Path<String>, body: Result<Bytes, BytesRejection>) -> Response {
    let form = match own_form(&caller, body).await {
        Ok(form) => form,
        Err(response) => return *response,
    };
    let reason = field(&form, "reason").unwrap_or_default();
    let typed = Typed { reason: reason.clone(), ..Typed::default() };
    decide(&caller, &id, &form, Verdict::Refuse(reason), typed).await
}

/// They are one with a user.
pub(crate) async fn merge(caller: Caller, Path(id): Path<String>, body: Result<Bytes, BytesRejection>) -> Response {
    let form = match own_form(&caller, body).await {
        Ok(form) => form,
        Err(response) => return *response,
    };
    let Some(Ok(user)) = field(&form, "user").map(|id| id.parse()) else {
        return shown::plain(&caller, Problem::BadRequest).await;
    };
    decide(&caller, &id, &form, Verdict::Merge(user, Granted::default()), Typed::default()).await
}

async fn decide(caller: &Caller, id: &str, form: &str, verdict: Verdict, typed: Typed) -> Response {
    let (who, id) = match with(caller, id).await {
        Ok(with) => with,
        Err(response) => return *response,
    };
    let version = field(form, "version").and_then(|text| text.parse().ok()).unwrap_or_default();
    let problem = match waiting::decide(&caller.ctx, &who, id, version, verdict).await {
        Ok(Decided::Done) => return shown::see_other(caller, &format!("/waiting/{id}"), None),
        Ok(Decided::Overtaken) => NotCounted::Overtaken,
        Ok(Decided::Not(not)) => NotCounted::Not(not),
        Err(ended) => return shown::ended(caller, ended).await,
    };
    look(caller, &who, id, Typed { problem: Some(problem), ..typed }).await
}

/// Whether they are one with the user of an address: asked before it is done.
pub(crate) async fn ask_to_merge(caller: Caller, Path(id): Path<String>) -> Response {
    let (who, id) = match with(&caller, &id).await {
        Ok(with) => with,
        Err(response) => return *response,
    };
    let email = field(caller.query(), "email").unwrap_or_default();
    let detail = match waiting::look(&caller.ctx, &who, id).await {
        Ok(detail) => detail,
        Err(ended) => return shown::ended(&caller, ended).await,
    };
    let key = email.parse::<EmailAddress>().map(|email| email.key().to_owned());
    let user = match key {
        Ok(key) if detail.may.merge => waiting::merge_target(&caller.ctx, &who, &detail, &key).await,
        _ => Ok(None),
    };
    let user = match user {
        Ok(Some(user)) => user,
        Ok(None) => {
            let problem = Some(NotCounted::Not(NotDecided::NoSuchUser));
            let typed = Typed { merge_email: email, problem, ..Typed::default() };
            return caller.page(Some(&who.home), &detail_page(&caller, detail, typed));
        }
        Err(ended) => return shown::ended(&caller, ended).await,
    };
    let page = MergePage {
        id: id.to_string(),
        version: detail.applicant.version,
        applicant: detail.applicant.called(),
        applicant_email: detail.applicant.file.profile.email.as_ref().map(|email| email.as_str().to_owned()),
        user_id: user.id.to_string(),
        user: vestibule_domain::waiting::called(&user.profile),
        user_email: user.profile.email.as_ref().map(|email| email.as_str().to_owned()).unwrap_or_default(),
        user_since: user.created_at,
    };
    caller.page(Some(&who.home), &page)
}

/// Where somebody else is asked for.
pub(crate) async fn ask(caller: Caller) -> Response {
    let text = field(caller.query(), "account");
    ask_page(&caller, text.as_deref(), AskForPage::default(), &Granted::default()).await
}

/// The account that a form or an address names; none: one's own.
fn account_of(text: Option<&str>) -> Result<Option<AccountPath>, AccountPathError> {
    text.map(|text| AccountPath::parse(text.trim_matches('/'))).transpose()
}

async fn ask_page(caller: &Caller, account: Option<&str>, typed: AskForPage, granted: &Granted) -> Response {
    let who = match who(caller, "/waiting".to_owned()).await {
        Ok(who) => who,
        Err(response) => return *response,
    };
    let Ok(path) = account_of(account) else { return shown::plain(caller, Problem::NotFound).await };
    match waiting::form(&caller.ctx, &who, path).await {
        Ok(Form { account, offer, second_step_follows }) => {
            let (path, choices) = (path_text(&account.path), GrantChoices::new(&offer, granted));
            let back = format!("/waiting?{}", form_urlencode(&[("account", &path)]));
            let page =
                AskForPage { account: path, account_name: account.name, second_step_follows, choices, back, ..typed };
            caller.page(Some(&who.home), &page)
        }
        Err(ended) => shown::ended(caller, ended).await,
    }
}

/// Somebody else is asked for.
pub(crate) async fn ask_for(caller: Caller, body: Result<Bytes, BytesRejection>) -> Response {
    let form = match own_form(&caller, body).await {
        Ok(form) => form,
        Err(response) => return *response,
    };
    let who = match who(&caller, "/waiting".to_owned()).await {
        Ok(who) => who,
        Err(response) => return *response,
    };
    let text = field(&form, "account");
    let (granted, unfit) = match granted(&form) {
        Ok(granted) => (granted, None),
        Err(not) => (Granted::default(), Some(not)),
    };
    let (email, name) = (field(&form, "email").unwrap_or_default(), field(&form, "name").unwrap_or_default());
    let Ok(account) = account_of(text.as_deref()) else { return shown::plain(&caller, Problem::NotFound).await };
    let outcome = match email.parse::<EmailAddress>() {
        Ok(_) if let Some(not) = unfit => AskProblem::Not(NotAsked::NotOffered(not)),
        Ok(address) => {
            let asking = Asking { account, email: address, name: name.clone(), granted: granted.clone() };
            match waiting::ask_for(&caller.ctx, &who, asking).await {
                Ok(Ok(id)) => return shown::see_other(&caller, &format!("/waiting/{id}"), None),
                // It is for whoever asks to see who that is before they decide.
                Ok(Err(NotAsked::AlreadyWaits(id))) => {
                    let problem = Some(NotCounted::WaitsAlready);
                    return look(&caller, &who, id, Typed { granted: Some(granted), problem, ..Typed::default() })
                        .await;
                }
                Ok(Err(not)) => AskProblem::Not(not),
                Err(ended) => return shown::ended(&caller, ended).await,
            }
        }
        Err(_) => AskProblem::Email,
    };
    let typed = AskForPage { email, name, problem: Some(outcome), ..AskForPage::default() };
    ask_page(&caller, text.as_deref(), typed, &granted).await
}
