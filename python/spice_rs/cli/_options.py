"""What every command that goes to a server takes, and what it makes of that: where, by whom, and whom to trust."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeAlias

from cyclopts import Parameter

from ..client import Session, connect
from ..connection_file import ConnectionFile
from ..sasl import Login
from ..tls import ClientTls
from ..ways import Target, check_looked_up, is_looked_up, trust, way
from . import _password
from ._failures import TooLate, WrongUse

Switch: TypeAlias = Annotated[bool, Parameter(negative=())]
"""An option that is there or not; there is no --no-... for it."""

Where: TypeAlias = Annotated[str, Parameter(allow_leading_hyphen=True)]
"""An address, or the path of a connection file; - is standard input."""

STDIN = "-"

VV = ".vv"


@Parameter(name="*")
@dataclass(frozen=True)
class Options:
    """What every command takes.

    Arguments:
        password_file: a file whose first line is the password; - for standard input.
        password: the password itself, which other users of this machine can see.
        sasl_user: log in by this name (SASL), with the password or, without one, with Kerberos tickets.
        ca_file: the authorities (PEM) that may vouch for the server; may be given several times.
        host_subject: the subject that the server's certificate must have, in place of the host's name: C=XX,O=lab,CN=host.
        pubkey: the key that the server must have, whoever vouches for it: sha256//... or a file (PEM).
        proxy: an HTTP proxy on the way: http://host:3128. By default that of the connection file, or of SPICE_PROXY.
        delete_file: delete the connection file once it is read, if it says that this shall be done.
        timeout: seconds that the command may take in all.
        debug: say what happens, and where an error came from.
    """

    password_file: Annotated[Path | None, Parameter(allow_leading_hyphen=True)] = None
    password: Annotated[str | None, Parameter(show_default=False)] = field(default=None, repr=False)
    sasl_user: str | None = None
    ca_file: Annotated[tuple[Path, ...], Parameter(negative=(), show_default=False)] = ()
    host_subject: str | None = None
    pubkey: str | None = None
    proxy: str | None = field(default=None, repr=False)
    delete_file: Switch = False
    timeout: float = 30.0
    debug: Switch = False

    def work(self, address: str) -> Work:
        """Make ready what a command does, without anything that takes time.

        Raises:
            WrongUse: an option, the address or the connection file is none.
        """
        if address == STDIN and str(self.password_file) == STDIN:
            raise WrongUse("standard input cannot be both the connection file and the password")
        try:
            target = self._target(address)
            tls = self._trust(target)
            name, known = self._checked(target, tls)
        except (ValueError, OSError) as error:
            raise WrongUse(str(error)) from error
        password = _password.given(self.password, self.password_file)
        if self.delete_file and isinstance(target, ConnectionFile):
            target.delete(address)
        return Work(target, name, known if password is None else password, self.sasl_user, self.proxy, tls)

    def _checked(self, target: Target, tls: ClientTls | None) -> tuple[str, str | None]:
        """Return the name of a server and the password that the address has; raise what is wrong with it."""
        if is_looked_up(target):
            assert isinstance(target, str)
            return check_looked_up(target)
        found = way(target, proxy=self.proxy, tls=tls)
        return found.name, found.credentials.password

    def _target(self, address: str) -> Target:
        if not is_file(address):
            return address
        try:
            return ConnectionFile.load(address)
        except OSError as error:
            raise WrongUse(f"cannot read the connection file {address}: {error.strerror}") from error

    def _trust(self, target: Target) -> ClientTls | None:
        """Return whom the options trust; None where they say nothing about it."""
        if not self.ca_file and self.host_subject is None and self.pubkey is None:
            return None
        file = target if isinstance(target, ConnectionFile) else ConnectionFile()
        return trust(file, ca=self.ca_file or None, subject=self.host_subject, pubkey=self.pubkey)


DEFAULTS = Options()


def is_file(address: str) -> bool:
    """Whether an address is the path of a connection file."""
    return "://" not in address and (address == STDIN or address.endswith(VV) or Path(address).is_file())


@dataclass
class Work:
    """What a command is doing, and how it goes to its server.

    Attributes:
        name: of the server, for people.
        user: who logs in by name.
        doing, late: for the text of a time-out.
    """

    target: Target = field(repr=False)
    name: str
    password: str | None = field(repr=False)
    user: str | None
    proxy: str | None = field(repr=False)
    tls: ClientTls | None
    doing: str = "connecting"
    late: type[Exception] = TooLate

    def session(self) -> AbstractAsyncContextManager[Session]:
        """Connect, for a block."""
        login = None if self.user is None else Login(self.user, self.password)
        return connect(self.target, password=self.password, login=login, proxy=self.proxy, tls=self.tls)


Body: TypeAlias = Callable[[Work], Awaitable[None]]
