"""A CONNECT proxy that behaves as Proxmox's does: the host's name is a ticket, and each channel brings it again."""

from __future__ import annotations

import base64
from contextlib import suppress
from dataclasses import dataclass, field

import trio
from trio.abc import Stream

HEAD_MAX = 8192


@dataclass
class ConnectProxy:
    """Lets through who names a target that it knows.

    Attributes:
        targets: where a host's name leads, by the name as it stands in the request.
        login: `user:password` that is asked for.
        asked: the targets that were asked for, in their order.
    """

    targets: dict[str, tuple[str, int]]
    login: str | None = None
    asked: list[str] = field(default_factory=list)

    async def serve(self, stream: Stream) -> None:
        """Serve one connection."""
        async with stream:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                if len(head) > HEAD_MAX or not (more := await stream.receive_some(1)):
                    return
                head += more
            with suppress(trio.BrokenResourceError):
                await self._answer(stream, head.decode("latin-1").split("\r\n"))

    async def _answer(self, stream: Stream, lines: list[str]) -> None:
        method, target, version = lines[0].split(" ")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
        self.asked.append(target)
        host, _, _port = target.rpartition(":")
        wanted = "basic " + base64.b64encode((self.login or "").encode()).decode().lower()
        if method != "CONNECT" or version != "HTTP/1.1" or headers.get("host") != target.lower():
            status = "400 bad request"
        elif self.login is not None and headers.get("proxy-authorization") != wanted:
            status = "407 Proxy Authentication Required"
        elif host not in self.targets:
            status = "401 invalid ticket"
        else:
            await self._join(stream, await trio.open_tcp_stream(*self.targets[host]))
            return
        await stream.send_all(f"HTTP/1.1 {status}\r\nContent-Length: 3\r\n\r\nno\n".encode())

    async def _join(self, stream: Stream, server: trio.SocketStream) -> None:
        await stream.send_all(b"HTTP/1.0 200 OK\r\n\r\n")
        async with server, trio.open_nursery() as nursery:
            for one, other in ((stream, server), (server, stream)):
                nursery.start_soon(_copy, one, other, nursery.cancel_scope)


async def _copy(one: Stream, other: Stream, scope: trio.CancelScope) -> None:
    with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
        while data := await one.receive_some():
            await other.send_all(data)
    scope.cancel()
