"""DIGEST-MD5: what the reference offers in clear text, with a layer that encrypts what follows (RFC 2831).

It is obsolete, and so are its ciphers; it is better than nothing and is here because servers offer nothing better without TLS.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import md5
from typing import ClassVar

from ..errors import AuthenticationError
from ._digest_layer import BUFFER_MAX, CIPHERS, DigestLayer
from ._mechanism import TEXT_MAX, ClientMechanism, Layer, LoginRefused, Reply, ServerMechanism, broken
from ._users import Users

NAME = "DIGEST-MD5"
COUNT = "00000001"
NO_BODY = ":" + "0" * 32


@dataclass(frozen=True, slots=True)
class Terms:
    """What both sides put into the hashes."""

    realm: str
    nonce: str
    cnonce: str
    qop: str
    uri: str
    cipher: str | None = None

    def secret(self, user: str, password: str) -> bytes:
        """Return H(A1): the key of everything."""
        inner = md5(b":".join(map(_latin, (user, self.realm, password))), usedforsecurity=False).digest()
        return _md5(b":".join((inner, self.nonce.encode(), self.cnonce.encode())))

    def proof(self, secret: bytes, who: str) -> str:
        """Return the response of the client (`who` is AUTHENTICATE) or the server's (`who` is empty)."""
        second = f"{who}:{self.uri}" + ("" if self.qop == "auth" else NO_BODY)
        words = (secret.hex(), self.nonce, COUNT, self.cnonce, self.qop, _md5(second.encode()).hex())
        return _md5(":".join(words).encode()).hex()


class DigestClient(ClientMechanism):
    """The client's half.

    Arguments:
        host: of the server, as the client knows it.
        protects: whether something is wanted that protects what follows: not inside of TLS.
    """

    name: ClassVar[str] = NAME
    needs_tls: ClassVar[bool] = False

    def __init__(self, user: str, password: str, *, host: str, protects: bool) -> None:
        self._user, self._password, self._host, self._protects = user, password, host, protects
        self._terms: Terms | None = None
        self._secret = b""
        self._buffer = BUFFER_MAX
        self._proven = False

    def step(self, challenge: bytes | None) -> bytes | None:
        """Answer the challenge, then check the server's own proof."""
        if challenge is None:
            return None
        if self._terms is None:
            return self._respond(_parse_or_raise(challenge))
        if self._proven:
            return None
        found = _parse_or_raise(challenge).get("rspauth", "")
        if not hmac.compare_digest(found, self._terms.proof(self._secret, "")):
            raise AuthenticationError(f"{NAME}: the server does not know the password itself")
        self._proven = True
        return None

    @property
    def done(self) -> bool:
        """Whether the server has proven that it knows the password."""
        return self._proven

    def layer(self) -> Layer | None:
        """Return what the chosen quality of protection means."""
        assert self._terms is not None
        return _layer(self._terms, self._secret, self._buffer, is_client=True)

    def _respond(self, challenge: Mapping[str, str]) -> bytes:
        self._terms = terms = self._choose(challenge)
        self._secret = terms.secret(self._user, self._password)
        words = {
            "username": _quoted(self._user),
            "realm": _quoted(terms.realm),
            "nonce": _quoted(terms.nonce),
        }
        words |= {"cnonce": _quoted(terms.cnonce), "nc": COUNT, "qop": terms.qop}
        if terms.cipher is not None:
            words |= {"cipher": terms.cipher, "maxbuf": str(BUFFER_MAX)}
        words |= {"digest-uri": _quoted(terms.uri), "response": terms.proof(self._secret, "AUTHENTICATE")}
        if challenge.get("charset") == "utf-8":
            words["charset"] = "utf-8"
        return ",".join(f"{key}={value}" for key, value in words.items()).encode()

    def _choose(self, challenge: Mapping[str, str]) -> Terms:
        nonce = challenge.get("nonce")
        if not nonce or challenge.get("algorithm") != "md5-sess":
            raise broken(NAME, "its challenge lacks the nonce or the algorithm md5-sess")
        offered = _list(challenge.get("qop", "auth"))
        ciphers = [name for name in CIPHERS if name in _list(challenge.get("cipher", ""))]
        self._buffer = _buffer(challenge.get("maxbuf"), NAME)
        if "auth-conf" in offered and ciphers and (self._protects or "auth" not in offered):
            qop, cipher = "auth-conf", ciphers[0]
        elif "auth" in offered and not self._protects:
            qop, cipher = "auth", None
        else:
            raise AuthenticationError(
                f"{NAME}: the server offers no protection that this side has; use its TLS port"
            )
        realm = challenge.get("realm", self._host)
        return Terms(realm, nonce, secrets.token_urlsafe(24), qop, f"spice/{self._host}", cipher)


class DigestServer(ServerMechanism):
    """The server's half.

    Arguments:
        protects: the layer is demanded; else it is not offered, as inside of TLS.
    """

    name: ClassVar[str] = NAME

    def __init__(self, users: Users, *, realm: str, protects: bool) -> None:
        self._users, self._realm, self._protects = users, realm, protects
        self._nonce = secrets.token_urlsafe(24)
        self._asked = False
        self._terms: Terms | None = None
        self._secret = b""
        self._buffer = BUFFER_MAX
        self._candidate: str | None = None

    def step(self, response: bytes | None) -> Reply:
        """Ask, take the answer, prove oneself, and hear that it was enough."""
        if not self._asked:
            self._asked = True
            return Reply(self._challenge(), finished=False)
        if self._terms is None:
            return Reply(self._judge(response or b""), finished=False)
        self.user = self._candidate
        return Reply(None, finished=True)

    def layer(self) -> Layer | None:
        """Return what was demanded."""
        assert self._terms is not None
        return _layer(self._terms, self._secret, self._buffer, is_client=False)

    def _challenge(self) -> bytes:
        qop = "auth-conf" if self._protects else "auth"
        words = {"nonce": _quoted(self._nonce), "realm": _quoted(self._realm), "qop": _quoted(qop)}
        if self._protects:
            words |= {"cipher": _quoted(",".join(CIPHERS)), "maxbuf": str(BUFFER_MAX)}
        words |= {"charset": "utf-8", "algorithm": "md5-sess"}
        return ",".join(f"{key}={value}" for key, value in words.items()).encode()

    def _judge(self, response: bytes) -> bytes:
        words = _parse(response)
        if words is None:
            raise LoginRefused(f"{NAME}: the answer cannot be read")
        user, qop = words.get("username", ""), words.get("qop", "auth")
        terms = Terms(
            words.get("realm", ""), self._nonce, words.get("cnonce", ""), qop, words.get("digest-uri", ""),
            words.get("cipher") if qop == "auth-conf" else None,
        )  # fmt: skip
        self._check(words, terms)
        password = self._users.password(user)
        secret = terms.secret(user, password or "")
        fits = hmac.compare_digest(words.get("response", ""), terms.proof(secret, "AUTHENTICATE"))
        if password is None or not fits:
            raise LoginRefused(f"{NAME}: wrong name or password")
        self._candidate, self._terms, self._secret = user, terms, secret
        return f"rspauth={terms.proof(secret, '')}".encode()

    def _check(self, words: Mapping[str, str], terms: Terms) -> None:
        same = words.get("nonce") == self._nonce and words.get("nc") == COUNT and terms.realm == self._realm
        wanted = "auth-conf" if self._protects else "auth"
        cipher_known = terms.cipher in CIPHERS if self._protects else True
        if not (
            same and terms.cnonce and terms.uri.startswith("spice/") and terms.qop == wanted and cipher_known
        ):
            raise LoginRefused(f"{NAME}: the answer is to another question")
        try:
            self._buffer = _buffer(words.get("maxbuf"), NAME)
        except Exception as error:
            raise LoginRefused(f"{NAME}: its buffer is no size") from error


def _layer(terms: Terms, secret: bytes, buffer: int, *, is_client: bool) -> Layer | None:
    return None if terms.cipher is None else DigestLayer(secret, terms.cipher, buffer, is_client=is_client)


def _parse_or_raise(data: bytes) -> Mapping[str, str]:
    words = _parse(data)
    if words is None:
        raise broken(NAME, "its message cannot be read")
    return words


WORD = re.compile(r'\s*([\w-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s",]*)\s*(?:,|$)')


def _parse(data: bytes) -> dict[str, str] | None:
    """Read `key=value, key="value"`; the first of several values counts. None for something else."""
    if len(data) > 2 * TEXT_MAX:
        return None
    words: dict[str, str] = {}
    text, at = data.decode(errors="replace"), 0
    while at < len(text):
        if text[at] in ", \t\r\n":
            at += 1
            continue
        found = WORD.match(text, at)
        if found is None:
            return None
        value = found[2]
        plain = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
        words.setdefault(found[1].lower(), plain)
        at = found.end()
    return words


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def _buffer(text: str | None, name: str) -> int:
    """Return how large packets to the other side may be."""
    if text is None:
        return BUFFER_MAX
    if not re.fullmatch("[0-9]{1,9}", text) or int(text) < 64:
        raise broken(name, "its buffer is no size")
    return min(int(text), BUFFER_MAX)


def _quoted(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _latin(text: str) -> bytes:
    """Encode as the hashes want it: in ISO 8859-1 where that is possible."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()


def _md5(data: bytes | Iterable[bytes]) -> bytes:
    return md5(data if isinstance(data, bytes) else b"".join(data), usedforsecurity=False).digest()
