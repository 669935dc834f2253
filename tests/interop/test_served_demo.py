"""The demo desktop at the clients that people use: what one of them does there, all of them show."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import trio

from spice_rs import sources
from spice_rs.server import Server

from .served import all_opened, all_show, blocking, screen_picture, serving

pytestmark = [pytest.mark.peer, pytest.mark.slow]

SIZE = (1024, 768)


async def test_real_clients_use_the_demo_desktop() -> None:
    # A time that stands still: then everything rests.
    source = sources.Demo(SIZE, time=lambda: 1_764_021_416.25)
    async with (
        source,
        serving(size=source.size) as server,
        trio.open_nursery() as nursery,
        all_opened(server, ("remote-viewer", "html5")) as clients,
    ):
        nursery.start_soon(source.show_on, server)
        await until(lambda: len(server.clients) == len(clients))
        await rested(server, source)
        await all_show(server, clients, "at first")
        viewer, browser = clients["remote-viewer"], clients["html5"]
        await blocking(viewer.click, *source.place_of("Notes"))
        await blocking(viewer.type, "Typed in a window, ")
        await until(lambda: source.text == "Typed in a window, ")
        await blocking(browser.move, *source.place_of("Pause"))
        await blocking(browser.click, *source.place_of("Pause"))
        await until(lambda: source.place_of("Go on"))
        await rested(server, source)
        await all_show(server, clients, "after typing and clicking")
        nursery.cancel_scope.cancel()


async def rested(server: Server, source: sources.Demo) -> None:
    """Wait until nothing is drawn for a while, also no line about a client that has come."""
    before = None
    with trio.fail_after(20):
        while not np.array_equal(before, screen_picture(server)):
            before = screen_picture(server)
            await trio.sleep(0.3)
    assert np.array_equal(before, source.picture[:, :, 2::-1])


async def until(condition: Callable[[], object]) -> None:
    """Wait for what clients do to arrive."""
    with trio.fail_after(20):
        while True:
            try:
                if condition():
                    return
            except LookupError:
                pass
            await trio.sleep(0.02)
