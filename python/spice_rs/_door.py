"""What a client that has just connected speaks: SPICE as it is, or a WebSocket that carries it. One port takes both.

::

    stream = await incoming(stream)  # looks at the first four bytes
    linked = await server_link(stream, ...)
    channel.start(bare(stream), linked)  # a plain socket is a plain socket again

Nothing here needs the package that WebSockets need, so a server without it still serves everybody else.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

import trio
from trio.abc import Stream

from .errors import LinkError, Unsupported
from .transport import is_encrypted

FIRST_WORD = 4
"""Bytes that tell one from the other: SPICE says REDQ, a browser says GET and a space."""

INSTALL = "WebSockets need a package that the rest does not: pip install 'spice-rs[web]'"


async def incoming(stream: Stream, *, origins: Collection[str] = ()) -> Stream:
    """Return the stream on which a client speaks SPICE.

    Arguments:
        origins: see `websocket.accept`.

    Raises:
        LinkError: it asks for a web page or for a WebSocket that it may not have, and was told so in HTTP.
        Unsupported: it asks for a WebSocket, and the package for that is not installed.
        trio.BrokenResourceError: the connection broke.

    It has no deadline of its own: the caller has a cancel scope. Cancelled or failed, the stream is to be closed.
    """
    peeked = await peek(stream, FIRST_WORD)
    if peeked.start != b"GET ":
        return peeked
    try:
        from .websocket import accept
    except ModuleNotFoundError as error:
        await refuse(peeked, "501 Not Implemented", "This SPICE server was installed without WebSockets.")
        raise Unsupported(INSTALL, capability="WebSocket") from error
    return await accept(peeked, origins=origins)


async def peek(stream: Stream, count: int) -> Peeked:
    """Receive the first bytes of a stream, and return one that still has them; fewer come only at the stream's end."""
    start = bytearray()
    while len(start) < count and (more := await stream.receive_some(count - len(start))):
        start += more
    return Peeked(stream, bytes(start))


class FromBrowser(Stream):
    """What is at the other end of such a stream is, as far as anybody knows, a web page with spice-html5."""


class Peeked(Stream):
    """A stream whose first bytes have been looked at, and are there all the same.

    Attributes:
        stream: the one below.
        start: what was looked at and has not been received yet.
    """

    def __init__(self, stream: Stream, start: bytes) -> None:
        self.stream = stream
        self.start = start

    @property
    def encrypted(self) -> bool:
        """Whether TLS protects what is below."""
        return is_encrypted(self.stream)

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        """Receive what was looked at, then what comes."""
        if not self.start:
            return await self.stream.receive_some(max_bytes)
        if max_bytes is not None and max_bytes < 1:
            raise ValueError("max_bytes must be at least 1")
        await trio.lowlevel.checkpoint()
        first, self.start = self.start[:max_bytes], self.start[len(self.start[:max_bytes]) :]
        return first

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send."""
        await self.stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        """Wait until there is room to send."""
        await self.stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        """Close the stream below."""
        self.start = b""
        await self.stream.aclose()


def bare(stream: Stream) -> Stream:
    """Return the stream below one that was peeked at, once nothing is left of the peeking: a socket is faster bare."""
    return stream.stream if isinstance(stream, Peeked) and not stream.start else stream


async def refuse(stream: Stream, status: str, text: str, *headers: str) -> LinkError:
    """Answer an HTTP request with a refusal in words; return what to raise.

    Arguments:
        status: number and name, as `403 Forbidden`.
        headers: whole lines.
    """
    body = f"{text}\n".encode()
    lines = (
        f"HTTP/1.1 {status}",
        "Content-Type: text/plain; charset=utf-8",
        "X-Content-Type-Options: nosniff",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *headers,
    )
    # Whoever does not wait for the answer does not get it.
    with suppress(trio.BrokenResourceError):
        await stream.send_all("\r\n".join((*lines, "", "")).encode() + body)
    return LinkError(f"the client was refused: HTTP {status}: {text}")
