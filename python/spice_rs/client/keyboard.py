r"""The keyboard of the desk: `await session.keyboard.press("Ctrl+Alt+F2")`, `await session.keyboard.type("hello\n")`."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import trio

from ..channels.inputs import InputsClient
from ..enums import KeyModifiersMask
from ..keymap import Key, Stroke, chord, strokes
from ._pace import Pace

SHIFT, SHIFT_R, CAPS_LOCK = chord("Shift", "Shift_R", "Caps_Lock")

LIGHTS_LATE = 2.2
"""Seconds after which the light of a lock key that was pressed is known: the reference server tells it after 2.0."""


class Keyboard:
    """Keys by name and text, sent to the guest.

    Keys have names as on the keyboard or as in X11 (`spice_rs.keymap`): `press("Ctrl", "c")`, `press("ctrl-alt-del")`.
    A key that this object holds down stays down until it is let go: neither `press` nor `type` releases it. Whatever is
    still held when the session ends is released then.

    Strokes are `pace` seconds apart, because a guest forgets keys that come faster than it reads.
    """

    def __init__(self, inputs: InputsClient) -> None:
        self._inputs = inputs
        self._pace = Pace()
        self._text = trio.Lock()
        self._held: dict[Key, int] = {}
        self._caps_known = -math.inf

    @property
    def lights(self) -> KeyModifiersMask:
        """The lock lights of the guest's keyboard, as the server told last."""
        return self._inputs.lights

    @property
    def held(self) -> tuple[str, ...]:
        """The names of the keys that are held down, the first pressed first."""
        return tuple(key.name for key in self._held)

    @property
    def pace(self) -> float:
        """Seconds between two strokes; to be set higher where a guest is so slow that it loses keys."""
        return self._pace.seconds

    @pace.setter
    def pace(self, seconds: float) -> None:
        self._pace.seconds = seconds

    async def press(self, *names: str) -> None:
        """Press keys together and let them go: down in the order given, up in the reverse.

        A key that is held already stays down.

        Raises:
            UnknownKey: a name that no key has; nothing was sent.
            SpiceError: the session is over.

        Cancelled, it has sent nothing.
        """
        keys = chord(*names)
        await self._turn()
        fresh = [key for key in keys if key not in self._held]
        self._post(fresh, reversed(fresh))

    async def down(self, *names: str) -> None:
        """Press keys and keep them down, until `up` or `release_all`. Raises and cancels as `press`."""
        keys = chord(*names)
        await self._turn()
        self._take(key for key in keys if key not in self._held)

    async def up(self, *names: str) -> None:
        """Let keys go, also those that a `hold` holds. Raises and cancels as `press`."""
        keys = chord(*names)
        await self._turn()
        self._drop(keys)

    @asynccontextmanager
    async def hold(self, *names: str) -> AsyncIterator[None]:
        """Keep keys down for a block; they go up at its end, however it ends. Raises as `press`."""
        keys = chord(*names)
        await self._turn()
        self._take(keys)
        try:
            yield
        finally:
            # No waiting here: a cancelled block must not keep the guest's Ctrl down.
            for key in self._held.keys() & set(keys):
                self._held[key] -= 1
            self._drop(key for key in reversed(keys) if self._held.get(key) == 0)

    async def type(self, text: str) -> None:
        """Type a text as on a US keyboard; newline is Enter, tab is Tab.

        The guest has to be set to a US layout. Where its Caps Lock is lit, Shift is used the other way round for letters;
        within two seconds after Caps Lock was pressed here, letters wait until the server has told whether it is.
        Texts of several tasks follow each other; a `press` of another task may come between two characters.

        Raises:
            NotOnLayout: a character that this keyboard does not have; nothing was typed.
            SpiceError: the session is over; part of the text may have been typed.

        Cancelled, part of the text has been typed, in whole strokes: no key stays down.
        """
        todo = strokes(text)
        async with self._text:
            for stroke in todo:
                if stroke.capital:
                    await self._lights_known()
                await self._turn()
                keys = self._keys_for(stroke)
                self._post(keys, reversed(keys))

    def release_all(self) -> None:
        """Let go everything that is held."""
        self._drop(reversed([*self._held]))

    async def _lights_known(self) -> None:
        """Wait until the server has told whether Caps Lock is lit."""
        await trio.sleep_until(self._caps_known)
        await self._inputs.wait_until(lambda: self._inputs.told)

    async def _turn(self) -> None:
        await self._pace.turn()
        await self._inputs.ready()

    def _keys_for(self, stroke: Stroke) -> list[Key]:
        shift = stroke.shift
        if stroke.capital and KeyModifiersMask.CAPS_LOCK in self.lights:
            shift = not shift
        if shift and SHIFT not in self._held and SHIFT_R not in self._held:
            return [SHIFT, stroke.key]
        return [stroke.key]

    def _post(self, down: Iterable[Key], up: Iterable[Key]) -> None:
        down = [*down]
        if CAPS_LOCK in down:
            self._caps_known = trio.current_time() + LIGHTS_LATE
        self._inputs.post_keys(down, up)

    def _take(self, keys: Iterable[Key]) -> None:
        """Note that keys are held, and send those that were not. Both at once, so that they cannot come apart."""
        keys = [*keys]
        self._post([key for key in keys if key not in self._held], [])
        for key in keys:
            self._held[key] = self._held.get(key, 0) + 1

    def _drop(self, keys: Iterable[Key]) -> None:
        """Forget keys, and send those that were held. After the end of the channel the server has released them."""
        dropped = [key for key in keys if self._held.pop(key, None) is not None]
        if dropped and self._inputs.ended is None:
            self._post([], dropped)
