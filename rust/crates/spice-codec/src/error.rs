//! Why one image could not be decoded.

use std::fmt;

/// What kind of failure, for callers that act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The data ends before the image does.
    Truncated,
    /// The data says something that no encoder says.
    Corrupt,
    /// The data and the message that carries it disagree (size, type).
    Mismatch,
    /// More than [`spice_wire::Limits`] allow.
    Limit,
    /// Legal, but not implemented.
    Unsupported,
    /// Refers to the GLZ image of this id, which has not arrived yet; try again once it has.
    Missing(u64),
}

/// One image failed; nothing else is affected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// The codec that noticed: `quic`, `lz`, `glz`, …
    pub codec: &'static str,
    /// What is wrong, in words: lower case, no full stop.
    pub what: &'static str,
    /// Byte offset into the coded data, as near as the codec knows it.
    pub offset: usize,
}

impl Error {
    /// An error of `codec` at `offset`.
    pub const fn new(kind: ErrorKind, codec: &'static str, what: &'static str, offset: usize) -> Self {
        Self { kind, codec, what, offset }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (at byte {})", self.codec, self.what, self.offset)
    }
}

impl std::error::Error for Error {}

/// Result of a codec.
pub type Result<T> = std::result::Result<T, Error>;
