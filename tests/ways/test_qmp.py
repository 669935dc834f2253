"""Into QEMU by its machine protocol, and what else may listen at such a socket."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trio

import spice_rs
from spice_rs import qmp
from spice_rs.errors import ConnectError, RemoteProtocolError
from tests.peers.qemu import Qemu


async def test_a_machine_is_reached_without_port_and_ticket(
    qemu: Callable[..., Qemu], tmp_path: Path
) -> None:
    path = tmp_path / "vm.qmp"
    peer = qemu(password="unknown to us", extra=("-qmp", f"unix:{path},server=on,wait=off"))
    peer.wait_ready()
    peer.pause()
    async with spice_rs.connect(qmp.opener(str(path))) as session:
        frame = await session.display.wait_stable(quiet=0.3)
        truth = await trio.to_thread.run_sync(peer.ground_truth)
        assert np.array_equal(np.asarray(frame)[:, :, 2::-1], truth)
        assert str(path) in repr(session)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (b"", "hangs up"),
        (b"REDQ\n", "no JSON"),
        (b"[]\n", "no object"),
        (b"{}\n", "does not greet"),
        (b"x" * (1 << 20) + b"x", "hangs up|no end"),
        (b'{"QMP":{}}\n{"error":{"desc":"not now"}}\n', "refuses qmp_capabilities: not now"),
        (b'{"QMP":{}}\n{"event":"X"}\n{"return":{}}\n{"error":5}\n', "refuses getfd: no reason"),
    ],
)
async def test_what_is_no_machine_is_said_in_words(tmp_path: Path, words: bytes, why: str) -> None:
    path = str(tmp_path / "odd")
    sock = trio.socket.socket(trio.socket.AF_UNIX)
    await sock.bind(path)
    sock.listen(1)

    async def speak(stream: trio.SocketStream) -> None:
        await stream.send_all(words)
        await stream.send_eof()
        await stream.receive_some(1 << 16)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, speak, [trio.SocketListener(sock)])
        with pytest.raises(RemoteProtocolError, match=why):
            async with spice_rs.connect(qmp.opener(path)):
                pass
        nursery.cancel_scope.cancel()


async def test_nobody_at_the_socket(tmp_path: Path) -> None:
    with pytest.raises(ConnectError, match="is the machine running"):
        async with spice_rs.connect(qmp.opener(str(tmp_path / "nothing"))):
            pass


async def test_a_monitor_that_is_talked_to_already(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(qmp, "ANSWER_WITHIN", 0.1)
    path = str(tmp_path / "busy")
    sock = trio.socket.socket(trio.socket.AF_UNIX)
    await sock.bind(path)
    sock.listen(1)
    with pytest.raises(ConnectError, match="one client at a time"):
        async with spice_rs.connect(qmp.opener(path)):
            pass
    sock.close()
