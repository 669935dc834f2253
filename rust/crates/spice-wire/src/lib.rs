//! SPICE messages: bytes to structs and back. No state, no I/O, no allocation beyond the message.
#![forbid(unsafe_code)]

pub mod limits;

pub use limits::Limits;
