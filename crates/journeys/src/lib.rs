#![doc = include_str!("../README.md")]

pub mod apply;
mod ctx;
pub mod deployment;
pub mod give_back_domain;
pub mod issue_tokens;
pub mod jobs;
pub mod keys;
pub mod logout;
pub mod lookup;
pub mod mails;
mod metrics;
pub mod notices;
pub mod password;
mod problem;
pub mod prove_domains;
pub mod refresh_metadata;
pub mod report;
pub mod rotate_keys;
pub mod sessions;
pub mod sign_in;
pub mod sign_out;
mod table;
pub mod tell_applications;
pub mod trace;
pub mod trust;
pub mod unlink;
pub mod waiting;
pub mod way;
mod words;

pub use ctx::{Ctx, Entropy, Meter, Services};
pub use problem::{ErrorCode, Place, Problem, Refused, SaidEmail, Turned, Unreadable, Why};
pub use words::Words;
