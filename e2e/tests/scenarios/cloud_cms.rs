//! The scenario cloud-cms: `examples/seed-systems/cloud-cms`.
