//! Who may do what, where: the one function that every page and command asks.
//!
//! - Nobody reaches beyond the account that they are of and those below it. An approver reaches their own account
//!   alone, and in it no more than their [`Reach`].
//! - [`ConsoleRole::Operator`] and [`ConsoleRole::Support`] are the vendor's: of an account other than the platform an
//!   operator is worth an account admin, and support sees their own sub-tree.
//! - What an account is permitted is decided above it: nobody widens their own permission.
//! - Nobody gives more than they reach themselves, and nobody decides about themselves.

use crate::account::AccountPath;
use crate::grants::{Reach, Scopes};
use crate::id::UserId;
use crate::user::ConsoleRole;

/// Somebody with a role in the console.
#[derive(Debug, Clone, Copy)]
pub struct Actor<'a> {
    /// Who.
    pub user: UserId,
    /// As what.
    pub role: ConsoleRole,
    /// Of which account.
    pub home: &'a AccountPath,
    /// Whom an approver may let in. None: nobody.
    pub approves: Option<&'a Reach>,
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action<'a> {
    /// See who waits, and what is known of them.
    SeeWaiting,
    /// Let somebody in who waits, with this.
    Approve(Giving<'a>),
    /// Let somebody in for good whom an approver let in before, where the account wants a second step.
    Confirm(Giving<'a>),
    /// Not let somebody in who waits.
    Refuse,
    /// Make somebody who waits one with a user, who is the person of the [`Place`].
    Merge,
    /// Ask for somebody else to be let in, with this.
    AskOnBehalf(Giving<'a>),
    /// Change what a person may do in applications.
    Grant(Giving<'a>),
    /// Give a person a role in the console, or take it.
    GrantConsoleRole(ConsoleRole),
    /// Say what an account is permitted ([`Permitted`](crate::ways::Permitted)).
    SetPermitted,
    /// Put a connection in force that was set up by a link.
    ActivateConnection,
    /// Say what an account permits the accounts below it.
    SetChildren,
    /// Let an account use single sign-on, or not (SC-5).
    SetEntitlement,
    /// Keep a person from signing in, or no longer.
    Suspend,
    /// See a person's sessions.
    ListSessions,
    /// End them.
    EndSessions,
    /// Say how a person signs in (HY-27).
    SetMethod,
    /// See that an account is there, how it is set up, and how its sign-ins end.
    SeeAccount,
    /// See the connections of an account, and what is weak about them.
    SeeConnections,
    /// Change them: what is trusted, and whether it is in force.
    ChangeConnection,
    /// See that a person is there, and how far they may sign in; without what is personal.
    SeeUsers,
    /// See what is personal: names, addresses, subjects.
    SeePersonal,
    /// See the audit log of an account.
    SeeAudit,
    /// See the applications that an account's people may sign in to.
    SeeApplications,
    /// See whom the events of an account are told, and what became of it.
    SeeWebhooks,
    /// See which keys of ours sign: the vendor's people alone.
    SeeKeys,
    /// Change how an account is set and how its pages look, as far as no other action says more, or make one below it.
    ChangeAccount,
    /// Say which e-mail domains are an account's, and give them back.
    ChangeDomains,
    /// Say that an e-mail domain is an account's, without a record that proves it.
    VouchForDomain,
    /// Make a person known, and take an identity from them.
    ChangeUsers,
    /// Say whom the events of an account are told, and send them again.
    ChangeWebhooks,
    /// See the set-up links of an account, make one, and take it back.
    SetupLinks,
    /// See the API keys of an account, make one, and take it back.
    ApiKeys,
    /// Make the next key that signs before its time.
    RotateKeys,
    /// Read what the mails of an account say.
    SeeMailTexts,
    /// Forget a person for good.
    Erase,
    /// Take an application away.
    RemoveApplication,
    /// Say whether personal values of kept answers are shown to those who may see what is personal.
    SetInspector,
}

/// What somebody would give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Giving<'a> {
    /// These scopes. None: none.
    pub scopes: Option<&'a Scopes>,
    /// Whether a role is among it that is not bound to scopes.
    pub beyond_scopes: bool,
}

/// Where, and about whom.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The account.
    pub account: &'a AccountPath,
    /// The person, where they are one of ours.
    pub person: Option<Person>,
    /// The scopes that were asked for. None: none were.
    pub scopes: Option<&'a Scopes>,
}

/// A person whom something is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: UserId,
    /// What they may do in the console.
    pub role: Option<ConsoleRole>,
}

impl<'a> Place<'a> {
    /// An account, and nobody in it.
    pub const fn account(account: &'a AccountPath) -> Self {
        Self { account, person: None, scopes: None }
    }
}

/// Whether somebody may do something.
pub fn may(actor: &Actor<'_>, action: Action<'_>, place: &Place<'_>) -> bool {
    if !actor.home.holds(place.account) || is_about_oneself(actor, action, place) {
        return false;
    }
    // A role in the console is never taken over by an identity that somebody merged (A25.2).
    if action == Action::Merge && place.person.is_none_or(|person| person.role.is_some()) {
        return false;
    }
    let is_vendors = *actor.home == AccountPath::ROOT;
    if action == Action::SeeKeys {
        return is_vendors && is_vendors_role(Some(actor.role));
    }
    if action == Action::RotateKeys {
        return is_vendors && actor.role == ConsoleRole::Operator;
    }
    match actor.role {
        ConsoleRole::Operator if is_vendors => true,
        ConsoleRole::Operator | ConsoleRole::AccountAdmin => as_admin(actor, action, place),
        ConsoleRole::Support => as_support(action),
        ConsoleRole::Approver => actor.home == place.account && as_approver(actor.approves, action, place),
    }
}

/// Whether somebody may see who waits, anywhere at all.
pub fn sees_waiting(actor: &Actor<'_>) -> bool {
    may(actor, Action::SeeWaiting, &Place::account(actor.home))
}

/// Nobody decides about themselves; one's own sessions are another matter.
fn is_about_oneself(actor: &Actor<'_>, action: Action<'_>, place: &Place<'_>) -> bool {
    let is_harmless = sees(action) || matches!(action, Action::SeeWaiting | Action::EndSessions);
    !is_harmless && place.person.is_some_and(|person| person.id == actor.user)
}

/// What changes nothing.
const fn sees(action: Action<'_>) -> bool {
    matches!(
        action,
        Action::ListSessions
            | Action::SeeAccount
            | Action::SeeConnections
            | Action::SeeUsers
            | Action::SeePersonal
            | Action::SeeAudit
            | Action::SeeApplications
            | Action::SeeWebhooks
            | Action::SeeKeys
            | Action::SeeMailTexts
    )
}

/// Everything is seen but what is personal, and nothing is changed.
fn as_support(action: Action<'_>) -> bool {
    action == Action::SeeWaiting || (sees(action) && action != Action::SeePersonal)
}

fn as_admin(actor: &Actor<'_>, action: Action<'_>, place: &Place<'_>) -> bool {
    match action {
        Action::SeeWaiting
        | Action::Approve(_)
        | Action::Refuse
        | Action::Merge
        | Action::AskOnBehalf(_)
        | Action::Grant(_)
        | Action::SetChildren
        | Action::ActivateConnection
        | Action::ListSessions
        | Action::SeeAccount
        | Action::SeeConnections
        | Action::ChangeConnection
        | Action::SeeUsers
        | Action::SeePersonal
        | Action::SeeAudit
        | Action::SeeApplications
        | Action::SeeWebhooks
        | Action::SeeMailTexts
        | Action::ChangeAccount
        | Action::ChangeDomains
        | Action::ChangeWebhooks
        | Action::SetupLinks
        | Action::ApiKeys
        | Action::SetInspector => true,
        // The vendor's people are the vendor's.
        Action::Suspend | Action::EndSessions | Action::SetMethod | Action::ChangeUsers => {
            place.person.is_none_or(|person| !is_vendors_role(person.role))
        }
        Action::GrantConsoleRole(role) => {
            !is_vendors_role(Some(role)) && place.person.is_none_or(|person| !is_vendors_role(person.role))
        }
        // From above alone.
        Action::SetPermitted => actor.home != place.account,
        Action::Confirm(_)
        | Action::SetEntitlement
        | Action::SeeKeys
        | Action::VouchForDomain
        | Action::RotateKeys
        | Action::Erase
        | Action::RemoveApplication => false,
    }
}

fn is_vendors_role(role: Option<ConsoleRole>) -> bool {
    matches!(role, Some(ConsoleRole::Operator | ConsoleRole::Support))
}

fn as_approver(approves: Option<&Reach>, action: Action<'_>, place: &Place<'_>) -> bool {
    // That their account is there: the page on which they begin.
    if action == Action::SeeAccount {
        return true;
    }
    match (approves, action) {
        (
            Some(Reach::Account),
            Action::SeeWaiting | Action::Approve(_) | Action::Refuse | Action::Merge | Action::AskOnBehalf(_),
        ) => true,
        // Who asked for nothing may be let in by everybody, to what is theirs.
        (Some(Reach::Scopes(own)), Action::SeeWaiting) => place.scopes.is_none_or(|asked| own.meets(asked)),
        (Some(Reach::Scopes(own)), Action::Approve(giving)) => {
            place.scopes.is_none_or(|asked| own.meets(asked)) && is_within(own, giving)
        }
        (Some(Reach::Scopes(own)), Action::AskOnBehalf(giving)) => is_within(own, giving),
        // Whoever asked for nothing, or for more, may be another approver's to let in.
        (Some(Reach::Scopes(own)), Action::Refuse) => place.scopes.is_some_and(|asked| own.holds(asked)),
        _ => false,
    }
}

fn is_within(own: &Scopes, giving: Giving<'_>) -> bool {
    !giving.beyond_scopes && giving.scopes.is_some_and(|given| own.holds(given))
}

#[cfg(test)]
mod tests;
