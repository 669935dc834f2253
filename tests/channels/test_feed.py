"""The thread that shows a screen on a socket, with TLS and without: what it sends, what it leaves to Trio, and how it ends."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
import trio

import spice_rs
from spice_rs.channels.display import DisplayServer
from spice_rs.enums import ChannelType, DisplayCap, ImageCompression, LinkErrorCode
from spice_rs.errors import Disconnected
from spice_rs.messages import base, display, main
from spice_rs.server import Compression, Encoding, Server, Streaming
from spice_rs.testing import Peer
from spice_rs.tls import ClientTls, ServerTls

WIDTH, HEIGHT = 640, 400
RAW = WIDTH * HEIGHT * 4
PLAIN = Encoding(compression=Compression.OFF, streaming=Streaming.OFF)

OWN = ServerTls.self_signed()
TRUST = ClientTls(pubkey=OWN.pubkey)

scheme = "spice"


@pytest.fixture(autouse=True, params=["spice", "spice+tls"])
def each_kind_of_door(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "scheme", request.param)


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (HEIGHT, WIDTH, 4), np.uint8)


@asynccontextmanager
async def watched() -> AsyncIterator[tuple[Server, DisplayServer, Peer]]:
    """Serve one display to a peer on a TCP socket, which has named its caches and not read anything yet."""
    options = {"size": (WIDTH, HEIGHT), "encoding": PLAIN} | ({"tls": OWN} if "tls" in scheme else {})
    async with spice_rs.serve(f"{scheme}://127.0.0.1:0", **options) as server:
        opener = spice_rs.ways.way(server.addresses[0], tls=TRUST if "tls" in scheme else None).open
        main_peer = await Peer.connect(opener, ChannelType.MAIN)
        first = await main_peer.receive()
        assert isinstance(first, main.Init)
        peer = await Peer.connect(
            opener,
            ChannelType.DISPLAY,
            connection_id=first.session_id,
            capabilities=(DisplayCap.STREAM_REPORT, DisplayCap.PREF_COMPRESSION),
        )
        async with main_peer.stream, peer.stream:
            await peer.send(display.Init(1, 0, 1, 0))
            with trio.fail_after(20):
                yield server, await begun(server), peer
        assert server.faults == []


async def begun(server: Server) -> DisplayServer:
    """Wait until the server shows its screen to the client; return the channel."""
    channel = server.clients[0].channels[ChannelType.DISPLAY, 0]
    assert isinstance(channel, DisplayServer)
    while channel.view is None:
        await trio.lowlevel.checkpoint()
    return channel


async def show(server: Server, peer: Peer, seed: int) -> int:
    """Draw a picture; return how many bytes of images come before the client shows just that."""
    picture, shown, count = noise(seed), np.zeros((HEIGHT, WIDTH, 4), np.uint8), 0
    await server.screen.update(picture)
    while not np.array_equal(shown[:, :, :3], picture[:, :, :3]):
        message = await peer.receive()
        if isinstance(message, display.DrawCopy):
            count += draw(shown, message)
    return count


def draw(shown: np.ndarray, message: display.DrawCopy) -> int:
    where, image = message.base.bounds, message.source
    assert image is not None
    pixels = np.frombuffer(image.data.data, np.uint8).reshape(image.height, image.width, 4)  # type: ignore[union-attr]
    shown[where.top : where.bottom, where.left : where.right] = pixels
    return pixels.nbytes


async def test_each_picture_is_shown() -> None:
    async with watched() as (server, _, peer):
        for seed in range(5):
            await show(server, peer, seed)


async def test_who_waits_is_told_when_everything_has_left() -> None:
    async with watched() as (server, channel, peer), trio.open_nursery() as nursery:
        await server.screen.update(noise(1))
        nursery.start_soon(read_on, peer)
        await channel.wait_shown()
        assert channel.core.unsent == 0
        await channel.wait_shown()
        await server.screen.update(noise(2))
        await channel.wait_shown()
        nursery.cancel_scope.cancel()


async def read_on(peer: Peer) -> None:
    while True:
        await peer.receive()


async def test_old_pictures_do_not_wait_for_who_does_not_read() -> None:
    async with watched() as (server, _, peer):
        await show(server, peer, 0)
        for seed in range(1, 200):
            await server.screen.update(noise(seed))
            await trio.lowlevel.checkpoint()
        waiting = await show(server, peer, 200)
        # What the system had taken (up to 10 MB on the loopback), what had been made, and the newest. All would be 200 MB.
        assert waiting < 20 * RAW


async def test_other_messages_reach_their_handlers_while_pictures_flow() -> None:
    async with watched() as (server, channel, peer):
        await peer.send(
            display.PreferredCompression(ImageCompression.LZ),
            display.StreamReport(1, 2, 3, 4, 5, 6, 7, 8),
            base.Pong(77, 0),
        )
        while channel.compression != ImageCompression.LZ or not channel.reports:
            await trio.sleep(0.001)
        await server.screen.update(noise(3))
        await peer.receive_until(display.Mark)


async def test_a_display_that_is_silent_for_long_costs_nothing_to_end() -> None:
    async with watched() as (server, channel, _):
        server.clients[0].disconnect(LinkErrorCode.OK)
        error = await channel.wait_ended()
        assert isinstance(error, Disconnected)


@pytest.mark.parametrize("reading", [True, False])
async def test_a_client_that_goes_ends_its_channel(reading: bool) -> None:
    async with watched() as (server, channel, peer):
        if reading:
            await show(server, peer, 1)
        await server.screen.update(noise(2))
        await peer.aclose()
        assert isinstance(await channel.wait_ended(), Disconnected)


async def test_cancelled_in_the_middle_it_leaves_at_once() -> None:
    with trio.move_on_after(5) as scope:
        async with watched() as (server, _, _):
            for seed in range(20):
                await server.screen.update(noise(seed))
            scope.cancel()
            await trio.sleep_forever()
    assert scope.cancelled_caught
