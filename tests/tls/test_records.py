"""Where records of TLS end: spice-gtk forgets what came in one together with the message that it was waiting for."""

from __future__ import annotations

import pytest
import trio
from trio.abc import Stream
from trio.testing import memory_stream_pair

import spice_rs
from spice_rs.enums import ChannelType
from spice_rs.link import client_link
from spice_rs.messages.base import Ping
from spice_rs.tls import ClientTls, ServerTls

from .ends import socket_streams

OWN = ServerTls.self_signed()
HEADERS = 6 + 12
"""Bytes of a PING beside its padding: the message's header, the fixed fields."""


class Records(Stream):
    """Hands out the records of a stream one by one, so that what is inside of each comes by itself."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        header = await self._exactly(5)
        return header + await self._exactly(int.from_bytes(header[3:], "big"))

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            data += (more := await self._stream.receive_some(count - len(data)))
            assert more
        return data


async def memory_streams() -> tuple[Stream, Stream]:
    return memory_stream_pair()


@pytest.mark.parametrize("streams", [socket_streams, memory_streams])
@pytest.mark.parametrize("sizes", [[9], [40, 50, 60], [40, 20_000, 50], [50_000, 17_000]])
async def test_the_last_message_has_a_record_of_its_own(streams, sizes: list[int]) -> None:
    async with spice_rs.serve(tls=OWN) as server, trio.open_nursery() as nursery:
        ours, theirs = await streams()
        nursery.start_soon(lambda: server.serve_stream(theirs, tls=True))
        trust = ClientTls(pubkey=OWN.pubkey)
        async with await trust.secure(Records(ours)) as inside:
            await client_link(inside, channel_type=ChannelType.MAIN)
            pieces: list[bytes] = []
            with trio.fail_after(20):
                # What a session begins with comes in any case.
                while not (server.clients and (ChannelType.MAIN, 0) in server.clients[0].channels):
                    pieces.append(await inside.receive_some())
                channel = server.clients[0].channels[ChannelType.MAIN, 0]
                await channel.up()
                for size in sizes:
                    channel.core.send(Ping(1, 2, b"\x5a" * size))
                channel.flush()
                while sum(piece.count(b"\x5a") for piece in pieces) < sum(sizes):
                    pieces.append(await inside.receive_some())
        last, rest = sizes[-1] + HEADERS, len(b"".join(pieces))
        begins = []
        for piece in pieces:
            begins.append(rest)
            rest -= len(piece)
        assert last in begins, (last, begins)
        nursery.cancel_scope.cancel()
