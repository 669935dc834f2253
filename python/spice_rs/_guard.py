"""Keeps a second task out of what one is doing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import trio


class OneTask:
    """Lets one task at a time do something.

    Arguments:
        text: what the other is told.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._busy = False

    @contextmanager
    def only(self) -> Iterator[None]:
        """Be the one for a block.

        Raises:
            trio.BusyResourceError: another is.
        """
        if self._busy:
            raise trio.BusyResourceError(self._text)
        self._busy = True
        try:
            yield
        finally:
            self._busy = False
