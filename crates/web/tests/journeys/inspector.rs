//! The inspector: what is kept of answers, who sees what of it, and what it says.

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::account::Inspector;
use vestibule_domain::connection::Encryption;
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::metadata::certificate_text;
use vestibule_domain::retention::Retention;
use vestibule_domain::user::ConsoleRole;
use vestibule_mock_entra::service::{ContentMode, Delivery, Draft, Transport};
use vestibule_store::tx::{KeptHead, KeptOutcome, KeyPurpose};

use crate::support::{ADA, BASE, Browser, Party, Seen, World, base64};
use crate::waiting_scene::{platform, somebody};

const SP: [&str; 2] =
    [include_str!("../../../../vectors/keys/sp.key.pem"), include_str!("../../../../vectors/keys/sp.cert.pem")];

/// What must not be seen where personal values are hidden.
const PERSONAL: [&str; 4] = ["Ada Example", "Ada.Example", "ada.example", "Example</"];

async fn operator(world: &World) -> Browser {
    somebody(world, &platform(world), "olga@vendor.example", Some(ConsoleRole::Operator), None).await.0
}

async fn ada_comes(world: &World) {
    world.sign_in(&mut world.browser(), &world.acme, ADA).await;
}

/// Ada's answer, changed before it is signed, comes to Acme.
async fn comes_bent(world: &World, bend: impl FnOnce(&mut Draft)) -> Seen {
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    browser.deliver(&world.answer_bent(&sent, ADA, bend)).await
}

/// Ada's answer, its XML changed after it was signed, comes to Acme.
async fn comes_forged(world: &World, forge: impl FnOnce(&str) -> String) -> Seen {
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let answer = world.answer(&sent, ADA);
    let forged = Delivery { saml_response: base64(forge(&answer.xml).as_bytes()), ..answer };
    browser.deliver(&forged).await
}

async fn kept(world: &World, party: &Party) -> Vec<KeptHead> {
    let id = party.connection;
    let found = world
        .services
        .store
        .read(move |tx| Box::pin(async move { tx.kept_messages(id, KeptOutcome::Any, None, 1000).await }));
    found.await.unwrap()
}

fn attempts(party: &Party, what: &str) -> String {
    format!("{BASE}/console/connections/{}/attempts{what}", party.connection)
}

/// The address of the last answer that Acme's connection got.
async fn last(world: &World) -> String {
    attempts(&world.acme, &format!("/{}", kept(world, &world.acme).await[0].id))
}

async fn allow(world: &World) {
    world.change_account(&world.acme, |account| account.settings.inspector = Inspector::Open).await;
}

#[track_caller]
fn lacks(seen: &Seen, text: &str) {
    assert!(!seen.body.contains(text), "{text:?} is on the page {}:\n{}", seen.url, seen.body);
}

/// The lines of XML of a page: what stands on each, and whether it is marked.
fn lines(seen: &Seen) -> Vec<(String, bool)> {
    let of_line = |line: &str| {
        let (class, rest) = line.split_once('"').unwrap();
        let code = rest.split_once("<code>").unwrap().1.split_once("</code></li>").unwrap().0;
        let mut text = String::new();
        for piece in code.split('<') {
            text.push_str(piece.split_once('>').map_or(piece, |(_, text)| text));
        }
        let text = text.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"");
        (text, class.contains("signed"))
    };
    seen.body.split("<li class=\"d").skip(1).map(of_line).collect()
}

fn is_marked(seen: &Seen, begin: &str) -> bool {
    let lines = lines(seen);
    let found = lines.iter().find(|(text, _)| text.starts_with(begin));
    found.unwrap_or_else(|| panic!("{begin} is on no line: {lines:#?}")).1
}

/// CC-20: an answer that holds is kept, listed, and told with its way, its checks, its claims and the message.
#[tokio::test]
async fn an_answer_that_holds_can_be_looked_into() {
    let world = World::new().await;
    ada_comes(&world).await;
    let mut olga = operator(&world).await;
    let answer = last(&world).await;
    let list = olga.get(&attempts(&world.acme, "")).await;
    list.shows(StatusCode::OK, answer.strip_prefix(BASE).unwrap());
    list.shows(StatusCode::OK, "accepted");
    let page = olga.get(&answer).await;
    for told in [
        "<svg class=\"sequence\"",
        "request (AuthnRequest)",
        "code for the application",
        "http://schemas.microsoft.com/identity/claims/displayname",
        "<p class=\"state\"><span aria-hidden=\"true\">●</span>",
        "address, 24 characters",
        "No earlier good sign-in is kept",
    ] {
        page.shows(StatusCode::OK, told);
    }
    for personal in PERSONAL {
        lacks(&page, personal);
    }
    assert!(is_marked(&page, "<Assertion"), "the assertion is signed");
    assert!(is_marked(&page, "<AttributeStatement"));
    assert!(!is_marked(&page, "<samlp:Response"), "the response around it is not");
    assert!(!is_marked(&page, "<SignatureValue") && !is_marked(&page, "<Signature"), "nor is the signature");
}

/// The same is found by its attempt, its request and a refusal's code, by those within whose reach it is.
#[tokio::test]
async fn an_answer_is_found_by_what_somebody_was_shown() {
    let world = World::new().await;
    let refused = comes_bent(&world, |draft| draft.response.audiences = vec!["https://x.example".to_owned()]).await;
    let kept = kept(&world, &world.acme).await.remove(0);
    let code = kept.code.clone().unwrap();
    refused.shows(refused.status, &code);
    let attempt = kept.attempt.unwrap();
    let mut olga = operator(&world).await;
    let (mut gil, _) =
        somebody(&world, &world.globex, "gil@globex.example", Some(ConsoleRole::AccountAdmin), None).await;
    for known in [code.clone(), code.to_lowercase(), attempt.to_string(), format!("_{}", attempt.hex())] {
        let found = olga.get(&format!("{BASE}/console/inspect?code={known}")).await;
        found.shows(StatusCode::OK, &format!("/attempts/{}", kept.id));
        let nothing = gil.get(&format!("{}/console/inspect?code={known}", world.globex.origin)).await;
        nothing.shows(StatusCode::OK, "Nothing that you may see is kept for it");
        lacks(&nothing, &kept.id.to_string());
    }
    let by_attempt = olga.get(&attempts(&world.acme, &format!("/{attempt}"))).await;
    by_attempt.shows(StatusCode::OK, "https://x.example");
    by_attempt.shows(StatusCode::OK, "meant for another application");
    let origin = &world.globex.origin;
    let theirs = format!("{origin}/console/connections/{}/attempts/{attempt}", world.acme.connection);
    assert_eq!(gil.get(&theirs).await.status, StatusCode::NOT_FOUND);
    let through_own = format!("{origin}/console/connections/{}/attempts/{}", world.globex.connection, kept.id);
    assert_eq!(gil.get(&through_own).await.status, StatusCode::NOT_FOUND, "not through one's own either");
}

/// Personal values are shown to whoever may see them, where the account allows it, and each look is in the audit log.
#[tokio::test]
async fn personal_values_are_shown_where_the_account_allows_it() {
    let world = World::new().await;
    ada_comes(&world).await;
    let answer = last(&world).await;
    let (mut olga, olgas_id) =
        somebody(&world, &platform(&world), "olga@vendor.example", Some(ConsoleRole::Operator), None).await;
    assert_eq!(olga.post(&answer, &[]).await.status, StatusCode::NOT_FOUND, "the account does not allow it");
    let said = format!("{BASE}/console/connections/{}/inspector", world.acme.connection);
    let done = olga.post(&said, &[("inspector", "open")]).await;
    olga.get(&done.location()).await.shows(StatusCode::OK, "Hide them again");
    let hidden = olga.get(&answer).await;
    hidden.shows(StatusCode::OK, "Show personal values");
    lacks(&hidden, "Ada.Example");
    let shown = olga.post(&answer, &[]).await;
    shown.shows(StatusCode::OK, "Ada.Example@acme.example");
    shown.shows(StatusCode::OK, "That you looked is in the audit log");
    let kept = kept(&world, &world.acme).await.remove(0);
    let facts = world.facts().await;
    let opened = Fact::AnswerOpened { connection: world.acme.connection, answer: kept.id, attempt: kept.attempt };
    assert_eq!(facts.iter().filter(|fact| **fact == opened).count(), 1, "the redacted page is no look");
    let switched = |fact: &&Fact| matches!(fact, Fact::AccountChanged { changed, .. } if changed == &["inspector"]);
    assert_eq!(facts.iter().filter(switched).count(), 1);
    let filter =
        vestibule_store::tx::EventFilter { account: Some(world.acme.account), user: None, before: None, limit: 100 };
    let log = world.services.store.read(move |tx| Box::pin(async move { tx.events(&filter).await })).await.unwrap();
    let looks = log.iter().find(|line| line.fact == opened);
    assert_eq!(looks.map(|line| &line.actor), Some(&Actor::User(olgas_id)));
    // Support does not see what is personal, whatever the account allows.
    let (mut sam, _) =
        somebody(&world, &platform(&world), "sam@vendor.example", Some(ConsoleRole::Support), None).await;
    let seen = sam.get(&answer).await;
    seen.shows(StatusCode::OK, "address, 24 characters");
    for personal in PERSONAL {
        lacks(&seen, personal);
    }
    lacks(&seen, "Show personal values");
    assert_eq!(sam.post(&answer, &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(sam.post(&said, &[("inspector", "redacted")]).await.status, StatusCode::NOT_FOUND);
}

/// To let personal values be shown wants a recent sign-in; to hide them does not.
#[tokio::test]
async fn showing_is_allowed_after_a_recent_sign_in_only() {
    let world = World::new().await;
    let mut olga = operator(&world).await;
    world.pass(SignedDuration::from_mins(11));
    let said = format!("{BASE}/console/connections/{}/inspector", world.acme.connection);
    let again = olga.post(&said, &[("inspector", "open")]).await;
    assert!(again.location().contains("/console/sign-in-again"), "{}", again.location());
    assert_eq!(world.account(&world.acme).await.settings.inspector, Inspector::Redacted);
    allow(&world).await;
    olga.post(&said, &[("inspector", "redacted")]).await.location();
    assert_eq!(world.account(&world.acme).await.settings.inspector, Inspector::Redacted);
    assert_eq!(olga.post(&said, &[("inspector", "x")]).await.status, StatusCode::BAD_REQUEST);
}

/// The last fifty of a connection are kept, for so many days; what strangers send pushes out nothing that holds.
#[tokio::test]
async fn so_many_answers_are_kept_for_so_long() {
    let world = World::new().await;
    ada_comes(&world).await;
    let first = kept(&world, &world.acme).await[0].id;
    for _ in 0..3 {
        world.pass(SignedDuration::from_secs(61));
        for _ in 0..20 {
            ada_comes(&world).await;
        }
    }
    let forged = |xml: &str| xml.replace("Ada", "Eve");
    for _ in 0..3 {
        comes_forged(&world, forged).await;
    }
    let all = kept(&world, &world.acme).await;
    let accepted = all.iter().filter(|head| head.reason.is_none()).count();
    assert_eq!((accepted, all.len()), (50, 53));
    assert!(all.iter().all(|head| head.id != first), "the oldest went");
    let mut olga = operator(&world).await;
    let page = olga.get(&attempts(&world.acme, "?outcome=accepted")).await;
    assert_eq!(page.body.matches("/attempts/").count(), 50, "{}", page.body);
    let next = olga.get(&attempts(&world.acme, "")).await;
    let onward = next.body.split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
    let onward = onward.split('"').next().unwrap().replace("&#38;", "&");
    let rest = olga.get(&format!("{BASE}{onward}")).await;
    assert_eq!(rest.body.matches("/attempts/").count(), 3, "{}", rest.body);
    world.pass(SignedDuration::from_hours(24 * 31));
    let before = Retention::default().answers_before(world.now());
    let swept = world.services.store.write(move |tx| Box::pin(async move { tx.sweep_kept(None, before, 1000).await }));
    assert!(swept.await.unwrap() >= 53);
    assert_eq!(kept(&world, &world.acme).await, []);
}

/// What is kept lies sealed in the database: nothing of it can be read there.
#[tokio::test]
async fn what_is_kept_is_sealed() {
    let world = World::new().await;
    ada_comes(&world).await;
    let id = kept(&world, &world.acme).await[0].id;
    let found = world
        .services
        .store
        .read(move |tx| Box::pin(async move { tx.find_messages(&vestibule_store::tx::KeptBy::Id(id)).await }));
    let sealed = found.await.unwrap().remove(0).sealed;
    let text = String::from_utf8_lossy(&sealed);
    assert!(!text.contains("Ada") && !text.contains("Assertion"));
    assert!(sealed.len() < 6000, "{} octets: it is compressed", sealed.len());
}

/// "Replay with today's settings": after the certificate was replaced the same message would be refused, and the page says
/// at which check. What was signed when it came stays marked.
#[tokio::test]
async fn an_old_answer_is_judged_by_todays_settings() {
    let world = World::new().await;
    ada_comes(&world).await;
    let mut olga = operator(&world).await;
    let answer = last(&world).await;
    let same = olga.get(&format!("{answer}?replay=1")).await;
    same.shows(StatusCode::OK, "would be accepted");
    same.shows(StatusCode::OK, "Every check ends as it did then");
    let other = world.app_of(&world.globex).signing_certificate().unwrap();
    world.set(&world.acme, |saml| saml.certificates = vec![certificate_text(&other)]).await;
    let before = world.facts().await.len();
    world.pass(SignedDuration::from_hours(3));
    let replayed = olga.get(&format!("{answer}?replay=1")).await;
    replayed.shows(StatusCode::OK, "would be refused");
    replayed.shows(StatusCode::OK, "<code>no_key_matches</code>");
    lacks(&replayed, "Every check ends as it did then");
    assert!(is_marked(&replayed, "<Assertion"), "by the certificate with which it was verified");
    assert_eq!(world.facts().await.len(), before, "nothing was written");
}

/// A wrapped signature (XSW): marked is what the signature covers, and not the assertion that stands where one is looked for.
#[tokio::test]
async fn of_a_wrapped_message_the_signed_part_alone_is_marked() {
    let world = World::new().await;
    let refused = comes_forged(&world, |xml| {
        let begin = xml.find("<Assertion").unwrap();
        let end = xml.find("</Assertion>").unwrap() + "</Assertion>".len();
        let signed = &xml[begin..end];
        let signature = signed.find("<Signature").unwrap()..signed.find("</Signature>").unwrap() + "</Signature>".len();
        let evil = signed.replace(&signed[signature], "").replacen("ID=\"", "ID=\"_evil", 1).replace("Ada", "Eve");
        let wrapped = format!("<samlp:Extensions>{signed}</samlp:Extensions>");
        let header = xml.find("<samlp:Status").unwrap();
        format!("{}{wrapped}{}{evil}{}", &xml[..header], &xml[header..begin], &xml[end..])
    })
    .await;
    assert!(refused.status.is_client_error(), "{}", refused.body);
    let mut olga = operator(&world).await;
    let page = olga.get(&last(&world).await).await;
    let lines = lines(&page);
    let assertions: Vec<_> = lines.iter().filter(|(text, _)| text.starts_with("<Assertion")).collect();
    assert_eq!(assertions.len(), 2, "{lines:#?}");
    assert!(assertions[0].1 && !assertions[0].0.contains("_evil"));
    assert!(!assertions[1].1 && assertions[1].0.contains("_evil"));
    let evil = lines.iter().position(|(text, _)| text.contains("_evil")).unwrap();
    assert!(lines[evil..].iter().all(|(_, is_signed)| !is_signed), "nothing of what was put in");
}

/// What was changed after it was signed, or signed by a stranger, has no mark.
#[tokio::test]
async fn nothing_that_no_trusted_key_vouches_for_is_marked() {
    let world = World::new().await;
    let mut olga = operator(&world).await;
    comes_forged(&world, |xml| xml.replace("Ada", "Eve")).await;
    let changed = olga.get(&last(&world).await).await;
    assert!(lines(&changed).iter().all(|(_, is_signed)| !is_signed));
    changed.shows(StatusCode::OK, "anybody could have written it");
    comes_bent(&world, |draft| {
        draft.key = std::sync::Arc::new(vestibule_mock_entra::service::Key::named("attacker").unwrap());
    })
    .await;
    let strangers = olga.get(&last(&world).await).await;
    assert!(lines(&strangers).iter().all(|(_, is_signed)| !is_signed));
}

/// What a claim says is text, whatever it says.
#[tokio::test]
async fn markup_in_a_claim_stays_text() {
    let world = World::new().await;
    allow(&world).await;
    let script = "<script>alert(1)</script>";
    world.change_person(&world.acme, ADA, |user| {
        user.display_name = Some(script.to_owned());
        user.given_name = Some("\"><svg onload=alert(2)>".to_owned());
    });
    ada_comes(&world).await;
    let mut olga = operator(&world).await;
    let page = olga.post(&last(&world).await, &[]).await;
    page.shows(StatusCode::OK, "&#60;script&#62;alert(1)");
    lacks(&page, script);
    lacks(&page, "<svg onload");
}

/// CC-26: what is new, gone or changed since the same person's last good sign-in.
#[tokio::test]
async fn claims_are_compared_with_the_last_good_sign_in() {
    let world = World::new().await;
    ada_comes(&world).await;
    world.change_person(&world.acme, ADA, |user| {
        user.display_name = Some("Ada Lovelace".to_owned());
        user.surname = None;
    });
    world.pass(SignedDuration::from_mins(1));
    ada_comes(&world).await;
    let mut olga = operator(&world).await;
    let page = olga.get(&last(&world).await).await;
    page.shows(StatusCode::OK, "last good sign-in of the same person");
    let row = |name: &str| {
        let begin = format!("<th scope=\"row\">{name} <small");
        let row = page.body.split(&begin).nth(1).unwrap_or_else(|| panic!("{name}: {}", page.body));
        row.split("</tr>").next().unwrap().to_owned()
    };
    assert!(row("displayname").contains("changed"));
    assert!(row("surname").contains("gone"));
    assert!(row("givenname").contains("the same"));
    lacks(&page, "Lovelace");
}

/// An encrypted assertion is told to be one, and shown where a key of ours opens it.
#[tokio::test]
async fn an_encrypted_assertion_is_shown_where_our_key_opens_it() {
    let world = World::new().await;
    world.set(&world.acme, |saml| saml.encryption = Encryption::Gcm).await;
    world.add_key(&world.acme, KeyPurpose::Decryption, SP).await;
    let how = vestibule_mock_entra::service::Encryption {
        certificate: SP[1].to_owned(),
        content: ContentMode::Gcm,
        transport: Transport::OaepSha256,
        ..vestibule_mock_entra::service::Encryption::default()
    };
    world.app_of(&world.acme).change(|app| app.encryption = Some(how)).unwrap();
    ada_comes(&world).await;
    let mut olga = operator(&world).await;
    let answer = last(&world).await;
    let page = olga.get(&answer).await;
    page.shows(StatusCode::OK, "our key opens it");
    assert!(is_marked(&page, "<Assertion"));
    assert!(!is_marked(&page, "<EncryptedAssertion"));
    for personal in PERSONAL {
        lacks(&page, personal);
    }
    world.set(&world.acme, |saml| saml.encryption = Encryption::Off).await;
    let closed = olga.get(&answer).await;
    closed.shows(StatusCode::OK, "no key of this connection opens it");
    assert!(lines(&closed).iter().all(|(text, _)| !text.starts_with("<Assertion")));
}

/// Somebody proved who they are and was not let in: the answer says both, and is found by the code on their page.
#[tokio::test]
async fn an_answer_tells_that_its_person_was_not_let_in() {
    let world = World::new().await;
    world.admit(&world.acme, vestibule_domain::account::Admission::InvitedOnly).await;
    world.try_sign_in(&mut world.browser(), &world.acme, ADA).await;
    let kept = kept(&world, &world.acme).await.remove(0);
    assert_eq!((kept.reason.as_deref(), kept.turned_away.as_deref()), (None, Some("NOT-INVITED")));
    let mut olga = operator(&world).await;
    let found = olga.get(&format!("{BASE}/console/inspect?code={}", kept.code.unwrap())).await;
    found.shows(StatusCode::OK, "not let in");
    let page = olga.get(&last(&world).await).await;
    page.shows(StatusCode::OK, "not let in");
    let list = olga.get(&attempts(&world.acme, "?outcome=refused")).await;
    list.shows(StatusCode::OK, "<code>NOT-INVITED</code>");
    assert_eq!(list.body.matches("<tr><td>").count(), 1, "it stands in the list once: {}", list.body);
}

/// Whoever is forgotten is forgotten here too.
#[tokio::test]
async fn what_is_kept_of_a_person_goes_with_them() {
    let world = World::new().await;
    ada_comes(&world).await;
    let ada = world.users(&world.acme).await[0].id;
    assert!(vestibule_journeys::person::erase(&world.ctx(), ada, Actor::CommandLine).await.unwrap());
    assert_eq!(kept(&world, &world.acme).await, []);
}

/// The page speaks German too, and says nothing in English that it need not.
#[tokio::test]
async fn the_inspector_speaks_german() {
    let world = World::new().await;
    ada_comes(&world).await;
    let mut olga = operator(&world).await;
    olga.language = "de";
    let page = olga.get(&last(&world).await).await;
    page.shows(StatusCode::OK, "jede Prüfung hält");
    page.shows(StatusCode::OK, "Adresse, 24 Zeichen");
}
