"""What `spice-rs serve` takes about its doors: where clients come in, which, and how encrypted."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from ..errors import MissingExtra
from ..sasl import Logins
from ..sasl._gssapi import has_gssapi
from ..server import ChannelSecurity, Server, WhenBusy
from ..server._doors import is_systemd
from ..tls import ServerTls
from ..uri import TcpAddress, parse
from . import _password
from ._failures import WrongUse
from ._options import Switch

LOCAL = ("127.0.0.1", "::1", "localhost")
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 looked for, not listened on

DEFAULT, DEFAULT_TLS = ("spice://127.0.0.1:5900",), ("spice+tls://127.0.0.1:5901",)
"""Where is listened if nobody says otherwise: without a certificate, and with one."""


@Parameter(name="*")
@dataclass(frozen=True)
class Doors:
    """Where clients come in, and which.

    Arguments:
        listen: where: spice://host:port (port 0 takes a free one), spice+tls://host:port, spice+unix:///path, or systemd: for the
            sockets that systemd hands over; may be given several times. By default spice://127.0.0.1:5900, and with a certificate
            spice+tls://127.0.0.1:5901 alone.
        password_file: a file whose first line is the password that clients need; - for standard input. Otherwise that of the
            environment variable SPICE_PASSWORD, or none.
        sasl: let in who logs in by name: a file with name:password on each line.
        sasl_mechanisms: by which mechanisms, as SCRAM-SHA-256,DIGEST-MD5; by default all that are good enough for the connection.
        sasl_keytab: let in by Kerberos: the file with the keys of spice/HOST.
        tls_cert: the server's certificate (PEM), with those on the way to its authority. Read again when the file changes.
        tls_key: the key of the certificate, where it is in a file of its own.
        self_signed: make a certificate for this run, and say what clients trust it by.
        channel_security: which channels are encrypted: display=tls,inputs=both,default=clear.
        connection_file: write a file by which remote-viewer, and whoever else reads such files, comes in: it has the password.
        when_busy: what becomes of clients that come while others are there: they share, the others must go (disconnect), or they
            may not come in (fail).
    """

    listen: Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)] = ()
    password_file: Annotated[Path | None, Parameter(allow_leading_hyphen=True)] = None
    sasl: Path | None = None
    sasl_mechanisms: str | None = None
    sasl_keytab: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    self_signed: Switch = False
    channel_security: str | None = None
    connection_file: Path | None = None
    when_busy: WhenBusy = "share"

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where is listened."""
        return self.listen or (DEFAULT_TLS if self.has_certificate else DEFAULT)

    @property
    def has_certificate(self) -> bool:
        """Whether there is a certificate to show."""
        return self.self_signed or self.tls_cert is not None

    def options(self) -> dict[str, Any]:
        """Return what `serve` takes of this; say what is careless about it.

        Raises:
            WrongUse: something is not as it should be.
        """
        try:
            logins, tls = self._logins(), self._tls()
            rules = read_rules(self.channel_security or "")
            places = self._tcp_places()
        except (ValueError, OSError) as error:
            raise WrongUse(str(error)) from error
        if logins is not None and self.password_file is not None:
            raise WrongUse("--password-file and --sasl exclude each other: clients log in by name or not")
        password = None if logins is not None else _password.given(None, self.password_file)
        for place in places:
            if password is None and logins is None and place.host not in LOCAL:
                _password.warn(
                    f"everybody who reaches {place} may see and use this; --password-file keeps them out"
                )
        if logins is not None and tls is None and not logins.offered(encrypted=False):
            raise WrongUse(
                "these logins tell the password: that needs an address for TLS, and a certificate (--tls-cert)"
            )
        return {
            "password": password,
            "logins": logins,
            "tls": tls,
            "channel_security": rules,
            "when_busy": self.when_busy,
        }

    def invite(self, server: Server) -> None:
        """Write the connection file, if there is to be one."""
        if self.connection_file is None:
            return
        places = [parse(each) for each in server.addresses]
        everywhere = any(isinstance(each, TcpAddress) and each.host in EVERYWHERE for each in places)
        host = socket.gethostname() if everywhere else None
        server.connection_file(host=host).save(self.connection_file)

    def _tcp_places(self) -> list[TcpAddress]:
        places = [parse(each, listening=True) for each in self.addresses if not is_systemd(each)]
        return [place for place in places if isinstance(place, TcpAddress)]

    def _logins(self) -> Logins | None:
        if self.sasl is None and self.sasl_keytab is None:
            if self.sasl_mechanisms is not None:
                raise WrongUse(
                    "--sasl-mechanisms needs to know whom to believe: --sasl FILE, or --sasl-keytab FILE"
                )
            return None
        if self.sasl_keytab is not None:
            # Kerberos itself would only tell when the first client comes.
            self.sasl_keytab.open("rb").close()
            if not has_gssapi():
                raise MissingExtra("gssapi", "gssapi")
        logins = Logins(
            None if self.sasl is None else read_users(self.sasl),
            keytab=None if self.sasl_keytab is None else str(self.sasl_keytab),
        )
        return logins if self.sasl_mechanisms is None else only(logins, self.sasl_mechanisms)

    def _tls(self) -> ServerTls | None:
        if self.self_signed and self.tls_cert is not None:
            raise WrongUse("--self-signed and --tls-cert exclude each other")
        if self.tls_key is not None and self.tls_cert is None:
            raise WrongUse("--tls-key needs its certificate: --tls-cert FILE")
        if self.tls_cert is not None:
            return ServerTls(certificate=self.tls_cert, key=self.tls_key)
        if self.self_signed:
            hosts = [place.host for place in self._tcp_places()]
            return ServerTls.self_signed(*(host for host in hosts if host not in EVERYWHERE))
        return None


def read_rules(text: str) -> Mapping[str, ChannelSecurity]:
    """Read rules for channels: `display=tls,default=both`.

    Raises:
        WrongUse: it is no such list. Whether there are such channels and rules, the server knows.
    """
    rules: dict[str, Any] = {}
    for part in filter(None, text.split(",")):
        name, found, rule = part.strip().partition("=")
        if not found:
            raise WrongUse(
                f"not a rule for a channel: {part!r}; write --channel-security display=tls,inputs=tls"
            )
        rules[name] = rule
    return rules


def read_users(file: Path) -> Mapping[str, str]:
    """Read a table of users: `name:password` on each line, but for empty ones and those that begin with #.

    Raises:
        WrongUse: it is none; the text does not repeat the line.
    """
    users = {}
    for number, text in enumerate(file.read_text().splitlines(), 1):
        if not text.strip() or text.startswith("#"):
            continue
        name, found, password = text.partition(":")
        if not (name and found and password):
            raise WrongUse(f"line {number} of {file} is not name:password")
        users[name] = password
    if not users:
        raise WrongUse(f"{file} has no users: write name:password on a line for each")
    return users


def only(logins: Logins, names: str) -> Logins:
    """Return logins by some mechanisms only.

    Raises:
        WrongUse: one is none that could be offered.
    """
    chosen = tuple(name.strip().upper() for name in names.split(",") if name.strip())
    possible = {**logins.offered(encrypted=True), **logins.offered(encrypted=False)}
    for name in chosen:
        if name not in possible:
            raise WrongUse(f"no client could log in by {name!r}; there are {', '.join(possible)}")
    return replace(logins, mechanisms=chosen)


__all__ = ["Doors"]
