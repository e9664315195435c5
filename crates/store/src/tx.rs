//! What a unit of work can do: one inherent method per question or change, grouped in files by the story it serves.

mod accounts;
mod answers;
mod api_answers;
mod api_keys;
mod applications;
mod brands;
#[cfg(feature = "bench")]
mod bulk;
mod certificates;
mod codes;
mod connections;
mod console_setups;
mod counts;
mod domains;
mod events;
mod groups;
mod housekeeping;
mod kept_messages;
mod keys;
mod lists;
mod logouts;
mod mails;
mod names;
mod overview;
mod passwords;
mod people;
#[cfg(test)]
mod plans;
mod refresh_families;
mod refreshes;
mod sealed;
mod second_factors;
mod session_applications;
mod sessions;
mod setup_links;
mod sign_in;
mod sites;
mod statements;
mod user_lists;
mod users;
mod waiting;
mod ways;
mod webhook_deliveries;
mod webhooks;

pub use answers::{RECENT_ANSWERS, RECENT_REFUSALS, RecentAnswer, Ring};
pub use api_answers::Begun;
#[cfg(feature = "bench")]
pub use bulk::Filling;
pub use codes::{NewCode, NewToken, Redeemed, TokenRecord};
pub use connections::{ConnectionHead, ConnectionKey, KeyPurpose};
pub use console_setups::{ConsoleNote, ConsoleSetup, MAX_OBSERVED};
pub use counts::{DayCount, HourCount, SignInOutcome};
pub use domains::{ClaimProof, DomainClaim, DomainProof, Domains, ProvedDomain, Proving};
pub use events::EventFilter;
pub use groups::{GroupCount, GroupFilter, MOST_COUNTED};
pub use kept_messages::{KEPT_MESSAGES, KeptBy, KeptHead, KeptMessage, KeptOutcome, KeptRing};
pub use keys::StoredKey;
pub use lists::{AccountFilter, ConnectionFilter, ListedConnection};
pub use logouts::{EndedSession, Named, SessionName};
pub use mails::{MailAbout, MailKind, StoredLetter, WaitingMail};
pub use overview::{EndingCertificate, WaitingCount};
pub use passwords::{PasswordChange, PasswordHolder, PasswordSignIn, StoredPassword};
pub use refresh_families::{FamilyRecord, NewFamily, NewOwnToken, Renewal, Renewed};
pub use refreshes::{DueRefresh, Refresh, RefreshNote};
pub use sealed::{SealedKind, SealedPlace, SealedRow};
pub use second_factors::{NewTotp, SecondStep, StoredTotp};
pub use session_applications::{ToTell, Untold, Waiting};
pub use sessions::{NewSession, SessionsOf};
pub use setup_links::SetupNote;
pub use sign_in::{AttemptFacts, Continuation, Finish, Recorded, Replay, UserChange};
pub use sites::{NewSiteSession, SiteFacts, SiteVersions};
pub use user_lists::{UserFilter, UserKey, UserOrder};
pub use users::EmailMatch;
pub use waiting::{ApplicantFilter, ApplicantKey, ApplicantOrder, DecideApplicant, Waited, WaitingPlace};
pub use ways::Way;
pub use webhook_deliveries::{Delivery, DeliveryKey, DeliveryState, Ending, LoggedDelivery, NewDelivery, Retry};
pub use webhooks::{StoredWebhook, WebhookChange};

pub(crate) use statements::{Access, Backend, Dialect};

/// A unit of work's view of the database: a transaction that begins with the unit and is committed after it.
pub struct Tx {
    backend: Backend,
    access: Access,
    /// A statement failed: PostgreSQL takes no further one in this transaction, so SQLite does not either.
    failed: bool,
}
