//! The scenario hybrid-data-center: `examples/seed-systems/hybrid-data-center`.
