"""Which codings photographs get: what is small on a slow line, what is quick on a fast one, as the line is found to be."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import numpy as np
import trio

import spice_rs
from spice_rs.server import Encoding, Lossy, Server, Streaming

from .test_glz import display, sent
from .test_serve import Pixels, shown

WIDTH, HEIGHT = SIZE = (480, 360)
SLOW = 500e3
QUICK = 10e6
"""Bytes a second that the loopback of any machine takes: enough to lose nothing."""
FAST = 400e6
"""Bytes a second above which no coding pays."""


@dataclass
class Line:
    """A line between a server and its clients that takes so many bytes a second to them."""

    rate: float
    port: int = 0

    async def open(self, nursery: trio.Nursery, server: Server) -> None:
        """Listen for clients."""
        self._server = int(server.addresses[0].rpartition(":")[2])
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        self.port = listeners[0].socket.getsockname()[1]
        nursery.start_soon(trio.serve_listeners, self._join, listeners)

    async def _join(self, client: trio.SocketStream) -> None:
        socket = trio.socket.socket()
        # What a line holds is little: nothing is delivered before the other end has taken what came before.
        socket.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_RCVBUF, 64 << 10)
        await socket.connect(("127.0.0.1", self._server))
        server = trio.SocketStream(socket)
        try:
            async with client, server, trio.open_nursery() as nursery:
                nursery.start_soon(self._carry, client, server, nursery.cancel_scope)
                await self._carry(server, client, nursery.cancel_scope, slowly=True)
        except* (trio.BrokenResourceError, trio.ClosedResourceError):
            pass

    async def _carry(
        self,
        source: trio.SocketStream,
        target: trio.SocketStream,
        scope: trio.CancelScope,
        *,
        slowly: bool = False,
    ) -> None:
        free_at = trio.current_time()
        while data := await source.receive_some(16 << 10):
            if slowly:
                free_at = max(free_at, trio.current_time()) + len(data) / self.rate
                await trio.sleep_until(free_at)
            await target.send_all(data)
        scope.cancel()


@asynccontextmanager
async def watched(rate: float | None, jpeg: Lossy) -> AsyncIterator[tuple[Server, spice_rs.Session, Line]]:
    """Serve to a client over a line, or right through the loopback."""
    encoding, line = Encoding(jpeg=jpeg, streaming=Streaming.OFF), Line(rate or 0)
    async with (
        spice_rs.serve("spice://127.0.0.1:0", size=SIZE, encoding=encoding) as server,
        trio.open_nursery() as nursery,
    ):
        await line.open(nursery, server)
        address = f"spice://127.0.0.1:{line.port}" if rate else server.addresses[0]
        async with spice_rs.connect(address) as session:
            await shown(server, session)
            yield server, session, line
        nursery.cancel_scope.cancel()


def photograph(seed: int) -> Pixels:
    """Return soft lights under film grain."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    lights = [np.sin(x / a + b) + np.cos(y / c + b) for a, b, c in random.uniform(10, 90, (4, 3))]
    picture = 128 + 55 * np.stack(lights, axis=2) + random.normal(0, 4, (HEIGHT, WIDTH, 4))
    return picture.clip(0, 255).astype(np.uint8)


async def show(server: Server, *seeds: int, exact: bool = False) -> Counter[str]:
    """Show photographs one after the other; return which part of the pixels each coding had."""
    before = Counter(sent(server))
    with trio.fail_after(60):
        for seed in seeds:
            await server.screen.update(photograph(seed))
            await display(server).wait_shown(exact=exact)
    counts = Counter(sent(server)) - before
    pixels = {name.removesuffix("_pixels"): n for name, n in counts.items() if name.endswith("_pixels")}
    return Counter({name: n / sum(pixels.values()) for name, n in pixels.items()})


async def until_rate(server: Server, least: float, most: float) -> None:
    """Show photographs until the line is thought to take so many bytes a second."""
    with trio.fail_after(30):
        for seed in itertools.count():
            await show(server, 100 + seed)
            if least <= sent(server)["bytes_per_second"] <= most:
                return


async def test_on_a_slow_line_photographs_are_jpeg_and_then_quic() -> None:
    async with watched(SLOW, Lossy.AUTO) as (server, session, _):
        await until_rate(server, 0, 2 * SLOW)
        parts = await show(server, 3, 4, 5)
        assert parts["jpeg"] > 0.7, parts
        parts = await show(server, 6, exact=True)
        assert parts["jpeg"] + parts["quic"] == 1, parts
        assert np.array_equal(await shown(server, session), photograph(6)[:, :, :3])


async def test_on_a_slow_line_they_are_quic_if_nothing_may_be_lost() -> None:
    async with watched(SLOW, Lossy.NEVER) as (server, session, _):
        parts = await show(server, 1, 2, 3)
        assert parts["quic"] > 0.9, parts
        await shown(server, session)


async def test_on_a_fast_line_they_are_whatever_is_quick() -> None:
    async with watched(None, Lossy.AUTO) as (server, session, _):
        await until_rate(server, QUICK, 1e12)
        await show(server, *range(20))
        # How fast it is found to be depends on the machine and on what else it does.
        rate = sent(server)["bytes_per_second"]
        parts = await show(server, *range(10))
        assert parts["jpeg"] == 0, parts
        assert parts["quic"] < 0.5 or rate < FAST, (parts, rate)
        await shown(server, session)


async def test_a_line_that_becomes_slow_is_noticed() -> None:
    async with watched(1e12, Lossy.NEVER) as (server, session, line):
        await until_rate(server, 10e6, 1e12)
        line.rate = SLOW
        await until_rate(server, 0, 4 * SLOW)
        parts = await show(server, 1, 2, 3)
        assert parts["quic"] > 0.7, parts
        await shown(server, session)
