"""Main: the session itself. It names the other channels, the mouse mode and the guest's agent (protocol.md 2.2)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import ClassVar

import trio

from ..enums import ChannelType, MainCap, MouseMode
from ..errors import Disconnected
from ..messages import Message, base, main
from ._base import Channel, Handler, Surroundings, ignored
from ._line import Line


class MainClient(Channel, kind=ChannelType.MAIN, role="client", receives=main.FROM_SERVER):
    """The client's end.

    Attributes:
        init: the server's first message; None until it came.
        available: the channels that the server has named so far; None until it named some.
        mouse_mode: who moves the pointer now.
        mouse_modes: who could.
        agent_connected: whether an agent runs in the guest.
        machine: the name of the virtual machine, or None.
        uuid: its UUID, or None.
        on_available: called with the channels that a list adds.
    """

    capabilities = (MainCap.NAME_AND_UUID, MainCap.AGENT_CONNECTED_TOKENS)

    def __init__(
        self,
        channel_id: int = 0,
        surroundings: Surroundings | None = None,
        *,
        on_available: Callable[[list[main.ChannelId]], None] = lambda channels: None,
    ) -> None:
        super().__init__(channel_id, surroundings)
        self.on_available = on_available
        self.init: main.Init | None = None
        self.available: tuple[main.ChannelId, ...] | None = None
        self.mouse_mode = self.mouse_modes = MouseMode(0)
        self.agent_connected = False
        self.machine: str | None = None
        self.uuid: uuid.UUID | None = None
        self._clock_start = 0.0

    def media_time(self) -> int:
        """Return the server's media clock in milliseconds, as far as this side knows it."""
        return int((trio.current_time() - self._clock_start) * 1000) & 0xFFFFFFFF

    def _on_init(self, message: main.Init) -> None:
        self.init = message
        self.agent_connected = bool(message.agent_connected)
        self._set_clock(message.multi_media_time)
        self._set_mouse_mode(MouseMode(message.supported_mouse_modes), MouseMode(message.current_mouse_mode))
        self.post(main.AttachChannels())

    def _on_channels(self, message: main.ChannelsList) -> None:
        # A later list holds only what is new, but a server may repeat itself (protocol.md 1.7).
        known = self.available or ()
        new = [channel for channel in dict.fromkeys(message.channels) if channel not in known]
        self.available = (*known, *new)
        self.on_available(new)
        self.changed()

    def _on_mouse_mode(self, message: main.MouseModeChanged) -> None:
        self._set_mouse_mode(message.supported, message.current)

    def _set_mouse_mode(self, supported: MouseMode, current: MouseMode) -> None:
        is_new = MouseMode.CLIENT in supported & ~self.mouse_modes
        self.mouse_modes, self.mouse_mode = supported, current
        # Absolute positions are what programs want, so they are asked for as soon as they can be had. Only then: a program
        # that asks for SERVER mode later is to keep it.
        if is_new and current != MouseMode.CLIENT:
            self.post(main.MouseModeRequest(MouseMode.CLIENT))
        self.changed()

    def _on_time(self, message: main.MultiMediaTime) -> None:
        self._set_clock(message.time)

    def _set_clock(self, milliseconds: int) -> None:
        self._clock_start = trio.current_time() - milliseconds / 1000

    def _on_agent_connected(self, message: main.AgentConnected | main.AgentConnectedTokens) -> None:
        self.agent_connected = True
        self.changed()

    def _on_agent_disconnected(self, message: main.AgentDisconnected) -> None:
        self.agent_connected = False
        self.changed()

    def _on_name(self, message: main.Name) -> None:
        self.machine = message.name
        self.changed()

    def _on_uuid(self, message: main.Uuid) -> None:
        self.uuid = uuid.UUID(bytes=message.uuid)
        self.changed()

    def _on_switch_host(self, message: main.MigrateSwitchHost) -> None:
        there = message.destination
        raise Disconnected(
            f"the machine has moved to {there.host}, port {there.port or there.secure_port}; connect there",
            channel=self.name,
        )

    handlers: ClassVar[Mapping[type[Message], Handler]] = {
        main.Init: _on_init,
        main.ChannelsList: _on_channels,
        main.MouseModeChanged: _on_mouse_mode,
        main.MultiMediaTime: _on_time,
        main.AgentConnected: _on_agent_connected,
        main.AgentConnectedTokens: _on_agent_connected,
        main.AgentDisconnected: _on_agent_disconnected,
        main.Name: _on_name,
        main.Uuid: _on_uuid,
        main.MigrateSwitchHost: _on_switch_host,
        # The agent is not started, so it sends nothing that was asked for.
        main.AgentData: ignored,
        main.AgentToken: ignored,
        # This side does not announce that it can follow a machine that moves.
        main.MigrateBegin: ignored,
        main.MigrateBeginSeamless: ignored,
        main.MigrateCancel: ignored,
        main.MigrateEnd: ignored,
        main.MigrateDstSeamlessAck: ignored,
        main.MigrateDstSeamlessNack: ignored,
    }


class MainServer(Channel, kind=ChannelType.MAIN, role="server", receives=main.FROM_CLIENT):
    """The server's end: it answers ATTACH_CHANNELS and requests for a mouse mode, and measures the line.

    Attributes:
        init: what the session starts with; None leaves it to the program to send it.
        channels: what ATTACH_CHANNELS is answered with.
        machine: what NAME and UUID tell a client that asks for them; None tells nothing.
        mouse_modes: the modes that a client may ask for.
        mouse_mode: the one in force.
        line: what is known of the line to the client.
    """

    capabilities = (MainCap.NAME_AND_UUID, MainCap.AGENT_CONNECTED_TOKENS)

    def __init__(
        self,
        channel_id: int = 0,
        surroundings: Surroundings | None = None,
        *,
        init: main.Init | None = None,
        channels: tuple[main.ChannelId, ...] = (),
        machine: tuple[str, uuid.UUID | None] | None = None,
        mouse_modes: MouseMode = MouseMode.SERVER,
        on_mouse_mode: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(channel_id, surroundings)
        self.init = init
        self.channels = channels
        self.machine = machine
        self.mouse_modes = mouse_modes
        self.mouse_mode = MouseMode(init.current_mouse_mode) if init else MouseMode.SERVER
        self.line = Line()
        self.attached = False
        self._on_new_mouse_mode = on_mouse_mode

    def on_start(self) -> None:
        """Begin the session."""
        if self.init is None:
            return
        self.post(self.init)
        knows_names = self.linked is not None and MainCap.NAME_AND_UUID in self.linked.channel
        if self.machine is None or not knows_names:
            return
        name, number = self.machine
        self.post(main.Name(name))
        if number is not None:
            self.post(main.Uuid(number.bytes))

    def add_channels(self, channels: tuple[main.ChannelId, ...]) -> None:
        """Offer more channels: at once to a client that has asked for the list, else with the list."""
        self.channels = (*self.channels, *channels)
        if self.attached and self.ended is None:
            self.post(main.ChannelsList(channels))

    def probe(self, padding: int = 0) -> None:
        """Send a PING that measures the line; `padding` bytes go with it and do not come back."""
        self.post(self.line.ping(padding))

    def _on_pong(self, message: base.Pong) -> None:
        self.line.pong(message)
        self.changed()

    def _on_attach(self, message: main.AttachChannels) -> None:
        self.attached = True
        self.post(main.ChannelsList(self.channels))
        self.changed()

    def _on_mouse_mode_request(self, message: main.MouseModeRequest) -> None:
        # A request names one mode; whatever else stands there is answered with what is so.
        if int(message.mode) in (MouseMode.SERVER, MouseMode.CLIENT) and message.mode & self.mouse_modes:
            self.mouse_mode = message.mode
        self.post(main.MouseModeChanged(self.mouse_modes, self.mouse_mode))
        self._on_new_mouse_mode()

    handlers: ClassVar[Mapping[type[Message], Handler]] = {
        base.Pong: _on_pong,
        main.AttachChannels: _on_attach,
        main.MouseModeRequest: _on_mouse_mode_request,
        main.ClientInfo: ignored,
        main.AgentStart: ignored,
        main.AgentData: ignored,
        main.AgentToken: ignored,
        main.MigrateConnected: ignored,
        main.MigrateConnectError: ignored,
        main.MigrateConnectedSeamless: ignored,
        main.MigrateDstDoSeamless: ignored,
        main.MigrateEnd: ignored,
        main.QualityIndicator: ignored,
    }
