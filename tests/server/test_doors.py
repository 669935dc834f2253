"""Where a server listens: several places at once, and sockets that others have opened."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import trio

import spice_rs
from spice_rs.errors import ConnectError, ListenError
from tests.server.test_serve import shown

SERVER = """
import os, sys, trio, spice_rs
os.environ["LISTEN_PID"] = str(os.getpid())
async def main():
    async with spice_rs.serve(*sys.argv[1:], size=(64, 48)) as server:
        print(*server.addresses, flush=True)
        await trio.to_thread.run_sync(sys.stdin.read)
trio.run(main)
"""


async def test_a_server_listens_in_several_places(tmp_path: Path) -> None:
    path = tmp_path / "s"
    async with spice_rs.serve("spice://127.0.0.1:0", "spice://[::1]:0", f"spice+unix://{path}") as server:
        assert len(server.addresses) == 3
        for address in server.addresses:
            async with spice_rs.connect(address) as session:
                await shown(server, session)


async def test_a_server_listens_on_sockets_of_the_program(tmp_path: Path) -> None:
    tcp, unix = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)
    unix.bind(str(tmp_path / "s"))
    unix.listen()
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    known = f"spice://127.0.0.1:{tcp.getsockname()[1]}", f"spice+unix://{tmp_path}/s"
    async with spice_rs.serve(tcp, unix, listener, size=(64, 48)) as server:
        assert server.addresses[:2] == known and len(server.addresses) == 3
        for address in server.addresses:
            async with spice_rs.connect(address) as session:
                await shown(server, session)
    with pytest.raises(ConnectError):
        async with spice_rs.connect(server.addresses[0]):
            pass
    with socket.socket() as deaf, pytest.raises(ListenError, match="it is no listening socket"):
        async with spice_rs.serve(deaf):
            pass


@pytest.mark.parametrize(("address", "expected"), [("systemd:", (0, 1)), ("systemd:one", (1,))])
async def test_sockets_that_systemd_opened_are_taken_over(
    tmp_path: Path, address: str, expected: tuple[int, ...]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(tmp_path / "s"))
        unix.listen()
        known = (f"spice://127.0.0.1:{tcp.getsockname()[1]}", f"spice+unix://{tmp_path}/s")
        environment = os.environ | {"LISTEN_FDS": "2", "LISTEN_FDNAMES": "other:one"}
        # What systemd does between fork and exec: the sockets become the descriptors from 3 on.
        numbers = f'exec 3<&{tcp.fileno()} 4<&{unix.fileno()}; exec "$@"'
        command = ["bash", "-c", numbers, "bash", sys.executable, "-c", SERVER, address]
        with subprocess.Popen(  # noqa: ASYNC220
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[tcp.fileno(), unix.fileno()],
            text=True,
        ) as process:
            assert process.stdout is not None and process.stdin is not None
            assert tuple(process.stdout.readline().split()) == tuple(known[index] for index in expected)
            for index in expected:
                async with spice_rs.connect(known[index]) as session:
                    await session.display.frame()
            process.stdin.close()
        assert process.returncode == 0


async def test_without_systemd_that_is_said() -> None:
    with pytest.raises(ListenError, match="no socket named 'spice'"):
        async with spice_rs.serve("systemd:spice"):
            pass
