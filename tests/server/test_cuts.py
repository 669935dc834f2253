"""Whole sessions, with the bytes cut anywhere, connections lost anywhere, and programs cancelled at any step."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
import trio
from trio.abc import Instrument, Stream

import spice_rs
from spice_rs.errors import SpiceError
from spice_rs.testing import memory_opener, session_pair
from tests.link.streams import Around, CutAfter
from tests.server.test_serve import picture, shown


class Pieces(Around):
    """Receives pieces of odd sizes, and sends them so too."""

    def __init__(self, inner: Stream, most: int) -> None:
        super().__init__(inner)
        self.random, self.most = random.Random(most), most

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        return await self.inner.receive_some(self.random.randint(1, min(self.most, max_bytes or self.most)))

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        at = 0
        while at < len(data):
            size = self.random.randint(1, self.most)
            await self.inner.send_all(data[at : at + size])
            at += size


class Lost(CutAfter):
    """A connection that is lost after so many bytes, as its owner sees it."""

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        try:
            return await super().receive_some(max_bytes)
        except trio.ClosedResourceError as error:
            raise trio.BrokenResourceError from error

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        try:
            await super().send_all(data)
        except trio.ClosedResourceError as error:
            raise trio.BrokenResourceError from error


@pytest.mark.parametrize("most", [1, 7, 1000])
async def test_the_same_session_comes_of_any_cutting(most: int) -> None:
    async with session_pair(size=(64, 48), password="p", around=lambda stream: Pieces(stream, most)) as pair:
        server, session = pair
        events = server.events()
        await server.screen.update(picture(64, 48))
        await shown(server, session)
        await session.keyboard.press("A")
        assert [type(await anext(events)) for _ in range(2)] == [spice_rs.KeyDown, spice_rs.KeyUp]
        server.screen.copy((0, 0, 30, 30), to=(20, 10))
        await shown(server, session)


@pytest.mark.parametrize("count", [*range(0, 500, 37), 700, 1500])
async def test_a_connection_that_is_lost_anywhere_leaves_the_server_well(count: int) -> None:
    async with spice_rs.serve(size=(64, 48)) as server, trio.open_nursery() as nursery:
        cut = memory_opener(server, nursery, around=lambda stream: Lost(stream, count))
        with pytest.raises((SpiceError, trio.BrokenResourceError)), trio.fail_after(10):
            async with spice_rs.connect(cut) as session:
                for _ in range(200):
                    await session.keyboard.press("A")
                error = await session.wait_ended()
                raise error
        async with spice_rs.connect(memory_opener(server, nursery)) as session:
            await server.screen.update(picture(64, 48))
            await shown(server, session)
        with trio.fail_after(10):
            while server.clients:
                await trio.testing.wait_all_tasks_blocked()
        assert server.faults == []
        nursery.cancel_scope.cancel()


class CancelAtStep(Instrument):
    """Cancels a scope when so many steps of tasks have been taken."""

    def __init__(self, at: int, scope: trio.CancelScope) -> None:
        self.left, self.scope = at, scope

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self.left -= 1
        if self.left == 0:
            self.scope.cancel()


async def a_session(note: Callable[[str], None]) -> None:
    """Everything that a program may be waiting for."""
    async with session_pair(size=(64, 48), password="p") as (server, session):
        note("linked")
        await server.screen.update(picture(64, 48))
        await shown(server, session)
        await session.mouse.click(5, 5)
        await server.screen.resize(48, 64)
        await shown(server, session)
        server.screen.cursor(np.full((8, 8, 4), 255, np.uint8))
        await session.display.wait_stable(quiet=0.01)
        note("done")


async def test_a_program_may_be_cancelled_at_every_step() -> None:
    notes: list[str] = []
    at = 1
    while "done" not in notes:
        with trio.fail_after(10), trio.CancelScope() as scope:
            instrument = CancelAtStep(at, scope)
            trio.lowlevel.add_instrument(instrument)
            try:
                await a_session(notes.append)
            finally:
                trio.lowlevel.remove_instrument(instrument)
        at += 1 + at // 40
    assert at > 50 and "linked" in notes
