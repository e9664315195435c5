//! Every refusal: its page, its status, its code, and where the code is found afterwards.
//!
//! One row for each family that a person can be told of, driven through the web. What proves nothing leaves no line in
//! the audit log, for anybody could have sent it: only the bounded lists know it.

use http::StatusCode;
use vestibule_domain::account::{AccountSettings, Admission};
use vestibule_domain::connection::{ConnectionState, Reauthentication, Unsolicited};
use vestibule_domain::enforcement::Demand;
use vestibule_domain::event::AuditEvent;
use vestibule_domain::mapping::{Claim, SubjectKey};
use vestibule_domain::password::Passwords;
use vestibule_domain::user::{ConsoleRole, UserState};
use vestibule_domain::ways::{Entitlement, SignInBy};
use vestibule_journeys::report::KeptReport;
use vestibule_journeys::{Problem as Ended, Unreadable, trace};
use vestibule_mock_entra::service::{ContentMode, Delivery, Draft, Encryption, SigningAlgorithm, Transport};
use vestibule_oidc::TokenError;
use vestibule_saml::binding::post::PostError;
use vestibule_saml::types::{AuthnContextClassRef, NameIdFormat};
use vestibule_store::tx::{EventFilter, RecentAnswer};
use vestibule_web::language::Language;
use vestibule_web::problem::Problem;

use crate::support::{ADA, BASE, CLIENT, GLOBEX_TENANT, Seen, World, base64, parameter};

const FORM: &str = "application/x-www-form-urlencoded";
const SP_NEXT: &str = include_str!("../../../../vectors/keys/sp-next.cert.pem");

/// Where the code of a refusal is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trace {
    /// In the audit log and in the connection's recent answers.
    Audited,
    /// In the connection's recent answers alone: nothing is proved.
    Noted,
    /// In the deployment's last refusals: no connection is known.
    Kept,
    /// In the log of the process alone: what were written of it would be what the limit is against.
    Logged,
}

type Driven = (Seen, Trace);

async fn bent(world: &World, bend: fn(&mut Draft)) -> Driven {
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    (browser.deliver(&world.answer_bent(&sent, ADA, bend)).await, Trace::Audited)
}

async fn turned_away(world: &World) -> Driven {
    (world.try_sign_in(&mut world.browser(), &world.acme, ADA).await, Trace::Audited)
}

async fn subject(world: &World, key: SubjectKey) {
    world.set(&world.acme, |saml| saml.subject = Some(key)).await;
}

async fn account(world: &World, change: impl FnOnce(&mut AccountSettings)) {
    world.change_account(&world.acme, |account| change(&mut account.settings)).await;
}

async fn get(world: &World, url: String) -> Driven {
    (world.browser().get(&url).await, Trace::Kept)
}

async fn post_answer(world: &World, body: String) -> Driven {
    (world.browser().raw("POST", &world.acme.at("acs"), &[("content-type", FORM)], body).await, Trace::Noted)
}

/// What makes people see this page, or none where no person can.
#[expect(clippy::too_many_lines, reason = "one arm for each family; what an arm needs is a function above")]
async fn drive(world: &World, problem: &Problem) -> Option<Driven> {
    let acme = &world.acme;
    Some(match problem {
        Problem::Audience => bent(world, |draft| draft.response.audiences = vec!["https://x.example".into()]).await,
        Problem::Address => bent(world, |draft| draft.response.recipient = Some("https://x.example/".into())).await,
        Problem::Issuer => {
            bent(world, |draft| draft.response.issuer = format!("https://sts.windows.net/{GLOBEX_TENANT}/")).await
        }
        Problem::Certificate => {
            let key = |draft: &mut Draft| {
                draft.key = std::sync::Arc::new(vestibule_mock_entra::service::Key::named("attacker").unwrap());
            };
            (bent(world, key).await.0, Trace::Noted)
        }
        Problem::Signature => {
            let nothing = |draft: &mut Draft| draft.sealed = vestibule_mock_entra::service::Sealed::Nothing;
            (bent(world, nothing).await.0, Trace::Noted)
        }
        Problem::Algorithm => (bent(world, |draft| draft.algorithm = SigningAlgorithm::Sha1).await.0, Trace::Noted),
        Problem::Encryption => {
            let how = Encryption {
                certificate: SP_NEXT.to_owned(),
                content: ContentMode::Gcm,
                transport: Transport::OaepSha256,
                ..Encryption::default()
            };
            world.app_of(acme).change(|app| app.encryption = Some(how)).unwrap();
            (turned_away(world).await.0, Trace::Noted)
        }
        Problem::Clock => bent(world, |draft| draft.response.not_before = Some("2026-03-02T10:30:00Z".into())).await,
        Problem::TooLate => {
            bent(world, |draft| {
                let past = Some("2026-03-02T09:50:00Z".to_owned());
                draft.response.not_before = Some("2026-03-02T09:00:00Z".to_owned());
                (draft.response.not_on_or_after, draft.response.confirmation_not_on_or_after) = (past.clone(), past);
            })
            .await
        }
        Problem::Unasked => {
            bent(world, |draft| draft.response.confirmation_in_response_to = Some("_another".to_owned())).await
        }
        Problem::AlreadyUsed => {
            world.set(acme, |saml| saml.unsolicited = Unsolicited::Accept).await;
            let tile = world.tile(acme, ADA);
            world.browser().deliver(&tile).await.location();
            (world.browser().deliver(&tile).await, Trace::Audited)
        }
        Problem::SignInAgain => {
            world.set(acme, |saml| saml.reauthentication = Reauthentication::Always).await;
            bent(world, |draft| draft.response.authn_instant = "2026-03-02T08:00:00.000Z".into()).await
        }
        Problem::NoPerson => {
            subject(world, SubjectKey::Claims(vec![Claim::new("employeeid")])).await;
            bent(world, |draft| draft.response.claims.push(("employeeid".into(), vec![" ".into()]))).await
        }
        Problem::NotSignedIn => {
            let mut browser = world.browser();
            let (_, sent) = world.start(&mut browser, acme).await;
            let genuine = world.answer(&sent, ADA);
            let status = "urn:oasis:names:tc:SAML:2.0:status:Success";
            let xml = genuine.xml.replace(status, "urn:oasis:names:tc:SAML:2.0:status:Responder");
            let failed = Delivery { saml_response: base64(xml.as_bytes()), ..genuine };
            (browser.deliver(&failed).await, Trace::Noted)
        }
        Problem::AuthnContext => {
            let wanted = vec![AuthnContextClassRef::PASSWORD_PROTECTED_TRANSPORT];
            world.set(acme, |saml| saml.authn_context = wanted).await;
            bent(world, |draft| draft.response.authn_context = AuthnContextClassRef::X509.as_str().into()).await
        }
        Problem::Garbled => post_answer(world, "SAMLResponse=%%%".to_owned()).await,
        Problem::MissingClaims(_) => {
            let names = vec![Claim::new("department"), Claim::new("employeeid")];
            account(world, |settings| settings.required_claims = names).await;
            turned_away(world).await
        }
        Problem::UnusableClaim(_) => {
            subject(world, SubjectKey::Claims(vec![Claim::new("username")])).await;
            bent(world, |draft| {
                draft.response.claims.push(("https://a.example/username".into(), vec!["a".into()]));
                draft.response.claims.push(("https://b.example/username".into(), vec!["b".into()]));
            })
            .await
        }
        Problem::NotInvited => {
            account(world, |settings| settings.admission = Admission::InvitedOnly).await;
            turned_away(world).await
        }
        Problem::NotAdmitted => {
            world.add_user(acme, "ada.example@acme.example", Some(ConsoleRole::AccountAdmin)).await;
            turned_away(world).await
        }
        Problem::WaitingRoomFull => {
            account(world, |settings| {
                settings.admission = Admission::Waiting;
                settings.waiting.at_most = 1;
            })
            .await;
            assert_eq!(world.try_sign_in(&mut world.browser(), acme, "bert@acme.example").await.status, StatusCode::OK);
            turned_away(world).await
        }
        Problem::Suspended => {
            world.add_user(acme, "ada.example@acme.example", None).await;
            let mut user = world.users(acme).await.remove(0);
            user.state = UserState::Suspended;
            world.save_user(&user).await;
            turned_away(world).await
        }
        Problem::PasswordOnly => {
            account(world, |settings| settings.single_sign_on.people = Demand::Off).await;
            turned_away(world).await
        }
        Problem::EmailNotProved => {
            (world.try_sign_in(&mut world.browser(), acme, "mallory@acme.example").await, Trace::Audited)
        }
        Problem::NameTaken => {
            world.add_user(acme, "ada.example@acme.example", None).await;
            world.add_user(acme, "ada.example@acme.example", None).await;
            turned_away(world).await
        }
        Problem::NoLastingName => {
            subject(world, SubjectKey::NameId).await;
            world.set(acme, |saml| saml.name_id_format = Some(NameIdFormat::TRANSIENT)).await;
            turned_away(world).await
        }
        Problem::Paused | Problem::Draft => {
            let state = if *problem == Problem::Draft { ConnectionState::Draft } else { ConnectionState::Paused };
            world.change_connection(acme, |connection| connection.state = state).await;
            (world.browser().get(&acme.at("start")).await, Trace::Audited)
        }
        Problem::Withheld | Problem::SwitchedOff => {
            let withheld = *problem == Problem::Withheld;
            account(world, |settings| {
                if withheld {
                    settings.entitlement = Entitlement::Withheld;
                } else {
                    settings.sign_in = SignInBy::Off;
                }
            })
            .await;
            (world.browser().get(&acme.at("start")).await, Trace::Audited)
        }
        Problem::OtherBrowser => {
            let (mut one, mut other) = (world.browser(), world.browser());
            let (_, sent) = world.start(&mut one, acme).await;
            (other.deliver(&world.answer(&sent, ADA)).await, Trace::Audited)
        }
        Problem::AttemptOver => {
            let mut browser = world.browser();
            let (_, sent) = world.start(&mut browser, acme).await;
            let attempt = parameter(&sent.location(), "RelayState").unwrap();
            (browser.get(&format!("{}/sign-in/{attempt}", acme.origin)).await, Trace::Noted)
        }
        Problem::SignOut => (world.browser().get(&acme.at("slo")).await, Trace::Noted),
        Problem::GoingInCircles => {
            let mut browser = world.browser();
            let again = format!("{}?restart=1", acme.at("start"));
            browser.get(&again).await.location();
            (browser.get(&again).await, Trace::Noted)
        }
        Problem::LinkOver => get(world, format!("{BASE}/sign-in/password/that-is-none")).await,
        Problem::StepOver => {
            world.change_account(acme, |account| account.settings.passwords = Passwords::All).await;
            let fields = [("step", "that-is-none"), ("code", "123456")];
            (world.browser().post(&format!("{}/sign-in/second", acme.origin), &fields).await, Trace::Kept)
        }
        Problem::PasswordWrong => {
            world.change_account(acme, |account| account.settings.passwords = Passwords::All).await;
            let fields = [("email", ADA), ("password", "not that one, surely")];
            (world.browser().post(&format!("{}/sign-in/password", acme.origin), &fields).await, Trace::Kept)
        }
        Problem::UnknownHost => get(world, "http://nobody.localhost:8400/".to_owned()).await,
        Problem::NotFound => get(world, format!("{BASE}/nowhere")).await,
        Problem::MethodNotAllowed => {
            (world.browser().raw("DELETE", &format!("{BASE}/me"), &[], String::new()).await, Trace::Kept)
        }
        Problem::TooLarge => post_answer(world, format!("SAMLResponse={}", "A".repeat(768 * 1024))).await,
        Problem::TooManyRequests(_) => {
            let mut browser = world.browser();
            browser.address = Some(std::net::IpAddr::from([192, 0, 2, 1]));
            let url = format!("{BASE}/sign-in/discover");
            let mut seen = browser.post(&url, &[("email", "x")]).await;
            while seen.status != StatusCode::TOO_MANY_REQUESTS {
                seen = browser.post(&url, &[("email", "x")]).await;
            }
            (seen, Trace::Logged)
        }
        Problem::CrossSite => {
            let evil = [("origin", "https://evil.example")];
            (world.browser().raw("POST", &format!("{BASE}/sign-out"), &evil, String::new()).await, Trace::Kept)
        }
        Problem::BadRequest => {
            let json = [("content-type", "application/json")];
            (world.browser().raw("POST", &acme.at("acs"), &json, "{}".to_owned()).await, Trace::Noted)
        }
        Problem::UnknownApplication => get(world, format!("{BASE}/oidc/authorize?client_id=nobody")).await,
        Problem::RedirectUri => {
            get(world, format!("{BASE}/oidc/authorize?client_id={CLIENT}&redirect_uri=https://x.example")).await
        }
        Problem::BadLogoutRequest => get(world, format!("{BASE}/oidc/logout?client_id=nobody")).await,
        Problem::BadAuthorizationRequest => get(world, format!("{BASE}/oidc/authorize")).await,
        // Ours, and no refusal: the database does not answer.
        Problem::Unavailable => return None,
    })
}

/// Every refusal has a page, a status of the caller's making and a code, and the code is found where it belongs.
#[tokio::test]
async fn every_refusal_has_a_page_a_status_a_code_and_a_trace() {
    for problem in Problem::examples() {
        let world = World::new().await;
        let Some((seen, trace)) = drive(&world, &problem).await else { continue };
        assert_eq!(seen.status, problem.status(), "{problem:?}: {}", seen.body);
        assert!(seen.status.is_client_error(), "{problem:?}");
        let key = format!("problem-{}", problem.name());
        let account = if matches!(trace, Trace::Audited | Trace::Noted) { "acme" } else { "your company" };
        let sentence = Language::English.say(&key).with("account", account).with("product", "Orchard").to_string();
        assert!(seen.body.contains(&sentence), "{problem:?}: {sentence:?} is not on the page:\n{}", seen.body);
        left(&world, &problem, &seen, trace).await;
    }
}

/// HY-19: an answer at the login URL is a refusal like any other.
#[tokio::test]
async fn an_answer_at_the_login_url_has_a_code_and_a_trace() {
    let world = World::new().await;
    let body = format!("SAMLResponse={}", base64(b"<a/>"));
    let seen = world.browser().raw("POST", &world.acme.at("start"), &[("content-type", FORM)], body).await;
    seen.shows(StatusCode::BAD_REQUEST, "sent its answer to the wrong address");
    left(&world, &Problem::Address, &seen, Trace::Noted).await;
    let report = KeptReport::read(&world.recent_answers(&world.acme).await[0].report);
    let words = report.words("answer_at_login_url").unwrap();
    assert_eq!(
        (words.got.as_deref(), words.want.as_deref()),
        (Some(&*world.acme.at("start")), Some(&*world.acme.at("acs")))
    );
}

/// Whoever proves nothing makes no line in the audit log, however often they come: with another browser's
/// attempt, or with one that nobody answered. What was proved before stays in the connection's recent answers.
#[tokio::test]
async fn strangers_write_nothing_that_stays_and_push_out_nothing_that_was_proved() {
    let world = World::new().await;
    let acme = &world.acme;
    world.try_sign_in(&mut world.browser(), acme, "mallory@acme.example").await;
    let proved = world.recent_answers(acme).await.remove(0);
    assert_eq!(proved.code.as_deref(), Some("EMAIL-DOMAIN"));
    let said = KeptReport::read(&proved.report).words.unwrap().got.unwrap();
    assert!(said.ends_with("an address at globex.example"), "who tried is not kept: {said}");
    assert!(!proved.report.contains("dora"));
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, acme).await;
    let attempt = parameter(&sent.location(), "RelayState").unwrap();
    let of_attempt = format!("{}/sign-in/{attempt}", acme.origin);
    let before = world.events().await.len();
    for _ in 0..17 {
        world.browser().get(&of_attempt).await.shows(StatusCode::FORBIDDEN, "another browser");
        browser.get(&of_attempt).await.shows(StatusCode::GONE, "sign-in");
        post_answer(&world, "SAMLResponse=%%%".to_owned()).await;
    }
    assert_eq!(world.events().await.len(), before);
    let kept = world.recent_answers(acme).await;
    assert_eq!(kept.len(), 51, "fifty of strangers, and one that was proved");
    assert!(kept.contains(&proved));
}

/// That the code on the page is found in the places of its trace, and in no other.
async fn left(world: &World, problem: &Problem, seen: &Seen, trace: Trace) {
    let shown = code_on(seen);
    let in_log =
        world.events().await.iter().any(|event| trace::code_of(event).is_some_and(|code| code.as_str() == shown));
    let in_ring =
        |list: Vec<RecentAnswer>| list.iter().any(|one| KeptReport::read(&one.report).code.as_deref() == Some(&*shown));
    let in_answers = in_ring(world.recent_answers(&world.acme).await);
    let in_refusals = in_ring(world.recent_refusals().await);
    let wanted = match trace {
        Trace::Audited => (true, true, false),
        Trace::Noted => (false, true, false),
        Trace::Kept => (false, false, true),
        Trace::Logged => (false, false, false),
    };
    assert_eq!((in_log, in_answers, in_refusals), wanted, "{problem:?} {shown}: {trace:?}");
}

/// The code on a page, such as `AUD-7K2Q`.
#[track_caller]
pub(crate) fn code_on(seen: &Seen) -> String {
    let is_code = |text: &&str| {
        let bytes = text.as_bytes();
        bytes.len() == 8
            && bytes[3] == b'-'
            && bytes.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'-')
    };
    let texts = seen.body.split("<code>").skip(1).filter_map(|rest| rest.split('<').next());
    texts.into_iter().find(is_code).unwrap_or_else(|| panic!("no code: {}", seen.body)).to_owned()
}

impl World {
    async fn events(&self) -> Vec<AuditEvent> {
        let filter = EventFilter { account: None, user: None, before: None, limit: 200 };
        self.services.store.read(move |tx| Box::pin(async move { tx.events(&filter).await })).await.unwrap()
    }

    async fn recent_refusals(&self) -> Vec<RecentAnswer> {
        self.services.store.read(|tx| Box::pin(async move { tx.recent_refusals().await })).await.unwrap()
    }
}

/// The pages of each end of a journey. A new end does not compile before its pages are named here; each of them has its
/// row above.
fn pages_of(ended: &Ended) -> &'static [&'static str] {
    match ended {
        Ended::Refused(_) => &[
            "audience",
            "address",
            "issuer",
            "certificate",
            "signature",
            "algorithm",
            "encryption",
            "clock",
            "too-late",
            "unasked",
            "already-used",
            "sign-in-again",
            "no-person",
            "not-signed-in",
            "authn-context",
            "garbled",
            "too-large",
        ],
        Ended::TurnedAway(_) => &[
            "missing-claims",
            "unusable-claim",
            "not-invited",
            "not-admitted",
            "suspended",
            "email-not-proved",
            "name-taken",
            "no-lasting-name",
            "no-person",
            "issuer",
        ],
        Ended::NotAResponse(..) => &["garbled", "too-large", "bad-request"],
        Ended::Replayed(_) => &["already-used"],
        Ended::OtherBrowser(_) => &["other-browser"],
        Ended::Forgotten(_) => &["attempt-over"],
        Ended::NotActive(..) => &["paused", "draft"],
        Ended::NoWay(..) => &["withheld", "switched-off"],
        Ended::NotReady(..) => &["draft"],
        Ended::InCircles(_) => &["going-in-circles"],
        Ended::NoLogout(..) => &["sign-out"],
        Ended::Authorization(_) => &["unknown-application", "redirect-uri", "bad-authorization-request"],
        Ended::EndSession(_) => &["bad-logout-request"],
        Ended::Crowded => &["too-many-requests"],
        Ended::NoSuchHost => &["unknown-host"],
        Ended::NotFound => &["not-found"],
        // An application is answered in the words of the standard.
        Ended::Token(_) => &[],
        // Ours.
        Ended::Busy(_) | Ended::Store(_) | Ended::Broken(_) => &["unavailable"],
    }
}

#[test]
fn every_end_of_a_journey_has_pages_that_are_driven_here() {
    let known: Vec<&str> = Problem::examples().iter().map(Problem::name).collect();
    for ended in [
        Ended::NotAResponse(None, Unreadable::Post(PostError::SimpleSignUnsupported)),
        Ended::Forgotten(None),
        Ended::Crowded,
        Ended::NoSuchHost,
        Ended::NotFound,
        Ended::Token(Box::new(TokenError::CodeUnknown)),
        Ended::Broken(String::new()),
    ] {
        for page in pages_of(&ended) {
            assert!(known.contains(page), "{page}");
        }
    }
}
