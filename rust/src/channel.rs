//! One channel's transport for Python, and the packets that come out of it.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use spice_proto::{HeaderKind, Role};
use spice_wire::messages::{ChannelType, base};
use spice_wire::{Limits, Reader, Wire};

use crate::classes;
use crate::errors;
use crate::messages::{self, End};
use crate::packet::{Origin, Packet};
use crate::sync::lock;

/// One channel's transport after the link stage: bytes in, packets out, answers in `pending`.
///
/// Contract: after each `receive` or `send`, write out `pending()` before the next read; `Socket` does both without Python. ACK_SYNC, ACK and
/// PONG are answered inside; SET_ACK and PING are therefore never handed out. Lists are taken apart.
#[pyclass(frozen, module = "spice_rs._core")]
pub(crate) struct Channel {
    origin: Arc<Origin>,
    transport: Mutex<spice_proto::Channel>,
    /// Held by whoever puts received bytes in.
    filling: Mutex<()>,
    received: AtomicU64,
    sent: AtomicU64,
    /// Serial of a message that a canvas has taken and cannot draw yet; 0 for none.
    held: AtomicU64,
}

impl Channel {
    /// Where its packets come from.
    pub(crate) fn origin(&self) -> &Arc<Origin> {
        &self.origin
    }

    /// Its transport. Held only for a moment, never while something is drawn.
    pub(crate) fn transport(&self) -> &Mutex<spice_proto::Channel> {
        &self.transport
    }

    /// Notes which message a canvas has taken and cannot draw yet.
    pub(crate) fn hold(&self, serial: Option<u64>) {
        self.held.store(serial.unwrap_or(0), Ordering::Relaxed);
    }

    /// A transport error as an exception.
    pub(crate) fn broken(&self, py: Python<'_>, error: &spice_wire::Error) -> PyErr {
        errors::unreadable(py, &messages::channel_name(self.origin.channel_type), error)
    }

    /// Lets `receive` put the next bytes into the room for them; it gives how many that are. Other threads may look at the
    /// transport and send meanwhile.
    pub(crate) fn fill(&self, receive: impl FnOnce(&mut [u8]) -> io::Result<usize>) -> io::Result<usize> {
        let _alone = lock(&self.filling);
        let (mut room, range) = lock(&self.transport).lend();
        let result = receive(room.get_mut(range).unwrap_or_default());
        let count = *result.as_ref().unwrap_or(&0);
        lock(&self.transport).restore(room, count);
        self.received.fetch_add(count as u64, Ordering::Relaxed);
        result
    }

    /// Lets `write` write what is to be sent; it gives how many bytes it has written. How many are left.
    pub(crate) fn drain(
        &self,
        write: impl FnOnce(&mut dyn Iterator<Item = &[u8]>) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut transport = lock(&self.transport);
        if transport.pending_len() > 0 {
            let count = write(&mut transport.unwritten())?;
            transport.written(count);
            self.sent.fetch_add(count as u64, Ordering::Relaxed);
        }
        Ok(transport.pending_len())
    }

    fn own(&self) -> spice_wire::Sender {
        self.origin.role.own()
    }

    /// SET_ACK goes through the transport, which counts against its window from then on.
    fn send_set_ack(&self, py: Python<'_>, body: Vec<u8>) -> PyResult<u64> {
        let body = body.into();
        let read = base::SetAck::read(&mut Reader::new(&body, &Limits::DEFAULT));
        let message = read.map_err(|error| self.broken(py, &error.in_message("SetAck")))?;
        let mut transport = lock(&self.transport);
        transport.set_ack(message.generation, message.window);
        Ok(transport.sent_serial())
    }
}

#[pymethods]
impl Channel {
    #[new]
    #[pyo3(signature = (role, channel_type, channel_id, *, mini_header = true, limits = None))]
    fn new(
        role: End,
        channel_type: u8,
        channel_id: u8,
        mini_header: bool,
        limits: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let header = if mini_header { HeaderKind::Mini } else { HeaderKind::Full };
        let limits = classes::limits(limits)?;
        let channel_type = ChannelType(channel_type);
        let transport = spice_proto::Channel::new(role.0, channel_type, header, limits.clone());
        Ok(Self {
            origin: Arc::new(Origin { role: role.0, channel_type, channel_id, limits }),
            transport: Mutex::new(transport),
            filling: Mutex::new(()),
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            held: AtomicU64::new(0),
        })
    }

    #[getter]
    fn channel_type(&self) -> u8 {
        self.origin.channel_type.0
    }

    #[getter]
    fn channel_id(&self) -> u8 {
        self.origin.channel_id
    }

    /// Takes received bytes over (a copy).
    fn receive(&self, data: &Bound<'_, PyAny>) -> PyResult<()> {
        with_bytes(data, |bytes| {
            let _alone = lock(&self.filling);
            lock(&self.transport).receive(bytes);
            self.received.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        })
    }

    /// The next packet; counts it as received for the ACK window. Raises DecodeError, LimitExceeded when the stream
    /// cannot be understood any more; whole packets that came before are handed out first.
    fn next(&self, py: Python<'_>) -> PyResult<Option<Packet>> {
        let next = lock(&self.transport).next_packet();
        let packet = next.map_err(|error| self.broken(py, &error))?;
        Ok(packet.map(|packet| Packet::new(self.origin.clone(), packet)))
    }

    /// Bytes received in whole messages and not yet taken by `next`; at least 1 as long as `next` has something to say.
    #[getter]
    fn waiting(&self) -> usize {
        let transport = lock(&self.transport);
        let something = transport.framer().is_ready() || transport.ahead().next().is_some();
        transport.framer().waiting_bytes().max(usize::from(something))
    }

    /// Serial of the last packet taken by `next` or by a canvas, without one that the canvas is blocked on.
    #[getter]
    fn serial(&self) -> u64 {
        let taken = lock(&self.transport).taken_serial();
        match self.held.load(Ordering::Relaxed) {
            0 => taken,
            held => taken.min(held.saturating_sub(1)),
        }
    }

    /// Whether the peer has acknowledged enough for more to be sent; always, where it was not asked to acknowledge.
    #[getter]
    fn window_is_open(&self) -> bool {
        lock(&self.transport).window_is_open()
    }

    /// Bytes received so far.
    #[getter]
    fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Bytes handed out by `pending` so far.
    #[getter]
    fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Bytes received of a message that is not complete.
    #[getter]
    fn partial(&self) -> usize {
        lock(&self.transport).framer().partial_bytes()
    }

    /// Bytes that the message under way still lacks; 0 while not even its header has come.
    #[getter]
    fn missing(&self) -> usize {
        lock(&self.transport).framer().missing()
    }

    /// Queues a message; its serial. Raises LocalProtocolError.
    fn send(&self, message: &Bound<'_, PyAny>) -> PyResult<u64> {
        let (id, body) = messages::write(self.origin.channel_type, self.own(), message)?;
        match (self.origin.role, id) {
            (Role::Server, 3) => self.send_set_ack(message.py(), body),
            _ => Ok(lock(&self.transport).send(id, &body)),
        }
    }

    /// Queues a body as it is; its serial.
    fn send_raw(&self, message_id: u16, body: &Bound<'_, PyAny>) -> PyResult<u64> {
        with_bytes(body, |bytes| lock(&self.transport).send(message_id, bytes))
    }

    /// Bytes that wait to be written.
    #[getter]
    fn unsent(&self) -> usize {
        lock(&self.transport).pending_len()
    }

    /// Bytes to be written now; empty for none. `whole`: all of them; else the last message stays for the next call, if it is not
    /// all there is.
    #[pyo3(signature = (*, whole = true))]
    fn pending<'py>(&self, py: Python<'py>, whole: bool) -> PyResult<Bound<'py, PyBytes>> {
        let mut transport = lock(&self.transport);
        let parts = if whole { transport.pending_parts() } else { transport.pending_before_last() };
        drop(transport);
        let count = parts.iter().map(Bytes::len).sum();
        self.sent.fetch_add(count as u64, Ordering::Relaxed);
        PyBytes::new_with(py, count, |mut out| {
            for part in &parts {
                let (start, rest) = out.split_at_mut(part.len());
                start.copy_from_slice(part);
                out = rest;
            }
            Ok(())
        })
    }
}

/// Hands the bytes of any buffer to `take`. Only `bytes` cannot change meanwhile; everything else is copied first.
pub(crate) fn with_bytes<T>(data: &Bound<'_, PyAny>, take: impl FnOnce(&[u8]) -> T) -> PyResult<T> {
    match data.cast::<PyBytes>() {
        Ok(bytes) => Ok(take(bytes.as_bytes())),
        Err(_) => PyBuffer::<u8>::get(data)?.to_vec(data.py()).map(|copy| take(&copy)),
    }
}
