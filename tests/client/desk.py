"""The two halves of an inputs channel, joined in memory, and a main channel beside them for the mouse mode."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import ClassVar

import trio
from trio.testing import memory_stream_pair

from spice_rs.channels._base import Channel
from spice_rs.channels.inputs import InputsClient, InputsServer
from spice_rs.channels.main import MainClient, MainServer
from spice_rs.client.keyboard import Keyboard
from spice_rs.client.mouse import Mouse
from spice_rs.enums import CommonCap, InputsCap, MouseMode, MouseMode32
from spice_rs.link import Linked
from spice_rs.messages import inputs, main
from spice_rs.messages.caps import Caps
from spice_rs.messages.link import LinkMessage


@dataclass
class Desk:
    """What a test has in its hands."""

    client: InputsClient
    server: InputsServer
    main: MainClient
    main_server: MainServer
    keyboard: Keyboard = field(init=False)
    mouse: Mouse = field(init=False)

    def __post_init__(self) -> None:
        self.keyboard = Keyboard(self.client)
        self.mouse = Mouse(self.client, self.main)

    async def arrived(self) -> list[inputs.FromClient]:
        """Return what the server has got since the last call, once everything that was sent is there."""
        found: list[inputs.FromClient] = []
        await trio.testing.wait_all_tasks_blocked()
        while self.server.events.statistics().current_buffer_used:
            found.append(self.server.events.receive_nowait())
            await trio.testing.wait_all_tasks_blocked()
        return found


@asynccontextmanager
async def desk(
    *, scan_codes: bool = True, offered: MouseMode = MouseMode.SERVER | MouseMode.CLIENT, answers: bool = True
) -> AsyncIterator[Desk]:
    """Join the halves.

    Arguments:
        scan_codes: the server takes KEY_SCANCODE.
        offered: the mouse modes that there are; the server starts in SERVER mode.
        answers: the server acknowledges motion.
    """
    client, server = InputsClient(), InputsServer() if answers else SilentServer()
    main_client, main_server = MainClient(), MainServer(mouse_modes=offered)
    async with trio.open_nursery() as nursery:
        join(nursery, client, server, {InputsCap.KEY_SCANCODE} if scan_codes else set())
        join(nursery, main_client, main_server, set())
        main_server.post(main.Init(1, 1, MouseMode32(offered), MouseMode32.SERVER, 0, 10, 0, 0))
        await main_client.wait_until(lambda: main_client.init)
        await trio.testing.wait_all_tasks_blocked()
        yield Desk(client, server, main_client, main_server)
        nursery.cancel_scope.cancel()


def join(nursery: trio.Nursery, client: Channel, server: Channel, capabilities: set[int]) -> None:
    """Run both halves of a channel over one stream."""
    linked = Linked(
        LinkMessage(0, client.kind, client.id, Caps((), ())),
        common=frozenset({CommonCap.MINI_HEADER}),
        channel=frozenset(capabilities),
    )
    for channel, stream in zip((client, server), memory_stream_pair(), strict=True):
        channel.start(stream, linked)
        nursery.start_soon(channel.run)


def silent(channel: Channel, message: object) -> None:
    """Acknowledge nothing."""


class SilentServer(InputsServer, kind=InputsServer.kind, role="server", receives=inputs.FROM_CLIENT):
    """A server that never acknowledges motion."""

    handlers: ClassVar = {**InputsServer.handlers, inputs.MouseMotion: silent, inputs.MousePosition: silent}
