//! Structs that stand outside any channel: the link stage, the headers and the agent's framing.

use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use spice_wire::messages::{STANDALONE, Standalone};
use spice_wire::schema::{Shape, StructSchema};
use spice_wire::{Limits, Reader, Writer};

use crate::classes::{self, Given};
use crate::errors;

/// Bytes of a struct outside any channel: LinkHeader, LinkMessage, LinkReply, AgentHeader, ChunkHeader.
#[pyfunction]
#[pyo3(signature = (r#struct))]
pub(crate) fn encode_struct<'py>(r#struct: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let py = r#struct.py();
    let found = match classes::given(r#struct)? {
        Given::Known(schema) => find(|candidate| *candidate == *schema).map(|found| (found, schema.name)),
        Given::Unknown(..) => None,
    };
    let (found, name) = found.ok_or_else(|| errors::wrong_type("not a struct outside any channel"))?;
    let mut writer = Writer::default();
    let bytes = (found.write)(&classes::from_python(r#struct)?, &mut writer).and_then(|()| writer.finish());
    let bytes = bytes.map_err(|error| errors::unwritable(py, "", &error.in_message(name)))?;
    Ok(PyBytes::new(py, &bytes))
}

/// A struct outside any channel, by its name, from the start of `data`.
#[pyfunction]
pub(crate) fn decode_struct<'py>(name: &str, data: &Bound<'py, PyBytes>) -> PyResult<Bound<'py, PyAny>> {
    let py = data.py();
    let found = find(|candidate| candidate.name == name);
    let found = found.ok_or_else(|| errors::value(format!("no struct {name} outside the channels")))?;
    let body = Bytes::copy_from_slice(data.as_bytes());
    let value = (found.read)(&mut Reader::new(&body, &Limits::DEFAULT));
    // The table has the name as text that lives long enough for the error.
    let name = schema(found).map_or("", |schema| schema.name);
    let value = value.map_err(|error| errors::unreadable(py, "", &error.in_message(name)))?;
    classes::to_python(py, &value)
}

fn find(wanted: impl Fn(&StructSchema) -> bool) -> Option<&'static Standalone> {
    STANDALONE.iter().find(|candidate| schema(candidate).is_some_and(&wanted))
}

fn schema(standalone: &Standalone) -> Option<&'static StructSchema> {
    match standalone.shape {
        Shape::Struct(schema) => Some(schema),
        _ => None,
    }
}
