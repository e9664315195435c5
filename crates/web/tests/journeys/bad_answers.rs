//! Answers that are wrong: who sent them is not proved, or who did say something wrong; and one that comes often.

use std::sync::Arc;

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::account::Details;
use vestibule_domain::event::Fact;
use vestibule_mock_entra::service::{Delivery, Draft, Key, Sealed};

use crate::bad_input::{has_code, nothing_was_written};
use crate::support::{ADA, Browser, CALLBACK, GLOBEX_TENANT, Seen, World, base64};

/// An answer that is wrong, what the page then says, and its code in the audit log and in the recent answers.
type Wrong = (fn(&mut Draft), &'static str, &'static str);

async fn deliver_bent(world: &World, browser: &mut Browser, bend: fn(&mut Draft)) -> (Seen, Delivery) {
    let (_, sent) = world.start(browser, &world.acme).await;
    let bent = world.answer_bent(&sent, ADA, bend);
    let seen = browser.deliver(&bent).await;
    (seen, world.answer(&sent, ADA))
}

/// What is there after a wrong answer.
struct Refused {
    world: World,
    browser: Browser,
    /// The right answer to the same question.
    genuine: Delivery,
}

/// A wrong answer: its page says the sentence, and the page and the connection's recent answers have its code.
async fn refused((bend, sentence, code): Wrong) -> Refused {
    let world = World::new().await;
    let mut browser = world.browser();
    let (seen, genuine) = deliver_bent(&world, &mut browser, bend).await;
    seen.shows(StatusCode::FORBIDDEN, sentence);
    has_code(&seen, &code.replace('_', "")[..3].to_uppercase());
    assert_eq!(world.recent_answers(&world.acme).await[0].code.as_deref(), Some(code));
    Refused { world, browser, genuine }
}

/// A16.1: what anybody could have sent does not use the attempt up; the genuine answer still lets the person in.
#[tokio::test]
async fn an_answer_whose_sender_is_not_proved_leaves_the_attempt_open() {
    let wrong: [Wrong; 2] = [
        (|draft| draft.sealed = Sealed::Nothing, "The answer is not signed as it must be.", "not_signed"),
        (
            |draft| draft.key = Arc::new(Key::named("attacker").unwrap()),
            "We cannot verify who sent the answer.",
            "no_key_matches",
        ),
    ];
    for (bend, sentence, code) in wrong {
        let Refused { world, mut browser, genuine } = refused((bend, sentence, code)).await;
        assert!(nothing_was_written(&world).await, "but for the bounded list");
        assert!(browser.deliver(&genuine).await.location().starts_with(CALLBACK), "{code}");
    }
}

/// A message that was changed on the way is one whose sender is not proved.
#[tokio::test]
async fn an_answer_that_was_changed_on_the_way_is_refused() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let genuine = world.answer(&sent, ADA);
    let xml = genuine.xml.replace("Ada Example", "Eve Example");
    assert_ne!(xml, genuine.xml);
    let changed = Delivery { saml_response: base64(xml.as_bytes()), ..genuine.clone() };
    browser.deliver(&changed).await.shows(StatusCode::FORBIDDEN, "The answer is not signed as it must be.");
    assert!(browser.deliver(&genuine).await.location().starts_with(CALLBACK));
}

/// What the identity provider itself said wrongly ends the attempt: it is logged, and a second answer opens nothing.
#[tokio::test]
async fn a_wrong_answer_of_the_identity_provider_itself_ends_the_attempt() {
    let wrong: [Wrong; 6] = [
        (
            |draft| {
                let past = Some("2026-03-02T09:50:00Z".to_owned());
                draft.response.not_before = Some("2026-03-02T09:00:00Z".to_owned());
                (draft.response.not_on_or_after, draft.response.confirmation_not_on_or_after) = (past.clone(), past);
            },
            "The sign-in took too long.",
            "expired",
        ),
        (
            |draft| draft.response.audiences = vec!["https://other.example".to_owned()],
            "meant for another application",
            "audience_mismatch",
        ),
        (
            |draft| draft.response.recipient = Some("https://other.example/acs".to_owned()),
            "sent its answer for another address",
            "recipient_mismatch",
        ),
        (
            |draft| draft.response.issuer = format!("https://sts.windows.net/{GLOBEX_TENANT}/"),
            "The answer comes from another sign-in",
            "issuer_mismatch",
        ),
        (
            |draft| draft.response.confirmation_in_response_to = Some("_another".to_owned()),
            "This sign-in was not started here.",
            "in_response_to_mismatch",
        ),
        (
            |draft| {
                let later = "2026-03-02T10:30:00Z".to_owned();
                draft.response.not_before = Some(later);
            },
            "The clocks of acme and of this service differ.",
            "not_yet_valid",
        ),
    ];
    for (bend, sentence, code) in wrong {
        let Refused { world, mut browser, genuine } = refused((bend, sentence, code)).await;
        let logged = world.facts().await.into_iter().find_map(|fact| match fact {
            Fact::AnswerRefused { attempt: Some(_), connection, code } => Some((connection, code)),
            _ => None,
        });
        assert_eq!(logged, Some((world.acme.connection, code.to_owned())));
        // The attempt is over: a good answer to it is one that nobody asked for.
        let again = browser.post_from_elsewhere(&genuine.action, genuine.body()).await;
        assert!(again.location().contains("/start?restart=1"), "{code}");
        assert!(!world.has_signed_in().await, "{code}");
    }
}

/// An answer to an attempt of long ago begins anew.
#[tokio::test]
async fn an_answer_that_comes_after_the_end_of_the_attempt_lets_nobody_in() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let late = world.answer(&sent, ADA);
    world.pass(SignedDuration::from_hours(25));
    let again = browser.post_from_elsewhere(&late.action, late.body()).await;
    assert!(again.location().contains("/start?restart=1"));
    assert!(!world.has_signed_in().await);
}

/// A16.4: one answer, many times at once: one of them counts, and one continuation lets in.
#[tokio::test]
async fn an_answer_that_comes_many_times_at_once_lets_in_once() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let delivery = world.answer(&sent, ADA);
    let posts = (0..8).map(|_| {
        let (mut browser, delivery) = (browser.clone(), delivery.clone());
        async move { browser.post_from_elsewhere(&delivery.action, delivery.body()).await }
    });
    let seen = at_once(posts).await;
    let went_on = format!("{}/sign-in/", world.acme.origin);
    let on: Vec<String> = seen.iter().filter(|seen| seen.status == StatusCode::SEE_OTHER).map(Seen::location).collect();
    let on: Vec<&String> = on.iter().filter(|location| location.starts_with(&went_on)).collect();
    assert_eq!(on.len(), 1, "{seen:?}");
    let gets = (0..8).map(|_| {
        let (mut browser, url) = (browser.clone(), on[0].clone());
        async move { browser.get(&url).await }
    });
    let home = at_once(gets)
        .await
        .into_iter()
        .filter(|seen| seen.status == StatusCode::SEE_OTHER && seen.location().starts_with(CALLBACK));
    assert_eq!(home.count(), 1);
    let signed_in = world.facts().await.into_iter().filter(|fact| matches!(fact, Fact::SignedIn { .. })).count();
    assert_eq!(signed_in, 1);
}

/// All of them together.
async fn at_once<F: Future<Output: Send + 'static> + Send + 'static>(work: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut done = Vec::new();
    for task in work.map(tokio::spawn).collect::<Vec<_>>() {
        done.push(task.await.unwrap());
    }
    done
}

#[tokio::test]
async fn the_details_are_shown_where_the_account_shows_them() {
    let bend: fn(&mut Draft) = |draft| draft.response.audiences = vec!["https://other.example".to_owned()];
    let world = World::new().await;
    let (hidden, _) = deliver_bent(&world, &mut world.browser(), bend).await;
    assert!(!hidden.body.contains("https://other.example") && !hidden.body.contains("<details>"));
    world.change_account(&world.acme, |account| account.settings.show_details = Details::Shown).await;
    let (shown, _) = deliver_bent(&world, &mut world.browser(), bend).await;
    shown.shows(StatusCode::FORBIDDEN, "https://other.example");
    shown.shows(StatusCode::FORBIDDEN, &world.acme.at("metadata"));
}
