"""What `spice-rs doctor` does: it connects as every command does, and listens to how far that comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import trio

from .._stages import watching
from ..client import Session
from ._info import settle
from ._options import Work

Say = Callable[[str], None]

WIDTH = 14
"""Columns of a stage's name."""

LOGGED_IN = "authentication"
"""The last stage of a channel. The first channel is main; of the others only the end counts."""


class Report:
    """Says how each stage of a session's first connection went."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._first = True

    @contextmanager
    def connecting(self, name: str) -> Iterator[list[str]]:
        """Run a stage of a connection for a block, which fills in what it found."""
        if not self._first:
            with self._later(name):
                yield []
            return
        with self.stage(name) as found:
            yield found
        self._first = name != LOGGED_IN

    @contextmanager
    def _later(self, name: str) -> Iterator[None]:
        try:
            yield
        except Exception:
            self._say(f"FAILED  {'channels':{WIDTH}} at {name}")
            raise

    @contextmanager
    def stage(self, name: str) -> Iterator[list[str]]:
        """Run a stage for a block, which fills in what it found."""
        start, found = trio.current_time(), list[str]()
        try:
            yield found
        except trio.Cancelled:
            self._say(f"FAILED  {name:{WIDTH}} no end after {_milliseconds(start)}")
            raise
        except Exception:
            self._say(f"FAILED  {name:{WIDTH}} after {_milliseconds(start)}")
            raise
        self._say(f"ok      {name:{WIDTH}} {', '.join(found)}{' in ' if found else ''}{_milliseconds(start)}")


async def examine(work: Work, say: Say) -> None:
    """Try each stage of a session, and say in words how far it went.

    Raises:
        SpiceError: why the first stage failed that did.
    """
    report = Report(say)
    with watching(report.connecting):
        async with work.session() as session:
            with report.stage("channels") as found:
                await settle(session)
                found += [
                    channel.name
                    for channel in session.channels.values()
                    if channel is not None and channel.ended is None
                ]
            failed = _failures(session, say)
            with report.stage("picture") as found:
                frame = await session.display.frame()
                found.append(f"{frame.width}x{frame.height}{'' if frame.exact else ', not exact'}")
    if failed:
        raise failed[0]


def _failures(session: Session, say: Say) -> list[Exception]:
    """Return why channels could not be opened: the session goes on without them. Say so of each."""
    found = []
    for channel in session.channels.values():
        if channel is not None and channel.ended is not None:
            say(f"FAILED  {channel.name:{WIDTH}} {channel.ended}")
            found.append(channel.ended)
    return found


def _milliseconds(start: float) -> str:
    return f"{(trio.current_time() - start) * 1000:.1f} ms"


__all__ = ["examine"]
