"""What clients do, as frozen dataclasses to be matched with `match`.

Each event names the `client` that it comes from. Keys are scan codes of set 1, as keyboards of PCs send them, with the name of the
key where it is known (`spice_rs.keymap`); places are pixels of the screen that the event names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ..enums import KeyModifiersMask, MouseButton, MouseButtonMask

if TYPE_CHECKING:
    from .client import Client

__all__ = [
    "Event",
    "Joined",
    "KeyDown",
    "KeyUp",
    "Left",
    "LocksChanged",
    "MouseDown",
    "MouseMoved",
    "MouseRelative",
    "MouseUp",
]


@dataclass(frozen=True, slots=True)
class Joined:
    """A client has begun a session; its displays follow within moments."""

    client: Client


@dataclass(frozen=True, slots=True)
class Left:
    """A client has gone. What it held down has been let go before.

    Attributes:
        reason: why, in words and by type: `errors.Disconnected` where it left by itself.
    """

    client: Client
    reason: Exception


@dataclass(frozen=True, slots=True)
class KeyDown:
    """A key went down, or repeats while it is down.

    Attributes:
        code: its scan code, the first byte lowest: 0x1e for A, 0x1de0 for the right Ctrl.
        name: the key's name, like `A` or `Ctrl_R`; None where no key is known by that code.
    """

    client: Client
    code: int
    name: str | None


@dataclass(frozen=True, slots=True)
class KeyUp:
    """A key went up; `code` is that of its KeyDown."""

    client: Client
    code: int
    name: str | None


@dataclass(frozen=True, slots=True)
class LocksChanged:
    """The client's own lock lights, which a desktop may want to follow."""

    client: Client
    locks: KeyModifiersMask


@dataclass(frozen=True, slots=True)
class MouseMoved:
    """The pointer is at (x, y) of a screen, within its bounds; mouse mode CLIENT.

    Attributes:
        screen: number of the screen.
    """

    client: Client
    x: int
    y: int
    buttons: MouseButtonMask
    screen: int


@dataclass(frozen=True, slots=True)
class MouseRelative:
    """The mouse moved by (dx, dy); mouse mode SERVER, where the server draws the pointer."""

    client: Client
    dx: int
    dy: int
    buttons: MouseButtonMask


@dataclass(frozen=True, slots=True)
class MouseDown:
    """A button went down, or the wheel moved by a notch (`MouseButton.UP`, `DOWN`).

    Attributes:
        buttons: all buttons that are down now.
    """

    client: Client
    button: MouseButton
    buttons: MouseButtonMask


@dataclass(frozen=True, slots=True)
class MouseUp:
    """A button went up."""

    client: Client
    button: MouseButton
    buttons: MouseButtonMask


Input: TypeAlias = KeyDown | KeyUp | LocksChanged | MouseMoved | MouseRelative | MouseDown | MouseUp
"""What keyboards and mice do."""

Event: TypeAlias = Joined | Left | Input
"""Everything that a server tells."""
