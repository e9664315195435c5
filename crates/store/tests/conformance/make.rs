//! Records for tests. Everything follows from small numbers.

use jiff::{SignedDuration, Timestamp};
use vestibule_domain::account::{Account, AccountKind, AccountPath, AccountSettings};
use vestibule_domain::application::{Application, ApplicationSettings};
use vestibule_domain::attempt::{self, Asserted, BindingHash, Purpose, SignInAttempt, StoredAttribute, StoredNameId};
use vestibule_domain::branding::Branding;
use vestibule_domain::connection::{Connection, ConnectionState};
use vestibule_domain::enforcement::SignInRule;
use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::grants::Grants;
use vestibule_domain::id::{AccountId, AttemptId, ConnectionId, EventId, LogoutId, SessionId, UserId};
use vestibule_domain::session::{self, Authentication, Session, SessionSettings, SessionUser};
use vestibule_domain::user::{Profile, User, UserState};
use vestibule_saml::types::AcsUrl;
use vestibule_store::tx::{DomainClaim, Finish, NewCode, NewSession, NewToken, Replay, UserChange};

use super::{Fixture, unit};

/// The start of every test's time: 2026-03-02T09:00:00Z.
pub(crate) fn now() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

pub(crate) fn after(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn random(n: u16) -> [u8; 10] {
    let mut random = [0; 10];
    random[8..].copy_from_slice(&n.to_be_bytes());
    random
}

pub(crate) fn account_id(n: u16) -> AccountId {
    AccountId::new(now(), random(n))
}

pub(crate) fn connection_id(n: u16) -> ConnectionId {
    ConnectionId::new(now(), random(n))
}

pub(crate) fn user_id(n: u16) -> UserId {
    UserId::new(now(), random(n))
}

pub(crate) fn attempt_id(n: u16) -> AttemptId {
    AttemptId::new(now(), random(n))
}

pub(crate) fn logout_id(n: u16) -> LogoutId {
    LogoutId::new(now(), random(n))
}

pub(crate) fn session_id(n: u16) -> SessionId {
    SessionId::new(now(), random(n))
}

pub(crate) fn hash(n: u16) -> [u8; 32] {
    let mut hash = [0; 32];
    hash[..2].copy_from_slice(&n.to_be_bytes());
    hash
}

/// An event of the system about nothing that the test looks at. Each number once a database.
pub(crate) fn event(n: u16) -> AuditEvent {
    event_of(n, None, Fact::UserChanged { user: user_id(999) })
}

pub(crate) fn event_of(n: u16, account: Option<AccountId>, fact: Fact) -> AuditEvent {
    AuditEvent { id: EventId::new(now(), random(n)), at: now(), account, actor: Actor::System, fact }
}

pub(crate) fn account(n: u16) -> Account {
    let label = format!("acme-{n}");
    Account {
        id: account_id(n),
        parent: None,
        path: AccountPath::parse(&label).unwrap(),
        kind: AccountKind::Customer,
        name: format!("Acme {n} — Söhne"),
        sub_domain: Some(label.parse().unwrap()),
        settings: AccountSettings::default(),
        brand: Branding::default(),
        sessions: SessionSettings::default(),
        version: 1,
    }
}

pub(crate) fn connection(n: u16, of: AccountId) -> Connection {
    Connection {
        id: connection_id(n),
        account: of,
        name: format!("entra-{n}").parse().unwrap(),
        state: ConnectionState::Draft,
        saml: serde_json::from_str(r#"{"issuer":"https://idp.example.com/","certificates":["AAAA"]}"#).unwrap(),
        edited_at: now(),
        tested_at: None,
        version: 1,
    }
}

/// Between two looks for a domain's record.
pub(crate) fn minute() -> SignedDuration {
    SignedDuration::from_mins(1)
}

pub(crate) fn claim(domain: &str, account: u16, token: &str) -> DomainClaim {
    DomainClaim {
        domain: domain.parse().unwrap(),
        account: account_id(account),
        token: token.to_owned(),
        connection: None,
        claimed_at: now(),
        seen_at: None,
    }
}

pub(crate) fn application(client_id: &str) -> Application {
    let settings = ApplicationSettings {
        name: "Expenses".to_owned(),
        redirect_uris: vec!["https://app.example.com/callback".to_owned()],
        ..ApplicationSettings::default()
    };
    Application { client_id: client_id.to_owned(), account: None, settings, version: 1 }
}

pub(crate) fn user(n: u16, of: AccountId) -> User {
    let profile = Profile {
        email: Some(format!("Ada.{n}@Corp.example").parse().unwrap()),
        display_name: Some("Ada Mín".to_owned()),
        ..Profile::default()
    };
    User {
        id: user_id(n),
        account: of,
        state: UserState::Active,
        profile,
        console_role: None,
        grants: Grants::default(),
        sign_in: SignInRule::default(),
        created_at: now(),
        version: 1,
    }
}

pub(crate) fn attempt(n: u16) -> SignInAttempt {
    SignInAttempt {
        id: attempt_id(n),
        account: account_id(1),
        connection: connection_id(1),
        purpose: Purpose::Application,
        target: "response_type=code&client_id=expenses".to_owned(),
        origin: "https://acme-1.example.com".to_owned(),
        acs_url: AcsUrl::new("https://acme-1.example.com/sso/x/acs").unwrap(),
        binding: BindingHash(hash(n)),
        force_authn: false,
        created_at: now(),
        expires_at: now() + attempt::LIFETIME,
    }
}

pub(crate) fn asserted() -> Asserted {
    Asserted {
        issuer: "https://idp.example.com/".to_owned(),
        name_id: name_id(),
        session_index: Some("_s1".to_owned()),
        session_not_on_or_after: None,
        authn_instant: now(),
        authn_context: None,
        attributes: vec![StoredAttribute {
            name: "displayname".to_owned(),
            friendly_name: None,
            values: vec![Some("Ada Mín".to_owned()), None],
        }],
        told: Some("hash of what the browser was told".to_owned()),
    }
}

fn name_id() -> StoredNameId {
    StoredNameId { value: "ada".to_owned(), format: None, name_qualifier: None, sp_name_qualifier: None }
}

pub(crate) fn replay(assertion: &str) -> Replay {
    Replay {
        connection: connection_id(1),
        issuer: "https://idp.example.com/".to_owned(),
        assertion_id: assertion.to_owned(),
        issued_at: after(0),
        remember_until: after(3600),
    }
}

pub(crate) fn new_session(n: u16, user: SessionUser) -> NewSession {
    let session = Session {
        id: session_id(n),
        user,
        account: account_id(1),
        connection: Some(connection_id(1)),
        authentication: Authentication {
            authn_instant: now(),
            authn_context: None,
            session_index: Some("_s1".to_owned()),
            name_id: Some(name_id()),
            methods: Vec::new(),
            attributes: std::collections::BTreeMap::new(),
        },
        created_at: now(),
        expires_at: now() + session::ABSOLUTE,
    };
    NewSession { session, token_hash: hash(n), is_named: false }
}

pub(crate) fn new_code(n: u16) -> NewCode {
    NewCode {
        hash: hash(n),
        client_id: "expenses".to_owned(),
        session: session_id(n),
        grant: r#"{"nonce":"n"}"#.to_owned(),
        expires_at: after(60),
    }
}

pub(crate) fn new_token(n: u16) -> NewToken {
    NewToken {
        hash: hash(n),
        grant: r#"{"scope":"openid"}"#.to_owned(),
        expires_at: after(600),
        tell: None,
        family: None,
    }
}

/// A finish that signs a known person in, with a code.
pub(crate) fn finish(n: u16, events_from: u16) -> Finish {
    Finish {
        user: UserChange::Keep,
        link: None,
        session: Some(new_session(n, SessionUser::Known(user_id(1)))),
        code: Some(new_code(n)),
        event: event(events_from),
        further_events: vec![event(events_from + 1)],
    }
}

/// Account 1 with connection 1, which is active, and user 1; uses the events 60 001 to 60 003.
pub(crate) async fn seed(fixture: &Fixture) {
    fixture
        .write(unit!(|tx| {
            tx.save_account(&account(1), &event(60_001)).await?;
            let active = Connection { state: ConnectionState::Active, ..connection(1, account_id(1)) };
            tx.save_connection(&active, &event(60_002)).await?;
            tx.insert_user(&user(1, account_id(1)), &event(60_003)).await
        }))
        .await;
}

/// An attempt, asserted; uses the events `n` + 61 000 and + 62 000.
pub(crate) async fn seed_asserted(fixture: &Fixture, n: u16) {
    let recorded = fixture
        .write(unit!(|tx| {
            tx.insert_attempt(&attempt(n), &event(61_000 + n)).await?;
            let replay = replay(&format!("_a{n}"));
            tx.record_accepted(attempt_id(n), &asserted(), None, &replay, &event(62_000 + n)).await
        }))
        .await;
    assert_eq!(recorded, vestibule_store::tx::Recorded::First);
}
