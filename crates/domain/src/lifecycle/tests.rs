use super::*;
use crate::connection::SamlSettings;
use crate::id::{AccountId, ConnectionId};
use crate::metadata::certificate_text;
use crate::samples::{EXPIRED, at, certificate, entra, now};

fn connection(state: ConnectionState, saml: SamlSettings, tested_at: Option<&str>) -> Connection {
    Connection {
        id: ConnectionId::from_bytes([1; 16]),
        account: AccountId::from_bytes([1; 16]),
        name: "entra".parse().unwrap(),
        state,
        saml,
        edited_at: at("2026-06-01T00:00:00Z"),
        tested_at: tested_at.map(at),
        version: 1,
    }
}

const AFTER: Option<&str> = Some("2026-06-02T00:00:00Z");

fn by_override() -> Grounds {
    Grounds::Override(Actor::CommandLine)
}

#[test]
fn a_test_after_the_last_edit_activates() {
    for from in [ConnectionState::Draft, ConnectionState::Tested, ConnectionState::Paused] {
        let activated = activate(&connection(from, entra(), AFTER), &Grounds::Test, now());
        assert_eq!(activated, Ok(Transition { from, to: ConnectionState::Active }));
    }
    let active = connection(ConnectionState::Active, entra(), AFTER);
    assert_eq!(activate(&active, &Grounds::Test, now()), Err(NotActivated::Active));
}

#[test]
fn without_such_a_test_somebody_has_to_answer_for_it() {
    let untested = connection(ConnectionState::Draft, entra(), None);
    assert_eq!(activate(&untested, &Grounds::Test, now()), Err(NotActivated::Untested));
    let edited_at = untested.edited_at;
    for tested_at in ["2026-05-31T00:00:00Z", "2026-06-01T00:00:00Z"] {
        let stale = connection(ConnectionState::Tested, entra(), Some(tested_at));
        let refused = NotActivated::EditedSince { tested_at: at(tested_at), edited_at };
        assert_eq!(activate(&stale, &Grounds::Test, now()), Err(refused));
    }
    let to = ConnectionState::Active;
    assert_eq!(activate(&untested, &by_override(), now()), Ok(Transition { from: ConnectionState::Draft, to }));
}

/// CC-10: without a certificate nothing is activated, by nobody.
#[test]
fn a_connection_without_a_certificate_is_not_activated() {
    let bare = SamlSettings { certificates: Vec::new(), ..entra() };
    let refused = Err(NotActivated::Incomplete { missing: vec![Missing::Certificate] });
    assert_eq!(activate(&connection(ConnectionState::Tested, bare.clone(), AFTER), &Grounds::Test, now()), refused);
    assert_eq!(activate(&connection(ConnectionState::Tested, bare, AFTER), &by_override(), now()), refused);
}

/// E-50: nor with none in its time, unless expired ones are taken.
#[test]
fn a_connection_with_expired_certificates_is_activated_only_where_they_are_taken() {
    let mut saml = SamlSettings { certificates: vec![certificate_text(&certificate(EXPIRED))], ..entra() };
    let expired = connection(ConnectionState::Tested, saml.clone(), AFTER);
    assert_eq!(activate(&expired, &by_override(), now()), Err(NotActivated::Expired));
    saml.expired_certificate = ExpiredCertificates::Warn;
    assert!(activate(&connection(ConnectionState::Tested, saml, AFTER), &Grounds::Test, now()).is_ok());
}

#[test]
fn only_an_active_connection_pauses_and_only_a_draft_is_moved_by_a_test() {
    use ConnectionState as State;
    let move_of = |transition: Option<Transition>| transition.map(|it| (it.from, it.to));
    for state in [State::Draft, State::Tested, State::Paused] {
        assert_eq!(pause(&connection(state, entra(), None)), None);
    }
    let paused = pause(&connection(State::Active, entra(), None));
    assert_eq!(move_of(paused), Some((State::Active, State::Paused)));
    assert_eq!(move_of(test_passed(State::Draft)), Some((State::Draft, State::Tested)));
    assert_eq!(move_of(edited(State::Tested)), Some((State::Tested, State::Draft)));
    for state in [State::Active, State::Paused] {
        assert_eq!((test_passed(state), edited(state)), (None, None));
    }
}
