//! Whether people may, must or may not use single sign-on, by class and by person (MX-33, XC-26, XC-27, HY-27); and when
//! an account may demand it.
//!
//! Who demands single sign-on closes every other door. So it takes proof that this one opens, a test that passed, and
//! that another one is left for the day on which it does not: a break-glass user, whom the account names, who came in
//! by password since.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::connection::{Connection, ConnectionState};
use crate::user::{ConsoleRole, User, UserState};

/// What a class of people does with single sign-on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Demand {
    /// They may not use it: they have passwords. What is set up stays (XC-26).
    Off,
    /// They may use it, and passwords as far as the account gives them any.
    #[default]
    Optional,
    /// They use it and nothing else.
    Required,
}

/// What each class of an account's people does with single sign-on (XC-27).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Enforcement {
    /// Everybody of whom nothing else is said. Default: optional.
    pub people: Demand,
    /// Whoever has a role in the console, whatever their other roles. Default: as for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managers: Option<Demand>,
    /// Whoever has one of these roles, in their profile or given here; of several the strictest counts. Default: none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<String, Demand>,
}

/// How one person signs in (HY-27).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// As the account says.
    #[default]
    Account,
    /// By single sign-on alone, where they may use it.
    Sso,
    /// By a password alone, unless single sign-on is demanded of them.
    Password,
}

/// What is set for one person's sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SignInRule {
    /// How they sign in. Default: as the account says.
    pub method: Method,
    /// Since when the account names them as somebody who may sign in by password whatever is demanded; none: it does
    /// not.
    pub break_glass_since: Option<Timestamp>,
}

impl Enforcement {
    /// What is demanded of somebody with these roles.
    pub fn of<'a>(&self, console_role: Option<ConsoleRole>, roles: impl IntoIterator<Item = &'a String>) -> Demand {
        if console_role.is_some() {
            return self.managers.unwrap_or(self.people);
        }
        roles.into_iter().filter_map(|role| self.roles.get(role)).max().copied().unwrap_or(self.people)
    }

    /// What is demanded of a person: of the roles that their identity provider says and of those that they were given here,
    /// which no answer takes away. An approver gives those, so none of them takes a demand away either.
    pub fn of_user(&self, user: &User) -> Demand {
        match self.of(user.console_role, &user.profile.roles) {
            Demand::Required => Demand::Required,
            _ => self.of(user.console_role, user.profile.roles.iter().chain(&user.grants.granted.roles)),
        }
    }

    /// Whether single sign-on is demanded of anybody.
    pub fn demands(&self) -> bool {
        self.demands_more_than(&Self::default())
    }

    /// Whether it is demanded of a class of which it was not.
    pub fn demands_more_than(&self, before: &Self) -> bool {
        self.says_to_more(Demand::Required, before)
    }

    /// Whether it is switched off for a class for which it was not.
    pub fn closes_more_than(&self, before: &Self) -> bool {
        self.says_to_more(Demand::Off, before)
    }

    fn says_to_more(&self, demand: Demand, before: &Self) -> bool {
        let is_new = |now: Demand, before: Demand| now == demand && before != demand;
        let roles: BTreeSet<&String> = self.roles.keys().chain(before.roles.keys()).collect();
        let of = |it: &Self, role: &String| it.roles.get(role).copied().unwrap_or(it.people);
        is_new(self.people, before.people)
            || is_new(self.managers.unwrap_or(self.people), before.managers.unwrap_or(before.people))
            || roles.into_iter().any(|role| is_new(of(self, role), of(before, role)))
    }

    /// Whether a person may use single sign-on.
    pub fn lets_in_by_single_sign_on(&self, user: &User) -> bool {
        match (self.of_user(user), user.sign_in.method) {
            (Demand::Required, _) | (Demand::Optional, Method::Account | Method::Sso) => true,
            (Demand::Off, _) | (Demand::Optional, Method::Password) => false,
        }
    }
}

/// Somebody who may sign in by password whatever is demanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakGlass {
    /// Who.
    pub user: User,
    /// When they last signed in with their present password.
    pub signed_in_at: Option<Timestamp>,
}

/// On what single sign-on is demanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grounds {
    /// Who opens the door on the day on which nothing else does.
    pub by: BreakGlass,
    /// Since when they had to have signed in.
    pub since: Timestamp,
}

impl Grounds {
    /// Whether they are as they were, by the person as they are now.
    pub fn still_stand(&self, now: &BreakGlass) -> bool {
        let user = &now.user;
        user.id == self.by.user.id
            && user.state == UserState::Active
            && user.sign_in.break_glass_since == self.by.user.sign_in.break_glass_since
            && now.signed_in_at.is_some_and(|at| at > self.since)
    }
}

/// Why single sign-on may not be demanded.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotDemanded {
    /// The account gives no passwords, so there would be no other door.
    #[error(
        "passwords is \"off\", and a break-glass user needs one on the day on which the identity provider does not \
         answer; set passwords to managers or all"
    )]
    NoPasswords,
    /// No connection leads in.
    #[error(
        "no active connection leads into the account; wanted is one whose test passed: set one up, open the address of \
         its test, and make it active"
    )]
    NoConnection,
    /// None was ever tested.
    #[error(
        "no test of {connection:?} has passed; somebody of the account's identity provider opens the address of its \
         test and signs in"
    )]
    Untested {
        /// The connection.
        connection: String,
    },
    /// It was changed since.
    #[error(
        "the last test of {connection:?} that passed is of {tested_at}, and its settings were changed at {edited_at}; \
         somebody opens the address of its test and signs in once more"
    )]
    EditedSince {
        /// The connection.
        connection: String,
        /// When the last test passed.
        tested_at: Timestamp,
        /// When a setting was changed.
        edited_at: Timestamp,
    },
    /// Nobody is named.
    #[error(
        "nobody who may sign in is named as break-glass user; set break_glass = true at one [[account.user]], apply \
         that first, and let them sign in with a password"
    )]
    NoBreakGlass,
    /// Who is named has not signed in by password.
    #[error(
        "no break-glass user has signed in with their password since {since}, when they were named or the tested \
         connection was last changed; got {}; one of them signs in at the account's /sign-in/password",
        .got.map_or_else(|| "no sign-in at all".to_owned(), |at| format!("a sign-in at {at}"))
    )]
    NotSignedIn {
        /// Their last sign-in.
        got: Option<Timestamp>,
        /// Since when one is wanted.
        since: Timestamp,
    },
}

/// Whether an account may begin to demand single sign-on: `leading` are the connections by which its people sign in,
/// `named` its break-glass users.
///
/// # Errors
/// See [`NotDemanded`].
pub fn may_demand(
    gives_passwords: bool,
    leading: &[&Connection],
    named: &[BreakGlass],
) -> Result<Grounds, NotDemanded> {
    if !gives_passwords {
        return Err(NotDemanded::NoPasswords);
    }
    let changed_at = tested(leading)?;
    let mut nearest = None;
    for glass in named.iter().filter(|glass| glass.user.state == UserState::Active) {
        let Some(named_at) = glass.user.sign_in.break_glass_since else { continue };
        let since = named_at.max(changed_at);
        if glass.signed_in_at.is_some_and(|at| at > since) {
            return Ok(Grounds { by: glass.clone(), since });
        }
        nearest = nearest.max(Some((glass.signed_in_at, since)));
    }
    Err(nearest.map_or(NotDemanded::NoBreakGlass, |(got, since)| NotDemanded::NotSignedIn { got, since }))
}

/// Whether an account may go on to demand it: the door that was left must stay.
///
/// # Errors
/// [`NotDemanded::NoPasswords`] and [`NotDemanded::NoBreakGlass`].
pub fn may_go_on(gives_passwords: bool, named: &[BreakGlass]) -> Result<(), NotDemanded> {
    if !gives_passwords {
        return Err(NotDemanded::NoPasswords);
    }
    let is_left =
        |glass: &BreakGlass| glass.user.state == UserState::Active && glass.user.sign_in.break_glass_since.is_some();
    if named.iter().any(is_left) { Ok(()) } else { Err(NotDemanded::NoBreakGlass) }
}

/// When the tested connection was last changed; of several the one that is so for the longest.
fn tested(leading: &[&Connection]) -> Result<Timestamp, NotDemanded> {
    let active = || leading.iter().filter(|connection| connection.state == ConnectionState::Active);
    let is_tested = |connection: &&&Connection| connection.tested_at.is_some_and(|at| at > connection.edited_at);
    if let Some(changed_at) = active().filter(is_tested).map(|connection| connection.edited_at).min() {
        return Ok(changed_at);
    }
    let Some(first) = active().max_by_key(|connection| connection.tested_at) else {
        return Err(NotDemanded::NoConnection);
    };
    let connection = first.name.to_string();
    Err(match first.tested_at {
        None => NotDemanded::Untested { connection },
        Some(tested_at) => NotDemanded::EditedSince { connection, tested_at, edited_at: first.edited_at },
    })
}

#[cfg(test)]
mod tests;
