//! The picture that a SPICE server shows, and what each client has seen of it. No I/O, no clock, no thread.
//!
//! A [`Screen`] holds the only copy of the picture. Whatever changes it (a frame given, a fill, a move) is noted for each
//! client as a region that is stale and a few moves, never as a queue of pictures: what a slow client has not been sent
//! merges, and the newest pixels win. A [`View`] is one client's side:
//!
//! ```text
//! loop {
//!     let plan = view.plan(&mut screen, now, room);    // short: takes the pixels of the pieces that are due
//!     plan.jobs().iter().for_each(|job| job.encode(clock)); // long, and in parallel if you like; the screen is free again
//!     view.send(plan, &mut channel);                   // whole messages
//! }
//! ```
//!
//! [`View::step`] is that loop for whoever has one thread.
#![forbid(unsafe_code)]

mod change;
mod coding;
mod costs;
mod counters;
mod cut;
mod dictionary;
mod drawing;
mod gallery;
mod heat;
mod lines;
mod link;
mod message;
mod order;
mod patience;
mod piece;
mod pixels;
mod policy;
mod print;
mod prints;
mod rate;
mod sample;
mod screen;
mod scroll;
mod settings;
mod shadow;
mod sheet;
mod sketch;
mod stale;
mod store;
mod stream;
mod survey;
mod video;
mod view;
mod workshop;

pub use dictionary::Dictionary;
pub use order::{Job, Plan};
pub use piece::Piece;
pub use pixels::Pixels;
pub use print::Key;
pub use screen::{Error, Screen};
pub use settings::{BANDWIDTH, Compression, Settings, Streaming, Use};
pub use view::{Room, Shown, View};
