"""One HTTP request over a stream, and its answer within bounds. Needs `h11`, which some extras bring."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import h11
import trio
from trio.abc import Stream

from .errors import RemoteProtocolError

HEAD_MAX = 1 << 16
BODY_MAX = 1 << 22
"""Bytes of an answer's headers and of what comes behind them."""

RECEIVE_SIZE = 1 << 16


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said.

    Attributes:
        reason: the words behind the status.
    """

    status: int
    reason: str
    body: bytes = field(repr=False)


async def request(
    stream: Stream, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes = b""
) -> Answer:
    """Ask, and hear the whole answer; the stream is of no use then.

    Raises:
        RemoteProtocolError: what answers is no HTTP, or says too much.
        ValueError: something cannot stand in a request.

    It has no deadline of its own: the caller has a cancel scope.
    """
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_MAX)
    # What h11 says of a bad value repeats it, and that may be a secret.
    if not all(re.fullmatch("[ -~]*", value) for _, value in headers):
        raise ValueError("a user, a password or a name has something in it that HTTP does not carry")
    every = [*headers, ("Content-Length", str(len(body))), ("Connection", "close")]
    try:
        asked = connection.send(h11.Request(method=method, target=target, headers=every)) or b""
        asked += connection.send(h11.Data(data=body)) or b""
        await stream.send_all(asked + (connection.send(h11.EndOfMessage()) or b""))
        return await _answer(stream, connection)
    except h11.RemoteProtocolError as error:
        raise RemoteProtocolError(
            f"the server does not answer as HTTP has it: {error}", message="HTTP"
        ) from error
    except trio.BrokenResourceError as error:
        raise RemoteProtocolError(
            "the connection broke while the server was asked", message="HTTP"
        ) from error


async def _answer(stream: Stream, connection: h11.Connection) -> Answer:
    status, reason, body = 0, "", bytearray()
    while True:
        match connection.next_event():
            case h11.Response(status_code=status, reason=words):
                reason = bytes(words).decode("ascii", "replace")[:200]
            case h11.Data(data=data):
                body += data
                if len(body) > BODY_MAX:
                    raise RemoteProtocolError(
                        f"the server's answer has more than {BODY_MAX >> 20} MiB", message="HTTP"
                    )
            case h11.EndOfMessage():
                return Answer(status, reason, bytes(body))
            case h11.NEED_DATA:
                connection.receive_data(bytes(await stream.receive_some(RECEIVE_SIZE)))
