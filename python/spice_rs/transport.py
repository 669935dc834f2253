"""The one place that knows sockets: it opens a stream to an address."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Awaitable, Callable

import trio
from trio.abc import Stream

from ._groups import leaves
from ._stages import is_watched, stage
from .enums import ChannelType
from .errors import ConnectError
from .uri import Address, TcpAddress, UnixAddress

Opener = Callable[[ChannelType, int], Awaitable[Stream]]
"""Opens the connection for one channel, given its type and id: the way to bring any stream of one's own."""

KEEPALIVE_IDLE = 60
"""Seconds without a byte after which the kernel asks whether the server is still there."""


def another_way(opener: Opener) -> Opener | None:
    """Return how to open a channel that the server wants encrypted, where an opener has another way for that: its `secured`."""
    secured: Opener | None = getattr(opener, "secured", None)
    return secured


def is_encrypted(stream: Stream) -> bool:
    """Whether TLS protects what goes over a stream: those where it does say so by an attribute `encrypted`."""
    return getattr(stream, "encrypted", False) is True


async def open_stream(address: Address, *, tls: bool = False) -> trio.SocketStream:
    """Connect to an address.

    Arguments:
        tls: to its TLS port; TLS itself is the caller's.

    Raises:
        ConnectError: nobody answers there, the name does not resolve, or the socket may not be opened.

    Cancelled, it leaves nothing open.
    """
    try:
        if isinstance(address, UnixAddress):
            with stage("connect"):
                return await trio.open_unix_socket(_socket_path(address))
        return await _open_tcp(address.host, address.tls_port if tls else address.port)
    except OSError as error:
        raise _explained(address, error) from error


async def _open_tcp(host: str, port: int | None) -> trio.SocketStream:
    if port is None:
        raise ValueError("the address has no such port")
    if is_watched():
        # Trio asks by itself, and does not tell.
        with stage("resolve") as found:
            found += await _numbers(host, port)
    with stage("connect"):
        # Trio itself switches off the collecting of small packets.
        stream = await trio.open_tcp_stream(host, port)
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE)
    return stream


async def _numbers(host: str, port: int) -> list[str]:
    places = await trio.socket.getaddrinfo(host, port, type=trio.socket.SOCK_STREAM)
    numbers = ", ".join(dict.fromkeys(str(place[4][0]) for place in places))
    return [numbers if numbers == host else f"{host} is {numbers}"]


def _socket_path(address: UnixAddress) -> str:
    return "\0" + address.path[1:] if address.path.startswith("@") else address.path


def _explained(address: Address, error: OSError) -> ConnectError:
    if isinstance(error, socket.gaierror):
        name = address.host if isinstance(address, TcpAddress) else address.path
        reason = (
            f"the name {name!r} does not resolve ({error.strerror}); check its spelling, or give a number"
        )
        return ConnectError(str(address), reason, errno=error.errno)
    number = _number(error)
    reason = REASONS.get(number or 0) or (os.strerror(number) if number else str(error))
    return ConnectError(str(address), reason, errno=number)


def _number(error: OSError) -> int | None:
    """Return the system's number, of the first attempt where several addresses were tried."""
    if error.errno is not None or error.__cause__ is None:
        return error.errno
    return next((e.errno for e in leaves(error.__cause__) if isinstance(e, OSError) and e.errno), None)


REASONS = {
    errno.ECONNREFUSED: "nothing listens there; is the machine running, and is that the port of its SPICE display?",
    errno.ENOENT: "there is no such socket; is the machine running?",
    errno.EACCES: "this user may not open it; look at the permissions of the socket and its directory",
    errno.EHOSTUNREACH: "there is no way to that host; check the network",
    errno.ENETUNREACH: "there is no way to that network; check the network",
    errno.ETIMEDOUT: "the host does not answer; a firewall may drop what is sent to that port",
}
