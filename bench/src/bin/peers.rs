//! Ours and libxmlsec1 in one run.
fn main() {}
