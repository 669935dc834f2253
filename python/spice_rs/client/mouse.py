"""The mouse of the desk: `await session.mouse.click(100, 200)`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal, TypeAlias, get_args

from ..channels._motion import Move, Place
from ..channels.inputs import BITS, InputsClient
from ..channels.main import MainClient
from ..enums import MouseButton, MouseMode
from ..errors import Unsupported
from ..messages.main import MouseModeRequest
from ._pace import Pace

Button: TypeAlias = Literal["left", "middle", "right", "side", "extra"]
"""A mouse button; side and extra are what browsers use for back and forward."""


class NoAbsolutePointer(Unsupported):
    """The guest cannot be told where on the screen the pointer is to be, only how far it moves."""

    def __init__(self) -> None:
        super().__init__(
            "this guest takes no absolute pointer positions: no SPICE agent runs in it, and it uses no tablet device "
            "(an operating system has to be up for that). Start spice-vdagent in the guest or give it a tablet (QEMU: "
            "-device usb-tablet), or move by distances: mouse.move_by(dx, dy), then mouse.click()",
            capability="CLIENT mouse mode",
        )


class Mouse:
    """The pointer and its buttons.

    `move` puts the pointer at a place, which needs CLIENT mouse mode; `move_by` moves it by a distance, in SERVER mouse
    mode. The mode is switched as needed, which takes a round trip. Whatever is held when the session ends is released.

    At most eight motions may be on their way. Further ones of the same task wait; of those of several tasks the newest
    place wins, and distances add up.

    Attributes:
        position: where this object has last put the pointer; None before that and after `move_by`.
    """

    def __init__(self, inputs: InputsClient, main: MainClient) -> None:
        self._inputs = inputs
        self._main = main
        self._pace = Pace()
        self.position: tuple[int, int] | None = None

    @property
    def held(self) -> tuple[str, ...]:
        """The names of the buttons that are held down."""
        return tuple(name for name, which in BUTTONS.items() if BITS[which] in self._inputs.buttons)

    async def move(self, x: int, y: int, *, display: int = 0) -> None:
        """Put the pointer at a place, in pixels from the top left corner of a display.

        Raises:
            NoAbsolutePointer: the guest takes no positions; `move_by` works.
            SpiceError: the session is over.

        Cancelled, the motion may have been sent.
        """
        if x < 0 or y < 0:
            raise ValueError(f"a place on a display counts from 0, and not from ({x}, {y})")
        await self._switch(MouseMode.CLIENT)
        await self._inputs.move(Place(x, y, display))
        self.position = x, y

    async def move_by(self, dx: int, dy: int) -> None:
        """Move the pointer by a distance, as a mouse does: the guest may accelerate it.

        A server without a mouse beside its tablet, as Xspice, ignores this. Raises and cancels as `move`.
        """
        await self._switch(MouseMode.SERVER)
        await self._inputs.move(Move(dx, dy))
        self.position = None

    async def click(
        self,
        x: int | None = None,
        y: int | None = None,
        *,
        button: Button = "left",
        count: int = 1,
        display: int = 0,
    ) -> None:
        """Press a button and let it go, at a place if one is given, else where the pointer is.

        Arguments:
            count: 2 for a double click.

        Raises:
            NoAbsolutePointer: a place was given, and the guest takes none; nothing was clicked.
            SpiceError: the session is over.

        Cancelled, the pointer may have moved and some clicks may have been made; the button is up.
        """
        which = number(button)
        if x is not None and y is not None:
            await self.move(x, y, display=display)
        elif x is not None or y is not None:
            raise TypeError("a place needs x and y")
        for _ in range(count):
            async with self._held(which):
                await self._turn()

    async def press(self, button: Button = "left") -> None:
        """Press a button and keep it down until `release`. Raises SpiceError; cancelled, it has sent nothing."""
        which = number(button)
        await self._turn()
        self._inputs.post_button(which, down=True)

    async def release(self, button: Button = "left") -> None:
        """Let a button go. Raises SpiceError; cancelled, it has sent nothing."""
        which = number(button)
        await self._turn()
        self._inputs.post_button(which, down=False)

    @asynccontextmanager
    async def hold(self, button: Button = "left") -> AsyncIterator[None]:
        """Keep a button down for a block; it goes up at its end, however it ends. Raises SpiceError."""
        async with self._held(number(button)):
            yield
            await self._turn()

    async def drag(
        self,
        start: tuple[int, int],
        end: tuple[int, int],
        *,
        button: Button = "left",
        steps: int = 10,
        display: int = 0,
    ) -> None:
        """Move to a place, press a button, move to another in steps, let go.

        Raises as `move`. Cancelled, part of the way has been made; the button is up.
        """
        await self.move(*start, display=display)
        async with self.hold(button):
            for step in range(1, steps + 1):
                await self._turn()
                x, y = (a + (b - a) * step // steps for a, b in zip(start, end, strict=True))
                await self.move(x, y, display=display)

    async def scroll(self, clicks: int) -> None:
        """Turn the wheel: up (away from the user) by so many clicks, or down by a negative number of them.

        Raises SpiceError. Cancelled, part of the way has been made.
        """
        wheel = MouseButton.UP if clicks > 0 else MouseButton.DOWN
        for _ in range(abs(clicks)):
            await self._turn()
            self._inputs.post_button(wheel, down=True)
            self._inputs.post_button(wheel, down=False)

    def release_all(self) -> None:
        """Let go every button that is held."""
        for which in BUTTONS.values():
            self._let_go(which)

    async def _turn(self) -> None:
        await self._pace.turn()
        await self._inputs.ready()

    @asynccontextmanager
    async def _held(self, which: MouseButton) -> AsyncIterator[None]:
        await self._turn()
        self._inputs.post_button(which, down=True)
        try:
            yield
        finally:
            # No waiting here: a cancelled block must not leave the guest dragging.
            self._let_go(which)

    def _let_go(self, which: MouseButton) -> None:
        if self._inputs.ended is None and BITS[which] in self._inputs.buttons:
            self._inputs.post_button(which, down=False)

    async def _switch(self, wanted: MouseMode) -> None:
        """Ask the server for a mouse mode, if it is not the current one, and wait for it."""
        main = self._main
        if main.mouse_mode == wanted:
            return
        if wanted in main.mouse_modes:
            await main.send(MouseModeRequest(wanted))
            await main.wait_until(lambda: main.mouse_mode == wanted or wanted not in main.mouse_modes)
        if main.mouse_mode != wanted:
            raise NoAbsolutePointer


def number(button: str) -> MouseButton:
    """Return the protocol's number of a button."""
    if button not in BUTTONS:
        raise ValueError(f"no mouse button is named {button!r}; there are {', '.join(BUTTONS)}")
    return BUTTONS[button]


BUTTONS = {name: MouseButton[name.upper()] for name in get_args(Button)}
