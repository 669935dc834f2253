"""The display over streams in memory: frames, damage, waiting, and what stays when the server goes."""

from __future__ import annotations

import numpy as np
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

import spice_rs
from spice_rs.channels.display import DisplayServer
from spice_rs.enums import ChannelType
from spice_rs.errors import Disconnected, LimitExceeded
from spice_rs.limits import Limits
from spice_rs.messages import base, display
from tests.client.server import fill, primary, serving

DISPLAY = ChannelType.DISPLAY
WHITE, RED, BLUE = 0xFFFFFF, 0xFF0000, 0x0000FF


def colour(frame: spice_rs.Frame, x: int, y: int) -> int:
    blue, green, red, _ = (int(value) for value in np.asarray(frame)[y, x])
    return red << 16 | green << 8 | blue


async def start(server: DisplayServer, width: int = 64, height: int = 48) -> None:
    """Show a white picture."""
    for message in (primary(width, height), fill(WHITE, 0, 0, width, height), display.Mark()):
        await server.send(message)


async def test_the_first_frame_is_the_first_complete_one() -> None:
    async with serving() as server, spice_rs.connect(server.open) as session:
        assert session.display.latest is None and session.display.size is None
        await server.display.send(primary())
        await server.display.send(fill(WHITE, 0, 0, 64, 48))
        await wait_all_tasks_blocked()
        assert not session.display.ready
        with trio.move_on_after(0.01) as scope:
            await session.display.frame()
        assert scope.cancelled_caught
        await server.display.send(display.Mark())
        frame = await session.display.frame()
        assert frame.size == session.display.size == (64, 48)
        assert np.asarray(frame).shape == (48, 64, 4)
        assert colour(frame, 63, 47) == WHITE
        assert session.display.exact
        assert repr(session.display) == "<Display 0, 64x48>"


async def test_a_frame_never_changes() -> None:
    async with serving() as server, spice_rs.connect(server.open) as session:
        await start(server.display)
        frame = await session.display.frame()
        await server.display.send(fill(RED, 0, 0, 64, 48))
        later = await session.display.wait_change(since=frame)
        assert (colour(frame, 5, 5), colour(later, 5, 5)) == (WHITE, RED)


async def test_frames_are_the_newest_with_the_damage_since_the_last() -> None:
    async with serving() as server, spice_rs.connect(server.open) as session:
        await start(server.display)
        async with session.display.frames() as frames:
            first = await anext(frames)
            assert first.damage == [(0, 0, 64, 48)]
            for left in (0, 20, 40):
                await server.display.send(fill(RED, left, 0, left + 10, 10))
            await wait_all_tasks_blocked()
            second = await anext(frames)
            assert [colour(second, left + 5, 5) for left in (0, 20, 40)] == [RED] * 3
            covered = np.zeros((48, 64), bool)
            for left, top, right, bottom in second.damage:
                covered[top:bottom, left:right] = True
            assert covered[5, 5] and covered[5, 25] and covered[5, 45] and not covered[20:].any()
            with trio.move_on_after(0.01) as scope:
                await anext(frames)
            assert scope.cancelled_caught


async def test_several_readers_each_have_their_own_damage() -> None:
    async with serving() as server, spice_rs.connect(server.open) as session:
        await start(server.display)
        one, two = session.display.frames(), session.display.frames()
        await anext(one)
        await anext(two)
        await server.display.send(fill(RED, 0, 0, 8, 8))
        await anext(one)
        await server.display.send(fill(BLUE, 32, 32, 40, 40))
        await wait_all_tasks_blocked()
        damage_one, damage_two = (await anext(one)).damage, (await anext(two)).damage
        assert min(left for left, *_ in damage_one) >= 32
        assert min(left for left, *_ in damage_two) == 0


async def test_it_waits_until_the_picture_is_still(autojump_clock: MockClock) -> None:
    async with serving() as server, spice_rs.connect(server.open) as session:
        await start(server.display)
        start_time = trio.current_time()

        async def animate() -> None:
            for number in range(10):
                await trio.sleep(0.3)
                await server.display.send(fill(number, 0, 0, 64, 48))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(animate)
            frame = await session.display.wait_stable(quiet=0.5)
        assert colour(frame, 0, 0) == 9
        assert 3.4 < trio.current_time() - start_time < 3.7


async def test_quiet_counts_from_the_call(autojump_clock: MockClock) -> None:
    async with serving() as server, spice_rs.connect(server.open) as session:
        await start(server.display)
        await session.display.frame()
        await trio.sleep(10)
        before = trio.current_time()
        await session.display.wait_stable(quiet=2)
        assert trio.current_time() - before == pytest.approx(2)


async def test_it_waits_for_a_change_in_a_region(autojump_clock: MockClock) -> None:
    async with serving() as server, spice_rs.connect(server.open) as session:
        await start(server.display)
        await session.display.frame()

        async def draw() -> None:
            await trio.sleep(1)
            await server.display.send(fill(RED, 0, 0, 8, 8))  # elsewhere
            await trio.sleep(1)
            await server.display.send(fill(WHITE, 0, 0, 64, 48))  # there, but no other colour
            await trio.sleep(1)
            await server.display.send(fill(BLUE, 30, 30, 64, 48))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(draw)
            before = trio.current_time()
            frame = await session.display.wait_change(region=(32, 32, 48, 48))
            assert trio.current_time() - before == pytest.approx(3)
        assert colour(frame, 40, 40) == BLUE


async def test_a_change_of_size_is_a_change() -> None:
    async with serving() as server, spice_rs.connect(server.open) as session:
        await start(server.display)
        before = await session.display.frame()
        await server.display.send(display.SurfaceDestroy(0))
        await start(server.display, 100, 50)
        after = await session.display.wait_change(since=before, region=(0, 0, 4, 4))
        assert after.size == (100, 50) and before.size == (64, 48)


async def test_two_displays_at_once() -> None:
    offers = ((DISPLAY, 0), (DISPLAY, 1))
    async with serving(offers=offers) as server, spice_rs.connect(server.open) as session:
        second = await server.linked(DISPLAY, 1)
        assert isinstance(second, DisplayServer)
        await start(server.display, 64, 48)
        await start(second, 32, 16)
        frames = [await each.frame() for each in session.displays]
        assert [frame.size for frame in frames] == [(64, 48), (32, 16)]
        assert session.display.id == 0


async def test_monitors_are_described() -> None:
    async with serving() as server, spice_rs.connect(server.open) as session:
        await start(server.display)
        heads = (display.Head(0, 0, 32, 48, 0, 0, 0), display.Head(1, 0, 32, 48, 32, 0, 0))
        await server.display.send(display.MonitorsConfig(2, heads))
        await wait_all_tasks_blocked()
        assert [monitor.x for monitor in session.display.monitors] == [0, 32]


async def test_the_picture_stays_when_the_server_stops_in_the_middle() -> None:
    async with serving() as server, spice_rs.connect(server.open) as session:
        await start(server.display)
        kept = await session.display.frame()
        whole = server.display.core
        whole.send(fill(RED, 0, 0, 64, 24))
        whole.send(fill(BLUE, 0, 24, 64, 48))
        stream = server.display._stream
        assert stream is not None
        await stream.send_all(whole.pending()[:-10])
        await wait_all_tasks_blocked()
        server.vanish()
        with pytest.raises(Disconnected, match="into a message"):
            await session.display.wait_change(region=(0, 24, 64, 48), since=kept)
        with pytest.raises(Disconnected):
            await session.display.frame()
        with pytest.raises(Disconnected):
            await anext(session.display.frames())
        latest = session.display.latest
        assert latest is not None
        assert (colour(latest, 0, 0), colour(latest, 0, 40)) == (RED, WHITE)
        assert colour(kept, 0, 0) == WHITE
    # And after the session too.
    latest = session.display.latest
    assert latest is not None and colour(latest, 0, 0) == RED
    assert "over" in repr(session.display)


async def test_small_messages_make_one_change_a_batch() -> None:
    async with serving() as server, spice_rs.connect(server.open) as session:
        await start(server.display)
        await session.display.frame()
        woken = 0

        async def count() -> None:
            nonlocal woken
            async with session.display.frames() as frames:
                async for _ in frames:
                    woken += 1

        async with trio.open_nursery() as nursery:
            nursery.start_soon(count)
            await wait_all_tasks_blocked()
            for number in range(500):
                server.display.core.send(fill(number, number % 60, 0, number % 60 + 2, 2))
            server.display.flush()
            await wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
        assert woken < 10


async def test_a_surface_over_the_limit_is_counted_and_drawing_goes_on() -> None:
    limits = Limits(pixels=10_000)
    async with serving() as server, spice_rs.connect(server.open, limits=limits) as session:
        await server.display.send(primary(5000, 5000, 3))
        await start(server.display)
        await session.display.frame()
        assert any(isinstance(failure, LimitExceeded) for failure in session.display.failures)


async def test_a_message_over_the_limit_ends_the_display_with_its_type() -> None:
    async with serving() as server, spice_rs.connect(server.open, limits=Limits(message=5000)) as session:
        await start(server.display)
        frame = await session.display.frame()
        server.display.core.send_raw(304, bytes(5001))
        server.display.flush()
        with pytest.raises(LimitExceeded):
            await session.display.wait_change(since=frame)
        assert session.display.latest is not None


@pytest.mark.parametrize("serial", [2, 10**9])
async def test_a_display_told_to_wait_for_what_cannot_come_is_over(serial: int) -> None:
    async with serving() as server, spice_rs.connect(server.open) as session:
        await start(server.display)
        await session.display.frame()
        wanted = base.WaitForChannel(ChannelType.PORT if serial == 2 else DISPLAY, 0, serial)
        await server.display.send(base.WaitForChannels((wanted,)))
        with pytest.raises(spice_rs.RemoteProtocolError, match="cannot come"):
            await session.display.wait_change()


async def test_a_display_waits_for_another_one() -> None:
    offers = ((DISPLAY, 0), (DISPLAY, 1))
    async with serving(offers=offers) as server, spice_rs.connect(server.open) as session:
        second = await server.linked(DISPLAY, 1)
        await start(server.display)
        before = await session.display.frame()
        await server.display.send(base.WaitForChannels((base.WaitForChannel(DISPLAY, 1, 3),)))
        await server.display.send(fill(RED, 0, 0, 64, 48))
        await wait_all_tasks_blocked()
        assert session.display.channel.canvas.version == before.version
        assert isinstance(second, DisplayServer)
        await start(second)
        assert colour(await session.display.wait_change(since=before), 0, 0) == RED
