use super::*;
use crate::account::{Account, AccountKind, AccountPath, AccountSettings};
use crate::branding::Branding;
use crate::grants::Grants;
use crate::id::{AccountId, ConnectionId, UserId};
use crate::password::{self, Door, Passwords};
use crate::session::SessionSettings;
use crate::user::Profile;

const ACME: AccountId = AccountId::from_bytes([1; 16]);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn user(console_role: Option<ConsoleRole>, roles: &[&str]) -> User {
    User {
        id: UserId::from_bytes([1; 16]),
        account: ACME,
        state: UserState::Active,
        profile: Profile { roles: roles.iter().map(|&role| role.to_owned()).collect(), ..Profile::default() },
        console_role,
        sign_in: SignInRule::default(),
        created_at: at(0),
        version: 1,
        grants: Grants::default(),
    }
}

fn account(passwords: Passwords, single_sign_on: Enforcement) -> Account {
    Account {
        id: ACME,
        parent: None,
        path: AccountPath::parse("acme").unwrap(),
        kind: AccountKind::Customer,
        name: "Acme".to_owned(),
        sub_domain: None,
        settings: AccountSettings { passwords, single_sign_on, ..AccountSettings::default() },
        brand: Branding::default(),
        sessions: SessionSettings::default(),
        version: 1,
    }
}

fn connection(state: ConnectionState, edited_at: i64, tested_at: Option<i64>) -> Connection {
    Connection {
        id: ConnectionId::from_bytes([1; 16]),
        account: ACME,
        name: "entra".parse().unwrap(),
        state,
        saml: serde_json::from_str("{}").unwrap(),
        edited_at: at(edited_at),
        tested_at: tested_at.map(at),
        version: 1,
    }
}

fn glass(named_at: i64, signed_in_at: Option<i64>) -> BreakGlass {
    let mut user = user(Some(ConsoleRole::AccountAdmin), &[]);
    user.sign_in.break_glass_since = Some(at(named_at));
    BreakGlass { user, signed_in_at: signed_in_at.map(at) }
}

/// XC-27: for each class by itself, managers before roles before everybody, and of several roles the strictest.
#[test]
fn what_is_demanded_depends_on_the_class() {
    let enforcement = Enforcement {
        people: Demand::Optional,
        managers: Some(Demand::Off),
        roles: [("agent".to_owned(), Demand::Required), ("guest".to_owned(), Demand::Off)].into(),
    };
    for (user, demand) in [
        (user(None, &[]), Demand::Optional),
        (user(None, &["clerk"]), Demand::Optional),
        (user(None, &["guest"]), Demand::Off),
        (user(None, &["guest", "agent"]), Demand::Required),
        (user(Some(ConsoleRole::Approver), &["agent"]), Demand::Off),
    ] {
        assert_eq!(enforcement.of_user(&user), demand, "{user:?}");
    }
    let mut given = user(None, &["guest"]);
    given.grants.granted.roles.insert("agent".to_owned());
    assert_eq!(enforcement.of_user(&given), Demand::Required, "a role that was given here counts as well");
    let strict = Enforcement { people: Demand::Required, ..enforcement.clone() };
    let mut given = user(None, &[]);
    given.grants.granted.roles.insert("guest".to_owned());
    assert_eq!(enforcement.of_user(&given), Demand::Off);
    assert_eq!(strict.of_user(&given), Demand::Required, "and opens no door that is shut to everybody");
    let all = Enforcement { people: Demand::Required, ..Enforcement::default() };
    assert_eq!(all.of_user(&user(Some(ConsoleRole::Approver), &[])), Demand::Required);
}

#[test]
fn more_is_demanded_where_a_class_is_new_among_those_of_whom_it_is_required() {
    let required =
        |people, managers, agent| Enforcement { people, managers, roles: [("agent".to_owned(), agent)].into() };
    let (off, required_of) = (Demand::Off, Demand::Required);
    let agents = required(Demand::Optional, None, required_of);
    assert!(agents.demands() && agents.demands_more_than(&Enforcement::default()));
    assert!(!agents.demands_more_than(&agents));
    assert!(!required(off, None, off).demands());
    let people = Enforcement { people: required_of, ..Enforcement::default() };
    assert!(people.demands_more_than(&agents), "people and managers are new");
    assert!(!agents.demands_more_than(&people), "agents were people before");
    assert!(people.demands_more_than(&required(required_of, None, off)), "agents are people now");
    assert!(people.demands_more_than(&required(required_of, Some(off), required_of)), "managers are people now");
}

/// MX-33, HY-27: the doors of a person, by what is demanded of them, what passwords the account gives, and what is set
/// for them. Nothing that is set for one person weakens a demand, but that the account names them.
#[test]
fn each_person_finds_the_doors_that_are_theirs() {
    use Door::{BreakGlass, Closed, Open};
    use Method::{Account, Password, Sso};
    let manager = Some(ConsoleRole::AccountAdmin);
    for (demand, passwords, role, method, is_named, door, sso) in [
        (Demand::Optional, Passwords::Off, manager, Account, false, Closed, true),
        (Demand::Optional, Passwords::Off, manager, Password, true, Closed, false),
        (Demand::Optional, Passwords::Managers, None, Account, false, Closed, true),
        (Demand::Optional, Passwords::Managers, None, Password, false, Open, false),
        (Demand::Optional, Passwords::Managers, manager, Account, false, Open, true),
        (Demand::Optional, Passwords::All, None, Account, false, Open, true),
        (Demand::Optional, Passwords::All, None, Sso, false, Closed, true),
        (Demand::Optional, Passwords::All, None, Sso, true, BreakGlass, true),
        (Demand::Required, Passwords::All, None, Account, false, Closed, true),
        (Demand::Required, Passwords::All, manager, Password, false, Closed, true),
        (Demand::Required, Passwords::Managers, None, Account, true, BreakGlass, true),
        (Demand::Required, Passwords::Off, None, Account, true, Closed, true),
        (Demand::Off, Passwords::All, None, Account, false, Open, false),
        (Demand::Off, Passwords::All, None, Sso, false, Closed, false),
    ] {
        let account = account(passwords, Enforcement { people: demand, ..Enforcement::default() });
        let mut user = user(role, &[]);
        user.sign_in = SignInRule { method, break_glass_since: is_named.then(|| at(1)) };
        let found = (password::door(&account, &user), account.settings.single_sign_on.lets_in_by_single_sign_on(&user));
        assert_eq!(found, (door, sso), "{demand:?} {passwords:?} {role:?} {method:?} named: {is_named}");
        user.state = UserState::Suspended;
        assert_eq!(password::door(&account, &user), Closed, "suspended");
    }
}

/// MX-33: only after a test that passed, of a connection that leads in, as it is now.
#[test]
fn what_is_demanded_was_tested_before() {
    let named = [glass(5, Some(20))];
    let judged = |connection: &Connection| may_demand(true, &[connection], &named).map(|grounds| grounds.since);
    assert_eq!(judged(&connection(ConnectionState::Active, 10, Some(11))), Ok(at(10)));
    let connection_name = || "entra".to_owned();
    let untested = Err(NotDemanded::Untested { connection: connection_name() });
    assert_eq!(judged(&connection(ConnectionState::Active, 10, None)), untested);
    let (tested_at, edited_at) = (at(9), at(10));
    let edited = NotDemanded::EditedSince { connection: connection_name(), tested_at, edited_at };
    assert_eq!(judged(&connection(ConnectionState::Active, 10, Some(9))), Err(edited));
    assert_eq!(judged(&connection(ConnectionState::Tested, 10, Some(11))), Err(NotDemanded::NoConnection));
    assert_eq!(judged(&connection(ConnectionState::Paused, 10, Some(11))), Err(NotDemanded::NoConnection));
    let (tested, other) =
        (connection(ConnectionState::Active, 10, Some(11)), connection(ConnectionState::Active, 30, None));
    assert!(may_demand(true, &[&other, &tested], &named).is_ok(), "one that leads in is enough");
    assert_eq!(may_demand(false, &[&tested], &named), Err(NotDemanded::NoPasswords));
}

/// MX-33: only while somebody who is named has come in by password, since they were named and since the connection
/// that was tested was changed.
#[test]
fn what_is_demanded_leaves_a_door_that_was_opened_since() {
    let connection = connection(ConnectionState::Active, 10, Some(11));
    let judged = |named: &[BreakGlass]| may_demand(true, &[&connection], named).map(|grounds| grounds.since);
    let not_signed_in = |got: Option<i64>, since| Err(NotDemanded::NotSignedIn { got: got.map(at), since: at(since) });
    assert_eq!(judged(&[]), Err(NotDemanded::NoBreakGlass));
    assert_eq!(judged(&[glass(5, None)]), not_signed_in(None, 10));
    assert_eq!(judged(&[glass(5, Some(9))]), not_signed_in(Some(9), 10));
    assert_eq!(judged(&[glass(15, Some(14))]), not_signed_in(Some(14), 15));
    assert_eq!(judged(&[glass(15, Some(16))]), Ok(at(15)));
    assert_eq!(judged(&[glass(15, None), glass(5, Some(12))]), Ok(at(10)), "one of them is enough");
    let mut suspended = glass(5, Some(20));
    suspended.user.state = UserState::Suspended;
    assert_eq!(judged(std::slice::from_ref(&suspended)), Err(NotDemanded::NoBreakGlass));
    assert_eq!(may_go_on(true, &[suspended.clone(), glass(5, None)]), Ok(()));
    assert_eq!(may_go_on(true, &[suspended]), Err(NotDemanded::NoBreakGlass));
    assert_eq!(may_go_on(false, &[glass(5, Some(20))]), Err(NotDemanded::NoPasswords));
}
