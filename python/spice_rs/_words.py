"""Exact amounts out of a stream: how the link stage reads and writes, before any channel exists."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TypeVar

import trio
from trio.abc import Stream

from .errors import LinkError, TlsError
from .sasl import Layer, LayeredStream
from .transport import is_encrypted

T = TypeVar("T")


@dataclass(slots=True)
class Words:
    """Exact amounts out of a stream, never more than was asked for; and the errors of a stream as link errors."""

    stream: Stream
    peer: str
    _buffer: bytearray = field(default_factory=bytearray)
    _waiting: bytes = b""
    _behind: bytes = b""
    _heard: bool = False

    async def take(self, count: int, ahead: int = 0) -> bytes:
        """Receive exactly `count` bytes; up to `ahead` may come with them and wait for the next `take`."""
        await self.peek(count, ahead)
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    async def peek(self, count: int, ahead: int = 0) -> bytes:
        """As `take`, but the bytes stay."""
        while len(self._buffer) < count:
            wanted = max(count, ahead) - len(self._buffer)
            data = await self._receive(wanted)
            if not data:
                raise self._ended()
            self._heard = True
            self._buffer += data
        return bytes(self._buffer[:count])

    async def rest(self) -> bytes:
        """Return what has come already: the stranger's first words."""
        return bytes(self._buffer)

    async def send(self, data: bytes) -> None:
        """Send, between what `send_later` and what `send_behind` kept."""
        data, self._waiting, self._behind = self._waiting + data + self._behind, b"", b""
        await _or_link_error(self.stream.send_all(data), self.peer)

    def protect(self, layer: Layer | None) -> None:
        """Go on inside of a security layer, if there is one. Nothing has come that is not inside of it."""
        if layer is not None:
            self.stream = LayeredStream(self.stream, layer)

    def send_later(self, data: bytes) -> None:
        """Send together with the next `send`."""
        self._waiting += data

    def send_behind(self, data: bytes) -> None:
        """Send together with the next `send`, after it: a peer that is woken by that finds this too."""
        self._behind += data

    async def _receive(self, wanted: int) -> bytes | bytearray:
        try:
            return await self.stream.receive_some(wanted)
        except trio.BrokenResourceError as error:
            # The reference server resets the connection of who speaks without TLS at its port for that.
            is_known = self._heard or isinstance(error.__cause__, TlsError)
            raise (_broken(self.peer, error) if is_known else self._ended()) from error

    def _ended(self) -> LinkError:
        if self._heard:
            return LinkError(f"the {self.peer} closed the connection in the middle of the link")
        wants = "" if is_encrypted(self.stream) else "want TLS there (spice+tls://), "
        return LinkError(
            f"the {self.peer} closed the connection without a word; it may {wants}have no such channel, or be no SPICE"
        )


async def _or_link_error(operation: Awaitable[T], peer: str) -> T:
    try:
        return await operation
    except trio.BrokenResourceError as error:
        raise _broken(peer, error) from error


def _broken(peer: str, error: trio.BrokenResourceError) -> LinkError:
    return LinkError(f"the connection to the {peer} broke during the link: {error.__cause__ or error}")
