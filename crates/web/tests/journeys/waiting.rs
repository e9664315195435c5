//! The waiting room: who has to be let in, by whom, with what, and what they are told.

use std::net::TcpListener;

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::account::{Account, AccountKind, Admission, Contact};
use vestibule_domain::application::{OfferedRole, ScopeKind};
use vestibule_domain::event::Fact;
use vestibule_domain::grants::{Granted, Grants, Reach, Scopes};
use vestibule_domain::id::{AccountId, UserId};
use vestibule_domain::user::{ConsoleRole, User};
use vestibule_domain::waiting::SecondStep;
use vestibule_journeys::jobs::{self, Job, Means, Turn};
use vestibule_outbound::{Mail, Mailer, Outbox, Security, Smtp};

use crate::domain_proof::NameServer;
use crate::support::{ADA, BASE, Browser, CALLBACK, Party, Seen, World, account, start};

const BERT: &str = "bert@acme.example";
const DORA: &str = "dora@globex.example";

/// `acme` lets people wait. Bert decides there, and Dora at `globex`. The application knows roles and sites.
struct Scene {
    world: World,
    means: Means,
    outbox: Outbox,
    bert: Browser,
}

impl Scene {
    async fn new() -> Self {
        let (world, outbox) = (World::new().await, Outbox::default());
        let bert = with_role(&world, &world.acme, BERT, ConsoleRole::Approver, Some(Reach::Account)).await;
        world
            .change_account(&world.acme, |account| {
                account.settings.admission = Admission::Waiting;
                account.settings.contact =
                    Some(Contact { name: "Acme IT".to_owned(), email: "it@acme.example".parse().unwrap() });
            })
            .await;
        world
            .change_application(|application| {
                let role = |name: &str, title: &str, within_scopes| OfferedRole {
                    name: name.to_owned(),
                    title: title.to_owned(),
                    within_scopes,
                };
                application.settings.roles =
                    vec![role("reader", "Reads trees", true), role("owner", "Owns trees", false)];
                let values = Some(vec!["berlin".to_owned(), "paris".to_owned()]);
                application.settings.scope_kinds =
                    vec![ScopeKind { kind: "site".to_owned(), title: "Site".to_owned(), values }];
            })
            .await;
        let means = Means { mailer: Some(Mailer::Outbox(outbox.clone())), ..NameServer::start().await.means() };
        Self { world, means, outbox, bert }
    }

    /// Ada comes, and has to wait.
    async fn ada_comes(&self, browser: &mut Browser) -> Seen {
        self.world.try_sign_in(browser, &self.world.acme, ADA).await
    }

    /// Sends what is due, and tells what came since the last time, the latest last.
    async fn mails(&self) -> Vec<Mail> {
        let before = self.outbox.mails().len();
        assert_eq!(self.turn().await, Turn::Done);
        let mails = self.outbox.mails();
        let count = mails.len() - before;
        mails.into_iter().take(count).rev().map(|kept| kept.mail).collect()
    }

    async fn turn(&self) -> Turn {
        jobs::turn(&self.world.ctx(), &self.means, Job::TellOfWaiting, "one").await.unwrap()
    }

    /// Where the first one who waits at `acme` is decided about.
    async fn first(&mut self) -> String {
        let list = self.bert.get(&self.at("/waiting")).await;
        format!("{}{}", self.world.acme.origin, link_to_applicant(&list.body).expect("nobody waits"))
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.world.acme.origin)
    }

    /// Ada waits: the address at which she is decided about.
    async fn with_ada(&mut self) -> String {
        self.ada_comes(&mut self.world.browser()).await.shows(StatusCode::OK, "still have to be let in");
        self.first().await
    }
}

/// Somebody who is signed in and has a role.
async fn with_role(world: &World, party: &Party, person: &str, role: ConsoleRole, approves: Option<Reach>) -> Browser {
    let mut browser = world.browser();
    world.sign_in(&mut browser, party, person).await;
    give(world, party, person, role, approves).await;
    browser
}

async fn give(world: &World, party: &Party, person: &str, role: ConsoleRole, approves: Option<Reach>) {
    let mut user = user_with(world, party, person).await.expect("somebody");
    user.console_role = Some(role);
    user.grants = Grants { granted: Granted::default(), approves };
    world.save_user(&user).await;
}

async fn user_with(world: &World, party: &Party, email: &str) -> Option<User> {
    let has = |user: &User| user.profile.email.as_ref().is_some_and(|known| known.key() == email);
    world.users(party).await.into_iter().find(has)
}

fn link_to_applicant(body: &str) -> Option<String> {
    let rest = body.split("href=\"/waiting/").find(|rest| rest.split('"').next().is_some_and(|id| id.len() == 36))?;
    Some(format!("/waiting/{}", rest.split('"').next()?))
}

/// The version that a page of an applicant is about.
fn version(seen: &Seen) -> String {
    let rest = seen.body.split("name=\"version\" value=\"").nth(1).unwrap_or_else(|| panic!("no form: {}", seen.body));
    rest.split('"').next().unwrap().to_owned()
}

fn berlin() -> Scopes {
    Scopes::new([("site".to_owned(), ["berlin".to_owned()].into())].into()).unwrap()
}

/// SC-15, SC-16, SC-18, SC-19, SC-27: whoever is not known waits, an approver lets them in with roles and sites that the
/// application defines, both are told by mail, and the next sign-in carries what was given.
#[tokio::test]
async fn somebody_new_waits_is_let_in_and_comes_with_what_they_were_given() {
    let mut scene = Scene::new().await;
    let mut ada = scene.world.browser();
    let room = scene.ada_comes(&mut ada).await;
    for text in ["still have to be let in", "Ada Example", "Acme IT", "it@acme.example", "find you in their list"] {
        room.shows(StatusCode::OK, text);
    }
    assert_eq!(scene.world.users(&scene.world.acme).await.len(), 1, "whoever waits is no user");
    assert_eq!(ada.get(&scene.at("/me")).await.status, StatusCode::SEE_OTHER, "and has no session");

    let mail = scene.mails().await.remove(0);
    assert_eq!(
        (&*mail.to, &*mail.subject),
        (BERT, "Ada Example (Ada.Example@acme.example) waits to be let in to Orchard")
    );
    let link = mail.text.lines().find(|line| line.starts_with("http")).unwrap().to_owned();
    ada.get(&room.url).await.shows(StatusCode::OK, "told by mail: Bert Example");
    let one = scene.bert.get(&link).await;
    for text in ["Ada Example", "Reads trees", "Owns trees", "berlin", "paris"] {
        one.shows(StatusCode::OK, text);
    }
    let fields = [("version", &*version(&one)), ("role", "reader"), ("scope:site", "berlin")];
    let done = scene.bert.post(&format!("{link}/approve"), &fields).await;
    let after = scene.bert.get(&done.location()).await;
    for text in ["Let in by", "Bert Example", "Reads trees", "berlin"] {
        after.shows(StatusCode::OK, text);
    }
    let mail = scene.mails().await.remove(0);
    assert_eq!((&*mail.to, &*mail.subject), ("Ada.Example@acme.example", "You are let in to Orchard"));

    ada.get(&room.url).await.shows(StatusCode::OK, "You are let in");
    let token = scene.world.sign_in(&mut ada, &scene.world.acme, ADA).await;
    assert_eq!((token.roles, token.access["site"].clone()), (vec!["reader".to_owned()], vec!["berlin".to_owned()]));
    let again = scene.world.sign_in(&mut scene.world.browser(), &scene.world.acme, ADA).await;
    assert_eq!(again.roles, ["reader"], "no sign-in takes it away");
    let facts = scene.world.facts().await;
    assert!(facts.iter().any(|fact| matches!(fact, Fact::ApplicantApproved { merged: false, .. })));
}

/// SC-15: coming again is one request, and one mail.
#[tokio::test]
async fn somebody_who_comes_again_waits_once_and_is_told_of_once() {
    let mut scene = Scene::new().await;
    scene.ada_comes(&mut scene.world.browser()).await;
    assert_eq!(scene.mails().await.len(), 1);
    for _ in 0..3 {
        scene.ada_comes(&mut scene.world.browser()).await.shows(StatusCode::OK, "told by mail: Bert Example");
    }
    assert_eq!(scene.mails().await, []);
    let list = scene.bert.get(&scene.at("/waiting")).await;
    assert_eq!(list.body.matches("href=\"/waiting/0").count(), 1, "{}", list.body);
    let mut ada = scene.world.browser();
    let room = scene.ada_comes(&mut ada).await;
    assert!(room.body.contains("action=\"/sign-in/start\""), "checking again works without script");
    let facts = scene.world.facts().await;
    assert_eq!(facts.iter().filter(|fact| matches!(fact, Fact::Waits { .. })).count(), 5, "the log has each try");
}

/// SC-14, SC-29: who is known beforehand comes in at once, everybody else waits; one page says so.
#[tokio::test]
async fn who_is_known_beforehand_comes_in_at_once_and_one_page_says_both() {
    let mut scene = Scene::new().await;
    let known = scene.world.add_user(&scene.world.acme, "ada.example@acme.example", None).await;
    let token = scene.world.sign_in(&mut scene.world.browser(), &scene.world.acme, ADA).await;
    assert_eq!(token.sub, known.to_string());
    let list = scene.bert.get(&scene.at("/waiting")).await;
    list.shows(StatusCode::OK, "Who is known at acme beforehand comes in at once. Everybody else");
    list.shows(StatusCode::OK, "Nobody is in this list.");
}

/// SC-16: whoever is refused reads why, and may ask again when that is forgotten.
#[tokio::test]
async fn somebody_who_is_refused_reads_why_and_asks_again_later() {
    let mut scene = Scene::new().await;
    let one = scene.with_ada().await;
    scene.mails().await;
    let version = version(&scene.bert.get(&one).await);
    let refuse = format!("{one}/refuse");
    let missing = scene.bert.post(&refuse, &[("version", &version)]).await;
    missing.shows(StatusCode::UNPROCESSABLE_ENTITY, "A reason is missing");
    let long = "x".repeat(1001);
    let too_long = scene.bert.post(&refuse, &[("version", &version), ("reason", &long)]).await;
    too_long.shows(StatusCode::UNPROCESSABLE_ENTITY, "has 1001 characters");
    assert!(too_long.body.contains(&long), "what was typed stays");
    let reason = "You have left <us>.";
    scene.bert.post(&refuse, &[("version", &version), ("reason", reason)]).await.location();
    let mail = scene.mails().await.remove(0);
    assert!(mail.subject.starts_with("You are not let in") && mail.text.contains(reason), "{}", mail.text);
    let seen = scene.ada_comes(&mut scene.world.browser()).await;
    seen.shows(StatusCode::OK, "You were not let in");
    seen.shows(StatusCode::OK, "You have left &#60;us&#62;.");
    scene.world.pass(SignedDuration::from_hours(24 * 30));
    scene.ada_comes(&mut scene.world.browser()).await.shows(StatusCode::OK, "still have to be let in");
    assert_eq!(scene.mails().await.len(), 1, "approvers are told anew");
}

/// Two approvers at once: one decides, the other reads who did and what.
#[tokio::test]
async fn the_second_to_decide_reads_who_decided_what() {
    let mut scene = Scene::new().await;
    let one = scene.with_ada().await;
    let version = version(&scene.bert.get(&one).await);
    scene.bert.post(&format!("{one}/refuse"), &[("version", &version), ("reason", "No.")]).await.location();
    let late = scene.bert.post(&format!("{one}/approve"), &[("version", &version)]).await;
    for text in ["Somebody else decided first", "Not let in by", "Bert Example", "No."] {
        late.shows(StatusCode::CONFLICT, text);
    }
    assert_eq!(user_with(&scene.world, &scene.world.acme, "ada.example@acme.example").await, None);
}

/// What is known of somebody who waits may change while somebody looks: then it is to be looked at again.
#[tokio::test]
async fn nobody_is_let_in_as_whom_nobody_has_seen() {
    let mut scene = Scene::new().await;
    let one = scene.with_ada().await;
    let version = version(&scene.bert.get(&one).await);
    scene.world.change_person(&scene.world.acme, ADA, |person| person.display_name = Some("Eve Example".to_owned()));
    scene.ada_comes(&mut scene.world.browser()).await;
    let stale = scene.bert.post(&format!("{one}/approve"), &[("version", &version), ("role", "reader")]).await;
    stale.shows(StatusCode::CONFLICT, "has changed meanwhile");
    stale.shows(StatusCode::CONFLICT, "Eve Example");
}

/// SC-17: what lies beyond somebody's reach looks like what does not exist.
#[tokio::test]
async fn nobody_sees_a_waiting_room_that_is_not_theirs() {
    let mut scene = Scene::new().await;
    let one = scene.with_ada().await;
    let id = one.rsplit('/').next().unwrap().to_owned();
    let world = &scene.world;
    let mut dora = with_role(world, &world.globex, DORA, ConsoleRole::AccountAdmin, None).await;
    let at = |path: &str| format!("{}{path}", world.globex.origin);
    let page_of = |seen: &Seen| seen.body.split("<section").next().unwrap().to_owned();
    let nowhere = dora.get(&at("/waiting/01900000-0000-7000-8000-000000000000")).await;
    nowhere.shows(StatusCode::NOT_FOUND, "");
    for seen in [
        dora.get(&at(&format!("/waiting/{id}"))).await,
        dora.post(&at(&format!("/waiting/{id}/approve")), &[("version", "1")]).await,
        dora.post(&at(&format!("/waiting/{id}/refuse")), &[("version", "1"), ("reason", "No.")]).await,
        dora.get(&at("/waiting?account=acme")).await,
        dora.get(&at("/waiting?account=nobody")).await,
        dora.get(&at("/waiting?account=/")).await,
        dora.get(&at("/waiting/ask?account=acme")).await,
        dora.post(&at("/waiting/ask"), &[("account", "acme"), ("email", "x@acme.example")]).await,
    ] {
        assert_eq!((seen.status, page_of(&seen)), (StatusCode::NOT_FOUND, page_of(&nowhere)), "{}", seen.url);
    }
    give(world, &world.globex, DORA, ConsoleRole::Approver, None).await;
    assert_eq!(dora.get(&at("/waiting")).await.status, StatusCode::NOT_FOUND, "an approver of nothing");
    assert!(scene.bert.get(&one).await.body.contains("Ada Example"), "nothing was decided");
}

/// SC-17: an approver of a site gives that site alone.
#[tokio::test]
async fn an_approver_of_a_site_gives_no_more_than_that_site() {
    let mut scene = Scene::new().await;
    let one = scene.with_ada().await;
    give(&scene.world, &scene.world.acme, BERT, ConsoleRole::Approver, Some(Reach::Scopes(berlin()))).await;
    let page = scene.bert.get(&one).await;
    page.shows(StatusCode::OK, "berlin");
    for beyond in ["paris", "Owns trees", "/refuse", "/merge"] {
        assert!(!page.body.contains(beyond), "{beyond}: {}", page.body);
    }
    let (approve, version) = (format!("{one}/approve"), version(&page));
    for fields in [
        &[("scope:site", "paris")][..],
        &[("scope:site", "berlin"), ("scope:site", "paris")],
        &[("scope:site", "berlin"), ("role", "owner")],
        &[("role", "reader")],
        &[],
    ] {
        let fields: Vec<_> = fields.iter().copied().chain([("version", &*version)]).collect();
        let seen = scene.bert.post(&approve, &fields).await;
        seen.shows(StatusCode::UNPROCESSABLE_ENTITY, "more than you may give or decide");
    }
    let refused = scene.bert.post(&format!("{one}/refuse"), &[("version", &version), ("reason", "No.")]).await;
    refused.shows(StatusCode::UNPROCESSABLE_ENTITY, "more than you may give or decide");
    let fields = [("version", &*version), ("role", "reader"), ("scope:site", "berlin")];
    scene.bert.post(&approve, &fields).await.location();
    let token = scene.world.sign_in(&mut scene.world.browser(), &scene.world.acme, ADA).await;
    assert_eq!(token.access["site"], ["berlin"]);
}

/// SC-16: what no application knows is refused by name, and what was chosen stays.
#[tokio::test]
async fn what_no_application_knows_is_refused_by_name() {
    let mut scene = Scene::new().await;
    let one = scene.with_ada().await;
    let version = version(&scene.bert.get(&one).await);
    for (field, value, told) in [
        ("role", "writer", "no role “writer”"),
        ("scope:house", "1", "no kind of area “house”"),
        ("scope:site", "rome", "“rome” is none of the values of site"),
    ] {
        let fields = [("version", &*version), ("role", "reader"), (field, value)];
        let seen = scene.bert.post(&format!("{one}/approve"), &fields).await;
        seen.shows(StatusCode::UNPROCESSABLE_ENTITY, told);
        seen.shows(StatusCode::UNPROCESSABLE_ENTITY, "value=\"reader\" checked");
    }
    let long = "x".repeat(500);
    let odd = scene.bert.post(&format!("{one}/approve"), &[("version", &version), ("scope:site", &long)]).await;
    odd.shows(StatusCode::UNPROCESSABLE_ENTITY, "is none of the values of site");
    assert_eq!(user_with(&scene.world, &scene.world.acme, "ada.example@acme.example").await, None);
}

/// A25.2: somebody is joined with a user only when both were shown, and never with a role in the console.
#[tokio::test]
async fn somebody_is_merged_with_a_user_after_both_were_shown() {
    let mut scene = Scene::new().await;
    let world = &scene.world;
    let known = world.add_user(&world.acme, "countess@acme.example", None).await;
    let boss = world.add_user(&world.acme, "boss@acme.example", Some(ConsoleRole::AccountAdmin)).await;
    let one = scene.with_ada().await;
    let ask = |email: &str| format!("{one}/merge?email={email}");
    for email in ["boss@acme.example", BERT, "nobody@acme.example", "nonsense"] {
        let seen = scene.bert.get(&ask(email)).await;
        seen.shows(StatusCode::UNPROCESSABLE_ENTITY, "Nobody can be joined by this e-mail address");
    }
    let both = scene.bert.get(&ask("Countess@ACME.example")).await;
    for text in ["Are these one person?", "Ada Example", "countess@acme.example"] {
        both.shows(StatusCode::OK, text);
    }
    let version = version(&both);
    let boss = [("version", &*version), ("user", &*boss.to_string())];
    let seen = scene.bert.post(&format!("{one}/merge"), &boss).await;
    seen.shows(StatusCode::UNPROCESSABLE_ENTITY, "Nobody can be joined");
    let fields = [("version", &*version), ("user", &*known.to_string())];
    scene.bert.post(&format!("{one}/merge"), &fields).await.location();
    let token = scene.world.sign_in(&mut scene.world.browser(), &scene.world.acme, ADA).await;
    assert_eq!(token.sub, known.to_string());
}

/// A25.3: whoever comes with the address of a user whom the connection knows by another subject is not created beside
/// them; a human decides who is who.
#[tokio::test]
async fn nobody_is_let_in_beside_a_user_with_their_address() {
    let mut scene = Scene::new().await;
    let world = &scene.world;
    let namesake = world.add_user(&world.acme, "ada.example@acme.example", None).await;
    let mut user = world.users(&world.acme).await.into_iter().find(|user| user.id == namesake).unwrap();
    world.save_user(&user).await;
    user.version += 1;
    let twin = world.add_user(&world.acme, "ada.example@acme.example", None).await;
    let one = scene.with_ada().await;
    let page = scene.bert.get(&one).await;
    let version = version(&page);
    let seen = scene.bert.post(&format!("{one}/approve"), &[("version", &version)]).await;
    seen.shows(StatusCode::UNPROCESSABLE_ENTITY, "is here already");
    let fields = [("version", &*version), ("user", &*twin.to_string())];
    scene.bert.post(&format!("{one}/merge"), &fields).await.location();
    let token = scene.world.sign_in(&mut scene.world.browser(), &scene.world.acme, ADA).await;
    assert_eq!(token.sub, twin.to_string());
}

/// SC-17: somebody is asked for by their address, and comes in at once with what was given.
#[tokio::test]
async fn somebody_who_was_asked_for_comes_in_at_once() {
    let mut scene = Scene::new().await;
    scene.world.add_user(&scene.world.acme, "known@acme.example", None).await;
    let form = scene.bert.get(&scene.at("/waiting/ask")).await;
    form.shows(StatusCode::OK, "Ask for somebody else");
    let ask = scene.at("/waiting/ask");
    for (email, told) in [
        ("nonsense", "is not an e-mail address"),
        ("ada@elsewhere.example", "elsewhere.example is not proved for acme"),
        ("known@acme.example", "is here already"),
        (BERT, "more than you may give"),
    ] {
        let seen = scene.bert.post(&ask, &[("email", email), ("name", "Ada"), ("scope:site", "paris")]).await;
        seen.shows(StatusCode::UNPROCESSABLE_ENTITY, told);
        seen.shows(StatusCode::UNPROCESSABLE_ENTITY, email);
        seen.shows(StatusCode::UNPROCESSABLE_ENTITY, "value=\"paris\" checked");
    }
    let fields = [("email", "ada.example@acme.example"), ("role", "reader"), ("scope:site", "paris")];
    let asked = scene.bert.post(&ask, &fields).await;
    scene.bert.get(&asked.location()).await.shows(StatusCode::OK, "Asked for by");
    let mail = scene.mails().await.remove(0);
    assert_eq!((&*mail.to, &*mail.subject), ("ada.example@acme.example", "You are let in to Orchard"));
    let token = scene.world.sign_in(&mut scene.world.browser(), &scene.world.acme, ADA).await;
    assert_eq!((token.roles, token.access["site"].clone()), (vec!["reader".to_owned()], vec!["paris".to_owned()]));
    let facts = scene.world.facts().await;
    assert!(facts.iter().any(|fact| matches!(fact, Fact::AskedOnBehalf { .. })));
}

/// SC-17: whoever asks for somebody who waits already is shown them, with what was chosen ticked; nothing is decided.
#[tokio::test]
async fn whoever_asks_for_somebody_who_waits_is_shown_them() {
    let mut scene = Scene::new().await;
    scene.with_ada().await;
    let ask = scene.at("/waiting/ask");
    let fields = [("email", "ada.example@acme.example"), ("role", "reader"), ("scope:site", "paris")];
    let seen = scene.bert.post(&ask, &fields).await;
    for text in ["waits already: this person", "value=\"reader\" checked", "value=\"paris\" checked", "/approve"] {
        seen.shows(StatusCode::CONFLICT, text);
    }
    scene.ada_comes(&mut scene.world.browser()).await.shows(StatusCode::OK, "still have to be let in");
}

/// An operator of the platform, signed in there.
async fn operator(world: &World, role: ConsoleRole) -> (Browser, UserId) {
    let platform = AccountId::new(start(), [0; 10]);
    let party = Party { account: platform, origin: BASE.to_owned(), ..world.acme.clone() };
    let id = world.add_user(&party, "op@orchard.example", Some(role)).await;
    let browser = world.signed_in_as(BASE, platform, id).await;
    (browser, id)
}

/// SC-18: where the account wants it, the operator confirms what an approver decided.
#[tokio::test]
async fn the_operator_confirms_where_the_account_wants_a_second_step() {
    let mut scene = Scene::new().await;
    scene
        .world
        .change_account(&scene.world.acme, |account| account.settings.waiting.second_step = SecondStep::Operator)
        .await;
    let (mut operator, _) = operator(&scene.world, ConsoleRole::Operator).await;
    let one = scene.with_ada().await;
    scene.mails().await;
    let page = scene.bert.get(&one).await;
    page.shows(StatusCode::OK, "The operator confirms it afterwards.");
    let fields = [("version", &*version(&page)), ("role", "reader"), ("scope:site", "berlin")];
    scene.bert.post(&format!("{one}/approve"), &fields).await.location();
    scene.ada_comes(&mut scene.world.browser()).await.shows(StatusCode::OK, "You are nearly in");
    let waits = scene.bert.get(&one).await;
    assert!(!waits.body.contains("/approve"), "{}", waits.body);
    let again = scene.bert.post(&format!("{one}/approve"), &[("version", "2")]).await;
    again.shows(StatusCode::UNPROCESSABLE_ENTITY, "more than you may");

    let mail = scene.mails().await.remove(0);
    assert_eq!(mail.to, "op@orchard.example");
    let link = mail.text.lines().find(|line| line.starts_with(BASE)).unwrap().to_owned();
    operator.get(&format!("{BASE}/waiting?account=/")).await.shows(StatusCode::OK, "/waiting?account=acme");
    let page = operator.get(&link).await;
    page.shows(StatusCode::OK, "value=\"reader\" checked");
    page.shows(StatusCode::OK, "Let in first by");
    let fields = [("version", &*version(&page)), ("role", "reader")];
    operator.post(&format!("{link}/approve"), &fields).await.location();
    let token = scene.world.sign_in(&mut scene.world.browser(), &scene.world.acme, ADA).await;
    assert_eq!((token.roles.len(), token.access.len()), (1, 0), "as the operator gave it");
}

#[tokio::test]
async fn support_sees_who_waits_and_decides_nothing() {
    let mut scene = Scene::new().await;
    let (mut support, _) = operator(&scene.world, ConsoleRole::Support).await;
    let one = scene.with_ada().await;
    let link = format!("{BASE}/waiting/{}", one.rsplit('/').next().unwrap());
    let page = support.get(&link).await;
    page.shows(StatusCode::OK, "Ada Example");
    assert!(!page.body.contains("<form"), "{}", page.body);
    let seen = support.post(&format!("{link}/approve"), &[("version", "1")]).await;
    seen.shows(StatusCode::UNPROCESSABLE_ENTITY, "more than you may");
}

/// Whoever has to sign in first comes back to what the mail leads to; a form of another site decides nothing.
#[tokio::test]
async fn an_approver_comes_back_after_signing_in_and_other_sites_decide_nothing() {
    let mut scene = Scene::new().await;
    let one = scene.with_ada().await;
    let mut browser = scene.world.browser();
    let sent = browser.get(&one).await;
    let back = browser.deliver(&scene.world.answer(&sent, BERT)).await;
    assert_eq!(back.location(), one);
    browser.get(&one).await.shows(StatusCode::OK, "Ada Example");
    let forged = scene.bert.post_from_elsewhere(&format!("{one}/approve"), "version=1".to_owned()).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
}

/// A reseller's admin sees the accounts below in which somebody waits, and decides there.
#[tokio::test]
async fn a_resellers_admin_finds_who_waits_below() {
    let scene = Scene::new().await;
    let world = &scene.world;
    scene.ada_comes(&mut world.browser()).await;
    let north = AccountId::new(start(), [9; 10]);
    let reseller = Account {
        name: "North".to_owned(),
        ..account(north, Some(AccountId::new(start(), [0; 10])), "north", AccountKind::Reseller)
    };
    world.save_account(&reseller).await;
    world
        .change_account(&world.acme, |account| {
            account.parent = Some(north);
            account.path = "north/acme".parse_path();
        })
        .await;
    let party = Party { account: north, origin: "http://north.localhost:8400".to_owned(), ..world.acme.clone() };
    let id = world.add_user(&party, "admin@north.example", Some(ConsoleRole::AccountAdmin)).await;
    let mut admin = world.signed_in_as(&party.origin, north, id).await;
    let list = admin.get(&format!("{}/waiting", party.origin)).await;
    list.shows(StatusCode::OK, "href=\"/waiting?account=north%2Facme\"");
    let below = admin.get(&format!("{}/waiting?account=north%2Facme", party.origin)).await;
    let one = format!("{}{}", party.origin, link_to_applicant(&below.body).unwrap());
    let page = admin.get(&one).await;
    admin.post(&format!("{one}/approve"), &[("version", &version(&page))]).await.location();
    assert!(world.lets_in(&world.acme, ADA).await);
}

trait ParsePath {
    fn parse_path(&self) -> vestibule_domain::account::AccountPath;
}

impl ParsePath for str {
    fn parse_path(&self) -> vestibule_domain::account::AccountPath {
        vestibule_domain::account::AccountPath::parse(self).unwrap()
    }
}

/// SC-16: whoever was told to decide hears what was decided, by whom and why; who decided themselves does not.
#[tokio::test]
async fn whoever_was_told_hears_the_outcome() {
    let mut scene = Scene::new().await;
    let twin = scene.world.add_user(&scene.world.acme, "cleo@acme.example", Some(ConsoleRole::AccountAdmin)).await;
    let mut user = scene.world.users(&scene.world.acme).await.into_iter().find(|user| user.id == twin).unwrap();
    user.profile.display_name = Some("Bert Example".to_owned());
    scene.world.save_user(&user).await;
    let one = scene.with_ada().await;
    let told: Vec<String> = scene.mails().await.into_iter().map(|mail| mail.to).collect();
    assert_eq!(told.len(), 2, "of two with one name both: {told:?}");
    let version = version(&scene.bert.get(&one).await);
    let fields = [("version", &*version), ("reason", "You have left us.")];
    scene.bert.post(&format!("{one}/refuse"), &fields).await.location();
    let mails = scene.mails().await;
    let to: Vec<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["Ada.Example@acme.example", "cleo@acme.example"]);
    assert!(mails[1].subject.contains("is not let in to Orchard"), "{}", mails[1].subject);
    assert!(mails[1].text.contains("Bert Example has not let") && mails[1].text.contains("You have left us."));
    assert_eq!(scene.mails().await, [], "once");
}

/// A25.2: whoever is joined with somebody hears of it at the address that is known here, and so does the contact.
#[tokio::test]
async fn whoever_is_joined_with_somebody_is_told() {
    let mut scene = Scene::new().await;
    let known = scene.world.add_user(&scene.world.acme, "countess@acme.example", None).await;
    let one = scene.with_ada().await;
    scene.mails().await;
    let both = scene.bert.get(&format!("{one}/merge?email=countess@acme.example")).await;
    let fields = [("version", &*version(&both)), ("user", &*known.to_string())];
    scene.bert.post(&format!("{one}/merge"), &fields).await.location();
    let mails = scene.mails().await;
    let joined = mails.iter().filter(|mail| mail.subject.contains("from now on"));
    let to: Vec<&str> = joined.map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["countess@acme.example", "it@acme.example"]);
}

/// A25.2, MX-33: nobody is joined with whoever is named for the day on which nothing else opens the account.
#[tokio::test]
async fn nobody_is_joined_with_a_break_glass_user() {
    let mut scene = Scene::new().await;
    let id = scene.world.add_user(&scene.world.acme, "glass@acme.example", None).await;
    let mut user = scene.world.users(&scene.world.acme).await.into_iter().find(|user| user.id == id).unwrap();
    user.sign_in.break_glass_since = Some(start());
    scene.world.save_user(&user).await;
    let one = scene.with_ada().await;
    let version = version(&scene.bert.get(&one).await);
    let fields = [("version", &*version), ("user", &*id.to_string())];
    let seen = scene.bert.post(&format!("{one}/merge"), &fields).await;
    seen.shows(StatusCode::UNPROCESSABLE_ENTITY, "Nobody can be joined");
}

/// SC-16: nobody decides in time: the person hears so, and those who were told, once.
#[tokio::test]
async fn whoever_waited_in_vain_is_told() {
    let mut scene = Scene::new().await;
    scene.with_ada().await;
    scene.mails().await;
    scene.world.pass(SignedDuration::from_hours(24 * 30));
    let mails = scene.mails().await;
    let said: Vec<(&str, &str)> = mails.iter().map(|mail| (&*mail.to, &*mail.subject)).collect();
    assert_eq!(
        said,
        [
            ("Ada.Example@acme.example", "Nobody has decided whether you are let in to Orchard"),
            (BERT, "Ada Example (Ada.Example@acme.example) has waited in vain for Orchard"),
        ]
    );
    assert_eq!(scene.mails().await, []);
    scene.ada_comes(&mut scene.world.browser()).await.shows(StatusCode::OK, "still have to be let in");
    assert_eq!(scene.mails().await.len(), 1, "approvers are told anew");
}

/// A server that does not take it is asked again, ever later, and not at each turn; what was not sent in time has a line
/// in the audit log.
#[tokio::test]
async fn that_nobody_decided_is_tried_again_ever_later() {
    let mut scene = Scene::new().await;
    scene.with_ada().await;
    scene.mails().await;
    scene.world.pass(SignedDuration::from_hours(24 * 30));
    let sends = scene.means.mailer.replace(crate::passwords::silent_server());
    assert_eq!(scene.turn().await, Turn::Stuck);
    let silent = std::mem::replace(&mut scene.means.mailer, sends);
    scene.world.pass(SignedDuration::from_mins(1));
    assert_eq!(scene.mails().await, [], "not at each turn");
    scene.world.pass(SignedDuration::from_mins(1));
    assert_eq!(scene.mails().await.len(), 2);

    scene.ada_comes(&mut scene.world.browser()).await.shows(StatusCode::OK, "still have to be let in");
    scene.mails().await;
    scene.means.mailer = silent;
    scene.world.pass(SignedDuration::from_hours(24 * 30));
    for _ in 0..48 {
        assert_ne!(scene.turn().await, Turn::More);
        scene.world.pass(SignedDuration::from_hours(1));
    }
    let facts = scene.world.facts().await;
    let given_up = facts.iter().filter(|fact| matches!(fact, Fact::ApplicantMailGivenUp { .. }));
    assert_eq!(given_up.count(), 1);
}

/// SC-15: who comes in by another way meanwhile waits no longer, so that nobody decides about them.
#[tokio::test]
async fn who_is_in_waits_no_longer() {
    let mut scene = Scene::new().await;
    scene.with_ada().await;
    scene.world.admit(&scene.world.acme, Admission::Create).await;
    scene.world.sign_in(&mut scene.world.browser(), &scene.world.acme, ADA).await;
    let list = scene.bert.get(&scene.at("/waiting")).await;
    assert_eq!(link_to_applicant(&list.body), None, "{}", list.body);
}

/// SC-17: an account holds so many applicants and no more, also of those who are asked for.
#[tokio::test]
async fn nobody_is_asked_for_where_the_room_is_full() {
    let mut scene = Scene::new().await;
    scene.world.change_account(&scene.world.acme, |account| account.settings.waiting.at_most = 1).await;
    scene.with_ada().await;
    let fields = [("email", "cleo@acme.example"), ("name", "Cleo"), ("scope:site", "paris")];
    let seen = scene.bert.post(&scene.at("/waiting/ask"), &fields).await;
    seen.shows(StatusCode::UNPROCESSABLE_ENTITY, "The waiting room is full.");
    assert_eq!(user_with(&scene.world, &scene.world.acme, "cleo@acme.example").await, None);
}

/// A server that does not answer is asked again, later, and the page says that nobody was told.
#[tokio::test]
async fn a_mail_that_cannot_be_sent_is_tried_again_and_shown() {
    let mut scene = Scene::new().await;
    let port = {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap();
        closed.local_addr().unwrap().port()
    };
    let smtp = Smtp::new("127.0.0.1", Some(port), Security::None, None, "sso@orchard.example").unwrap();
    let sends = scene.means.mailer.replace(Mailer::Smtp(smtp));
    let one = scene.with_ada().await;
    assert_eq!(scene.turn().await, Turn::Stuck);
    scene.bert.get(&one).await.shows(StatusCode::OK, "could not be sent so far");
    scene.means.mailer = sends;
    assert_eq!(scene.mails().await, [], "not at once");
    scene.world.pass(SignedDuration::from_mins(5));
    assert_eq!(scene.mails().await.len(), 1);
    assert!(!scene.bert.get(&one).await.body.contains("could not be sent"));
}

#[tokio::test]
async fn the_waiting_room_speaks_german_and_so_does_its_mail() {
    let mut scene = Scene::new().await;
    let mut ada = scene.world.browser();
    ada.language = "de";
    scene.ada_comes(&mut ada).await.shows(StatusCode::OK, "müssen noch eingelassen werden");
    let one = scene.first().await;
    scene.mails().await;
    let page = scene.bert.get(&one).await;
    scene.bert.post(&format!("{one}/approve"), &[("version", &version(&page))]).await.location();
    assert_eq!(scene.mails().await[0].subject, "Sie sind bei Orchard eingelassen");
}

/// The list is filtered, sorted and paged by its address.
#[tokio::test]
async fn a_list_is_filtered_and_sorted_by_its_address() {
    let mut scene = Scene::new().await;
    scene.ada_comes(&mut scene.world.browser()).await;
    let list = async |scene: &mut Scene, query: &str| {
        let seen = scene.bert.get(&scene.at(&format!("/waiting?{query}"))).await;
        assert_eq!(seen.status, StatusCode::OK);
        seen.body.contains("Ada Example")
    };
    for query in ["", "order=name", "order=newest", "begins=ADA", "begins=ada.example%40", "order=email&begins=ada"] {
        assert!(list(&mut scene, query).await, "{query}");
    }
    for query in ["state=approved", "state=refused", "begins=b", "begins=bert%40", "begins=%00"] {
        let found = list(&mut scene, query).await;
        assert_eq!(found, query == "begins=%00", "{query}: what is no letter is passed over");
    }
    for odd in ["after=nonsense", "after=.", "state=%ff", "order=none"] {
        assert!(list(&mut scene, odd).await, "{odd}");
    }
}

/// Whoever is suspended meanwhile, or whose connection is paused, does not come in by an approval.
#[tokio::test]
async fn an_approval_lets_nobody_in_past_a_suspension() {
    let mut scene = Scene::new().await;
    let one = scene.with_ada().await;
    let page = scene.bert.get(&one).await;
    scene.bert.post(&format!("{one}/approve"), &[("version", &version(&page))]).await.location();
    let mut ada = user_with(&scene.world, &scene.world.acme, "ada.example@acme.example").await.unwrap();
    ada.state = vestibule_domain::user::UserState::Suspended;
    scene.world.save_user(&ada).await;
    let seen = scene.ada_comes(&mut scene.world.browser()).await;
    assert_eq!(seen.status, StatusCode::FORBIDDEN);
    assert!(!seen.body.contains(CALLBACK));
}
