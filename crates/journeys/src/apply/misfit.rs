//! What cannot be as the file wants it.

use std::fmt;

use thiserror::Error;
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::enforcement::NotDemanded;
use vestibule_domain::id::ConnectionId;
use vestibule_domain::identity::SubjectProblem;
use vestibule_domain::lifecycle::NotActivated;
use vestibule_domain::name::NameError;
use vestibule_domain::setting::SettingProblem;
use vestibule_domain::webhook::MAX_WEBHOOKS;
use vestibule_store::{SealError, StoreError};

/// Why nothing is changed.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// Parts of what is wanted cannot be.
    #[error("{}", Listed(.0))]
    Misfits(Vec<Misfit>),
    /// Somebody else changed something between the plan and its execution.
    #[error("something was changed by somebody else meanwhile, so nothing was applied; apply again")]
    Stale,
    /// The set-up link on whose word it was is over.
    #[error("the set-up link is over, so nothing was changed")]
    LinkOver,
    /// A key could not be made.
    #[error("a key for {connection} could not be made: {problem}")]
    Key {
        /// The connection.
        connection: String,
        /// The maker's words.
        problem: String,
    },
    /// A key could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for ApplyError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale { .. } => Self::Stale,
            error => Self::Store(error),
        }
    }
}

/// Something in the file that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {what}: {reason}")]
pub struct Misfit {
    /// The line of the thing, from 1.
    pub line: usize,
    /// The thing, such as `connection acme/entra`.
    pub what: String,
    /// Why not, and what would do.
    pub reason: Reason,
}

/// Why something cannot be, and what would do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Reason {
    /// The same thing twice.
    #[error("it stands in line {first} already; leave one of the two out")]
    Twice {
        /// The line of the first.
        first: usize,
    },
    /// A site that two applications have.
    #[error("the site {site} is the application {client_id}'s; a site has one application")]
    SiteTaken {
        /// The site.
        site: String,
        /// Whose it is.
        client_id: String,
    },
    /// The account above is missing.
    #[error("there is no account {parent:?} above it, neither in the file nor in the database; add it")]
    NoParent {
        /// The path above.
        parent: String,
    },
    /// The account above has none below it.
    #[error("{parent:?} is a customer, which has no accounts below it; give that one the kind \"reseller\"")]
    ParentIsCustomer {
        /// The path above.
        parent: String,
    },
    /// A customer that has accounts below it.
    #[error("it has accounts below it, such as {child:?}, so its kind stays \"reseller\"")]
    HasChildren {
        /// One of them.
        child: String,
    },
    /// What is chosen is not permitted.
    #[error(
        "sign_in is {got:?}, and the account above, {above:?}, permits {permitted:?}; choose within that, or let \
         whoever runs {above:?} set `permitted` of this account"
    )]
    NotPermitted {
        /// The choice.
        got: String,
        /// What is permitted.
        permitted: String,
        /// The path of the account that permits it.
        above: String,
    },
    /// An active connection of an account that may have none of its own.
    #[error(
        "state is active, and {above:?} permits the account {permitted:?}: nobody would be signed in; leave it a draft, \
         or let whoever runs {above:?} set permitted to own or both"
    )]
    OwnNotPermitted {
        /// What is permitted.
        permitted: String,
        /// The path of the account that permits it.
        above: String,
    },
    /// More webhooks than there may be.
    #[error(
        "there would be {got} webhooks, and at most {MAX_WEBHOOKS} are told; leave some out, or let one pass events on"
    )]
    TooManyWebhooks {
        /// How many.
        got: usize,
    },
    /// The root is permitted everything.
    #[error("permitted is what an account above says, and the platform has none; leave it out")]
    NothingAbove,
    /// The root has nobody above it whose connections it could use.
    #[error("sign_in is \"inherit\", and nothing stands above the platform; leave it out, or set own")]
    NothingToInherit,
    /// A customer has nobody to permit something.
    #[error("children is {got:?}, and a customer has no accounts below it; leave it out, or set kind to reseller")]
    NoChildren {
        /// What is set.
        got: String,
    },
    /// Single sign-on cannot be demanded (MX-33).
    #[error("single_sign_on cannot be \"required\" for people of {account:?}: {why}")]
    NotDemanded {
        /// The account.
        account: String,
        /// What is missing, and who does it where.
        why: NotDemanded,
    },
    /// Nobody knows where the invitation goes.
    #[error("invite is set, and no email; set email to the address to which the invitation goes, or leave invite out")]
    NoAddress,
    /// Somebody is to have a password where there are none.
    #[error(
        "sign_in is \"password\" or break_glass is set, and {account:?} has passwords = \"off\"; set passwords to \
         managers or all there, or leave the two out"
    )]
    NoPasswords {
        /// The account.
        account: String,
    },
    /// It is another account's, which is not named.
    #[error("{what} is taken; whoever runs the deployment can say by whom")]
    Taken {
        /// What.
        what: String,
    },
    /// The sub-domain is or was another account's, whose old addresses still lead there (MX-16).
    #[error("the sub-domain {label:?} is or was that of account {owner:?}; set another sub_domain")]
    SubDomainTaken {
        /// The label.
        label: String,
        /// The path of the account.
        owner: String,
    },
    /// The sub-domain at which a connection's addresses are to stand is not its account's.
    #[error(
        "the sub-domain {label:?} is not and was never that of the account; set one that is, or leave sub_domain out of \
         the connection: its addresses stay where they are"
    )]
    NotItsSubDomain {
        /// The label.
        label: String,
    },
    /// The sub-domain leads to the deployment itself, so nobody could ever reach the account there.
    #[error(
        "the sub-domain {label:?} is {origin}, the deployment's own address (public_url); one that is the account's \
         alone is wanted: set another sub_domain, or \"\" for none"
    )]
    SubDomainIsOurs {
        /// The label.
        label: String,
        /// The address.
        origin: String,
    },
    /// No sub-domain follows from the path.
    #[error("no sub-domain follows from the path, because {problem}; set sub_domain, or \"\" for none")]
    NoSubDomain {
        /// Why not.
        problem: NameError,
    },
    /// The application is missing.
    #[error("there is no application {client_id:?}, neither in the file nor in the database; add it")]
    NoApplication {
        /// The `client_id`.
        client_id: String,
    },
    /// The account is missing.
    #[error("there is no account {path:?}, neither in the file nor in the database; add it")]
    NoAccount {
        /// The path.
        path: String,
    },
    /// The connection is missing.
    #[error("the account has no connection {name:?}, neither in the file nor in the database; add it")]
    NoConnection {
        /// The name.
        name: String,
    },
    /// An id stays for ever.
    #[error("its id is {present} and stays so; leave id out, or give the new one another name")]
    OtherId {
        /// The present one.
        present: ConnectionId,
    },
    /// The id is another's.
    #[error("the id {got} is that of another connection; leave id out")]
    IdTaken {
        /// The id.
        got: ConnectionId,
    },
    /// Not in force without grounds.
    #[error("it cannot be active: {why}; {}", to_activate(.why))]
    NotActivated {
        /// What is missing.
        why: NotActivated,
    },
    /// From this state to that one nothing leads.
    #[error("it is {} and cannot become {}; {}", word(*.from), word(*.to), .fix)]
    State {
        /// The present state.
        from: ConnectionState,
        /// The wanted one.
        to: ConnectionState,
        /// What would do.
        fix: &'static str,
    },
    /// A setting that may not be saved.
    #[error("{0}")]
    Setting(SettingProblem),
    /// A domain of somebody else.
    #[error(
        "{domain} is proved for another account, {owner:?}; if it is no longer that one's, \
         `vestibule domain remove {domain} --account {owner:?}` gives it back first"
    )]
    DomainTaken {
        /// The domain.
        domain: String,
        /// The path of its owner.
        owner: String,
    },
    /// Nothing tells who is meant.
    #[error("nothing tells who it is; set email, or an identity")]
    NobodyNamed,
    /// An approver of nothing.
    #[error(
        "console_role is approver, and nothing says whom they may let in; set approves = \"account\", or to scopes such \
         as approves = {{ site = [\"berlin\"] }}"
    )]
    NoReach,
    /// A reach of somebody who lets nobody in by it.
    #[error("approves is for whoever has console_role = \"approver\"; set that, or leave approves out")]
    NoApprover,
    /// Several people are meant.
    #[error("{got} people of the account have this e-mail address; name them by an identity")]
    EmailAmbiguous {
        /// How many.
        got: usize,
    },
    /// The identities and the address lead to different people.
    #[error(
        "its e-mail address and its identities belong to different people; an administrator has to decide who is who"
    )]
    DifferentPeople,
    /// An identity stands for several people already, and the file does not say that it may.
    #[error(
        "its identity stands for several people of the account; set shared = true in the identity of each, and a name \
         that tells them apart"
    )]
    NotShared,
    /// Nothing tells somebody from the others who share their identity.
    #[error(
        "its identity is shared, and it has no name; set name to what tells it from the others behind the identity"
    )]
    SharedWithoutName,
    /// The identity is somebody's of another account.
    #[error("its identity belongs to a person of another account")]
    OtherAccount,
    /// A connection without an issuer names nobody.
    #[error("the connection {connection:?} has no issuer yet, which is part of who people are there; set it first")]
    NoIssuer {
        /// The connection.
        connection: String,
    },
    /// The subject cannot be made.
    #[error("{0}")]
    Subject(SubjectProblem),
}

impl Reason {
    /// The same for whoever may not see the account whose something is.
    pub(crate) fn without_owner(self) -> Self {
        let what = match self {
            Self::DomainTaken { domain, .. } => format!("the domain {domain}"),
            Self::SubDomainTaken { label, .. } => format!("the sub-domain {label:?}"),
            Self::IdTaken { got } => format!("the id {got}"),
            other => return other,
        };
        Self::Taken { what }
    }
}

struct Listed<'a>(&'a [Misfit]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, misfit) in self.0.iter().enumerate() {
            write!(f, "{}{misfit}", if place == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

/// A state as files name it.
pub(super) const fn word(state: ConnectionState) -> &'static str {
    match state {
        ConnectionState::Draft => "draft",
        ConnectionState::Tested => "tested",
        ConnectionState::Active => "active",
        ConnectionState::Paused => "paused",
    }
}

/// What is to be done before a connection can be active.
fn to_activate(why: &NotActivated) -> &'static str {
    match why {
        NotActivated::Untested | NotActivated::EditedSince { .. } => {
            "set state = \"draft\" and test it, or say activate = \"operator\" to vouch for it yourself"
        }
        NotActivated::Active | NotActivated::Incomplete { .. } | NotActivated::Expired => {
            "set state = \"draft\" until then"
        }
    }
}
