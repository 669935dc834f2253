"""What can go wrong, and whose fault it was.

::

    SpiceError
    ├── ProtocolError            .channel .message .field .offset
    │   ├── LocalProtocolError   we were asked to send something illegal
    │   └── RemoteProtocolError  the peer did
    │       ├── DecodeError      bytes that do not parse, an image that does not decode
    │       └── LimitExceeded    legal, but more than `Limits` allow
    ├── AddressError             .address .reason (an OSError too)
    │   ├── ConnectError         nobody answers at that address
    │   └── ListenError          a server cannot listen there
    ├── LinkError                .code: the protocol's link error
    │   ├── NotSpice             .protocol: something answers, but it speaks VNC, HTTP, TLS, SSH, ...
    │   ├── AuthenticationError  the password is wrong, missing or expired
    │   ├── SecurityRequired     the channel wants TLS
    │   ├── SecurityRefused      the channel refuses TLS
    │   └── VersionMismatch      the peer speaks another major version
    ├── TlsError                 .alert: the connection cannot be encrypted, or not any longer
    │   └── CertificateError     .reason .certificate: the server is not who it should be, or cannot show it
    ├── Disconnected             .reason: the session is over
    ├── Unsupported              .capability: the other side, or this version, cannot do this
    ├── SourceError              .source .reason: what was to be served cannot be shown, or not any longer
    ├── MissingExtra             .package .extra: a package that only some need is not installed (an ImportError too)
    └── AgentUnavailable         the guest runs no agent

Mistakes of the caller stay `TypeError` and `ValueError`, other errors of the system stay `OSError`, and
cancellation is never touched.
"""

from __future__ import annotations


class SpiceError(Exception):
    """The base of everything that this package raises on its own account."""


class ProtocolError(SpiceError):
    """A byte, a value or an order of messages that the protocol does not allow.

    Attributes:
        channel: name of the channel, as `display` or `display 0`; None where it is not known.
        message: name of the message.
        field: name of the field, with a path as in `base.clip`.
        offset: where in the message body it was noticed.
    """

    def __init__(
        self,
        text: str,
        *,
        channel: str | None = None,
        message: str | None = None,
        field: str | None = None,
        offset: int | None = None,
    ) -> None:
        super().__init__(text)
        self.channel = channel
        self.message = message
        self.field = field
        self.offset = offset

    def __str__(self) -> str:
        where = ".".join(part for part in (self.channel, self.message, self.field) if part)
        if self.offset is not None:
            where = f"{where} at byte {self.offset}" if where else f"at byte {self.offset}"
        text = str(self.args[0])
        return f"{where}: {text}" if where else text


class LocalProtocolError(ProtocolError):
    """Something was to be sent that the protocol does not allow."""


class RemoteProtocolError(ProtocolError):
    """The peer broke the protocol."""


class DecodeError(RemoteProtocolError):
    """Bytes that are no message, or an image that does not decode."""


class LimitExceeded(RemoteProtocolError):
    """The peer asks for more than `Limits` allow; where that is wanted, connect with larger limits."""


class AddressError(SpiceError, OSError):
    """Something cannot be done at an address: see its subclasses.

    It is an `OSError` too, with the system's `errno` where there was one.

    Attributes:
        address: what was tried, as text.
        reason: why it failed, in words.
    """

    what = "use"

    def __init__(self, address: str, reason: str, *, errno: int | None = None) -> None:
        super().__init__(address, reason)
        self.address = address
        self.reason = reason
        self.errno = errno

    def __str__(self) -> str:
        return f"cannot {self.what} {self.address}: {self.reason}"


class ConnectError(AddressError):
    """Nobody answers at an address."""

    what = "connect to"


class ListenError(AddressError):
    """A server cannot listen at an address."""

    what = "listen on"


class LinkError(SpiceError):
    """The first words with the server went wrong, before any channel existed.

    Attributes:
        code: the protocol's error code, or None where the peer did not send one.
    """

    def __init__(self, text: str, *, code: int | None = None) -> None:
        super().__init__(text)
        self.code = code


class NotSpice(LinkError):
    """What answers is not SPICE.

    Attributes:
        protocol: what it seems to be (`VNC`, `HTTP`, `TLS`, `SSH`, ...), or None where it could not be told.
    """

    def __init__(self, text: str, *, protocol: str | None = None) -> None:
        super().__init__(text)
        self.protocol = protocol


class AuthenticationError(LinkError):
    """The server did not accept the password."""


class SecurityRequired(LinkError):
    """The server wants this channel encrypted; connect to its TLS port."""


class SecurityRefused(LinkError):
    """The server wants this channel in clear text; connect to its plain port."""


class VersionMismatch(LinkError):
    """The peer speaks another major version of the protocol."""


class TlsError(SpiceError):
    """The connection cannot be encrypted, or not any longer.

    Attributes:
        alert: what the peer said when it ended the connection, as `unknown ca`; None where it did not.
    """

    def __init__(self, text: str, *, alert: str | None = None) -> None:
        super().__init__(text)
        self.alert = alert


class CertificateError(TlsError):
    """The server is not who it should be, or cannot show it. Nothing has been sent to it.

    Attributes:
        reason: which rule the certificate breaks, for programs: one of `tls.Reason`.
        certificate: the server's certificate in DER, or None where it has shown none.
    """

    def __init__(self, text: str, *, reason: str = "unusable", certificate: bytes | None = None) -> None:
        super().__init__(text)
        self.reason = reason
        self.certificate = certificate


class Disconnected(SpiceError):
    """The session is over, or a channel of it.

    Attributes:
        reason: the protocol's code where the peer said goodbye with one, else None.
        channel: the channel that ended first, as `display 0`; None where the whole session did.
    """

    def __init__(self, text: str, *, reason: int | None = None, channel: str | None = None) -> None:
        super().__init__(text)
        self.reason = reason
        self.channel = channel


class Unsupported(SpiceError):
    """The other side, or this version of the package, cannot do what was asked for.

    Attributes:
        capability: the name of what is missing.
    """

    def __init__(self, text: str, *, capability: str) -> None:
        super().__init__(text)
        self.capability = capability


class SourceError(SpiceError):
    """What was to be served cannot be shown, or not any longer: a file, an X display.

    Attributes:
        source: what it is, as text: the file's path, the display's name.
        reason: why not, in words.
    """

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(source, reason)
        self.source = source
        self.reason = reason

    def __str__(self) -> str:
        return f"cannot show {self.source}: {self.reason}"


class MissingExtra(SpiceError, ImportError):
    """A package that only some users need is not installed; the text has the command that installs it.

    Attributes:
        package: the module that is missing.
        extra: the extra of this package that brings it.
    """

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(package, extra)
        self.package = package
        self.extra = extra

    def __str__(self) -> str:
        return f"the package {self.package} is not installed: pip install 'spice-rs[{self.extra}]'"


class AgentUnavailable(SpiceError):
    """No agent runs in the guest, and what was asked for needs one."""
