//! Every Rust error to one Python exception: the only maker of exceptions.

use std::io;

use pyo3::exceptions::{PyBufferError, PyEOFError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};
use spice_wire::{Error, ErrorKind};

/// Whose fault it is, and of which kind; one class of `spice_rs.errors` each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Bytes that are no message, or an image that does not decode.
    Decode,
    /// Legal, but more than the limits allow.
    Limit,
    /// Something else that the peer may not do.
    Remote,
    /// We were asked to send something illegal.
    Local,
}

/// Where it went wrong, as far as it is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place<'a> {
    /// Name of the channel.
    pub channel: Option<&'a str>,
    /// Name of the message.
    pub message: Option<&'a str>,
    /// Path of the field.
    pub field: Option<&'a str>,
    /// Byte of the message body.
    pub offset: Option<usize>,
}

/// A body that could not be read.
pub(crate) fn unreadable(py: Python<'_>, channel: &str, error: &Error) -> PyErr {
    let fault = match error.kind() {
        ErrorKind::Limit => Fault::Limit,
        ErrorKind::Truncated | ErrorKind::BadOffset | ErrorKind::BadValue => Fault::Decode,
    };
    let place = Place { offset: Some(error.offset()), ..place(channel, error) };
    protocol(py, fault, error.what(), &place)
}

/// A message that could not be written.
pub(crate) fn unwritable(py: Python<'_>, channel: &str, error: &Error) -> PyErr {
    protocol(py, Fault::Local, error.what(), &place(channel, error))
}

/// A message that could not be drawn.
pub(crate) fn undrawable(py: Python<'_>, channel: &str, error: &spice_canvas::Error) -> PyErr {
    use spice_canvas::ErrorKind as Kind;
    use spice_codec::ErrorKind as Codec;
    let (fault, offset) = match &error.kind {
        Kind::Image(image) if image.kind == Codec::Limit => (Fault::Limit, Some(image.offset)),
        Kind::Image(image) => (Fault::Decode, Some(image.offset)),
        Kind::Limit => (Fault::Limit, None),
        Kind::Unsupported => (Fault::Decode, None),
        _ => (Fault::Remote, None),
    };
    let message = Some(error.message).filter(|name| !name.is_empty());
    protocol(py, fault, &error.what, &Place { channel: Some(channel), message, field: None, offset })
}

/// A picture that cannot be written as a file.
pub(crate) fn unencodable(error: &spice_codec::Error) -> PyErr {
    value(error.to_string())
}

/// TLS that does not come about, or breaks.
pub(crate) fn tls(py: Python<'_>, error: &spice_tls::Error) -> PyErr {
    if error.kind() == spice_tls::ErrorKind::Misuse {
        return value(error.to_string());
    }
    build_tls(py, error).map_or_else(|error| error, PyErr::from_value)
}

/// An exception of the protocol's family.
pub(crate) fn protocol(py: Python<'_>, fault: Fault, text: &str, place: &Place<'_>) -> PyErr {
    build(py, fault, text, place).map_or_else(|error| error, PyErr::from_value)
}

/// The operating system refused, or TLS above it, or a stream ended where it must not.
pub(crate) fn system(error: io::Error) -> PyErr {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<spice_tls::Error>()) {
        Some(inner) => Python::attach(|py| tls(py, inner)),
        None if error.kind() == io::ErrorKind::UnexpectedEof => PyEOFError::new_err(()),
        None => error.into(),
    }
}

/// The caller passed a value that cannot be meant.
pub(crate) fn value(text: impl Into<String>) -> PyErr {
    PyValueError::new_err(text.into())
}

/// The caller passed something of a wrong type.
pub(crate) fn wrong_type(text: impl Into<String>) -> PyErr {
    PyTypeError::new_err(text.into())
}

/// A buffer cannot be lent as it was asked for, or taken back now.
pub(crate) fn buffer(text: &'static str) -> PyErr {
    PyBufferError::new_err(text)
}

fn place<'a>(channel: &'a str, error: &'a Error) -> Place<'a> {
    let known = |text: &'a str| Some(text).filter(|text| !text.is_empty());
    Place {
        channel: known(channel),
        message: known(error.message()),
        field: known(error.field()),
        offset: None,
    }
}

fn build<'py>(py: Python<'py>, fault: Fault, text: &str, place: &Place<'_>) -> PyResult<Bound<'py, PyAny>> {
    let details = PyDict::new(py);
    details.set_item("channel", place.channel)?;
    details.set_item("message", place.message)?;
    details.set_item("field", place.field)?;
    details.set_item("offset", place.offset)?;
    class(py, fault)?.call((text,), Some(&details))
}

fn build_tls<'py>(py: Python<'py>, error: &spice_tls::Error) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let details = PyDict::new(py);
    details.set_item("alert", error.alert())?;
    CLASS.import(py, "spice_rs.errors", "TlsError")?.call((error.to_string(),), Some(&details))
}

/// The class is looked up when it is first needed: the Python module that has it imports this one.
fn class(py: Python<'_>, fault: Fault) -> PyResult<&Bound<'_, PyType>> {
    static DECODE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static LIMIT: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static REMOTE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static LOCAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let (cell, name) = match fault {
        Fault::Decode => (&DECODE, "DecodeError"),
        Fault::Limit => (&LIMIT, "LimitExceeded"),
        Fault::Remote => (&REMOTE, "RemoteProtocolError"),
        Fault::Local => (&LOCAL, "LocalProtocolError"),
    };
    cell.import(py, "spice_rs.errors", name)
}
