//! SPICE surfaces and drawing. No I/O, no clock, no thread.
//!
//! Messages of one display channel go in, in their order, and snapshots come out:
//!
//! ```text
//! loop {
//!     match canvas.apply(&message, decoded) {
//!         Ok(Progress::Done) => canvas.snapshot(id) shows it,
//!         Ok(Progress::Ignored) => the message is not about pictures,
//!         Ok(Progress::Blocked(on)) => wait, then apply the same message again; or canvas.give_up(&message, why),
//!         Err(error) => this message failed, the session goes on,
//!     }
//! }
//! ```
//!
//! [`Canvas::job`] takes the decoding of an image out of a message, so that several can be decoded at once.
#![forbid(unsafe_code)]

mod blend;
mod cache;
pub mod canvas;
mod copy;
pub mod counters;
pub mod cursor;
pub mod decode;
pub mod error;
mod fill;
pub mod format;
mod history;
mod images;
mod mask;
mod messages;
mod picture;
mod place;
pub mod progress;
pub mod region;
mod report;
mod rop;
mod scale;
pub mod shared;
mod source;
mod stale;
mod stream;
mod surface;
mod surfaces;

pub use canvas::Canvas;
pub use counters::Counters;
pub use cursor::{Pointer, PointerShape};
pub use decode::{DecodeJob, Decoded};
pub use error::{Error, ErrorKind, Result};
pub use format::Format;
pub use progress::{Blocked, Progress};
pub use region::{Area, Region};
pub use shared::Shared;
pub use surface::Snapshot;
pub use surfaces::SurfaceInfo;
