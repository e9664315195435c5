//! Who looks, as what, and at which part of the tree.

use jiff::{SignedDuration, Timestamp};
use vestibule_domain::account::{Account, AccountPath};
use vestibule_domain::event::Actor as EventActor;
use vestibule_domain::grants::Reach;
use vestibule_domain::permission::{self, Action, Actor, Person, Place};
use vestibule_domain::session::Session;
use vestibule_domain::user::{ConsoleRole, User};
use vestibule_store::StoreError;

use super::PAGE;
use crate::ctx::Ctx;
use crate::problem::Problem;
use crate::waiting::Who;

/// So long ago somebody has authenticated at most who changes what is trusted (A27.3).
pub const FRESH: SignedDuration = SignedDuration::from_mins(10);

/// Who comes to the console.
#[derive(Debug)]
pub enum Entered {
    /// Nobody who is signed in.
    Nobody,
    /// Somebody without a role in it, of this account.
    Stranger(Box<Account>),
    /// Somebody with one who typed a password and nothing else: of a password alone nothing of the console is opened.
    PasswordAlone(Box<Account>),
    /// Somebody with one.
    Viewer(Box<Viewer>),
}

/// Somebody with a role in the console.
#[derive(Debug)]
pub struct Viewer {
    /// The person.
    pub user: User,
    /// Their role.
    pub role: ConsoleRole,
    /// Their account: they see it and what is below it.
    pub home: Account,
    /// The session in which they look. A program has none.
    pub session: Option<Session>,
    /// Whom the audit log names for what they do.
    pub by: EventActor,
    /// When they authenticated. A program that may change what is trusted does so with each request.
    pub authenticated_at: Timestamp,
    /// How many rows a page of a list has.
    pub rows: u32,
}

/// What is personal: there for whoever may see it.
#[derive(Clone, PartialEq, Eq)]
pub enum Shown<T> {
    /// This.
    This(T),
    /// It is not theirs to see.
    Withheld,
}

/// An account within somebody's reach, and those between it and their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The account.
    pub account: Account,
    /// From their own account down to this one: path and name.
    pub chain: Vec<(AccountPath, String)>,
}

/// Whose session this is, and what they may do here.
///
/// # Errors
/// Those of the store.
pub async fn enter(ctx: &Ctx, session: Option<[u8; 32]>) -> Result<Entered, Problem> {
    let Some(hash) = session else { return Ok(Entered::Nobody) };
    let now = ctx.now;
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some((session, user)) = tx.session(&hash, now).await? else { return Ok::<_, Problem>(None) };
            let home = tx.account(session.account).await?;
            Ok(home.map(|home| (session, user, home)))
        })
    });
    Ok(match found.await? {
        None => Entered::Nobody,
        Some((session, Some(user), home)) => match user.console_role {
            Some(_) if session.is_by_password_alone() => Entered::PasswordAlone(Box::new(home)),
            Some(role) => Entered::Viewer(Box::new(Viewer::person(user, role, home, session))),
            None => Entered::Stranger(Box::new(home)),
        },
        Some((_, None, home)) => Entered::Stranger(Box::new(home)),
    })
}

impl Viewer {
    fn person(user: User, role: ConsoleRole, home: Account, session: Session) -> Self {
        let (by, authenticated_at) = (EventActor::User(user.id), session.authentication.authn_instant);
        Self { user, role, home, session: Some(session), by, authenticated_at, rows: PAGE }
    }

    /// Whether they may do something in an account.
    pub fn may(&self, action: Action<'_>, account: &AccountPath) -> bool {
        self.may_at(action, &Place::account(account))
    }

    /// Whether they may do something about a person of an account.
    pub fn may_about(&self, action: Action<'_>, account: &AccountPath, person: &User) -> bool {
        let person = Some(Person { id: person.id, role: person.console_role });
        self.may_at(action, &Place { account, person, scopes: None })
    }

    fn may_at(&self, action: Action<'_>, place: &Place<'_>) -> bool {
        let actor = Actor {
            user: self.user.id,
            role: self.role,
            home: &self.home.path,
            approves: self.user.grants.approves.as_ref(),
        };
        permission::may(&actor, action, place)
    }

    /// The same before a waiting room.
    pub fn who(&self) -> Who {
        Who { user: self.user.clone(), home: self.home.clone(), by: self.by.clone(), rows: self.rows }
    }

    /// Whether they see who waits in their account, whoever asked for what.
    pub fn sees_all_who_wait(&self) -> bool {
        let is_scoped = matches!(self.user.grants.approves, Some(Reach::Scopes(_)));
        self.may(Action::SeeWaiting, &self.home.path) && !(self.role == ConsoleRole::Approver && is_scoped)
    }

    /// Whether they authenticated a short while ago.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now.duration_since(self.authenticated_at) <= FRESH
    }

    /// Them, for the audit log.
    pub fn actor(&self) -> EventActor {
        self.by.clone()
    }

    /// What is personal of people of an account, where it is theirs to see.
    pub fn shown<T>(&self, account: &AccountPath, what: T) -> Shown<T> {
        if self.may(Action::SeePersonal, account) { Shown::This(what) } else { Shown::Withheld }
    }

    /// The account at a path, or their own, where they may do this.
    pub(crate) async fn spot(
        &self,
        ctx: &Ctx,
        path: Option<AccountPath>,
        action: Action<'static>,
    ) -> Result<Spot, Problem> {
        let path = path.unwrap_or_else(|| self.home.path.clone());
        if !self.may(action, &path) {
            return Err(Problem::NotFound);
        }
        let found = ctx.store.read(move |tx| {
            Box::pin(async move {
                match tx.account_by_path(&path).await? {
                    Some(account) => Ok::<_, StoreError>(Some(tx.chain_to(account.id).await?)),
                    None => Ok(None),
                }
            })
        });
        self.spot_of(found.await?.unwrap_or_default()).ok_or(Problem::NotFound)
    }

    fn spot_of(&self, chain: Vec<Account>) -> Option<Spot> {
        let within = chain.iter().filter(|account| self.home.path.holds(&account.path));
        let shown = within.map(|account| (account.path.clone(), account.name.clone())).collect();
        let account = chain.into_iter().next_back()?;
        Some(Spot { account, chain: shown })
    }
}

impl<T> Shown<T> {
    /// It, where it is theirs to see.
    pub fn this(&self) -> Option<&T> {
        match self {
            Self::This(it) => Some(it),
            Self::Withheld => None,
        }
    }
}

/// Without it.
impl<T> std::fmt::Debug for Shown<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.this().is_some() { "This(…)" } else { "Withheld" })
    }
}
