"""Keeps a second task out of what one is doing."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import trio


class OneTask:
    """Lets one task at a time do something.

    Arguments:
        text: what the other is told.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._busy = False

    def only(self) -> Self:
        """Be the one for a block: `with guard.only():`.

        Raises:
            trio.BusyResourceError: another is.
        """
        return self

    def __enter__(self) -> None:
        # Not a generator: each piece of a stream passes here, and one would cost as much as the piece's system call.
        if self._busy:
            raise trio.BusyResourceError(self._text)
        self._busy = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._busy = False
