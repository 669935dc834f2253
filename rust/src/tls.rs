//! TLS for Python: one end of a connection, a server's identity, and whom a client believes.

use std::sync::{Arc, Mutex};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use spice_tls::{Authorities, Handshake, Identity, Offer, Pipe, Reason, Received};

use crate::channel::with_bytes;
use crate::errors;
use crate::sealed;
use crate::socket::Socket;
use crate::sync::lock;

/// Bytes up to which enciphering takes less time than waiting for the interpreter's lock may take.
const SMALL: usize = 8 << 10;

/// Certificates and key of a server, and what it offers with them.
#[pyclass(frozen, module = "spice_rs._core")]
pub(crate) struct TlsIdentity {
    identity: Identity,
}

#[pymethods]
impl TlsIdentity {
    #[new]
    #[pyo3(signature = (certificates, key, *, versions = Vec::new(), ciphers = Vec::new()))]
    fn new(
        py: Python<'_>,
        certificates: Vec<Vec<u8>>,
        key: Vec<u8>,
        versions: Vec<String>,
        ciphers: Vec<String>,
    ) -> PyResult<Self> {
        let offer = offer(py, &versions, &ciphers)?;
        let identity = Identity::new(certificates, key, &offer).map_err(|error| errors::tls(py, &error))?;
        Ok(Self { identity })
    }
}

/// Authorities that a client believes, and their verdict about chains of certificates.
#[pyclass(frozen, module = "spice_rs._core")]
pub(crate) struct TlsAuthorities {
    authorities: Authorities,
}

#[pymethods]
impl TlsAuthorities {
    #[new]
    #[pyo3(signature = (certificates, revoked = Vec::new()))]
    fn new(py: Python<'_>, certificates: Vec<Vec<u8>>, revoked: Vec<Vec<u8>>) -> PyResult<Self> {
        let authorities = Authorities::new(&slices(&certificates), &slices(&revoked));
        Ok(Self { authorities: authorities.map_err(|error| errors::tls(py, &error))? })
    }

    /// None if the chain is believed and belongs to `name`, else the kind of reason and its details.
    fn judge(
        &self,
        py: Python<'_>,
        certificates: Vec<Vec<u8>>,
        name: &str,
        now: u64,
    ) -> Option<(&'static str, String)> {
        let verdict = py.detach(|| self.authorities.judge(&slices(&certificates), name, now));
        verdict.err().map(|distrust| (reason(distrust.reason), distrust.details))
    }
}

/// One end of a TLS connection: ciphertext in, plaintext out, and back.
#[pyclass(frozen, module = "spice_rs._core")]
pub(crate) struct TlsPipe {
    pipe: Arc<Mutex<Pipe>>,
}

impl TlsPipe {
    fn new(pipe: Result<Pipe, spice_tls::Error>, py: Python<'_>) -> PyResult<Self> {
        let pipe = pipe.map_err(|error| errors::tls(py, &error))?;
        Ok(Self { pipe: Arc::new(Mutex::new(pipe)) })
    }

    /// The pipe itself, for whoever works on it without Python.
    pub(crate) fn shared(&self) -> Arc<Mutex<Pipe>> {
        self.pipe.clone()
    }

    /// Up to `limit` bytes of what has been received.
    fn hand_out<'py>(
        &self,
        py: Python<'py>,
        received: Received,
        limit: usize,
    ) -> Option<Bound<'py, PyBytes>> {
        if received == Received::Nothing {
            return None;
        }
        let mut pipe = lock(&self.pipe);
        let count = pipe.plain().len().min(limit);
        let data = PyBytes::new(py, &pipe.plain()[..count]);
        pipe.taken(count);
        Some(data)
    }

    /// Runs `work` on the pipe, without the interpreter's lock where that may take a while.
    fn with<T: Send>(
        &self,
        py: Python<'_>,
        size: usize,
        work: impl FnOnce(&mut Pipe) -> Result<T, spice_tls::Error> + Send,
    ) -> PyResult<T> {
        let result = if size <= SMALL {
            work(&mut lock(&self.pipe))
        } else {
            py.detach(|| work(&mut lock(&self.pipe)))
        };
        result.map_err(|error| errors::tls(py, &error))
    }
}

#[pymethods]
impl TlsPipe {
    /// A client's end; `name` is told to the server if it is a host's name.
    #[staticmethod]
    #[pyo3(signature = (name = None, *, versions = Vec::new(), ciphers = Vec::new()))]
    fn client(
        py: Python<'_>,
        name: Option<&str>,
        versions: Vec<String>,
        ciphers: Vec<String>,
    ) -> PyResult<Self> {
        Self::new(Pipe::client(&offer(py, &versions, &ciphers)?, name), py)
    }

    /// A server's end.
    #[staticmethod]
    fn server(py: Python<'_>, identity: &TlsIdentity) -> PyResult<Self> {
        Self::new(Pipe::server(&identity.identity), py)
    }

    /// Takes received ciphertext over (a copy).
    fn receive(&self, data: &Bound<'_, PyAny>) -> PyResult<()> {
        with_bytes(data, |bytes| lock(&self.pipe).receive(bytes))
    }

    /// Receives ciphertext from a socket, once: how many bytes, 0 at the end of the stream, None if there are none yet. Raises OSError.
    fn fill_from(&self, py: Python<'_>, socket: &Bound<'_, Socket>) -> PyResult<Option<usize>> {
        let open = socket.get().still_open()?;
        py.detach(|| sealed::receive(&mut lock(&self.pipe), open.stream())).map_err(errors::system)
    }

    /// As `read`; where nothing is there, receives from a socket, once. Raises OSError and TlsError, and EOFError if the stream has
    /// ended without the peer's goodbye.
    fn receive_from<'py>(
        &self,
        py: Python<'py>,
        socket: &Bound<'py, Socket>,
        limit: usize,
    ) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let open = socket.get().still_open()?;
        let received = py.detach(|| sealed::decipher_from(&mut lock(&self.pipe), open.stream(), limit));
        Ok(self.hand_out(py, received.map_err(errors::system)?, limit))
    }

    /// Enciphers data, and sends to a socket, as far as that needs no waiting: how many bytes of ciphertext are left. Raises OSError
    /// and TlsError.
    #[pyo3(signature = (socket, data = None))]
    fn send_to(
        &self,
        py: Python<'_>,
        socket: &Bound<'_, Socket>,
        data: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<usize> {
        let open = socket.get().still_open()?;
        let send = |bytes: &[u8]| {
            let send = || sealed::send_behind(&mut lock(&self.pipe), open.stream(), bytes);
            if bytes.len() <= SMALL { send() } else { py.detach(send) }
        };
        data.map_or_else(|| Ok(send(&[])), |data| with_bytes(data, send))?.map_err(errors::system)
    }

    /// Goes on with the handshake: `waiting` for ciphertext, `judging`, or `complete`. Raises TlsError.
    fn handshake(&self, py: Python<'_>) -> PyResult<&'static str> {
        // Signing takes a millisecond.
        let state = self.with(py, usize::MAX, Pipe::handshake)?;
        Ok(match state {
            Handshake::Waiting => "waiting",
            Handshake::Judging => "judging",
            Handshake::Complete => "complete",
        })
    }

    /// What the server has shown, while it waits for judgement: certificates, what was signed, signature, scheme.
    #[getter]
    fn presented<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let Some(presented) = lock(&self.pipe).presented().cloned() else { return Ok(None) };
        let certificates =
            PyTuple::new(py, presented.certificates.iter().map(|each| PyBytes::new(py, each)))?;
        let message = PyBytes::new(py, &presented.message);
        let signature = PyBytes::new(py, &presented.signature);
        (certificates, message, signature, presented.scheme).into_pyobject(py).map(Some)
    }

    /// Lets data through: what was presented has been found right.
    fn trust(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, 0, Pipe::trust)
    }

    /// Version, cipher and bits of its key; None while they are not agreed.
    #[getter]
    fn cipher(&self) -> Option<(&'static str, String, u16)> {
        lock(&self.pipe).cipher()
    }

    /// The first bytes that the peer has sent.
    #[getter]
    fn opening<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, lock(&self.pipe).opening())
    }

    /// Whether something is to be sent.
    #[getter]
    fn has_outgoing(&self) -> bool {
        !lock(&self.pipe).outgoing().is_empty()
    }

    /// Up to `limit` bytes of plaintext; empty at the end of the stream, None if more ciphertext has to come. Raises TlsError.
    fn read<'py>(&self, py: Python<'py>, limit: usize) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let size = lock(&self.pipe).readable().min(limit);
        let received = self.with(py, size, |pipe| pipe.decipher(limit))?;
        Ok(self.hand_out(py, received, limit))
    }

    /// Enciphers data, behind what else is to be sent. Raises TlsError.
    fn write(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<()> {
        with_bytes(data, |bytes| self.with(py, bytes.len(), |pipe| pipe.write(bytes)))?
    }

    /// Says goodbye to the peer. Raises TlsError.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, 0, Pipe::close)
    }

    /// What is to be sent, in this order; empty for nothing.
    fn outgoing<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let mut pipe = lock(&self.pipe);
        let ciphertext = PyBytes::new(py, pipe.outgoing());
        let count = pipe.outgoing().len();
        pipe.sent(count);
        ciphertext
    }
}

fn offer(py: Python<'_>, versions: &[String], ciphers: &[String]) -> PyResult<Offer> {
    let offer = Offer::only(versions.iter().map(String::as_str), ciphers.iter().map(String::as_str));
    offer.map_err(|error| errors::tls(py, &error))
}

fn slices(parts: &[Vec<u8>]) -> Vec<&[u8]> {
    parts.iter().map(Vec::as_slice).collect()
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Expired => "expired",
        Reason::NotYetValid => "not yet valid",
        Reason::UnknownIssuer => "unknown issuer",
        Reason::Name => "wrong name",
        Reason::Revoked => "revoked",
        Reason::Signature => "bad signature",
        Reason::Purpose => "wrong purpose",
        Reason::Unusable => "unusable",
    }
}
