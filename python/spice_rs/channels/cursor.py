"""Cursor: shape and place of the pointer. Everything comes from the server (protocol.md 2.7)."""

from __future__ import annotations

import dataclasses
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from .. import _core
from ..enums import ChannelType, CursorFlags
from ..errors import DecodeError, LimitExceeded
from ..messages import Message, base, cursor
from ..messages.draw import Point16
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


SHAPES_MAX = 256
"""Shapes that a client is taken to remember (protocol.md 2.7)."""

WINDOW = 20
"""Messages after which a client acknowledges; at most twice as many are under way."""


@dataclass(frozen=True, slots=True)
class PointerState:
    """The pointer as a server shows it.

    Attributes:
        shape: None for no shape at all, as where the picture has the pointer in it.
        position: where it is; only clients whose server moves the pointer look at it.
    """

    shape: cursor.CursorShape | None = None
    position: tuple[int, int] = (0, 0)
    visible: bool = True


class CursorServer(Channel, kind=ChannelType.CURSOR, role="server", receives=cursor.FROM_CLIENT):
    """The server's end: it shows the newest state and sends nothing of what is over already.

    Attributes:
        state: what the client is to see; `show` sets it.
        moves: whether the client wants to know where the pointer is, because it does not move it itself.
        remembers: whether the client keeps shapes, so that one that comes back need not be sent again.
    """

    def __init__(
        self,
        channel_id: int = 0,
        surroundings: Surroundings | None = None,
        *,
        state: PointerState | None = None,
        moves: Callable[[], bool] = lambda: False,
        remembers: bool = True,
    ) -> None:
        super().__init__(channel_id, surroundings)
        self.state = state or PointerState()
        self.moves = moves
        self.remembers = remembers
        self._shown = self.state
        self._told: tuple[int, int] | None = None
        self._known: OrderedDict[int, None] = OrderedDict()

    def on_start(self) -> None:
        """Show the pointer as it is."""
        self.post(base.SetAck(1, WINDOW))
        self.post(cursor.Init(_point(self.state), 0, 0, self.state.visible, self._cursor(self.state.shape)))
        if self.state.shape is not None and self.state.visible:
            # spice-html5 does not look at what the first message brings.
            self.post(cursor.Set(_point(self.state), self.state.visible, self._cursor(self.state.shape)))
        self._shown = self.state

    def show(self, state: PointerState) -> None:
        """Let the client see this state, as soon as it has seen what is under way."""
        self.state = state
        self.changed()

    def tasks(self) -> Iterable[Callable[[], Any]]:
        """Add the one that follows the state."""
        return *super().tasks(), self._follow

    async def take(self) -> None:
        """Look whether the client has made room."""
        await super().take()
        self.changed()

    async def _follow(self) -> None:
        while True:
            await self.wait_until(lambda: self._is_behind and self.core.window_is_open)
            state, shown = self.state, self._shown
            self._shown = state
            await self.ready()
            for message in (*self._difference(shown, state), *self._motion(state)):
                self.post(message)
            await self.drained()

    @property
    def _is_behind(self) -> bool:
        return self.state != self._shown or self._place != self._told

    @property
    def _place(self) -> tuple[int, int] | None:
        """Where the client is to see the pointer; None while it moves it itself, or sees none."""
        return self.state.position if self.state.visible and self.moves() else None

    def _difference(self, shown: PointerState, state: PointerState) -> Iterable[cursor.FromServer]:
        if state.shape != shown.shape:
            while len(self._known) >= SHAPES_MAX:
                yield cursor.InvalOne(self._known.popitem(last=False)[0])
            yield cursor.Set(_point(state), state.visible, self._cursor(state.shape))
        elif state.visible and not shown.visible:
            yield cursor.Move(_point(state))
        elif shown.visible and not state.visible:
            yield cursor.Hide()

    def _motion(self, state: PointerState) -> Iterable[cursor.FromServer]:
        # The reference client learns places from this message only, whatever the others say.
        before, self._told = self._told, self._place
        if self._told is not None and self._told != before:
            yield cursor.Move(_point(state))

    def _cursor(self, shape: cursor.CursorShape | None) -> cursor.Cursor:
        if shape is None:
            return cursor.Cursor(CursorFlags.NONE, None)
        if not self.remembers:
            return cursor.Cursor(CursorFlags(0), shape)
        if shape.unique in self._known:
            self._known.move_to_end(shape.unique)
            return cursor.Cursor(CursorFlags.FROM_CACHE, dataclasses.replace(shape, data=b""))
        self._known[shape.unique] = None
        return cursor.Cursor(CursorFlags.CACHE_ME, shape)

    handlers: ClassVar[Mapping[type[Message], Handler]] = {}


def _point(state: PointerState) -> Point16:
    x, y = (max(-0x8000, min(0x7FFF, place)) for place in state.position)
    return Point16(x, y)
