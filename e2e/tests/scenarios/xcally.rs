//! The scenario xcally: `examples/seed-systems/xcally`.
