from __future__ import annotations

from itertools import count

import numpy as np
import pytest
import trio
from trio.testing import MockClock

from spice_rs.server import Event, KeyUp, MouseMoved
from spice_rs.server.screen import Pixels
from spice_rs.sources import Array
from spice_rs.testing import session_pair

from .screen import MemoryScreen


def picture(value: int, width: int = 4, height: int = 3) -> Pixels:
    return np.full((height, width, 4), value, np.uint8)


async def test_an_array_is_shown_once(autojump_clock: MockClock, nursery: trio.Nursery) -> None:
    source, screen = Array(picture(7)), MemoryScreen()
    assert source.size == (4, 3)
    nursery.start_soon(source.run, screen)
    await trio.sleep(60)
    assert screen.calls == [("resize", (0, 0, 4, 3)), ("update", (0, 0, 4, 3))]
    assert (screen.picture == 7).all()


async def test_an_array_that_is_painted_into(autojump_clock: MockClock, nursery: trio.Nursery) -> None:
    pixels, screen = picture(0), MemoryScreen((4, 3))
    nursery.start_soon(Array(pixels, rate=10).run, screen)
    await trio.sleep(0.25)
    pixels[1, 1] = 200
    await trio.sleep(0.1)
    assert np.array_equal(screen.picture, pixels[:, :, :3])
    assert len(screen.called("update")) == 4


async def test_a_function_is_asked_at_its_rate(autojump_clock: MockClock, nursery: trio.Nursery) -> None:
    numbers, screen = count(1), MemoryScreen((4, 3))
    nursery.start_soon(Array(lambda: picture(next(numbers)), rate=20, size=(4, 3)).run, screen)
    await trio.sleep(0.99)
    assert (screen.picture == 20).all()
    assert not screen.called("resize")


async def test_a_slow_function_is_not_asked_faster_afterwards(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    times: list[float] = []

    async def make() -> Pixels:
        times.append(trio.current_time())
        if len(times) == 1:
            await trio.sleep(1)
        return picture(len(times))

    begun = trio.current_time()
    nursery.start_soon(Array(make, rate=10, size=(4, 3)).run, MemoryScreen((4, 3)))
    await trio.sleep(1.25)
    assert times == pytest.approx([begun, begun + 1, begun + 1.1, begun + 1.2])


async def test_the_screen_follows_the_size_of_the_picture(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    sizes, screen = iter([(4, 3), (8, 2), (8, 2)]), MemoryScreen((4, 3))
    nursery.start_soon(Array(lambda: picture(1, *next(sizes)), rate=1, size=(4, 3)).run, screen)
    await trio.sleep(2.5)
    assert screen.called("resize") == [(0, 0, 8, 2)]


@pytest.mark.parametrize(
    "wrong, error, text",
    [
        (np.zeros((3, 4, 3)), TypeError, "float64"),
        ([[0]], TypeError, "not list"),
        (np.zeros((3, 4), np.uint8), ValueError, r"not \(3, 4\)"),
        (np.zeros((3, 4, 2), np.uint8), ValueError, "blue first"),
        (np.zeros((0, 4, 3), np.uint8), ValueError, r"\(0, 4, 3\)"),
    ],
)
async def test_what_is_no_picture(wrong: object, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        Array(wrong)  # type: ignore[arg-type]
    with pytest.raises(error, match=text):
        await Array(lambda: wrong, size=(4, 3)).run(MemoryScreen())  # type: ignore[arg-type, return-value]


def test_what_a_function_does_not_tell() -> None:
    with pytest.raises(ValueError, match="size is missing"):
        Array(lambda: picture(0))
    with pytest.raises(ValueError, match="not 0"):
        Array(picture(0), rate=0)


async def test_input_is_that_of_the_first_screen(nursery: trio.Nursery) -> None:
    """Who draws on the other screens takes theirs."""
    taken: list[Event] = []

    class Listening(Array):
        def handle(self, event: Event) -> None:
            taken.append(event)

    source = Listening(picture(9, 64, 48))
    async with session_pair(size=[(64, 48), (64, 48)]) as (server, session):
        nursery.start_soon(source.show_on, server)
        frame = await session.displays[0].frame()
        await session.mouse.move(5, 6, display=1)
        await session.mouse.move(7, 8, display=0)
        await session.keyboard.press("Q")
        with trio.fail_after(20):
            while not any(isinstance(event, KeyUp) for event in taken):
                await trio.sleep(0.01)
        frame = await session.displays[0].wait_stable(quiet=0.1)
        nursery.cancel_scope.cancel()
    assert (np.asarray(frame)[..., :3] == 9).all()
    assert [(event.x, event.y) for event in taken if isinstance(event, MouseMoved)] == [(7, 8)]
