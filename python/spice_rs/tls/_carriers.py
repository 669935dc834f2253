"""What carries a pipe's ciphertext: any stream, or, with less effort, a socket."""

from __future__ import annotations

import errno
from typing import NoReturn, Protocol

import trio
from trio.abc import Stream

from .. import _core

RECEIVE_SIZE = 1 << 17
"""Bytes asked for at once: each time costs as much as deciphering some of them."""

CLOSE_PATIENCE = 1.0
"""Seconds that closing waits for a peer that does not read its goodbye."""


class Carrier(Protocol):
    """What carries ciphertext between a pipe and the other end. Both ways let other tasks run."""

    async def fill(self) -> int:
        """Receive ciphertext; return how much, 0 at the end of the connection."""

    async def flush(self) -> None:
        """Send what the pipe has to say. Cancelled or failed, nothing more can be sent."""

    async def say_last_words(self) -> None:
        """Send what the pipe has to say, if the other end still takes it."""


def carrier(transport: Stream, pipe: _core.TlsPipe) -> Carrier:
    """Return what carries a pipe's ciphertext over a stream."""
    if isinstance(transport, trio.SocketStream):
        return _SocketCarrier(transport, pipe)
    return _StreamCarrier(transport, pipe)


class _StreamCarrier:
    def __init__(self, transport: Stream, pipe: _core.TlsPipe) -> None:
        self._transport = transport
        self._pipe = pipe
        self._cut = False

    async def fill(self) -> int:
        data = await self._transport.receive_some(RECEIVE_SIZE)
        self._pipe.receive(data)
        return len(data)

    async def flush(self) -> None:
        ciphertext = self._pipe.outgoing()
        if self._cut:
            raise trio.BrokenResourceError("sending has ended in the middle of a record")
        if not ciphertext:
            await trio.lowlevel.checkpoint()
            return
        self._cut = True
        await self._transport.send_all(ciphertext)
        self._cut = False

    async def say_last_words(self) -> None:
        with trio.move_on_after(CLOSE_PATIENCE):
            await self.flush()


class _SocketCarrier:
    """Bytes go between socket and pipe without becoming Python's; waiting is Trio's."""

    def __init__(self, transport: trio.SocketStream, pipe: _core.TlsPipe) -> None:
        self._socket = transport.socket
        self._pipe = pipe

    async def fill(self) -> int:
        await trio.lowlevel.checkpoint_if_cancelled()
        try:
            count = self._pipe.receive_from(self._socket.fileno())
            if count is not None:
                await trio.lowlevel.cancel_shielded_checkpoint()
            while count is None:
                await trio.lowlevel.wait_readable(self._socket)
                count = self._pipe.receive_from(self._socket.fileno())
        except OSError as error:
            _raise(error)
        return count

    async def flush(self) -> None:
        await trio.lowlevel.checkpoint_if_cancelled()
        try:
            left = self._pipe.send_to(self._socket.fileno())
            if not left:
                await trio.lowlevel.cancel_shielded_checkpoint()
            while left:
                await trio.lowlevel.wait_writable(self._socket)
                left = self._pipe.send_to(self._socket.fileno())
        except OSError as error:
            _raise(error)

    async def say_last_words(self) -> None:
        # At once or not at all: who closes by force does not wait.
        try:
            self._pipe.send_to(self._socket.fileno())
        except OSError as error:
            _raise(error)


def _raise(error: OSError) -> NoReturn:
    """Say it as Trio's own streams do."""
    if error.errno == errno.EBADF:
        raise trio.ClosedResourceError("this socket was already closed") from None
    raise trio.BrokenResourceError(f"the connection broke: {error}") from error
