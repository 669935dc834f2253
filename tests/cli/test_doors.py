"""What `serve` takes about its doors: certificates, logins, rules for channels, several places."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import trio

import spice_rs
from spice_rs.cli._failures import Status
from spice_rs.connection_file import ConnectionFile
from spice_rs.errors import AuthenticationError, Disconnected, SecurityRequired
from spice_rs.sasl import Login
from spice_rs.tls import ClientTls, ServerTls
from spice_rs.uri import TcpAddress, parse
from tests.cli.ends import spice_rs_command
from tests.cli.test_serve import Serving, serving

PLAIN, SECURED = "spice://127.0.0.1:0", "spice+tls://127.0.0.1:0"


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """Return something to serve."""
    from PIL import Image

    Image.new("RGB", (64, 48), "red").save(tmp_path / "desk.png")
    return tmp_path / "desk.png"


@pytest.fixture
def pair(tmp_path: Path) -> ServerTls:
    """Return a certificate that stands, with its key, in files of their own."""
    pair = ServerTls.self_signed()
    (tmp_path / "cert.pem").write_text(pair.certificate_pem)
    assert isinstance(pair.key, bytes)
    (tmp_path / "key.pem").write_bytes(pair.key)
    return pair


@asynccontextmanager
async def opened(*arguments: object, **environment: str) -> AsyncIterator[Serving]:
    """Run the command for a block, from where everything that it says has been read."""
    async with serving(*arguments, **environment) as command:
        await command.read()
        yield command
        status, said = await command.end(signal.SIGTERM)
        assert status == Status.DONE, said


def both(command: Serving) -> TcpAddress:
    """Return the address with both ports."""
    plain, secured = map(parse, command.said[0].split(", on ")[1].split(" and "))
    assert isinstance(plain, TcpAddress) and isinstance(secured, TcpAddress)
    return TcpAddress("127.0.0.1", plain.port, tls_port=secured.tls_port)


async def look(address: object, **options: object) -> None:
    """Connect and see something."""
    with trio.fail_after(20):
        async with spice_rs.connect(address, **options) as session:  # type: ignore[arg-type]
            assert (await session.display.frame()).size == (64, 48)


# Certificates.


async def test_certificate_and_key_from_files(image: Path, pair: ServerTls, tmp_path: Path) -> None:
    files = ("--tls-cert", tmp_path / "cert.pem", "--tls-key", tmp_path / "key.pem")
    async with opened("--image", image, "--listen", PLAIN, "--listen", SECURED, *files) as command:
        await look(both(command), tls=ClientTls(ca=pair.certificate_pem))
        await look(command.address)
    together = tmp_path / "both.pem"
    together.write_bytes((tmp_path / "cert.pem").read_bytes() + (tmp_path / "key.pem").read_bytes())
    async with opened("--image", image, "--listen", SECURED, "--tls-cert", together) as command:
        assert command.address.startswith("spice+tls://127.0.0.1:")
        await look(command.address, tls=ClientTls(pubkey=pair.pubkey))
        assert f"subject {pair.subject}" in "\n".join(command.said)


async def test_what_is_said_of_a_certificate_for_quick_use_is_what_clients_need(image: Path) -> None:
    async with opened("--image", image, "--listen", SECURED, "--self-signed") as command:
        (line,) = (line for line in command.said if "a picture:" in line)
        words = line.partition("spice-rs ")[2].split()
        assert "--pubkey" in words and words[-2:] == ["-o", "desk.png"]
        ran = await spice_rs_command(*words[:-1], "-")
        assert (ran.status, ran.err) == (Status.DONE, "") and ran.out.startswith(b"\x89PNG")


async def test_a_connection_file_leads_to_where_it_was_written(image: Path, tmp_path: Path) -> None:
    file = tmp_path / "desk.vv"
    for places, options in (
        (("--listen", SECURED, "--listen", PLAIN), ("--self-signed",)),
        (("--listen", PLAIN), ()),
        (("--listen", f"spice+unix://{tmp_path}/spice"), ()),
        (("--listen", "spice+tls://0.0.0.0:0"), ("--self-signed",)),
    ):
        file.unlink(missing_ok=True)
        arguments = ("--image", image, *places, *options, "--connection-file", file)
        async with opened(*arguments, SPICE_PASSWORD="secret") as command:
            assert f"remote-viewer {file}" in "\n".join(command.said)
            assert file.stat().st_mode & 0o777 == 0o600
            known = ConnectionFile.load(file)
            assert known.password == "secret" and (known.tls_port is not None) == bool(options)
            if known.host == socket.gethostname():
                known = replace(
                    known, host="localhost"
                )  # Whether its name resolves is this machine's matter.
            await look(known)
            assert "secret" not in "\n".join(command.said)


async def test_channels_have_rules(image: Path) -> None:
    options = ("--self-signed", "--channel-security", "main=both,display=tls, inputs=tls")
    async with opened("--image", image, "--listen", PLAIN, "--listen", SECURED, *options) as command:
        with pytest.raises(SecurityRequired):
            await look(command.address)
        ran = await spice_rs_command("info", command.address)
        assert ran.status == Status.NOT_SECURE and "encrypted" in ran.err


# Logins.


async def test_a_table_of_users(image: Path, tmp_path: Path) -> None:
    table = tmp_path / "users"
    table.write_text("# who may\n\nalice:secret:with a colon\nbob:builder\n")
    doors = ("--listen", PLAIN, "--listen", SECURED, "--self-signed", "--sasl", table)
    async with opened("--image", image, *doors) as command:
        await look(command.address, login=Login("alice", "secret:with a colon"))
        for login in (Login("alice", "secret"), Login("mallory", "x"), None):
            with pytest.raises(AuthenticationError):
                await look(command.address, login=login)
        ran = await spice_rs_command("info", command.address, "--sasl-user", "bob", SPICE_PASSWORD="builder")
        assert (ran.status, ran.err) == (Status.DONE, "")
    async with opened("--image", image, *doors, "--sasl-mechanisms", "scram-sha-256") as command:
        with pytest.raises(AuthenticationError):
            await look(command.address, login=Login("bob", "builder"))


# Places, and who is there already.


async def test_it_listens_in_several_places(image: Path, tmp_path: Path) -> None:
    path = tmp_path / "spice"
    places = ("--listen", PLAIN, "--listen", f"spice+unix://{path}", "--listen", "spice://[::1]:0")
    async with opened("--image", image, *places) as command:
        addresses = command.said[0].split(", on ")[1].split(" and ")
        assert len(addresses) == 3
        for address in addresses:
            await look(address)


async def test_sockets_from_systemd_are_listened_on(image: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp:
        # What systemd does between fork and exec; the number of the process is known only there.
        setting = f'exec 3<&{tcp.fileno()}; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@"'
        command = [sys.executable, "-m", "spice_rs", "serve", "--image", str(image), "--listen", "systemd:"]
        process = await trio.lowlevel.open_process(
            ["bash", "-c", setting, "bash", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[tcp.fileno()],
            env=os.environ,
        )
        serving = Serving(process)
        await serving.read()
        assert serving.address == f"spice://127.0.0.1:{tcp.getsockname()[1]}"
        await look(serving.address)
        assert await serving.end(signal.SIGTERM) == (Status.DONE, "")
        assert process.stdout is not None and process.stderr is not None
        await process.stdout.aclose()
        await process.stderr.aclose()


@pytest.mark.parametrize("rule", ["share", "fail", "disconnect"])
async def test_what_becomes_of_clients_that_come_later(rule: str, image: Path) -> None:
    async with (
        opened("--image", image, "--listen", PLAIN, "--when-busy", rule) as command,
        spice_rs.connect(command.address) as first,
    ):
        if rule == "fail":
            with pytest.raises(AuthenticationError):
                await look(command.address)
        else:
            await look(command.address)
        if rule == "disconnect":
            assert isinstance(await first.wait_ended(), Disconnected)
        else:
            assert first.ended is None


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--listen", SECURED), "needs a certificate"),
        (("--listen", PLAIN, "--self-signed"), "no address for TLS"),
        (("--self-signed", "--tls-cert", "x"), "exclude each other"),
        (("--tls-key", "x"), "--tls-cert FILE"),
        (("--tls-cert", "/nowhere/x"), "/nowhere/x"),
        (("--tls-cert", __file__), "no certificate"),
        (("--channel-security", "display"), "display=tls,inputs=tls"),
        (("--channel-security", "screen=tls"), "there is no channel 'screen'"),
        (("--channel-security", "display=secret"), "there are clear, tls and both"),
        (("--channel-security", "display=tls"), "needs a certificate"),
        (("--sasl", "/nowhere/x"), "/nowhere/x"),
        (("--sasl", "{users}", "--password-file", "x"), "exclude each other"),
        (("--sasl", "{wrong}"), "line 2 of"),
        (("--sasl", "{empty}"), "has no users"),
        (("--sasl", "{users}", "--sasl-mechanisms", "SCRAM"), "SCRAM-SHA-256"),
        (("--sasl", "{users}", "--sasl-mechanisms", "PLAIN"), "needs an address for TLS"),
        (("--sasl-mechanisms", "PLAIN"), "--sasl FILE"),
        (("--sasl-keytab", "/nowhere/x"), "/nowhere/x"),
        (("--when-busy", "wait"), "wait"),
        (("--listen", "systemd:"), "handed over no socket"),
        (("--listen", "ws://127.0.0.1"), "'ws' is not SPICE"),
    ],
)
async def test_doors_that_are_none(options: tuple[str, ...], text: str, tmp_path: Path, image: Path) -> None:
    files = {
        "users": "alice:secret\n",
        "wrong": "alice:secret\nno-colon-but-a-secret\n",
        "empty": "# nobody\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    paths = {name: tmp_path / name for name in files}
    ran = await spice_rs_command("serve", "--image", image, *(each.format(**paths) for each in options))
    assert ran.status == (Status.CANNOT_LISTEN if "systemd:" in options else Status.WRONG_USE)
    assert text in ran.err and ran.err.count("\n") == 1 and "secret\n" not in ran.err
    assert "no-colon-but" not in ran.err
