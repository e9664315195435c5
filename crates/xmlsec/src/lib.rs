#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

pub mod algorithms;
mod base64;
pub mod c14n;
mod children;
pub mod dsig;
pub mod enc;
mod error;
pub mod keys;
mod limits;
mod parse;
mod scan;
mod tree;
mod write;

pub use children::{Children, ContentError, ContentProblem};
pub use error::{Foreign, Malformation, ParseError, Position, ValueError};
pub use limits::Limits;
pub use tree::{Attribute, Document, Element, Node, XML_NAMESPACE};
pub use write::Writer;
