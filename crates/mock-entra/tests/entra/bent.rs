//! Answers that a test bends before they are sealed, and that our service provider must refuse.

use std::sync::Arc;

use vestibule_mock_entra::service::{Draft, Key, Sealed};
use vestibule_saml::sp::{Expectation, Reason};

use crate::support::{Judge, World, ada};

/// The reason of the refusal.
fn refused(bend: impl FnOnce(&mut Draft)) -> Reason {
    let world = World::new();
    let delivery = world.entra.answer_bent(&world.url(), &ada(), bend).unwrap();
    world.judge(&delivery, &Judge::default()).unwrap_err().reason
}

#[test]
fn what_is_not_signed_or_signed_by_another_key_is_refused() {
    assert_eq!(refused(|draft| draft.sealed = Sealed::Nothing), Reason::NotSigned);
    assert_eq!(refused(|draft| draft.key = Arc::new(Key::named("attacker").unwrap())), Reason::NoKeyMatches);
}

#[test]
fn what_is_for_somebody_else_or_elsewhere_or_too_late_is_refused() {
    let other = || "https://other.example/".to_owned();
    assert_eq!(refused(|draft| draft.response.audiences = vec![other()]), Reason::AudienceMismatch);
    assert_eq!(refused(|draft| draft.response.recipient = Some(other())), Reason::RecipientMismatch);
    assert_eq!(refused(|draft| draft.response.destination = Some(other())), Reason::DestinationMismatch);
    assert_eq!(refused(|draft| draft.response.issuer = other()), Reason::IssuerMismatch);
    let past = || Some("2026-03-02T09:50:00.000Z".to_owned());
    assert_eq!(
        refused(|draft| {
            draft.response.not_before = Some("2026-03-02T09:40:00.000Z".to_owned());
            draft.response.not_on_or_after = past();
        }),
        Reason::Expired
    );
    assert_eq!(refused(|draft| draft.response.confirmation_not_on_or_after = past()), Reason::ConfirmationExpired);
    assert_eq!(
        refused(|draft| draft.response.confirmation_in_response_to = Some("_x".to_owned())),
        Reason::InResponseToMismatch
    );
}

#[test]
fn the_same_answer_a_second_time_is_refused() {
    let world = World::new();
    let id = "_7c0f3d52-9a41-4e0b-8d7a-2f6f1f7f3a11";
    let fixed = |draft: &mut Draft| draft.response.assertion_id = id.to_owned();
    let delivery = world.entra.answer_bent(&world.url(), &ada(), fixed).unwrap();
    world.accept(&delivery);
    let change = |it: &mut Expectation<'_>| {
        static USED: std::sync::LazyLock<Vec<String>> =
            std::sync::LazyLock::new(|| vec!["_7c0f3d52-9a41-4e0b-8d7a-2f6f1f7f3a11".to_owned()]);
        it.used_assertions = &USED;
    };
    assert_eq!(world.judge(&delivery, &Judge { change, ..Judge::default() }).unwrap_err().reason, Reason::Replayed);
}

#[test]
fn a_value_that_xml_does_not_have_is_an_error_and_no_panic() {
    let world = World::new();
    let bend = |draft: &mut Draft| draft.response.claims[0].1 = vec!["\u{1}".to_owned()];
    assert_eq!(world.entra.answer_bent(&world.url(), &ada(), bend).unwrap_err().code, 50000);
}
