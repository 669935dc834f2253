//! A connected socket that is read and written without Python's help: the only place that does input and output.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pyo3::prelude::*;

use crate::channel::Channel;
use crate::descriptor::{self, Ready};
use crate::errors;
use crate::sealed::Sealed;
use crate::sync::lock;
use crate::tls::TlsPipe;

/// Bytes that the message under way must lack, for waiting until many of them are there.
const WAKE_WORTH: usize = 16 << 10;
/// How many: waking for each packet of a big picture costs more than decoding it, and more than this only waits longer.
const WAKE_SIZE: usize = 1 << 20;
/// Pieces written with one call.
const PIECES: usize = 64;

/// A connected socket that does not block: bytes go between it and a `Channel` without becoming Python objects.
#[pyclass(frozen, module = "spice_rs._core")]
pub(crate) struct Socket(Mutex<Option<Arc<Open>>>);

impl Socket {
    /// The socket, for as long as it is needed; None once it has been closed.
    pub(crate) fn open(&self) -> Option<Arc<Open>> {
        lock(&self.0).clone()
    }

    /// The socket; OSError once it has been closed.
    pub(crate) fn still_open(&self) -> PyResult<Arc<Open>> {
        self.open().ok_or_else(|| errors::system(io::Error::from_raw_os_error(libc::EBADF)))
    }
}

#[pymethods]
impl Socket {
    /// `number` is the descriptor of a connected socket that does not block. The object has one of its own from then on.
    /// `tls`: what goes through the socket is this pipe's ciphertext. Channels use it once the handshake is over.
    #[new]
    #[pyo3(signature = (number, tls = None))]
    fn new(number: i32, tls: Option<&Bound<'_, TlsPipe>>) -> PyResult<Self> {
        let own = descriptor::duplicate(number).map_err(errors::system)?;
        let sealed = tls.map(|pipe| Sealed::new(pipe.get().shared()));
        // Whatever its family: all that is used of the type works with any socket.
        let open = Open { stream: own.into(), least: AtomicUsize::new(1), sealed };
        Ok(Self(Mutex::new(Some(Arc::new(open)))))
    }

    /// Let the system call the socket readable when what the channel's message under way lacks is there, or much of it.
    fn expect(&self, channel: &Bound<'_, Channel>) -> PyResult<()> {
        self.still_open()?.expect(channel.get()).map_err(errors::system)
    }

    /// Whether there is something to receive that the system does not know of.
    #[getter]
    fn has_kept(&self) -> bool {
        self.open().is_some_and(|open| open.has_kept())
    }

    /// Receive what is there into the channel; how many bytes, 0 at the end of the stream, None if there are none yet.
    fn receive(&self, py: Python<'_>, channel: &Bound<'_, Channel>) -> PyResult<Option<usize>> {
        let (open, channel) = (self.still_open()?, channel.get());
        py.detach(|| open.receive(channel)).map_err(errors::system)
    }

    /// Send what waits in the channel, as far as that needs no waiting; how many bytes are left.
    fn send(&self, py: Python<'_>, channel: &Bound<'_, Channel>) -> PyResult<usize> {
        let (open, channel) = (self.still_open()?, channel.get());
        py.detach(|| open.send(channel)).map_err(errors::system)
    }

    /// End the stream on this side: whoever waits for bytes is told that it is over.
    fn stop_reading(&self) {
        if let Some(open) = self.open() {
            // What is no longer connected has ended anyhow.
            let _ = open.stream.shutdown(Shutdown::Read);
        }
    }

    /// Give the descriptor back, as soon as nobody is in the middle of using it.
    fn close(&self) {
        lock(&self.0).take();
    }
}

/// A socket that has not been closed.
pub(crate) struct Open {
    stream: TcpStream,
    /// Bytes from which on the system calls it readable.
    least: AtomicUsize,
    sealed: Option<Sealed>,
}

impl Open {
    /// As [`Socket::receive`].
    pub(crate) fn receive(&self, channel: &Channel) -> io::Result<Option<usize>> {
        match &self.sealed {
            None => passing(channel.fill(|room| (&self.stream).read(room))),
            Some(sealed) => sealed.receive(&self.stream, channel),
        }
    }

    /// As [`Socket::send`].
    pub(crate) fn send(&self, channel: &Channel) -> io::Result<usize> {
        Ok(self.send_counted(channel)?.1)
    }

    /// Sends as [`Open::send`] does; how many bytes the system took, and how many are left.
    pub(crate) fn send_counted(&self, channel: &Channel) -> io::Result<(usize, usize)> {
        match &self.sealed {
            None => {
                let mut count = 0;
                let left = channel.drain(|parts| {
                    count = self.write(parts)?;
                    Ok(count)
                })?;
                Ok((count, left))
            }
            Some(sealed) => sealed.send(&self.stream, channel),
        }
    }

    /// The socket itself, for TLS.
    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    fn write(&self, parts: &mut dyn Iterator<Item = &[u8]>) -> io::Result<usize> {
        let slices: Vec<IoSlice<'_>> = parts.take(PIECES).map(IoSlice::new).collect();
        Ok(passing((&self.stream).write_vectored(&slices))?.unwrap_or(0))
    }

    /// Lets the system take no more while so many bytes have never been sent, where it can do that.
    pub(crate) fn hold_back(&self, unsent: usize) {
        let _ = descriptor::set_unsent_most(&self.stream, unsent);
    }

    /// As [`Socket::expect`].
    pub(crate) fn expect(&self, channel: &Channel) -> io::Result<()> {
        let held = self.sealed.as_ref().map_or(0, Sealed::held);
        let missing = lock(channel.transport()).framer().missing().saturating_sub(held);
        let least = if missing > WAKE_WORTH { missing.min(WAKE_SIZE) } else { 1 };
        if self.least.swap(least, Ordering::Relaxed) == least {
            return Ok(());
        }
        descriptor::set_least(&self.stream, least)
    }

    fn has_kept(&self) -> bool {
        self.sealed.as_ref().is_some_and(Sealed::has_kept)
    }

    /// Blocks until bytes are there, or for so long; whether they are.
    pub(crate) fn wait(&self, most: Option<Duration>) -> io::Result<bool> {
        if self.has_kept() {
            return Ok(true);
        }
        descriptor::wait_readable(&self.stream, most)
    }

    /// Blocks until bytes are there, or it takes some if that is wanted, or `other` is readable; or for so long.
    pub(crate) fn wait_or(&self, to_write: bool, other: RawFd, most: Option<Duration>) -> io::Result<Ready> {
        if self.has_kept() {
            return Ok(Ready { readable: true, other: false });
        }
        descriptor::wait_either(&self.stream, to_write, other, most)
    }
}

/// None for a socket that has nothing, or takes nothing, at the moment.
pub(crate) fn passing<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(None),
        other => other.map(Some),
    }
}
