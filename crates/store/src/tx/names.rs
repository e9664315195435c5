//! The names that enums of the domain have in the database.

use vestibule_domain::account::AccountKind;
use vestibule_domain::api::ApiAccess;
use vestibule_domain::attempt::{Progress, Purpose};
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::enforcement::Method;
use vestibule_domain::user::{ConsoleRole, UserState};
use vestibule_domain::waiting::ApplicantState;
use vestibule_domain::ways::Behind;

use crate::StoreError;
use crate::tx::{DeliveryState, DomainProof, KeyPurpose, MailKind, SignInOutcome};
use crate::value::{Row, Value};

/// An enum that stands as a word in a column.
pub(crate) trait Name: Copy + Sized + 'static {
    /// Each variant with its word.
    const WORDS: &'static [(Self, &'static str)];

    /// The word. Written by a match, so that a new variant cannot be forgotten.
    fn word(self) -> &'static str;
}

/// As a parameter.
pub(crate) fn word<T: Name>(value: T) -> Value<'static> {
    Value::from(value.word())
}

impl Row {
    pub(crate) fn word<T: Name>(&self, column: usize) -> Result<T, StoreError> {
        self.parsed(column, |text| T::WORDS.iter().find(|(_, word)| *word == text).map(|(value, _)| *value))
    }

    pub(crate) fn word_or_null<T: Name>(&self, column: usize) -> Result<Option<T>, StoreError> {
        if self.text_or_null(column)?.is_none() { Ok(None) } else { self.word(column).map(Some) }
    }
}

macro_rules! names {
    ($($kind:ident { $($variant:ident = $word:literal),* })*) => {$(
        impl Name for $kind {
            const WORDS: &'static [(Self, &'static str)] = &[$(($kind::$variant, $word)),*];

            fn word(self) -> &'static str {
                match self {
                    $($kind::$variant => $word),*
                }
            }
        }
    )*};
}

names! {
    AccountKind { Platform = "platform", Reseller = "reseller", Customer = "customer" }
    ApiAccess { Read = "read", Write = "write", Trust = "trust" }
    ApplicantState {
        Waiting = "waiting", SecondStep = "second_step", Approved = "approved", Refused = "refused"
    }
    Behind { Waits = "waits", Beside = "beside" }
    ConnectionState { Draft = "draft", Tested = "tested", Active = "active", Paused = "paused" }
    ConsoleRole { Operator = "operator", Support = "support", AccountAdmin = "account_admin", Approver = "approver" }
    DeliveryState { Waiting = "waiting", Delivered = "delivered", GivenUp = "given_up", Dropped = "dropped" }
    DomainProof { Dns = "dns", Operator = "operator" }
    KeyPurpose { Signing = "signing", Decryption = "decryption" }
    MailKind { Link = "link", Invitation = "invitation", BreakGlass = "break_glass", Notice = "notice" }
    Method { Account = "account", Sso = "sso", Password = "password" }
    Progress { Started = "started", Asserted = "asserted", Finished = "finished", Refused = "refused" }
    Purpose { Application = "application", Account = "account", Test = "test" }
    SignInOutcome { SignedIn = "signed_in", Waits = "waits", NotAdmitted = "not_admitted", Refused = "refused" }
    UserState { Active = "active", Suspended = "suspended" }
}
