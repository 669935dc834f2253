"""Scan codes of set 1, as SPICE carries them, to the key codes of an X server.

An X server on Linux numbers its keys as the kernel does, plus 8 (keycodes `evdev`). Older ones, and those that nobody gave a
keyboard, number the keys beyond the main block in another way (`xfree86`); which it is shows where the arrows are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

EXTENDED = 0xE0
OFFSET = 8
"""What X adds to the kernel's number of a key: X11 keeps the first eight codes for itself."""

UP_EVDEV, KEYSYM_UP = 111, 0xFF52
NUM_LOCK = 69 + OFFSET
CAPS_LOCK_MASK = 1 << 1

# Kernel number by scan code, where they differ or the code has the prefix E0 (written as 0xE0..). Below 0x54 they are equal.
KERNEL = {
    0x54: 99, 0x55: 186, 0x56: 86, 0x57: 87, 0x58: 88, 0x59: 117, 0x5A: 190, 0x5D: 183, 0x5E: 184, 0x5F: 185,
    0x6D: 193, 0x6F: 194, 0x70: 93, 0x73: 89, 0x74: 191, 0x77: 91, 0x78: 90, 0x79: 92, 0x7B: 94, 0x7D: 124, 0x7E: 121,
    0xE003: 187, 0xE004: 189, 0xE010: 165, 0xE019: 163, 0xE01C: 96, 0xE01D: 97, 0xE020: 113, 0xE021: 140,
    0xE022: 164, 0xE024: 166, 0xE02E: 114, 0xE030: 115, 0xE032: 172, 0xE035: 98, 0xE037: 99, 0xE038: 100,
    0xE046: 119, 0xE047: 102, 0xE048: 103, 0xE049: 104, 0xE04B: 105, 0xE04D: 106, 0xE04F: 107, 0xE050: 108,
    0xE051: 109, 0xE052: 110, 0xE053: 111, 0xE05B: 125, 0xE05C: 126, 0xE05D: 127, 0xE05E: 116, 0xE05F: 142,
    0xE063: 143, 0xE065: 217, 0xE066: 156, 0xE067: 173, 0xE068: 128, 0xE069: 159, 0xE06A: 158, 0xE06B: 157,
    0xE06C: 155, 0xE06D: 226, 0xE077: 188, 0xE079: 192,
}  # fmt: skip

# The keys that `xfree86` numbers otherwise, by scan code; F11, F12 and the key beside the left Shift are as above.
XFREE86 = {
    0xE047: 97, 0xE048: 98, 0xE049: 99, 0xE04B: 100, 0xE04D: 102, 0xE04F: 103, 0xE050: 104, 0xE051: 105,
    0xE052: 106, 0xE053: 107, 0xE01C: 108, 0xE01D: 109, 0xE046: 110, 0xE037: 111, 0x54: 111, 0xE035: 112,
    0xE038: 113, 0xE05B: 115, 0xE05C: 116, 0xE05D: 117,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Keycodes:
    """The key codes of one X server.

    Attributes:
        lowest, highest: what the server takes.
        evdev: whether its numbers are the kernel's.
        num_lock: the modifier that Num Lock is, as a mask; 0 where it is none.
    """

    lowest: int
    highest: int
    evdev: bool = True
    num_lock: int = 1 << 4

    @classmethod
    def of(cls, x: Any) -> Self:
        """Ask an X server; blocks."""
        setup = x.get_setup()
        symbols = x.core.GetKeyboardMapping(UP_EVDEV, 1).reply().keysyms
        modifiers = x.core.GetModifierMapping().reply()
        return cls(
            setup.min_keycode,
            setup.max_keycode,
            evdev=KEYSYM_UP in list(symbols),
            num_lock=modifier_of(NUM_LOCK, list(modifiers.keycodes), modifiers.keycodes_per_modifier),
        )

    def of_scan_code(self, code: int) -> int | None:
        """Return the key code for a scan code, whose first byte is the lowest; None where X has no such key."""
        first, second = code & 0xFF, code >> 8 & 0x7F
        joined = EXTENDED << 8 | second if first == EXTENDED else first & 0x7F
        if not self.evdev and joined in XFREE86:
            return XFREE86[joined]
        kernel = KERNEL.get(joined, joined if 0 < joined < 0x54 else None)
        if kernel is None or not self.lowest <= kernel + OFFSET <= self.highest:
            return None
        return kernel + OFFSET


def modifier_of(keycode: int, table: list[int], each: int) -> int:
    """Return the mask of the modifier that a key is, by the table of the keys of the eight modifiers."""
    return next((1 << place // each for place, code in enumerate(table) if code == keycode), 0) if each else 0
