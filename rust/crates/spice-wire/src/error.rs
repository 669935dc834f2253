//! Why bytes are not a message, or a value cannot become one.

use std::fmt;

/// What kind of failure, for callers that act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The body ends before the field does.
    Truncated,
    /// An offset points outside the body, or is null where something must stand.
    BadOffset,
    /// Legal, but more than [`crate::Limits`] allow.
    Limit,
    /// A value that cannot be written: wrong type, out of range, or it does not fit the field that selects it.
    BadValue,
}

/// A message that could not be read or written, and where it went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    kind: ErrorKind,
    message: &'static str,
    field: String,
    offset: usize,
    what: String,
}

impl Error {
    /// A failure at byte `offset` of the body; the field is added by whoever reads it.
    pub fn new(kind: ErrorKind, offset: usize, what: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: "", field: String::new(), offset, what: what.into() }))
    }

    /// The same failure, seen from the struct that holds `field`.
    #[must_use]
    pub fn in_field(mut self, field: &'static str) -> Self {
        let inner = &mut self.0;
        inner.field = match inner.field.as_str() {
            "" => field.to_owned(),
            below => format!("{field}.{below}"),
        };
        self
    }

    /// The same failure, seen from the message that was read.
    #[must_use]
    pub fn in_message(mut self, message: &'static str) -> Self {
        self.0.message = message;
        self
    }

    /// What kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Name of the message, empty where none was named yet.
    pub fn message(&self) -> &'static str {
        self.0.message
    }

    /// Path of the field from the message down: `src.data.palette`.
    pub fn field(&self) -> &str {
        &self.0.field
    }

    /// Byte offset into the message body.
    pub fn offset(&self) -> usize {
        self.0.offset
    }

    /// What is wrong, in words, without the place.
    pub fn what(&self) -> &str {
        &self.0.what
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        for part in [inner.message, &inner.field] {
            if !part.is_empty() {
                write!(f, "{part}: ")?;
            }
        }
        write!(f, "{} (at byte {})", inner.what, inner.offset)
    }
}

impl std::error::Error for Error {}

/// Result of reading or writing a message.
pub type Result<T> = std::result::Result<T, Error>;
