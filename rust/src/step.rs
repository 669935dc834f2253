//! How far drawing came, and what it waits for.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::channel::Channel;
use crate::drawing::{Failure, Outcome};
use crate::errors;
use crate::messages::channel_name;
use crate::packet::Packet;

/// How far `Canvas.draw` came.
#[pyclass(frozen, module = "spice_rs._core", get_all)]
pub(crate) struct Step {
    /// Messages taken in this step.
    drawn: usize,
    /// A message that is not drawing, taken from the channel and now the caller's to handle.
    packet: Option<Py<Packet>>,
    /// What the next message waits for; it is still the next. Call again when that came, or `give_up`.
    blocked: Option<Py<Blocked>>,
    /// DecodeError, LimitExceeded or RemoteProtocolError of each message that could not be drawn; the rest was drawn.
    failures: Py<PyTuple>,
}

impl Step {
    /// The outcome of drawing from `channel`.
    pub(crate) fn new(py: Python<'_>, channel: &Channel, outcome: Outcome) -> PyResult<Self> {
        let Outcome { drawn, packet, blocked, failures, .. } = outcome;
        let packet =
            packet.map(|packet| Py::new(py, Packet::new(channel.origin().clone(), packet))).transpose()?;
        let blocked = blocked.map(|blocked| Py::new(py, Blocked(blocked))).transpose()?;
        let failures = failures.iter().map(|failure| exception(py, channel, failure)).collect::<Vec<_>>();
        Ok(Self { drawn, packet, blocked, failures: PyTuple::new(py, failures)?.unbind() })
    }
}

fn exception(py: Python<'_>, channel: &Channel, failure: &Failure) -> Py<PyAny> {
    let error = match failure {
        Failure::Unreadable(error) => channel.broken(py, error),
        Failure::Undrawable(error) => {
            errors::undrawable(py, &channel_name(channel.origin().channel_type), error)
        }
    };
    error.into_value(py).into_any()
}

/// What drawing waits for: something that another channel has to bring.
#[pyclass(frozen, module = "spice_rs._core")]
pub(crate) struct Blocked(spice_canvas::Blocked);

#[pymethods]
impl Blocked {
    /// Id of a GLZ image that has not arrived.
    #[getter]
    fn glz_image(&self) -> Option<u64> {
        match self.0 {
            spice_canvas::Blocked::Glz(id) => Some(id),
            _ => None,
        }
    }

    /// Id of a cached image that is to be replaced by a lossless one.
    #[getter]
    fn lossless_image(&self) -> Option<u64> {
        match self.0 {
            spice_canvas::Blocked::Lossless(id) => Some(id),
            _ => None,
        }
    }

    /// Channel type, channel id and serial that must have been processed.
    #[getter]
    fn serials(&self) -> Vec<(u8, u8, u64)> {
        match &self.0 {
            spice_canvas::Blocked::Serials(channels) => {
                channels.iter().map(|wait| (wait.channel_type.0, wait.channel_id, wait.serial)).collect()
            }
            _ => Vec::new(),
        }
    }
}
