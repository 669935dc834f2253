//! What the standard library cannot say to the system about a socket: beside `buffers.rs` the only holder of `unsafe`.

use std::ffi::{c_int, c_void};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::ptr;
use std::time::Duration;

/// A descriptor of our own for what `number` stands for: it stays valid whatever happens to the other one.
pub(crate) fn duplicate(number: RawFd) -> io::Result<OwnedFd> {
    if number < 0 {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    // SAFETY: the number is no sentinel and is only borrowed for one system call, which refuses it if nothing is open there.
    unsafe { BorrowedFd::borrow_raw(number) }.try_clone_to_owned()
}

/// Blocks until there is something to be read, or for so long; whether there is. The end of the stream counts, and a failure.
pub(crate) fn wait_readable(socket: &impl AsRawFd, most: Option<Duration>) -> io::Result<bool> {
    // Rounded up, so that a wait for less than a millisecond does not become a busy one.
    let milliseconds =
        most.map_or(-1, |most| c_int::try_from(most.as_nanos().div_ceil(1_000_000)).unwrap_or(c_int::MAX));
    let mut wanted = libc::pollfd { fd: socket.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: `wanted` is one description, and nobody else uses it until this returns.
    match unsafe { libc::poll(ptr::from_mut(&mut wanted), 1, milliseconds) } {
        -1 => match io::Error::last_os_error() {
            // A signal; whoever waits looks at the clock and comes again.
            error if error.kind() == io::ErrorKind::Interrupted => Ok(false),
            error => Err(error),
        },
        count => Ok(count > 0),
    }
}

/// Lets the system call a socket readable only when so many bytes are there, or its end.
pub(crate) fn set_least(socket: &impl AsRawFd, bytes: usize) -> io::Result<()> {
    let value = c_int::try_from(bytes).unwrap_or(c_int::MAX);
    let (level, name) = (libc::SOL_SOCKET, libc::SO_RCVLOWAT);
    let size = libc::socklen_t::try_from(size_of::<c_int>()).unwrap_or_default();
    // SAFETY: the option is an integer, and `value` is one of that size.
    let result = unsafe {
        libc::setsockopt(socket.as_raw_fd(), level, name, ptr::from_ref(&value).cast::<c_void>(), size)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
