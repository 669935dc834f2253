"""A node of Proxmox VE as far as its API hands out ways to displays: HTTPS, tickets and tokens, who may what."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote

import h11
import trio
from trio.abc import Stream

from spice_rs.tls import ServerTls
from tests.tls.ends import server as tls_server

TICKET, CSRF = "PVE:alice@pve:68F0A1C2::aGVs/bG8+d29ybGQ=", "68F0A1C2:token"
TOKEN, SECRET = "alice@pve!desk", "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
USER, PASSWORD = "alice@pve", "p@ss&word=%"

Answer = tuple[int, str, object]


@dataclass
class Node:
    """A node with three machines, of which `desk` has a display that alice may see.

    Attributes:
        spice: what it hands out for the display, for the host of the proxy that was asked for.
        asked: methods and paths.
        second_factor: tickets need one.
        odd: answers to a path in place of the right one.
    """

    spice: Callable[[str], dict[str, object]]
    asked: list[str] = field(default_factory=list)
    second_factor: bool = False
    odd: dict[str, bytes] = field(default_factory=dict)

    @asynccontextmanager
    async def listening(self, tls: ServerTls) -> AsyncIterator[int]:
        """Serve the API for a block; return the port."""
        assert tls._identity is not None
        identity = tls._identity

        async def serve(stream: trio.SocketStream) -> None:
            with suppress(trio.BrokenResourceError, Exception):
                end = tls_server(stream, identity)
                await end.do_handshake()
                await self._serve(end)
                await end.aclose()

        async with trio.open_nursery() as nursery:
            listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
            nursery.start_soon(trio.serve_listeners, serve, listeners)
            yield listeners[0].socket.getsockname()[1]
            nursery.cancel_scope.cancel()

    async def _serve(self, stream: Stream) -> None:
        connection, request, body = h11.Connection(h11.SERVER), None, b""
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(bytes(await stream.receive_some(65536)))
            elif isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                body += event.data
            else:
                break
        assert request is not None
        method, path = request.method.decode(), request.target.decode()
        self.asked.append(f"{method} {path}")
        if (odd := self.odd.get(path)) is not None:
            await stream.send_all(odd)
            return
        headers = {name.decode(): value.decode() for name, value in request.headers}
        values = {key: value[0] for key, value in parse_qs(body.decode()).items()}
        status, reason, data = self._answer(method, path.removeprefix("/api2/json"), headers, values)
        text = json.dumps({"data": data}).encode()
        head = f"HTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
        await stream.send_all(head.encode() + text)

    def _answer(self, method: str, path: str, headers: dict[str, str], values: dict[str, str]) -> Answer:
        if path == "/access/ticket":
            if (values.get("username"), values.get("password")) != (USER, PASSWORD):
                return 401, "authentication failure", None
            data: dict[str, object] = {"ticket": TICKET, "CSRFPreventionToken": CSRF, "username": USER}
            return 200, "OK", data | ({"NeedTFA": 1} if self.second_factor else {})
        if not self._knows(method, headers):
            return 401, "No ticket", None
        match method, path:
            case "GET", "/cluster/resources?type=vm":
                return 200, "OK", MACHINES
            case "POST", "/nodes/two/qemu/100/spiceproxy":
                return 200, "OK", self.spice(values["proxy"])
            case "POST", "/nodes/two/qemu/101/spiceproxy":
                return 500, "VM 101 not running", None
            case "POST", "/nodes/one/lxc/200/spiceproxy":
                return 403, "Permission check failed (/vms/200, VM.Console)", None
        return 501, f"Method '{method} {path}' not implemented", None

    def _knows(self, method: str, headers: dict[str, str]) -> bool:
        if headers.get("authorization") == f"PVEAPIToken={TOKEN}={SECRET}":
            return True
        has_ticket = headers.get("cookie") == f"PVEAuthCookie={quote(TICKET)}"
        return has_ticket and (method == "GET" or headers.get("csrfpreventiontoken") == CSRF)


MACHINES = [
    {"id": "qemu/100", "vmid": 100, "name": "desk", "node": "two", "type": "qemu", "status": "running"},
    {"id": "qemu/101", "vmid": 101, "name": "off", "node": "two", "type": "qemu", "status": "stopped"},
    {"id": "lxc/200", "vmid": 200, "name": "hidden", "node": "one", "type": "lxc", "status": "running"},
]
