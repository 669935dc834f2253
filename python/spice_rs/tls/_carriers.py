"""What carries a pipe's ciphertext: any stream, or, with less effort, a socket."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import suppress
from typing import NoReturn, Protocol

import trio
from trio.abc import Stream

from .. import _core

RECEIVE_SIZE = 1 << 17
"""Bytes asked for at once: each time costs as much as deciphering some of them."""

PIECE = 1 << 18
"""Bytes enciphered at once: more would wait in memory while less is on its way."""

CLOSE_PATIENCE = 1.0
"""Seconds that closing waits for a peer that does not read its goodbye."""

GONE = "the peer has gone without saying that it is done"

Bytes = bytes | bytearray | memoryview


class Carrier(Protocol):
    """What carries ciphertext between a pipe and the other end.

    One task at a time receives, and one sends. Except for the last words, everything lets other tasks run.
    """

    @property
    def socket(self) -> _core.Socket | None:
        """What goes between a channel and the other end without Python's bytes, if that is possible."""

    async def fill(self) -> int:
        """Receive ciphertext; return how much, 0 at the end of the connection."""

    async def flush(self) -> None:
        """Send what the pipe has to say."""

    async def receive(self, limit: int) -> bytes:
        """Receive plaintext: at least one byte, none at the end of the stream.

        Raises:
            TlsError: the peer broke the rules.
            trio.BrokenResourceError: the connection broke, or ended without the peer's goodbye.
        """

    async def send(self, data: Bytes) -> None:
        """Send plaintext, behind what else the pipe has to say."""

    async def say_last_words(self) -> None:
        """Send what the pipe has to say, if the other end still takes it."""

    def close(self) -> None:
        """Give back what is held beside the transport; that is closed behind this."""


def carrier(transport: Stream, pipe: _core.TlsPipe) -> Carrier:
    """Return what carries a pipe's ciphertext over a stream."""
    if isinstance(transport, trio.SocketStream):
        # Where the system has no descriptor left, or the socket is closed, the stream still knows what to do.
        with suppress(OSError):
            return _SocketCarrier(transport, pipe)
    return _StreamCarrier(transport, pipe)


class _StreamCarrier:
    """Cancelled or failed in the middle of sending, it sends nothing any more: half a record may have left."""

    socket = None

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

    async def receive(self, limit: int) -> bytes:
        await trio.lowlevel.checkpoint_if_cancelled()
        data = self._pipe.read(limit)
        if data is not None:
            await trio.lowlevel.cancel_shielded_checkpoint()
        while data is None:
            if not await self.fill():
                raise trio.BrokenResourceError(GONE)
            data = self._pipe.read(limit)
        return data

    async def send(self, data: Bytes) -> None:
        for piece in _pieces(data):
            self._pipe.write(piece)
            await self.flush()

    async def say_last_words(self) -> None:
        with trio.move_on_after(CLOSE_PATIENCE):
            await self.flush()

    def close(self) -> None:
        pass


class _SocketCarrier:
    """Ciphertext goes between socket and pipe without becoming Python's; waiting is Trio's.

    Cancelled in the middle of sending, it goes on there the next time.
    """

    def __init__(self, transport: trio.SocketStream, pipe: _core.TlsPipe) -> None:
        self._transport = transport
        self._pipe = pipe
        self.socket = _core.Socket(transport.socket.fileno(), pipe)

    async def fill(self) -> int:
        await trio.lowlevel.checkpoint_if_cancelled()
        try:
            count = self._pipe.fill_from(self.socket)
            if count is not None:
                await trio.lowlevel.cancel_shielded_checkpoint()
            while count is None:
                await trio.lowlevel.wait_readable(self._transport.socket)
                count = self._pipe.fill_from(self.socket)
        except OSError as error:
            _raise(error)
        return count

    async def flush(self) -> None:
        await self._send(None)

    async def receive(self, limit: int) -> bytes:
        await trio.lowlevel.checkpoint_if_cancelled()
        try:
            data = self._pipe.receive_from(self.socket, limit)
            if data is not None:
                await trio.lowlevel.cancel_shielded_checkpoint()
            while data is None:
                await trio.lowlevel.wait_readable(self._transport.socket)
                data = self._pipe.receive_from(self.socket, limit)
        except OSError as error:
            _raise(error)
        except EOFError:
            raise trio.BrokenResourceError(GONE) from None
        return data

    async def send(self, data: Bytes) -> None:
        if len(data) <= PIECE:
            await self._send(data)
            return
        for piece in _pieces(data):
            await self._send(piece)

    async def _send(self, data: Bytes | None) -> None:
        await trio.lowlevel.checkpoint_if_cancelled()
        try:
            left = self._pipe.send_to(self.socket, data)
            if not left:
                await trio.lowlevel.cancel_shielded_checkpoint()
            while left:
                await trio.lowlevel.wait_writable(self._transport.socket)
                left = self._pipe.send_to(self.socket)
        except OSError as error:
            _raise(error)

    async def say_last_words(self) -> None:
        # At once or not at all: who closes by force does not wait.
        try:
            self._pipe.send_to(self.socket)
        except OSError as error:
            _raise(error)

    def close(self) -> None:
        self.socket.close()


def _pieces(data: Bytes) -> Iterator[Bytes]:
    """Cut data up; nothing is one piece too."""
    if len(data) <= PIECE:
        yield data
        return
    whole = memoryview(data).cast("B")
    for at in range(0, len(whole), PIECE):
        yield whole[at : at + PIECE]


def _raise(error: OSError) -> NoReturn:
    """Say it as Trio's own streams do."""
    if error.errno == errno.EBADF:
        raise trio.ClosedResourceError("this socket was already closed") from None
    raise trio.BrokenResourceError(f"the connection broke: {error}") from error
