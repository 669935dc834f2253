"""Machines of a Proxmox VE cluster: found by number or name, and what is handed out for them.

::

    async with spice_rs.connect(
        "proxmox://root@pam@pve.example/100", password="...", tls=ClientTls(ca="pve-root-ca.pem")
    ) as session:
        ...
    file = await spice_rs.proxmox.find(
        "pve.example", "desk", user="root@pam!token", password="..."
    )  # a token's id and secret
    print(file.dump())  # what the web page would download

The answer is good for some seconds and for one session; it has the cluster's own authority in it, so that `tls` here only says whom to
trust that one asks for it.

Needs the extra `proxmox`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlencode

import trio

from ._stages import stage
from .connection_file import ConnectionFile
from .errors import AuthenticationError, ConnectError, MissingExtra, RemoteProtocolError, Unsupported
from .tls import ClientTls
from .transport import open_stream
from .uri import TcpAddress
from .uri import parse as parse_address

if TYPE_CHECKING:
    from ._http import Answer

__all__ = ["Machine", "find", "parse"]

SCHEME = "proxmox://"

PORT = 8006
"""Where the API of every node listens."""

ANSWER_WITHIN = 30.0
"""Seconds for one answer: a node that asks another one may take a while."""

EXAMPLE = "write proxmox://user@realm@host/MACHINE, with its number or name"


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine of a cluster, and who asks for it.

    Attributes:
        host: of any node.
        machine: its number, or its name.
        user: like `root@pam`, or with a token `root@pam!name`.
        password: the user's, or the token's secret.
        port: of the node's API.
    """

    host: str
    machine: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    port: int = PORT

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{SCHEME}{host}{'' if self.port == PORT else f':{self.port}'}/{quote(self.machine)}"


def parse(text: str) -> Machine:
    """Read `proxmox://[user@realm@]host[:port]/MACHINE[?password=...]`.

    Raises:
        ValueError: it is none; the text does not repeat the password.
    """
    address, _, query = text.removeprefix(SCHEME).partition("?")
    place, _, machine = address.partition("/")
    machine = machine.removesuffix("/")
    has_port = ":" in place.rpartition("@")[2].rpartition("]")[2]
    try:
        found = parse_address(f"spice+tls://{place if has_port else f'{place}:{PORT}'}?{query}")
    except ValueError as error:
        why = str(error).rpartition("': ")[2].partition(";")[0]
        raise _wrong(address, why) from None
    if not machine or "/" in machine:
        raise _wrong(address, "it names no machine")
    assert isinstance(found, TcpAddress) and found.tls_port is not None
    return Machine(found.host, unquote(machine), found.user, found.password, found.tls_port)


def _wrong(address: str, why: str) -> ValueError:
    # Somebody may have written a password before the @.
    return ValueError(f"not a machine of Proxmox: {SCHEME + address.rpartition('@')[2]!r}: {why}; {EXAMPLE}")


async def find(
    host: str,
    machine: str | int,
    *,
    user: str | None = None,
    password: str | None = None,
    port: int = PORT,
    tls: ClientTls | None = None,
) -> ConnectionFile:
    """Ask a node for the way to a machine's display; return what `connect` takes.

    Arguments:
        host: of any node of the cluster.
        machine: its number, or its name.
        user: like `root@pam`; with a token, `root@pam!name`.
        password: the user's, or the token's secret.
        port: of the node's API.
        tls: whom to trust that one asks; None for a certificate of the node's name from an authority of this system.

    Raises:
        AuthenticationError: the node does not believe the user, or the user may not see the machine's display.
        ConnectError: it does not answer, has no such machine, or the machine does not run.
        CertificateError, TlsError: it is not who it should be.
        RemoteProtocolError: it answers something else than Proxmox does.
        MissingExtra: the extra `proxmox` is not installed.
    """
    try:
        from . import _http  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingExtra("h11", "proxmox") from error
    wanted = Machine(host, str(machine), user, password, port)
    with stage("Proxmox") as found:
        api = _Api(wanted, tls or ClientTls())
        await api.log_in()
        node, kind, number = await api.look_up()
        # Any node's proxy will do; that of the node we reach has a name that we can resolve.
        values = await api.ask("POST", f"/nodes/{quote(node)}/{kind}/{number}/spiceproxy", proxy=host)
        found.append(f"{kind} {number} on {node}")
        return _file(values)


class _Api:
    """A node's API, as one user sees it."""

    def __init__(self, wanted: Machine, tls: ClientTls) -> None:
        self._wanted = wanted
        self._tls = tls
        self._headers: list[tuple[str, str]] = []

    async def log_in(self) -> None:
        """Get a ticket; a token needs none."""
        user, password = self._wanted.user, self._wanted.password
        if user is None or password is None:
            lacks = "no user" if user is None else "no password"
            raise AuthenticationError(
                f"{self._wanted} wants a login, and this side has {lacks} for it; {EXAMPLE}"
            )
        if "!" in user:
            self._headers = [("Authorization", f"PVEAPIToken={user}={password}")]
            return
        data = await self.ask("POST", "/access/ticket", username=user, password=password)
        if not isinstance(data, dict) or data.get("NeedTFA"):
            raise Unsupported(
                f"{self._wanted} wants a second factor of {user}; use a token: root@pam!name, with its secret",
                capability="TFA",
            )
        ticket, token = str(data.get("ticket")), str(data.get("CSRFPreventionToken"))
        self._headers = [("Cookie", f"PVEAuthCookie={quote(ticket)}"), ("CSRFPreventionToken", token)]

    async def look_up(self) -> tuple[str, str, int]:
        """Return the node, the kind and the number of the machine."""
        listed = await self.ask("GET", "/cluster/resources?type=vm")
        every = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
        for each in every:
            number, kind = each.get("vmid"), each.get("type")
            if self._wanted.machine in (str(number), each.get("name")) and isinstance(number, int):
                return str(each.get("node")), str(kind), number
        names = ", ".join(f"{each.get('vmid')} ({each.get('name')})" for each in every[:20])
        raise ConnectError(
            str(self._wanted),
            f"there is no such machine, or this user may not see it; there {f'are {names}' if names else 'is none'}",
        )

    async def ask(self, method: str, path: str, **values: str) -> Any:
        """Ask one thing; return the data of the answer."""
        from ._http import request

        place = TcpAddress(self._wanted.host, self._wanted.port)
        body = urlencode(values).encode()
        headers = [("Host", f"{place.host}:{place.port}"), *self._headers]
        if body:
            headers.append(("Content-Type", "application/x-www-form-urlencoded"))
        try:
            with trio.fail_after(ANSWER_WITHIN):
                stream = await self._tls.secure(await open_stream(place), place.host)
                async with stream:
                    answer = await request(stream, method, f"/api2/json{path}", headers, body)
        except trio.TooSlowError as error:
            raise ConnectError(
                str(self._wanted), f"no answer to {path} within {ANSWER_WITHIN:g} s"
            ) from error
        return self._data(answer, path)

    def _data(self, answer: Answer, path: str) -> Any:
        if answer.status == 401:
            raise AuthenticationError(
                f"{self._wanted} does not believe {self._wanted.user}: wrong password, or no such user"
            )
        if answer.status == 403:
            raise AuthenticationError(
                f"{self._wanted}: {self._wanted.user} may not see that: {answer.reason}; it takes VM.Console"
            )
        if answer.status != 200:
            raise ConnectError(str(self._wanted), f"Proxmox says {answer.status} {answer.reason}")
        try:
            return json.loads(answer.body)["data"]
        except (ValueError, KeyError, TypeError):
            raise RemoteProtocolError(
                f"the answer to {path.partition('?')[0]} is not one of Proxmox's", message="Proxmox"
            ) from None


def _file(values: object) -> ConnectionFile:
    """Make a connection file of an answer: its keys and values are those of the file, with the same escapes."""
    if not isinstance(values, dict) or values.get("type") != "spice":
        raise RemoteProtocolError("it hands out no way to a SPICE display", message="Proxmox")
    lines = [f"{key}={str(value).replace(chr(10), chr(92) + 'n')}" for key, value in values.items()]
    try:
        return ConnectionFile.parse("\n".join(["[virt-viewer]", *lines, ""]))
    except ValueError as error:
        raise RemoteProtocolError(str(error), message="Proxmox") from error
