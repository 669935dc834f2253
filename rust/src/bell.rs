//! How a thread of Rust's wakes a task of Python's: a descriptor that becomes readable. It costs neither side the
//! interpreter's lock.

use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};

/// A bell that stays rung until it was heard.
pub(crate) struct Bell {
    ear: UnixStream,
    clapper: UnixStream,
    rung: AtomicBool,
}

impl Bell {
    pub(crate) fn new() -> io::Result<Self> {
        let (ear, clapper) = UnixStream::pair()?;
        ear.set_nonblocking(true)?;
        clapper.set_nonblocking(true)?;
        Ok(Self { ear, clapper, rung: AtomicBool::new(false) })
    }

    /// Readable once the bell is rung.
    pub(crate) fn descriptor(&self) -> RawFd {
        self.ear.as_raw_fd()
    }

    /// Rings, if it is not ringing already.
    pub(crate) fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            // There is always room: the last byte may not have been read yet, but there are never three.
            let _ = (&self.clapper).write(&[0]);
        }
    }

    /// Silences it. What rings after this is heard the next time, so look at the news only now.
    pub(crate) fn heard(&self) {
        // The byte first: whoever rings in between leaves none, and his news are there to be looked at. The other way round
        // his byte would be read here, and the bell would seem to be ringing for ever.
        let _ = (&self.ear).read(&mut [0; 8]);
        self.rung.swap(false, Ordering::AcqRel);
    }
}
