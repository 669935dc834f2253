"""What `spice-rs doctor` does: one stage after the other, each with its time, until one fails."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio
from trio.abc import Stream

from ..client import Session, connect
from ..enums import ChannelType, CommonCap
from ..errors import ConnectError
from ..link import client_link
from ..transport import open_stream
from ..uri import Address, TcpAddress
from ._info import settle

Say = Callable[[str], None]

WIDTH = 9
"""Columns of a stage's name."""


@dataclass
class Report:
    """Says how each stage went."""

    say: Say

    @asynccontextmanager
    async def stage(self, name: str) -> AsyncIterator[list[str]]:
        """Run a stage for a block, which fills in what it found."""
        start, found = trio.current_time(), list[str]()
        try:
            yield found
        except Exception:
            self.say(f"FAILED  {name:{WIDTH}} after {_milliseconds(start)}")
            raise
        self.say(f"ok      {name:{WIDTH}} {', '.join(found)}{' in ' if found else ''}{_milliseconds(start)}")


async def examine(address: Address, password: str | None, say: Say) -> None:
    """Try each stage of a session, and say in words how far it went.

    Raises:
        SpiceError: why the first stage failed that did.
    """
    report = Report(say)
    if isinstance(address, TcpAddress):
        async with report.stage("resolve") as found:
            found += await _resolve(address)
    async with report.stage("connect"):
        stream = await open_stream(address)
    try:
        async with report.stage("log in") as found:
            found += await _link(stream, address, password)
    finally:
        await trio.aclose_forcefully(stream)
    async with connect(address, password=password) as session:
        async with report.stage("channels") as found:
            await settle(session)
            found += [channel.name for channel in session.channels.values() if channel]
        _complain(session, say)
        async with report.stage("picture") as found:
            frame = await session.display.frame()
            found.append(f"{frame.width}x{frame.height}{'' if frame.exact else ', not exact'}")


def _complain(session: Session, say: Say) -> None:
    """Say which channels could not be opened: the session goes on without them."""
    for channel in session.channels.values():
        if channel is not None and channel.ended is not None:
            say(f"FAILED  {channel.name}: {channel.ended}")


async def _resolve(address: TcpAddress) -> list[str]:
    try:
        found = await trio.socket.getaddrinfo(
            address.host, address.tls_port or address.port, type=trio.socket.SOCK_STREAM
        )
    except OSError as error:
        raise ConnectError(
            str(address), f"the name {address.host!r} does not resolve ({error.strerror}); check its spelling"
        ) from error
    return list(dict.fromkeys(str(place[4][0]) for place in found))


async def _link(stream: Stream, address: Address, password: str | None) -> list[str]:
    """Link the main channel only, so that what fails is known to be the login or what comes before."""
    host = address.host if isinstance(address, TcpAddress) else "localhost"
    secret = address.password if password is None else password
    linked = await client_link(stream, channel_type=ChannelType.MAIN, password=secret, host=host)
    ways = [cap.name for cap in (CommonCap.AUTH_SPICE, CommonCap.AUTH_SASL) if cap in linked.common]
    return ["SPICE 2", *("a ticket" if way == "AUTH_SPICE" else "SASL" for way in ways)]


def _milliseconds(start: float) -> str:
    return f"{(trio.current_time() - start) * 1000:.1f} ms"


__all__ = ["examine"]
