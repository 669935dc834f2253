"""The server: doors, sessions, screens (protocol.md 1.2 to 1.7)."""

from __future__ import annotations

import logging
import math
import secrets
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import trio
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from trio.abc import Stream

from .._door import bare, incoming
from ..channels._base import Channel
from ..channels.cursor import CursorServer
from ..channels.display import DisplayServer
from ..channels.inputs import InputsServer
from ..channels.main import MainServer
from ..connection_file import ConnectionFile
from ..enums import ChannelType, LinkErrorCode, MouseMode
from ..errors import SpiceError
from ..link import Linked, Refused, server_link
from ..messages import main
from ..messages.link import LinkMessage
from ..sasl import Logins
from ..tls import ServerTls
from ..tls._server import Wardrobe
from ..transport import is_encrypted
from ._doors import LOCAL, peer_name
from ._invitation import way_in
from ._keys import KeyPool
from ._lobby import Lobby
from ._mailbox import Events, Listeners
from ._security import ChannelSecurity, Security, begin_tls
from ._tickets import Attempts, Ticket
from .client import Client, Handler
from .encoding import Encoding
from .limits import ServerLimits
from .screen import Screen

CLASSES: dict[ChannelType, type[Channel]] = {
    ChannelType.MAIN: MainServer,
    ChannelType.DISPLAY: DisplayServer,
    ChannelType.INPUTS: InputsServer,
    ChannelType.CURSOR: CursorServer,
}
"""The server half of each type of channel."""

WhenBusy = Literal["share", "disconnect", "fail"]
"""What becomes of a client that comes while others are there: they share, the others must go, or it may not come in."""

NO_CERTIFICATE = "TLS needs a certificate: tls=ServerTls(...), or ServerTls.self_signed() for quick use"

SCREENS_MAX = 16
"""Screens of one server: clients show that many at most."""


class Server:
    """Serves screens to any number of clients at once; `serve` makes it and opens its doors.

    Attributes:
        name: what clients show as the name of the machine, or None.
        uuid: its UUID, or None.
        mouse_modes: the modes that clients may choose from.
        limits: what clients may make this side spend.
        addresses: where it listens, with the ports that it really has.
        faults: mistakes of this package that have cost a client its session, the newest few.
    """

    def __init__(
        self,
        sizes: Iterable[tuple[int, int]],
        *,
        handler: Handler | None = None,
        password: str | None = None,
        logins: Logins | None = None,
        name: str | None = None,
        uuid: uuid.UUID | None = None,
        encoding: Encoding | None = None,
        mouse_modes: MouseMode = MouseMode.SERVER | MouseMode.CLIENT,
        origins: Collection[str] = (),
        when_busy: WhenBusy = "share",
        tls: ServerTls | None = None,
        channel_security: Mapping[str, ChannelSecurity] | None = None,
        limits: ServerLimits | None = None,
    ) -> None:
        self.name = name
        self.uuid = uuid
        self.mouse_modes = mouse_modes
        self.limits = limits or ServerLimits()
        self.addresses: tuple[str, ...] = ()
        self.faults: list[Exception] = []
        self.log = logging.getLogger("spice_rs.server")
        self._encoding = encoding or Encoding()
        self._handler = handler
        self._origins = origins
        self._when_busy = when_busy
        self._wardrobe = None if tls is None else Wardrobe(tls)
        self._security = Security(channel_security or {})
        self._ticket = Ticket(password)
        self._logins = logins
        self._attempts = Attempts()
        self._keys = KeyPool()
        self._lobby = Lobby(self.limits.links, self.limits.link_seconds)
        self._listeners = Listeners()
        self._clients: dict[int, Client] = {}
        self._count = 0
        self._nursery: trio.Nursery | None = None
        self._closing = False
        self._screens: list[Screen] = []
        for size in sizes:
            self.add_screen(*size)
        if not self._screens:
            raise ValueError("a server shows at least one screen")

    # What a program uses.

    @property
    def screen(self) -> Screen:
        """The first screen."""
        return self._screens[0]

    @property
    def screens(self) -> tuple[Screen, ...]:
        """All screens; the number of each is its place here."""
        return tuple(self._screens)

    @property
    def clients(self) -> tuple[Client, ...]:
        """Who is connected, in the order in which they came."""
        return tuple(self._clients.values())

    def events(self) -> Events:
        """Return what all clients do from now on, one event after the other.

        While 256 events wait, the clients wait. It never ends by itself but with the server.
        """
        return self._listeners.open()

    def add_screen(self, width: int, height: int) -> Screen:
        """Add a screen, black at first; clients that are connected are told of it.

        Raises:
            ValueError: the size is none, or there are `SCREENS_MAX` screens already.
        """
        number = len(self._screens)
        if number >= SCREENS_MAX:
            raise ValueError(f"a server has at most {SCREENS_MAX} screens")
        screen = Screen(number, width, height, self._encoding)
        self._screens.append(screen)
        for client in self.clients:
            client.offer(_channels_of(number))
        return screen

    def set_password(
        self, password: str | None, *, expires_in: float = math.inf, one_time: bool = False
    ) -> None:
        """Replace the password for sessions that begin from now on; those that run go on.

        Arguments:
            password: None lets everybody in.
            expires_in: seconds after which it begins no sessions any more; nobody can come in then.
            one_time: it begins one session.

        Raises:
            ValueError: no ticket can carry it; see `auth.check_password`.
        """
        self._ticket = Ticket(password, trio.current_time() + expires_in, one_time)

    def connection_file(
        self, *, host: str | None = None, ca: str | None = None, user: str | None = None
    ) -> ConnectionFile:
        """Return what a viewer needs to come here now, with the password: `save` writes it for remote-viewer, as `console.vv`.

        ::

            server.set_password(secrets.token_urlsafe(12), expires_in=30, one_time=True)
            server.connection_file(host="vm.example.org").save("console.vv")

        Where there is a door for TLS, the file leads there alone, except for channels that have to be in clear text. Viewers delete a
        file with a password for one time.

        Arguments:
            host: the name or number by which clients reach this machine; None for that of the address that it listens on.
            ca: the authority that has issued the server's certificate, as PEM text. The server is known by its subject then. None
                where the certificate is its own authority; or where clients know the authority, and the host's name decides.
            user: who is to log in, where clients do so by name.

        Raises:
            ValueError: no address can be named, or nobody could come in with the password any more.
        """
        if not self._ticket.begins_sessions:
            raise ValueError("the password begins no sessions any more: set_password comes first")
        way = way_in(self.addresses, CLASSES, self._security, tls=self.tls, host=host, ca=ca)
        return replace(
            way,
            title=self.name,
            username=user,
            password=None if self._logins else self._ticket.password,
            delete_this_file=True if self._ticket.one_time else None,
        )

    @property
    def tls(self) -> ServerTls | None:
        """The certificate that clients are shown now, and its key; None where there is none."""
        return None if self._wardrobe is None else self._wardrobe.tls

    def set_tls(self, tls: ServerTls) -> None:
        """Show another certificate to clients that come from now on. That files have changed is noticed without this."""
        self._wardrobe = Wardrobe(tls)

    async def serve_stream(self, stream: Stream, address: str = LOCAL, *, tls: bool = False) -> None:
        """Serve one connection, whatever brought it, to its end; the stream is closed then.

        Each channel of a client is a connection of its own. What clients do wrong ends their sessions and raises nothing.

        Arguments:
            address: who is at the other end: what wrong passwords are counted by.
            tls: TLS is still to be begun on it, with the server's certificate.

        Raises:
            ValueError: there is no certificate.
        """
        if tls and self._wardrobe is None:
            raise ValueError(NO_CERTIFICATE)
        try:
            await self._serve(stream, address, tls)
        except (SpiceError, OSError, trio.BrokenResourceError, trio.ClosedResourceError) as error:
            self.log.info("a connection from %s ended: %s", address, error)
        finally:
            await trio.aclose_forcefully(stream)

    def __repr__(self) -> str:
        where = ", ".join(self.addresses) or "no door"
        return f"<Server {where}, {len(self._screens)} screens, {len(self._clients)} clients>"

    # Connections.

    async def accept(self, stream: Stream, *, tls: bool = False) -> None:
        """Serve a connection from a door. A mistake of this package costs that client its session, and others nothing."""
        address = peer_name(stream)
        try:
            await self.serve_stream(stream, address, tls=tls)
        except Exception as error:
            self.log.exception("a mistake in this package ended a connection from %s", address)
            self.faults = [*self.faults[-15:], error]

    async def keep_keys(self) -> None:
        """Make keys for links beforehand, until cancelled."""
        await self._keys.keep_full()

    async def close(self) -> None:
        """Take no more clients, and say goodbye to those that are there."""
        self._closing = True
        async with trio.open_nursery() as nursery:
            for client in self.clients:
                nursery.start_soon(client.say_goodbye)
        self._listeners.close()

    async def _serve(self, stream: Stream, address: str, tls: bool) -> None:
        gate = Gate(self, address)
        try:
            with self._lobby.enter(address):
                if tls:
                    assert self._wardrobe is not None
                    stream = await begin_tls(stream, self._wardrobe)
                gate.encrypted = is_encrypted(stream)
                stream = await incoming(stream, origins=self._origins)
                linked = await server_link(stream, gate)
            await self._run(bare(linked.stream or stream), linked, gate)
        finally:
            # What is inside of a connection is closed before it: it may hold the connection open, and says goodbye.
            await trio.aclose_forcefully(stream)

    async def _run(self, stream: Stream, linked: Linked, gate: Gate) -> None:
        message = linked.message
        if gate.client is not None:
            await gate.client.run_channel(message.channel_type, message.channel_id, stream, linked)
            return
        client = self._begin(gate.address, gate.ticket, linked.user)
        try:
            self.log.info("client %d has come from %s", client.number, gate.address)
            if self._handler is not None and self._nursery is not None:
                self._nursery.start_soon(client.handle, self._handler)
            await client.run(stream, linked)
        finally:
            del self._clients[client._session_id]
            self.log.info("client %d has gone: %s", client.number, client.ended)

    def _begin(self, address: str, ticket: Ticket, user: str | None) -> Client:
        self._count += 1
        session_id = 0
        while session_id == 0 or session_id in self._clients:
            session_id = secrets.randbits(32)
        client = self._clients[session_id] = Client(self, self._count, session_id, address, ticket, user)
        return client

    @property
    def offered(self) -> tuple[main.ChannelId, ...]:
        """The channels that a session has beside main."""
        screens = (channel for screen in self._screens for channel in _channels_of(screen.number))
        return (main.ChannelId(ChannelType.INPUTS, 0), *screens)

    def _bounds(self, number: int) -> tuple[int, int] | None:
        return self._screens[number].size if number < len(self._screens) else None


@dataclass(slots=True)
class Gate:
    """What the server decides in the link stage of one connection.

    Attributes:
        encrypted: the connection is inside of TLS.
        client: the session that the channel belongs to; None for a new one.
    """

    server: Server
    address: str
    encrypted: bool = False
    ticket: Ticket = field(default_factory=Ticket)
    client: Client | None = None

    def offer(self, message: LinkMessage) -> tuple[int, ...]:
        """Return the capabilities of a channel; for one that does not exist, end without a word as the reference does."""
        kind, number = message.channel_type, message.channel_id
        self.server._security.check(kind, encrypted=self.encrypted)
        if kind != ChannelType.MAIN and main.ChannelId(kind, number) not in self.server.offered:
            raise Refused(
                LinkErrorCode.CHANNEL_NOT_AVAILABLE, f"there is no channel {kind!r} {number}", silent=True
            )
        return CLASSES[kind].capabilities

    async def key(self) -> RSAPrivateKey:
        """Take a key from the pool: one that nobody had before, where a password goes under it."""
        keys = self.server._keys
        return await (keys.common() if self.ticket.password is None else keys.take())

    def logins(self, message: LinkMessage) -> Logins | None:
        """Say whether clients log in, and find the session that the channel belongs to."""
        if message.channel_type != ChannelType.MAIN:
            self.client = self.server._clients.get(message.connection_id)
        self.ticket = self.client._ticket if self.client else self.server._ticket
        return self.server._logins

    def password(self, message: LinkMessage) -> str | None:
        """Return the password: the present one, or that which began the session, for as long as it lasts."""
        return self.ticket.password

    async def admit(self, message: LinkMessage, *, proven: bool, user: str | None = None) -> LinkErrorCode:
        """Say whether the client may have the channel, after what wrong passwords of its address have cost."""
        if self.ticket.password is not None or self.server._logins is not None:
            await self.server._attempts.wait(self.address)
        if not proven:
            self.server._attempts.failed(self.address)
            count = self.server._attempts.count(self.address)
            self.server.log.warning("wrong password from %s, number %d lately", self.address, count)
            return LinkErrorCode.PERMISSION_DENIED
        if message.channel_type == ChannelType.MAIN:
            return self._admit_main(message)
        return self._admit_channel(message, user)

    def _admit_main(self, message: LinkMessage) -> LinkErrorCode:
        server = self.server
        if message.connection_id != 0:
            return LinkErrorCode.BAD_CONNECTION_ID  # only a machine that moves here would bring one
        if not self.ticket.begins_sessions:
            return LinkErrorCode.PERMISSION_DENIED
        if server._closing or len(server._clients) >= server.limits.clients:
            return LinkErrorCode.ERROR
        if server._when_busy == "fail" and server._clients:
            return LinkErrorCode.PERMISSION_DENIED
        self.ticket.used = True
        if server._when_busy == "disconnect":
            for client in server.clients:
                client.disconnect()
        return LinkErrorCode.OK

    def _admit_channel(self, message: LinkMessage, user: str | None) -> LinkErrorCode:
        if self.client is None or self.client.ended is not None or self.client.user != user:
            return LinkErrorCode.BAD_CONNECTION_ID
        if self.client.has_linked(message.channel_type, message.channel_id):
            return LinkErrorCode.CHANNEL_NOT_AVAILABLE
        return LinkErrorCode.OK


def _channels_of(number: int) -> tuple[main.ChannelId, ...]:
    return main.ChannelId(ChannelType.DISPLAY, number), main.ChannelId(ChannelType.CURSOR, number)
