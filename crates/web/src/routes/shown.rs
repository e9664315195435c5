//! How what a journey says becomes a response: the next address with its cookies, or the page of a problem.

use axum::response::{IntoResponse as _, Response};
use http::header::{LOCATION, SET_COOKIE};
use http::{HeaderValue, StatusCode};
use jiff::Timestamp;
use vestibule_domain::account::{Account, Details as ShowDetails};
use vestibule_domain::attempt;
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::identity::SubjectProblem;
use vestibule_domain::mapping::{Claim, MappingProblem};
use vestibule_domain::user::User;
use vestibule_domain::ways::WhyNot;
use vestibule_journeys::sign_in::{Binding, Choosing, Next};
use vestibule_journeys::{ErrorCode, Place, Problem as Ended, Refused, Turned, Unreadable, Why, trace};
use vestibule_oidc::{Answer, EndSessionError, PostedAnswer};
use vestibule_saml::binding::post::PostError;
use vestibule_saml::sp::{Party, Refusal, entra};

use super::me;
use crate::extract::Caller;
use crate::limits::{Kind, TooMany};
use crate::page::Time;
use crate::pages::{
    AadStsBlock, Choice, Choose, ChooseUser, Contact, Details, HandOver, PostToIdp, ProblemPage, SignIn, UserChoice,
};
use crate::problem::Problem;
use crate::security;

/// To another address, by GET, whatever the method was. Where a browser would not follow a redirection after a form, by a
/// page: to applications on a person's own machine.
pub(crate) fn see_other(caller: &Caller, location: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    if caller.is_form && !security::may_follow_a_form(location, caller.cookies().https) {
        return hand_over(caller, location.to_owned(), None, cookies);
    }
    let Ok(location) = HeaderValue::from_str(location) else {
        return caller.page(None, &ProblemPage::new(Problem::BadRequest));
    };
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    headers.insert(LOCATION, location);
    for cookie in cookies {
        headers.append(SET_COOKIE, cookie);
    }
    security::set_common(headers, caller.cookies().https);
    security::set_no_store(headers);
    response
}

/// To the application, with an answer.
pub(crate) fn answer(caller: &Caller, answer: Answer, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    match answer {
        Answer::Redirect(location) => see_other(caller, &location, cookies),
        Answer::Post(posted) => post(caller, posted, cookies),
    }
}

/// An answer that the browser posts.
fn post(caller: &Caller, posted: PostedAnswer, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    let fields = posted.fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    hand_over(caller, posted.action.into(), Some(fields), cookies)
}

fn hand_over(
    caller: &Caller,
    destination: String,
    fields: Option<Vec<(String, String)>>,
    cookies: impl IntoIterator<Item = HeaderValue>,
) -> Response {
    let mut response = caller.page(None, &HandOver { destination, fields });
    response.headers_mut().extend(cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)));
    response
}

/// Where a sign-in goes next.
pub(crate) fn next(caller: &Caller, next: Next) -> Response {
    match next {
        Next::Go { location, binding } => {
            let cookie = binding.as_ref().and_then(|binding| attempt_cookie(caller, binding));
            see_other(caller, &location, cookie)
        }
        Next::Answer(posted) => post(caller, posted, None),
        Next::Post { account, form, binding } => {
            let page = PostToIdp {
                destination: form.action.as_str().to_owned(),
                idp: host_of(form.action.as_str()).to_owned(),
                fields: form.fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            };
            let mut response = caller.page(Some(&account), &page);
            response.headers_mut().extend(attempt_cookie(caller, &binding).map(|cookie| (SET_COOKIE, cookie)));
            response
        }
        Next::Page(page) => {
            let account = page.account.as_ref();
            let to = page.target.as_text();
            let password = page.password.map(|address| {
                let email = page.email.as_deref().unwrap_or_default();
                format!("{address}?{}", form_urlencode(&[("to", to), ("email", email)]))
            });
            // Its own connection first, else an inherited one, else a password.
            if let (true, Some(_), Some(password)) = (page.choices.is_empty(), page.nowhere, &password) {
                return see_other(caller, password, None);
            }
            if page.choices.is_empty() && page.email.is_none() {
                let page = SignIn { to: to.to_owned(), refused: None, known: None, password };
                return caller.page(account, &page);
            }
            let several = page.choices.windows(2).any(|pair| pair[0].account != pair[1].account);
            let choices = page.choices.into_iter().map(|choice| Choice {
                connection: choice.connection.to_string(),
                into: choice.into.to_string(),
                account: several.then_some(choice.account),
                button: choice.button,
                preset: choice.preset,
            });
            let back = format!("/sign-in?{}", form_urlencode(&[("to", to)]));
            let choose = Choose { to: to.to_owned(), email: page.email, back, choices: choices.collect(), password };
            caller.page(account, &choose)
        }
    }
}

/// The page that asks as which of their users somebody comes in.
pub(crate) fn choosing(caller: &Caller, choosing: Choosing, told: String) -> Response {
    let choice = |(user, last): (User, Option<Timestamp>)| {
        let name = me::called(&user.profile);
        let email = user.profile.email.as_ref().map(|email| email.as_str().to_owned());
        let roles = &user.profile.roles;
        UserChoice {
            id: user.id.to_string(),
            email: email.filter(|email| *email != name),
            roles: (!roles.is_empty()).then(|| roles.join(", ")),
            name,
            last: last.map(Time),
        }
    };
    let users = choosing.users.into_iter().map(choice).collect();
    let page = ChooseUser { action: format!("/sign-in/{}", choosing.attempt), told, users };
    caller.page(Some(&choosing.account), &page)
}

/// The cookie that binds an attempt to this browser, for as long as the attempt lives.
pub(crate) fn attempt_cookie(caller: &Caller, binding: &Binding) -> Option<HeaderValue> {
    let cookies = caller.cookies();
    let name = cookies.attempt_name(&binding.attempt.to_string());
    cookies.set(&name, &binding.cookie_value(), attempt::LIFETIME)
}

/// The page of a journey that ended before its aim. Who refused, and why, is told the person in few words; the
/// details only where the account shows them.
pub(crate) async fn ended(caller: &Caller, ended: Ended) -> Response {
    if let Some(error) = ours(&ended) {
        tracing::error!(error, "a request could not be served");
    }
    match ended {
        Ended::Refused(refused) => refusal(caller, &refused),
        Ended::TurnedAway(turned) => turned_away(caller, &turned),
        Ended::Replayed(place) => at(caller, &place, Problem::AlreadyUsed),
        Ended::NotActive(place, ConnectionState::Paused | ConnectionState::Active) => {
            at(caller, &place, Problem::Paused)
        }
        Ended::NotActive(place, ConnectionState::Draft | ConnectionState::Tested) | Ended::NotReady(place, _) => {
            at(caller, &place, Problem::Draft)
        }
        Ended::NoWay(place, WhyNot::NotEntitled(_)) => at(caller, &place, Problem::Withheld),
        Ended::NoWay(place, _) => at(caller, &place, Problem::SwitchedOff),
        Ended::NoLogout(place, why) => {
            let shown = place.account.settings.show_details == ShowDetails::Shown;
            let page = ProblemPage { details: shown.then(|| why.words().into()), ..page_at(&place, Problem::SignOut) };
            caller.page(Some(&place.account), &page)
        }
        Ended::InCircles(place) => at(caller, &place, Problem::GoingInCircles),
        Ended::NotAResponse(place, what) => {
            let problem = unreadable(&what);
            match place {
                Some(place) => at(caller, &place, problem),
                None => told(caller, problem, Some(&what.to_string())).await,
            }
        }
        Ended::OtherBrowser(place) => at(caller, &place, Problem::OtherBrowser),
        Ended::Forgotten(Some(place)) => at(caller, &place, Problem::AttemptOver),
        Ended::Forgotten(None) => plain(caller, Problem::AttemptOver).await,
        Ended::Authorization(shown) => authorization(caller, &shown).await,
        Ended::EndSession(error) => end_session(caller, &error).await,
        Ended::Crowded => too_many(caller, TooMany { wait: 1 }),
        Ended::NoSuchHost => plain(caller, Problem::UnknownHost).await,
        Ended::NotFound => plain(caller, Problem::NotFound).await,
        Ended::Token(_) => plain(caller, Problem::BadRequest).await,
        Ended::Busy(_) => {
            let code = logged(caller, &Problem::Unavailable);
            let mut response =
                caller.page(None, &ProblemPage::new(Problem::Unavailable).action("/").code(code.as_str()));
            response.headers_mut().insert(http::header::RETRY_AFTER, HeaderValue::from(1));
            response
        }
        // Its code stands in the log alone: a store that does not answer is not asked to write that down.
        Ended::Store(_) | Ended::Broken(_) => {
            let code = logged(caller, &Problem::Unavailable);
            caller.page(None, &ProblemPage::new(Problem::Unavailable).action("/").code(code.as_str()))
        }
    }
}

fn unreadable(what: &Unreadable) -> Problem {
    match what {
        Unreadable::Post(PostError::BodyTooLong { .. } | PostError::MessageTooLong { .. })
        | Unreadable::TooLarge { .. } => Problem::TooLarge,
        Unreadable::Post(_) => Problem::Garbled,
        Unreadable::NotAForm { .. } => Problem::BadRequest,
    }
}

/// What is no fault of whoever asked. The messages hold no values of people.
fn ours(ended: &Ended) -> Option<String> {
    matches!(ended, Ended::Store(_) | Ended::Broken(_)).then(|| ended.to_string())
}

/// A page of a refusal that is about no known connection: its code stands in the deployment's last refusals.
pub(crate) async fn plain(caller: &Caller, problem: Problem) -> Response {
    told(caller, problem, None).await
}

/// The same, with what is to be known beyond the page.
async fn told(caller: &Caller, problem: Problem, detail: Option<&str>) -> Response {
    let code = recorded(caller, &problem, detail).await;
    // At a host that nobody has, the front page would only say the same again.
    let home = if problem == Problem::UnknownHost { caller.ctx.deployment.origin() } else { "/".to_owned() };
    let account = caller.account().await;
    caller.page(account.as_ref(), &ProblemPage::new(problem).action(home).code(code.as_str()))
}

/// Gives a refusal its code, and keeps it where the address has not caused too many: its page costs little, a write
/// does not.
pub(super) async fn recorded(caller: &Caller, problem: &Problem, detail: Option<&str>) -> ErrorCode {
    let code = logged(caller, problem);
    if caller.count(Kind::Refusal).is_ok()
        && let Err(error) = trace::keep(&caller.ctx, problem.name(), &code, detail).await
    {
        tracing::error!(%error, "a refusal could not be kept");
    }
    code
}

fn logged(caller: &Caller, problem: &Problem) -> ErrorCode {
    let code = trace::code(&caller.ctx, problem.name());
    tracing::info!(code = code.as_str(), problem = problem.name(), "refused");
    code
}

/// Too many requests. Its code stands in the log alone: what were written of it would be what the limit is against.
pub(crate) fn too_many(caller: &Caller, too_many: TooMany) -> Response {
    let problem = Problem::TooManyRequests(too_many.wait);
    let code = logged(caller, &problem);
    let mut response = caller.page(None, &ProblemPage::new(problem).code(code.as_str()));
    response.headers_mut().insert(http::header::RETRY_AFTER, HeaderValue::from(too_many.wait));
    response
}

fn at(caller: &Caller, place: &Place, problem: Problem) -> Response {
    caller.page(Some(&place.account), &page_at(place, problem))
}

fn page_at(place: &Place, problem: Problem) -> ProblemPage {
    let code: &ErrorCode = &place.code;
    tracing::info!(code = code.as_str(), problem = problem.name(), connection = %place.connection, "refused");
    ProblemPage { contact: contact(&place.account), ..ProblemPage::new(problem).action("/").code(code.as_str()) }
}

/// Who helps the account's people.
pub(crate) fn contact(account: &Account) -> Option<Contact> {
    let contact = account.settings.contact.as_ref()?;
    Some(Contact { name: contact.name.clone(), email: Some(contact.email.as_str().to_owned()) })
}

fn refusal(caller: &Caller, refused: &Refused) -> Response {
    let Refused { place, refusal, .. } = refused;
    let shown = place.account.settings.show_details == ShowDetails::Shown;
    let page = ProblemPage {
        aadsts: aadsts(refusal),
        details: shown.then(|| Details::of(refusal)),
        ..page_at(place, Problem::of(refusal.reason))
    };
    caller.page(Some(&place.account), &page)
}

/// The number that Entra put into its status message (E-26). The number alone is shown to everybody: it says nothing of
/// the person, and the person needs it.
pub(crate) fn aadsts(refusal: &Refusal) -> Option<AadStsBlock> {
    refusal.got.as_deref().and_then(entra::aadsts).map(AadStsBlock::of)
}

fn turned_away(caller: &Caller, turned: &Turned) -> Response {
    let claim = |claim: &Claim| claim.as_str().to_owned();
    let problem = match &turned.why {
        Why::MissingClaim(missing) => Problem::MissingClaims(missing.claims.iter().map(claim).collect()),
        Why::Subject(SubjectProblem::Missing { claim: missing }) => Problem::MissingClaims(vec![claim(missing)]),
        Why::Mapping(MappingProblem::Ambiguous(ambiguous)) | Why::Subject(SubjectProblem::Ambiguous(ambiguous)) => {
            Problem::UnusableClaim(claim(&ambiguous.claim))
        }
        Why::Subject(SubjectProblem::Several { claim: several, .. }) => Problem::UnusableClaim(claim(several)),
        why => Problem::of_code(why.code()),
    };
    let shown = turned.place.account.settings.show_details == ShowDetails::Shown;
    let details = shown.then(|| turned.words().into());
    let by_password = (problem == Problem::PasswordOnly).then(|| {
        let origin = caller.ctx.deployment.origin_of(turned.place.account.sub_domain.as_ref());
        format!("{origin}/sign-in/password")
    });
    let page = page_at(&turned.place, problem);
    let action = by_password.or(page.action);
    caller.page(Some(&turned.place.account), &ProblemPage { action, details, ..page })
}

/// An authorization request that cannot be answered to the application. Its developer reads the page, so it says all.
async fn authorization(caller: &Caller, shown: &vestibule_oidc::Shown) -> Response {
    use vestibule_oidc::Shown;
    let problem = match shown {
        Shown::ClientIdMissing | Shown::ClientUnknown { .. } => Problem::UnknownApplication,
        Shown::RedirectUriMissing | Shown::NoRedirectUris { .. } | Shown::RedirectUriMismatch { .. } => {
            Problem::RedirectUri
        }
        Shown::Unreadable(_) | Shown::Repeated { .. } => Problem::BadAuthorizationRequest,
    };
    let details = of_the_request(shown.to_string());
    let code = recorded(caller, &problem, Some(&details.sentence)).await;
    caller.page(None, &ProblemPage { details: Some(details), ..ProblemPage::new(problem).code(code.as_str()) })
}

/// A logout request that is not followed. Its developer reads the page; the person is still signed in, and signs out at
/// their own.
async fn end_session(caller: &Caller, error: &EndSessionError) -> Response {
    let details = of_the_request(error.to_string());
    let problem = Problem::BadLogoutRequest;
    let code = recorded(caller, &problem, Some(&details.sentence)).await;
    let page = ProblemPage { details: Some(details), ..ProblemPage::new(problem).action("/me").code(code.as_str()) };
    caller.page(None, &page)
}

/// What is wrong with an application's request.
fn of_the_request(sentence: String) -> Details {
    Details {
        sentence,
        got: None,
        want: None,
        who: Party::Operator,
        fix: "Change the application's request, or its registration here.".to_owned(),
        report: None,
    }
}

pub(super) fn host_of(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or(url)
}

/// Pairs as `application/x-www-form-urlencoded`.
pub(crate) fn form_urlencode(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
