"""GLZ: what several displays of one client have in common, and what becomes of it when one of them is gone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import trio

from spice_rs import Limits
from spice_rs.channels.display import DisplayServer
from spice_rs.enums import ChannelType
from spice_rs.errors import Disconnected
from spice_rs.server import Compression, Encoding, Lossy, Server, ServerLimits
from spice_rs.testing import session_pair

from .test_serve import Pixels, shown

SIZES = ((200, 150), (160, 120))
GLZ = Encoding(compression=Compression.GLZ, jpeg=Lossy.NEVER)


def noise(size: tuple[int, int], seed: int) -> Pixels:
    width, height = size
    return np.random.default_rng(seed).integers(0, 256, (height, width, 4), np.uint8)


def display(server: Server, number: int = 0) -> DisplayServer:
    channel = server.clients[0].channels[ChannelType.DISPLAY, number]
    assert isinstance(channel, DisplayServer)
    return channel


def sent(server: Server, number: int = 0) -> Mapping[str, int]:
    view = display(server, number).view
    assert view is not None
    return view.counters


async def test_two_displays_in_turns() -> None:
    async with session_pair(size=SIZES, encoding=GLZ) as (server, session):
        for turn in range(8):
            for number, screen in enumerate(server.screens):
                await screen.update(noise(screen.size, turn))
                if turn % 2 == number:
                    await shown(server, session, number)
        for number in range(2):
            await shown(server, session, number)
            assert sent(server, number)["glz_pieces"] >= 3
            assert "lz_pieces" not in sent(server, number)


async def test_a_display_that_is_gone_leaves_the_other_without_glz() -> None:
    async with session_pair(size=SIZES, encoding=GLZ) as (server, session):
        for number, screen in enumerate(server.screens):
            await screen.update(noise(screen.size, 1))
            await shown(server, session, number)
        before = sent(server)["glz_pieces"]
        display(server, 1).stop(Disconnected("a test"))
        with trio.fail_after(10):
            while (ChannelType.DISPLAY, 1) in server.clients[0].channels:
                await trio.lowlevel.checkpoint()
        await server.screen.update(noise(SIZES[0], 2))
        await shown(server, session)
        assert sent(server)["glz_pieces"] == before
        assert sent(server)["lz_pieces"] + sent(server).get("raw_pieces", 0) >= 1


@pytest.mark.parametrize(
    ("client", "mine"), [(0, 1 << 23), (SIZES[0][0] * SIZES[0][1] - 1, 1 << 23), (1 << 23, 9)]
)
async def test_a_window_that_is_too_small_means_lz(client: int, mine: int) -> None:
    limits = ServerLimits(glz_window_pixels=mine)
    pair = session_pair(
        size=SIZES[0], encoding=GLZ, limits=limits, client={"limits": Limits(glz_window_pixels=client)}
    )
    async with pair as (server, session):
        pixels = noise(SIZES[0], 1)
        pixels[:, ::2] = pixels[:, 1::2]
        await server.screen.update(pixels)
        await shown(server, session)
        assert "glz_pieces" not in sent(server)
        assert sent(server)["lz_pieces"] >= 1
