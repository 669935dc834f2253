//! Message bodies to dataclasses and back.

use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use spice_proto::Role;
use spice_wire::catalogue::channels;
use spice_wire::messages::{ChannelType, find, find_named};
use spice_wire::schema::MessageSchema;
use spice_wire::{Limits, Sender};

use crate::classes::{self, Given};
use crate::errors::{self, Fault, Place};

/// Number and body of a message. Raises LocalProtocolError for a value that cannot stand on the wire.
#[pyfunction]
pub(crate) fn encode<'py>(
    channel_type: u8,
    sender: End,
    message: &Bound<'py, PyAny>,
) -> PyResult<(u16, Bound<'py, PyBytes>)> {
    let (id, body) = write(ChannelType(channel_type), sender.sender(), message)?;
    Ok((id, PyBytes::new(message.py(), &body)))
}

/// The message in a body; `messages.Unknown` where the number has no table entry. Raises DecodeError, LimitExceeded.
#[pyfunction]
#[pyo3(signature = (channel_type, sender, message_id, body, limits = None))]
pub(crate) fn decode<'py>(
    py: Python<'py>,
    channel_type: u8,
    sender: End,
    message_id: u16,
    body: &Bound<'py, PyBytes>,
    limits: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let body = Bytes::copy_from_slice(body.as_bytes());
    read(py, ChannelType(channel_type), sender.sender(), message_id, &body, &classes::limits(limits)?)
}

/// An end of a link, as Python writes it: `"client"` or `"server"`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End(pub Role);

impl<'py> FromPyObject<'_, 'py> for End {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match object.extract::<&str>()? {
            "client" => Ok(Self(Role::Client)),
            "server" => Ok(Self(Role::Server)),
            other => Err(errors::value(format!("\"client\" or \"server\" wanted, {other:?} given"))),
        }
    }
}

impl End {
    fn sender(self) -> Sender {
        self.0.own()
    }
}

/// Name of a kind of channel, for errors.
pub(crate) fn channel_name(channel: ChannelType) -> String {
    let found = channels().find(|schema| schema.number == channel.0 && channel.0 != 0);
    found.map_or_else(|| format!("channel {}", channel.0), |schema| schema.name.to_lowercase())
}

/// Writes a message for a channel.
pub(crate) fn write(
    channel: ChannelType,
    sender: Sender,
    message: &Bound<'_, PyAny>,
) -> PyResult<(u16, Vec<u8>)> {
    let schema = match classes::given(message)? {
        Given::Unknown(id, body) => {
            let id = u16::try_from(id)
                .map_err(|_| errors::value(format!("message number {id} has over 16 bits")))?;
            return Ok((id, body.into()));
        }
        Given::Known(schema) => schema,
    };
    let found = find_named(channel, sender, schema.name).filter(|found| *found.body == *schema);
    let found = found.ok_or_else(|| foreign(message.py(), channel, sender, schema.name))?;
    let value = classes::from_python(message)?;
    let body = found.write_body(&value);
    body.map(|body| (found.id, body))
        .map_err(|error| errors::unwritable(message.py(), &channel_name(channel), &error))
}

/// Reads a body that arrived on a channel.
pub(crate) fn read<'py>(
    py: Python<'py>,
    channel: ChannelType,
    sender: Sender,
    id: u16,
    body: &Bytes,
    limits: &Limits,
) -> PyResult<Bound<'py, PyAny>> {
    let Some(schema) = find(channel, sender, id) else { return classes::unknown(py, id.into(), body) };
    let value = schema.read_body(body, limits);
    let value = value.map_err(|error| errors::unreadable(py, &channel_name(channel), &error))?;
    classes::to_python(py, &value)
}

/// Name of a message, also of one that the tables do not have.
pub(crate) fn name(channel: ChannelType, sender: Sender, id: u16) -> String {
    let known = |schema: &MessageSchema| schema.body.name.to_owned();
    find(channel, sender, id).map_or_else(|| format!("message {id}"), known)
}

fn foreign(py: Python<'_>, channel: ChannelType, sender: Sender, name: &str) -> PyErr {
    let (sender, channel) = (format!("{sender:?}").to_lowercase(), channel_name(channel));
    let place = Place { channel: Some(&channel), message: Some(name), ..Place::default() };
    errors::protocol(py, Fault::Local, &format!("not a message that the {sender} sends here"), &place)
}
