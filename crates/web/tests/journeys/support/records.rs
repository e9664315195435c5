//! What the deployment keeps: changed behind its back, and looked at.

use std::collections::BTreeMap;

use vestibule_domain::account::{Account, Admission, Details};
use vestibule_domain::application::Application;
use vestibule_domain::connection::{Connection, ConnectionState, SamlSettings};
use vestibule_domain::enforcement::SignInRule;
use vestibule_domain::event::{DomainChange, Fact, KeyChange};
use vestibule_domain::grants::Grants;
use vestibule_domain::id::{AccountId, SessionId, UserId};
use vestibule_domain::session::{self, Authentication, ONE_TIME_CODE, PASSWORD, Session, SessionUser};
use vestibule_domain::user::{ConsoleRole, Profile, User, UserState};
use vestibule_journeys::ErrorCode;
use vestibule_journeys::lookup::{self, Found};
use vestibule_oidc::SessionToken;
use vestibule_store::tx::{DomainProof, EventFilter, NewSession, PasswordSignIn, ProvedDomain, RecentAnswer};

use crate::support::{ACME_TENANT, Browser, CLIENT, Party, World, start};

impl World {
    pub(crate) async fn save_account(&self, account: &Account) {
        let event = self.event(Fact::AccountChanged { account: account.id, changed: Vec::new() });
        let account = account.clone();
        let saved =
            self.services.store.write(move |tx| Box::pin(async move { tx.save_account(&account, &event).await }));
        saved.await.unwrap();
    }

    /// Changes an account's settings.
    pub(crate) async fn change_account(&self, party: &Party, change: impl FnOnce(&mut Account)) {
        self.change_account_of(party.account, change).await;
    }

    /// Changes the settings of the root of all accounts.
    pub(crate) async fn change_platform(&self, change: impl FnOnce(&mut Account)) {
        self.change_account_of(AccountId::new(start(), [0; 10]), change).await;
    }

    async fn change_account_of(&self, id: AccountId, change: impl FnOnce(&mut Account)) {
        let found = self.services.store.read(move |tx| Box::pin(async move { tx.account(id).await })).await;
        let mut account = found.unwrap().unwrap();
        change(&mut account);
        self.save_account(&account).await;
    }

    pub(crate) async fn save_connection(&self, connection: &Connection) {
        let event = self.event(Fact::ConnectionChanged { connection: connection.id, changed: Vec::new() });
        let connection = connection.clone();
        let saved =
            self.services.store.write(move |tx| Box::pin(async move { tx.save_connection(&connection, &event).await }));
        saved.await.unwrap();
    }

    /// Changes a connection.
    pub(crate) async fn change_connection(&self, party: &Party, change: impl FnOnce(&mut Connection)) {
        let mut connection = self.connection(party).await;
        change(&mut connection);
        self.save_connection(&connection).await;
    }

    pub(crate) async fn account(&self, party: &Party) -> Account {
        let id = party.account;
        let found = self.services.store.read(move |tx| Box::pin(async move { tx.account(id).await })).await;
        found.unwrap().unwrap()
    }

    pub(crate) async fn connection(&self, party: &Party) -> Connection {
        let id = party.connection;
        let found = self.services.store.read(move |tx| Box::pin(async move { tx.connection(id).await })).await;
        found.unwrap().unwrap()
    }

    pub(crate) async fn save_application(&self, application: &Application) {
        let event = self.event(Fact::ApplicationChanged { application: CLIENT.to_owned(), changed: Vec::new() });
        let application = application.clone();
        let saved = self
            .services
            .store
            .write(move |tx| Box::pin(async move { tx.save_application(&application, &event).await }));
        saved.await.unwrap();
    }

    /// The operator says that a domain is the account's.
    pub(crate) async fn prove(&self, domain: &str, party: &Party) {
        let proved = ProvedDomain {
            domain: domain.parse().unwrap(),
            account: party.account,
            connection: None,
            how: DomainProof::Operator,
            proved_at: self.now(),
        };
        let fact = Fact::DomainChanged { domain: domain.to_owned(), change: DomainChange::ProvedByOperator };
        let event = self.event(fact);
        let done = self.services.store.write(move |tx| Box::pin(async move { tx.prove_domain(&proved, &event).await }));
        done.await.unwrap();
    }

    /// Somebody whom the account knows beforehand.
    pub(crate) async fn add_user(&self, party: &Party, email: &str, console_role: Option<ConsoleRole>) -> UserId {
        let ctx = self.ctx();
        let user = User {
            id: UserId::new(ctx.now, ctx.random()),
            account: party.account,
            state: UserState::Active,
            profile: Profile { email: Some(email.parse().unwrap()), ..Profile::default() },
            console_role,
            grants: Grants::default(),
            sign_in: SignInRule::default(),
            created_at: ctx.now,
            version: 0,
        };
        let (id, event) = (user.id, self.event(Fact::UserCreated { user: user.id }));
        let saved = self.services.store.write(move |tx| Box::pin(async move { tx.insert_user(&user, &event).await }));
        saved.await.unwrap();
        id
    }

    /// A browser in which somebody of an account is signed in at an address of ours.
    pub(crate) async fn signed_in_as(&self, origin: &str, account: AccountId, user: UserId) -> Browser {
        let ctx = self.ctx();
        let token = SessionToken::new(ctx.now, &ctx.random());
        let session = Session {
            id: SessionId::new(ctx.now, ctx.random()),
            user: SessionUser::Known(user),
            account,
            connection: None,
            authentication: Authentication {
                authn_instant: ctx.now,
                authn_context: None,
                session_index: None,
                name_id: None,
                methods: [PASSWORD, ONE_TIME_CODE].map(str::to_owned).to_vec(),
                attributes: BTreeMap::new(),
            },
            created_at: ctx.now,
            expires_at: ctx.now + session::ABSOLUTE,
        };
        let session = NewSession { session, token_hash: *token.hash().as_bytes(), is_named: false };
        let (now, link, event) = (ctx.now, ctx.random::<32>(), |fact| self.event(fact));
        let (set, begun) = (event(Fact::PasswordSet { user }), event(Fact::UserChanged { user }));
        let began = self.services.store.write(move |tx| {
            Box::pin(async move {
                tx.insert_password_link(&link, Some(user), session.session.expires_at, None).await?;
                assert!(tx.set_password(&link, user, "phc", now, &set).await?);
                let password = tx.password_of(user).await?.unwrap();
                let sign_in =
                    PasswordSignIn { user, password, session, code: None, mails: Vec::new(), events: vec![begun] };
                tx.sign_in_by_password(&sign_in, now).await
            })
        });
        assert!(began.await.unwrap());
        let mut browser = self.browser();
        browser.set_cookie(origin, "vestibule_session", &token.to_text());
        browser
    }

    /// Everybody in an account.
    pub(crate) async fn users(&self, party: &Party) -> Vec<User> {
        let account = party.account;
        let found = self.services.store.read(move |tx| Box::pin(async move { tx.users_in(account, None, 100).await }));
        found.await.unwrap()
    }

    /// What the audit log says happened, the latest last.
    pub(crate) async fn facts(&self) -> Vec<Fact> {
        let filter = EventFilter { account: None, user: None, before: None, limit: 200 };
        let found = self.services.store.read(move |tx| Box::pin(async move { tx.events(&filter).await }));
        let mut events = found.await.unwrap();
        events.reverse();
        events.into_iter().map(|event| event.fact).collect()
    }

    /// What the code on a page stands for, as support finds it.
    pub(crate) async fn looked_up(&self, code: &str) -> Found {
        let found = lookup::find(&self.services.store, &ErrorCode::read(code).unwrap()).await.unwrap();
        found.into_iter().next().unwrap_or_else(|| panic!("nothing is known of {code}"))
    }

    /// Where somebody is refused, and where a connection in use is tried, the details are shown.
    pub(crate) async fn show_details(&self, party: &Party) {
        self.change_account(party, |account| account.settings.show_details = Details::Shown).await;
    }

    /// The tenant of `acme` is connected to `globex` as well: one issuer, one certificate, one application at Entra.
    pub(crate) async fn share_tenant(&self) {
        let shared = Party { tenant: ACME_TENANT, ..self.globex.clone() };
        self.app_of(&shared)
            .change(|app| {
                app.identifiers.push(shared.at("metadata"));
                app.reply_urls.push(shared.at("acs"));
            })
            .unwrap();
        let connection = self.entra_connection(&shared, ConnectionState::Active);
        self.change_connection(&shared, |present| present.saml = connection.saml).await;
    }

    /// The account's rule for people whom it does not know.
    pub(crate) async fn admit(&self, party: &Party, admission: Admission) {
        self.change_account(party, |account| account.settings.admission = admission).await;
    }

    /// Saves a user who exists already.
    pub(crate) async fn save_user(&self, user: &User) {
        let (user, event) = (user.clone(), self.event(Fact::UserChanged { user: user.id }));
        let saved = self.services.store.write(move |tx| Box::pin(async move { tx.save_user(&user, &event).await }));
        saved.await.unwrap();
    }

    /// Changes the application.
    pub(crate) async fn change_application(&self, change: impl FnOnce(&mut Application)) {
        let found = self.services.store.read(|tx| Box::pin(async move { tx.application(CLIENT).await })).await;
        let mut application = found.unwrap().unwrap();
        change(&mut application);
        self.save_application(&application).await;
    }

    /// The last answers that a connection got, the newest first.
    pub(crate) async fn recent_answers(&self, party: &Party) -> Vec<RecentAnswer> {
        let id = party.connection;
        let found = self.services.store.read(move |tx| Box::pin(async move { tx.recent_answers(id).await })).await;
        found.unwrap()
    }

    /// The codes of its last answers that were refused, the newest first.
    pub(crate) async fn recent_codes(&self, party: &Party) -> Vec<String> {
        self.recent_answers(party).await.into_iter().filter_map(|answer| answer.code).collect()
    }

    /// The codes with which the audit log says that answers and people were refused so far, the latest last.
    pub(crate) async fn refusals(&self) -> Vec<String> {
        let facts = self.facts().await.into_iter();
        let codes = facts.filter_map(|fact| match fact {
            Fact::AnswerRefused { code, .. } | Fact::NotAdmitted { code, .. } => Some(code),
            _ => None,
        });
        codes.collect()
    }

    /// Whether anybody was signed in so far.
    pub(crate) async fn has_signed_in(&self) -> bool {
        self.facts().await.iter().any(|fact| matches!(fact, Fact::SignedIn { .. }))
    }

    /// Changes what is set for a connection.
    pub(crate) async fn set(&self, party: &Party, change: impl FnOnce(&mut SamlSettings)) {
        self.change_connection(party, |connection| change(&mut connection.saml)).await;
    }

    /// Gives a connection a key pair of ours.
    pub(crate) async fn add_key(
        &self,
        party: &Party,
        purpose: vestibule_store::tx::KeyPurpose,
        [key, cert]: [&str; 2],
    ) {
        use base64::Engine as _;
        use vestibule_journeys::keys;
        let lines: String = key.lines().filter(|line| !line.starts_with("-----")).collect();
        let pkcs8 = base64::engine::general_purpose::STANDARD.decode(lines).unwrap();
        let certificate = vestibule_xmlsec::keys::read_certificates(cert.as_bytes()).unwrap().remove(0);
        let made = keys::MadeKey { private: keys::PrivateKey::from_pkcs8(pkcs8), certificate };
        let (id, ctx) = (party.connection, self.ctx());
        let sealer = self.services.store.sealer();
        let key = keys::seal_connection_key(id, purpose, &made, ctx.now, sealer, ctx.random()).unwrap();
        let event = self.event(Fact::KeyChanged {
            purpose: "connection".to_owned(),
            key: key.id.clone(),
            change: KeyChange::Made,
        });
        let saved = self
            .services
            .store
            .write(move |tx| Box::pin(async move { tx.insert_connection_key(id, &key, &event).await }));
        saved.await.unwrap();
    }
}
