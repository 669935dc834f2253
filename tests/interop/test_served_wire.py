"""What Wireshark's dissector says of sessions of ours with a real client: it understands every message."""

from __future__ import annotations

import numpy as np
import pytest

from spice_rs.server import Compression, Encoding, Lossy, Streaming
from tests.peers import require, running
from tests.peers.gtkclient import GtkClient
from tests.peers.tap import Tap

from .served import DRAWINGS, SIZE, blocking, desk, port, serving, shows

pytestmark = [pytest.mark.peer, pytest.mark.slow]

ENCODINGS = {
    **{
        each.value: Encoding(compression=each, jpeg=Lossy.NEVER, streaming=Streaming.OFF)
        for each in Compression
    },
    "jpeg": Encoding(jpeg=Lossy.ALWAYS, streaming=Streaming.OFF),
    "zlib": Encoding(
        compression=Compression.GLZ, jpeg=Lossy.NEVER, zlib=Lossy.ALWAYS, streaming=Streaming.OFF
    ),
    "video": Encoding(streaming=Streaming.ALL),
}


@pytest.mark.parametrize("name", ENCODINGS)
async def test_nothing_of_a_session_is_malformed(name: str) -> None:
    require("tshark")
    require("spicegtk")
    async with (
        serving(size=(SIZE, (640, 480)), encoding=ENCODINGS[name], name="a desk") as server,
        running(lambda: Tap(port(server))) as tap,
        running(lambda: GtkClient(tap.address)) as client,
    ):
        await blocking(client.wait_ready, 2)
        for draw in DRAWINGS.values():
            await draw(server.screen)
            await shows(server, client)
        # What moves on a screen that the client has seen is sent as a move, however busy the machine is.
        server.screen.copy((50, 50, 500, 400), to=(300, 200))
        await shows(server, client)
        await server.screens[1].resize(320, 240)
        for number in range(12):
            film = np.roll(desk(number % 3, (320, 240)), 9 * number, axis=1)
            await server.screens[1].update(film)
            await blocking(client.wait_until, "a moment", lambda: client.state()["still"] > 0.02)
        first, second = (np.full((side, side, 4), 99, np.uint8) for side in (24, 32))
        for image in (first, None, second, first):
            server.screen.cursor(image, (1, 1))
        await blocking(client.press, 0x1E)
        await blocking(client.move, 30, 40)
        await blocking(client.click, 1)
        await blocking(client.click, 4)
        for number in range(2):
            await shows(server, client, number)
        found = await blocking(tap.dissect)
    assert found.malformed == []
    seen = {
        "Server DRAW_COPY",
        "Server DRAW_FILL",
        "Server COPY_BITS",
        "Client KEY_DOWN",
        "Client MOUSE_POSITION",
    }
    assert seen <= found.messages.keys()
