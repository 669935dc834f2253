"""Channels that wait for each other: each wait ends, with what was waited for or with an error."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from spice_rs.channels._progress import AHEAD_MAX, Key, Progress
from spice_rs.enums import ChannelType
from spice_rs.errors import RemoteProtocolError

A: Key = (ChannelType.DISPLAY, 0)
B: Key = (ChannelType.DISPLAY, 1)
C: Key = (ChannelType.CURSOR, 0)


@pytest.fixture
def progress(autojump_clock: MockClock) -> Progress:
    table = Progress()
    for key in (A, B, C):
        table.expect(key)
    return table


async def error_of(progress: Progress, key: Key, *wanted: tuple[Key, int]) -> str:
    """Wait on behalf of a channel, for ever if it cannot be helped; return the error, and end the channel as it would."""
    with pytest.raises(RemoteProtocolError) as caught:
        await progress.reach(key, wanted)
    progress.ended(key)
    return str(caught.value)


async def test_what_is_there_is_not_waited_for(progress: Progress) -> None:
    progress.processed(B, 7)
    await progress.reach(A, [(B, 7), (B, 3)])


async def test_it_waits_until_all_serials_are_there(progress: Progress) -> None:
    done = trio.Event()

    async def wait() -> None:
        await progress.reach(A, [(B, 7), (C, 2)])
        done.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        for key, serial, ends in ((B, 6, False), (C, 2, False), (B, 8, True)):
            progress.processed(key, serial)
            await wait_all_tasks_blocked()
            assert done.is_set() is ends


async def test_a_channel_that_is_not_there_is_an_error(progress: Progress) -> None:
    assert "port 9 does not exist" in await error_of(progress, A, ((ChannelType.PORT, 9), 1))


async def test_its_own_future_is_an_error(progress: Progress) -> None:
    progress.processed(A, 4)
    await progress.reach(A, [(A, 4)])
    assert "its own message 5" in await error_of(progress, A, (A, 5))


async def test_a_serial_out_of_reach_is_an_error(progress: Progress) -> None:
    assert "messages away" in await error_of(progress, A, (B, AHEAD_MAX + 1))


async def test_a_channel_that_has_ended_is_an_error_unless_it_had_come_so_far(progress: Progress) -> None:
    progress.processed(B, 5)
    progress.ended(B)
    await progress.reach(A, [(B, 5)])
    assert "has ended" in await error_of(progress, A, (B, 6))


async def test_a_channel_that_ends_meanwhile_is_an_error(progress: Progress) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(error_of, progress, A, (B, 6))
        await wait_all_tasks_blocked()
        progress.ended(B)


async def test_a_ring_is_an_error_for_the_one_that_closes_it_and_then_for_all(progress: Progress) -> None:
    said: list[str] = []

    async def wait(key: Key, other: Key) -> None:
        said.append(await error_of(progress, key, (other, 9)))

    async with trio.open_nursery() as nursery:
        for key, other in ((A, B), (B, C), (C, A)):
            nursery.start_soon(wait, key, other)
            await wait_all_tasks_blocked()
    assert any("waits for this channel" in text for text in said)
    assert len(said) == 3


async def test_waiting_for_one_who_waits_for_somebody_else_is_no_ring(progress: Progress) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(progress.reach, A, [(B, 9)])
        nursery.start_soon(progress.reach, B, [(C, 9)])
        await wait_all_tasks_blocked()
        progress.processed(C, 9)
        await wait_all_tasks_blocked()
        progress.processed(B, 9)


async def test_a_lone_display_cannot_hope_for_another(progress: Progress) -> None:
    progress.ended(B)
    assert await progress.another_display(A) is False


async def test_another_display_may_bring_an_image(progress: Progress) -> None:
    async def bring() -> None:
        await wait_all_tasks_blocked()
        progress.processed(B, 1)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(bring)
        assert await progress.another_display(A) is True


async def test_two_displays_that_wait_for_each_others_images_have_no_hope(progress: Progress) -> None:
    hopes: dict[Key, bool] = {}

    async def wait(key: Key) -> None:
        while await progress.another_display(key):
            pass
        hopes[key] = False
        progress.ended(key)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait, A)
        nursery.start_soon(wait, B)
    assert hopes == {A: False, B: False}


async def test_a_display_waits_for_one_that_waits_for_a_channel_that_goes_on(progress: Progress) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(progress.reach, B, [(C, 3)])
        await wait_all_tasks_blocked()
        nursery.start_soon(progress.another_display, A)
        await wait_all_tasks_blocked()
        progress.processed(C, 3)
        await wait_all_tasks_blocked()
        progress.processed(B, 1)
