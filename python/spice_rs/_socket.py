"""What a channel does with a socket beside Trio's stream."""

from __future__ import annotations

import contextlib

import trio
from trio.abc import Stream

from . import _core
from .errors import TlsError
from .tls import TlsStream


class Socket:
    """What a channel does with a socket beside Trio's stream: bytes go between it and Rust without becoming Python's.

    Both ways save task switches and copies. Whoever uses it stops before the stream is closed.
    """

    def __init__(self, stream: trio.SocketStream, core: _core.Socket, *, owned: bool) -> None:
        self._number = stream.socket.fileno()
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

    def stop_reading(self) -> None:
        """End the stream on this side: whoever waits for bytes is told that it is over."""
        self.core.stop_reading()

    def close(self) -> None:
        """Give back what is held beside the stream; this belongs before closing that."""
        if self._owned:
            self.core.close()


def socket_below(stream: Stream) -> trio.SocketStream | None:
    """Return the socket of a stream, with TLS between both or without; None where a stream is something else."""
    below = stream.transport if isinstance(stream, TlsStream) else stream
    return below if isinstance(below, trio.SocketStream) else None
