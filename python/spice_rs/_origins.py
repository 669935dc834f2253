"""Which web pages may open a WebSocket to a server of ours.

A browser lets any page connect to any address, also to this machine's own, and only says where the page is from (Origin). So a
server that believes everybody can be used by every page that its user looks at. These pages may:

- those of this machine: their host is `localhost` or another loopback address;
- those of the host that the WebSocket goes to, if that is a number or this machine's own name. Any other name is not enough: a
  stranger's name may be made to point here (DNS rebinding), and then page and WebSocket are of the same stranger's host;
- those that the server's owner has listed.

Whoever sends no Origin is no browser, and may.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

ANY = "*"
"""In the list of origins: every page may."""


def is_welcome(origin: str | None, host: str, origins: Collection[str]) -> bool:
    """Tell whether a page may connect.

    Arguments:
        origin: where the page is from, like `https://example.org`; None where nothing was said.
        host: of the WebSocket's own address, with its port, as the client has it.
        origins: further pages that may, like `https://example.org:8443`, or `*`.
    """
    if origin is None or ANY in origins:
        return True
    if origin.lower() in {listed.lower().rstrip("/") for listed in origins}:
        return True
    page = hostname(origin)
    if page is None:
        return False
    return is_loopback(page) or (page == hostname(f"//{host}") and is_own(page))


def hostname(url: str) -> str | None:
    """Return the host in a URL, in lower case; None where there is none, as in the origin `null`."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """Tell whether a host is always this machine, whatever a name server says."""
    number = address(host)
    return number.is_loopback if number else host == "localhost" or host.endswith(".localhost")


def is_own(host: str) -> bool:
    """Tell whether a host is a number, or a name by which this machine knows itself."""
    own = socket.gethostname().lower()
    return address(host) is not None or host in {own, f"{own}.local", own.partition(".")[0]}


def address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the host as a number, if it is one."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
