"""HTTP proxies on the way to a server: CONNECT, as SPICE_PROXY and Proxmox want it.

The name of the target goes to the proxy as it was given, unresolved and whatever is in it: Proxmox puts a ticket there, with colons.
Each channel goes through the proxy by itself, with the same words.

Needs the extra `web`.
"""

from __future__ import annotations

import base64
import os
import re
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote

import trio
from trio.abc import Stream

from ._door import Peeked
from .errors import ConnectError
from .tls import ClientTls
from .uri import is_ipv6, shown

PORTS = {"http": 3128, "https": 3129}
"""Where a proxy listens if nobody says otherwise (clients.md 2.1)."""

ANSWER_MAX = 1 << 14
"""Bytes of a proxy's answer up to the end of its headers."""

RECEIVE_SIZE = 4096

try:
    import h11
except ModuleNotFoundError:
    _has_h11 = False
else:
    _has_h11 = True

INSTALL = "proxies need a package that the rest does not: pip install 'spice-rs[web]'"


class ProxyError(ConnectError):
    """A proxy did not let us through.

    Attributes:
        status: its HTTP status, or None where it did not speak HTTP.
    """

    def __init__(self, address: str, reason: str, *, status: int | None = None) -> None:
        super().__init__(address, reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where a proxy is, and who asks.

    Attributes:
        host: a name or an address, without brackets.
        secure: it is spoken to by TLS.
        user: for its login, with the password.
        tls: whom to trust, where it is spoken to by TLS; None for a certificate of its name from an authority of this system.
    """

    host: str
    port: int
    secure: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ClientTls | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `[http[s]://][user[:password]@]host[:port]`; a path behind it means nothing.

        Raises:
            ValueError: it is no address of a proxy; the text does not repeat the password.
        """
        scheme, found, rest = text.partition("://")
        scheme, rest = (scheme.lower(), rest) if found else ("http", text)
        if scheme not in PORTS:
            raise ValueError(f"not a proxy: the scheme {scheme!r} is neither http nor https")
        login, found, place = re.split("[/?#]", rest, maxsplit=1)[0].rpartition("@")
        user, _, password = login.partition(":")
        host, port = _place(place, PORTS[scheme])
        secret = unquote(password) if found and ":" in login else None
        return cls(host, port, scheme == "https", unquote(user) if found else None, secret)

    @classmethod
    def from_environment(cls) -> Self | None:
        """Return what SPICE_PROXY says, or None.

        Raises:
            ValueError: it is no address of a proxy.
        """
        text = os.environ.get("SPICE_PROXY")
        return cls.parse(text) if text else None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}"


def _place(text: str, default: int) -> tuple[str, int]:
    shape = re.fullmatch(r"(?:\[(?P<six>[^]]+)\]|(?P<host>[^][:]+))(?::(?P<port>[0-9]{1,5}))?", text)
    if shape is None or not 0 < (port := int(shape["port"] or default)) < 65536:
        raise ValueError(f"not a proxy: {text!r} is no host:port; write http://host:3128")
    return shape["six"] or shape["host"], port


async def tunnel(stream: Stream, proxy: Proxy, host: str, port: int) -> Stream:
    """Ask a proxy for a way to a server, over a stream to the proxy; return the stream to the server.

    Arguments:
        host: sent as it is.

    Raises:
        ProxyError: the proxy says no, or something that is no HTTP; or it hangs up.
        ValueError: the host cannot stand in a request.
        ModuleNotFoundError: the extra `web` is missing.

    It has no deadline of its own: the caller has a cancel scope. Cancelled or failed, the stream is to be closed.
    """
    if not _has_h11:
        raise ModuleNotFoundError(INSTALL, name="h11")
    if not re.fullmatch("[!-~]+", host):
        raise ValueError(
            f"{shown(host)!r} cannot be asked of a proxy: it has characters that HTTP does not carry"
        )
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=ANSWER_MAX)
    try:
        request = h11.Request(
            method="CONNECT", target=_target(host, port), headers=_headers(proxy, host, port)
        )
        sent = connection.send(request)
        assert sent is not None
        await stream.send_all(sent + (connection.send(h11.EndOfMessage()) or b""))
        response = await _response(stream, connection, proxy)
    except h11.RemoteProtocolError as error:
        raise ProxyError(str(proxy), f"it answers, but not as an HTTP proxy: {error}") from error
    except trio.BrokenResourceError as error:
        raise ProxyError(str(proxy), "the connection broke while the proxy was asked") from error
    if not 200 <= response.status_code < 300:
        raise _refusal(proxy, response.status_code, bytes(response.reason).decode("ascii", "replace"))
    rest, _ = connection.trailing_data
    return Peeked(stream, bytes(rest)) if rest else stream


def _target(host: str, port: int) -> str:
    # Only what is an IPv6 address gets brackets: Proxmox's ticket has colons too and goes as it is.
    return f"[{host}]:{port}" if is_ipv6(host) else f"{host}:{port}"


def _headers(proxy: Proxy, host: str, port: int) -> list[tuple[str, str]]:
    headers = [("Host", _target(host, port))]
    if proxy.user is not None:
        login = base64.b64encode(f"{proxy.user}:{proxy.password or ''}".encode()).decode()
        headers.append(("Proxy-Authorization", f"Basic {login}"))
    return headers


async def _response(stream: Stream, connection: h11.Connection, proxy: Proxy) -> h11.Response:
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Response):
            return event
        if event is h11.NEED_DATA:
            data = await stream.receive_some(RECEIVE_SIZE)
            if not data:
                raise ProxyError(str(proxy), "it hung up without an answer")
            connection.receive_data(bytes(data))


def _refusal(proxy: Proxy, status: int, reason: str) -> ProxyError:
    advice = {
        401: "it wants a login: write http://user:password@host:port",
        403: "it does not let anybody through to that host and port; a ticket in the host's name may have expired",
        407: "it wants a login, or another one: write http://user:password@host:port",
        404: "it knows no such host",
        502: "it cannot reach the server",
        503: "it cannot reach the server",
        504: "the server does not answer it",
    }.get(status, "ask whoever runs it")
    return ProxyError(str(proxy), f"the proxy said {status} {reason[:100]}: {advice}", status=status)
