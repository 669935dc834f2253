"""Which channels a server wants inside of TLS, and how a connection gets there (protocol.md 1.2, 5.8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from trio.abc import Stream

from .._door import peek, refuse
from .._strangers import MAGIC
from ..enums import ChannelType, LinkErrorCode
from ..link import Refused, refusal_bytes
from ..tls import TlsStream
from ..tls._client import channel_type
from ..tls._server import Wardrobe

ChannelSecurity = Literal["clear", "tls", "both"]
"""How a channel may come: only in clear text, only inside of TLS, or as the client likes."""

ELSE = "default"
"""Stands for all channels that are not named."""


class Security:
    """The rules of a server: one for each type of channel.

    Arguments:
        rules: by names of channels, and `default` for all others.

    Raises:
        ValueError: there is no such channel, or no such rule.
    """

    def __init__(self, rules: Mapping[str, ChannelSecurity]) -> None:
        for name, rule in rules.items():
            if rule not in ("clear", "tls", "both"):
                raise ValueError(f"channel {name!r} cannot be {rule!r}: there are clear, tls and both")
        self._else = rules.get(ELSE, "both")
        self._rules = {channel_type(name): rule for name, rule in rules.items() if name != ELSE}

    @property
    def needs_tls(self) -> bool:
        """Whether some channel cannot come without."""
        return "tls" in (self._else, *self._rules.values())

    def rule(self, kind: ChannelType) -> ChannelSecurity:
        """Return how a channel may come."""
        return self._rules.get(kind, self._else)

    def check(self, kind: ChannelType, *, encrypted: bool) -> None:
        """Refuse a channel that comes the wrong way.

        Raises:
            Refused: it does, and is told which way is right.
        """
        rule = self.rule(kind)
        if rule == "tls" and not encrypted:
            raise Refused(LinkErrorCode.NEED_SECURED, f"{kind.name.lower()} has to be encrypted")
        if rule == "clear" and encrypted:
            raise Refused(LinkErrorCode.NEED_UNSECURED, f"{kind.name.lower()} has to be in clear text")


async def begin_tls(stream: Stream, wardrobe: Wardrobe) -> TlsStream:
    """Begin TLS on a connection that has come to a port for it; return the stream inside.

    Raises:
        LinkError: the client does without, and was told what it needs.
        TlsError: it speaks something else, refuses, or goes away.
        trio.BrokenResourceError: the connection broke.

    It has no deadline of its own: the caller has a cancel scope. Cancelled or failed, the stream is to be closed.
    """
    start = (await peek(stream, len(MAGIC))).start
    if start == MAGIC:
        await stream.send_all(refusal_bytes(LinkErrorCode.NEED_SECURED))
        raise Refused(LinkErrorCode.NEED_SECURED, "the client speaks without TLS at a port for TLS")
    if start == b"GET ":
        raise await refuse(stream, "400 Bad Request", "This port speaks TLS: use wss://.")
    pipe = wardrobe.pipe()
    pipe.receive(start)
    inside = TlsStream(stream, pipe)
    await inside.do_handshake()
    return inside
