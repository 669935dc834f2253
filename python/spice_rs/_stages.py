"""How far a connection has come, for whoever wants to know: `spice-rs doctor`.

Each stage is announced where it happens, so that there is no second truth about what comes after what::

    with stage("connect") as found:
        stream = await trio.open_tcp_stream(host, port)
        found.append("something for people")

The stages are resolve, connect, proxy, TLS, WebSocket, QMP, link and authentication; a connection goes through some of them, and through a
proxy's TLS before the server's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

Watcher = Callable[[str], AbstractContextManager[list[str]]]
"""Is told of each stage by its name; the block that it opens fills in, in words and without secrets, what was found."""

_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


@contextmanager
def watching(watcher: Watcher) -> Iterator[None]:
    """Tell somebody of the stages of all connections that are opened in a block, in this task and in those that it starts."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


def is_watched() -> bool:
    """Whether somebody wants to know, so that it is worth it to ask for what a connection itself does not need."""
    return _watcher.get() is not None


@contextmanager
def stage(name: str) -> Iterator[list[str]]:
    """Announce a stage for a block, which fills in what it found."""
    watcher = _watcher.get()
    if watcher is None:
        yield []
        return
    with watcher(name) as found:
        yield found
