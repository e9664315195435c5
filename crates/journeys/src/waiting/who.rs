//! Who looks at a waiting room.

use vestibule_domain::account::Account;
use vestibule_domain::event::Actor as EventActor;
use vestibule_domain::grants::{Reach, Scopes};
use vestibule_domain::name::EmailAddress;
use vestibule_domain::permission::{self, Action, Actor, Giving, Person, Place};
use vestibule_domain::user::{ConsoleRole, Profile, User};

use super::list::PAGE;
use crate::ctx::Ctx;
use crate::problem::Problem;

/// Somebody who is signed in and has a role in the console.
#[derive(Debug)]
pub struct Who {
    /// The person.
    pub user: User,
    /// Their account.
    pub home: Account,
    /// Whom the audit log names for what they do.
    pub by: EventActor,
    /// How many rows a page of a list has.
    pub rows: u32,
}

/// Who comes to a waiting room.
#[derive(Debug)]
pub enum Comes {
    /// Nobody who is signed in.
    Nobody,
    /// Somebody who may see who waits, and typed a password and nothing else: of a password alone nothing is opened.
    PasswordAlone(Box<Account>),
    /// Somebody who may.
    Who(Box<Who>),
}

/// Whose session this is.
///
/// # Errors
/// [`Problem::NotFound`] for somebody without a role that lets them see who waits.
pub async fn who(ctx: &Ctx, session: Option<[u8; 32]>) -> Result<Comes, Problem> {
    let Some(hash) = session else { return Ok(Comes::Nobody) };
    let now = ctx.now;
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some((session, user)) = tx.session(&hash, now).await? else { return Ok::<_, Problem>(None) };
            Ok(Some((session.is_by_password_alone(), user, tx.account(session.account).await?)))
        })
    });
    match found.await? {
        None => Ok(Comes::Nobody),
        Some((by_password_alone, Some(user), Some(home))) => match Who::person(user, home) {
            who if !who.sees_waiting() => Err(Problem::NotFound),
            who if by_password_alone => Ok(Comes::PasswordAlone(Box::new(who.home))),
            who => Ok(Comes::Who(Box::new(who))),
        },
        Some(_) => Err(Problem::NotFound),
    }
}

impl Who {
    /// Somebody who is signed in.
    pub fn person(user: User, home: Account) -> Self {
        let by = EventActor::User(user.id);
        Self { user, home, by, rows: PAGE }
    }

    /// Whether somebody of this account sees who waits, anywhere.
    pub fn sees_waiting(&self) -> bool {
        self.actor().is_some_and(|actor| permission::sees_waiting(&actor))
    }

    /// Whether they may do something to somebody in an account. `person` is the user that it is about, if there is one.
    pub(super) fn may(&self, action: Action<'_>, account: &Account, about: About<'_>) -> bool {
        let own_address = |profile: &Profile| {
            let key = |profile: &Profile| profile.email.as_ref().map(|email| EmailAddress::key(email).to_owned());
            key(profile).is_some() && key(profile) == key(&self.user.profile)
        };
        // Whoever waits with my address is me.
        let is_oneself = account.id == self.home.id && about.profile.is_some_and(own_address);
        let oneself = is_oneself.then_some(Person { id: self.user.id, role: self.user.console_role });
        let person = about.user.map(|user| Person { id: user.id, role: user.console_role });
        let place = Place { account: &account.path, person, scopes: about.scopes };
        let may = |place: &Place<'_>| self.actor().is_some_and(|actor| permission::may(&actor, action, place));
        may(&place)
            && oneself
                .is_none_or(|person| action == Action::SeeWaiting || may(&Place { person: Some(person), ..place }))
    }

    /// The scopes beyond which they give nothing; none: they give what there is.
    pub(super) fn own_scopes(&self) -> Option<&Scopes> {
        match (self.user.console_role, &self.user.grants.approves) {
            (Some(ConsoleRole::Approver), Some(Reach::Scopes(own))) => Some(own),
            _ => None,
        }
    }

    /// What they may give if they may give anything.
    pub(super) fn most(&self) -> Giving<'_> {
        Giving { scopes: self.own_scopes(), beyond_scopes: false }
    }

    pub(crate) fn actor(&self) -> Option<Actor<'_>> {
        Some(Actor {
            user: self.user.id,
            role: self.user.console_role?,
            home: &self.home.path,
            approves: self.user.grants.approves.as_ref(),
        })
    }
}

/// Whom something is about.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct About<'a> {
    /// What is known of whoever waits.
    pub(super) profile: Option<&'a Profile>,
    /// What was asked for them.
    pub(super) scopes: Option<&'a Scopes>,
    /// A user.
    pub(super) user: Option<&'a User>,
}
