"""What a server knows of the line to a client: the time there and back, and how much goes through (protocol.md 1.10)."""

from __future__ import annotations

from collections import OrderedDict

import trio

from ..messages import base

UNDER_WAY_MAX = 8
"""PINGs that are remembered while no answer has come; an answer to an older one says nothing."""

WEIGHT = 0.3
"""How much a new time counts against those before it."""


class Line:
    """Keeps PINGs and their answers.

    Attributes:
        latency: seconds there and back, the newest counting most; None before the first answer.
        rate: bytes a second that the first padded PING found; None where it found nothing, as on a very fast line.
        heard_at: Trio's time of the last answer.
    """

    def __init__(self) -> None:
        self.latency: float | None = None
        self.rate: float | None = None
        self.heard_at = trio.current_time()
        self._number = 0
        self._under_way: OrderedDict[int, tuple[float, int]] = OrderedDict()

    @property
    def unanswered(self) -> int:
        """PINGs that have no answer yet."""
        return len(self._under_way)

    def ping(self, padding: int) -> base.Ping:
        """Return the next PING."""
        self._number = (self._number + 1) & 0xFFFFFFFF
        now = trio.current_time()
        self._under_way[self._number] = now, padding
        while len(self._under_way) > UNDER_WAY_MAX:
            self._under_way.popitem(last=False)
        return base.Ping(self._number, int(now * 1e6) & 0xFFFFFFFFFFFFFFFF, bytes(padding))

    def pong(self, message: base.Pong) -> None:
        """Take an answer; one to nothing that was asked changes nothing."""
        found = self._under_way.pop(message.id, None)
        if found is None:
            return
        sent_at, padding = found
        self.heard_at = trio.current_time()
        took = self.heard_at - sent_at
        if padding:
            self._measure(padding, took)
        else:
            self.latency = took if self.latency is None else self.latency + WEIGHT * (took - self.latency)

    def _measure(self, padding: int, took: float) -> None:
        transfer = took - (self.latency or 0.0)
        if transfer > 0:
            self.rate = padding / transfer
