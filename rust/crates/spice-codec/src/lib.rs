//! SPICE image codecs: coded bytes in, rows of 32-bit pixels out.
//!
//! Each codec stands in a file of its own and writes into the caller's [`Rows`], top row first whatever the order on
//! the wire. No codec does I/O, reads a clock, starts a thread or keeps anything (the GLZ window belongs to the caller).
//! A failure concerns one image: the rows then hold what was decoded so far.
#![forbid(unsafe_code)]

pub mod cursor;
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
mod mjpeg_tables;
pub mod png;
pub mod quic;
pub mod raw;
pub mod rows;
mod stream_order;
pub mod zlib_glz;

pub use error::{Error, ErrorKind, Result};
pub use rows::{PixelFormat, Rows};

#[cfg(target_endian = "big")]
compile_error!("pixels are viewed as bytes in B, G, R, A order: little-endian targets only");
