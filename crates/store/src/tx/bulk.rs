//! A large deployment, made quickly: for measurements only (feature `bench`).

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use vestibule_domain::account::{Account, AccountKind, AccountPath, AccountSettings};
use vestibule_domain::branding::Branding;
use vestibule_domain::connection::{Connection, ConnectionState, SamlSettings};
use vestibule_domain::enforcement::SignInRule;
use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::grants::Grants;
use vestibule_domain::id::{AccountId, AttemptId, ConnectionId, EventId, SessionId, UserId};
use vestibule_domain::session::SessionSettings;
use vestibule_domain::user::{Identity, Profile, Subject, User, UserState};

use super::{Dialect, NewSession};
use crate::value::{Value, json};
use crate::{StoreError, Tx};

/// Lines of the log that one statement writes.
const LINES: usize = 100;
/// Of so many lines one is of a refusal.
const RARE: u32 = 1_000;

static INSERT_LINES: LazyLock<String> = LazyLock::new(|| {
    let line = |at: usize| {
        let [a, b, c, d, e, f] = [1, 2, 3, 4, 5, 6].map(|column| at * 6 + column);
        format!("(${a}, ${b}, ${c}, ${d}, ${e}, ${f})")
    };
    let lines: Vec<_> = (0..LINES).map(line).collect();
    format!("INSERT INTO events (id, at, account_id, user_id, actor, fact) VALUES {}", lines.join(", "))
});

/// What a deployment is filled with. Every number makes the same records in every run.
#[derive(Debug, Clone, PartialEq)]
pub struct Filling {
    /// When the first record is made; the others follow by a millisecond each.
    pub from: Timestamp,
    /// The settings of every connection.
    pub settings: SamlSettings,
    /// The domain of everybody's e-mail address.
    pub email_domain: String,
}

impl Filling {
    /// The account of a number.
    pub fn account(&self, n: u32) -> AccountId {
        AccountId::new(self.at(n), random(1, n))
    }

    /// The connection of the account of that number.
    pub fn connection(&self, n: u32) -> ConnectionId {
        ConnectionId::new(self.at(n), random(2, n))
    }

    /// The person of a number.
    pub fn user(&self, n: u32) -> UserId {
        UserId::new(self.at(n), random(3, n))
    }

    /// The subject by which the connection knows the person of that number.
    pub fn subject(&self, n: u32) -> Subject {
        Subject::from_text(format!("tenant/{n:08}"))
    }

    fn at(&self, n: u32) -> Timestamp {
        self.from.saturating_add(SignedDuration::from_millis(n.into())).unwrap_or(Timestamp::MAX)
    }

    fn event(&self, kind: u8, n: u32, account: AccountId, fact: Fact) -> AuditEvent {
        let id = EventId::new(self.at(n), random(kind, n));
        AuditEvent { id, at: self.at(n), account: Some(account), actor: Actor::System, fact }
    }
}

impl Tx {
    /// The accounts of these numbers, each with a sub-domain and an active connection.
    ///
    /// # Errors
    /// See [`StoreError`]. A number that cannot be part of a name is [`StoreError::Unwritable`].
    pub async fn fill_accounts(&mut self, filling: &Filling, numbers: std::ops::Range<u32>) -> Result<(), StoreError> {
        for n in numbers {
            let unwritable = StoreError::Unwritable { what: "name" };
            let label = format!("company-{n}");
            let (id, at) = (filling.account(n), filling.at(n));
            let account = Account {
                id,
                parent: None,
                path: AccountPath::parse(&label).map_err(|_| unwritable.clone())?,
                kind: AccountKind::Customer,
                name: format!("Company {n}"),
                sub_domain: Some(label.parse().map_err(|_| unwritable.clone())?),
                settings: AccountSettings::default(),
                brand: Branding::default(),
                sessions: SessionSettings::default(),
                version: 1,
            };
            let fact = Fact::AccountChanged { account: id, changed: vec![] };
            self.save_account(&account, &filling.event(4, n, id, fact)).await?;
            let connection = Connection {
                id: filling.connection(n),
                account: id,
                name: "entra".parse().map_err(|_| unwritable)?,
                state: ConnectionState::Active,
                saml: filling.settings.clone(),
                edited_at: at,
                tested_at: Some(at),
                version: 1,
            };
            let fact = Fact::ConnectionChanged { connection: connection.id, changed: vec![] };
            self.save_connection(&connection, &filling.event(5, n, id, fact)).await?;
        }
        Ok(())
    }

    /// The people of these numbers, spread over the first `accounts` accounts, each linked to the connection there.
    ///
    /// # Errors
    /// See [`StoreError`]. An e-mail domain that is none is [`StoreError::Unwritable`].
    pub async fn fill_users(
        &mut self,
        filling: &Filling,
        accounts: u32,
        numbers: std::ops::Range<u32>,
    ) -> Result<(), StoreError> {
        for n in numbers {
            let (id, at, place) = (filling.user(n), filling.at(n), n % accounts.max(1));
            let account = filling.account(place);
            let email = format!("person.{n}@{}", filling.email_domain);
            let profile = Profile {
                email: Some(email.parse().map_err(|_| StoreError::Unwritable { what: "e-mail address" })?),
                display_name: Some(format!("Person {n}")),
                ..Profile::default()
            };
            let user = User {
                id,
                account,
                state: UserState::Active,
                profile,
                console_role: None,
                grants: Grants::default(),
                sign_in: SignInRule::default(),
                created_at: at,
                version: 1,
            };
            self.insert_user(&user, &filling.event(6, n, account, Fact::UserCreated { user: id })).await?;
            let connection = filling.connection(place);
            let identity = Identity { connection, subject: filling.subject(n), user: id, linked_at: at };
            self.link_row(&identity).await?;
        }
        Ok(())
    }

    /// The lines of the log of these numbers, whole hundreds of them: sign-ins of the people, at even steps from the
    /// beginning, and now and then an answer that was refused. They are counted nowhere.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn fill_events(
        &mut self,
        filling: &Filling,
        (accounts, users): (u32, u32),
        step: SignedDuration,
        numbers: std::ops::Range<u32>,
    ) -> Result<(), StoreError> {
        for first in numbers.step_by(LINES) {
            let mut params: Vec<Value<'_>> = Vec::with_capacity(LINES * 6);
            for n in (first..).take(LINES) {
                let at = filling.from.saturating_add(step * i32::try_from(n).unwrap_or(i32::MAX));
                let at = at.unwrap_or(Timestamp::MAX);
                let person = n % users.max(1);
                let (place, user) = (person % accounts.max(1), filling.user(person));
                let connection = filling.connection(place);
                let attempt = AttemptId::new(at, random(8, n));
                let is_refused = n % RARE == 0;
                let fact = if is_refused {
                    Fact::AnswerRefused { attempt: Some(attempt), connection, code: "AUD".to_owned() }
                } else {
                    Fact::SignedIn { attempt, connection, user: Some(user), session: SessionId::new(at, random(9, n)) }
                };
                params.push(EventId::new(at, random(7, n)).into());
                params.push(at.into());
                params.push(filling.account(place).into());
                params.push((!is_refused).then_some(user).into());
                params.push(json(&Actor::System)?);
                params.push(json(&fact)?);
            }
            self.execute(INSERT_LINES.as_str(), &params).await?;
        }
        Ok(())
    }

    /// A session that nobody began.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn fill_session(&mut self, new: &NewSession) -> Result<(), StoreError> {
        self.insert_session(new).await
    }

    /// PostgreSQL looks at what is there now, as it does by itself a while later; SQLite never does.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn analyze(&mut self) -> Result<(), StoreError> {
        match self.dialect() {
            Dialect::Sqlite => Ok(()),
            Dialect::Postgres => self.batch("ANALYZE").await,
        }
    }
}

fn random(kind: u8, n: u32) -> [u8; 10] {
    let mut random = [kind; 10];
    random[6..].copy_from_slice(&n.to_be_bytes());
    random
}
