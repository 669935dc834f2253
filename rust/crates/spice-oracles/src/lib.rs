//! What must hold for any bytes a peer sends. Each oracle takes arbitrary bytes and panics where a promise is broken.
//!
//! The fuzz targets in `fuzz/` are three lines over these; the corpus is replayed as an ordinary test.
#![forbid(unsafe_code)]

mod canvas;
mod codec;
mod encoders;
mod tls;
mod transport;
mod wire;

pub use canvas::{canvas, pointer};
pub use codec::{cursor, glz, jpeg, lz, lz4, mjpeg, quic, raw, zlib_glz};
pub use encoders::encode;
pub use tls::{certificate, tls};
pub use transport::transport;
pub use wire::{agent, message, structs};

/// An oracle by the name of its fuzz target and corpus folder.
pub type Oracle = (&'static str, fn(&[u8]));

/// Every oracle.
pub const ORACLES: &[Oracle] = &[
    ("agent", agent),
    ("canvas", canvas),
    ("certificate", certificate),
    ("cursor", cursor),
    ("encode", encode),
    ("glz", glz),
    ("jpeg", jpeg),
    ("lz", lz),
    ("lz4", lz4),
    ("message", message),
    ("mjpeg", mjpeg),
    ("pointer", pointer),
    ("quic", quic),
    ("raw", raw),
    ("structs", structs),
    ("tls", tls),
    ("transport", transport),
    ("zlib_glz", zlib_glz),
];
