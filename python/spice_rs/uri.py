"""Addresses of SPICE servers: `spice://host:port`, `spice+tls://host:port` and `spice+unix:///path`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

DEFAULT_PORT = 5900
"""QEMU's and libvirt's first port."""

EXAMPLE = "write spice://host:port, spice+tls://host:port, spice://[ipv6]:port or spice+unix:///path"


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """A server that listens on a TCP port, in clear text or encrypted, or on one for each.

    Attributes:
        host: a name, an IPv4 address, or an IPv6 address without brackets.
        port: for clear text, 1 to 65535; None where only the other is known.
        user: who logs in, for authentications that know users.
        password: what the address carried; never shown.
        tls_port: for TLS, which is used wherever it is known; None where it is not.
    """

    host: str
    port: int | None = DEFAULT_PORT
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls_port: int | None = None

    def __post_init__(self) -> None:
        if self.port is None and self.tls_port is None:
            raise ValueError("a server needs a port")

    def __repr__(self) -> str:
        user = "" if self.user is None else f", user={self.user!r}"
        return f"TcpAddress({str(self)!r}{user})"

    def __str__(self) -> str:
        host = f"[{self.host}]" if is_ipv6(self.host) else shown(self.host)
        if self.tls_port is None:
            return f"spice://{host}:{self.port}"
        if self.port is None:
            return f"spice+tls://{host}:{self.tls_port}"
        return f"spice://{host}?port={self.port}&tls-port={self.tls_port}"


@dataclass(frozen=True, slots=True)
class UnixAddress:
    """A server that listens on a UNIX socket.

    Attributes:
        path: of the socket; a leading `@` names a socket of Linux that has no file.
    """

    path: str
    password: None = field(default=None, init=False, repr=False)

    def __str__(self) -> str:
        return f"spice+unix://{self.path}"


Address = TcpAddress | UnixAddress


def is_ipv6(host: str) -> bool:
    """Whether a host is an address of IPv6, which needs brackets."""
    return re.fullmatch(r"[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(%.+)?", host) is not None


def shown(host: str) -> str:
    """Return a host for people. In Proxmox's pseudo names, what is behind `::` lets whoever knows it through its proxy."""
    if ":" not in host or is_ipv6(host):
        return host
    return f"{host.partition('::')[0]}::..."


def shown_url(url: str) -> str:
    """Return the address of a WebSocket for people: without what is before an @ and behind a question mark, where secrets stand."""
    scheme, found, rest = re.split("[?#]", url, maxsplit=1)[0].partition("://")
    place, slash, path = (rest if found else scheme).partition("/")
    return f"{scheme + found if found else ''}{place.rpartition('@')[2]}{slash}{path}"


def parse(text: str, *, listening: bool = False) -> Address:
    """Read an address.

    Arguments:
        text: `spice://[user@]host[:port][?port=...&tls-port=...&password=...]`, `spice+tls://[user@]host:port[?password=...]`, or
            `spice+unix://` and a path, taken as it is.
        listening: it is where a server shall listen, and may have port 0 for any that is free.

    Raises:
        ValueError: it is none; the text says what is wrong with it and shows a right one.
    """
    scheme, found, rest = text.partition("://")
    match scheme.lower() if found else None:
        case "spice":
            return _tcp(text, rest, 0 if listening else 1, ("port", "tls-port", "password"))
        case "spice+unix":
            return _unix(text, rest)
        case "spice+tls":
            return _encrypted(_tcp(text, rest, 0 if listening else 1, ("password",)))
        case None:
            raise _wrong(text, "it has no scheme")
        case other:
            raise _wrong(text, f"the scheme {other!r} is not SPICE")


def _unix(text: str, path: str) -> UnixAddress:
    if not path or "\0" in path:
        raise _wrong(text, "it names no socket")
    return UnixAddress(path)


def _tcp(text: str, rest: str, least: int, keys: tuple[str, ...]) -> TcpAddress:
    authority, query = _split_query(rest)
    # The last @ that is before the query: a password in the query may contain one.
    user, found, place = authority.rpartition("@")
    if ":" in user:
        raise _wrong(
            text,
            "it has a colon before the @; a password is written ?password=..., and a colon in a name %3A",
        )
    host, port = _host_and_port(text, place, least)
    values = _query(text, query, keys)
    if "port" in values:
        if port is not None:
            raise _wrong(text, "it gives the port twice")
        port = _port(text, values["port"], least)
    tls_port = _port(text, values["tls-port"], least) if "tls-port" in values else None
    if port is None and tls_port is None and "tls-port" in keys:
        port = DEFAULT_PORT
    if port is None and tls_port is None:
        raise _wrong(text, "it has no port, and there is none that everybody uses for TLS")
    return TcpAddress(host, port, unquote(user) if found else None, values.get("password"), tls_port)


def _encrypted(address: TcpAddress) -> TcpAddress:
    return TcpAddress(address.host, None, address.user, address.password, address.port)


def _split_query(rest: str) -> tuple[str, str]:
    """Cut the query off, which starts with `?` or, as the reference client has it, with `;`; a lone `/` before it goes."""
    authority, *query = re.split("[?;]", rest, maxsplit=1)
    return authority.removesuffix("/"), "".join(query)


def _host_and_port(text: str, place: str, least: int) -> tuple[str, int | None]:
    shape = re.fullmatch(r"(?:\[(?P<six>[^]]*)\]|(?P<host>[^][/:]*))(?::(?P<port>[^/:]*))?", place)
    if shape is None:
        hint = (
            "an IPv6 address needs brackets"
            if place.count(":") > 1
            else "the part behind :// is not host:port"
        )
        raise _wrong(text, hint)
    host = shape["six"] or unquote(shape["host"] or "")
    if not host:
        raise _wrong(text, "it names no host")
    return host, None if shape["port"] is None else _port(text, shape["port"], least)


def _port(text: str, digits: str, least: int) -> int:
    if not (digits.isascii() and digits.isdigit() and least <= int(digits[:6]) < 65536):
        raise _wrong(text, f"{digits!r} is no port")
    return int(digits)


def _query(text: str, query: str, keys: tuple[str, ...]) -> dict[str, str]:
    values: dict[str, str] = {}
    for part in re.split("[&;]", query):
        key, _, value = part.partition("=")
        if not value:
            continue
        if key not in keys:
            raise _wrong(text, f"it has an unknown key {key!r}")
        if key in values:
            raise _wrong(text, f"it gives {key} twice")
        values[key] = unquote(value)
    return values


def _wrong(text: str, why: str) -> ValueError:
    # What stands behind the first ? may be a password, and so may what stands before an @.
    scheme, found, rest = re.split("[?;]", text, maxsplit=1)[0].rpartition("://")
    place = rest.rpartition("@")[2]
    return ValueError(f"not a SPICE address: {scheme + found + place!r}: {why}; {EXAMPLE}")
