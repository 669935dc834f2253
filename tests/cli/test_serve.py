"""The command `serve`, as a process: what it prints, what it serves, how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
import trio
from PIL import Image

import spice_rs
from spice_rs.cli._app import run
from spice_rs.cli._failures import Status
from spice_rs.errors import AuthenticationError, Disconnected
from tests.peers.xvfb import Xvfb

ANY_PORT = "spice://127.0.0.1:0"
RNG = np.random.default_rng(11)


class Serving:
    """A running command.

    Attributes:
        said: the lines that it has printed so far.
        address: where it listens first.
    """

    def __init__(self, process: trio.Process) -> None:
        self.process = process
        self.said: list[str] = []
        self.address = ""

    async def read(self) -> None:
        """Wait until it has said everything that it says at its beginning."""
        assert self.process.stdout is not None
        text = b""
        with trio.fail_after(30):
            while b"Ctrl-C" not in text:
                more = await self.process.stdout.receive_some()
                assert more, "it ended"
                text += more
        self.said = text.decode().splitlines()
        self.address = self.said[0].split(", on ")[1].split(" and ")[0]

    async def end(self, number: signal.Signals) -> tuple[int, str]:
        """Send a signal; return the status and what was said on standard error."""
        self.process.send_signal(number)
        return await self.ended()

    async def ended(self) -> tuple[int, str]:
        """Wait for the end; return the status and what was said on standard error."""
        assert self.process.stderr is not None
        with trio.fail_after(20):
            status = await self.process.wait()
            text = b"".join([part async for part in self.process.stderr])
        return status, text.decode()


@asynccontextmanager
async def serving(*arguments: object, **environment: str) -> AsyncIterator[Serving]:
    """Run `spice-rs serve` for a block."""
    process = await trio.lowlevel.open_process(
        [sys.executable, "-m", "spice_rs", "serve", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | environment,
    )
    try:
        yield Serving(process)
    finally:
        if process.returncode is None:
            process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()
            for stream in (process.stdout, process.stderr):
                assert stream is not None
                await stream.aclose()


@pytest.fixture
def picture(tmp_path: Path) -> tuple[Path, np.ndarray]:
    pixels = RNG.integers(0, 256, (48, 64, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "desk.png")
    return tmp_path / "desk.png", pixels


async def test_an_image_is_served_and_ended_by_ctrl_c(picture: tuple[Path, np.ndarray]) -> None:
    path, pixels = picture
    async with serving("--image", path, "--listen", ANY_PORT, "--name", "picture of today") as command:
        await command.read()
        port = spice_rs.uri.parse(command.address).port
        assert command.said[0] == f"serving picture of today, 64x48, on spice://127.0.0.1:{port}"
        said = "\n".join(command.said)
        assert f"remote-viewer spice://127.0.0.1:{port}" in said
        assert f"spice_auto.html?host=127.0.0.1&port={port}" in said
        async with spice_rs.connect(command.address) as session:
            frame = await session.display.wait_stable(quiet=0.2)
            assert np.array_equal(np.asarray(frame)[:, :, 2::-1], pixels)
            assert session.name == "picture of today"
            assert await command.end(signal.SIGINT) == (Status.INTERRUPTED, "spice-rs: interrupted\n")
            with pytest.raises(Disconnected, match="the peer ended the session"):
                await session.display.wait_change()


async def test_sigterm_ends_it_as_asked(picture: tuple[Path, np.ndarray], tmp_path: Path) -> None:
    path, _ = picture
    socket_path = tmp_path / "spice"
    async with serving(
        "--image", path, "--listen", f"spice+unix://{socket_path}", "--listen", ANY_PORT
    ) as command:
        await command.read()
        assert socket_path.is_socket()
        assert command.address == f"spice+unix://{socket_path}"
        assert " and spice://127.0.0.1:" in command.said[0]
        async with spice_rs.connect(command.address) as session:
            await session.display.frame()
        assert await command.end(signal.SIGTERM) == (Status.DONE, "")
    assert not socket_path.exists()


async def test_the_demo_desktop_takes_input() -> None:
    async with serving("--demo", "--listen", ANY_PORT) as command:
        await command.read()
        async with spice_rs.connect(command.address) as session:
            before = await session.display.frame()
            assert before.size == (1280, 800)
            await session.keyboard.type("hello")
            # Where the window Notes is; the waves are elsewhere.
            changed = await session.display.wait_change(region=(60, 140, 600, 380), since=before)
            assert changed.damage


async def test_an_x_display(desktop: Callable[..., Xvfb]) -> None:
    peer = desktop(size=(320, 240))
    await trio.to_thread.run_sync(peer.run, ["xsetroot", "-solid", "#204060"])
    async with serving("--x11", peer.display, "--listen", ANY_PORT) as command:
        await command.read()
        assert command.said[0].startswith(f"serving X display {peer.display}, 320x240")
        async with spice_rs.connect(command.address) as session:
            frame = await session.display.frame()
            assert np.asarray(frame)[5, 5, :3].tolist() == [0x60, 0x40, 0x20]
            os.kill(peer.server.pid, signal.SIGKILL)
            status, said = await command.ended()
            assert status == Status.CANNOT_SHOW
            assert (
                said
                == f"spice-rs: cannot show X display {peer.display}: its X server has ended, or has closed the connection\n"
            )


async def test_a_password(picture: tuple[Path, np.ndarray], tmp_path: Path) -> None:
    path, _ = picture
    (tmp_path / "password").write_text("secret\n")
    for options, environment in (
        (["--password-file", tmp_path / "password"], {}),
        ([], {"SPICE_PASSWORD": "secret"}),
    ):
        async with serving("--image", path, "--listen", ANY_PORT, *options, **environment) as command:
            await command.read()
            with pytest.raises(AuthenticationError):
                async with spice_rs.connect(command.address):
                    pass
            async with spice_rs.connect(command.address, password="secret") as session:
                await session.display.frame()
            assert "secret" not in "\n".join(command.said)


@pytest.mark.parametrize("name, value", [("compression", "lz4"), ("jpeg", "always"), ("streaming", "all")])
async def test_how_it_encodes(name: str, value: str, picture: tuple[Path, np.ndarray]) -> None:
    path, pixels = picture
    async with serving("--image", path, "--listen", ANY_PORT, f"--{name}", value) as command:
        await command.read()
        async with spice_rs.connect(command.address) as session:
            with trio.fail_after(20):
                while True:
                    frame = await session.display.wait_stable(quiet=0.2)
                    if np.array_equal(np.asarray(frame)[:, :, 2::-1], pixels):
                        break


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    """Return the one line on standard error."""
    said = capsys.readouterr().err
    assert said.startswith("spice-rs: ") and said.count("\n") == 1
    return said


async def test_a_port_in_use(picture: tuple[Path, np.ndarray]) -> None:
    path, _ = picture
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with serving("--image", path, "--listen", f"spice://127.0.0.1:{port}") as command:
            status, said = await command.ended()
    assert status == Status.CANNOT_LISTEN
    assert said.startswith(
        f"spice-rs: cannot listen on spice://127.0.0.1:{port}: something listens there already"
    )
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "arguments, status, text",
    [
        ([], Status.WRONG_USE, "One of --demo, --image FILE"),
        (["--demo", "--image", "x.png"], Status.WRONG_USE, "Only one of"),
        (["--demo", "--listen", "http://x"], Status.WRONG_USE, "'http' is not SPICE"),
        (["--demo", "--compression", "gif"], Status.WRONG_USE, "gif"),
        (["--demo", "--password-file", "/nowhere/x"], Status.WRONG_USE, "cannot read the password"),
    ],
)
def test_wrong_use(
    arguments: list[str], status: Status, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["serve", *arguments]) == status
    assert text in complaint(capsys)


async def test_what_cannot_be_shown(tmp_path: Path) -> None:
    for option, value, text in (
        ("--image", tmp_path / "none.png", "none.png: No such file"),
        ("--video", tmp_path / "none.mkv", "none.mkv: No such file"),
        ("--x11", ":4711", "there is no X server"),
    ):
        async with serving(option, value, "--listen", ANY_PORT) as command:
            status, said = await command.ended()
        assert status == Status.CANNOT_SHOW
        assert text in said and said.count("\n") == 1


async def test_an_open_door_is_warned_of(picture: tuple[Path, np.ndarray]) -> None:
    path, _ = picture
    async with serving("--image", path, "--listen", "spice://0.0.0.0:0") as command:
        await command.read()
        # The hints are for this machine.
        assert "remote-viewer spice://127.0.0.1:" in "\n".join(command.said)
        status, said = await command.end(signal.SIGTERM)
    assert status == Status.DONE
    assert said.startswith("spice-rs: warning: everybody who reaches spice://0.0.0.0:0 may see and use this")
