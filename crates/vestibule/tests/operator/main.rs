//! What an operator runs by hand, through the binary, against servers on loopback that say what a test wants.

mod backup;
mod domain;
mod mail;
mod refresh;
mod support;
