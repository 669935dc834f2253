"""Our server and our client, joined in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import trio
from trio.abc import Stream
from trio.testing import memory_stream_pair

from .._groups import plain_errors
from ..client import Session, connect
from ..enums import ChannelType
from ..server import Server, serve
from ..transport import Opener


def memory_opener(
    server: Server,
    nursery: trio.Nursery,
    around: Callable[[Stream], Stream] = lambda stream: stream,
) -> Opener:
    """Return an opener that connects to a server of this process in memory: pass it to `connect`.

    Arguments:
        nursery: where the server's end of each connection runs.
        around: wraps the client's end of each connection, to record it or to be nasty.
    """

    async def in_memory(_kind: ChannelType, _number: int) -> Stream:
        ours, theirs = memory_stream_pair()
        nursery.start_soon(server.accept, theirs)
        return around(ours)

    return in_memory


@asynccontextmanager
async def session_pair(
    *,
    password: str | None = None,
    client: dict[str, Any] | None = None,
    around: Callable[[Stream], Stream] = lambda stream: stream,
    **server: Any,
) -> AsyncIterator[tuple[Server, Session]]:
    """Serve and connect in memory for a block.

    Arguments:
        client: keyword arguments for `connect`.
        around: wraps the client's end of each connection.
        server: keyword arguments for `serve`.

    Raises:
        what `serve` and `connect` raise, and at the end any mistake of this package that the server has swallowed.
    """
    with plain_errors():
        async with serve(password=password, **server) as served, trio.open_nursery() as nursery:
            opener = memory_opener(served, nursery, around)
            async with connect(opener, password=password, **(client or {})) as session:
                yield served, session
            nursery.cancel_scope.cancel()
        if served.faults:
            raise served.faults[0]
