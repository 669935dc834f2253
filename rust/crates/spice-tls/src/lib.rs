//! TLS as a pipe without I/O: ciphertext in, plaintext out, and back.
//!
//! A [`Pipe`] is one end of a connection. Its handshake is done explicitly, and a client's pipe then stops: it has the server's
//! certificates and the proof that the server owns their key ([`Presented`]), and lets nothing through before the caller has
//! looked at both and said [`Pipe::trust`]. The crate itself decides nothing but what [`Authorities::judge`] is asked.
//!
//! Contract: after each call that may have something to say, write out [`Pipe::outgoing`], in order.
#![forbid(unsafe_code)]

mod authorities;
mod client;
mod connection;
mod error;
mod inbox;
mod offer;
mod outbox;
mod pipe;
mod server;

pub use authorities::{Authorities, Distrust, Reason};
pub use client::Presented;
pub use error::{Error, ErrorKind};
pub use offer::Offer;
pub use pipe::{Handshake, Pipe, Received};
pub use server::Identity;
