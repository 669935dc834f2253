"""What clients may make a server spend."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..limits import Limits


def _from_clients() -> Limits:
    # No message that a client sends on these channels is longer; the reference server closes at 26 KiB (protocol.md 1.8).
    return Limits(message=1 << 16, list=1024, sub_messages=64)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLimits:
    """Bounds on connections and clients; `serve` takes them.

    Attributes:
        links: connections that may be in the link stage at once. One more turns out the oldest of the address that has most.
        link_seconds: how long the link stage may take.
        clients: sessions at once; another one is refused.
        display_init_seconds: how long a display may take to name its caches, before which it is shown nothing.
        silence_seconds: after how long without an answer to a PING a client is taken to be gone. One that is only stopped, as by
            a debugger, costs no more than a region meanwhile.
        glz_window_pixels: of what clients offer to keep for GLZ, how much is used: the server keeps the same, four bytes each.
        messages: what messages of clients may ask for.
    """

    links: int = 64
    link_seconds: float = 10.0
    clients: int = 64
    display_init_seconds: float = 30.0
    silence_seconds: float = 120.0
    glz_window_pixels: int = 1 << 23
    messages: Limits = field(default_factory=_from_clients)
