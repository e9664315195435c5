//! People of an account, and how identity providers know them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::enforcement::SignInRule;
use crate::grants::Grants;
use crate::id::{AccountId, ConnectionId, UserId};
use crate::name::EmailAddress;

/// A person of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The identity that applications see as `sub`; it never changes.
    pub id: UserId,
    /// Whose they are.
    pub account: AccountId,
    /// Whether they may sign in.
    pub state: UserState,
    /// What is known of them.
    pub profile: Profile,
    /// What they may do in our own console; none for nearly everybody. Such a person is never linked by e-mail (A25.2).
    pub console_role: Option<ConsoleRole>,
    /// What they were given here, which no sign-in changes.
    pub grants: Grants,
    /// How they sign in, where that is set for them (HY-27).
    pub sign_in: SignInRule,
    /// When they were created.
    pub created_at: Timestamp,
    /// Counts the changes.
    pub version: i64,
}

/// The most characters of a name by which a list is sorted.
const MAX_NAME_KEY: usize = 200;

impl User {
    /// The key by which a list sorts people by name.
    pub fn name_key(&self) -> String {
        crate::waiting::called(&self.profile).to_lowercase().chars().take(MAX_NAME_KEY).collect()
    }
}

/// Whether a person may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserState {
    /// They may.
    Active,
    /// They may not, whatever an identity provider says (HY-2).
    Suspended,
}

/// What a person may do in our own console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsoleRole {
    /// Everything. Of another account than the platform: as an account admin.
    Operator,
    /// See everything, change nothing. Of another account than the platform: what is below it.
    Support,
    /// Their account and those below it.
    AccountAdmin,
    /// Let people of their account in, as far as [`Grants::approves`] reaches.
    Approver,
}

/// What is known of a person.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// The name that the application knows them by (CC-12).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The e-mail address as received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    /// Whether the account has proved the domain of the address. Set by [`crate::admission`], never by a claim (A25.2).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub email_verified: bool,
    /// The name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// The family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Roles in applications.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// Groups, by object id or name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Properties that the account maps beyond these.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub more: BTreeMap<String, Vec<String>>,
}

impl Profile {
    /// This profile with what it lacks from another: what was known before somebody first signed in.
    #[must_use]
    pub fn filled_from(mut self, known: &Self) -> Self {
        let one = |value: &mut Option<String>, known: &Option<String>| {
            if value.is_none() {
                value.clone_from(known);
            }
        };
        one(&mut self.name, &known.name);
        one(&mut self.display_name, &known.display_name);
        one(&mut self.given_name, &known.given_name);
        one(&mut self.family_name, &known.family_name);
        if self.email.is_none() {
            self.email.clone_from(&known.email);
            self.email_verified = known.email_verified;
        }
        if self.roles.is_empty() {
            self.roles.clone_from(&known.roles);
        }
        if self.groups.is_empty() {
            self.groups.clone_from(&known.groups);
        }
        for (name, values) in &known.more {
            self.more.entry(name.clone()).or_insert_with(|| values.clone());
        }
        self
    }
}

/// The most characters of a group's name by which people are listed.
const MAX_GROUP_KEY: usize = 200;

impl Profile {
    /// The groups under which a list has the person: each once, without what no line can show.
    pub fn group_keys(&self) -> BTreeSet<String> {
        let key = |name: &String| name.chars().filter(|c| !c.is_control()).take(MAX_GROUP_KEY).collect::<String>();
        self.groups.iter().map(key).filter(|key| !key.is_empty()).collect()
    }

    /// The values of a property, by the name that mappings give it; none where the person has none.
    pub fn property(&self, name: &str) -> Vec<&str> {
        fn one(value: Option<&String>) -> Vec<&str> {
            value.into_iter().map(String::as_str).collect()
        }
        match name {
            "name" => one(self.name.as_ref()),
            "email" => self.email.as_ref().map(EmailAddress::as_str).into_iter().collect(),
            "display_name" => one(self.display_name.as_ref()),
            "given_name" => one(self.given_name.as_ref()),
            "family_name" => one(self.family_name.as_ref()),
            "roles" => self.roles.iter().map(String::as_str).collect(),
            "groups" => self.groups.iter().map(String::as_str).collect(),
            more => self.more.get(more).into_iter().flatten().map(String::as_str).collect(),
        }
    }
}

impl fmt::Debug for Profile {
    /// Personal through and through.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Profile(…)")
    }
}

/// How a person is known at a connection: immutable once linked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject(String);

impl Subject {
    /// The text that is stored and compared byte by byte (A25.3). Made by [`crate::identity`] from an accepted
    /// assertion, or by an administrator who names a person beforehand (HY-24).
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subject(…)")
    }
}

/// The link between a connection's subject and a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// At which connection.
    pub connection: ConnectionId,
    /// As whom.
    pub subject: Subject,
    /// Which person.
    pub user: UserId,
    /// Since when.
    pub linked_at: Timestamp,
}
