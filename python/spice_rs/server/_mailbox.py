"""Events on their way to a program: bounded, and only for who listens."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Self
from weakref import WeakSet

import trio

from .events import Event

EVENTS_MAX = 256
"""Events that may wait for one listener. Then clients wait: nothing is read from them, and their sockets fill."""


class Events:
    """Events one after the other: an asynchronous iterator, made by `Server.events` or `Client.events`.

    It begins with what happens after it was made. While `EVENTS_MAX` events wait, the clients wait; who does not want the events
    any more calls `close` or lets the object go.
    """

    def __init__(self) -> None:
        self._waiting: deque[Event] = deque()
        self._arrived = trio.lowlevel.ParkingLot()
        self._taken = trio.lowlevel.ParkingLot()
        self._closed = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        await trio.lowlevel.checkpoint()
        while not self._waiting:
            if self._closed:
                raise StopAsyncIteration
            await self._arrived.park()
        self._taken.unpark_all()
        return self._waiting.popleft()

    def close(self) -> None:
        """Take no more events; those that wait are still handed out."""
        self._closed = True
        self._arrived.unpark_all()
        self._taken.unpark_all()

    def __del__(self) -> None:
        # Whoever waits for room must not wait for a listener that has gone.
        self.close()


class Listeners:
    """Everybody who wants the events of one server or client."""

    def __init__(self) -> None:
        self._all: WeakSet[Events] = WeakSet()

    def open(self) -> Events:
        """Add a listener."""
        events = Events()
        self._all.add(events)
        return events

    async def tell(self, event: Event) -> None:
        """Hand an event to everybody, waiting where somebody has too many. Cancelled, some may have it."""
        # One message of a client may be many events: others have their turn between them.
        await trio.lowlevel.checkpoint()
        for events in self:
            while len(events._waiting) >= EVENTS_MAX and not events._closed:
                await events._taken.park()
            self._put(events, event)

    def tell_now(self, event: Event) -> None:
        """Hand over without waiting: for what comes at most once for each client."""
        for events in self:
            self._put(events, event)

    def close(self) -> None:
        """End all, after what waits."""
        for events in self:
            events.close()

    def __iter__(self) -> Iterator[Events]:
        return iter(list(self._all))

    @staticmethod
    def _put(events: Events, event: Event) -> None:
        if not events._closed:
            events._waiting.append(event)
            events._arrived.unpark()
