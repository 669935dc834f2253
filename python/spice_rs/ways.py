"""Every way to a server, as what opens a stream for a channel and who is to log in there.

A server is named by text (`spice://`, `spice+unix://`, `ws://`, `spice+qmp://`), by an `Address`, by a `ConnectionFile`, or by a coroutine
function that opens whatever it likes.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

import trio
from trio.abc import Stream

from . import qmp
from .connection_file import ConnectionFile
from .enums import ChannelType
from .errors import Unsupported
from .link import Credentials
from .proxy import Proxy, tunnel
from .sasl import Login
from .transport import Opener, open_stream
from .uri import Address, TcpAddress, UnixAddress, parse

Handed: TypeAlias = Stream | socket.socket | trio.socket.SocketType | int
"""What a program may hand over as a connection: a stream, a socket, or the number of one, which is ours from then on."""

Target: TypeAlias = str | Address | ConnectionFile | Callable[[ChannelType, int], Awaitable[Handed]]
"""Whatever names a server."""

QMP = "spice+qmp://"


@dataclass(frozen=True, slots=True)
class Way:
    """How a server is reached.

    Attributes:
        open: opens the connection for a channel.
        name: of the server, for people; without secrets.
        credentials: what the address knew of who is to log in.
    """

    open: Opener
    name: str
    credentials: Credentials


def way(target: Target, *, proxy: str | Proxy | None = None) -> Way:
    """Return the way to a server.

    Arguments:
        proxy: an HTTP proxy for TCP addresses; None for that of the connection file, or of SPICE_PROXY in the environment.

    Raises:
        ValueError: the target or the proxy is no address.
        Unsupported: it cannot be reached so.
    """
    if isinstance(target, ConnectionFile):
        return _from_file(target, proxy)
    if isinstance(target, str) and target.lower().startswith(("ws://", "wss://")):
        return _websocket(target)
    if isinstance(target, str) and target.lower().startswith(QMP):
        return Way(qmp.opener(target[len(QMP) :]), target, Credentials())
    if callable(target):
        return Way(_taking(target), getattr(target, "__name__", "a stream of the caller's"), Credentials())
    return _address(parse(target) if isinstance(target, str) else target, proxy)


def _address(address: Address, proxy: str | Proxy | None) -> Way:
    login = None
    if isinstance(address, TcpAddress) and address.user is not None:
        login = Login(address.user, address.password)
    host = address.host if isinstance(address, TcpAddress) else "localhost"
    return Way(
        _opener(address, _proxy(address, proxy)), str(address), Credentials(address.password, login, host)
    )


def _proxy(address: Address, proxy: str | Proxy | None) -> Proxy | None:
    if not isinstance(address, TcpAddress):
        return None
    found = Proxy.parse(proxy) if isinstance(proxy, str) else proxy or Proxy.from_environment()
    if found is not None and found.secure:
        raise Unsupported(
            f"TLS to a proxy comes in a later version; {found} is reached by http:// perhaps",
            capability="TLS",
        )
    return found


def _opener(address: Address, proxy: Proxy | None) -> Opener:
    async def direct(_kind: ChannelType, _number: int) -> Stream:
        return await open_stream(address)

    async def through(_kind: ChannelType, _number: int) -> Stream:
        assert proxy is not None and isinstance(address, TcpAddress)
        stream = await open_stream(TcpAddress(proxy.host, proxy.port))
        try:
            return await tunnel(stream, proxy, address.host, address.port)
        except BaseException:
            await trio.aclose_forcefully(stream)
            raise

    return direct if proxy is None else through


def _from_file(file: ConnectionFile, proxy: str | Proxy | None) -> Way:
    if file.type != "spice":
        raise Unsupported(
            f"the connection file is for {file.type.upper()}, not for SPICE", capability="SPICE"
        )
    found = _address(_place(file), proxy if proxy is not None else file.proxy)
    login = None if file.username is None else Login(file.username, file.password)
    return Way(found.open, found.name, Credentials(file.password, login, found.credentials.host))


def _place(file: ConnectionFile) -> Address:
    if file.unix_path is not None:
        return UnixAddress(file.unix_path)
    if not file.host:
        raise ValueError("the connection file names neither a host nor a socket")
    if not file.port:
        raise Unsupported(
            "the connection file has a TLS port only, and TLS comes in a later version", capability="TLS"
        )
    return TcpAddress(file.host, file.port)


def _websocket(url: str) -> Way:
    from .websocket import opener  # its package is an extra

    return Way(opener(url), url.partition("?")[0], Credentials())


def _taking(target: Callable[[ChannelType, int], Awaitable[Handed]]) -> Opener:
    async def open_channel(kind: ChannelType, number: int) -> Stream:
        return _stream(await target(kind, number))

    return open_channel


def _stream(handed: Handed) -> Stream:
    """Make a stream of what a program hands over."""
    if isinstance(handed, int):
        handed = socket.socket(fileno=handed)
    if isinstance(handed, socket.socket):
        handed.setblocking(False)
        handed = trio.socket.from_stdlib_socket(handed)
    return trio.SocketStream(handed) if isinstance(handed, trio.socket.SocketType) else handed
