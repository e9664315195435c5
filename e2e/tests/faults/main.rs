//! Faults: what was acknowledged stays, and no response of an identity provider counts twice, however processes and
//! databases end (A16.4; once-only facts by one conditional write).
//!
//! And what an operator sees of it: readiness, log and metrics.
//!
//! The real binary, killed with SIGKILL; people sign in over http, and the stand-in for Entra answers in this process.

mod application;
mod approval;
mod backup;
mod deployment;
mod disk;
mod enforcement;
mod kills;
mod letters;
mod logout;
mod nodes;
mod observed;
mod sign_in;
mod webhooks;
