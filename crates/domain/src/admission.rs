//! Who is let in.
//!
//! Decided here, where A25.1 and A25.2 of the known attacks leave a choice:
//!
//! - Only the subject identifies. An e-mail address joins a person to a user once, at the first sign-in at a
//!   connection, and only where its domain is proved for the account, exactly one user of the account has it, and
//!   that user has no role in the console and no subject at this connection yet.
//! - An address of a domain that is not proved for the account is never stored or told to an application, neither for
//!   new people nor for known ones. By default such a person is refused, and the refusal names the domain; an account
//!   with guests may have the address withheld instead ([`UnprovedEmail`]). What an administrator has set stands.
//! - A person without an address is judged by the subject alone, so a connection that sends none works. One that was
//!   known before and is not said again stays, and counts as verified only while its domain is proved.
//! - Where an address belongs to somebody who may not be joined, nobody is created beside them: a second user with
//!   the address of the first is how a freed address would inherit (A25.3). A human has to decide.

use thiserror::Error;
use vestibule_saml::sp::Party;

use crate::account::{Admission, UnprovedEmail};
use crate::enforcement::{Demand, Enforcement};
use crate::id::AccountId;
use crate::mapping::Mapped;
use crate::name::EmailAddress;
use crate::user::{Profile, User, UserState};

/// What the decision needs, loaded by the caller.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The account of the connection.
    pub account: AccountId,
    /// Who may come in that is not known yet.
    pub admission: Admission,
    /// What becomes of addresses of others' domains.
    pub unproved_email: UnprovedEmail,
    /// What each class of the account's people does with single sign-on.
    pub enforcement: &'a Enforcement,
    /// The user who has the subject at the connection; where several have it, the one who was chosen.
    pub known: Option<&'a User>,
    /// Whether others have the subject too.
    pub shared: Shared,
    /// The users of the account who have the mapped e-mail address, compared by its key.
    pub candidates: &'a [Candidate],
    /// Whether the domain of the mapped e-mail address is proved for the account, whether the answer says the address
    /// or it was known before. Means nothing where there is none.
    pub email_domain: EmailDomain,
}

/// Whether a subject stands for several users of the account (XC-6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shared {
    /// For one at most. What the identity provider says of its person is said of them.
    No,
    /// For several, among whom the person chose: what they are called, and what they may do, tells them apart, so an
    /// administrator says it, and the identity provider does not.
    Yes,
}

/// Whether a domain is the account's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailDomain {
    /// It is proved for the account, and if for one connection only, for this one.
    Proved,
    /// It is nobody's, another account's, or another connection's.
    NotProved,
}

/// A user with the same e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The user.
    pub user: User,
    /// Whether they have a subject at the connection already.
    pub here: IdentityHere,
}

/// Whether a user has a subject at a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityHere {
    /// None.
    None,
    /// One, or several.
    Some,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Let the user in, who has the subject.
    Admit {
        /// With the profile as it should be now.
        user: User,
        /// Whether it differs from what is stored.
        profile: ProfileChange,
    },
    /// Give the user the subject, for ever, and let them in.
    LinkAndAdmit {
        /// With the profile as it should be now.
        user: User,
        /// Whether it differs from what is stored.
        profile: ProfileChange,
    },
    /// Create an active user of the account with the subject, and let them in.
    Create {
        /// What is known of them.
        profile: Profile,
    },
    /// Have the person wait until somebody lets them in.
    Wait {
        /// What is known of them.
        profile: Profile,
    },
    /// Let the person in and store nothing.
    PassThrough {
        /// What is known of them.
        profile: Profile,
    },
    /// Do not let them in.
    Refuse(NotAdmitted),
}

/// Whether a profile has to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileChange {
    /// It is as it was.
    None,
    /// Store it.
    Save,
}

/// Why somebody whom the identity provider vouches for is not let in.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotAdmitted {
    /// Nobody knows them, and only known people may come in.
    #[error("nobody has invited this person, and the account lets in invited people only")]
    NotInvited,
    /// They are suspended.
    #[error("this person is suspended")]
    Suspended,
    /// They sign in with a password (XC-27, HY-27).
    #[error("this person signs in with a password: single sign-on is switched off for them")]
    PasswordOnly,
    /// Their e-mail address belongs to a domain that is not the account's.
    #[error(
        "the e-mail address ends with {domain:?}, which is not proved for this account; prove it, or let the identity provider send another address"
    )]
    EmailDomainNotProved {
        /// The domain.
        domain: String,
    },
    /// Their e-mail address is that of a user whom the identity provider knows as somebody else.
    #[error(
        "the e-mail address belongs to a user whom this connection knows by another subject; an administrator has to decide who is who"
    )]
    EmailTaken,
    /// Several users have their e-mail address.
    #[error("{got} users of the account have this e-mail address; an administrator has to link the right one")]
    EmailAmbiguous {
        /// How many.
        got: usize,
    },
    /// The user with their e-mail address has a role in the console.
    #[error(
        "the user with this e-mail address has a role in the console and is never linked by e-mail; an administrator has to link them"
    )]
    ConsoleRole,
    /// So many people wait already that nobody else can.
    #[error("{got} people wait in this account already; an approver has to decide about some of them")]
    WaitingRoomFull {
        /// How many.
        got: u32,
    },
    /// The user who has the subject belongs to another account.
    #[error("the user who is known by this subject belongs to another account than the connection")]
    OtherAccount,
}

impl NotAdmitted {
    /// Its code for people: short, and the same in every release.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotInvited => "NOT-INVITED",
            Self::Suspended => "SUSPENDED",
            Self::PasswordOnly => "PASSWORD-ONLY",
            Self::EmailDomainNotProved { .. } => "EMAIL-DOMAIN",
            Self::EmailTaken => "EMAIL-TAKEN",
            Self::EmailAmbiguous { .. } => "EMAIL-AMBIGUOUS",
            Self::ConsoleRole => "CONSOLE-ROLE",
            Self::WaitingRoomFull { .. } => "WAITING-FULL",
            Self::OtherAccount => "OTHER-ACCOUNT",
        }
    }

    /// Who can change it: the administrators of the account and the deployment, on our side.
    pub const fn fixed_by(&self) -> Party {
        Party::Operator
    }
}

/// Decides about a person whom the identity provider vouches for.
pub fn decide(facts: &Facts<'_>, mapped: &Mapped) -> Decision {
    let mut profile = mapped.profile.clone();
    let is_proved = facts.email_domain == EmailDomain::Proved;
    match &mapped.asserted_email {
        Some(email) if !is_proved => match facts.unproved_email {
            UnprovedEmail::Refuse => {
                let domain = email.domain().to_owned();
                return Decision::Refuse(NotAdmitted::EmailDomainNotProved { domain });
            }
            UnprovedEmail::Withhold => withhold(email, &mut profile, facts.known),
        },
        _ => profile.email_verified = is_proved && profile.email.is_some(),
    }
    match facts.known {
        Some(user) => known(user, profile, facts),
        None => unknown(profile, facts),
    }
}

/// Takes an address of a domain that is not the account's away again; what an administrator has set stands.
fn withhold(asserted: &EmailAddress, profile: &mut Profile, known: Option<&User>) {
    let stored = known.map(|user| &user.profile);
    profile.email = stored.and_then(|stored| stored.email.clone());
    let is_same = profile.email.as_ref().is_some_and(|email| email.key() == asserted.key());
    profile.email_verified = !is_same && stored.is_some_and(|stored| stored.email_verified);
}

fn known(user: &User, mut profile: Profile, facts: &Facts<'_>) -> Decision {
    if user.account != facts.account {
        return Decision::Refuse(NotAdmitted::OtherAccount);
    }
    if user.state == UserState::Suspended {
        return Decision::Refuse(NotAdmitted::Suspended);
    }
    if facts.shared == Shared::Yes {
        // Judged as they are kept: what is said of the one identity is said of all its users.
        if !facts.enforcement.lets_in_by_single_sign_on(user) {
            return Decision::Refuse(NotAdmitted::PasswordOnly);
        }
        let key = |profile: &Profile| profile.email.as_ref().map(|email| email.key().to_owned());
        let mut stored = user.profile.clone();
        if key(&stored) == key(&profile) {
            stored.email_verified = profile.email_verified;
        }
        let (user, profile) = with_profile(user, stored);
        return Decision::Admit { user, profile };
    }
    // An address that another user has already is not taken over: two with one address could never be told apart by
    // it again.
    if facts.candidates.iter().any(|candidate| candidate.user.id != user.id) {
        profile.email.clone_from(&user.profile.email);
        profile.email_verified = user.profile.email_verified;
    }
    let (user, profile) = with_profile(user, profile);
    if !facts.enforcement.lets_in_by_single_sign_on(&user) {
        return Decision::Refuse(NotAdmitted::PasswordOnly);
    }
    Decision::Admit { user, profile }
}

fn unknown(profile: Profile, facts: &Facts<'_>) -> Decision {
    // Whoever is known is judged as they are known.
    let is_off = facts.enforcement.of(None, &profile.roles) == Demand::Off;
    if facts.admission == Admission::PassThrough {
        let off = Decision::Refuse(NotAdmitted::PasswordOnly);
        return if is_off { off } else { Decision::PassThrough { profile } };
    }
    // Without an address nobody is a candidate, whatever the caller loaded.
    let candidates = if profile.email.is_some() { facts.candidates } else { &[] };
    let same_account = |candidate: &&Candidate| candidate.user.account == facts.account;
    let mut candidates = candidates.iter().filter(same_account);
    let decision = match (candidates.next(), candidates.count()) {
        (None, _) => match facts.admission {
            Admission::Create | Admission::Waiting if is_off => Decision::Refuse(NotAdmitted::PasswordOnly),
            Admission::Create => return Decision::Create { profile },
            Admission::Waiting => return Decision::Wait { profile },
            Admission::InvitedOnly | Admission::PassThrough => Decision::Refuse(NotAdmitted::NotInvited),
        },
        (Some(candidate), 0) => join(candidate, profile.clone(), facts.enforcement),
        (Some(_), others) => Decision::Refuse(NotAdmitted::EmailAmbiguous { got: others + 1 }),
    };
    match decision {
        // A human has to decide who is who; here there is one who does.
        Decision::Refuse(NotAdmitted::EmailTaken | NotAdmitted::EmailAmbiguous { .. })
            if facts.admission == Admission::Waiting =>
        {
            if is_off {
                Decision::Refuse(NotAdmitted::PasswordOnly)
            } else {
                Decision::Wait { profile }
            }
        }
        decision => decision,
    }
}

/// Links by e-mail where A25.2 allows it; that the domain is proved was seen before.
fn join(candidate: &Candidate, profile: Profile, enforcement: &Enforcement) -> Decision {
    let Candidate { user, here } = candidate;
    if user.console_role.is_some() {
        return Decision::Refuse(NotAdmitted::ConsoleRole);
    }
    if *here == IdentityHere::Some {
        return Decision::Refuse(NotAdmitted::EmailTaken);
    }
    if user.state == UserState::Suspended {
        return Decision::Refuse(NotAdmitted::Suspended);
    }
    let profile = profile.filled_from(&user.profile);
    let (user, profile) = with_profile(user, profile);
    if !enforcement.lets_in_by_single_sign_on(&user) {
        return Decision::Refuse(NotAdmitted::PasswordOnly);
    }
    Decision::LinkAndAdmit { user, profile }
}

fn with_profile(user: &User, profile: Profile) -> (User, ProfileChange) {
    let change = if user.profile == profile { ProfileChange::None } else { ProfileChange::Save };
    (User { profile, ..user.clone() }, change)
}

#[cfg(test)]
mod tests;
