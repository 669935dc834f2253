"""Whole sessions inside TLS."""

from __future__ import annotations

import numpy as np
import pytest
import trio
from trio.testing import memory_stream_pair

import spice_rs

from .ends import client, server, socket_streams


async def _memory_streams():
    return memory_stream_pair()


@pytest.mark.parametrize("streams", [_memory_streams, socket_streams])
async def test_pictures_and_keys_go_through(streams) -> None:
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 256, (600, 800, 4), np.uint8)
    async with spice_rs.serve(size=(800, 600)) as shown, trio.open_nursery() as nursery:

        async def admit(stream) -> None:
            end = server(stream)
            await end.do_handshake()
            await shown.serve_stream(end)

        async def opener(_kind, _number):
            ours, theirs = await streams()
            nursery.start_soon(admit, theirs)
            end = client(ours)
            await end.do_handshake()
            return end

        events = shown.events()
        async with spice_rs.connect(opener) as session:
            await shown.screen.update(picture)
            frame = await session.display.frame()
            while not np.array_equal(np.asarray(frame)[:, :, :3], picture[:, :, :3]):
                await session.display.wait_version(frame.version)
                frame = await session.display.frame()
            await session.keyboard.press("a")
            async for event in events:
                if isinstance(event, spice_rs.KeyDown):
                    assert event.name == "A"
                    break
        nursery.cancel_scope.cancel()
