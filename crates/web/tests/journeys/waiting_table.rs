//! Who may do what in a waiting room, at every address of it, for everybody.

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::account::{AccountKind, Admission};
use vestibule_domain::event::AuditEvent;
use vestibule_domain::grants::Reach;
use vestibule_domain::id::ApplicantId;
use vestibule_domain::user::{ConsoleRole, User};
use vestibule_domain::waiting::{Applicant, ApplicantState};
use vestibule_store::tx::EventFilter;

use crate::support::{ADA, Browser, ENTRA, GLOBEX_TENANT, Party, Seen, World, account, party};
use crate::waiting_scene::{applicant, offer_roles_and_sites, platform, sites, somebody, waits};

/// The accounts in which somebody waits: path, number, kind. `north/mill` is the home of those who are of an account:
/// `north/mill/oven` lies below it, `north` and the platform above, and `south` beside.
const PLACES: [(&str, u8, AccountKind); 5] = [
    ("", 0, AccountKind::Platform),
    ("north", 21, AccountKind::Reseller),
    ("north/mill", 22, AccountKind::Reseller),
    ("north/mill/oven", 23, AccountKind::Customer),
    ("south", 24, AccountKind::Customer),
];

/// Every address of the waiting room, in the order of the rows of the table.
const ROUTES: [&str; 8] = ["list", "one", "approve", "refuse", "ask to merge", "merge", "ask", "ask for"];

/// What comes of each route.
type Row = [u16; 8];

const ALL: Row = [200, 200, 303, 303, 200, 303, 200, 303];
/// Support looks, and decides nothing.
const LOOK: Row = [200, 200, 422, 422, 422, 422, 200, 422];
/// Within their site: who asked for nothing is not theirs to refuse, and nobody is theirs to join.
const SITE: Row = [200, 200, 303, 422, 422, 422, 200, 303];
/// It is as if it did not exist.
const NONE: Row = [404; 8];

/// Whoever asks.
struct Asks {
    called: &'static str,
    /// At home there, by the number of the place.
    home: usize,
    role: Option<ConsoleRole>,
    approves: Option<Reach>,
    /// Their row at each of the places.
    at: [Row; 5],
}

fn table() -> Vec<Asks> {
    use ConsoleRole::{AccountAdmin, Approver, Operator, Support};
    let asks = |called, home, role, approves, at| Asks { called, home, role, approves, at };
    let berlin = Some(Reach::Scopes(sites(&["berlin"])));
    // At the platform, north, north/mill, north/mill/oven, south.
    vec![
        asks("the operator", 0, Some(Operator), None, [ALL, ALL, ALL, ALL, ALL]),
        asks("support", 0, Some(Support), None, [LOOK, LOOK, LOOK, LOOK, LOOK]),
        asks("the reseller's admin", 1, Some(AccountAdmin), None, [NONE, ALL, ALL, ALL, NONE]),
        asks("the account's admin", 2, Some(AccountAdmin), None, [NONE, NONE, ALL, ALL, NONE]),
        asks("an approver", 2, Some(Approver), Some(Reach::Account), [NONE, NONE, ALL, NONE, NONE]),
        asks("an approver of berlin", 2, Some(Approver), berlin, [NONE, NONE, SITE, NONE, NONE]),
        asks("an approver of nothing", 2, Some(Approver), None, [NONE; 5]),
        asks("nobody", 2, None, None, [NONE; 5]),
    ]
}

/// The tree.
struct Tree {
    world: World,
    parties: Vec<Party>,
}

impl Tree {
    async fn new() -> Self {
        let world = World::new().await;
        offer_roles_and_sites(&world).await;
        let mut parties = vec![platform(&world)];
        world.change_platform(|platform| platform.settings.admission = Admission::Waiting).await;
        for (path, number, kind) in PLACES.into_iter().skip(1) {
            let above = path.rsplit_once('/').map_or("", |(above, _)| above);
            let parent = PLACES.iter().position(|(path, ..)| *path == above).unwrap();
            let own = party(path.rsplit('/').next().unwrap(), GLOBEX_TENANT, "", number);
            let mut account = account(own.account, Some(parties[parent].account), path, kind);
            account.settings.admission = Admission::Waiting;
            world.save_account(&account).await;
            parties.push(own);
        }
        for (place, party) in parties.iter().enumerate() {
            world.prove(&domain(place), party).await;
        }
        Self { world, parties }
    }

    /// Somebody new waits at a place, somebody else is known there, and the one who looks asks at a route.
    async fn case(&self, place: usize, number: usize) -> Case {
        let (party, domain) = (&self.parties[place], domain(place));
        let email = format!("waits-{number}@{domain}");
        let state = ApplicantState::Waiting;
        let applicant = waits(&self.world, party.account, "Wanda Waits", &email, state, None).await;
        let known = format!("known-{number}@{domain}");
        let user = self.world.add_user(party, &known, None).await.to_string();
        Case { path: PLACES[place].0, applicant, known, user, asked: format!("asked-{number}@{domain}") }
    }

    async fn kept(&self, place: usize, id: ApplicantId) -> Kept {
        let filter = EventFilter { account: None, user: None, before: None, limit: 1 };
        let last = self.world.services.store.read(move |tx| Box::pin(async move { tx.events(&filter).await }));
        let account = self.parties[place].account;
        let users =
            self.world.services.store.read(move |tx| Box::pin(async move { tx.users_in(account, None, 10_000).await }));
        Kept {
            applicant: applicant(&self.world, id).await,
            last: last.await.unwrap().pop(),
            users: users.await.unwrap(),
        }
    }
}

fn domain(place: usize) -> String {
    format!("place-{place}.example")
}

/// All that a route may change: the one who waits, the last line of the audit log, and the people of the account.
#[derive(Debug, PartialEq)]
struct Kept {
    applicant: Applicant,
    last: Option<AuditEvent>,
    users: Vec<User>,
}

/// What the routes are about.
struct Case {
    path: &'static str,
    applicant: Applicant,
    known: String,
    user: String,
    asked: String,
}

impl Case {
    async fn ask(&self, browser: &mut Browser, origin: &str, route: &str) -> Seen {
        let account = if self.path.is_empty() { "/" } else { self.path };
        let one = format!("{origin}/waiting/{}", self.applicant.id);
        let given = [("role", "reader"), ("scope:site", "berlin")];
        match route {
            "list" => browser.get(&format!("{origin}/waiting?account={account}")).await,
            "one" => browser.get(&one).await,
            "approve" => browser.post(&format!("{one}/approve"), &[("version", "1"), given[0], given[1]]).await,
            "refuse" => browser.post(&format!("{one}/refuse"), &[("version", "1"), ("reason", "No.")]).await,
            "ask to merge" => browser.get(&format!("{one}/merge?email={}", self.known)).await,
            "merge" => browser.post(&format!("{one}/merge"), &[("version", "1"), ("user", &*self.user)]).await,
            "ask" => browser.get(&format!("{origin}/waiting/ask?account={account}")).await,
            "ask for" => {
                let fields = [("account", account), ("email", &*self.asked), given[0], given[1]];
                browser.post(&format!("{origin}/waiting/ask"), &fields).await
            }
            other => panic!("{other}"),
        }
    }
}

/// The page without the code on it.
fn page_of(seen: &Seen) -> &str {
    seen.body.split("<section").next().unwrap()
}

/// SC-17: every role, at every address of the waiting room, about somebody inside their account, below, beside and above
/// it. What is beyond somebody's reach looks like what does not exist, and changes nothing.
#[tokio::test]
async fn everybody_reaches_at_every_address_what_the_table_says_and_nothing_else() {
    let tree = Tree::new().await;
    let mut number = 0;
    for Asks { called, home, role, approves, at } in table() {
        let home = &tree.parties[home];
        let email = format!("{}@office.example", called.replace([' ', '\''], "-"));
        let (mut browser, _) = somebody(&tree.world, home, &email, role, approves).await;
        let nowhere = format!("{}/waiting/01900000-0000-7000-8000-000000000000", home.origin);
        let nowhere = browser.get(&nowhere).await;
        assert_eq!(nowhere.status, StatusCode::NOT_FOUND, "{called}");
        for (place, row) in at.into_iter().enumerate() {
            for (route, wanted) in ROUTES.into_iter().zip(row) {
                number += 1;
                let what = format!("{called}, at {:?}: {route}", PLACES[place].0);
                let case = tree.case(place, number).await;
                let before = tree.kept(place, case.applicant.id).await;
                // Later than all that was written so far, so that what is written now is the last of the log.
                tree.world.pass(SignedDuration::from_secs(1));
                let seen = case.ask(&mut browser, &home.origin, route).await;
                assert_eq!(seen.status.as_u16(), wanted, "{what}: {}", seen.body);
                let after = tree.kept(place, case.applicant.id).await;
                if wanted == 303 {
                    done(&what, route, &case, &seen, &before, &after);
                    continue;
                }
                assert_eq!(after, before, "{what}");
                match (wanted, route) {
                    (404, _) => assert_eq!(page_of(&seen), page_of(&nowhere), "{what}"),
                    (422, "merge" | "ask to merge") => seen.shows(seen.status, "Nobody can be joined"),
                    (422, _) => seen.shows(seen.status, "more than you may give or decide"),
                    _ => seen.shows(StatusCode::OK, if route == "ask" { "scope:site" } else { "Wanda Waits" }),
                }
            }
        }
    }
    assert_eq!(number, 8 * 5 * 8);
}

/// What a route does where it does something.
fn done(what: &str, route: &str, case: &Case, seen: &Seen, before: &Kept, after: &Kept) {
    let state = match route {
        "approve" | "merge" => ApplicantState::Approved,
        "refuse" => ApplicantState::Refused,
        _ => ApplicantState::Waiting,
    };
    assert_eq!(after.applicant.state, state, "{what}");
    assert_ne!(after.last, before.last, "{what}: it stands in the audit log");
    assert_eq!(after.applicant.file.merged, route == "merge", "{what}");
    let more = usize::from(matches!(route, "approve" | "ask for"));
    assert_eq!(after.users.len(), before.users.len() + more, "{what}");
    let leads_to_them = seen.location().ends_with(&format!("/waiting/{}", case.applicant.id));
    assert_eq!(leads_to_them, route != "ask for", "{what}: {}", seen.location());
}

/// SC-17: whoever is not signed in is sent to sign in from every address, whether there is anybody or not.
#[tokio::test]
async fn whoever_is_not_signed_in_is_sent_to_sign_in_and_learns_nothing() {
    let tree = Tree::new().await;
    let (world, origin) = (&tree.world, &tree.world.acme.origin);
    let email = "wanda@acme.example";
    let there = waits(world, world.acme.account, "Wanda Waits", email, ApplicantState::Waiting, None).await;
    let mut nobody = there.clone();
    nobody.id = "01900000-0000-7000-8000-000000000000".parse().unwrap();
    let user = world.add_user(&world.acme, ADA, None).await.to_string();
    for route in ROUTES {
        for applicant in [&there, &nobody] {
            let (known, user, asked) = (ADA.to_owned(), user.clone(), "asked@acme.example".to_owned());
            let case = Case { path: "acme", applicant: applicant.clone(), known, user, asked };
            let seen = case.ask(&mut world.browser(), origin, route).await;
            let location = seen.location();
            assert!(location.starts_with(&format!("{ENTRA}/")), "{route}: {location}");
            assert!(!seen.body.contains("Wanda"), "{route}");
        }
    }
    assert_eq!(applicant(world, there.id).await, there);
    assert_eq!(world.users(&world.acme).await.len(), 1, "nobody was asked for, and nobody let in");
}
