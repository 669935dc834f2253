"""Every way to a server, as what opens a stream for a channel and who is to log in there.

A server is named by text (`spice://`, `spice+tls://`, `spice+unix://`, `ws://`, `spice+qmp://`, `libvirt+...`, `proxmox://`), by an `Address`, by a `ConnectionFile`, or by a coroutine
function that opens whatever it likes.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import trio
from trio.abc import Stream

from . import libvirt, proxmox, qmp
from ._stages import stage
from .connection_file import ConnectionFile
from .enums import ChannelType
from .errors import Unsupported
from .link import Credentials
from .proxy import Proxy, tunnel
from .sasl import Login
from .tls import ClientTls
from .tls._certificates import Source
from .tls._ciphers import of_openssl
from .transport import Opener, open_stream
from .uri import Address, TcpAddress, UnixAddress, parse, shown_url

Handed: TypeAlias = Stream | socket.socket | trio.socket.SocketType | int
"""What a program may hand over as a connection: a stream, a socket, or the number of one, which is ours from then on."""

Target: TypeAlias = str | Address | ConnectionFile | Callable[[ChannelType, int], Awaitable[Handed]]
"""Whatever names a server."""

QMP = "spice+qmp://"

EVERY = "all"
"""Stands for all channels in a connection file's secure channels."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a server is reached.

    Attributes:
        open: opens the connection for a channel.
        name: of the server, for people; without secrets.
        credentials: what the address knew of who is to log in.
        without: channels that are not to be opened.
    """

    open: Opener
    name: str
    credentials: Credentials
    without: frozenset[ChannelType] = frozenset()


LOOKED_UP = (libvirt.SCHEME, proxmox.SCHEME)
"""What addresses begin with that somebody else has to be asked about first."""


def is_looked_up(target: Target) -> bool:
    """Whether somebody else has to be asked where a server is."""
    return isinstance(target, str) and target.startswith(LOOKED_UP)


def check_looked_up(target: str) -> tuple[str, str | None]:
    """Return how such an address is called for people, and the password in it, without asking anybody.

    Raises:
        ValueError: it is none.
    """
    if target.startswith(proxmox.SCHEME):
        machine = proxmox.parse(target)
        return str(machine), machine.password
    return str(libvirt.parse(target)), None


async def find(
    target: Target,
    *,
    password: str | None = None,
    login: Login | None = None,
    proxy: str | Proxy | None = None,
    tls: ClientTls | None = None,
) -> Way:
    """Return the way to a server and who logs in there; ask others where it is, if need be.

    What is given here counts more than what the target knows. Where Proxmox is asked, password and trust are for that, and its answer
    has what the server needs.

    Raises:
        what `way`, `libvirt.find` and `proxmox.find` raise.
    """
    if is_looked_up(target):
        assert isinstance(target, str)
        if target.startswith(proxmox.SCHEME):
            return way(await _of_proxmox(target, password, tls), proxy=proxy)
        machine = libvirt.parse(target)
        target = await libvirt.find(machine.name, uri=machine.uri)
    found = way(target, proxy=proxy, tls=tls)
    known = found.credentials
    password = known.password if password is None else password
    if login is None and known.login is not None:
        login = replace(known.login, password=password)
    return replace(found, credentials=Credentials(password, login, known.host))


async def _of_proxmox(target: str, password: str | None, tls: ClientTls | None) -> ConnectionFile:
    machine = proxmox.parse(target)
    password = machine.password if password is None else password
    return await proxmox.find(
        machine.host, machine.machine, user=machine.user, password=password, port=machine.port, tls=tls
    )


def way(target: Target, *, proxy: str | Proxy | None = None, tls: ClientTls | None = None) -> Way:
    """Return the way to a server that is known where it is; see `find` for the others.

    Arguments:
        proxy: an HTTP proxy for TCP addresses; None for that of the connection file, or of SPICE_PROXY in the environment.
        tls: whom to trust, and which channels go inside of TLS; None for what the connection file says, or for a certificate of the
            server's name from an authority of this system. Around a stream of the caller's, TLS is put only where this is given.

    Raises:
        ValueError: the target or the proxy is no address, or TLS is asked for where there is none.
        OSError: a certificate cannot be read.
        Unsupported: it cannot be reached so.
    """
    if isinstance(target, ConnectionFile):
        return _from_file(target, proxy, tls)
    if isinstance(target, str) and target.lower().startswith(("ws://", "wss://")):
        return _websocket(target, tls)
    if isinstance(target, str) and target.lower().startswith(QMP):
        if tls is not None:
            raise ValueError(f"{QMP} needs no TLS: nothing leaves this machine")
        return Way(qmp.opener(target[len(QMP) :]), target, Credentials())
    if callable(target):
        return Way(
            _taking(target, tls), getattr(target, "__name__", "a stream of the caller's"), Credentials()
        )
    return _address(parse(target) if isinstance(target, str) else target, proxy, tls)


def _address(address: Address, proxy: str | Proxy | None, tls: ClientTls | None) -> Way:
    login = None
    if isinstance(address, TcpAddress) and address.user is not None:
        login = Login(address.user, address.password)
    host = address.host if isinstance(address, TcpAddress) else "localhost"
    return Way(_opener(address, proxy, tls), str(address), Credentials(address.password, login, host))


def _opener(address: Address, proxy: str | Proxy | None, tls: ClientTls | None) -> Opener:
    if isinstance(address, TcpAddress) and address.tls_port is not None:
        trust = tls or ClientTls()
        ports = Ports(address, trust, _proxy(proxy))
        return Following(ports) if trust.follow_need_secured else ports
    if tls is not None:
        raise ValueError(
            f"TLS is asked for, and {address} has no port for it: write spice+tls://host:port, or "
            "spice://host?port=...&tls-port=..."
        )
    return Ports(address, None, _proxy(proxy) if isinstance(address, TcpAddress) else None)


def _proxy(proxy: str | Proxy | None) -> Proxy | None:
    return Proxy.parse(proxy) if isinstance(proxy, str) else proxy or Proxy.from_environment()


@dataclass(frozen=True, slots=True)
class Ports:
    """Opens connections to an address: to the TLS port, where there is one, for every channel that does not belong to the plain one.

    Attributes:
        tls: None where there is no TLS port.
    """

    address: Address
    tls: ClientTls | None
    proxy: Proxy | None

    async def __call__(self, kind: ChannelType, number: int) -> Stream:
        """Open the connection for one channel."""
        plain = isinstance(self.address, UnixAddress) or self.address.port is not None
        if self.tls is None or (plain and not self.tls.wants(kind)):
            return await self._reach(tls=False)
        return await self.through_tls()

    async def through_tls(self) -> Stream:
        """Open a connection to the TLS port."""
        assert self.tls is not None and isinstance(self.address, TcpAddress)
        return await self.tls.secure(await self._reach(tls=True), self.address.host)

    async def _reach(self, *, tls: bool) -> Stream:
        if self.proxy is None:
            return await open_stream(self.address, tls=tls)
        assert isinstance(self.address, TcpAddress)
        port = self.address.tls_port if tls else self.address.port
        assert port is not None
        return await reach_proxy(self.proxy, self.address.host, port)


@dataclass(frozen=True, slots=True)
class Following:
    """Ports of which the TLS port is tried too where the plain one says that a channel needs it."""

    ports: Ports

    async def __call__(self, kind: ChannelType, number: int) -> Stream:
        """Open the connection for one channel."""
        return await self.ports(kind, number)

    async def secured(self, _kind: ChannelType, _number: int) -> Stream:
        """Open it to the TLS port."""
        return await self.ports.through_tls()


async def reach_proxy(proxy: Proxy, host: str, port: int) -> Stream:
    """Connect to a server through a proxy."""
    stream: Stream = await open_stream(TcpAddress(proxy.host, proxy.port))
    if proxy.secure:
        stream = await (proxy.tls or ClientTls()).secure(stream, proxy.host)
    try:
        with stage("proxy") as found:
            found.append(f"{proxy} lets through")
            return await tunnel(stream, proxy, host, port)
    except BaseException:
        await trio.aclose_forcefully(stream)
        raise


def _from_file(file: ConnectionFile, proxy: str | Proxy | None, tls: ClientTls | None) -> Way:
    if file.type != "spice":
        raise Unsupported(
            f"the connection file is for {file.type.upper()}, not for SPICE", capability="SPICE"
        )
    place = _place(file)
    if tls is None and isinstance(place, TcpAddress) and place.tls_port is not None:
        tls = trust(file)
    found = _address(place, proxy if proxy is not None else file.proxy, tls)
    login = None if file.username is None else Login(file.username, file.password)
    credentials = Credentials(file.password, login, found.credentials.host)
    return Way(found.open, found.name, credentials, _without(file.disable_channels or ()))


def _place(file: ConnectionFile) -> Address:
    if file.unix_path is not None:
        return UnixAddress(file.unix_path)
    if not file.host:
        raise ValueError("the connection file names neither a host nor a socket")
    if not file.port and not file.tls_port:
        raise ValueError("the connection file names no port")
    if file.secure_channels and not file.tls_port:
        raise ValueError("the connection file wants channels encrypted, and names no port for that")
    return TcpAddress(file.host, file.port or None, tls_port=file.tls_port or None)


def trust(
    file: ConnectionFile,
    *,
    ca: Source | Sequence[Source] | None = None,
    subject: str | None = None,
    pubkey: str | None = None,
) -> ClientTls:
    """Return whom a connection file trusts, for which channels and with which ciphers, where nothing that is said here counts more.

    Raises:
        ValueError, OSError: see `ClientTls`.
    """
    if subject is None and pubkey is None:
        subject = file.host_subject
    versions, ciphers = ((), ()) if file.tls_ciphers is None else of_openssl(file.tls_ciphers)
    # Where no channel is named, or the list is empty, all are encrypted.
    named = file.secure_channels or None
    return ClientTls(
        ca=file.ca if ca is None else ca,
        subject=subject,
        pubkey=pubkey,
        secure_channels=None if named is None or EVERY in named else named,
        versions=versions,
        ciphers=ciphers,
    )


def _without(names: Iterable[str]) -> frozenset[ChannelType]:
    """Return the types of channels that a connection file does not want. Those that nobody knows are not opened anyway."""
    known = ChannelType.__members__
    found = frozenset(known[name.upper()] for name in names if name.upper() in known)
    if ChannelType.MAIN in found:
        raise ValueError(
            "the connection file does not want the channel main, and there is no session without it"
        )
    return found


def _websocket(url: str, tls: ClientTls | None) -> Way:
    from .websocket import opener  # its package is an extra

    return Way(opener(url, tls=tls), shown_url(url), Credentials())


def _taking(target: Callable[[ChannelType, int], Awaitable[Handed]], tls: ClientTls | None) -> Opener:
    if tls is not None and tls.needs_name:
        raise ValueError("TLS on a stream of the caller's needs the server's name: ClientTls(name=...)")

    async def open_channel(kind: ChannelType, number: int) -> Stream:
        stream = _stream(await target(kind, number))
        return stream if tls is None or not tls.wants(kind) else await tls.secure(stream)

    return open_channel


def _stream(handed: Handed) -> Stream:
    """Make a stream of what a program hands over."""
    if isinstance(handed, int):
        handed = socket.socket(fileno=handed)
    if isinstance(handed, socket.socket):
        handed.setblocking(False)
        handed = trio.socket.from_stdlib_socket(handed)
    return trio.SocketStream(handed) if isinstance(handed, trio.socket.SocketType) else handed
