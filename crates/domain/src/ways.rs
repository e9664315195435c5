//! By whose connections the people of an account may sign in.
//!
//! The account above says what is permitted, for each child or for all of them; the account chooses within that; and
//! an account hands down what it has itself. So one walk from the platform down to the account decides, and nothing
//! that an account sets for itself can widen what stands above it.

use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::id::AccountId;

/// What an account is permitted by the account above it (MX-21).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permitted {
    /// The connections of the account above alone.
    Inherit,
    /// Connections of its own alone: "sub-accounts only" (MX-19, MX-34).
    #[default]
    Own,
    /// Both.
    Both,
    /// None at all.
    Forbidden,
}

/// What an account chooses of what it is permitted (MX-28, MX-29).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInBy {
    /// Its own connections; where none of them is active, those of the account above. As far as either is permitted.
    #[default]
    OwnFirst,
    /// Its own alone.
    Own,
    /// Those of the account above alone.
    Inherit,
    /// Its own, and those of the account above beside them.
    Both,
    /// None: single sign-on is switched off, and what is set up stays (XC-26, MX-20).
    Off,
}

/// Whether the vendor lets an account use single sign-on; withheld goes for all that is below it too (SC-5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entitlement {
    /// It may.
    #[default]
    Granted,
    /// Connections stay as they are and sign nobody in.
    Withheld,
}

/// By whose connections people may sign in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ways {
    /// The accounts whose connections they are: the account itself first, then upwards. Empty: none.
    pub sources: Vec<Source>,
    /// Why there is none.
    pub why_not: Option<WhyNot>,
}

/// An account whose connections are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Whose they are.
    pub account: AccountId,
    /// What becomes of the sources behind it.
    pub behind: Behind,
}

/// What becomes of the sources behind one, while it has an active connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    /// They wait: they are used only while it has none.
    Waits,
    /// They are offered beside it.
    Beside,
}

/// Why nobody signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyNot {
    /// The vendor withholds it, at this account.
    NotEntitled(AccountId),
    /// The account switched it off.
    Off,
    /// The account above forbids it.
    Forbidden,
    /// The account chose what it is not permitted, or not any more.
    NotPermitted,
    /// It may only inherit, and the account above has nothing to hand down.
    NothingAbove,
}

impl Ways {
    /// Whether these are the account's own connections, or lead to those of this account above it.
    pub fn lead_to(&self, account: AccountId) -> bool {
        self.sources.iter().any(|source| source.account == account)
    }
}

impl SignInBy {
    /// Whether this may be chosen. What needs no permission is always open.
    pub const fn fits(self, permitted: Permitted) -> bool {
        match self {
            Self::OwnFirst | Self::Off => true,
            Self::Own => permitted.own(),
            Self::Inherit => permitted.inherit(),
            Self::Both => permitted.own() && permitted.inherit(),
        }
    }

    const fn own(self) -> bool {
        matches!(self, Self::OwnFirst | Self::Own | Self::Both)
    }

    const fn inherit(self) -> bool {
        matches!(self, Self::OwnFirst | Self::Inherit | Self::Both)
    }
}

impl Permitted {
    /// Whether connections of the account's own are permitted.
    pub const fn own(self) -> bool {
        matches!(self, Self::Own | Self::Both)
    }

    /// Whether those of the account above are.
    pub const fn inherit(self) -> bool {
        matches!(self, Self::Inherit | Self::Both)
    }
}

/// What is permitted to an account below another; the root, which has none above it, uses its own.
pub fn permitted(account: &Account, above: Option<&Account>) -> Permitted {
    above.map_or(Permitted::Own, |above| account.settings.permitted.unwrap_or(above.settings.children))
}

/// The ways of the last account of a chain that begins at the root, each the parent of the next. None for no account.
pub fn ways(chain: &[&Account]) -> Ways {
    let mut above: Option<(&Account, Ways)> = None;
    for account in chain {
        let next = below(account, above.as_ref().map(|(above, ways)| (*above, ways)));
        above = Some((account, next));
    }
    above.map(|(_, ways)| ways).unwrap_or_default()
}

/// The ways of an account, from those of the account above it.
pub fn below(account: &Account, above: Option<(&Account, &Ways)>) -> Ways {
    let settings = &account.settings;
    let withheld_above = above.and_then(|(_, ways)| match ways.why_not {
        Some(WhyNot::NotEntitled(at)) => Some(at),
        _ => None,
    });
    let withheld = (settings.entitlement == Entitlement::Withheld).then_some(account.id);
    if let Some(at) = withheld_above.or(withheld) {
        return none(WhyNot::NotEntitled(at));
    }
    let permitted = permitted(account, above.map(|(above, _)| above));
    match (permitted, settings.sign_in) {
        (Permitted::Forbidden, _) => return none(WhyNot::Forbidden),
        (_, SignInBy::Off) => return none(WhyNot::Off),
        _ => {}
    }
    let (own, inherit) = (permitted.own() && settings.sign_in.own(), permitted.inherit() && settings.sign_in.inherit());
    let behind = if settings.sign_in == SignInBy::Both { Behind::Beside } else { Behind::Waits };
    let mut sources: Vec<Source> = own.then_some(Source { account: account.id, behind }).into_iter().collect();
    if let Some((_, above)) = above.filter(|_| inherit) {
        sources.extend(&above.sources);
    }
    match (sources.is_empty(), inherit) {
        (false, _) => Ways { sources, why_not: None },
        (true, true) => none(WhyNot::NothingAbove),
        (true, false) => none(WhyNot::NotPermitted),
    }
}

fn none(why_not: WhyNot) -> Ways {
    Ways { sources: Vec::new(), why_not: Some(why_not) }
}

#[cfg(test)]
mod tests;
