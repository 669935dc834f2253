"""A value of which only the newest matters: lock lights, the mouse mode, where the pointer is."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Generic, TypeVar

import trio

T = TypeVar("T")


class Cell(Generic[T]):
    """The newest value of something, and a way to wait for another.

    Whoever waits sees the value as it is when it gets its turn; values in between are gone. Nothing is ever full.
    """

    def __init__(self, value: T) -> None:
        self._value = value
        self._ended: Exception | None = None
        self._changed = trio.lowlevel.ParkingLot()

    @property
    def value(self) -> T:
        """The newest value; after the end of its source, the last."""
        return self._value

    def set(self, value: T) -> None:
        """Put a new value in and wake everybody who waits."""
        self._value = value
        self._changed.unpark_all()

    def end(self, error: Exception) -> None:
        """Say that no new value will come; who waits gets the error."""
        self._ended = error
        self._changed.unpark_all()

    async def changed(self) -> T:
        """Wait until a value is put in; return the newest.

        Raises:
            SpiceError: none will come, because its source is over.
        """
        self._check()
        await self._changed.park()
        self._check()
        return self._value

    async def until(self, condition: Callable[[T], bool]) -> T:
        """Wait until the value is as wanted, which it may be already; return it.

        Raises:
            SpiceError: it never will be, because its source is over.
        """
        await trio.lowlevel.checkpoint()
        while not condition(self._value):
            await self.changed()
        return self._value

    def __repr__(self) -> str:
        return f"<Cell {self._value!r}>"

    def _check(self) -> None:
        if self._ended is not None:
            # A copy, because an exception collects the path of everyone that raises it.
            raise copy.copy(self._ended) from self._ended
