"""Connections that have not said yet who they are: bounded in number and time, so that they keep nobody out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import trio

from ..errors import LinkError


@dataclass(eq=False, slots=True)
class _Guest:
    address: str
    scope: trio.CancelScope
    turned_out: bool = False


class Lobby:
    """Where connections are during the link stage.

    Arguments:
        most: how many there may be; one more turns out the oldest of the address that has most.
        seconds: how long each may stay.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._guests: dict[_Guest, None] = {}

    def __len__(self) -> int:
        return len(self._guests)

    @contextmanager
    def enter(self, address: str) -> Iterator[None]:
        """Be in the lobby for a block.

        Raises:
            LinkError: it took too long, or others needed the place.
        """
        if len(self._guests) >= self._most:
            self._turn_one_out()
        guest = _Guest(address, trio.CancelScope(deadline=trio.current_time() + self._seconds))
        self._guests[guest] = None
        try:
            with guest.scope:
                yield
        finally:
            self._guests.pop(guest, None)
        if guest.scope.cancelled_caught:
            why = "others needed its place" if guest.turned_out else f"it took over {self._seconds:g} s"
            raise LinkError(f"the client did not finish the link: {why}")

    def _turn_one_out(self) -> None:
        crowd = Counter(guest.address for guest in self._guests)
        address, _ = crowd.most_common(1)[0]
        oldest = next(guest for guest in self._guests if guest.address == address)
        oldest.turned_out = True
        oldest.scope.cancel()
        del self._guests[oldest]
