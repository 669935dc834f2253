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
    let mut wanted = libc::pollfd { fd: socket.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: `wanted` is one description, and nobody else uses it until this returns.
    match unsafe { libc::poll(ptr::from_mut(&mut wanted), 1, milliseconds(most)) } {
        -1 => match io::Error::last_os_error() {
            // A signal; whoever waits looks at the clock and comes again.
            error if error.kind() == io::ErrorKind::Interrupted => Ok(false),
            error => Err(error),
        },
        count => Ok(count > 0),
    }
}

/// What became of a socket, or of what else was waited for.
#[derive(Default)]
pub(crate) struct Ready {
    /// There is something to be read from the socket: bytes, its end, or a failure.
    pub(crate) readable: bool,
    /// The other one became readable.
    pub(crate) other: bool,
}

/// Blocks until the socket can be read, or written if that is wanted, or `other` can be read; or for so long.
pub(crate) fn wait_either(
    socket: &impl AsRawFd,
    to_write: bool,
    other: RawFd,
    most: Option<Duration>,
) -> io::Result<Ready> {
    let events = if to_write { libc::POLLIN | libc::POLLOUT } else { libc::POLLIN };
    let mut wanted = [
        libc::pollfd { fd: socket.as_raw_fd(), events, revents: 0 },
        libc::pollfd { fd: other, events: libc::POLLIN, revents: 0 },
    ];
    // SAFETY: `wanted` is two descriptions, and nobody else uses it until this returns.
    match unsafe { libc::poll(wanted.as_mut_ptr(), 2, milliseconds(most)) } {
        -1 => match io::Error::last_os_error() {
            // A signal; whoever waits looks at the clock and comes again.
            error if error.kind() == io::ErrorKind::Interrupted => Ok(Ready::default()),
            error => Err(error),
        },
        _ => Ok(Ready { readable: wanted[0].revents & !libc::POLLOUT != 0, other: wanted[1].revents != 0 }),
    }
}

/// Rounded up, so that a wait for less than a millisecond does not become a busy one.
fn milliseconds(most: Option<Duration>) -> c_int {
    most.map_or(-1, |most| c_int::try_from(most.as_nanos().div_ceil(1_000_000)).unwrap_or(c_int::MAX))
}

/// Lets the system call a socket readable only when so many bytes are there, or its end.
pub(crate) fn set_least(socket: &impl AsRawFd, bytes: usize) -> io::Result<()> {
    set_option(socket, libc::SOL_SOCKET, libc::SO_RCVLOWAT, bytes)
}

/// Lets the system take no more for a socket while so many bytes of what it took have never been sent. Only TCP has this.
pub(crate) fn set_unsent_most(socket: &impl AsRawFd, bytes: usize) -> io::Result<()> {
    set_option(socket, libc::IPPROTO_TCP, libc::TCP_NOTSENT_LOWAT, bytes)
}

fn set_option(socket: &impl AsRawFd, level: c_int, name: c_int, bytes: usize) -> io::Result<()> {
    let value = c_int::try_from(bytes).unwrap_or(c_int::MAX);
    let size = libc::socklen_t::try_from(size_of::<c_int>()).unwrap_or_default();
    // SAFETY: the option is an integer, and `value` is one of that size.
    let result = unsafe {
        libc::setsockopt(socket.as_raw_fd(), level, name, ptr::from_ref(&value).cast::<c_void>(), size)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
