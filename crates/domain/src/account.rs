//! Accounts: tenants in a tree.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::branding::Branding;
use crate::enforcement::Enforcement;
use crate::id::AccountId;
use crate::mapping::Claim;
use crate::name::{EmailAddress, Slug, SubDomain};
use crate::password::{Passwords, SecondFactor};
use crate::session::SessionSettings;
use crate::setup::SetupActivation;
use crate::waiting::WaitingSettings;
use crate::ways::{Entitlement, Permitted, SignInBy};

/// How deep the tree may be, its root counted.
pub const MAX_DEPTH: usize = 8;

/// A tenant: the platform at the root, resellers, and the companies whose people sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its identity, which no change of name touches.
    pub id: AccountId,
    /// The account above it; none for the platform alone.
    pub parent: Option<AccountId>,
    /// Its slug and those of all accounts above it.
    pub path: AccountPath,
    /// What it is.
    pub kind: AccountKind,
    /// Its name for people.
    pub name: String,
    /// Where its people sign in; its connections' addresses are below it (MX-5).
    pub sub_domain: Option<SubDomain>,
    /// All else that may be set.
    pub settings: AccountSettings,
    /// How its pages look: what its settings say of it, and what accounts above it have. Resolved when one of them is
    /// saved; what stands here is not saved with the account.
    pub brand: Branding,
    /// How long its sessions last, and how they begin: resolved and kept as the looks are.
    pub sessions: SessionSettings,
    /// Counts its changes; caches compare it.
    pub version: i64,
}

/// What an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// The root: the vendor.
    Platform,
    /// Has accounts of its own below it.
    Reseller,
    /// A company whose people sign in.
    Customer,
}

/// What may be set for an account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccountSettings {
    /// Who may come in that is not known yet. Default: only people who were invited.
    pub admission: Admission,
    /// Whether a page with a button stands before the identity provider, where there is one connection only.
    pub start: Start,
    /// What becomes of a person with an e-mail address of a domain that is not proved for the account (A25.1).
    /// Default: they are refused.
    pub unproved_email: UnprovedEmail,
    /// Claims without which nobody is let in, each named on the page that says so (MX-7, HY-29). Default: none.
    pub required_claims: Vec<Claim>,
    /// The application to which people go who began at the account's own address. Default: their own page.
    pub application: Option<String>,
    /// Who helps the account's people.
    pub contact: Option<Contact>,
    /// Whether people of the account see the details of a refusal. Default: only the code.
    pub show_details: Details,
    /// By whose connections its people sign in, as far as it is permitted. Default: its own first (MX-28).
    pub sign_in: SignInBy,
    /// What the account above permits it. Default: what that one permits its children (MX-21).
    pub permitted: Option<Permitted>,
    /// What it permits the accounts directly below it, where nothing else is said of one. Default: connections of
    /// their own alone (MX-34).
    pub children: Permitted,
    /// Whether the vendor lets it, and all below it, use single sign-on. Default: it does (SC-5).
    pub entitlement: Entitlement,
    /// Who may sign in with a password (CC-5). Default: nobody.
    pub passwords: Passwords,
    /// How its pages and mails look, and those of accounts below it (MX-15). Default: as above it.
    #[serde(skip_serializing_if = "Branding::is_empty")]
    pub branding: Branding,
    /// Its waiting room, where people have to be let in ([`Admission::Waiting`]).
    pub waiting: WaitingSettings,
    /// Whether people who sign in with a password say a code too. Default: whoever set that up.
    pub second_factor: SecondFactor,
    /// On whose word a connection is put in force that somebody set up by a link. Default: whoever has the link, while
    /// the account has nobody yet whom that could lock out or impersonate (A27.3).
    pub setup_activation: SetupActivation,
    /// What each class of its people does with single sign-on. Default: they may use it (MX-33, XC-27).
    pub single_sign_on: Enforcement,
    /// Whether personal values of kept answers are shown to those who may see what is personal. Default: to nobody.
    pub inspector: Inspector,
    /// How long its sessions last, and those of accounts below it, and how they begin (SC-28). Default: as above it.
    #[serde(skip_serializing_if = "SessionSettings::is_empty")]
    pub sessions: SessionSettings,
}

impl AccountSettings {
    /// Whether these and others may give the account, or one below it, different [ways](crate::ways).
    pub fn ways_differ(&self, others: &Self) -> bool {
        let of = |it: &Self| (it.sign_in, it.permitted, it.children, it.entitlement);
        of(self) != of(others)
    }

    /// Whether these and others may give the account's people different doors for passwords.
    pub fn password_doors_differ(&self, others: &Self) -> bool {
        (self.passwords, &self.single_sign_on) != (others.passwords, &others.single_sign_on)
    }
}

/// Who may come in that is not known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Admission {
    /// Whoever the connection vouches for is created at the first sign-in (CC-17, XC-7).
    Create,
    /// Only people who exist already.
    #[default]
    InvitedOnly,
    /// Whoever the connection vouches for waits until somebody of the account lets them in (SC-15).
    Waiting,
    /// The application keeps its own users; nothing is stored here.
    PassThrough,
}

/// What becomes of an e-mail address whose domain is not proved for the account: an identity provider may say only
/// that its own people have its own addresses (A25.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnprovedEmail {
    /// The person is not let in, and told which domain it is.
    #[default]
    Refuse,
    /// The person is let in without it: it is neither stored nor told to any application. For accounts with guests,
    /// whose addresses belong to other companies (E-35).
    Withhold,
}

/// What stands before the identity provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// A page with a button (SC-25).
    #[default]
    Button,
    /// Nothing: the browser goes there at once (HY-28).
    Direct,
}

/// To whom the details of a refusal are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Details {
    /// To nobody at the page of a refusal; they are in the connection's recent answers.
    #[default]
    Hidden,
    /// To whoever is refused: for a time of setting up.
    Shown,
}

/// To whom the inspector shows personal values: names, addresses, what claims say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inspector {
    /// To nobody: of what kind they are, how long, and whether they are the same as last time.
    #[default]
    Redacted,
    /// To those who may see what is personal in the account. Each look is in the audit log.
    Open,
}

/// Who helps the account's people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// A name or a team.
    pub name: String,
    /// Where they are written to.
    pub email: EmailAddress,
}

/// The slugs from the account below the platform to the account itself. The platform's is empty.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct AccountPath(Vec<Slug>);

/// Why an account cannot stand where it should.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AccountPathError {
    /// More than eight levels.
    #[error("{got:?} would be deeper than {MAX_DEPTH} levels, the platform counted")]
    TooDeep {
        /// The path.
        got: String,
    },
    /// A part that is no slug.
    #[error("{got:?} is not a path of short names with slashes between")]
    Malformed {
        /// The path.
        got: String,
    },
}

impl AccountPath {
    /// The platform's.
    pub const ROOT: Self = Self(Vec::new());

    /// Reads `reseller/customer`; empty for the platform.
    ///
    /// # Errors
    /// A part is no slug, or there are more than [`MAX_DEPTH`] levels.
    pub fn parse(text: &str) -> Result<Self, AccountPathError> {
        if text.is_empty() {
            return Ok(Self::ROOT);
        }
        let slugs: Result<Vec<Slug>, _> = text.split('/').map(str::parse).collect();
        let slugs = slugs.map_err(|_| AccountPathError::Malformed { got: text.to_owned() })?;
        if slugs.len() >= MAX_DEPTH {
            return Err(AccountPathError::TooDeep { got: text.to_owned() });
        }
        Ok(Self(slugs))
    }

    /// The path of an account of this slug below.
    ///
    /// # Errors
    /// The tree would be deeper than [`MAX_DEPTH`].
    pub fn child(&self, slug: Slug) -> Result<Self, AccountPathError> {
        let mut slugs = self.0.clone();
        slugs.push(slug);
        let path = Self(slugs);
        if path.0.len() >= MAX_DEPTH { Err(AccountPathError::TooDeep { got: path.to_string() }) } else { Ok(path) }
    }

    /// The path of the account above; none for the platform.
    pub fn parent(&self) -> Option<Self> {
        let (_, above) = self.0.split_last()?;
        Some(Self(above.to_vec()))
    }

    /// An account for people: its path, or `platform`.
    pub fn shown(&self) -> String {
        if *self == Self::ROOT { "platform".to_owned() } else { self.to_string() }
    }

    /// The account's own slug; none for the platform.
    pub fn slug(&self) -> Option<&Slug> {
        self.0.last()
    }

    /// Whether the other is this account or stands below it.
    pub fn holds(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }
}

impl fmt::Display for AccountPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, slug) in self.0.iter().enumerate() {
            write!(f, "{}{slug}", if place == 0 { "" } else { "/" })?;
        }
        Ok(())
    }
}

impl fmt::Debug for AccountPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_at_most_eight_levels_deep() {
        assert!(AccountPath::parse("a/b/c/d/e/f/g").is_ok(), "seven below the platform");
        let got = "a/b/c/d/e/f/g/h".to_owned();
        assert_eq!(AccountPath::parse(&got), Err(AccountPathError::TooDeep { got: got.clone() }));
        let seven = AccountPath::parse("a/b/c/d/e/f/g").unwrap();
        assert_eq!(seven.child("h".parse().unwrap()), Err(AccountPathError::TooDeep { got }));
    }

    #[test]
    fn an_account_holds_itself_and_what_is_below_it_and_no_neighbour_of_a_longer_name() {
        let path = |text| AccountPath::parse(text).unwrap();
        assert!(path("north").holds(&path("north")));
        assert!(path("north").holds(&path("north/acme")));
        assert!(!path("north").holds(&path("northwind")));
        assert!(AccountPath::ROOT.holds(&path("north")));
        assert!(!path("north").holds(&AccountPath::ROOT));
    }
}
