"""One connected client: its channels, its events, its end."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING

import trio
from trio.abc import Stream

from .. import _core
from .._door import FromBrowser
from .._socket import socket_below
from ..channels._base import Channel, Surroundings
from ..channels.cursor import CursorServer
from ..channels.display import DisplayServer
from ..channels.inputs import InputsServer
from ..channels.main import MainServer
from ..enums import ChannelType, LinkErrorCode, MouseMode, MouseMode32
from ..errors import Disconnected, ProtocolError, SpiceError
from ..link import Linked
from ..messages import base, display, main
from ._input import Translator
from ._mailbox import Events, Listeners
from .events import Event, Joined, Left

if TYPE_CHECKING:
    from ._tickets import Ticket
    from .server import Server

ChannelKey = tuple[ChannelType, int]

Handler = Callable[["Client"], Awaitable[object]]
"""What a program does with each client."""

PROBE_PAUSE = 15.0
"""Seconds between two PINGs (protocol.md 1.10)."""

RATE_BYTES = 250 << 10
"""Padding of the PING that measures the rate (protocol.md 1.10)."""

RATE_PAUSE = 1.0
"""Seconds before that: the client shall not have to read it before its list of channels, nor beside its first picture."""

LAST_WORDS = 0.5
"""Seconds that a client which is sent away may take to hear it."""

AGENT_TOKENS = 10
RAM_HINT = 64 << 20
"""What INIT says: messages to the agent, as the reference server grants them, and bytes of video memory, from which clients
derive the size of their GLZ window. A small one would make GLZ collapse (performance.md 9)."""


class Client:
    """A session, from the server's side.

    Attributes:
        number: counts the sessions of the server, from 1.
        address: where it comes from, without the port; `local` for UNIX sockets and streams of the program's own.
        user: who has logged in; None where the server has no `logins`.
    """

    def __init__(
        self, server: Server, number: int, session_id: int, address: str, ticket: Ticket, user: str | None
    ) -> None:
        self.number = number
        self.address = address
        self.user = user
        self.log = logging.getLogger("spice_rs.server")
        self._server = server
        self._session_id = session_id
        self._ticket = ticket
        self._surroundings = Surroundings(server.limits.messages)
        self._channels: dict[ChannelKey, Channel] = {}
        self._dictionary: tuple[int, _core.Dictionary] | None = None
        self._listeners = Listeners()
        self._handling = trio.CancelScope()
        self._sent_away: Disconnected | None = None
        self._main = self._make_main()

    # What a program sees.

    @property
    def channels(self) -> Mapping[ChannelKey, Channel]:
        """The channels that the client has linked, by type and id: the protocol level."""
        return MappingProxyType(self._channels)

    @property
    def mouse_mode(self) -> MouseMode:
        """Who moves the pointer: CLIENT sends positions, SERVER motion."""
        return self._main.mouse_mode

    @property
    def latency(self) -> float | None:
        """Seconds to the client and back; None while it is not known."""
        return self._main.line.latency

    @property
    def bandwidth(self) -> float | None:
        """Bytes a second that the line was found to carry when the client came; None where it was too fast to tell."""
        return self._main.line.rate

    @property
    def ended(self) -> Exception | None:
        """Why the client has gone; None while it has not."""
        return self._main.ended

    def events(self) -> Events:
        """Return what this client does from now on, as `Server.events` does for all."""
        return self._listeners.open()

    def disconnect(self, reason: LinkErrorCode = LinkErrorCode.OK) -> None:
        """Say goodbye and end the session. The client is told the reason, if it still listens."""
        with suppress(SpiceError):
            self._main.post(base.Disconnecting(int(trio.current_time()), reason))
        self._sent_away = self._sent_away or Disconnected("the server ended the session", reason=reason)
        self._main.changed()

    async def wait_ended(self) -> Exception:
        """Wait until the client has gone; return why."""
        return await self._main.wait_ended()

    def __repr__(self) -> str:
        state = f"ended: {self.ended}" if self.ended else f"{len(self._channels)} channels"
        return f"<Client {self.number} from {self.address}, {state}>"

    # Life, as the server leads it.

    async def run(self, stream: Stream, linked: Linked) -> None:
        """Serve the main channel, and with it the session, to its end."""
        self._channels[ChannelType.MAIN, 0] = self._main
        self._main.start(stream, linked)
        await self._tell(Joined(self))
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._until_the_end, self._probe, socket_below(stream) is not None)
                nursery.start_soon(self._until_the_end, self._leave)
                nursery.start_soon(self._until_the_end, self._tell_rate)
                await self._main.run()
                nursery.cancel_scope.cancel()
        finally:
            reason = self._main.ended or Disconnected("the server ended")
            for channel in list(self._channels.values()):
                channel.stop(reason)
            self._tell_now(Left(self, reason))
            self._listeners.close()
            self._handling.cancel()

    async def run_channel(self, kind: ChannelType, number: int, stream: Stream, linked: Linked) -> None:
        """Serve one more channel to its end."""
        if self.has_linked(kind, number):
            return  # two connections asked for it at the same moment
        channel = self._make(kind, number, in_browser=isinstance(stream, FromBrowser))
        self._channels[kind, number] = channel
        channel.start(stream, linked)
        try:
            async with trio.open_nursery() as nursery:
                if isinstance(channel, InputsServer):
                    nursery.start_soon(self._forward, channel)
                await channel.run()
        finally:
            self._forget(kind, number, channel)
        if isinstance(channel.ended, ProtocolError):
            # Whoever breaks the protocol on one channel is not trusted on the others.
            self._main.stop(channel.ended)

    async def handle(self, handler: Handler) -> None:
        """Run what the program does with this client, for as long as it is there. What it raises is the program's."""
        with self._handling:
            await handler(self)

    def offer(self, channels: tuple[main.ChannelId, ...]) -> None:
        """Tell the client of new channels."""
        self._main.add_channels(channels)

    async def say_goodbye(self) -> None:
        """Let what was sent leave, then tell the client that the session is over."""
        for channel in list(self._channels.values()):
            await channel.drained()
        with suppress(SpiceError):
            self._main.post(base.Disconnecting(int(trio.current_time()), LinkErrorCode.OK))
            await self._main.drained()

    def has_linked(self, kind: ChannelType, number: int) -> bool:
        """Whether the client has that channel already."""
        return (kind, number) in self._channels

    # Channels.

    def _make_main(self) -> MainServer:
        server = self._server
        modes = server.mouse_modes
        current = MouseMode.CLIENT if MouseMode.CLIENT in modes else MouseMode.SERVER
        now = int(trio.current_time() * 1000) & 0xFFFFFFFF
        return MainServer(
            0,
            self._surroundings,
            init=main.Init(
                session_id=self._session_id,
                display_channels_hint=len(server.screens),
                supported_mouse_modes=MouseMode32(int(modes)),
                current_mouse_mode=MouseMode32(int(current)),
                agent_connected=0,
                agent_tokens=AGENT_TOKENS,
                multi_media_time=now,
                ram_hint=RAM_HINT,
            ),
            channels=server.offered,
            machine=(server.name, server.uuid) if server.name is not None else None,
            mouse_modes=modes,
            on_mouse_mode=self._show_pointers,
        )

    def _make(self, kind: ChannelType, number: int, *, in_browser: bool) -> Channel:
        match kind:
            case ChannelType.DISPLAY:
                screen = self._server.screens[number]
                shown = DisplayServer(
                    number,
                    self._surroundings,
                    view=lambda shown: screen._open_view(
                        shown, self._dictionary_for(shown.init), self.bandwidth
                    ),
                    init_within=self._server.limits.display_init_seconds,
                )
                screen._displays.add(shown)
                return shown
            case ChannelType.CURSOR:
                screen = self._server.screens[number]
                cursor = CursorServer(
                    number,
                    self._surroundings,
                    state=screen._pointer,
                    moves=self._server_moves_pointer,
                    # spice-html5 takes what is in no message for an empty shape.
                    remembers=not in_browser,
                )
                screen._cursors.add(cursor)
                return cursor
            case ChannelType.INPUTS:
                return InputsServer(number, self._surroundings)
        raise AssertionError(f"{kind!r} was never offered")

    def _dictionary_for(self, init: display.Init | None) -> _core.Dictionary | None:
        """Return what displays that name the same dictionary share; None for clients without GLZ.

        No client has two: displays that name another one than the first get none.
        """
        if init is None or init.glz_window <= 0:
            return None
        window = min(init.glz_window, self._server.limits.glz_window_pixels)
        if self._dictionary is None:
            self._dictionary = init.glz_dictionary_id, _core.Dictionary(window)
        number, dictionary = self._dictionary
        if number != init.glz_dictionary_id:
            return None
        dictionary.shrink(window)
        return dictionary

    def _forget(self, kind: ChannelType, number: int, channel: Channel) -> None:
        self._channels.pop((kind, number), None)
        if isinstance(channel, DisplayServer | CursorServer):
            screen = self._server.screens[number]
            screen._displays.discard(channel)
            screen._cursors.discard(channel)

    def _server_moves_pointer(self) -> bool:
        return self.mouse_mode != MouseMode.CLIENT

    def _show_pointers(self) -> None:
        for channel in self._channels.values():
            if isinstance(channel, CursorServer):
                channel.changed()

    # Tasks.

    async def _until_the_end(self, task: Callable[..., Awaitable[None]], *arguments: object) -> None:
        """Run a task that may find the main channel over; why it is stands there."""
        with suppress(SpiceError):
            await task(*arguments)

    async def _leave(self) -> None:
        """End the session once the program has said so and the client has heard it."""
        await self._main.wait_until(lambda: self._sent_away is not None)
        with trio.move_on_after(LAST_WORDS):
            await self._main.drained()
        assert self._sent_away is not None
        self._main.stop(self._sent_away)

    async def _probe(self, is_network: bool) -> None:
        """Measure the line, then look now and then whether the client is still there."""
        line = self._main.line
        self._main.probe()
        self._main.probe()
        if is_network:
            await trio.sleep(RATE_PAUSE)
            self._main.probe(RATE_BYTES)
        while True:
            await trio.sleep(PROBE_PAUSE)
            silent = trio.current_time() - line.heard_at
            if line.unanswered and silent > self._server.limits.silence_seconds:
                text = f"the client has not answered for {silent:.0f} s"
                self._main.stop(Disconnected(text, channel=self._main.name))
            else:
                self._main.probe()

    async def _tell_rate(self) -> None:
        """Tell displays that have begun already what the line was found to carry."""
        await self._main.wait_until(lambda: self.bandwidth is not None)
        assert self.bandwidth is not None
        for channel in self._channels.values():
            if isinstance(channel, DisplayServer) and channel.view is not None:
                channel.view.expect(self.bandwidth)

    async def _forward(self, channel: InputsServer) -> None:
        """Hand on what the client does as events; when it cannot do more, let go what it holds."""
        translator = Translator(self, self._server._bounds)
        async for message in channel.events:
            for event in translator.events(message):
                await self._tell(event)
        for event in translator.let_go():
            self._tell_now(event)

    async def _tell(self, event: Event) -> None:
        await self._listeners.tell(event)
        await self._server._listeners.tell(event)

    def _tell_now(self, event: Event) -> None:
        self._listeners.tell_now(event)
        self._server._listeners.tell_now(event)


__all__ = ["Client", "Handler"]
