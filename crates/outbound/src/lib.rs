#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod address;
mod fetch;
mod mail;
mod outbox;
mod proof;
mod resolve;

pub use address::{Network, NetworkError, Range};
pub use fetch::{Allow, Answered, AuthoritiesError, Exception, FetchError, Fetched, Fetcher, Reach};
pub use mail::{Credentials, Mail, MailError, Mailer, Reply, Security, Smtp, SmtpError};
pub use outbox::{Kept, Outbox};
pub use proof::{DomainProof, NotProved, Proved, TxtLookup};
pub use resolve::{Resolve, Resolving, SystemNames};
