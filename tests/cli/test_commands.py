from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
import trio
from PIL import Image

import spice_rs
from spice_rs.channels.display import DisplayServer
from spice_rs.channels.inputs import InputsServer
from spice_rs.cli import _password, main
from spice_rs.cli._app import run
from spice_rs.cli._failures import MEANINGS, Status
from spice_rs.enums import ChannelType, MouseButton, MouseButtonMask, MouseMode
from spice_rs.errors import Disconnected
from spice_rs.messages.display import Mark
from spice_rs.messages.inputs import KeyScancode, MousePosition, MousePress, MouseRelease
from tests.client.server import Server, fill, primary, serving

BOTH = MouseMode.SERVER | MouseMode.CLIENT
NOWHERE = "spice://127.0.0.1:1"

Paint = Callable[[DisplayServer], Awaitable[None]]


async def still(display: DisplayServer) -> None:
    """Draw one picture: red on the left, black on the right."""
    for message in (primary(), Mark(), fill(0, 0, 0, 64, 48), fill(0xFF0000, 0, 0, 32, 48)):
        await display.send(message)


async def nothing(display: DisplayServer) -> None:
    """Draw no picture."""


async def restless(display: DisplayServer) -> None:
    """Draw for ever."""
    await still(display)
    for colour in range(1 << 24):
        await display.send(fill(colour, 0, 0, 64, 48))
        await trio.sleep(0.01)


@asynccontextmanager
async def listening(paint: Paint = still, **options: object) -> AsyncIterator[tuple[Server, str]]:
    """Run a server on a port of the loopback."""

    async def painter(server: Server) -> None:
        display = await server.linked(ChannelType.DISPLAY)
        assert isinstance(display, DisplayServer)
        with suppress(Disconnected):  # A command that has what it wants does not wait for the rest.
            await paint(display)

    async with serving(**options) as server:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        assert server.nursery is not None
        server.nursery.start_soon(trio.serve_listeners, server._serve, listeners)
        server.nursery.start_soon(painter, server)
        yield server, f"spice://127.0.0.1:{listeners[0].socket.getsockname()[1]}"


async def command(*arguments: object) -> int:
    """Run the command in a thread, as a process would run it, and return its status."""
    return await trio.to_thread.run_sync(run, [str(argument) for argument in arguments])


async def inputs_of(server: Server) -> list[object]:
    channel = await server.linked(ChannelType.INPUTS)
    assert isinstance(channel, InputsServer)
    return [event async for event in channel.events]


async def test_info_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    async with listening(mouse_modes=BOTH) as (_, address):
        assert await command("info", address, "--json") == Status.DONE
    facts = json.loads(capsys.readouterr().out)
    assert facts["address"] == address
    assert facts["mouse"] == {"mode": ["client"], "offered": ["server", "client"]}
    assert facts["agent"] is False
    assert [(channel["type"], channel["id"], channel["open"]) for channel in facts["channels"]] == [
        ("main", 0, True),
        ("display", 0, True),
        ("inputs", 0, True),
        ("cursor", 0, True),
        ("playback", 0, False),
    ]
    assert facts["channels"][2]["capabilities"]["channel"] == ["key_scancode"]
    (display,) = facts["displays"]
    assert (display["size"], display["exact"]) == ([64, 48], True)
    assert display["surfaces"] == [{"id": 0, "width": 64, "height": 48, "format": "xrgb32", "primary": True}]


async def test_info_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    async with listening() as (_, address):
        assert await command("info", address) == Status.DONE
    said = capsys.readouterr().out
    assert "server mode, of server" in said
    assert "surface 0: 64x48, xrgb32, primary" in said
    assert "playback 0" in said


async def test_screenshot(tmp_path: Path) -> None:
    target = tmp_path / "desk.png"
    async with listening() as (_, address):
        assert await command("screenshot", address, "-o", target, "--settle", 0.2) == Status.DONE
    with Image.open(target) as picture:
        assert picture.size == (64, 48)
        assert picture.convert("RGB").getpixel((10, 10)) == (255, 0, 0)
        assert picture.convert("RGB").getpixel((40, 10)) == (0, 0, 0)


async def test_screenshot_to_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    async with listening() as (_, address):
        assert await command("screenshot", address, "--output", "-", "--display", 0) == Status.DONE
    with Image.open(io.BytesIO(capfdbinary.readouterr().out)) as picture:
        assert picture.size == (64, 48)


async def test_a_picture_that_is_never_still(complaint: Callable[[], str], tmp_path: Path) -> None:
    async with listening(restless) as (_, address):
        status = await command("screenshot", address, "-o", tmp_path / "x", "--settle", 2, "--timeout", 3)
    assert status == Status.TOO_LATE
    assert "gave up after 3 s of waiting for 2 s without a change" in complaint()
    assert not (tmp_path / "x").exists()


async def test_a_display_without_a_picture(complaint: Callable[[], str], tmp_path: Path) -> None:
    async with listening(nothing) as (_, address):
        status = await command("screenshot", address, "-o", tmp_path / "x", "--timeout", 2)
    assert status == Status.NOTHING_TO_SHOW
    assert "waiting for a picture on display 0" in complaint()


async def test_a_display_that_is_not_there(complaint: Callable[[], str], tmp_path: Path) -> None:
    async with listening() as (_, address):
        assert (
            await command("screenshot", address, "-o", tmp_path / "x", "--display", 3)
            == Status.NOTHING_TO_SHOW
        )
    assert "no display 3; there is 0" in complaint()


async def test_a_server_without_a_display(complaint: Callable[[], str], tmp_path: Path) -> None:
    async with listening(offers=((ChannelType.INPUTS, 0),)) as (_, address):
        assert await command("screenshot", address, "-o", tmp_path / "x") == Status.NOTHING_TO_SHOW
    assert "the server has no display" in complaint()


async def test_a_file_that_cannot_be_written(complaint: Callable[[], str], tmp_path: Path) -> None:
    async with listening() as (_, address):
        assert await command("screenshot", address, "-o", tmp_path / "no" / "x.png") == Status.FAILED
    assert "No such file or directory" in complaint()


async def test_nobody_answers(complaint: Callable[[], str]) -> None:
    assert await command("info", NOWHERE) == Status.NO_SERVER
    assert "cannot connect to spice://127.0.0.1:1: nothing listens there" in complaint()


@pytest.mark.parametrize(
    "greeting, name", [(b"RFB 003.008\n", "VNC"), (b"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP")]
)
async def test_not_spice(greeting: bytes, name: str, complaint: Callable[[], str]) -> None:
    async with stranger(partial(greet, greeting)) as address:
        assert await command("info", address) == Status.NOT_SPICE
    assert name in complaint()


async def test_a_server_that_says_nothing(complaint: Callable[[], str]) -> None:
    async with stranger(say_nothing) as address:
        assert await command("info", address, "--timeout", 0.3) == Status.TOO_LATE
    assert "gave up after 0.3 s of connecting" in complaint()


async def say_nothing(stream: trio.SocketStream) -> None:
    await trio.sleep_forever()


async def greet(greeting: bytes, stream: trio.SocketStream) -> None:
    async with stream:
        await stream.send_all(greeting)
        await stream.receive_some()


@asynccontextmanager
async def stranger(serve: Callable[[trio.SocketStream], Awaitable[None]]) -> AsyncIterator[str]:
    """Run a server that is none of ours."""
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, serve, listeners)
        yield f"spice://127.0.0.1:{listeners[0].socket.getsockname()[1]}"
        nursery.cancel_scope.cancel()


async def test_a_server_that_leaves(complaint: Callable[[], str], tmp_path: Path) -> None:
    async with listening(nothing) as (server, address), trio.open_nursery() as nursery:
        nursery.start_soon(leave_when_linked, server)
        status = await command("screenshot", address, "-o", tmp_path / "x")
    assert status == Status.FAILED
    assert "the server closed the connection" in complaint()


async def leave_when_linked(server: Server) -> None:
    await server.linked(ChannelType.DISPLAY)
    server.vanish()


async def test_passwords(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "right").write_text("secret\nand more\n")
    async with listening(password="secret") as (_, address):
        assert await command("info", address) == Status.WRONG_PASSWORD
        assert "password" in capsys.readouterr().err
        assert await command("info", address, "--password-file", tmp_path / "right") == Status.DONE
        assert await command("info", f"{address}?password=secret") == Status.DONE
        monkeypatch.setenv("SPICE_PASSWORD", "wrong")
        assert await command("info", address) == Status.WRONG_PASSWORD
        monkeypatch.setenv("SPICE_PASSWORD", "secret")
        assert await command("info", address) == Status.DONE
        said = capsys.readouterr()
        assert "secret" not in said.err
        assert await command("info", address, "--password", "secret") == Status.DONE
        assert "warning" in capsys.readouterr().err
        monkeypatch.setattr("sys.stdin", io.StringIO("secret\n"))
        assert await command("info", address, "--password-file", "-") == Status.DONE


async def test_the_password_is_asked_for_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def ask(address: str) -> str:
        asked.append(address)
        return "secret"

    monkeypatch.setattr(_password, "can_ask", lambda: True)
    monkeypatch.setattr(_password, "ask", ask)
    async with listening(password="secret") as (_, address):
        assert await command("info", address) == Status.DONE
        assert asked == [address]
        # What was given is not asked for.
        assert await command("info", address, "--password", "wrong") == Status.WRONG_PASSWORD
        assert asked == [address]
    async with listening() as (_, address):
        assert await command("info", address) == Status.DONE
        assert asked != [address]


async def test_two_passwords(complaint: Callable[[], str], tmp_path: Path) -> None:
    assert await command("info", NOWHERE, "--password", "a", "--password-file", tmp_path) == Status.WRONG_USE
    assert "exclude each other" in complaint()
    assert await command("info", NOWHERE, "--password-file", tmp_path / "none") == Status.WRONG_USE
    assert "cannot read the password from" in complaint()


async def test_type(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening() as (server, address):
        assert await command("type", address, "aB", "--enter", "--pace", 0) == Status.DONE
        codes = [event.code.hex() for event in await inputs_of(server) if isinstance(event, KeyScancode)]
        assert codes == ["1e9e", "2a30b0aa", "1c9c"]
        monkeypatch.setattr("sys.stdin", io.StringIO("b"))
        server.channels.clear()
        assert await command("type", address, "-") == Status.DONE
        assert await inputs_of(server) == [KeyScancode(bytes.fromhex("30b0"))]


async def test_a_text_that_starts_with_a_dash() -> None:
    async with listening() as (server, address):
        assert await command("type", address, "--", "-a") == Status.DONE
        assert await inputs_of(server) == [
            KeyScancode(bytes.fromhex("0c8c")),
            KeyScancode(bytes.fromhex("1e9e")),
        ]


async def test_keys() -> None:
    async with listening() as (server, address):
        assert await command("key", address, "Ctrl+Alt+F2", "Enter") == Status.DONE
        assert await inputs_of(server) == [
            KeyScancode(bytes.fromhex("1d383cbcb89d")),
            KeyScancode(bytes.fromhex("1c9c")),
        ]


async def test_click() -> None:
    async with listening(mouse_modes=BOTH) as (server, address):
        assert await command("click", address, 10, 20, "--button", "right") == Status.DONE
        assert await inputs_of(server) == [
            MousePosition(10, 20, MouseButtonMask(0), 0),
            MousePress(MouseButton.RIGHT, MouseButtonMask.RIGHT),
            MouseRelease(MouseButton.RIGHT, MouseButtonMask(0)),
        ]


async def test_a_click_that_is_not_possible(complaint: Callable[[], str]) -> None:
    async with listening() as (_, address):
        assert await command("click", address, 10, 20) == Status.NOT_POSSIBLE
    assert "takes no absolute pointer positions" in complaint()


@pytest.mark.parametrize(
    "arguments, text",
    [
        (["info"], "ADDRESS"),
        (["nonsense"], "nonsense"),
        (["info", "http://x"], "the scheme 'http' is not SPICE"),
        (["info", NOWHERE, "--nonsense"], "--nonsense"),
        (["screenshot", NOWHERE], "--output"),
        (["click", NOWHERE, "1", "two"], '"two"'),
        (["click", NOWHERE, "1", "2", "--button", "primary"], "primary"),
        (["key", NOWHERE], "which key?"),
        (["key", NOWHERE, "Ctrl+Entr"], "did you mean Enter?"),
        (["type", NOWHERE, "Grüße"], "'ü' (U+00FC) at position 2"),
    ],
)
def test_a_command_that_is_written_wrongly(
    arguments: list[str], text: str, complaint: Callable[[], str]
) -> None:
    assert run(arguments) == Status.WRONG_USE
    assert text in complaint()


async def test_control_c_is_one_line(tmp_path: Path) -> None:
    connected = trio.Event()

    async def hold(stream: trio.SocketStream) -> None:
        connected.set()
        await trio.sleep_forever()

    async with stranger(hold) as address:
        arguments = [sys.executable, "-m", "spice_rs", "screenshot", address, "-o", tmp_path / "x"]
        process = await trio.lowlevel.open_process(arguments, stderr=subprocess.PIPE)
        with trio.fail_after(30):
            await connected.wait()
            process.send_signal(signal.SIGINT)
            assert await process.wait() == Status.INTERRUPTED
        assert process.stderr is not None
        assert await process.stderr.receive_some() == b"spice-rs: interrupted\n"
        await process.stderr.aclose()


def test_debug_shows_where_it_failed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["info", NOWHERE, "--debug"]) == Status.NO_SERVER
    assert "Traceback" in capsys.readouterr().err


def test_help_names_every_status_and_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == Status.DONE
    said = " ".join(capsys.readouterr().out.split())
    for number, meaning in MEANINGS.items():
        assert f"{number:d} {meaning}" in said
    for name in ("info", "screenshot", "type", "key", "click"):
        assert name in said


def test_a_missing_extra_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "cyclopts", None)
    with pytest.raises(SystemExit) as left:
        main(["info", NOWHERE])
    assert left.value.code == Status.FAILED
    assert "pip install 'spice-rs[cli]'" in capsys.readouterr().err


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "spice_rs", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [spice_rs.__version__]
