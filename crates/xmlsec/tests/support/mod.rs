//! What several tests of this crate share.

#![expect(dead_code, reason = "each test uses its own part of this module")]

pub(crate) mod chance;
pub(crate) mod model;
pub(crate) mod random;
pub(crate) mod vectors;
pub(crate) mod xmlsec1;
