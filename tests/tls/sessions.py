"""What a test wants to know of a session's channels."""

from __future__ import annotations

import spice_rs
from spice_rs.transport import is_encrypted

EVERY = {"main", "display", "inputs", "cursor"}


async def linked(session: spice_rs.Session) -> None:
    """Wait until all channels are."""
    for channel in filter(None, session.channels.values()):
        await channel.up()


def encrypted(session: spice_rs.Session) -> set[str]:
    """The channels that are inside of TLS."""
    channels = filter(None, session.channels.values())
    return {
        channel.kind.name.lower()
        for channel in channels
        if channel._stream is not None and is_encrypted(channel._stream)
    }
