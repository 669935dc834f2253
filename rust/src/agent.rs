//! Messages of the guest agent. Both ends speak the same ones, with prefixes that capabilities decide about.

use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use spice_wire::agent::CHANNEL;
use spice_wire::schema::MessageSchema;
use spice_wire::{AgentForm, Reader, Writer};

use crate::classes::{self, Given};
use crate::errors;

/// Number and body of a guest-agent message, with the clipboard prefixes that both ends agreed on.
#[pyfunction]
#[pyo3(signature = (message, *, selection, grab_serial))]
pub(crate) fn encode_agent<'py>(
    message: &Bound<'py, PyAny>,
    selection: bool,
    grab_serial: bool,
) -> PyResult<(u32, Bound<'py, PyBytes>)> {
    let py = message.py();
    let schema = match classes::given(message)? {
        Given::Unknown(id, body) => return Ok((id, PyBytes::new(py, &body))),
        Given::Known(schema) => find(|message| *message.body == *schema),
    };
    let schema = schema.ok_or_else(|| errors::wrong_type("not a message of the guest agent"))?;
    let value = classes::from_python(message)?;
    let mut writer = Writer::with_agent(AgentForm { selection, grab_serial });
    let body = (schema.write)(&value, &mut writer).and_then(|()| writer.finish());
    let body = body.map_err(|error| errors::unwritable(py, "agent", &error.in_message(schema.body.name)))?;
    Ok((schema.id.into(), PyBytes::new(py, &body)))
}

/// The guest-agent message in a body; `messages.Unknown` where the number has no table entry.
#[pyfunction]
#[pyo3(signature = (message_id, body, *, selection, grab_serial, limits = None))]
pub(crate) fn decode_agent<'py>(
    py: Python<'py>,
    message_id: u32,
    body: &Bound<'py, PyBytes>,
    selection: bool,
    grab_serial: bool,
    limits: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (limits, body) = (classes::limits(limits)?, Bytes::copy_from_slice(body.as_bytes()));
    let Some(schema) = find(|message| u32::from(message.id) == message_id) else {
        return classes::unknown(py, message_id, &body);
    };
    let mut reader = Reader::new(&body, &limits).with_agent(AgentForm { selection, grab_serial });
    let value = (schema.read)(&mut reader);
    let value =
        value.map_err(|error| errors::unreadable(py, "agent", &error.in_message(schema.body.name)))?;
    classes::to_python(py, &value)
}

fn find(wanted: impl Fn(&MessageSchema) -> bool) -> Option<&'static MessageSchema> {
    CHANNEL.server.iter().find(|message| wanted(message))
}
