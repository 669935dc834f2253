"""Machines that libvirt runs: found by name, reached without a port and a ticket where they run here.

::

    async with spice_rs.connect("libvirt+qemu:///system?domain=desk") as session:
        ...
    async with spice_rs.connect(await spice_rs.libvirt.find("desk", uri="qemu+ssh://host/system")) as session:
        ...

On this machine, libvirt hands over a connection for each channel (`virDomainOpenGraphicsFD`), and QEMU asks for no password then. On
another one, libvirt says on which ports the display listens, with its password; whom to trust there is still for `tls` to say.

Needs the extra `libvirt`.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

import trio
from trio.abc import Stream

from ._stages import stage
from .connection_file import ConnectionFile
from .enums import ChannelType
from .errors import ConnectError, MissingExtra, Unsupported
from .transport import Opener

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["Domain", "find", "parse"]

SCHEME = "libvirt+"
"""What an address begins with, in front of libvirt's own."""

SYSTEM = "qemu:///system"

ANYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 looked for, not listened on
"""Where a display listens that is reached by the name of its host."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Domain:
    """A machine of libvirt's.

    Attributes:
        name: or the UUID.
        uri: of the libvirt that runs it.
    """

    name: str
    uri: str = SYSTEM

    def __str__(self) -> str:
        return f"{SCHEME}{self.uri}{'&' if '?' in self.uri else '?'}{urlencode({'domain': self.name})}"

    @property
    def host(self) -> str | None:
        """The host on which it runs, where that is not this one."""
        return urlsplit(self.uri).hostname


def parse(text: str) -> Domain:
    """Read an address: `libvirt+`, libvirt's own, and which machine, as `?domain=NAME`.

    Raises:
        ValueError: it is none.
    """
    uri, _, query = text.removeprefix(SCHEME).partition("?")
    keys = parse_qsl(query, keep_blank_values=True)
    names = [value for key, value in keys if key == "domain"]
    if "://" not in uri or len(names) != 1 or not names[0]:
        raise ValueError(f"not a machine of libvirt's: {text!r}; write libvirt+qemu:///system?domain=NAME")
    rest = urlencode([(key, value) for key, value in keys if key != "domain"], safe="/")
    return Domain(names[0], f"{uri}?{rest}" if rest else uri)


async def find(domain: str, *, uri: str = SYSTEM) -> ConnectionFile | Opener:
    """Find a machine; return what `connect` takes.

    Arguments:
        domain: its name or UUID.
        uri: of the libvirt that runs it.

    Raises:
        ConnectError: libvirt does not answer or refuses, there is no such machine, or it does not run.
        Unsupported: it has no SPICE display.
        MissingExtra: the extra `libvirt` is not installed.

    libvirt is asked in a worker thread. Cancelled, that is left to itself.
    """
    machine = Domain(domain, uri)
    with stage("libvirt") as found:
        graphics, hands_over = await _asked(machine, _look)
        found.append(f"{domain} runs")
    return _opener(machine) if hands_over else _place(machine, graphics)


def _opener(machine: Domain) -> Opener:
    async def open_channel(_kind: ChannelType, _number: int) -> Stream:
        with stage("connect"):
            sock = await _asked(machine, _hand_over)
        sock.setblocking(False)
        return trio.SocketStream(trio.socket.from_stdlib_socket(sock))

    open_channel.__name__ = str(machine)
    return open_channel


def _place(machine: Domain, graphics: Element) -> ConnectionFile:
    """Return where a display listens, and what is known of it."""
    listens = graphics.find("listen")
    if (listens is not None and listens.get("type") == "socket") or graphics.get("socket"):
        path = graphics.get("socket") or (listens.get("socket") if listens is not None else None)
        return ConnectionFile(unix_path=path, password=graphics.get("passwd"), title=machine.name)
    listen = graphics.get("listen") or (listens.get("address") if listens is not None else None) or ""
    host = (machine.host or "127.0.0.1") if listen in ANYWHERE else listen
    port, tls_port = _port(graphics.get("port")), _port(graphics.get("tlsPort"))
    if port is None and tls_port is None:
        raise ConnectError(
            str(machine),
            "its SPICE display listens nowhere; only libvirt on its own host can hand over connections",
        )
    return ConnectionFile(
        host=host,
        port=port,
        tls_port=tls_port,
        password=graphics.get("passwd"),
        title=machine.name,
        secure_channels=_secure(graphics) if tls_port is not None else None,
    )


def _port(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() and int(text) else None


def _secure(graphics: Element) -> tuple[str, ...] | None:
    """Return the channels that go inside of TLS: all but those that the display wants in clear text."""
    modes = {each.get("name"): each.get("mode") for each in graphics.findall("channel")}
    default = graphics.get("defaultMode")
    names = [kind.name.lower() for kind in ChannelType]
    secure = tuple(name for name in names if (modes.get(name) or default) != "insecure")
    return None if len(secure) == len(names) else secure


# What runs in a worker thread.


async def _asked(machine: Domain, question: Callable[[Any, Domain], T]) -> T:
    """Ask libvirt something about a machine, in a thread."""
    libvirt = _library()

    def ask() -> T:
        try:
            connection = libvirt.open(machine.uri)
            try:
                return question(_domain(connection, machine), machine)
            finally:
                connection.close()
        except libvirt.libvirtError as error:
            raise ConnectError(str(machine), f"libvirt says: {error}; {_advice(libvirt, error)}") from error

    return await trio.to_thread.run_sync(ask, abandon_on_cancel=True)


def _library() -> Any:
    known = "libvirt" in sys.modules
    try:
        import libvirt
    except ModuleNotFoundError as error:
        raise MissingExtra("libvirt", "libvirt") from error
    if not known:
        # Else each error is printed too. A program that uses libvirt itself has decided about that itself.
        libvirt.registerErrorHandler(lambda _context, _error: None, None)
    return libvirt


def _domain(connection: Any, machine: Domain) -> Any:
    every = {each.name(): each for each in connection.listAllDomains()}
    found = every.get(machine.name) or next(
        (each for each in every.values() if each.UUIDString() == machine.name.lower()), None
    )
    if found is None:
        raise ConnectError(
            str(machine),
            f"there is no such machine; there {'are ' + ', '.join(sorted(every)) if every else 'is none'}",
        )
    if not found.isActive():
        raise ConnectError(str(machine), f"the machine does not run; start it (virsh start {machine.name})")
    return found


def _look(domain: Any, machine: Domain) -> tuple[Element, bool]:
    """Return the SPICE display of a machine, and whether libvirt hands over connections to it."""
    libvirt = _library()
    displays = _displays(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_SECURE))
    kinds = {each.get("type"): each for each in displays}
    if "spice" not in kinds:
        has = f"it has {', '.join(map(str, kinds))}" if kinds else "it has no display at all"
        raise Unsupported(f"the machine {machine.name!r} has no SPICE display; {has}", capability="SPICE")
    return kinds["spice"], machine.host is None and domain.connect().getType() == "QEMU"


def _hand_over(domain: Any, _machine: Domain) -> socket.socket:
    libvirt = _library()
    kinds = [each.get("type") for each in _displays(domain.XMLDesc())]
    number = domain.openGraphicsFD(kinds.index("spice"), libvirt.VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH)
    return socket.socket(fileno=number)


def _displays(document: str) -> list[Element]:
    from xml.etree import ElementTree  # which nobody else here needs

    # The document is libvirt's own, from a daemon that this user may command.
    return ElementTree.fromstring(document).findall("devices/graphics")  # noqa: S314


def _advice(libvirt: Any, error: Any) -> str:
    if error.get_error_code() in (
        libvirt.VIR_ERR_AUTH_FAILED,
        libvirt.VIR_ERR_AUTH_CANCELLED,
        libvirt.VIR_ERR_ACCESS_DENIED,
    ):
        return "this user may not; the group libvirt may"
    return "is libvirtd (or virtqemud) running there, and is that its address?"
