"""Where a server listens: TCP ports and UNIX sockets, opened from addresses."""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import trio

from ..errors import ListenError
from ..uri import Address, TcpAddress, UnixAddress, parse

SYSTEMD = ("systemd:", "systemd+tls:")
"""Addresses that stand for the sockets which systemd hands over; a name behind them takes those of that name."""

FIRST_DESCRIPTOR = 3

LOCAL = "local"
"""The address of clients that come through a UNIX socket, or over a stream of the program's own."""


Place: TypeAlias = str | Address | socket.socket | trio.SocketListener
"""Where a server may listen: an address, or a listening socket of the program's own, which is the server's from then on."""


@dataclass(frozen=True, slots=True)
class Door:
    """One listening socket.

    Attributes:
        address: where clients reach it, with the port that it really has.
        tls: everything there is inside of TLS.
    """

    address: str
    listener: trio.SocketListener
    tls: bool = False


@asynccontextmanager
async def open_doors(addresses: Iterable[Place]) -> AsyncIterator[list[Door]]:
    """Listen in all places for a block.

    Raises:
        ListenError: the first that cannot be listened on.
        ValueError, Unsupported: see `uri.parse`.
    """
    async with AsyncExitStack() as stack:
        doors: list[Door] = []
        for address in addresses:
            if isinstance(address, str) and is_systemd(address):
                doors += [await stack.enter_async_context(door) for door in _systemd_doors(address)]
                continue
            if isinstance(address, socket.socket | trio.SocketListener):
                doors.append(await stack.enter_async_context(_handed_door(address)))
                continue
            place = parse(address, listening=True) if isinstance(address, str) else address
            if isinstance(place, UnixAddress):
                doors.append(await stack.enter_async_context(_unix_door(place)))
            else:
                doors += [await stack.enter_async_context(door) for door in await _tcp_doors(place)]
        yield doors


def is_systemd(address: str) -> bool:
    """Whether an address stands for sockets that systemd hands over."""
    return address.startswith(SYSTEMD)


def peer_name(stream: trio.abc.Stream) -> str:
    """Return the address of who is at the other end, without the port: what wrong passwords are counted by."""
    if isinstance(stream, trio.SocketStream) and stream.socket.family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError):
            return str(stream.socket.getpeername()[0])
    return LOCAL


def _systemd_doors(address: str) -> list[_Closing]:
    """Take the sockets that systemd has opened for this process, all of them or those of one name."""
    scheme, _, wanted = address.partition(":")
    tls = scheme.endswith("+tls")
    mine = os.environ.get("LISTEN_PID") == str(os.getpid())
    count = int(os.environ.get("LISTEN_FDS", "0")) if mine else 0
    names = os.environ.get("LISTEN_FDNAMES", "").split(":")
    numbers = [
        FIRST_DESCRIPTOR + index
        for index in range(count)
        if not wanted or (index < len(names) and names[index] == wanted)
    ]
    if not numbers:
        named = f" named {wanted!r}" if wanted else ""
        raise ListenError(
            address, f"systemd has handed over no socket{named}; is this started by a .socket unit?"
        )
    return [_Closing(Door(_name(listener, tls), listener, tls)) for listener in map(_taken_over, numbers)]


def _taken_over(number: int) -> trio.SocketListener:
    try:
        return _listener(socket.socket(fileno=number))
    except (OSError, ValueError) as error:
        raise ListenError(SYSTEMD[0], f"descriptor {number} is no listening socket: {error}") from error


def _handed_door(handed: socket.socket | trio.SocketListener) -> _Closing:
    try:
        listener = handed if isinstance(handed, trio.SocketListener) else _listener(handed)
    except (OSError, ValueError) as error:
        raise ListenError("a socket", f"it is no listening socket: {error}") from error
    return _Closing(Door(_name(listener, tls=False), listener))


def _listener(sock: socket.socket) -> trio.SocketListener:
    sock.setblocking(False)
    return trio.SocketListener(trio.socket.from_stdlib_socket(sock))


async def _tcp_doors(address: TcpAddress) -> list[_Closing]:
    doors: list[_Closing] = []
    try:
        for port, tls in ((address.port, False), (address.tls_port, True)):
            if port is not None:
                listeners = await trio.open_tcp_listeners(port, host=address.host)
                doors += [_Closing(Door(_name(listener, tls), listener, tls)) for listener in listeners]
    except OSError as error:
        for door in doors:
            await door.__aexit__()
        raise _explained(str(address), error) from error
    return doors


class _Closing:
    """Closes a door at the end of a block."""

    def __init__(self, door: Door) -> None:
        self.door = door

    async def __aenter__(self) -> Door:
        return self.door

    async def __aexit__(self, *_error: object) -> None:
        await trio.aclose_forcefully(self.door.listener)


def _name(listener: trio.SocketListener, tls: bool) -> str:
    place = listener.socket.getsockname()
    if listener.socket.family == socket.AF_UNIX:
        return str(UnixAddress(place if isinstance(place, str) else f"@{place[1:].decode()}"))
    host, port = place[:2]
    return str(TcpAddress(host, None, tls_port=port) if tls else TcpAddress(host, port))


@asynccontextmanager
async def _unix_door(address: UnixAddress) -> AsyncIterator[Door]:
    path = "\0" + address.path[1:] if address.path.startswith("@") else address.path
    sock = trio.socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        await _remove_if_dead(address.path)
        await sock.bind(path)
        sock.listen(128)
    except OSError as error:
        sock.close()
        raise _explained(str(address), error) from error
    mine = _identity(address.path)
    try:
        async with _Closing(Door(str(address), trio.SocketListener(sock))) as door:
            yield door
    finally:
        # Somebody may have put another socket there meanwhile, which is theirs to remove.
        if mine is not None and _identity(address.path) == mine:
            with suppress(OSError):
                await trio.Path(address.path).unlink()


async def _remove_if_dead(path: str) -> None:
    """Remove a socket that a server has left behind: nobody answers at it."""
    if path.startswith("@") or not _is_socket(path):
        return
    try:
        await trio.aclose_forcefully(await trio.open_unix_socket(path))
    except ConnectionRefusedError:
        await trio.Path(path).unlink()


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(Path(path).stat().st_mode)
    except OSError:
        return False


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _explained(address: str, error: OSError) -> ListenError:
    reason = REASONS.get(error.errno or 0) or error.strerror or str(error)
    return ListenError(address, reason, errno=error.errno)


REASONS = {
    errno.EADDRINUSE: "something listens there already; end it, or take another port (0 takes any that is free)",
    errno.EACCES: "this user may not listen there; ports below 1024 and other people's directories need more rights",
    errno.EADDRNOTAVAIL: "this machine does not have that address; 0.0.0.0 means all of its IPv4 addresses, [::] all",
    errno.ENOENT: "there is no such directory",
    errno.ENOTDIR: "there is no such directory",
}
