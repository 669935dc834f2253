//! SPICE messages: bytes to structs and back. No state, no I/O, no allocation beyond the message.
//!
//! Each message is declared once, in the table of its channel under [`messages`]. The table gives the struct, its
//! reader and writer, and a schema; the Python classes, the reference pages and the property tests come from that.
#![forbid(unsafe_code)]
#![warn(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects
)]

#[macro_use]
mod macros;

pub mod agent;
pub mod caps;
pub mod catalogue;
pub mod error;
pub mod header;
pub mod json;
pub mod limits;
pub mod link;
pub mod messages;
pub mod reader;
pub mod schema;
pub mod shapes;
pub mod value;
pub mod writer;

pub use error::{Error, ErrorKind, Result};
pub use limits::Limits;
pub use reader::{AgentForm, Reader};
pub use schema::Sender;
pub use shapes::{Wire, WireBy};
pub use value::Value;
pub use writer::Writer;
