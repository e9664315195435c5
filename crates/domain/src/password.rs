//! Passwords beside single sign-on: who may use one, which may be chosen, and for how long links are good.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::account::{Account, AccountKind};
use crate::enforcement::{Demand, Method};
use crate::name::EmailAddress;
use crate::user::{ConsoleRole, User, UserState};

/// The fewest characters of a password. NIST SP 800-63B-4 §3.1.1.2 asks for 15 where a password is all, and 8 beside a
/// second factor.
pub const MIN_LENGTH: usize = 12;

/// The most characters of a password. NIST asks for 64 at least; a bound keeps the work of hashing small.
pub const MAX_LENGTH: usize = 128;

/// The fewest different characters: what repeats one or a few is guessed first.
const MIN_DIFFERENT: usize = 5;

/// How long a link is good by which a password is set.
pub const LINK_LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// How long the link of an invitation is good: people are invited on the eve of a holiday.
pub const INVITATION_LIFETIME: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How long a link is good by which the first operator comes in.
pub const OPERATOR_LINK_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// Who of an account may sign in with a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Passwords {
    /// Nobody; at the platform its operators alone, for nobody could let them in otherwise.
    #[default]
    Off,
    /// Whoever has a role in the console (CC-5).
    Managers,
    /// Everybody.
    All,
}

/// Whether people who sign in with a password say a code of an authenticator too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactor {
    /// Whoever set one up.
    #[default]
    Optional,
    /// All of them: whoever has none sets one up at the next sign-in.
    Required,
}

/// Whether a password opens an account for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// It does not.
    Closed,
    /// It does.
    Open,
    /// It does for them alone, whom the account names for the day on which nothing else opens it (MX-33).
    BreakGlass,
}

/// Whether a person may sign in to their account with a password, and have mails about one.
pub fn may_use(account: &Account, user: &User) -> bool {
    door(account, user) != Door::Closed
}

/// The door for passwords, as a person finds it.
pub fn door(account: &Account, user: &User) -> Door {
    if user.account != account.id || user.state != UserState::Active || !is_offered(account) {
        return Door::Closed;
    }
    if is_open(account, user) {
        Door::Open
    } else if user.sign_in.break_glass_since.is_some() {
        Door::BreakGlass
    } else {
        Door::Closed
    }
}

fn is_open(account: &Account, user: &User) -> bool {
    let settings = &account.settings;
    match (settings.single_sign_on.of_user(user), user.sign_in.method) {
        (Demand::Required, _) | (_, Method::Sso) => false,
        (_, Method::Password) => true,
        (_, Method::Account) => match settings.passwords {
            Passwords::All => true,
            Passwords::Managers => user.console_role.is_some(),
            Passwords::Off => user.console_role == Some(ConsoleRole::Operator),
        },
    }
}

/// Whether the account's pages offer a password at all, whoever comes.
pub fn is_offered(account: &Account) -> bool {
    account.settings.passwords != Passwords::Off || account.kind == AccountKind::Platform
}

/// Why a password may not be chosen. None of the messages has it in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unfit {
    /// Too few characters.
    #[error("the password has {got} characters, wanted are {MIN_LENGTH} at least; whoever chooses it adds some")]
    TooShort {
        /// How many there are.
        got: usize,
    },
    /// Too many characters.
    #[error("the password has {got} characters, wanted are {MAX_LENGTH} at most; whoever chooses it takes some away")]
    TooLong {
        /// How many there are.
        got: usize,
    },
    /// It repeats a few characters.
    #[error(
        "the password has {got} different characters, wanted are {MIN_DIFFERENT}; whoever chooses it takes another"
    )]
    Repeats {
        /// How many different ones there are.
        got: usize,
    },
    /// It is a name that everybody knows: the person's address, the account or the product, with little around it.
    #[error("the password is the person's address or a name of ours; whoever chooses it takes another")]
    Known,
    /// It became known elsewhere, and stands on the operator's list (NIST SP 800-63B-4 §3.1.1.2).
    #[error("the password is on the list of those that became known elsewhere; whoever chooses it takes another")]
    Leaked,
}

/// Whether a password may be chosen, by its characters alone: there are no rules of composition (NIST SP 800-63B-4
/// §3.1.1.2). `names` are those that the person sees while they choose: the account's and the product's.
///
/// # Errors
/// See [`Unfit`].
pub fn check(password: &str, email: &EmailAddress, names: &[&str]) -> Result<(), Unfit> {
    let length = password.chars().count();
    if length < MIN_LENGTH {
        return Err(Unfit::TooShort { got: length });
    }
    if length > MAX_LENGTH {
        return Err(Unfit::TooLong { got: length });
    }
    let mut different: Vec<char> = password.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < MIN_DIFFERENT {
        return Err(Unfit::Repeats { got: different.len() });
    }
    let plain = plain(password);
    let local = email.as_str().split('@').next().unwrap_or_default();
    let known = [email.as_str(), local, email.domain()].into_iter().chain(names.iter().copied());
    if known.map(self::plain).any(|name| name.chars().count() > 2 && is_mostly(&plain, &name)) {
        return Err(Unfit::Known);
    }
    Ok(())
}

/// Letters and digits, in lower case.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a password is a name, once or several times, with four characters around it at most.
fn is_mostly(password: &str, name: &str) -> bool {
    let rest: String = password.split(name).collect();
    rest.len() < password.len() && rest.chars().count() <= 4
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(password: &str) -> Result<(), Unfit> {
        check(password, &"ada.lindqvist@acme.example".parse().unwrap(), &["Acme", "Orchard"])
    }

    #[test]
    fn characters_are_counted_and_not_octets_and_none_is_demanded() {
        assert_eq!(chosen("elf zeichen"), Err(Unfit::TooShort { got: 11 }));
        assert_eq!(chosen("zwölf äpfel!"), Ok(()));
        assert_eq!(chosen("correct horse battery staple"), Ok(()));
        let long: String = "abcdefgh".chars().cycle().take(129).collect();
        assert_eq!(chosen(&long), Err(Unfit::TooLong { got: 129 }));
        assert_eq!(chosen(&long[1..]), Ok(()));
    }

    #[test]
    fn what_repeats_a_few_characters_is_refused() {
        assert_eq!(chosen("abcdabcdabcd"), Err(Unfit::Repeats { got: 4 }));
        assert_eq!(chosen("abcdeabcdeabcde"), Ok(()));
    }

    #[test]
    fn the_persons_address_and_the_names_on_the_page_are_no_passwords() {
        for known in [
            "ada.lindqvist@acme.example",
            "AdaLindqvist2026",
            "Orchard-Orchard!",
            "acme acme acme 1",
            "orchardacme.example",
        ] {
            let expected = if known.starts_with("orchardacme") { Ok(()) } else { Err(Unfit::Known) };
            assert_eq!(chosen(known), expected, "{known}");
        }
    }
}
