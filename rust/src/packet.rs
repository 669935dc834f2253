//! One received message, not parsed until asked.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use spice_proto::Role;
use spice_wire::Limits;
use spice_wire::messages::ChannelType;

use crate::messages;

/// What all packets of a channel have in common.
#[derive(Debug)]
pub(crate) struct Origin {
    /// Which end received it.
    pub role: Role,
    /// The channel's kind.
    pub channel_type: ChannelType,
    /// Which channel of its kind.
    pub channel_id: u8,
    /// What its messages may ask for.
    pub limits: Limits,
}

/// One received message, not parsed until asked.
#[pyclass(frozen, module = "spice_rs._core")]
pub(crate) struct Packet {
    origin: Arc<Origin>,
    packet: spice_proto::Packet,
}

impl Packet {
    /// A packet of a channel.
    pub(crate) fn new(origin: Arc<Origin>, packet: spice_proto::Packet) -> Self {
        Self { origin, packet }
    }

    /// Where it comes from.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What was received.
    pub(crate) fn raw(&self) -> &spice_proto::Packet {
        &self.packet
    }
}

#[pymethods]
impl Packet {
    #[getter]
    fn channel_type(&self) -> u8 {
        self.origin.channel_type.0
    }

    #[getter]
    fn channel_id(&self) -> u8 {
        self.origin.channel_id
    }

    #[getter]
    fn id(&self) -> u16 {
        self.packet.id
    }

    /// The message's name, or its number in words where the table has none.
    #[getter]
    fn name(&self) -> String {
        messages::name(self.origin.channel_type, self.origin.role.peer(), self.packet.id)
    }

    #[getter]
    fn serial(&self) -> u64 {
        self.packet.serial
    }

    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.packet.body)
    }

    /// The message as a dataclass; parsed each time. Raises DecodeError, LimitExceeded.
    #[getter]
    fn message<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let Origin { role, channel_type, limits, .. } = &*self.origin;
        messages::read(py, *channel_type, role.peer(), self.packet.id, &self.packet.body, limits)
    }

    fn __repr__(&self) -> String {
        let channel = messages::channel_name(self.origin.channel_type);
        let (name, size) = (self.name(), self.packet.body.len());
        format!("<Packet {channel}.{name}, {size} bytes, serial {}>", self.packet.serial)
    }
}
