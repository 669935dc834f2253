r"""Serve pictures to SPICE clients.

::

    async with spice_rs.serve("spice://127.0.0.1:5900", size=(1280, 800)) as server:
        await server.screen.update(picture)  # (800, 1280, 4) uint8, blue first
        async for event in server.events():
            match event:
                case spice_rs.KeyDown(name="Q"):
                    break
                case spice_rs.MouseMoved(x=x, y=y):
                    await server.screen.draw(sprite, at=(x, y))

A `Screen` is a picture that all clients see; drawing on it compares with what it shows already, so that a program may hand over whole
frames and only what is new goes out. No client is waited for: who is slow sees the newest picture, and fewer of them.
"""

from __future__ import annotations

import uuid as uuids
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

import trio

from .._groups import plain_errors
from ..enums import MouseMode
from ..sasl import Logins
from ..tls import ServerTls
from ._doors import Door, Place, open_doors
from ._mailbox import Events
from ._security import ChannelSecurity
from .client import Client, Handler
from .encoding import Compression, Encoding, Lossy, Streaming
from .events import (
    Event,
    Joined,
    KeyDown,
    KeyUp,
    Left,
    LocksChanged,
    MouseDown,
    MouseMoved,
    MouseRelative,
    MouseUp,
)
from .limits import ServerLimits
from .screen import Screen
from .server import NO_CERTIFICATE, Server, WhenBusy

__all__ = [
    "ChannelSecurity",
    "Client",
    "Compression",
    "Encoding",
    "Event",
    "Events",
    "Handler",
    "Joined",
    "KeyDown",
    "KeyUp",
    "Left",
    "LocksChanged",
    "Lossy",
    "MouseDown",
    "MouseMoved",
    "MouseRelative",
    "MouseUp",
    "Screen",
    "Server",
    "ServerLimits",
    "Streaming",
    "WhenBusy",
    "serve",
    "serve_forever",
]

POLITE_CLOSE = 0.5
"""Seconds for the last words to clients: nobody else can decide how long they may take to listen."""


@asynccontextmanager
async def serve(
    *addresses: Place,
    handler: Handler | None = None,
    size: tuple[int, int] | Sequence[tuple[int, int]] = (1024, 768),
    password: str | None = None,
    logins: Logins | None = None,
    name: str | None = None,
    uuid: uuids.UUID | None = None,
    encoding: Encoding | None = None,
    mouse_modes: MouseMode = MouseMode.SERVER | MouseMode.CLIENT,
    origins: Collection[str] = (),
    when_busy: WhenBusy = "share",
    tls: ServerTls | None = None,
    channel_security: Mapping[str, ChannelSecurity] | None = None,
    limits: ServerLimits | None = None,
) -> AsyncIterator[Server]:
    """Listen for clients and serve them for a block.

    Leaving the block says goodbye to all clients and ends everything.

    Arguments:
        addresses: where to listen: `spice://host:port`, where port 0 takes any that is free, `spice+tls://host:port`,
            `spice+unix:///path`, and `systemd:` for the sockets that systemd hands over, or `systemd:NAME` for those of a name
            (`systemd+tls:` for TLS); or a socket that listens already, which is closed with the block. Without any, clients come by `Server.serve_stream`.
        handler: a coroutine function that is called with each client and cancelled when the client has gone. What it raises ends the
            block.
        size: width and height of the screen, or of each of several.
        password: None lets everybody in.
        logins: whom to believe that logs in by name (SASL); then the password is not looked at.
        name: what clients show as the name of the machine.
        uuid: its UUID.
        encoding: how pictures go out.
        mouse_modes: CLIENT lets clients send positions, SERVER motion; with both they choose.
        origins: web pages that may connect by WebSocket, like `https://example.org`, or `*` for all; those of this machine may
            always. Every port takes WebSockets, where the extra `web` is installed.
        when_busy: a client that comes while others are there shares the screens with them (`share`), takes their place
            (`disconnect`), or may not come in (`fail`).
        tls: the certificate and key for TLS; `ServerTls.self_signed()` makes a pair for quick use.
        channel_security: how each channel may come, by its name: in `clear` text, inside of `tls`, or `both`; `default` stands for those
            that are not named. A client that comes the wrong way is told which is right. By default all may come both ways.
        limits: what clients may make this side spend.

    Raises:
        ListenError: an address cannot be listened on.
        ValueError: an address, a size or the password is none; TLS is asked for without a certificate, or the other way round.

    Cancelled, it ends everything at once.
    """
    sizes = [size] if isinstance(size[0], int) else list(size)
    server = Server(
        sizes,  # type: ignore[arg-type]
        handler=handler,
        password=password,
        logins=logins,
        name=name,
        uuid=uuid,
        encoding=encoding,
        mouse_modes=mouse_modes,
        origins=origins,
        when_busy=when_busy,
        tls=tls,
        channel_security=channel_security,
        limits=limits,
    )
    with plain_errors():
        async with open_doors(addresses) as doors, trio.open_nursery() as nursery:
            _check_tls(doors, server)
            server._nursery = nursery
            server.addresses = tuple(door.address for door in doors)
            nursery.start_soon(server.keep_keys)
            for door in doors:
                accept = partial(server.accept, tls=door.tls)
                nursery.start_soon(trio.serve_listeners, accept, [door.listener])
            try:
                yield server
            finally:
                with trio.CancelScope(shield=True), trio.move_on_after(POLITE_CLOSE):
                    await server.close()
                nursery.cancel_scope.cancel()


def _check_tls(doors: list[Door], server: Server) -> None:
    if server.tls is None and (server._security.needs_tls or any(door.tls for door in doors)):
        raise ValueError(NO_CERTIFICATE)
    if server.tls is not None and doors and not any(door.tls for door in doors):
        raise ValueError("there is a certificate, and no address for TLS: add spice+tls://host:port")


async def serve_forever(
    serving: AbstractAsyncContextManager[Server],
    *,
    task_status: trio.TaskStatus[Server] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve until cancelled; with `nursery.start` it returns the `Server` once its doors are open.

    ::

        server = await nursery.start(spice_rs.serve_forever, spice_rs.serve("spice://127.0.0.1:5900"))

    Errors are those of `serve`.
    """
    async with serving as server:
        task_status.started(server)
        await trio.sleep_forever()
