"""The generated desktop: what is drawn bit by bit is what would be drawn at once, and it does what clients want."""

from __future__ import annotations

import sys
from typing import cast

import numpy as np
import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from spice_rs import keymap, sources
from spice_rs.enums import KeyModifiersMask, MouseButton, MouseButtonMask
from spice_rs.errors import MissingExtra
from spice_rs.server import (
    Client,
    Event,
    KeyDown,
    KeyUp,
    LocksChanged,
    MouseDown,
    MouseMoved,
    MouseRelative,
    MouseUp,
)
from spice_rs.server.screen import Area, Pixels
from spice_rs.testing import session_pair

from .screen import MemoryScreen

NOBODY = cast(Client, None)
NONE = MouseButtonMask(0)
BEGIN = 1_764_021_416.5
SIZE = (800, 600)


def demo() -> sources.Demo:
    """Return a desktop whose time is that of the clock of the test."""
    begun = trio.current_time()
    return sources.Demo(SIZE, time=lambda: BEGIN + trio.current_time() - begun)


def press(name: str) -> list[Event]:
    """Return the events of a key that is pressed and let go."""
    code = keymap.chord(name)[0].down_code
    return [KeyDown(NOBODY, code, name), KeyUp(NOBODY, code, name)]


def click(x: int, y: int) -> list[Event]:
    """Return the events of a click."""
    return [
        MouseMoved(NOBODY, x, y, NONE, 0),
        MouseDown(NOBODY, MouseButton.LEFT, MouseButtonMask.LEFT),
        MouseUp(NOBODY, MouseButton.LEFT, NONE),
    ]


def drag(start: tuple[int, int], *places: tuple[int, int]) -> list[Event]:
    """Return the events of a drag."""
    first, down, up = click(*start)
    return [first, down, *(MouseMoved(NOBODY, x, y, MouseButtonMask.LEFT, 0) for x, y in places), up]


def give(source: sources.Demo, *events: Event) -> None:
    for event in events:
        source.handle(event)


def whole(source: sources.Demo) -> Pixels:
    """Return the picture as it is when everything is painted from the background up."""
    picture = np.zeros_like(source.picture)
    source._desktop.paint(picture, (0, 0, *source.size))
    return picture


def bounds(one: Pixels, other: Pixels) -> Area:
    """Return the area in which two pictures differ."""
    rows, columns = np.nonzero(np.any(one != other, axis=2))
    return (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


async def rest() -> None:
    """Let the desktop draw what it was told; one more picture of what moves may come."""
    await trio.sleep(0.03)


async def test_the_same_time_and_input_give_the_same_picture(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    one, other = demo(), demo()
    screens = MemoryScreen(SIZE), MemoryScreen()
    for source, screen in zip((one, other), screens, strict=True):
        nursery.start_soon(source.run, screen)
    await trio.sleep(1.5)
    for source in (one, other):
        give(source, *press("H"), *drag(source.place_of("Notes"), (300, 200), (420, 260)))
    await trio.sleep(1)
    await rest()
    assert np.array_equal(screens[0].picture, screens[1].picture)
    assert np.array_equal(screens[0].picture, one.picture[:, :, :3])
    assert np.array_equal(one.picture, whole(one))


async def test_time_changes_clock_and_waves_and_nothing_else(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    source, screen = demo(), MemoryScreen(SIZE)
    nursery.start_soon(source.run, screen)
    await rest()
    before = screen.picture.copy()
    screen.calls.clear()
    await trio.sleep(0.2)
    waves = next(window for window in source._desktop.windows if window.title == "Waves")
    assert len(screen.calls) >= 8
    assert {area for name, area in screen.calls if name == "update"} == {
        (waves.left, waves.top, waves.left + 330, waves.top + 180)
    }
    give(source, *click(*source.place_of("Pause")))
    await rest()
    before = screen.picture.copy()
    await trio.sleep(0.2)
    assert np.array_equal(screen.picture, before)
    await trio.sleep(1)
    assert not np.array_equal(screen.picture, before)
    clock = source._desktop.clock.inside
    left, top, _, bottom = bounds(screen.picture, before)
    assert top < 30 and left >= clock[0] and bottom <= clock[3]


async def test_it_does_little_while_nothing_moves(autojump_clock: MockClock, nursery: trio.Nursery) -> None:
    source, screen = demo(), MemoryScreen(SIZE)
    nursery.start_soon(source.run, screen)
    give(source, *click(*source.place_of("Pause")))
    await trio.sleep(1)
    screen.calls.clear()
    await trio.sleep(10)
    # The clock and the panel, once a second.
    assert len(screen.called("update")) == 20


async def test_what_is_typed_appears(autojump_clock: MockClock, nursery: trio.Nursery) -> None:
    source, screen = demo(), MemoryScreen(SIZE)
    nursery.start_soon(source.run, screen)
    give(source, *click(*source.place_of("Pause")), *click(*source.place_of("Notes")))
    await rest()
    before = screen.picture.copy()
    shift = keymap.chord("Shift")[0].down_code
    give(source, KeyDown(NOBODY, shift, "Shift"), *press("H"), KeyUp(NOBODY, shift, "Shift"), *press("I"))
    await rest()
    assert source.text == "Hi"
    notes, events = source._desktop.notes.inside, source._desktop.events.inside
    left, top, right, bottom = bounds(screen.picture, before)
    assert left >= min(notes[0], events[0]) and right <= max(notes[2], events[2])
    assert top >= notes[1] and bottom <= events[3]
    inside = screen.picture[notes[1] : notes[3], notes[0] : notes[2]]
    assert not np.array_equal(inside, before[notes[1] : notes[3], notes[0] : notes[2]])


@pytest.mark.parametrize(
    "keys, text",
    [
        ("a b Left c", "acb"),
        ("a Enter b", "a\nb"),
        ("a Enter b Home Backspace", "ab"),
        ("a b Home c End d", "cabd"),
        ("a Enter b Up c", "ac\nb"),
        ("Caps_Lock a Caps_Lock b 1", "Ab1"),
        ("KP_7 KP_Add Space Tab x", "7+     x"),
        ("a Left Left Left Right Right b", "\nba"),
        ("Delete F5 a", "a"),
    ],
)
def test_the_editor(keys: str, text: str) -> None:
    source = sources.Demo(SIZE, time=lambda: BEGIN)
    for name in keys.split():
        give(source, *press(name.upper() if len(name) == 1 else name))
    assert ("\n" + source.text).endswith(text)
    # With Ctrl it is no letter.
    before = source.text
    give(source, KeyDown(NOBODY, 0x1D, "Ctrl"), *press("C"), KeyUp(NOBODY, 0x1D, "Ctrl"))
    assert source.text == before


def test_locks_of_the_client_count() -> None:
    source = sources.Demo(SIZE, time=lambda: BEGIN)
    give(source, LocksChanged(NOBODY, KeyModifiersMask.CAPS_LOCK), *press("A"), *press("1"))
    give(source, LocksChanged(NOBODY, KeyModifiersMask(0)), *press("A"))
    assert source.text == "A1a"


def test_a_long_text_wraps_and_has_an_end() -> None:
    source = sources.Demo(SIZE, time=lambda: BEGIN)
    for _ in range(40):
        for letter in "LONGER":
            give(source, *press(letter))
        give(source, *press("Space"))
    assert source.text.replace("\n", "") == "longer " * 40
    assert source.text.count("\n") >= 3
    for _ in range(300):
        give(source, *press("Enter"))
    assert len(source._desktop.notes.lines) == 200
    source._desktop.take()
    assert np.array_equal(source.picture, whole(source))


async def test_a_window_is_dragged_by_its_title(autojump_clock: MockClock, nursery: trio.Nursery) -> None:
    source, screen = demo(), MemoryScreen(SIZE)
    nursery.start_soon(source.run, screen)
    await rest()
    x, y = source.place_of("Notes")
    give(source, *drag((x, y), (x + 30, y + 10), (x + 60, y + 25)))
    await rest()
    assert source.place_of("Notes") == (x + 60, y + 25)
    # It was in full sight, so it is moved on the screen, not drawn anew.
    assert len(screen.called("copy")) == 1
    assert np.array_equal(screen.picture, whole(source)[:, :, :3])
    # What is let go stays.
    give(source, MouseMoved(NOBODY, 10, 300, NONE, 0))
    assert source.place_of("Notes") == (x + 60, y + 25)


def test_a_window_cannot_be_lost() -> None:
    source = sources.Demo(SIZE, time=lambda: BEGIN)
    for place in ((0, 0), (799, 599), (0, 599), (799, 0)):
        give(source, *drag(source._desktop.pointer, place))
        for title in ("Notes", "Waves", "Clock", "Events"):
            window = next(each for each in source._desktop.windows if each.title == title)
            left, top, right, _ = window.handle
            give(source, *drag((min(max(left + 5, 0), 799), top + 5), place))
            left, top, right, bottom = window.handle
            assert top >= 30 and bottom <= 600 and right > 40 and left < 760


async def test_the_pointer_has_a_shape_for_text(autojump_clock: MockClock, nursery: trio.Nursery) -> None:
    source, screen = demo(), MemoryScreen(SIZE)
    nursery.start_soon(source.run, screen)
    give(source, MouseMoved(NOBODY, 10, 300, NONE, 0))
    await rest()
    arrow = screen.pointer[0]
    assert arrow is not None and 0 < arrow[..., 3].mean() < 255, "a shape with alpha"
    assert (arrow[..., :3] <= arrow[..., 3:]).all(), "colours are multiplied by alpha"
    x, y = source.place_of("Notes")
    give(source, MouseMoved(NOBODY, x, y + 60, NONE, 0))
    await rest()
    assert screen.pointer[2] == (x, y + 60)
    assert not np.array_equal(screen.pointer[0], arrow)
    give(source, MouseRelative(NOBODY, 5000, -70, NONE))
    await rest()
    assert screen.pointer[2] == (799, y - 10)
    assert np.array_equal(screen.pointer[0], arrow)


def test_a_button_counts_only_where_it_is_let_go() -> None:
    source = sources.Demo(SIZE, time=lambda: BEGIN)
    pause = source.place_of("Pause")
    give(source, *drag(pause, (5, 300)))
    assert not source._desktop.waves.paused
    give(source, *click(*pause))
    assert source._desktop.waves.paused
    assert source.place_of("Go on") == pause
    with pytest.raises(LookupError, match="'Pause'"):
        source.place_of("Pause")


places = st.tuples(st.integers(0, 799), st.integers(0, 599))
gestures = st.one_of(
    places.map(lambda place: click(*place)),
    st.tuples(places, places, places).map(lambda three: drag(*three)),
    st.sampled_from(["A", "Enter", "Backspace", "Left", "Up", "Home"]).map(press),
    st.sampled_from(["Notes", "Waves", "Clock", "Events", "Other colours"]),
    st.floats(0.01, 3),
)


@given(st.lists(gestures, max_size=12))
@settings(max_examples=40)
def test_whatever_happens_the_picture_is_whole(happenings: list[object]) -> None:
    """What was painted piece by piece, with moves before it, is what is painted at once."""
    now = BEGIN
    source = sources.Demo(SIZE, time=lambda: now)
    desktop, seen = source._desktop, source.picture.copy()
    for happening in happenings:
        if isinstance(happening, float):
            now += happening
        elif isinstance(happening, str):
            give(source, *drag(source.place_of(happening), (len(happening) * 70, 300)))
        else:
            give(source, *cast("list[Event]", happening))
        desktop.tick(now)
        moves, areas = desktop.take()
        for (left, top, right, bottom), (x, y) in moves:
            seen[y : y + bottom - top, x : x + right - left] = seen[top:bottom, left:right].copy()
        for left, top, right, bottom in areas:
            seen[top:bottom, left:right] = source.picture[top:bottom, left:right]
        assert np.array_equal(source.picture, whole(source))
        assert np.array_equal(seen, source.picture)


async def test_clients_see_and_use_it() -> None:
    source = sources.Demo(SIZE)
    async with session_pair(size=source.size) as (server, session), trio.open_nursery() as nursery:
        nursery.start_soon(source.show_on, server)
        await session.display.frame()
        await session.mouse.click(*source.place_of("Pause"))
        await session.mouse.click(*source.place_of("Notes"))
        await session.keyboard.type("Hello, 1 + 1 = 2!\n")
        with trio.fail_after(20):
            while source.text != "Hello, 1 + 1 = 2!\n":
                await session.display.wait_change()
            while True:
                frame = await session.display.wait_stable(quiet=0.2)
                # The clock may have gone on since.
                if np.array_equal(np.asarray(frame)[:, :, :3], source.picture[:, :, :3]):
                    break
        nursery.cancel_scope.cancel()


def test_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="at least 800x600"):
        sources.Demo((640, 480))
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingExtra, match=r"spice-rs\[images\]"):
        sources.Demo()
