//! TLS between a socket and a channel.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use spice_tls::{Pipe, Received};

use crate::channel::Channel;
use crate::socket::passing;
use crate::sync::lock;

/// Bytes enciphered at once: more would wait in memory while less is on its way.
const SEAL_SIZE: usize = 128 << 10;

/// A pipe whose ciphertext goes through a socket and whose plaintext is a channel's.
///
/// Whoever needs both locks takes the pipe's first, then the channel's.
pub(crate) struct Sealed {
    pipe: Arc<Mutex<Pipe>>,
    /// Bytes at the front of what the channel has to send that are enciphered, but have not all left yet.
    plain: AtomicUsize,
    /// The pipe may have something for the channel that is not behind any ciphertext still to come.
    kept: AtomicBool,
}

impl Sealed {
    /// A pipe whose handshake is over. What came behind that is kept.
    pub(crate) fn new(pipe: Arc<Mutex<Pipe>>) -> Self {
        Self { pipe, plain: AtomicUsize::new(0), kept: AtomicBool::new(true) }
    }

    /// Bytes of ciphertext that wait for the rest of their record.
    pub(crate) fn held(&self) -> usize {
        lock(&self.pipe).held()
    }

    /// Whether there is something to receive that the system does not know of.
    pub(crate) fn has_kept(&self) -> bool {
        self.kept.load(Ordering::Relaxed)
    }

    /// Deciphers everything that is there; only if that is nothing, receives more, once.
    pub(crate) fn receive(&self, stream: &TcpStream, channel: &Channel) -> io::Result<Option<usize>> {
        let mut pipe = lock(&self.pipe);
        self.kept.store(false, Ordering::Relaxed);
        let mut count = 0;
        loop {
            match decipher(&mut pipe, channel) {
                Ok(Received::Data(more)) => count += more,
                Ok(Received::Nothing) if count == 0 => match receive(&mut pipe, stream)? {
                    Some(0) => return Ok(Some(0)),
                    Some(_) => {}
                    None => return Ok(None),
                },
                Ok(Received::Nothing) => return Ok(Some(count)),
                Ok(Received::End) if count == 0 => return Ok(Some(0)),
                Err(error) if count == 0 => return Err(error),
                Ok(Received::End) | Err(_) => {
                    // For the next time: nothing more may come that would wake anybody.
                    self.kept.store(true, Ordering::Relaxed);
                    return Ok(Some(count));
                }
            }
        }
    }

    /// Enciphers what waits in the channel, piece by piece, as long as the system takes it; how many bytes it took, and how many
    /// are left.
    pub(crate) fn send(&self, stream: &TcpStream, channel: &Channel) -> io::Result<(usize, usize)> {
        let mut pipe = lock(&self.pipe);
        let mut taken = 0;
        loop {
            taken += flush(&mut pipe, stream)?;
            if !pipe.outgoing().is_empty() {
                return Ok((taken, self.left(&pipe, channel)?));
            }
            // It leaves the channel when all of its ciphertext has left, and not before.
            if channel.drain(|_| Ok(self.plain.swap(0, Ordering::Relaxed)))? == 0 {
                return Ok((taken, 0));
            }
            channel.drain(|parts| {
                self.plain.store(seal(&mut pipe, parts)?, Ordering::Relaxed);
                Ok(0)
            })?;
        }
    }

    /// Bytes of the channel that have not left, counting a piece that has left in part as what it still weighs.
    fn left(&self, pipe: &Pipe, channel: &Channel) -> io::Result<usize> {
        let plain = self.plain.load(Ordering::Relaxed);
        let gone = plain.saturating_sub(pipe.outgoing().len());
        Ok(channel.drain(|_| Ok(0))?.saturating_sub(gone))
    }
}

fn decipher(pipe: &mut Pipe, channel: &Channel) -> io::Result<Received> {
    let mut received = Received::Nothing;
    channel.fill(|room| {
        received = pipe.read(room).map_err(io::Error::other)?;
        Ok(if let Received::Data(count) = received { count } else { 0 })
    })?;
    Ok(received)
}

/// Receives ciphertext, once: how many bytes, 0 at the end of the stream, None if there are none yet.
pub(crate) fn receive(pipe: &mut Pipe, stream: &TcpStream) -> io::Result<Option<usize>> {
    passing(pipe.fill(|room| (&mut &*stream).read(room)))
}

/// Deciphers what is there, up to some more than `enough` bytes of plaintext; only if that is nothing, receives more, once.
pub(crate) fn decipher_from(pipe: &mut Pipe, stream: &TcpStream, enough: usize) -> io::Result<Received> {
    let there = pipe.decipher(enough).map_err(io::Error::other)?;
    if there != Received::Nothing {
        return Ok(there);
    }
    match receive(pipe, stream)? {
        None => Ok(Received::Nothing),
        Some(0) => Err(ErrorKind::UnexpectedEof.into()),
        Some(_) => pipe.decipher(enough).map_err(io::Error::other),
    }
}

/// Enciphers data, and sends as [`flush`] does; how many bytes of ciphertext are left.
pub(crate) fn send_behind(pipe: &mut Pipe, stream: &TcpStream, data: &[u8]) -> io::Result<usize> {
    if !data.is_empty() {
        pipe.write(data).map_err(io::Error::other)?;
    }
    flush(pipe, stream)?;
    Ok(pipe.outgoing().len())
}

/// Sends ciphertext, as far as that needs no waiting; how many bytes.
pub(crate) fn flush(pipe: &mut Pipe, stream: &TcpStream) -> io::Result<usize> {
    let mut taken = 0;
    while !pipe.outgoing().is_empty() {
        let Some(count) = passing((&mut &*stream).write(pipe.outgoing()))? else { break };
        pipe.sent(count);
        taken += count;
    }
    Ok(taken)
}

/// Enciphers parts, up to [`SEAL_SIZE`], none together with another; how many bytes of them.
///
/// So the last message has records of its own. spice-gtk takes one message, and then looks whether its socket has more, not whether TLS
/// has; a message that came in one record with others would lie there until something else comes.
fn seal(pipe: &mut Pipe, parts: &mut dyn Iterator<Item = &[u8]>) -> io::Result<usize> {
    let mut count = 0;
    for part in parts {
        let part = part.get(..part.len().min(SEAL_SIZE - count)).unwrap_or_default();
        pipe.write(part).map_err(io::Error::other)?;
        count += part.len();
        if count == SEAL_SIZE {
            break;
        }
    }
    Ok(count)
}
