"""Keeps a second task out of what one is doing."""

from __future__ import annotations

import trio


class OneTask:
    """Lets one task at a time do something, for a block.

    Arguments:
        text: what the other is told, by a `trio.BusyResourceError`.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._busy = False

    def __enter__(self) -> None:
        if self._busy:
            raise trio.BusyResourceError(self._text)
        self._busy = True

    def __exit__(self, *_exception: object) -> None:
        self._busy = False
