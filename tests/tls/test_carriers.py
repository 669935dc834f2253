"""What carries ciphertext, over memory and over sockets: every byte once and in order, cancelled, cut, changed, and closed."""

from __future__ import annotations

import os
import random
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import trio
from trio.abc import Stream
from trio.testing import lockstep_stream_pair

from spice_rs.errors import TlsError
from spice_rs.tls import TlsStream

from .ends import client, pair, server, shaken, socket_pair, socket_streams

MAKES = pytest.mark.parametrize("make", [pair, socket_pair])

FORGED = b"\x17\x03\x03\x00\x20" + bytes(32)
"""A record of data that nobody with the keys has made."""


@asynccontextmanager
async def closing(*streams: Stream) -> AsyncIterator[tuple[Stream, ...]]:
    """Close them by force in the end."""
    try:
        yield streams
    finally:
        for stream in streams:
            await trio.aclose_forcefully(stream)


async def read_all(stream: TlsStream, most: int | None = None) -> bytes:
    received = bytearray()
    while data := await stream.receive_some(most):
        assert most is None or len(data) <= most
        received += data
    return bytes(received)


@MAKES
async def test_both_ways_at_once_nothing_is_lost_or_mixed_up(make) -> None:
    generator = random.Random(5)
    pieces = [generator.randbytes(generator.choice((0, 1, 100, 17_000, 300_000, 700_000))) for _ in range(30)]
    ends = await make()
    async with closing(*ends):

        async def say(stream: TlsStream) -> None:
            for number, piece in enumerate(pieces):
                await stream.send_all((piece, bytearray(piece), memoryview(piece))[number % 3])
            # Closing would throw away what the other end has not read yet.
            await stream.send_all(b"end")

        async def hear(stream: TlsStream, most: int | None) -> None:
            received = bytearray()
            while not received.endswith(b"end"):
                data = await stream.receive_some(most)
                assert most is None or len(data) <= most
                received += data
            assert received == b"".join(pieces) + b"end"

        async with trio.open_nursery() as nursery:
            for stream, most in zip(ends, (None, 5_000), strict=True):
                nursery.start_soon(say, stream)
                nursery.start_soon(hear, stream, most)


@MAKES
async def test_receiving_that_is_cancelled_loses_nothing(make) -> None:
    left, right = await make()
    async with closing(left, right):
        received = b""
        for byte in b"each byte by itself":
            with trio.move_on_after(0) as scope:
                await right.receive_some()
            assert scope.cancelled_caught
            await left.send_all(bytes([byte]))
            received += await right.receive_some()
        assert received == b"each byte by itself"


async def test_sending_over_a_socket_that_is_cancelled_goes_on_with_whole_records() -> None:
    left, right = await socket_pair()
    async with closing(left, right):
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(left.send_all, b"x" * 50_000_000)
                # It stops when the system takes no more, for nobody reads.
                await trio.testing.wait_all_tasks_blocked()
                scope.cancel()

        async def go_on() -> None:
            await left.send_all(b"end")
            await left.aclose()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(go_on)
            received = await read_all(right)
            assert received.strip(b"x") == b"end" and 3 < len(received) < 50_000_000


async def test_sending_over_a_stream_that_is_cancelled_is_the_end_of_sending() -> None:
    transport, other = lockstep_stream_pair()
    left, right = client(transport), server(other)
    async with closing(left, right):
        await shaken(left, right)
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(left.send_all, b"x" * 100_000)
                await trio.testing.wait_all_tasks_blocked()
                scope.cancel()
        with pytest.raises(trio.BrokenResourceError, match="middle of a record"):
            await left.send_all(b"end")


@MAKES
async def test_who_goes_without_a_goodbye_has_broken_the_connection(make) -> None:
    left, right = await make()
    async with closing(left, right):
        await left.send_all(b"last words")
        await left.transport.send_eof()
        assert await right.receive_some() == b"last words"
        for _ in range(2):
            with pytest.raises(trio.BrokenResourceError, match="without saying that it is done"):
                await right.receive_some()


@MAKES
async def test_a_goodbye_is_the_end(make) -> None:
    left, right = await make()
    async with closing(left, right):
        await left.send_all(b"last words")
        await left.aclose()
        assert await right.receive_some() == b"last words"
        assert await right.receive_some() == await right.receive_some() == b""


async def test_a_socket_takes_a_goodbye_even_of_who_closes_by_force() -> None:
    left, right = await socket_pair()
    async with closing(left, right):
        await left.send_all(b"last words")
        await trio.aclose_forcefully(left)
        assert await right.receive_some() == b"last words"
        assert await right.receive_some() == b""


@MAKES
async def test_a_forged_record_breaks_the_connection_and_the_peer_is_told(make) -> None:
    left, right = await make()
    async with closing(left, right):
        await left.send_all(b"true words")
        await left.transport.send_all(FORGED)
        assert await right.receive_some() == b"true words"
        with pytest.raises(trio.BrokenResourceError, match="changed on its way") as caught:
            await right.receive_some()
        assert isinstance(caught.value.__cause__, TlsError)
        with pytest.raises(trio.BrokenResourceError, match="bad record mac"):
            await left.receive_some()


async def test_closing_gives_every_descriptor_back() -> None:
    before = open_descriptors()
    for _ in range(3):
        for stream in await socket_pair():
            await stream.aclose()
    assert open_descriptors() == before


async def test_a_failed_handshake_keeps_no_descriptor_beside_the_socket() -> None:
    left, right = await socket_streams()
    refusing = server(right)
    await left.send_all(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(TlsError, match="does not speak TLS"):
        await refusing.do_handshake()
    # Who closes what is below, as listeners do, ends the connection by that.
    await right.aclose()
    async with closing(left):
        alert = await left.receive_some()
        assert alert[:1] == b"\x15" and not await left.receive_some()


async def test_it_works_without_a_descriptor_of_its_own() -> None:
    left, right = await socket_streams()
    with no_more_descriptors():
        ends = client(left), server(right)
    async with closing(*ends):
        assert ends[0].socket is None and ends[1].socket is None
        await shaken(*ends)
        await ends[0].send_all(b"by the stream")
        assert await ends[1].receive_some() == b"by the stream"


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@contextmanager
def no_more_descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
