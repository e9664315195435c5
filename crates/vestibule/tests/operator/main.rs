//! What an operator runs by hand, through the binary, against servers on loopback that say what a test wants.

mod backup;
mod doctor;
mod domain;
mod keys;
mod lists;
mod mail;
mod refresh;
mod support;
mod waiting;
