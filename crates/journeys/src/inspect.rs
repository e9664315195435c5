//! What a message is, what it says, and what becomes of it: for people who look at one that was kept or pasted, in the
//! console and by `vestibule inspect`. Pure: octets, keys and a time make the same answer every time, and nobody is signed
//! in by any of it.
//!
//! ```text
//!  pasted ─▶ input ─▶ facts ─▶ judge ─┐
//!  kept ─▶ opened ────────▶ replay ───┼─▶ listing (what a key vouches for is marked) · claims · changes
//!  shape: a personal value without the value ┘
//! ```

pub mod changes;
pub mod claims;
pub mod facts;
pub mod input;
pub mod judge;
pub mod kept;
pub mod listing;
pub mod personal;
pub mod replay;
pub mod shape;
pub mod vouched;
