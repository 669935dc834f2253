"""A stream inside a security layer: packets behind their length, plain bytes out (RFC 4422, 3.7)."""

from __future__ import annotations

from collections.abc import Iterator

import trio
from trio.abc import Stream

from ..errors import RemoteProtocolError
from ._mechanism import Layer

LENGTH = 4
PACKET_MAX = 1 << 17
"""Bytes of a packet: twice what either side says that it takes."""

RECEIVE_SIZE = 1 << 16

INLINE = 1 << 15
"""Bytes that are sealed at once; more go to a worker thread, as Trio's must not stand still for a millisecond."""


class LayeredStream(Stream):
    """Passes everything through a layer. One task may send and one may receive at a time.

    A cancelled or failed `send_all` may have sent a part; the stream can only be closed then.
    """

    def __init__(self, stream: Stream, layer: Layer) -> None:
        self._stream = stream
        self._layer = layer
        self._sealed = bytearray()
        self._plain = bytearray()
        self._sending = trio.Lock()

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Seal and send."""
        plain = bytes(data)
        async with self._sending:
            if not plain:
                await trio.lowlevel.checkpoint()
            elif len(plain) <= INLINE:
                await self._stream.send_all(b"".join(self._packets(plain)))
            else:
                await self._stream.send_all(
                    await trio.to_thread.run_sync(lambda: b"".join(self._packets(plain)))
                )

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Receive and open.

        Raises:
            RemoteProtocolError: a packet was forged, or is larger than agreed.
            trio.BrokenResourceError: the stream ends in the middle of a packet, or broke.
        """
        if max_bytes is not None and max_bytes < 1:
            raise ValueError("max_bytes must be at least 1")
        await trio.lowlevel.checkpoint()
        while not self._plain:
            if self._open_one():
                continue
            data = await self._stream.receive_some(RECEIVE_SIZE)
            if not data:
                if self._sealed:
                    raise trio.BrokenResourceError("the stream ends in the middle of a packet")
                return b""
            self._sealed += data
        size = len(self._plain) if max_bytes is None else max_bytes
        found = bytes(self._plain[:size])
        del self._plain[:size]
        return found

    async def wait_send_all_might_not_block(self) -> None:
        """Wait until there is room to send."""
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        """Close the stream below."""
        await self._stream.aclose()

    def _packets(self, data: bytes) -> Iterator[bytes]:
        for at in range(0, len(data), self._layer.packet_max):
            packet = self._layer.wrap(data[at : at + self._layer.packet_max])
            yield len(packet).to_bytes(LENGTH, "big")
            yield packet

    def _open_one(self) -> bool:
        """Open the packet that has come whole; return whether one had."""
        if len(self._sealed) < LENGTH:
            return False
        size = int.from_bytes(self._sealed[:LENGTH], "big")
        if size > PACKET_MAX:
            raise RemoteProtocolError(f"a packet of {size} bytes in the SASL layer", message="SASL")
        if len(self._sealed) < LENGTH + size:
            return False
        packet = bytes(self._sealed[LENGTH : LENGTH + size])
        del self._sealed[: LENGTH + size]
        self._plain += self._layer.unwrap(packet)
        return True
