"""What every mechanism is: a few steps on each side, and perhaps a layer around everything that comes after."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from ..errors import RemoteProtocolError, SpiceError

TEXT_MAX = 4096
"""Bytes of a name, a password or a nonce at most."""


class LoginRefused(SpiceError):
    """A server's mechanism does not believe the client. What the client is told does not say why."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server's mechanism answers.

    Attributes:
        data: None for no data, which is not the same as empty data.
        finished: the client has proven who it is, and is told so with this answer.
    """

    data: bytes | None
    finished: bool


class Layer(ABC):
    """Protects what is sent after a login: each packet by itself, in its order.

    Attributes:
        packet_max: plain bytes that go into one packet.
    """

    packet_max: int

    @abstractmethod
    def wrap(self, data: bytes) -> bytes:
        """Return a packet with some plain bytes, `packet_max` at most."""

    @abstractmethod
    def unwrap(self, packet: bytes) -> bytes:
        """Return the plain bytes of the next packet.

        Raises:
            RemoteProtocolError: it was not made by who holds the keys, or not the next.
        """


class ClientMechanism(ABC):
    """The client's side of one login. `step` may block: it is called in a worker thread."""

    name: ClassVar[str]
    needs_tls: ClassVar[bool] = True
    """Whether the mechanism protects nothing by itself, so that servers do not offer it in clear text."""

    @abstractmethod
    def step(self, challenge: bytes | None) -> bytes | None:
        """Return the answer to what the server said, None for nothing at all; the first call is with None.

        Raises:
            RemoteProtocolError: the server does not keep to the mechanism.
            AuthenticationError: the login cannot succeed, or the server is not who it says.
        """

    @property
    @abstractmethod
    def done(self) -> bool:
        """Whether the server may say that the login has succeeded: it has proven what the mechanism makes it prove."""

    def layer(self) -> Layer | None:
        """Return the layer that both sides agreed on."""
        return None


class ServerMechanism(ABC):
    """The server's side of one login. `step` may block: it is called in a worker thread.

    Attributes:
        user: who has logged in, once it is finished.
    """

    name: ClassVar[str]
    user: str | None = None

    @abstractmethod
    def step(self, response: bytes | None) -> Reply:
        """Return the answer to what the client said; the first call is with what it began with, None for nothing.

        Raises:
            LoginRefused: the client has not proven who it is, or does not keep to the mechanism.
        """

    def layer(self) -> Layer | None:
        """Return the layer that both sides agreed on."""
        return None


def broken(name: str, what: str) -> RemoteProtocolError:
    """Return the error for a server that does not keep to its mechanism."""
    return RemoteProtocolError(f"the server does not keep to {name}: {what}", message="SASL")
