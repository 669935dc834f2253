"""What an inputs channel receives, as events: whole keys out of scan code bytes, places within the screen, nothing left held down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from .. import keymap
from ..enums import MouseButton, MouseButtonMask
from ..messages import inputs
from .events import (
    Input,
    KeyDown,
    KeyUp,
    LocksChanged,
    MouseDown,
    MouseMoved,
    MouseRelative,
    MouseUp,
)

if TYPE_CHECKING:
    from .client import Client

HELD_MAX = 256
"""Keys that may be down at once; a client that says more is making them up."""

PREFIX, RELEASE = 0xE0, 0x80

NAMES = {key.down_code: key.name for key in map(keymap.find, keymap.key_names()) if key is not None}
"""The name of each key, by the scan code that it sends when it goes down."""

PAUSE = bytes.fromhex("e11d45e19dc5")
"""What a keyboard sends for Pause: both ways at once, and no other key begins like it."""


class Keys:
    """Turns scan code bytes into keys. A sequence may be cut anywhere; what makes no key is dropped."""

    def __init__(self) -> None:
        self._begun = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, bool]]:
        """Yield each whole key: its code when it goes down, and whether it does."""
        for byte in data:
            # A prefix after a prefix begins anew.
            again = byte == PREFIX and self._begun == bytes([PREFIX])
            self._begun += b"" if again else bytes([byte])
            if self._begun == PAUSE:
                self._begun = b""
                yield from ((code, down) for code, down in ((0x46E0, True), (0x46E0, False)))
            elif self._begun == bytes([PREFIX]) or PAUSE.startswith(self._begun):
                continue
            else:
                begun, self._begun = self._begun, b""
                yield from _key(begun)


def _key(data: bytes) -> Iterator[tuple[int, bool]]:
    whole = len(data) == 1 or (len(data) == 2 and data[0] == PREFIX)
    if not whole or data[-1] & ~RELEASE == 0:
        return
    press = data[:-1] + bytes([data[-1] & ~RELEASE])
    yield int.from_bytes(press, "little"), not data[-1] & RELEASE


def _within(place: int, most: int) -> int:
    # Unsigned on the wire; but spice-html5 sends -1 where the pointer is on the border of its canvas.
    return 0 if place >= 1 << 31 else min(place, most - 1)


class Translator:
    """Keeps what one client holds down.

    Arguments:
        bounds: returns the size of a screen by its number; None where there is no such screen.
    """

    def __init__(self, client: Client, bounds: Callable[[int], tuple[int, int] | None]) -> None:
        self._client = client
        self._bounds = bounds
        self._keys = Keys()
        self._held: dict[int, None] = {}
        self._buttons = MouseButtonMask(0)

    def events(self, message: inputs.FromClient) -> Iterable[Input]:
        """Return what a message means; nothing where it means nothing."""
        match message:
            case inputs.KeyDown(code) | inputs.KeyUp(code):
                # One message, one sequence, which ends at the first zero byte (protocol.md 2.6).
                return self._key_events(Keys(), code.to_bytes(4, "little").partition(b"\0")[0])
            case inputs.KeyScancode(data):
                return self._key_events(self._keys, data)
            case inputs.KeyModifiers(modifiers):
                return (LocksChanged(self._client, modifiers),)
            case inputs.MousePosition():
                return self._position(message)
            case inputs.MouseMotion(dx, dy, buttons):
                return (MouseRelative(self._client, dx, dy, buttons),)
            case inputs.MousePress(button, _):
                return self._button(button, down=True)
            case inputs.MouseRelease(button, _):
                return self._button(button, down=False)

    def let_go(self) -> Iterable[Input]:
        """Return the events that let go everything held: the client has gone."""
        held, self._held = list(self._held), {}
        yield from (KeyUp(self._client, code, NAMES.get(code)) for code in held)
        for button in MouseButton:
            if button != MouseButton.INVALID and self._buttons & MouseButtonMask[button.name]:
                yield from self._button(button, down=False)

    def _key_events(self, keys: Keys, data: bytes) -> Iterator[Input]:
        for code, down in keys.feed(data):
            if down and (code in self._held or len(self._held) < HELD_MAX):
                self._held[code] = None
                yield KeyDown(self._client, code, NAMES.get(code))
            elif not down:
                self._held.pop(code, None)
                yield KeyUp(self._client, code, NAMES.get(code))

    def _position(self, message: inputs.MousePosition) -> Iterable[Input]:
        bounds = self._bounds(message.display_id)
        if bounds is None:
            return ()
        x, y = (_within(place, most) for place, most in zip((message.x, message.y), bounds, strict=True))
        return (MouseMoved(self._client, x, y, message.buttons, message.display_id),)

    def _button(self, button: MouseButton, *, down: bool) -> Iterable[Input]:
        try:
            mask = MouseButtonMask[button.name]
        except KeyError:
            return ()
        # The wheel is a button that is never held.
        held = mask if button not in (MouseButton.UP, MouseButton.DOWN) else MouseButtonMask(0)
        self._buttons = self._buttons | held if down else self._buttons & ~mask
        event = MouseDown if down else MouseUp
        return (event(self._client, button, self._buttons),)
