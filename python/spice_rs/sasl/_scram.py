"""SCRAM-SHA-1 and SCRAM-SHA-256, by the library `scramp` (RFC 5802, 7677)."""

from __future__ import annotations

import re
from typing import ClassVar

from ..errors import AuthenticationError
from ._mechanism import ClientMechanism, LoginRefused, Reply, ServerMechanism, broken
from ._users import Users

try:
    import scramp  # type: ignore[import-untyped]
except ModuleNotFoundError:
    has_scramp = False
else:
    has_scramp = True

ITERATIONS_MAX = 1_000_000
"""What a server may make this side compute: half a second."""

MESSAGE_MAX = 4096


class ScramClient(ClientMechanism):
    """Proves the password without telling it, and makes the server prove that it knows it too."""

    def __init__(self, name: str, user: str, password: str) -> None:
        self._scram = scramp.ScramClient([name], user, password)
        self._steps = 0
        self.method = name

    def step(self, challenge: bytes | None) -> bytes | None:
        """Go through the three messages."""
        self._steps += 1
        if self._steps == 1:
            return str(self._scram.get_client_first()).encode()
        text = _text(challenge or b"", self.method)
        if self._steps == 2:
            _check_work(text, self.method)
        try:
            return self._answer(text)
        except scramp.ScramException as error:
            raise AuthenticationError(
                f"{self.method}: the login failed; wrong name or password, or the server does not know it: {error.message}"
            ) from error

    def _answer(self, text: str) -> bytes | None:
        if self._steps == 2:
            self._scram.set_server_first(text)
            return str(self._scram.get_client_final()).encode()
        if self._steps == 3:
            self._scram.set_server_final(text)
            return None
        raise broken(self.method, "it goes on after its last message")

    @property
    def done(self) -> bool:
        """Whether the server has proven that it knows the password."""
        return self._steps == 3


def _text(data: bytes, name: str) -> str:
    try:
        return data[:MESSAGE_MAX].decode()
    except UnicodeDecodeError:
        raise broken(name, "its message is no text") from None


def _check_work(server_first: str, name: str) -> None:
    count = re.search(r"(?:^|,)i=([0-9]{1,9})(?:,|$)", server_first)
    if count is None or int(count[1]) > ITERATIONS_MAX:
        raise broken(name, f"it asks for more than {ITERATIONS_MAX} iterations, or none")


class ScramServer(ServerMechanism):
    """The server's half, with a table of passwords."""

    def __init__(self, name: str, users: Users) -> None:
        self.method = name
        self._mechanism = scramp.ScramMechanism(name)
        self._users = users
        self._scram = self._mechanism.make_server(self._info)
        self._user: str | None = None
        self._steps = 0

    def step(self, response: bytes | None) -> Reply:
        """Go through the two messages, and say what the client may check."""
        if response is None:
            return Reply(b"", finished=False)
        self._steps += 1
        try:
            return self._answer(response[:MESSAGE_MAX].decode())
        except (scramp.ScramException, UnicodeDecodeError) as error:
            raise LoginRefused(f"{self.method}: {type(error).__name__}") from error

    def _answer(self, text: str) -> Reply:
        if self._steps == 1:
            self._scram.set_client_first(text)
            return Reply(str(self._scram.get_server_first()).encode(), finished=False)
        if self._steps == 2:
            self._scram.set_client_final(text)
            self.user = self._user
            return Reply(str(self._scram.get_server_final()).encode(), finished=True)
        raise LoginRefused(f"{self.method}: it goes on after its last message")

    def _info(self, user: str) -> object:
        password = self._users.password(user)
        if password is None:
            raise LoginRefused(f"{self.method}: nobody has that name")
        self._user = user
        return self._mechanism.make_auth_info(password)


class ScramSha1Client(ScramClient):
    """SCRAM-SHA-1."""

    name: ClassVar[str] = "SCRAM-SHA-1"

    def __init__(self, user: str, password: str) -> None:
        super().__init__(self.name, user, password)


class ScramSha256Client(ScramClient):
    """SCRAM-SHA-256."""

    name: ClassVar[str] = "SCRAM-SHA-256"

    def __init__(self, user: str, password: str) -> None:
        super().__init__(self.name, user, password)
