//! SPICE channel transport as an object without I/O: bytes in, packets out, answers waiting to be sent.
//!
//! Contract: after each [`Channel::filled`] or [`Channel::send`], write out [`Channel::pending`] before reading again.
//!
//! ```
//! use spice_proto::{Channel, HeaderKind, Role};
//! use spice_wire::{Limits, messages::ChannelType};
//!
//! let limits = Limits::default();
//! let mut server = Channel::new(Role::Server, ChannelType::MAIN, HeaderKind::Mini, limits.clone());
//! let mut client = Channel::new(Role::Client, ChannelType::MAIN, HeaderKind::Mini, limits);
//! server.send(103, &[0; 32]);
//! client.receive(&server.pending());
//! let packet = client.next_packet().unwrap().unwrap();
//! assert_eq!((packet.id, packet.serial), (103, 1));
//! ```
#![forbid(unsafe_code)]
#![warn(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects
)]

mod ack;
mod channel;
mod flow;
mod framer;
mod outbox;

pub use channel::{Channel, Role};
pub use flow::Flow;
pub use framer::{Framer, HeaderKind, Packet};
