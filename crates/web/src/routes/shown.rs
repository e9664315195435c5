//! How what a journey says becomes a response: the next address with its cookies, or the page of a problem.

use axum::response::{IntoResponse as _, Response};
use http::header::{LOCATION, SET_COOKIE};
use http::{HeaderValue, StatusCode};
use vestibule_domain::account::{Account, Details as ShowDetails};
use vestibule_domain::admission::NotAdmitted;
use vestibule_domain::attempt;
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::identity::SubjectProblem;
use vestibule_journeys::sign_in::{Binding, Next};
use vestibule_journeys::{ErrorCode, Place, Problem as Ended, Refused, Turned, Why};
use vestibule_saml::sp::{Party, Refusal, entra};

use crate::extract::Caller;
use crate::limits::TooMany;
use crate::pages::{AadStsBlock, Choice, Choose, Contact, Details, PostToIdp, ProblemPage, SignIn};
use crate::problem::Problem;
use crate::security;

/// To another address, by GET, whatever the method was.
pub(crate) fn see_other(caller: &Caller, location: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
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

/// Where a sign-in goes next.
pub(crate) fn next(caller: &Caller, next: Next) -> Response {
    match next {
        Next::Go { location, binding } => {
            let cookie = binding.as_ref().and_then(|binding| attempt_cookie(caller, binding));
            see_other(caller, &location, cookie)
        }
        Next::Post { form, binding } => {
            let page = PostToIdp {
                destination: form.action.as_str().to_owned(),
                idp: host_of(form.action.as_str()).to_owned(),
                fields: form.fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            };
            let mut response = caller.page(None, &page);
            response.headers_mut().extend(attempt_cookie(caller, &binding).map(|cookie| (SET_COOKIE, cookie)));
            response
        }
        Next::Page(page) => {
            let account = page.account.as_ref().map(|account| account.name.as_str());
            if page.choices.is_empty() && page.email.is_none() {
                let known = None;
                return caller.page(account, &SignIn { to: page.target.as_text().to_owned(), refused: None, known });
            }
            let several = page.choices.windows(2).any(|pair| pair[0].account != pair[1].account);
            let choices = page.choices.into_iter().map(|choice| Choice {
                connection: choice.connection.to_string(),
                account: several.then_some(choice.account),
                button: choice.button,
                preset: choice.preset,
            });
            let to = page.target.as_text();
            let back = format!("/sign-in?{}", form_urlencode(&[("to", to)]));
            let choose = Choose { to: to.to_owned(), email: page.email, back, choices: choices.collect() };
            caller.page(account, &choose)
        }
    }
}

/// The cookie that binds an attempt to this browser, for as long as the attempt lives.
pub(crate) fn attempt_cookie(caller: &Caller, binding: &Binding) -> Option<HeaderValue> {
    let cookies = caller.cookies();
    let name = cookies.attempt_name(&binding.attempt.to_string());
    cookies.set(&name, &binding.cookie_value(), attempt::LIFETIME)
}

/// The page of a journey that ended before its aim. Who refused, and why, is told the person in few words; the
/// details only where the account shows them.
pub(crate) fn ended(caller: &Caller, ended: Ended) -> Response {
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
        Ended::Unsolicited(place) => at(caller, &place, Problem::Unasked),
        Ended::NotAResponse(error) => {
            let too_large = matches!(error, vestibule_saml::binding::post::PostError::BodyTooLong { .. });
            plain(caller, if too_large { Problem::TooLarge } else { Problem::Garbled })
        }
        Ended::OtherBrowser => plain(caller, Problem::OtherBrowser),
        Ended::Forgotten => plain(caller, Problem::AttemptOver),
        Ended::Authorization(shown) => authorization(caller, &shown),
        Ended::NoSuchHost => plain(caller, Problem::UnknownHost),
        Ended::NotFound => plain(caller, Problem::NotFound),
        Ended::Token(_) => plain(caller, Problem::BadRequest),
        Ended::Store(_) | Ended::Broken(_) => plain(caller, Problem::Unavailable),
    }
}

/// What is no fault of whoever asked. The messages hold no values of people.
fn ours(ended: &Ended) -> Option<String> {
    matches!(ended, Ended::Store(_) | Ended::Broken(_)).then(|| ended.to_string())
}

/// A page without account and code.
pub(crate) fn plain(caller: &Caller, problem: Problem) -> Response {
    // At a host that nobody has, the front page would only say the same again.
    let home = if problem == Problem::UnknownHost { caller.ctx.deployment.origin() } else { "/".to_owned() };
    caller.page(None, &ProblemPage::new(problem).action(home))
}

/// Too many requests.
pub(crate) fn too_many(caller: &Caller, too_many: TooMany) -> Response {
    let mut response = caller.page(None, &ProblemPage::new(Problem::TooManyRequests(too_many.wait)));
    response.headers_mut().insert(http::header::RETRY_AFTER, HeaderValue::from(too_many.wait));
    response
}

fn at(caller: &Caller, place: &Place, problem: Problem) -> Response {
    caller.page(Some(&place.account.name), &page_at(place, problem))
}

fn page_at(place: &Place, problem: Problem) -> ProblemPage {
    let code: &ErrorCode = &place.code;
    ProblemPage { contact: contact(&place.account), ..ProblemPage::new(problem).action("/").code(code.as_str()) }
}

fn contact(account: &Account) -> Option<Contact> {
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
    caller.page(Some(&place.account.name), &page)
}

/// The number that Entra put into its status message (E-26). The number alone is shown to everybody: it says nothing of
/// the person, and the person needs it.
pub(crate) fn aadsts(refusal: &Refusal) -> Option<AadStsBlock> {
    refusal.got.as_deref().and_then(entra::aadsts).map(AadStsBlock::of)
}

fn turned_away(caller: &Caller, turned: &Turned) -> Response {
    let problem = match &turned.why {
        Why::MissingClaim(missing) => {
            Problem::MissingClaims(missing.claims.iter().map(|claim| claim.as_str().to_owned()).collect())
        }
        Why::NotAdmitted(NotAdmitted::NotInvited) => Problem::NotInvited,
        Why::NotAdmitted(NotAdmitted::Suspended) => Problem::Suspended,
        Why::NotAdmitted(NotAdmitted::EmailDomainNotProved { .. }) => Problem::EmailNotProved,
        Why::NotAdmitted(NotAdmitted::EmailTaken | NotAdmitted::EmailAmbiguous { .. }) => Problem::NameTaken,
        Why::NotAdmitted(NotAdmitted::ConsoleRole | NotAdmitted::OtherAccount) => Problem::NotAdmitted,
        Why::Mapping(_) => Problem::UnusableClaim(String::new()),
        Why::Subject(SubjectProblem::Missing { claim }) => Problem::MissingClaims(vec![claim.as_str().to_owned()]),
        Why::Subject(SubjectProblem::Several { claim, .. }) => Problem::UnusableClaim(claim.as_str().to_owned()),
        Why::Subject(SubjectProblem::Ambiguous(_) | SubjectProblem::TooLong { .. }) => {
            Problem::UnusableClaim(String::new())
        }
        Why::Subject(SubjectProblem::Tenant { .. }) => Problem::Issuer,
        Why::Subject(SubjectProblem::Empty { .. }) => Problem::NoPerson,
        // What is left is the transient NameID, and a key of no claims, which is refused when it is saved.
        Why::Subject(_) => Problem::NoLastingName,
    };
    let shown = turned.place.account.settings.show_details == ShowDetails::Shown;
    let (who, fix) = who_and_what(&turned.why);
    let sentence = turned.why.to_string();
    let got = turned.said.as_ref().filter(|_| is_about_email(&turned.why));
    let got = got.map(|said| format!("{}: {}", said.from, said.email));
    let want = got.as_ref().map(|_| wanted_email(&turned.why, &turned.place.account.name));
    let details = shown.then(|| Details { sentence, got, want, who, fix: fix.to_owned(), report: None });
    caller.page(Some(&turned.place.account.name), &ProblemPage { details, ..page_at(&turned.place, problem) })
}

/// Whether the e-mail address decided.
fn is_about_email(why: &Why) -> bool {
    use NotAdmitted as N;
    matches!(
        why,
        Why::NotAdmitted(
            N::NotInvited | N::EmailDomainNotProved { .. } | N::EmailTaken | N::EmailAmbiguous { .. } | N::ConsoleRole
        )
    )
}

/// Which address would have done (XC-31).
fn wanted_email(why: &Why, account: &str) -> String {
    match why {
        Why::NotAdmitted(NotAdmitted::EmailDomainNotProved { .. }) => {
            format!("an e-mail address of a domain that is proved for {account}")
        }
        Why::NotAdmitted(NotAdmitted::NotInvited) => {
            format!("the e-mail address of a person who is known to {account}")
        }
        _ => format!("the e-mail address of one person of {account} who may be linked by it"),
    }
}

/// Who can mend it that a person is turned away, and by what.
pub(crate) fn who_and_what(why: &Why) -> (Party, &'static str) {
    match why {
        Why::NotAdmitted(NotAdmitted::EmailDomainNotProved { .. }) => (
            Party::Operator,
            "Prove the domain for this account, or set unproved_email to withhold where guests come in.",
        ),
        Why::NotAdmitted(NotAdmitted::NotInvited) => {
            (Party::Operator, "Add the person to the account, or set its admission to create.")
        }
        Why::NotAdmitted(NotAdmitted::Suspended) => (Party::Operator, "Let the person sign in again, if they should."),
        Why::NotAdmitted(_) => (Party::Operator, "Link the person to the right user of the account."),
        Why::MissingClaim(_) => (
            Party::IdpAdmin,
            "In Entra, Enterprise applications → the application → Single sign-on → Attributes & Claims, add the claim; \
             and see that the person's entry in the directory has a value for it.",
        ),
        Why::Mapping(_) => (Party::Operator, "Name the claim by its whole URI in the connection's mapping."),
        Why::Subject(_) => (
            Party::IdpAdmin,
            "In Entra, Enterprise applications → the application → Single sign-on → Attributes & Claims, send the value \
             that identifies people here, once for each person.",
        ),
    }
}

/// An authorization request that cannot be answered to the application. Its developer reads the page, so it says all.
fn authorization(caller: &Caller, shown: &vestibule_oidc::Shown) -> Response {
    use vestibule_oidc::Shown;
    let problem = match shown {
        Shown::ClientIdMissing | Shown::ClientUnknown { .. } => Problem::UnknownApplication,
        Shown::RedirectUriMissing | Shown::NoRedirectUris { .. } | Shown::RedirectUriMismatch { .. } => {
            Problem::RedirectUri
        }
        Shown::Unreadable(_) | Shown::Repeated { .. } => Problem::BadAuthorizationRequest,
    };
    let details = Details {
        sentence: shown.to_string(),
        got: None,
        want: None,
        who: Party::Operator,
        fix: "Change the application's request, or its registration here.".to_owned(),
        report: None,
    };
    caller.page(None, &ProblemPage { details: Some(details), ..ProblemPage::new(problem) })
}

fn host_of(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or(url)
}

/// Pairs as `application/x-www-form-urlencoded`.
pub(crate) fn form_urlencode(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
