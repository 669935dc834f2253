"""Waiting until a client has the picture: with a loss, and exactly."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
import trio

import spice_rs
from spice_rs.server import Compression, Encoding, Lossy, Server, Streaming
from spice_rs.testing import session_pair

from .test_glz import display, sent
from .test_serve import Pixels, shown

SIZE = (320, 200)
LOSSY = Encoding(compression=Compression.QUIC, jpeg=Lossy.ALWAYS, streaming=Streaming.OFF)


def shades(seed: int) -> Pixels:
    """Return something that QUIC and JPEG make smaller."""
    width, height = SIZE
    y, x = np.mgrid[0:height, 0:width]
    waves = [128 + 90 * np.sin(x / (20 + seed) + k) * np.cos(y / 17) for k in range(4)]
    return np.ascontiguousarray(np.stack(waves, axis=2).astype(np.uint8))


@asynccontextmanager
async def in_memory() -> AsyncIterator[tuple[Server, spice_rs.Session]]:
    async with session_pair(size=SIZE, encoding=LOSSY) as pair:
        yield pair


@asynccontextmanager
async def on_a_socket() -> AsyncIterator[tuple[Server, spice_rs.Session]]:
    async with (
        spice_rs.serve("spice://127.0.0.1:0", size=SIZE, encoding=LOSSY) as server,
        spice_rs.connect(server.addresses[0]) as session,
    ):
        yield server, session


@pytest.mark.parametrize("joined", [in_memory, on_a_socket], ids=["memory", "socket"])
async def test_who_waits_for_the_exact_picture_waits_for_it_to_rest(joined: object) -> None:
    assert callable(joined)
    async with joined() as (server, session):
        await shown(server, session)
        with trio.fail_after(20):
            for seed in range(1, 4):
                await server.screen.update(shades(seed))
                await display(server).wait_shown(exact=False)
                assert sent(server)["jpeg_pieces"] == seed
                assert sent(server).get("quic_pieces", 0) == seed - 1
                await display(server).wait_shown()
                assert sent(server)["quic_pieces"] == seed
                assert np.array_equal(await shown(server, session), shades(seed)[:, :, :3])
