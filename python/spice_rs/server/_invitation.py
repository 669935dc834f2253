"""Connection files for a server of one's own: the way in, for remote-viewer and whoever else reads them (clients.md 1.2)."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable
from dataclasses import replace

from ..connection_file import ConnectionFile
from ..enums import ChannelType
from ..tls import ServerTls
from ..uri import Address, TcpAddress, UnixAddress, parse
from ._security import Security


def way_in(
    addresses: Iterable[str],
    kinds: Collection[ChannelType],
    security: Security,
    *,
    tls: ServerTls | None,
    host: str | None,
    ca: str | None,
) -> ConnectionFile:
    """Return a connection file that leads to a server, without anything about who comes.

    Arguments:
        addresses: of its doors.
        kinds: the channels that it has.
        host, ca: see `Server.connection_file`.

    Raises:
        ValueError: nobody could come that way.
    """
    doors: list[Address] = [parse(address) for address in addresses]
    inside = [kind for kind in kinds if security.rule(kind) != "clear"]
    tcp = [door for door in doors if isinstance(door, TcpAddress)]
    secured = next((door for door in tcp if door.tls_port is not None and inside), None)
    plain = next((door for door in tcp if door.port is not None), None)
    if secured is not None and len(inside) == len(kinds):
        # Some viewers would begin at the plain port if they knew it, and somebody in between could leave them there.
        plain = None
    if secured is None and plain is None:
        return _by_socket(doors)
    door = secured or plain
    assert door is not None
    file = ConnectionFile(
        host=host or _host(door),
        port=plain.port if plain else None,
        tls_port=secured.tls_port if secured else None,
    )
    if secured is None:
        return file
    assert tls is not None
    return _secured(file, tls, ca, [kind.name.lower() for kind in inside] if plain else None)


def _secured(
    file: ConnectionFile, tls: ServerTls, ca: str | None, channels: Collection[str] | None
) -> ConnectionFile:
    """Add whom to trust: who is given an authority knows the server by its subject, everybody else by its name."""
    file = replace(file, secure_channels=tuple(channels) if channels else None)
    authority = ca or tls.authority_pem
    return replace(file, ca=authority, host_subject=tls.subject) if authority else file


def _by_socket(doors: Iterable[Address]) -> ConnectionFile:
    for door in doors:
        if isinstance(door, UnixAddress):
            return ConnectionFile(unix_path=door.path)
    raise ValueError("this server has no address that a connection file could name: give one to serve()")


def _host(place: TcpAddress) -> str:
    if _is_everywhere(place.host):
        raise ValueError(
            f"{place} stands for all addresses of this machine: say by which name clients reach it (host=...)"
        )
    return place.host


def _is_everywhere(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False
