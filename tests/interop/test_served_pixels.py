"""The clients that people use on our server: each shows the served array, pixel for pixel, in every compression."""

from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np
import pytest
import trio

from spice_rs.server import Compression, Encoding, Lossy, Screen, Streaming
from tests.peers import require
from tests.peers.viewer import spicy_screenshot

from .served import SIZE, all_opened, all_show, blocking, desk, opened, screen_picture, sent, serving, text

pytestmark = [pytest.mark.peer, pytest.mark.slow]


async def drawings(screen: Screen) -> AsyncIterator[str]:
    """Draw in every way that there is; yield after each."""
    random = np.random.default_rng(7)
    width, height = screen.size
    pixels = desk(0)
    await screen.update(pixels)
    yield "a whole picture"
    for number in range(60):
        part = desk(number, (90 + number, 70))
        await screen.draw(part, at=(int(random.integers(-50, width)), int(random.integers(-50, height))))
    yield "many small ones, some over the edge"
    await screen.update(text(*SIZE, 3))
    yield "nothing but text"
    for line in range(1, 20):
        await screen.update(np.roll(text(*SIZE, 3), -16 * line, axis=0))
    yield "text that was scrolled, as whole pictures"
    screen.fill((100, 100, 900, 300), 0x336699)
    screen.copy((50, 50, 500, 400), to=(300, 200))
    screen.fill((0, 700, 1024, 768), 0xFFFFFF)
    yield "areas filled and copied"
    await screen.update(desk(1))
    yield "another whole picture"
    await screen.update(pixels)
    yield "the first picture again"


CODED: dict[Compression, set[str]] = {
    Compression.QUIC: {"quic"},
    Compression.LZ: {"lz"},
    # What the viewers take; a browser gets LZ.
    Compression.LZ4: {"lz4", "lz"},
    Compression.OFF: set(),
}
"""How pieces go out where there is no choice, beside those that are cheaper as they are."""


@pytest.mark.parametrize("compression", Compression)
async def test_every_client_shows_the_array(compression: Compression) -> None:
    encoding = Encoding(compression=compression, jpeg=Lossy.NEVER, streaming=Streaming.OFF)
    async with serving(encoding=encoding) as server, all_opened(server) as clients:
        async for what in drawings(server.screen):
            await all_show(server, clients, what)
        coded = sent(server).keys() - {"raw"}
        assert coded == CODED.get(compression, coded)
        # Those that come late get the picture at once.
        require("spicy-screenshot")
        late = await blocking(spicy_screenshot, server.addresses[0])
        assert np.array_equal(late, screen_picture(server))
        assert len(server.clients) >= len(clients)


@pytest.mark.parametrize("compression", [Compression.AUTO, Compression.AUTO_GLZ, Compression.QUIC])
async def test_every_client_shows_the_array_once_it_rests_after_jpeg(compression: Compression) -> None:
    encoding = Encoding(compression=compression, jpeg=Lossy.ALWAYS, streaming=Streaming.OFF)
    async with serving(encoding=encoding) as server, all_opened(server) as clients:
        async for what in drawings(server.screen):
            await all_show(server, clients, what)


async def test_every_client_shows_the_array_once_it_rests_after_video() -> None:
    encoding = Encoding(streaming=Streaming.ALL, jpeg=Lossy.ALWAYS)
    async with serving(encoding=encoding) as server, all_opened(server) as clients:
        await server.screen.update(desk(0))
        await all_show(server, clients, "before")
        for number in range(75):
            film = desk(number % 5, (320, 240))
            film = np.roll(film, 7 * number, axis=1)
            await server.screen.draw(film, at=(200, 300))
            await trio.sleep(0.04)
        await all_show(server, clients, "after the film")


@pytest.mark.parametrize("wish", ["off", "auto_glz", "auto_lz", "quic", "glz", "lz", "lz4"])
async def test_a_client_has_its_wish_and_shows_the_array(wish: str) -> None:
    async with serving() as server, opened("spicegtk", server, compression=wish) as client:
        await blocking(client.wait_ready)
        async for what in drawings(server.screen):
            await all_show(server, {f"spicegtk, {wish}": client}, what)
        coded = sent(server).keys() - {"raw"}
        only = {"lz4"} if wish == "lz4" else CODED.get(Compression(wish), coded)
        assert coded == only
