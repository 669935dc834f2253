"""What a channel does with a socket beside Trio's stream."""

from __future__ import annotations

import contextlib
import sys

import trio
from trio.abc import Stream

from . import _core
from .errors import TlsError
from .tls import TlsStream

TCP = (trio.socket.AF_INET, trio.socket.AF_INET6)
APP_LIMITED, COUNTERS, TCP_INFO_SIZE = 7, (120, 160, 168), 176
"""Where Linux says in `struct tcp_info` whether there was not always something to send, how many bytes have arrived, how many a second in
the last burst, and how many microseconds some were under way; and how much of it is needed for that."""

TICK = 0.004
"""Seconds of its clock for that."""

TELLING = 256 << 10
"""Bytes from one look to the next: fewer may have gone into some buffer on the way at once."""


class Socket:
    """What a channel does with a socket beside Trio's stream: bytes go between it and Rust without becoming Python's.

    Both ways save task switches and copies. Whoever uses it stops before the stream is closed.
    """

    def __init__(self, stream: trio.SocketStream, core: _core.Socket, *, owned: bool) -> None:
        self._number = stream.socket.fileno()
        self._socket = stream.socket
        self._arrived, self._busy = 0, 0
        self._owned = owned
        self.core = core

    @classmethod
    def below(cls, stream: Stream) -> Socket | None:
        """Return the socket of a stream, with TLS between both or without; None where a stream is something else."""
        socket = socket_below(stream)
        if socket is None:
            return None
        if not isinstance(stream, TlsStream):
            return cls(socket, _core.Socket(socket.socket.fileno()), owned=True)
        return None if stream.socket is None else cls(socket, stream.socket, owned=False)

    async def receive(self, channel: _core.Channel) -> int:
        """Wait for bytes and receive them; return how many came, 0 at the end of the stream.

        Raises:
            OSError, TlsError: the connection broke.
        """
        while True:
            if self.core.has_kept:
                await trio.lowlevel.checkpoint()
            else:
                self.core.expect(channel)
                await trio.lowlevel.wait_readable(self._number)
            if (count := self.core.receive(channel)) is not None:
                return count

    def send_now(self, channel: _core.Channel) -> None:
        """Send what the system takes without waiting; where it is broken, sending the waiting way finds out."""
        with contextlib.suppress(OSError, TlsError):
            self.core.send(channel)

    async def send(self, channel: _core.Channel) -> None:
        """Wait until the system takes something, and send what it takes.

        Raises:
            OSError, TlsError: the connection broke.
        """
        await trio.lowlevel.wait_writable(self._number)
        self.core.send(channel)

    def carried(self) -> tuple[float, bool] | None:
        """Return how many bytes a second the line has carried lately, and whether that is only the least it can.

        That is so where there was not always something to send. None where the system does not say, or too little was sent for it to mean
        anything.
        """
        if sys.platform != "linux" or self._socket.family not in TCP:
            return None
        try:
            said = self._socket.getsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_INFO, TCP_INFO_SIZE)
        except OSError:
            return None
        if len(said) < TCP_INFO_SIZE:
            return None
        arrived, rate, busy = (int.from_bytes(said[at : at + 8], sys.byteorder) for at in COUNTERS)
        count, microseconds = arrived - self._arrived, busy - self._busy
        if count < TELLING:
            return None
        self._arrived, self._busy = arrived, busy
        if microseconds == 0:  # less than a tick of its clock: the line is so fast that only bursts tell
            return max(float(rate), count / TICK), True
        return count / (microseconds / 1e6), bool(said[APP_LIMITED] & 1)

    def stop_reading(self) -> None:
        """End the stream on this side: whoever waits for bytes is told that it is over."""
        self.core.stop_reading()

    async def stop_reading_when_cancelled(self) -> None:
        """Wake the thread that reads for good once this task is cancelled: the channel is over."""
        try:
            await trio.sleep_forever()
        finally:
            self.stop_reading()

    def close(self) -> None:
        """Give back what is held beside the stream; this belongs before closing that."""
        if self._owned:
            self.core.close()


def socket_below(stream: Stream) -> trio.SocketStream | None:
    """Return the socket of a stream, with TLS between both or without; None where a stream is something else."""
    below = stream.transport if isinstance(stream, TlsStream) else stream
    return below if isinstance(below, trio.SocketStream) else None
