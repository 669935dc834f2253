"""From keys to characters, as on a US keyboard."""

from __future__ import annotations

from ... import keymap
from ...enums import KeyModifiersMask

CHARACTERS = {(stroke.key.name, stroke.shift): character for character, stroke in keymap.US.items()}
CHARACTERS |= {(f"KP_{digit}", False): str(digit) for digit in range(10)}
CHARACTERS |= {("KP_Add", False): "+", ("KP_Subtract", False): "-", ("KP_Multiply", False): "*"}
CHARACTERS |= {("KP_Divide", False): "/", ("KP_Decimal", False): "."}
LETTERS = {stroke.key.name for stroke in keymap.US.values() if stroke.capital}


class Keyboard:
    """Knows which keys are down, and so which character one more key gives."""

    def __init__(self) -> None:
        self._down: set[str] = set()
        self._caps = False

    def press(self, name: str | None) -> str | None:
        """Take a key that goes down; return its character, if it has one now."""
        if name is None:
            return None
        if name == "Caps_Lock" and name not in self._down:
            self._caps = not self._caps
        self._down.add(name)
        if self._down & {"Ctrl", "Ctrl_R", "Alt", "Super", "Super_R"} or name in ("Enter", "Backspace"):
            return None
        shift = bool(self._down & {"Shift", "Shift_R"}) != (self._caps and name in LETTERS)
        return CHARACTERS.get((name, shift))

    def release(self, name: str | None) -> None:
        """Take a key that goes up."""
        self._down.discard(name or "")

    def lock(self, locks: KeyModifiersMask) -> None:
        """Take the lights of a client's keyboard."""
        self._caps = KeyModifiersMask.CAPS_LOCK in locks
