"""Pointer motion under the server's credit: what may be sent now, and what is merged because it may not."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BUNCH", "WINDOW", "Move", "Moves", "Place"]

# The server acknowledges every fourth message of motion, and a client stops at eight without an answer: protocol.md 2.6.
BUNCH = 4
WINDOW = 2 * BUNCH


@dataclass(frozen=True, slots=True)
class Place:
    """The pointer is to be at a point of a display."""

    x: int
    y: int
    display: int


@dataclass(frozen=True, slots=True)
class Move:
    """The pointer is to move by a distance."""

    dx: int
    dy: int


class Moves:
    """The pointer motion of one channel: the newest place wins, distances add up, and eight may be on their way."""

    def __init__(self) -> None:
        self._waiting: Place | Move | None = None
        self._unanswered = 0
        self._sent = 0
        self._asked = 0

    @property
    def open(self) -> bool:
        """Whether another message of motion may be sent now."""
        return self._unanswered < WINDOW

    def add(self, motion: Place | Move) -> int:
        """Merge a motion with what waits; return a ticket for `is_sent`."""
        if isinstance(motion, Move) and isinstance(self._waiting, Move):
            motion = Move(self._waiting.dx + motion.dx, self._waiting.dy + motion.dy)
        self._waiting = motion
        self._asked += 1
        return self._asked

    def is_sent(self, ticket: int) -> bool:
        """Whether the motion with that ticket, or a newer one that replaced it, has been taken for sending."""
        return self._sent >= ticket

    def take(self, *, whatever_the_window: bool = False) -> Place | Move | None:
        """Return what is to be sent now and count it; None if nothing waits or the window is closed.

        Before a button goes down or up, motion is sent `whatever_the_window`, for otherwise the click would land where
        the pointer was before. The server counts, but never refuses.
        """
        motion = self._waiting
        if motion is None or not (self.open or whatever_the_window):
            return None
        self._waiting = None
        self._sent = self._asked
        self._unanswered += 1
        return motion

    def acknowledge(self) -> None:
        """Take note that the server has taken four more."""
        self._unanswered = max(0, self._unanswered - BUNCH)
