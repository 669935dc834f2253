"""Clients that come by WebSocket, well-meaning or not: what they cost the server, and the others nothing."""

from __future__ import annotations

import struct
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
import trio

import spice_rs
from spice_rs import websocket
from spice_rs.enums import ChannelType
from spice_rs.errors import AuthenticationError, Disconnected
from spice_rs.messages.display import Init as DisplayInit
from spice_rs.messages.main import Init
from spice_rs.server import Server, ServerLimits
from spice_rs.testing import Peer
from spice_rs.transport import Opener
from spice_rs.websocket import WebSocket
from tests.link.test_websocket import MALFORMED, frame, request
from tests.server.test_serve import picture, shown


@asynccontextmanager
async def guarded(**options: object) -> AsyncIterator[tuple[Server, Opener]]:
    """Serve for a block; at its end others must still be served, and no mistake of ours have happened."""
    async with spice_rs.serve("spice://127.0.0.1:0", size=(320, 200), **options) as server:  # type: ignore[arg-type]
        async with spice_rs.connect(server.addresses[0]) as other:
            await server.screen.update(picture(320, 200))
            await shown(server, other)
            yield server, websocket.opener(server.addresses[0].replace("spice:", "ws:"))
            await server.screen.update(picture(*server.screen.size, 7))
            await shown(server, other)
        assert server.faults == []


async def raw(server: Server) -> trio.SocketStream:
    """Open a connection on which the test says every byte."""
    return await trio.open_tcp_stream("127.0.0.1", int(server.addresses[0].rpartition(":")[2]))


async def ended(stream: trio.abc.ReceiveStream) -> bytes:
    """Wait for the server to hang up; return what it said."""
    said = bytearray()
    with trio.fail_after(5):
        try:
            while part := await stream.receive_some():
                said += part
        except trio.BrokenResourceError:
            pass
    return bytes(said)


async def test_a_session_goes_through_a_websocket() -> None:
    async with guarded() as (server, opener), spice_rs.connect(opener) as session:
        await shown(server, session)
        events = server.events()
        await session.keyboard.press("A")
        with trio.fail_after(5):
            assert [type(await anext(events)) for _ in range(2)] == [spice_rs.KeyDown, spice_rs.KeyUp]
        await server.screen.resize(500, 400)
        await server.screen.update(picture(500, 400, 3))
        await shown(server, session)


async def test_a_password_guards_the_websocket_too() -> None:
    async with spice_rs.serve("spice://127.0.0.1:0", password="secret") as server:
        opener = websocket.opener(server.addresses[0].replace("spice:", "ws:"))
        with pytest.raises(AuthenticationError):
            async with spice_rs.connect(opener, password="wrong"):
                pass
        async with spice_rs.connect(opener, password="secret") as session:
            await shown(server, session)


async def test_a_page_request_is_answered_in_words() -> None:
    async with guarded() as (server, _opener):
        url = server.addresses[0].replace("spice:", "http:")

        def ask() -> tuple[int, str]:
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(url, timeout=5)
            with caught.value as answer:
                return answer.code, answer.read().decode()

        code, text = await trio.to_thread.run_sync(ask)
        assert code == 426 and "SPICE server" in text


@pytest.mark.parametrize("what", MALFORMED)
async def test_malformed_frames_instead_of_a_link_are_turned_away(what: str) -> None:
    async with guarded() as (server, _opener), await raw(server) as stream:
        await stream.send_all(request())
        await stream.send_all(MALFORMED[what])
        assert b" 101 " in await ended(stream)


@pytest.mark.parametrize("what", MALFORMED)
async def test_malformed_frames_on_a_channel_end_the_session(what: str) -> None:
    async with guarded() as (server, opener), spice_rs.connect(opener) as session:
        await shown(server, session)
        bad = server.clients[-1]
        stream = session.channels[ChannelType.MAIN, 0]._stream
        assert isinstance(stream, WebSocket)
        await stream._stream.send_all(MALFORMED[what])
        with trio.fail_after(5):
            reason = await bad.wait_ended()
        assert isinstance(reason, Disconnected)


async def test_words_may_be_cut_into_any_frames() -> None:
    # A link message without capabilities, a byte in each frame, with a ping between any two.
    link = struct.pack("<4sIII", b"REDQ", 2, 2, 18) + struct.pack("<IBBIII", 0, 1, 0, 0, 0, 18)
    async with guarded() as (server, _opener), await raw(server) as stream:
        await stream.send_all(request())
        for byte in link:
            await stream.send_all(frame(bytes([byte])) + frame(b"", code=9))
        said = bytearray()
        with trio.fail_after(5):
            while b"REDQ" not in said:
                said += await stream.receive_some()


async def test_requests_that_never_end_do_not_keep_the_next_out() -> None:
    async with guarded(limits=ServerLimits(links=8, link_seconds=1)) as (server, opener):
        streams = [await raw(server) for _ in range(40)]
        for stream in streams:
            await stream.send_all(request()[:60])
        async with spice_rs.connect(opener) as session:
            await shown(server, session)
        for stream in streams:
            await ended(stream)
            await stream.aclose()


async def test_a_flood_of_pings_from_who_never_reads_costs_little() -> None:
    async with guarded() as (server, opener):
        async with await opener(ChannelType.MAIN, 0) as web:
            assert isinstance(web, WebSocket)
            # What the server answers fills the sockets; then it stops reading, and so must we.
            with trio.move_on_after(1):
                while True:
                    await web._stream.send_all(frame(bytes(125), code=9) * 500)
            await trio.aclose_forcefully(web)
        assert len(server.clients) == 1


async def test_a_page_that_stops_reading_costs_a_region() -> None:
    async with guarded() as (server, opener):
        main = await Peer.connect(opener, ChannelType.MAIN)
        first = await main.receive()
        assert isinstance(first, Init)
        display = await Peer.connect(opener, ChannelType.DISPLAY, connection_id=first.session_id)
        async with main.stream, display.stream:
            await display.send(DisplayInit(1, 1 << 20, 0, 0))
            random = np.random.default_rng(1)
            for _ in range(300):
                await server.screen.update(random.integers(0, 256, (200, 320, 4), np.uint8))
                await trio.sleep(0.002)
            channel = server.clients[-1].channels[ChannelType.DISPLAY, 0]
            # Three hundred pictures would be 77 MB.
            assert channel.core.unsent + channel._unsent < 4 << 20
