"""Cursor: shape and place of the pointer. Everything comes from the server (protocol.md 2.7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import ClassVar

from .. import _core
from ..enums import ChannelType
from ..errors import DecodeError, LimitExceeded
from ..messages import Message, base, cursor
from ._base import Channel, Handler, Surroundings, ignored

in_rust = ignored
"""Stands in the table for a message that `_core.Pointer` has taken before it gets there."""


class CursorClient(Channel, kind=ChannelType.CURSOR, role="client", receives=cursor.FROM_SERVER):
    """The client's end.

    Attributes:
        pointer: the pointer as it is now.
        version: grows with each change of it.
        failures: shapes that could not be read, by reason.
    """

    def __init__(self, channel_id: int = 0, surroundings: Surroundings | None = None) -> None:
        super().__init__(channel_id, surroundings)
        self.pointer = _core.Pointer(self.surroundings.limits)
        self.version = 0
        self.failures: Counter[str] = Counter()

    async def take(self) -> None:
        """Hand what has come to the pointer, without making Python objects of it."""
        before = self.version
        while (packet := self.core.next()) is not None:
            if self._apply(packet):
                self.version += 1
            elif isinstance(message := packet.message, base.WaitForChannels):
                await self.wait_for_channels(message)
            else:
                self.dispatch(message)
        self.processed()
        if self.version != before:
            self.changed()

    def _apply(self, packet: _core.Packet) -> bool:
        try:
            return self.pointer.apply(packet)
        except (DecodeError, LimitExceeded) as error:
            # One shape that cannot be shown is no reason to lose the channel.
            self.failures[type(error).__name__] += 1
            self.log.warning("%s: %s", self.name, error)
            return True

    handlers: ClassVar[Mapping[type[Message], Handler]] = dict.fromkeys(cursor.FROM_SERVER.values(), in_rust)


class CursorServer(Channel, kind=ChannelType.CURSOR, role="server", receives=cursor.FROM_CLIENT):
    """The server's end: clients say nothing here that other channels would not hear too."""
