//! What is wanted, as a file says it. Each part knows its line, so that a message can name it.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use vestibule_domain::account::{Account, AccountKind, AccountPath, AccountSettings};
use vestibule_domain::application::ApplicationSettings;
use vestibule_domain::branding::{LogoError, LogoFile, LogoKind};
use vestibule_domain::connection::{Connection, SamlSettings};
use vestibule_domain::enforcement::Method;
use vestibule_domain::grants::{Granted, Reach};
use vestibule_domain::id::{AccountId, ConnectionId};
use vestibule_domain::metadata::MetadataNote;
use vestibule_domain::name::{DomainName, EmailAddress, Slug, SubDomain};
use vestibule_domain::user::{ConsoleRole, Profile, User, UserState};
use vestibule_domain::webhook::{WebhookSecret, WebhookSettings};

/// All that a file wants.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Accounts, the platform among them under the empty path.
    pub accounts: Vec<WantedAccount>,
    /// Applications.
    pub applications: Vec<WantedApplication>,
    /// Webhooks.
    pub webhooks: Vec<WantedWebhook>,
    /// On what of what is there it rests.
    pub seen: Seen,
}

/// What somebody saw before they said what they want: where it has another version by the time at which it is planned,
/// nothing is. Without it a wish that says "as it is" would take back what somebody else changed meanwhile.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Accounts, with their versions.
    pub accounts: Vec<(AccountId, i64)>,
    /// Connections, with theirs.
    pub connections: Vec<(ConnectionId, i64)>,
}

impl Seen {
    /// An account, and a connection of it.
    pub fn of(account: &Account, connection: Option<&Connection>) -> Self {
        Self {
            accounts: vec![(account.id, account.version)],
            connections: connection.map(|it| (it.id, it.version)).into_iter().collect(),
        }
    }
}

/// An account and what belongs to it.
#[derive(Debug, Clone)]
pub struct WantedAccount {
    /// Its line, from 1.
    pub line: usize,
    /// Where it stands in the tree; an account never moves.
    pub path: AccountPath,
    /// What it is; none: as it is, a customer where it is new.
    pub kind: Option<AccountKind>,
    /// Its name for people.
    pub name: String,
    /// Where its people sign in.
    pub sub_domain: WantedSubDomain,
    /// All else.
    pub settings: AccountSettings,
    /// The picture whose name stands in its branding.
    pub logo: Option<WantedLogo>,
    /// Its connections.
    pub connections: Vec<WantedConnection>,
    /// Its e-mail domains.
    pub domains: Vec<WantedDomain>,
    /// Its people, as far as they are to be known beforehand.
    pub users: Vec<WantedUser>,
}

impl WantedAccount {
    /// The account as it is: what is not named in it stays.
    pub fn as_it_is(account: &Account) -> Self {
        Self {
            line: 0,
            path: account.path.clone(),
            kind: None,
            name: account.name.clone(),
            sub_domain: WantedSubDomain::AsItIs,
            settings: account.settings.clone(),
            logo: None,
            connections: Vec::new(),
            domains: Vec::new(),
            users: Vec::new(),
        }
    }
}

/// A picture for the head of pages.
#[derive(Clone, PartialEq, Eq)]
pub struct WantedLogo {
    /// The name that it has here.
    pub file: LogoFile,
    /// The picture.
    pub content: Vec<u8>,
}

impl WantedLogo {
    /// Of a picture.
    ///
    /// # Errors
    /// It is too long, or of no kind that browsers show.
    pub fn new(content: Vec<u8>) -> Result<Self, LogoError> {
        let kind = LogoKind::of(&content)?;
        Ok(Self { file: LogoFile::new(kind, digest(&SHA256, &content).as_ref()), content })
    }
}

impl fmt::Debug for WantedLogo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WantedLogo").field(&self.file).finish()
    }
}

/// The sub-domain that an account is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedSubDomain {
    /// As it is; a new account's is proposed from its path (MX-16).
    AsItIs,
    /// None.
    None,
    /// This one.
    Label(SubDomain),
}

/// A connection.
#[derive(Debug, Clone)]
pub struct WantedConnection {
    /// Its line.
    pub line: usize,
    /// Its identity, where it brings one along, so that its addresses are known beforehand; none: as it is, or drawn.
    pub id: Option<ConnectionId>,
    /// Its short name, unique in the account.
    pub name: Slug,
    /// How far it is to be set up; none: as it is.
    pub state: Option<WantedState>,
    /// All its settings.
    pub saml: SamlSettings,
    /// What an administrator should know of the metadata that they were read from; told where the plan changes them.
    pub notes: Vec<MetadataNote>,
}

/// How far a connection is to be set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WantedState {
    /// Not in force.
    Draft,
    /// In force.
    Active(Activation),
    /// Out of force for now.
    Paused,
}

/// On whose word a connection is put in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// A test's that passed.
    AfterTest,
    /// The operator's, whatever the tests say.
    ByOperator,
}

/// An e-mail domain.
#[derive(Debug, Clone)]
pub struct WantedDomain {
    /// Its line.
    pub line: usize,
    /// The domain.
    pub name: DomainName,
    /// Whether it is proved.
    pub proof: Proof,
    /// The connection for its people; none: any of the account's.
    pub connection: Option<Slug>,
}

/// Whether a domain is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The account only says that it is its own; a TXT record may prove it.
    Claimed,
    /// The operator vouches for it.
    Operator,
}

/// A person who is to be known beforehand.
#[derive(Debug, Clone)]
pub struct WantedUser {
    /// Their line.
    pub line: usize,
    /// What is known of them. What is absent stays as it is.
    pub profile: Profile,
    /// Whether they may sign in.
    pub state: UserState,
    /// What they may do in the console.
    pub console_role: Option<ConsoleRole>,
    /// Whom they may let in, where they are an approver.
    pub approves: Option<Reach>,
    /// What they are given in applications; none: what they have.
    pub granted: Option<Granted>,
    /// How they sign in (HY-27).
    pub method: Method,
    /// Whether they may sign in by password whatever is demanded (MX-33).
    pub break_glass: bool,
    /// Whether they are told by mail how they sign in, when they are created.
    pub invite: bool,
    /// How connections will name them (HY-24).
    pub identities: Vec<WantedIdentity>,
}

/// How a connection will name a person.
#[derive(Debug, Clone)]
pub struct WantedIdentity {
    /// Its line.
    pub line: usize,
    /// The connection, of the person's account.
    pub connection: Slug,
    /// One value for each part of the connection's subject key.
    pub values: Vec<String>,
    /// Whether it stands for others of the account too, among whom the person chooses (XC-6).
    pub shared: bool,
}

/// An application.
#[derive(Debug, Clone)]
pub struct WantedApplication {
    /// Its line.
    pub line: usize,
    /// `client_id`.
    pub client_id: String,
    /// The account that it serves alone.
    pub account: Option<AccountPath>,
    /// All else.
    pub settings: ApplicationSettings,
}

/// A webhook.
#[derive(Debug, Clone)]
pub struct WantedWebhook {
    /// Its line.
    pub line: usize,
    /// Its name.
    pub name: Slug,
    /// The account of whose sub-tree it is told; none: the whole deployment.
    pub account: Option<AccountPath>,
    /// Whether it is told; none: as it is, and a new one is.
    pub is_enabled: Option<bool>,
    /// What signs.
    pub secrets: Vec<WebhookSecret>,
    /// All else.
    pub settings: WebhookSettings,
}

impl WantedUser {
    /// The person as they are.
    pub fn as_it_is(user: &User) -> Self {
        Self {
            line: 0,
            profile: user.profile.clone(),
            state: user.state,
            console_role: user.console_role,
            approves: user.grants.approves.clone(),
            granted: None,
            method: user.sign_in.method,
            break_glass: user.sign_in.break_glass_since.is_some(),
            invite: false,
            identities: Vec::new(),
        }
    }

    /// Their address.
    pub fn email(&self) -> Option<&EmailAddress> {
        self.profile.email.as_ref()
    }
}
