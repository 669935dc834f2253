from __future__ import annotations

import pytest
import trio

from spice_rs.channels._motion import WINDOW
from spice_rs.client.mouse import NoAbsolutePointer
from spice_rs.enums import MouseButton as Button
from spice_rs.enums import MouseButtonMask as Mask
from spice_rs.enums import MouseMode
from spice_rs.errors import Disconnected, Unsupported
from spice_rs.messages.inputs import MouseMotion, MousePosition, MousePress, MouseRelease
from spice_rs.messages.main import MouseModeChanged

from .desk import desk

NONE = Mask(0)


async def test_a_click_is_a_place_then_a_button(autojump_clock: object) -> None:
    async with desk() as at:
        await at.mouse.click(100, 200)
        assert await at.arrived() == [
            MousePosition(100, 200, NONE, 0),
            MousePress(Button.LEFT, Mask.LEFT),
            MouseRelease(Button.LEFT, NONE),
        ]
        assert at.mouse.position == (100, 200)
        assert at.mouse.held == ()


async def test_a_double_click_of_another_button_on_another_display(autojump_clock: object) -> None:
    async with desk() as at:
        await at.mouse.click(1, 2, button="right", count=2, display=1)
        press, release = MousePress(Button.RIGHT, Mask.RIGHT), MouseRelease(Button.RIGHT, NONE)
        assert await at.arrived() == [MousePosition(1, 2, NONE, 1), press, release, press, release]


async def test_a_click_where_the_pointer_is_needs_no_mode(autojump_clock: object) -> None:
    async with desk(offered=MouseMode.SERVER) as at:
        await at.mouse.click(button="middle")
        assert await at.arrived() == [
            MousePress(Button.MIDDLE, Mask.MIDDLE),
            MouseRelease(Button.MIDDLE, NONE),
        ]


async def test_half_a_place_is_a_mistake(autojump_clock: object) -> None:
    async with desk() as at:
        with pytest.raises(TypeError, match="x and y"):
            await at.mouse.click(5)
        with pytest.raises(ValueError, match="counts from 0"):
            await at.mouse.click(5, -1)
        with pytest.raises(ValueError, match=r"'primary'.*left, middle, right"):
            await at.mouse.click(5, 5, button="primary")  # type: ignore[arg-type]
        assert await at.arrived() == []


async def test_a_place_is_refused_loudly_where_the_guest_takes_none(autojump_clock: object) -> None:
    async with desk(offered=MouseMode.SERVER) as at:
        with pytest.raises(NoAbsolutePointer, match=r"no SPICE agent .* usb-tablet.*move_by") as caught:
            await at.mouse.click(10, 20)
        assert isinstance(caught.value, Unsupported)
        assert await at.arrived() == []
        await at.mouse.move_by(3, -4)
        assert await at.arrived() == [MouseMotion(3, -4, NONE)]


async def test_the_mode_is_switched_as_needed(autojump_clock: object) -> None:
    async with desk() as at:
        assert at.main.mouse_mode == MouseMode.CLIENT
        await at.mouse.move_by(1, 1)
        assert at.main.mouse_mode == MouseMode.SERVER
        assert at.mouse.position is None
        await at.mouse.move(5, 6)
        assert at.main.mouse_mode == MouseMode.CLIENT
        assert await at.arrived() == [MouseMotion(1, 1, NONE), MousePosition(5, 6, NONE, 0)]


async def test_a_tablet_that_goes_while_it_is_asked_for(autojump_clock: object) -> None:
    async with desk() as at:
        await at.mouse.move_by(1, 1)
        at.main_server.mouse_modes = MouseMode.SERVER  # It answers requests for CLIENT with silence now.
        async with trio.open_nursery() as nursery:
            nursery.start_soon(raises_no_pointer, at.mouse.move, 1, 1)
            await trio.testing.wait_all_tasks_blocked()
            at.main_server.post(MouseModeChanged(MouseMode.SERVER, MouseMode.SERVER))


async def raises_no_pointer(function: object, *arguments: int) -> None:
    with pytest.raises(NoAbsolutePointer):
        await function(*arguments)  # type: ignore[operator]


async def test_buttons_travel_with_motion(autojump_clock: object) -> None:
    async with desk() as at:
        await at.mouse.press("left")
        await at.mouse.press("side")
        assert at.mouse.held == ("left", "side")
        await at.mouse.move(7, 8)
        await at.mouse.release("left")
        at.mouse.release_all()
        assert await at.arrived() == [
            MousePress(Button.LEFT, Mask.LEFT),
            MousePress(Button.SIDE, Mask.LEFT | Mask.SIDE),
            MousePosition(7, 8, Mask.LEFT | Mask.SIDE, 0),
            MouseRelease(Button.LEFT, Mask.SIDE),
            MouseRelease(Button.SIDE, NONE),
        ]


async def test_a_drag_passes_every_step(autojump_clock: object) -> None:
    async with desk() as at:
        await at.mouse.drag((10, 10), (40, 20), steps=30)
        first, press, *way, release = await at.arrived()
        assert (first, press) == (MousePosition(10, 10, NONE, 0), MousePress(Button.LEFT, Mask.LEFT))
        assert [(step.x, step.y) for step in way if isinstance(step, MousePosition)] == [
            (10 + step, 10 + step * 10 // 30) for step in range(1, 31)
        ]
        assert release == MouseRelease(Button.LEFT, NONE)


async def test_hold_lets_go_when_cancelled(autojump_clock: object) -> None:
    async with desk() as at:
        with trio.move_on_after(5):
            async with at.mouse.hold("right"):
                await trio.sleep_forever()
        assert at.mouse.held == ()
        assert await at.arrived() == [MousePress(Button.RIGHT, Mask.RIGHT), MouseRelease(Button.RIGHT, NONE)]


async def test_the_wheel_is_two_buttons(autojump_clock: object) -> None:
    async with desk() as at:
        await at.mouse.scroll(2)
        await at.mouse.scroll(-1)
        up = [MousePress(Button.UP, Mask.UP), MouseRelease(Button.UP, NONE)]
        down = [MousePress(Button.DOWN, Mask.DOWN), MouseRelease(Button.DOWN, NONE)]
        assert await at.arrived() == [*up, *up, *down]


async def test_every_place_arrives_while_the_server_acknowledges(autojump_clock: object) -> None:
    async with desk() as at:
        for x in range(200):
            await at.mouse.move(x, 0)
        assert [message.x for message in await at.arrived() if isinstance(message, MousePosition)] == [
            *range(200)
        ]


async def test_places_merge_while_the_server_does_not_acknowledge(autojump_clock: object) -> None:
    async with desk(answers=False) as at, trio.open_nursery() as nursery:
        for x in range(100):
            nursery.start_soon(at.mouse.move, x, 0)
        await trio.testing.wait_all_tasks_blocked()
        assert len(await at.arrived()) == WINDOW
        # A button does not land at an old place.
        await at.mouse.press()
        place, press = await at.arrived()
        assert isinstance(place, MousePosition)
        assert press == MousePress(Button.LEFT, Mask.LEFT)
        # All hundred have been sent or replaced now, so nobody waits any more.


async def test_after_the_end_of_the_session(autojump_clock: object) -> None:
    async with desk() as at:
        await at.mouse.press()
        at.client.stop(Disconnected("gone"))
        for call in (at.mouse.click(1, 2), at.mouse.press(), at.mouse.scroll(1), at.mouse.move_by(1, 1)):
            with pytest.raises(Disconnected, match="gone"):
                await call
        at.mouse.release_all()
