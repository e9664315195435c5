//! The scenario servusconnect: `examples/seed-systems/servusconnect`.
