#![doc = include_str!("../README.md")]

pub mod assets;
pub mod cookies;
pub mod language;
pub mod page;
pub mod pages;
pub mod problem;
pub mod security;
