"""Who logs in, and who may: from there to mechanisms."""

from __future__ import annotations

import functools
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..errors import AuthenticationError
from ._digest import DigestClient, DigestServer
from ._gssapi import GssapiClient, GssapiServer, GssSpnegoClient, GssSpnegoServer, has_gssapi
from ._mechanism import ClientMechanism, ServerMechanism
from ._scram import ScramServer, ScramSha1Client, ScramSha256Client, has_scramp
from ._simple import (
    AnonymousClient,
    AnonymousServer,
    ExternalClient,
    ExternalServer,
    PlainClient,
    PlainServer,
)
from ._users import Users

PREFERENCE = ("GSSAPI", "SCRAM-SHA-256", "SCRAM-SHA-1", "DIGEST-MD5", "PLAIN", "GSS-SPNEGO")
"""What a client takes of itself, the best first. SPNEGO comes last: a client without a ticket fails in it."""

SCRAMS = {client.name: client for client in (ScramSha256Client, ScramSha1Client)}


@dataclass(frozen=True, slots=True)
class Login:
    """Who a client is.

    Attributes:
        user: the name; None for whoever the Kerberos tickets are of.
        password: or a function that returns it, called when it is needed, in a worker thread.
        mechanisms: those that may be used, the preferred first; None for all but ANONYMOUS and EXTERNAL.
        host: the server's name as the realm knows it; None for that of the address.
        ccache: where the Kerberos tickets are; None for where the system has them.
        keytab: keys to get tickets with.
    """

    user: str | None = None
    password: str | Callable[[], str] | None = field(default=None, repr=False)
    mechanisms: Sequence[str] | None = None
    host: str | None = None
    ccache: str | None = None
    keytab: str | None = None

    def choose(self, offered: Sequence[str], *, host: str, encrypted: bool) -> ClientMechanism:
        """Pick a mechanism from those that a server offers.

        Arguments:
            host: the server's name, as far as the address tells it.
            encrypted: TLS protects the connection already.

        Raises:
            AuthenticationError: none will do; the text says why.
        """
        possible = [name for name in self.mechanisms or PREFERENCE if name in offered]
        for name in possible:
            mechanism = self._make(name, self.host or host, encrypted)
            if mechanism is not None and (encrypted or not mechanism.needs_tls):
                return mechanism
        raise AuthenticationError(
            f"the server offers {', '.join(offered) or 'nothing'} to log in by, and this side "
            f"{self._why_not(offered, encrypted)}"
        )

    def _make(self, name: str, host: str, encrypted: bool) -> ClientMechanism | None:
        """Make the client's half of a mechanism; None where something for it is missing."""
        if name in ("GSSAPI", "GSS-SPNEGO"):
            if not has_gssapi():
                return None
            kind = GssapiClient if name == "GSSAPI" else GssSpnegoClient
            return kind(
                host=host, protects=not encrypted, user=self.user, ccache=self.ccache, keytab=self.keytab
            )
        if name == "ANONYMOUS":
            return AnonymousClient()
        if name == "EXTERNAL":
            return ExternalClient()
        return self._with_password(name, host, encrypted)

    def _with_password(self, name: str, host: str, encrypted: bool) -> ClientMechanism | None:
        if self.user is None or self.password is None:
            return None
        password = self.password() if callable(self.password) else self.password
        match name:
            case "DIGEST-MD5":
                return DigestClient(self.user, password, host=host, protects=not encrypted)
            case "PLAIN":
                return PlainClient(self.user, password)
            case _:
                return SCRAMS[name](self.user, password) if name in SCRAMS and has_scramp else None

    def _why_not(self, offered: Sequence[str], encrypted: bool) -> str:
        if self.mechanisms is not None:
            return f"was told to use {', '.join(self.mechanisms)}"
        if self.user is None or self.password is None:
            lacks = "no name and password" if self.user is None else "no password"
            return f"has {lacks} for it: give both (login=Login(...), --sasl-user), or get a Kerberos ticket"
        if not has_scramp and any(name.startswith("SCRAM") for name in offered):
            return "lacks a package for it: pip install 'spice-rs[sasl]'"
        if not has_gssapi() and any(name.startswith("GSS") for name in offered):
            return "lacks a package for it: pip install 'spice-rs[gssapi]'"
        return (
            "knows none of them"
            if encrypted
            else "would give the password away without TLS; use the TLS port"
        )


@dataclass(frozen=True, slots=True)
class Logins:
    """Whom a server believes.

    Attributes:
        users: names and passwords, or a function that returns the password of a name, called in a worker thread.
        keytab: with the keys of spice/HOST, for Kerberos.
        anonymous: everybody is let in who wants to be nobody, inside of TLS.
        identity: says who is at the other end of a connection, for EXTERNAL; None for nobody.
        mechanisms: those that may be offered; None for all that there is something for.
        realm: what DIGEST-MD5 calls the place where the names mean something; None for this machine's name.
        admits: says whether a user may come in, by name; for Kerberos the name has the realm behind it.
    """

    users: Mapping[str, str] | Callable[[str], str | None] | None = field(default=None, repr=False)
    keytab: str | None = None
    anonymous: bool = False
    identity: Callable[[], str | None] | None = None
    mechanisms: Sequence[str] | None = None
    realm: str | None = None
    admits: Callable[[str], bool] = lambda user: True

    def offered(self, *, encrypted: bool) -> dict[str, Callable[[], ServerMechanism]]:
        """Return what is offered on a connection, with how each is made."""
        every = {**self._kerberos(encrypted), **self._passwords(encrypted), **self._others(encrypted)}
        return {
            name: make for name, make in every.items() if self.mechanisms is None or name in self.mechanisms
        }

    def _kerberos(self, encrypted: bool) -> dict[str, Callable[[], ServerMechanism]]:
        if self.keytab is None or not has_gssapi():
            return {}
        kinds = (GssapiServer, GssSpnegoServer)
        return {
            kind.name: functools.partial(kind, keytab=self.keytab, protects=not encrypted) for kind in kinds
        }

    def _passwords(self, encrypted: bool) -> dict[str, Callable[[], ServerMechanism]]:
        if self.users is None:
            return {}
        users, realm = Users(self.users), self.realm or socket.gethostname()
        found: dict[str, Callable[[], ServerMechanism]] = {}
        if encrypted and has_scramp:
            found |= {name: lambda name=name: ScramServer(name, users) for name in SCRAMS}  # type: ignore[misc]
        found["DIGEST-MD5"] = lambda: DigestServer(users, realm=realm, protects=not encrypted)
        if encrypted:
            found["PLAIN"] = lambda: PlainServer(users)
        return found

    def _others(self, encrypted: bool) -> dict[str, Callable[[], ServerMechanism]]:
        found: dict[str, Callable[[], ServerMechanism]] = {}
        if encrypted and self.anonymous:
            found["ANONYMOUS"] = AnonymousServer
        if self.identity is not None:
            identity = self.identity
            found["EXTERNAL"] = lambda: ExternalServer(identity())
        return found
