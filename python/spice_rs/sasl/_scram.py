"""SCRAM-SHA-1 and SCRAM-SHA-256 (RFC 5802, 7677), by the library `scramp` but for the server's messages."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import unicodedata
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


FIRST = re.compile(
    # Whether channels are bound, and as whom the client wants to act; then the message that counts.
    r"(?P<header>[ny],(?:a=(?P<acts_as>[^,]+))?,)(?P<bare>n=(?P<user>[^,]+),r=(?P<nonce>[!-+\--~]{1,256})(?:,[^\0]*)?)"
)
FINAL = re.compile(r"(?P<unproven>c=(?P<header>[^,]+),r=(?P<nonce>[^,]+)(?:,[^\0]*)?),p=(?P<proof>[^,]+)")


class ScramServer(ServerMechanism):
    """The server's half, with a table of passwords.

    The library's own takes no client that says as whom it wants to act, and Cyrus SASL always says so, even where that is itself.
    """

    def __init__(self, name: str, users: Users) -> None:
        self.method = name
        self._mechanism = scramp.ScramMechanism(name)
        self._hash = "sha1" if name == ScramSha1Client.name else "sha256"
        self._users = users
        self._first: re.Match[str] | None = None
        self._steps = 0

    def step(self, response: bytes | None) -> Reply:
        """Go through the two messages, and say what the client may check."""
        if response is None:
            return Reply(b"", finished=False)
        self._steps += 1
        try:
            text = response.decode() if len(response) <= MESSAGE_MAX else ""
        except UnicodeDecodeError as error:
            raise self._refused("its message is no text") from error
        if self._steps == 1:
            return Reply(self._begin(text).encode(), finished=False)
        if self._steps == 2:
            return Reply(self._end(text).encode(), finished=True)
        raise self._refused("it goes on after its last message")

    def _begin(self, text: str) -> str:
        self._first = first = FIRST.fullmatch(text)
        if first is None:
            raise self._refused("its first message cannot be read")
        self._name = self._unescaped(first["user"])
        if first["acts_as"] is not None and self._unescaped(first["acts_as"]) != self._name:
            raise self._refused("it wants to act as somebody else")
        if (password := self._users.password(self._name)) is None:
            raise self._refused("nobody has that name")
        salt, self._stored_key, self._server_key, rounds = self._mechanism.make_auth_info(password)
        self._nonce = first["nonce"] + secrets.token_urlsafe(24)
        self._answer = f"r={self._nonce},s={base64.b64encode(salt).decode()},i={rounds}"
        return self._answer

    def _end(self, text: str) -> str:
        final = FINAL.fullmatch(text)
        assert self._first is not None
        header = base64.b64encode(self._first["header"].encode()).decode()
        if final is None or final["header"] != header or final["nonce"] != self._nonce:
            raise self._refused("its last message does not belong to the first")
        conversation = ",".join((self._first["bare"], self._answer, final["unproven"])).encode()
        if not self._is_proof(final["proof"], conversation):
            raise self._refused("the password does not fit")
        self.user = self._name
        return "v=" + base64.b64encode(hmac.digest(self._server_key, conversation, self._hash)).decode()

    def _is_proof(self, text: str, conversation: bytes) -> bool:
        """Whether the client knows the key that hides under a signature, of which only the digest is kept."""
        signature = hmac.digest(self._stored_key, conversation, self._hash)
        try:
            proof = base64.b64decode(text, validate=True)
        except ValueError:
            return False
        if len(proof) != len(signature):
            return False
        key = bytes(one ^ other for one, other in zip(proof, signature, strict=True))
        return hmac.compare_digest(hashlib.new(self._hash, key).digest(), self._stored_key)

    def _unescaped(self, name: str) -> str:
        if re.search("=(?!2C|3D)", name):
            raise self._refused("its name cannot be read")
        return unicodedata.normalize("NFKC", name.replace("=2C", ",").replace("=3D", "="))

    def _refused(self, why: str) -> LoginRefused:
        return LoginRefused(f"{self.method}: {why}")


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
