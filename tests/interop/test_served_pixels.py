"""The clients that people use on our server: each shows the served array, pixel for pixel, in every compression."""

from __future__ import annotations

import numpy as np
import pytest
import trio

from spice_rs.server import Compression, Encoding, Lossy, Server, Streaming
from tests.peers import require
from tests.peers.viewer import spicy_screenshot

from .served import DRAWINGS, all_show, blocking, desk, everybody, opened, screen_picture, sent, serving

pytestmark = [pytest.mark.peer, pytest.mark.slow]


CODED: dict[Compression, tuple[set[str], set[str]]] = {
    Compression.QUIC: ({"quic"}, set()),
    Compression.LZ: ({"lz"}, {"palette"}),
    # What the viewers take; a browser gets LZ.
    Compression.LZ4: ({"lz4"}, {"lz"}),
    Compression.OFF: (set(), set()),
    # Browsers have no GLZ.
    Compression.GLZ: ({"glz"}, {"lz"}),
    Compression.AUTO_GLZ: ({"glz", "quic"}, {"lz", "palette"}),
    Compression.AUTO_LZ: ({"lz", "quic"}, {"palette"}),
}
"""What codings there have to be and may be, beside fills and pieces that are cheaper as they are."""


def check_coding(server: Server, compression: Compression) -> None:
    """Fail if pieces went out otherwise than they should."""
    coded = sent(server).keys() - {"raw", "reused"}
    must, may = CODED.get(compression, (set(), coded))
    assert must <= coded <= must | may, sent(server)


@pytest.mark.parametrize("compression", Compression)
async def test_every_client_shows_the_array(compression: Compression) -> None:
    encoding = Encoding(compression=compression, jpeg=Lossy.NEVER, streaming=Streaming.OFF)
    async with serving(encoding=encoding) as server, everybody(server) as clients:
        for what, draw in DRAWINGS.items():
            await draw(server.screen)
            await all_show(server, clients, what)
        check_coding(server, compression)
        # Those that come late get the picture at once.
        require("spicy-screenshot")
        late = await blocking(spicy_screenshot, server.addresses[0])
        assert np.array_equal(late, screen_picture(server))
        assert len(server.clients) >= len(clients)


@pytest.mark.parametrize("compression", [Compression.GLZ, Compression.AUTO_GLZ])
async def test_every_client_shows_the_array_after_zlib(compression: Compression) -> None:
    encoding = Encoding(compression=compression, jpeg=Lossy.NEVER, zlib=Lossy.ALWAYS, streaming=Streaming.OFF)
    async with serving(encoding=encoding) as server, everybody(server) as clients:
        for what, draw in DRAWINGS.items():
            await draw(server.screen)
            await all_show(server, clients, what)
        assert sent(server)["zlib_glz"] >= 4 * len(DRAWINGS), sent(server)
        require("spicy-screenshot")
        late = await blocking(spicy_screenshot, server.addresses[0])
        assert np.array_equal(late, screen_picture(server))


@pytest.mark.parametrize("compression", [Compression.AUTO, Compression.AUTO_GLZ, Compression.QUIC])
async def test_every_client_shows_the_array_once_it_rests_after_jpeg(compression: Compression) -> None:
    encoding = Encoding(compression=compression, jpeg=Lossy.ALWAYS, streaming=Streaming.OFF)
    async with serving(encoding=encoding) as server, everybody(server) as clients:
        for what, draw in DRAWINGS.items():
            await draw(server.screen)
            await all_show(server, clients, what)
        assert sent(server)["jpeg"], sent(server)


async def test_every_client_shows_the_array_once_it_rests_after_video() -> None:
    encoding = Encoding(streaming=Streaming.ALL, jpeg=Lossy.ALWAYS)
    async with serving(encoding=encoding) as server, everybody(server) as clients:
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
        for what, draw in DRAWINGS.items():
            await draw(server.screen)
            await all_show(server, {f"spicegtk, {wish}": client}, what)
        check_coding(server, Compression(wish))
        assert wish != "lz4" or not sent(server)["lz"]
