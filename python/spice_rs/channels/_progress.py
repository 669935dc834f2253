"""How far each channel of a session has come, and who waits for whom.

A server may tell a channel to go on only after others have processed certain messages (WAIT_FOR_CHANNELS, INVAL_ALL_PIXMAPS),
and an image may need one that comes on another display (GLZ). Both end in an error as soon as nobody is left who could
bring what is missing: the other channel is gone, or it waits for us.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import trio

from ..enums import ChannelType
from ..errors import RemoteProtocolError

Key = tuple[int, int]
"""A channel's type and id."""

AHEAD_MAX = 1 << 20
"""A server names what it has sent already; nobody sends a million messages before they are read."""


@dataclass(frozen=True, slots=True)
class Serials:
    """Waits until each of these channels has processed that serial."""

    wanted: tuple[tuple[Key, int], ...]


@dataclass(frozen=True, slots=True)
class AnyDisplay:
    """Waits for another display to bring an image."""


@dataclass(slots=True)
class _Standing:
    serial: int = 0
    ended: bool = False
    waits: Serials | AnyDisplay | None = None


class Progress:
    """The table of one session."""

    def __init__(self) -> None:
        self._channels: dict[Key, _Standing] = {}
        self._changed = trio.lowlevel.ParkingLot()

    def expect(self, key: Key) -> None:
        """Enter a channel that is being linked: from now on others may wait for it."""
        self._channels[key] = _Standing()
        self._changed.unpark_all()

    def processed(self, key: Key, serial: int) -> None:
        """Take note that a channel has processed everything up to a serial."""
        standing = self._channels.get(key)
        if standing is not None and standing.serial != serial:
            standing.serial = serial
            self._changed.unpark_all()

    def ended(self, key: Key) -> None:
        """Take note that a channel brings nothing more."""
        standing = self._channels.setdefault(key, _Standing())
        standing.ended = True
        standing.waits = None
        self._changed.unpark_all()

    async def reach(self, key: Key, wanted: Iterable[tuple[Key, int]]) -> None:
        """Wait, on behalf of channel `key`, until others have processed these serials.

        Raises:
            RemoteProtocolError: a channel does not exist or has ended, waits for this one itself, or the serial cannot come.
        """
        waits = Serials(tuple(wanted))
        with self._waiting(key, waits):
            while lacking := [
                (other, serial) for other, serial in waits.wanted if not self._is_there(other, serial)
            ]:
                self._refuse_impossible(key, lacking)
                await self._changed.park()

    async def another_display(self, key: Key) -> bool:
        """Wait, on behalf of display `key`, until another display has come on; return False if none ever can."""
        with self._waiting(key, AnyDisplay()):
            if key not in self._movable():
                return False
            await self._changed.park()
            return True

    @contextmanager
    def _waiting(self, key: Key, waits: Serials | AnyDisplay) -> Iterator[None]:
        """Mark a channel as waiting for the length of a block; others that wait may find that this was their last hope."""
        standing = self._channels[key]
        standing.waits = waits
        self._changed.unpark_all()
        try:
            yield
        finally:
            standing.waits = None

    def _is_there(self, key: Key, serial: int) -> bool:
        standing = self._channels.get(key)
        return standing is not None and standing.serial >= serial

    def _refuse_impossible(self, key: Key, lacking: list[tuple[Key, int]]) -> None:
        for other, serial in lacking:
            standing = self._channels.get(other)
            if standing is None:
                raise _impossible(f"{_name(other)} does not exist")
            if standing.ended:
                raise _impossible(f"{_name(other)} has ended before its message {serial}")
            if other == key:
                raise _impossible(f"{_name(other)} is to wait for its own message {serial}")
            if serial - standing.serial > AHEAD_MAX:
                raise _impossible(f"{_name(other)} is {serial - standing.serial} messages away from that")
        if key not in self._movable():
            raise _impossible(f"{_name(lacking[0][0])} waits for this channel")

    def _movable(self) -> set[Key]:
        """Return the channels that can come on: those that do not wait, and those whose wait one of these can end."""
        alive = {key: standing for key, standing in self._channels.items() if not standing.ended}
        movable = {key for key, standing in alive.items() if standing.waits is None}
        while True:
            more = {
                key
                for key, standing in alive.items()
                if key not in movable and self._can_end(key, standing, movable)
            }
            if not more:
                return movable
            movable |= more

    def _can_end(self, key: Key, standing: _Standing, movable: set[Key]) -> bool:
        if isinstance(standing.waits, Serials):
            return all(
                self._is_there(other, serial) or other in movable for other, serial in standing.waits.wanted
            )
        return any(other[0] == ChannelType.DISPLAY and other != key for other in movable)


def _impossible(why: str) -> RemoteProtocolError:
    return RemoteProtocolError(
        f"the server tells the channel to wait for what cannot come: {why}",
        message="WaitForChannels",
        field="channels",
    )


def _name(key: Key) -> str:
    return f"{ChannelType(key[0]).name.lower()} {key[1]}"
