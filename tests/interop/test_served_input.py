"""What is typed and clicked in the clients that people use arrives at our server as events, with the right codes and places."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio

from spice_rs import keymap
from spice_rs.enums import KeyModifiersMask, MouseButton, MouseMode
from spice_rs.server import (
    Event,
    Joined,
    KeyDown,
    KeyUp,
    Left,
    LocksChanged,
    MouseDown,
    MouseMoved,
    MouseRelative,
    MouseUp,
    Server,
)
from tests.peers.gtkclient import SERVER, GtkClient
from tests.peers.viewer import PROGRAMS

from .served import SIZE, blocking, desk, opened, serving, shows

pytestmark = [pytest.mark.peer, pytest.mark.slow]


class Seen:
    """The events of a server, as they come."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def keys(self) -> list[str]:
        """Return the keys in the form `+A`, `-A`."""
        signs = {KeyDown: "+", KeyUp: "-"}
        return [f"{signs[type(e)]}{e.name}" for e in self.events if isinstance(e, KeyDown | KeyUp)]

    def mouse(self) -> list[tuple[Any, ...]]:
        """Return the buttons, each with the place where the pointer is."""
        result: list[tuple[Any, ...]] = []
        place: tuple[int, ...] = ()
        for event in self.events:
            match event:
                case MouseMoved(x=x, y=y, screen=screen):
                    place = (x, y, screen)
                case MouseDown(button=button):
                    result.append(("+", button.name, *place))
                case MouseUp(button=button):
                    result.append(("-", button.name, *place))
        return result

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    async def wait(self, condition: Callable[[], object]) -> None:
        with trio.fail_after(20):
            while not condition():
                await trio.sleep(0.01)


@asynccontextmanager
async def watching(**options: Any) -> AsyncIterator[tuple[Server, Seen]]:
    """Serve a desk and note what clients do."""
    seen = Seen()
    async with serving(**options) as server, trio.open_nursery() as nursery:
        await server.screen.update(desk(0))
        events = server.events()

        async def note() -> None:
            async for event in events:
                seen.events.append(event)

        nursery.start_soon(note)
        yield server, seen
        nursery.cancel_scope.cancel()


def pressed(*names: str) -> list[str]:
    return [sign + name for name in names for sign in "+-"]


# The names that X has for keys, where they are not ours.
X_NAMES = {
    "Esc": "Escape", "Enter": "Return", "Ctrl": "Control_L", "Shift": "Shift_L", "Alt": "Alt_L",
    "Space": "space", "Backspace": "BackSpace", "-": "minus", "=": "equal", "[": "bracketleft", "]": "bracketright",
    ";": "semicolon", "'": "apostrophe", "`": "grave", "\\": "backslash", ",": "comma", ".": "period", "/": "slash",
    "Page_Up": "Prior", "Page_Down": "Next", "Super": "Super_L", **{letter: letter.lower() for letter in "ABMNQWZ"},
}  # fmt: skip
# By their numbers, because xdotool holds the left one too if it is asked for the right one by name.
X_NUMBERS = {"Ctrl_R": "105", "Shift_R": "62", "Super_R": "134"}
X_SAME = (
    "1 0 F1 F5 F9 F12 Tab Home End Up Down Left Right Insert Delete KP_Enter KP_Add KP_Divide Menu".split()
)

# What browsers call a key, and the number that spice-html5 looks at.
WEB_KEYS = {
    "Esc": ("Escape", 27), "1": ("1", 49), "0": ("0", 48), "Tab": ("Tab", 9), "Backspace": ("Backspace", 8),
    "Enter": ("Enter", 13), "Space": (" ", 32), "A": ("a", 65), "Q": ("q", 81), "Z": ("z", 90), "M": ("m", 77),
    "-": ("-", 189), "=": ("=", 187), ";": (";", 186), ",": (",", 188), ".": (".", 190), "/": ("/", 191), "[": ("[", 219),
    "F1": ("F1", 112), "F12": ("F12", 123), "Up": ("ArrowUp", 38), "Down": ("ArrowDown", 40), "Left": ("ArrowLeft", 37),
    "Right": ("ArrowRight", 39), "Home": ("Home", 36), "End": ("End", 35), "Page_Up": ("PageUp", 33),
    "Page_Down": ("PageDown", 34), "Insert": ("Insert", 45), "Delete": ("Delete", 46),
}  # fmt: skip


async def test_every_key_arrives_from_spicegtk() -> None:
    # Pause is no key of two states on any keyboard, and has no code of its own here.
    keys = [key for key in map(keymap.find, keymap.key_names()) if key is not None and len(key.press) <= 2]
    async with watching() as (server, seen), opened("spicegtk", server) as client:
        await blocking(client.wait_ready)
        for key in keys:
            await blocking(client.press, key.press[-1] | (0x100 if len(key.press) == 2 else 0))
        await seen.wait(lambda: len(seen.keys()) >= 2 * len(keys))
        assert [e.code for e in seen.of(KeyDown)] == [key.down_code for key in keys]
    assert seen.keys() == pressed(*(key.name for key in keys))


@pytest.mark.parametrize("program", PROGRAMS)
async def test_keys_arrive_from_a_viewer(program: str) -> None:
    names = {**X_NAMES, **X_NUMBERS, **{name: name for name in X_SAME}}
    async with watching() as (server, seen), opened(program, server) as viewer:
        await shows(server, viewer)
        # A viewer takes the keyboard when the pointer comes in.
        await blocking(viewer.move, 500, 400)
        await seen.wait(lambda: seen.of(MouseMoved))
        for name in names.values():
            await blocking(viewer.press, name)
        await seen.wait(lambda: len(seen.keys()) >= 2 * len(names))
    assert seen.keys() == pressed(*names)


async def test_keys_arrive_from_a_browser() -> None:
    async with watching() as (server, seen), opened("html5", server) as browser:
        await shows(server, browser)
        for key in WEB_KEYS.values():
            await blocking(browser.press, *key)
        await seen.wait(lambda: len(seen.keys()) >= 2 * len(WEB_KEYS))
    assert seen.keys() == pressed(*WEB_KEYS)


CLICKS = ((0, 0, 1), (1023, 0, 2), (1023, 767, 3), (0, 767, 1), (511, 383, 1))
BUTTONS = {1: "LEFT", 2: "MIDDLE", 3: "RIGHT", 4: "UP", 5: "DOWN"}


def clicked(*clicks: tuple[int, int, int]) -> list[tuple[Any, ...]]:
    return [(sign, BUTTONS[button], x, y, 0) for x, y, button in clicks for sign in "+-"]


async def test_clicks_and_the_wheel_arrive_from_spicegtk() -> None:
    wheel = ((20, 30, 4), (20, 30, 5), (21, 31, 5))
    async with watching() as (server, seen), opened("spicegtk", server) as client:
        await blocking(client.wait_ready)
        for x, y, button in (*CLICKS, *wheel):
            await blocking(client.move, x, y)
            await blocking(client.click, button)
        await seen.wait(lambda: len(seen.mouse()) >= 2 * len((*CLICKS, *wheel)))
    assert seen.mouse() == clicked(*CLICKS, *wheel)


@pytest.mark.parametrize("program", PROGRAMS)
async def test_clicks_and_the_wheel_arrive_from_a_viewer(program: str) -> None:
    wheel = ((20, 30, 4), (20, 30, 5), (21, 31, 5))
    async with watching() as (server, seen), opened(program, server) as viewer:
        await shows(server, viewer)
        for click in (*CLICKS, *wheel):
            await blocking(viewer.click, *click)
        await seen.wait(lambda: len(seen.mouse()) >= 2 * len((*CLICKS, *wheel)))
    assert seen.mouse() == clicked(*CLICKS, *wheel)


async def test_clicks_and_the_wheel_arrive_from_a_browser() -> None:
    async with watching() as (server, seen), opened("html5", server) as browser:
        await shows(server, browser)
        for click in CLICKS:
            await blocking(browser.click, *click)
        for down in (True, False):
            await blocking(browser.scroll, 20, 30, down=down)
        await seen.wait(lambda: len(seen.mouse()) >= 2 * len(CLICKS) + 4)
    assert seen.mouse() == clicked(*CLICKS, (20, 30, 5), (20, 30, 4))


async def test_the_border_of_a_browsers_canvas_is_the_nearest_edge() -> None:
    async with watching() as (server, seen), opened("html5", server) as browser:
        await shows(server, browser)
        for place in ((-1, 300), (500, -1), (1024, 300), (500, 768)):
            await blocking(browser.move, *place)
        await seen.wait(lambda: len(seen.of(MouseMoved)) >= 4)
    assert [(e.x, e.y) for e in seen.of(MouseMoved)] == [(0, 300), (500, 0), (1023, 300), (500, 767)]


async def test_all_motions_of_a_drag_arrive_with_the_button_held() -> None:
    async with watching() as (server, seen), opened("spicegtk", server) as client:
        await blocking(client.wait_ready)
        await blocking(client.move, 0, 0)
        await blocking(client.button, 1, down=True)
        for x in range(1, 300):
            await blocking(client.move, 3 * x, 2 * x)
        await blocking(client.button, 1, down=False)
        await seen.wait(lambda: seen.of(MouseUp))
    moves = seen.of(MouseMoved)
    # The client leaves motions out while the server has not acknowledged earlier ones, but never the last.
    assert (moves[-1].x, moves[-1].y) == (897, 598)
    assert all("LEFT" in move.buttons.name for move in moves[2:-1])
    assert [move.x for move in moves] == sorted(move.x for move in moves)


async def test_a_relative_mouse_arrives_from_spicegtk() -> None:
    async with watching(mouse_modes=MouseMode.SERVER) as (server, seen), opened("spicegtk", server) as client:
        await blocking(client.wait_ready)
        await move_relatively(client, seen)


async def test_a_client_may_choose_the_relative_mouse() -> None:
    async with watching() as (server, seen), opened("spicegtk", server) as client:
        await blocking(client.wait_ready)
        await blocking(client.ask_mouse_mode, SERVER)
        await blocking(client.wait_until, "the mode", lambda: client.state()["mouse"] == SERVER)
        await move_relatively(client, seen)


async def move_relatively(client: GtkClient, seen: Seen) -> None:
    for step in ((5, -7), (-100, 3), (1, 1)):
        await blocking(client.move_by, *step)
    await blocking(client.click, 3)
    await seen.wait(lambda: seen.of(MouseUp))
    moves = [(event.dx, event.dy) for event in seen.of(MouseRelative)]
    assert (sum(dx for dx, _ in moves), sum(dy for _, dy in moves)) == (-94, -3)
    assert [event.button for event in seen.of(MouseDown)] == [MouseButton.RIGHT]


async def test_lock_lights_arrive() -> None:
    async with watching() as (server, seen), opened("spicegtk", server) as client:
        await blocking(client.wait_ready)
        await blocking(client.locks, 4)
        wanted = KeyModifiersMask.CAPS_LOCK
        await seen.wait(lambda: wanted in [event.locks for event in seen.of(LocksChanged)])


async def test_what_a_client_holds_is_let_go_when_it_is_gone() -> None:
    async with watching() as (server, seen):
        async with opened("spicegtk", server) as client:
            await blocking(client.wait_ready)
            await blocking(client.key, 0x1D, down=True)
            await blocking(client.key, 0x11C, down=True)
            await blocking(client.button, 1, down=True)
            await seen.wait(lambda: seen.of(MouseDown))
        await seen.wait(lambda: seen.of(Left))
        assert sorted(seen.keys()) == ["+Ctrl", "+KP_Enter", "-Ctrl", "-KP_Enter"]
        assert [event.button for event in seen.of(MouseUp)] == [MouseButton.LEFT]
        assert len(seen.of(Joined)) == 1


async def test_clients_of_different_kinds_type_at_once() -> None:
    async with (
        watching() as (server, seen),
        opened("spicegtk", server) as client,
        opened("html5", server) as browser,
    ):
        await blocking(client.wait_ready)
        await shows(server, browser)

        async def in_client() -> None:
            for _ in range(50):
                await blocking(client.press, 0x1E)

        async def in_browser() -> None:
            for _ in range(50):
                await blocking(browser.press, "b", 66)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(in_client)
            nursery.start_soon(in_browser)
        await seen.wait(lambda: len(seen.keys()) >= 200)
        by = {c.number: [e.name for e in seen.of(KeyDown) if e.client is c] for c in server.clients}
    assert sorted(by.values()) == [["A"] * 50, ["B"] * 50]


async def test_places_are_those_of_the_screen_that_they_are_on() -> None:
    sizes = (SIZE, (640, 480))
    async with watching(size=sizes) as (server, seen), opened("spicegtk", server) as client:
        await blocking(client.wait_ready, 2)
        await blocking(client.move, 600, 400, 1)
        await blocking(client.click)
        await blocking(client.move, 1000, 700, 0)
        await blocking(client.click)
        await seen.wait(lambda: len(seen.mouse()) >= 4)
    assert [place[2:] for place in seen.mouse()[::2]] == [(600, 400, 1), (1000, 700, 0)]
