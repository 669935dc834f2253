"""GSSAPI and GSS-SPNEGO: Kerberos, by the library `gssapi` (RFC 4752, 4178). Needs the extra `gssapi`."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, ClassVar

from ..errors import AuthenticationError, RemoteProtocolError
from ._mechanism import ClientMechanism, Layer, LoginRefused, Reply, ServerMechanism, broken

if TYPE_CHECKING:
    import gssapi
else:
    try:
        import gssapi
    except (ModuleNotFoundError, OSError, ImportError):
        gssapi = None

SERVICE = "spice"
"""What the service is called in a Kerberos realm: its principal is spice/HOST (protocol.md 1.6)."""

OFFER = struct.Struct(">I")
"""One byte of layers, three of the largest packet that the sender takes."""

NO_LAYER, SIGNED, SEALED = 1, 2, 4
BUFFER_MAX = 1 << 16
OVERHEAD = 1024
"""Bytes that sealing adds at most, with room to spare."""

SPNEGO = "1.3.6.1.5.5.2"


def has_gssapi() -> bool:
    """Whether the library is there, and the system's Kerberos below it."""
    return gssapi is not None


class GssapiClient(ClientMechanism):
    """The client's half.

    Arguments:
        host: the server's name as Kerberos knows it.
        protects: everything that follows is to be sealed; not inside of TLS.
        ccache: where the tickets are; None for where the system has them.
        keytab: keys to get tickets with, for `user`.
    """

    name: ClassVar[str] = "GSSAPI"
    needs_tls: ClassVar[bool] = False

    def __init__(
        self,
        *,
        host: str,
        protects: bool,
        user: str | None = None,
        ccache: str | None = None,
        keytab: str | None = None,
    ) -> None:
        self._host, self._protects = host, protects
        self._user, self._ccache, self._keytab = user, ccache, keytab
        self._context: gssapi.SecurityContext | None = None
        self._agreed = False
        self._layer: Layer | None = None

    def step(self, challenge: bytes | None) -> bytes | None:
        """Prove who this is by tickets, then agree on a layer."""
        try:
            if self._context is None:
                self._context = self._begin()
            if not self._context.complete:
                token = self._context.step(challenge)
                return token if token is not None else b""
            if not self._agreed:
                return self._agree(challenge or b"")
        except gssapi.raw.GSSError as error:
            raise self._failed(error) from error
        return None

    @property
    def done(self) -> bool:
        """Whether the server has proven who it is and a layer is agreed on."""
        return self._agreed

    def layer(self) -> Layer | None:
        """Return what was agreed on."""
        return self._layer

    def _begin(self) -> gssapi.SecurityContext:
        target = gssapi.Name(f"{SERVICE}@{self._host}", gssapi.NameType.hostbased_service)
        flags = gssapi.RequirementFlag
        return gssapi.SecurityContext(
            name=target,
            creds=self._credentials(),
            mech=self._mechanism(),
            usage="initiate",
            flags=flags.mutual_authentication
            | flags.confidentiality
            | flags.integrity
            | flags.out_of_sequence_detection,
        )

    def _mechanism(self) -> gssapi.OID | None:
        return None

    def _credentials(self) -> gssapi.Credentials | None:
        if self._user is None and self._ccache is None and self._keytab is None:
            return None
        places = {"ccache": self._ccache, "client_keytab": self._keytab}
        store: dict[str | bytes, str | bytes] = {key: place for key, place in places.items() if place}
        name = None if self._user is None else gssapi.Name(self._user, gssapi.NameType.user)
        return gssapi.Credentials(name=name, usage="initiate", store=store or None)

    def _agree(self, offer: bytes) -> bytes:
        assert self._context is not None
        words = self._context.unwrap(offer).message
        if len(words) != OFFER.size:
            raise broken(self.name, "its offer of layers has a wrong size")
        layers, room = words[0], OFFER.unpack(words)[0] & 0xFFFFFF
        wanted = SEALED if self._protects else NO_LAYER
        if not layers & wanted:
            what = "to seal what follows" if self._protects else "to leave the protection to TLS"
            raise AuthenticationError(f"{self.name}: the server does not offer {what}")
        self._agreed = True
        size = 0 if wanted == NO_LAYER else BUFFER_MAX
        if wanted == SEALED:
            self._layer = GssLayer(self._context, room)
        return bytes(self._context.wrap(OFFER.pack(wanted << 24 | size), encrypt=False).message)

    def _failed(self, error: Exception) -> AuthenticationError:
        return AuthenticationError(
            f"{self.name}: Kerberos says: {_first_line(error)}; is there a ticket (kinit, klist), and is "
            f"{SERVICE}/{self._host} the server's name in the realm?"
        )


class GssSpnegoClient(GssapiClient):
    """The same where both sides first agree that it shall be Kerberos; the layer comes of the context itself."""

    name: ClassVar[str] = "GSS-SPNEGO"

    def _mechanism(self) -> gssapi.OID | None:
        return gssapi.OID.from_int_seq(SPNEGO)

    def step(self, challenge: bytes | None) -> bytes | None:
        """Prove who this is."""
        if self._agreed:
            return None
        answer = super().step(challenge)
        assert self._context is not None
        if self._context.complete:
            self._agreed = True
            if self._protects:
                self._layer = GssLayer(self._context, BUFFER_MAX)
        return answer


class GssapiServer(ServerMechanism):
    """The server's half.

    Arguments:
        keytab: with the keys of spice/HOST; None for the system's.
        protects: everything that follows must be sealed; else it is not, as inside of TLS.
    """

    name: ClassVar[str] = "GSSAPI"

    def __init__(self, *, keytab: str | None, protects: bool) -> None:
        self._protects = protects
        self._keytab = keytab
        self._context: gssapi.SecurityContext | None = None
        self._offered = False
        self._layer: Layer | None = None

    def step(self, response: bytes | None) -> Reply:
        """Take tickets, then agree on a layer."""
        try:
            if self._context is None:
                self._context = self._begin()
            if not self._context.complete:
                return self._accept(response)
            if not self._offered:
                return self._offer()
            return self._take(response or b"")
        except gssapi.raw.GSSError as error:
            raise LoginRefused(f"{self.name}: {_first_line(error)}") from error

    def layer(self) -> Layer | None:
        """Return what was agreed on."""
        return self._layer

    def _begin(self) -> gssapi.SecurityContext:
        store: dict[str | bytes, str | bytes] | None = (
            None if self._keytab is None else {"keytab": self._keytab}
        )
        return gssapi.SecurityContext(creds=gssapi.Credentials(usage="accept", store=store), usage="accept")

    def _accept(self, response: bytes | None) -> Reply:
        assert self._context is not None
        if response is None:
            return Reply(b"", finished=False)
        token = self._context.step(response)
        if token or not self._context.complete:
            return Reply(token or b"", finished=False)
        return self._offer()

    def _offer(self) -> Reply:
        assert self._context is not None
        self._offered = True
        layers = SEALED if self._protects else NO_LAYER
        size = BUFFER_MAX if self._protects else 0
        return Reply(
            bytes(self._context.wrap(OFFER.pack(layers << 24 | size), encrypt=False).message), finished=False
        )

    def _take(self, response: bytes) -> Reply:
        assert self._context is not None
        words = self._context.unwrap(response).message
        wanted = SEALED if self._protects else NO_LAYER
        if len(words) < OFFER.size or words[0] != wanted:
            raise LoginRefused(f"{self.name}: the client wants another layer")
        self.user = str(self._context.initiator_name)
        if words[OFFER.size :] not in (b"", self.user.encode(), self.user.partition("@")[0].encode()):
            raise LoginRefused(f"{self.name}: the client wants to be somebody else")
        if self._protects:
            self._layer = GssLayer(self._context, OFFER.unpack(words[: OFFER.size])[0] & 0xFFFFFF)
        return Reply(None, finished=True)


class GssSpnegoServer(GssapiServer):
    """The same where both sides first agree that it shall be Kerberos; the layer comes of the context itself."""

    name: ClassVar[str] = "GSS-SPNEGO"

    def _accept(self, response: bytes | None) -> Reply:
        assert self._context is not None
        if response is None:
            return Reply(b"", finished=False)
        token = self._context.step(response)
        if self._context.complete:
            self.user = str(self._context.initiator_name)
            if self._protects:
                self._layer = GssLayer(self._context, BUFFER_MAX)
        return Reply(token or b"", finished=self._context.complete)


class GssLayer(Layer):
    """Seals with the keys of a context.

    Arguments:
        room: bytes of a packet that the other side takes.
    """

    def __init__(self, context: gssapi.SecurityContext, room: int) -> None:
        self._context = context
        self.packet_max = max(64, min(room, BUFFER_MAX) - OVERHEAD)

    def wrap(self, data: bytes) -> bytes:
        """Seal."""
        return bytes(self._context.wrap(data, encrypt=True).message)

    def unwrap(self, packet: bytes) -> bytes:
        """Open."""
        try:
            opened = self._context.unwrap(packet)
        except gssapi.raw.GSSError as error:
            raise RemoteProtocolError(
                f"a packet of the SASL layer: {_first_line(error)}", message="SASL"
            ) from error
        if not opened.encrypted:
            raise RemoteProtocolError("a packet of the SASL layer is not sealed", message="SASL")
        return bytes(opened.message)


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
