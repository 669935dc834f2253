"""Passwords that let clients in, and what guessing costs (protocol.md 1.5)."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass, field

import trio

from .. import auth

FIRST_DELAY = 0.2
DELAY_MAX = 3.0
FORGIVEN_AFTER = 60.0
"""Seconds: the delay after the first wrong password from an address, which doubles up to the second figure; and after how long
without one everything is forgotten."""

ADDRESSES_MAX = 1024
"""Addresses with wrong passwords that are remembered; the ones longest quiet go first."""


@dataclass(slots=True)
class Ticket:
    """A password, and when it holds.

    Attributes:
        password: None lets everybody in.
        expires_at: Trio's time from which it does not begin sessions any more.
        one_time: it begins one session only.
        used: it has begun one.
    """

    password: str | None = field(default=None, repr=False)
    expires_at: float = math.inf
    one_time: bool = False
    used: bool = False

    def __post_init__(self) -> None:
        auth.check_password(self.password)

    @property
    def begins_sessions(self) -> bool:
        """Whether a client that knows the password may begin a session now."""
        return trio.current_time() < self.expires_at and not (self.one_time and self.used)


class Attempts:
    """Wrong passwords by address: each makes all further answers to that address slower, right ones too."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def failed(self, address: str) -> None:
        """Count a wrong password."""
        count, _ = self._current(address)
        self._failures[address] = count + 1, trio.current_time()
        self._failures.move_to_end(address)
        while len(self._failures) > ADDRESSES_MAX:
            self._failures.popitem(last=False)

    async def wait(self, address: str) -> None:
        """Wait as long as an address has deserved."""
        count, _ = self._current(address)
        if count:
            await trio.sleep(min(DELAY_MAX, FIRST_DELAY * 2.0 ** min(count - 1, 16)))

    def count(self, address: str) -> int:
        """Return how many wrong passwords an address has sent lately."""
        return self._current(address)[0]

    def _current(self, address: str) -> tuple[int, float]:
        count, last = self._failures.get(address, (0, 0.0))
        return (0, 0.0) if trio.current_time() - last > FORGIVEN_AFTER else (count, last)
