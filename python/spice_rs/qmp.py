"""Into QEMU through its machine protocol: a socket is handed over for each channel, so no port is needed and no ticket.

The machine needs a SPICE display (`-spice ...`, with a password or without) and a monitor on a UNIX socket:
`-qmp unix:/run/vm.qmp,server=on,wait=off`.
"""

from __future__ import annotations

import array
import json
import socket
from typing import Any, Self

import trio
from trio.abc import Stream

from ._stages import stage
from .enums import ChannelType
from .errors import ConnectError, RemoteProtocolError
from .transport import Opener

LINE_MAX = 1 << 20
"""Bytes of a line at most; QEMU's are short."""

ANSWER_WITHIN = 10.0
"""Seconds that QEMU may take for an answer: while somebody else talks to its monitor it does not even greet."""

NAME = "spice_rs"


def opener(path: str) -> Opener:
    """Return what opens channels of the machine behind a QMP socket: pass it to `connect`.

    Opening raises:
        ConnectError: nobody is at that socket, or somebody else is talking to it.
        RemoteProtocolError: what answers is no QMP, or QEMU refuses; it has no SPICE display, perhaps.
    """
    turn = trio.Lock()

    async def open_channel(_kind: ChannelType, _number: int) -> Stream:
        async with turn:
            return await _hand_over(path)

    open_channel.__name__ = f"spice+qmp://{path}"
    return open_channel


async def _hand_over(path: str) -> Stream:
    """Hand QEMU one end of a pair of sockets; return the other."""
    ours, theirs = trio.socket.socketpair()
    try:
        with theirs, trio.fail_after(ANSWER_WITHIN):
            async with await _connected(path) as monitor:
                with stage("QMP"):
                    await monitor.greet()
                    await monitor.command("getfd", theirs.fileno(), fdname=NAME)
                    await monitor.command(
                        "add_client", protocol="spice", fdname=NAME, skipauth=True, tls=False
                    )
    except BaseException as error:
        ours.close()
        if isinstance(error, trio.TooSlowError):
            raise ConnectError(
                f"spice+qmp://{path}", "QEMU does not answer there; a monitor talks to one client at a time"
            ) from error
        raise
    return trio.SocketStream(ours)


async def _connected(path: str) -> _Monitor:
    sock = trio.socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with stage("connect"):
            await sock.connect(path)
    except OSError as error:
        sock.close()
        why = error.strerror or str(error)
        raise ConnectError(
            f"spice+qmp://{path}", f"{why}; is the machine running?", errno=error.errno
        ) from error
    return _Monitor(sock, path)


class _Monitor:
    """A conversation in QMP: lines of JSON, and file descriptors beside them."""

    def __init__(self, sock: trio.socket.SocketType, path: str) -> None:
        self._socket = sock
        self._path = path
        self._received = bytearray()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._socket.close()

    async def greet(self) -> None:
        """Hear the greeting, and begin."""
        if "QMP" not in await self._line():
            raise self._strange("it does not greet as QMP does")
        await self.command("qmp_capabilities")

    async def command(self, execute: str, descriptor: int | None = None, /, **arguments: object) -> Any:
        """Run a command; a descriptor goes along with it."""
        line = json.dumps({"execute": execute, "arguments": arguments}).encode() + b"\n"
        beside = (
            []
            if descriptor is None
            else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
        )
        await self._socket.sendmsg([line], beside)
        while True:
            answer = await self._line()
            if "error" in answer:
                text = (
                    answer["error"].get("desc", "no reason")
                    if isinstance(answer["error"], dict)
                    else "no reason"
                )
                raise RemoteProtocolError(f"QEMU refuses {execute}: {str(text)[:200]}", message="QMP")
            if "return" in answer:
                return answer["return"]

    async def _line(self) -> dict[str, Any]:
        while b"\n" not in self._received:
            if len(self._received) > LINE_MAX:
                raise self._strange("its line has no end")
            data = await self._socket.recv(65536)
            if not data:
                raise self._strange("it hangs up")
            self._received += data
        line, _, rest = bytes(self._received).partition(b"\n")
        self._received = bytearray(rest)
        try:
            answer = json.loads(line)
        except ValueError:
            raise self._strange("its line is no JSON") from None
        if not isinstance(answer, dict):
            raise self._strange("its line is no object")
        return answer

    def _strange(self, what: str) -> RemoteProtocolError:
        return RemoteProtocolError(f"what listens at {self._path} is no QMP of QEMU: {what}", message="QMP")
