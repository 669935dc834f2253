//! Why something was not drawn.

use std::fmt;

use spice_codec::ErrorKind as CodecErrorKind;

/// What kind of failure, for callers that act on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorKind {
    /// An image could not be decoded.
    Image(spice_codec::Error),
    /// A surface that does not exist.
    NoSurface(u32),
    /// An image that is not in the cache.
    NotCached(u64),
    /// A palette that is not in the cache.
    NoPalette(u64),
    /// A stream that does not exist.
    NoStream(u32),
    /// A cursor shape that is not in the cache.
    NoCursor(u64),
    /// The message contradicts itself.
    BadValue,
    /// More than [`spice_wire::Limits`] allow.
    Limit,
    /// Legal, but not drawn.
    Unsupported,
    /// What the drawing had to wait for can never come.
    GivenUp,
}

/// One message could not be carried out; nothing else is affected, and the area that it was to change is not exact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// The message's name, empty as long as it is not known.
    pub message: &'static str,
    /// What is wrong, in words: lower case, no full stop.
    pub what: String,
}

impl Error {
    /// An error in a message whose name is added later.
    pub fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self { kind, message: "", what: what.into() }
    }

    /// Says in which message it happened.
    #[must_use]
    pub fn in_message(self, message: &'static str) -> Self {
        Self { message, ..self }
    }

    pub(crate) fn no_surface(id: u32) -> Self {
        Self::new(ErrorKind::NoSurface(id), format!("surface {id} does not exist"))
    }

    /// The name under which the failure is counted: that of the codec, where one failed.
    pub(crate) fn counted_as(&self) -> &'static str {
        match &self.kind {
            ErrorKind::Image(error) => error.codec,
            ErrorKind::NoSurface(_) => "surface",
            ErrorKind::NotCached(_) => "cache",
            ErrorKind::NoPalette(_) => "palette",
            ErrorKind::NoStream(_) => "stream",
            ErrorKind::NoCursor(_) => "cursor",
            ErrorKind::BadValue => "message",
            ErrorKind::Limit => "limit",
            ErrorKind::Unsupported => "unsupported",
            ErrorKind::GivenUp => "given up",
        }
    }
}

impl From<spice_codec::Error> for Error {
    fn from(error: spice_codec::Error) -> Self {
        let what = error.to_string();
        match error.kind {
            CodecErrorKind::Limit => Self::new(ErrorKind::Image(error), what),
            _ => Self::new(ErrorKind::Image(error), format!("invalid image: {what}")),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message {
            "" => f.write_str(&self.what),
            message => write!(f, "{message}: {}", self.what),
        }
    }
}

impl std::error::Error for Error {}

/// Result of an operation on a canvas.
pub type Result<T> = std::result::Result<T, Error>;
