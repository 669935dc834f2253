//! SPICE image codecs: coded bytes to rows of 32-bit pixels, and back.
//!
//! Each codec stands in a file of its own. A decoder writes into the caller's [`Rows`], an encoder reads the caller's
//! [`Source`] and appends to the caller's bytes; both have the top row first whatever the order on the wire. No codec does I/O, reads a clock, starts a thread or keeps anything (the GLZ window belongs to the caller).
//! A failure concerns one image: the rows then hold what was decoded so far.
#![forbid(unsafe_code)]

pub mod cursor;
mod deflate;
mod equal;
pub mod error;
pub mod glz;
mod glz_pool;
mod glz_window;
pub mod jpeg;
pub mod jpeg_alpha;
mod jpeg_frame;
pub mod lz;
pub mod lz4;
mod lz4_block;
mod lz_coded;
mod lz_planes;
mod lz_units;
pub mod mask;
pub mod mjpeg;
pub mod palette;
pub mod png;
mod put;
pub mod quic;
pub mod raw;
pub mod rows;
pub mod source;
mod stream_order;
pub mod zlib_glz;

pub use error::{Error, ErrorKind, Result};
pub use rows::{PixelFormat, Rows};
pub use source::Source;

#[cfg(target_endian = "big")]
compile_error!("pixels are viewed as bytes in B, G, R, A order: little-endian targets only");
