//! A large deployment, made quickly: for measurements only (feature `bench`).

use jiff::{SignedDuration, Timestamp};
use vestibule_domain::account::{Account, AccountKind, AccountPath, AccountSettings};
use vestibule_domain::branding::Branding;
use vestibule_domain::connection::{Connection, ConnectionState, SamlSettings};
use vestibule_domain::enforcement::SignInRule;
use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::grants::Grants;
use vestibule_domain::id::{AccountId, ConnectionId, EventId, UserId};
use vestibule_domain::user::{Identity, Profile, Subject, User, UserState};

use crate::{StoreError, Tx};

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
}

fn random(kind: u8, n: u32) -> [u8; 10] {
    let mut random = [kind; 10];
    random[6..].copy_from_slice(&n.to_be_bytes());
    random
}
