//! What whoever has a role sees and does in the console: each page is one function here, which answers with plain values.
//!
//! ```text
//! enter: whose session is this, and as what ─▶ spot: which account, within reach? ─▶ one read ─▶ what the page shows
//!                                                                               └▶ one write, with its line in the log
//! ```
//!
//! Every question goes through [`permission::may`](vestibule_domain::permission::may); what lies beyond somebody's reach
//! is [`Problem::NotFound`](crate::Problem::NotFound), as what does not exist. What is personal is [`Shown`]: whoever may
//! not see it is handed nothing of it, so no page can show it by mistake.

mod accounts;
mod applications;
mod attempt;
mod attempts;
mod audit;
mod change_connection;
mod change_user;
mod command_line;
mod connection;
mod connection_form;
mod connections;
mod edit;
mod edit_account;
mod edit_connection;
mod edit_enforcement;
mod edit_user;
mod groups;
mod lacking;
mod mail_texts;
mod mapping;
mod overview;
mod paste;
mod set_inspector;
mod user;
mod users;
mod viewer;
mod webhooks;

pub use accounts::{AccountPage, AccountRow, Accounts, AccountsQuery, account, accounts};
pub use applications::{ApplicationRow, Applications, KeyRow, Keys, applications, keys};
pub use attempt::{AttemptPage, Earlier, Lane, Look, Message, Move, MoveKind, StepSeen, attempt};
pub use attempts::{AttemptsPage, AttemptsQuery, KeptRow, attempts, find_attempts};
pub use audit::{Audit, AuditLine, AuditQuery, KINDS, MAX_EXPORT, audit, export, is_kind};
pub use change_connection::{ConnectionChange, NotChanged, change_connection, change_connection_at};
pub use change_user::{UserChangeWanted, UserChanged, change_user, change_user_at};
pub use command_line::command_line;
pub use connection::{
    CertificateRow, ConnectionPage, OwnCertificate, Readiness, ReadinessStep, Setting, StepState, connection,
};
pub(crate) use connection_form::OF_THE_VENDOR;
pub use connections::{ConnectionRow, Connections, ConnectionsQuery, connections};
pub use edit::{Edited, FieldProblem, Fields, NotEdited, Planned, Sent};
pub use edit_account::{
    AccountForm, Looks, branding_form, change_branding, change_settings, looks_of, present_logo, settings_form,
};
pub(crate) use edit_account::{is_trust as is_trust_of_account, read_picture};
pub use edit_connection::{EditPage, edit_connection, edit_page};
pub use edit_enforcement::{EnforcementForm, Named, change_enforcement, enforcement_form};
pub use edit_user::{MethodForm, change_method, method_form};
pub use groups::{Groups, GroupsQuery, groups};
pub use lacking::{Lacking, LackingRow, lacking};
pub use mail_texts::{MailTexts, mail_texts};
pub use mapping::{
    MappingPage, ObservedClaim, PROPERTIES, Preview, change_mapping, mapping_page, preview, short, spoken,
};
pub use overview::{Attention, Day, Hour, Need, Overview, Span, overview};
pub use paste::{Given, Judged, MAX_PASTE, PasteQuery, Pasted, Secret, paste};
pub use set_inspector::set_inspector;
pub use user::{IdentityRow, SessionRow, UserPage, sessions, user};
pub use users::{UserRow, Users, UsersQuery, users};
pub use vestibule_store::tx::{
    DeliveryState, EndingCertificate, GroupCount, KeptOutcome, ListedConnection, MOST_COUNTED, UserOrder, WaitingCount,
};
pub use viewer::{Entered, FRESH, Shown, Spot, Viewer, enter};
pub use webhooks::{BehindDelivery, DeliveryRow, WebhookPage, WebhookRow, Webhooks, webhook, webhook_behind, webhooks};

/// How many rows a page has.
pub const PAGE: u32 = 50;
