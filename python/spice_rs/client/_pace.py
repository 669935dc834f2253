"""Time between two events, because a guest that is given too many at once drops them without a word."""

from __future__ import annotations

import trio

PACE = 0.01
"""Seconds between two strokes of a key, or two changes of a button.

The keyboard that QEMU shows to a guest remembers 16 bytes. A stroke has 2 to 4 of them, and what does not fit is lost: of a
thousand characters sent at once 7 came through in a guest that reads with the BIOS, and none of the line in Linux; with 1 ms
between them 969, with 2 ms all, in both. At 10 ms the guest may look away for 40 ms before anything is lost. An X server
(Xspice) loses nothing at any pace. tests/interop/test_input.py types the thousand at this pace.
"""


class Pace:
    """Turns that are some seconds apart; whoever asks first has the first.

    Attributes:
        seconds: the least time from one turn to the next.
    """

    def __init__(self, seconds: float = PACE) -> None:
        self.seconds = seconds
        self._next = -float("inf")
        self._queue = trio.Lock()

    async def turn(self) -> None:
        """Wait for the next turn; the first after a pause comes at once. Cancelled, the turn is the next one's."""
        async with self._queue:
            await trio.sleep_until(self._next)
            self._next = trio.current_time() + self.seconds
