"""PLAIN, ANONYMOUS and EXTERNAL: one message each (RFC 4616, 4505, 4422)."""

from __future__ import annotations

import hmac
from typing import ClassVar

from ._mechanism import TEXT_MAX, ClientMechanism, LoginRefused, Reply, ServerMechanism
from ._users import Users


class _OneMessage(ClientMechanism):
    """Says one thing, and has nothing to hear."""

    def __init__(self, message: bytes) -> None:
        self._message = message
        self._said = False

    def step(self, challenge: bytes | None) -> bytes | None:
        """Say it."""
        if self._said:
            return None
        self._said = True
        return self._message

    @property
    def done(self) -> bool:
        """Whether it was said."""
        return self._said


class PlainClient(_OneMessage):
    """The name and the password, as they are: only inside of TLS."""

    name: ClassVar[str] = "PLAIN"

    def __init__(self, user: str, password: str) -> None:
        super().__init__(b"\0".join((b"", user.encode(), password.encode())))


class AnonymousClient(_OneMessage):
    """Nobody in particular."""

    name: ClassVar[str] = "ANONYMOUS"

    def __init__(self) -> None:
        super().__init__(b"spice_rs")


class ExternalClient(_OneMessage):
    """Whoever the connection says already."""

    name: ClassVar[str] = "EXTERNAL"

    def __init__(self) -> None:
        super().__init__(b"")


class PlainServer(ServerMechanism):
    """Compares a password with that of a user."""

    name: ClassVar[str] = "PLAIN"

    def __init__(self, users: Users) -> None:
        self._users = users

    def step(self, response: bytes | None) -> Reply:
        """Take the one message."""
        if response is None:
            return Reply(b"", finished=False)
        parts = response.split(b"\0")
        if len(parts) != 3 or len(response) > TEXT_MAX:
            raise LoginRefused("PLAIN: not three words")
        wanted_user, user, password = parts
        known = self._users.password(user.decode(errors="replace"))
        # Compared also where there is no such user, so that the time does not tell.
        fits = hmac.compare_digest(password, (known or "").encode())
        if known is None or not fits or wanted_user not in (b"", user):
            raise LoginRefused("PLAIN: wrong name or password")
        self.user = user.decode()
        return Reply(None, finished=True)


class AnonymousServer(ServerMechanism):
    """Lets everybody in."""

    name: ClassVar[str] = "ANONYMOUS"

    def step(self, response: bytes | None) -> Reply:
        """Take what the client calls itself, which means nothing."""
        if response is None:
            return Reply(b"", finished=False)
        self.user = "anonymous"
        return Reply(None, finished=True)


class ExternalServer(ServerMechanism):
    """Believes what the connection says.

    Arguments:
        identity: who is at the other end; None refuses.
    """

    name: ClassVar[str] = "EXTERNAL"

    def __init__(self, identity: str | None) -> None:
        self._identity = identity

    def step(self, response: bytes | None) -> Reply:
        """Take the name that the client wants to have, which can only be its own."""
        if response is None:
            return Reply(b"", finished=False)
        if self._identity is None or response not in (b"", self._identity.encode()):
            raise LoginRefused("EXTERNAL: the connection does not say who that is")
        self.user = self._identity
        return Reply(None, finished=True)
