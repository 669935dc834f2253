"""What commands take about the way to a server: whom to trust, who logs in, proxies, connection files."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PIL import Image

import spice_rs
from spice_rs.cli._failures import Status
from spice_rs.connection_file import ConnectionFile
from spice_rs.sasl import Logins
from spice_rs.server import Server
from spice_rs.tls import ServerTls
from tests.cli.ends import Ran, spice_rs_command
from tests.server.test_serve import picture
from tests.ways.test_ways import proxying

OWN = ServerTls.self_signed()
OTHER = ServerTls.self_signed()


@asynccontextmanager
async def serving(*addresses: str, **options: object) -> AsyncIterator[Server]:
    """Serve a picture of 64x48, by default with a port for TLS."""
    if not addresses:
        addresses, options = ("spice+tls://127.0.0.1:0",), {"tls": OWN, **options}
    async with spice_rs.serve(*addresses, size=(64, 48), **options) as server:  # type: ignore[arg-type]
        await server.screen.update(picture(64, 48))
        yield server


async def screenshot(*arguments: object, stdin: bytes = b"", **environment: str) -> Ran:
    """Take one, to standard output."""
    return await spice_rs_command("screenshot", *arguments, "-o", "-", stdin=stdin, **environment)


def check(ran: Ran) -> None:
    """Make sure that it is what the server shows, and that nothing was said beside it."""
    assert (ran.status, ran.err) == (Status.DONE, "")
    with Image.open(io.BytesIO(ran.out)) as image:
        assert image.size == (64, 48)


@pytest.fixture
def ca(tmp_path: Path) -> Path:
    """Return a file with the server's authority, which is itself."""
    file = tmp_path / "ca.pem"
    file.write_text(OWN.certificate_pem)
    return file


# Whom to trust.


@pytest.mark.parametrize(
    "command",
    [
        ("info", "{}"),
        ("doctor", "{}"),
        ("type", "{}", "a"),
        ("key", "{}", "Enter"),
        ("click", "{}", "1", "2"),
        ("screenshot", "{}", "-o", "-"),
    ],
)
async def test_every_command_trusts_a_file_of_authorities(command: tuple[str, ...], ca: Path) -> None:
    async with serving() as server:
        ran = await spice_rs_command(*(each.format(server.addresses[0]) for each in command), "--ca-file", ca)
    assert (ran.status, ran.err) == (Status.DONE, "")


async def test_a_subject_or_a_key_may_decide_instead_of_the_name(ca: Path, tmp_path: Path) -> None:
    async with serving() as server:
        where = server.addresses[0]
        check(await screenshot(where, "--ca-file", ca, "--host-subject", OWN.subject))
        check(await screenshot(where, "--pubkey", OWN.pubkey))
        check(await screenshot(where, "--pubkey", ca))
        (tmp_path / "other.pem").write_text(OTHER.certificate_pem)
        check(await screenshot(where, "--ca-file", tmp_path / "other.pem", "--ca-file", ca))


async def test_a_server_that_is_not_trusted_has_a_status_of_its_own(ca: Path) -> None:
    async with serving() as server:
        where = server.addresses[0]
        for options, text in (
            ((), "--ca-file"),
            (("--ca-file", ca, "--host-subject", "O=lab,CN=host"), "its subject is"),
            (("--pubkey", OTHER.pubkey), "its key is not the one"),
        ):
            ran = await screenshot(where, *options)
            assert (ran.status, ran.out) == (Status.NOT_SECURE, b"")
            assert text in ran.err and ran.err.count("\n") == 1


async def test_both_ports_may_be_given_and_tls_is_used(ca: Path) -> None:
    rules = {"default": "tls"}
    both = "spice://127.0.0.1:0", "spice+tls://127.0.0.1:0"
    async with serving(*both, tls=OWN, channel_security=rules) as server:
        plain, secured = (each.rpartition(":")[2] for each in server.addresses)
        check(await screenshot(f"spice://127.0.0.1?port={plain}&tls-port={secured}", "--ca-file", ca))
        ran = await screenshot(server.addresses[0])
        assert ran.status == Status.NOT_SECURE and "tls-port" in ran.err


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--ca-file", "/nowhere/ca.pem"), "/nowhere/ca.pem"),
        (("--ca-file", __file__), "has no certificate"),
        (("--pubkey", "sha256//abc"), "not the digest of a key"),
        (("--host-subject", "no subject"), "no subject"),
        (("--host-subject", "CN=x", "--pubkey", OWN.pubkey), "not both"),
        (("--proxy", "socks5://proxy"), "not a proxy"),
        (("--password", "x", "--password-file", "y"), "exclude each other"),
    ],
)
async def test_options_that_are_none(options: tuple[str, ...], text: str) -> None:
    ran = await screenshot("spice+tls://127.0.0.1:1", *options)
    assert ran.status == Status.WRONG_USE and text in ran.err and ran.err.count("\n") == 1


async def test_trust_where_there_is_no_tls_is_wrong_use(ca: Path) -> None:
    ran = await screenshot("spice://127.0.0.1:1", "--ca-file", ca)
    assert ran.status == Status.WRONG_USE and "spice+tls://host:port" in ran.err


# Who logs in.


async def test_a_name_logs_in_with_the_password_of_any_source(ca: Path, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret\n")
    user = ("--sasl-user", "alice")
    async with serving(tls=OWN, logins=Logins({"alice": "secret"})) as server:
        where = server.addresses[0]
        trusted = (where, "--ca-file", ca)
        check(await screenshot(*trusted, *user, "--password-file", tmp_path / "password"))
        check(await screenshot(*trusted, *user, "--password-file", "-", stdin=b"secret\n"))
        check(await screenshot(*trusted, *user, SPICE_PASSWORD="secret"))
        check(await screenshot(where + "?password=secret", "--ca-file", ca, *user))
        ran = await screenshot(*trusted, *user, SPICE_PASSWORD="wrong-one")
        assert ran.status == Status.WRONG_PASSWORD and "wrong-one" not in ran.err
        ran = await screenshot(*trusted, SPICE_PASSWORD="secret")
        assert ran.status == Status.WRONG_PASSWORD and "--sasl-user" in ran.err


# Proxies.


async def test_a_proxy_is_gone_through() -> None:
    async with (
        serving("spice://127.0.0.1:0") as server,
        proxying(server, "vm.example", "me:too") as (proxy, where),
    ):
        check(await screenshot("spice://vm.example:5900", "--proxy", where))
        check(await screenshot("spice://vm.example:5900", SPICE_PROXY=where))
        assert set(proxy.asked) == {"vm.example:5900"}
        ran = await screenshot("spice://vm.example:5900", "--proxy", where.replace("me:too", "me:hidden"))
        assert ran.status == Status.NO_SERVER and "407" in ran.err and "hidden" not in ran.err


# Connection files.


def connection_file(server: Server, **more: object) -> str:
    port = int(server.addresses[0].rpartition(":")[2])
    known = {"host": "localhost", "tls_port": port, "password": "secret", "ca": OWN.certificate_pem}
    return ConnectionFile(**{**known, **more}).dump()  # type: ignore[arg-type]


async def test_a_connection_file_is_an_address(tmp_path: Path) -> None:
    file, unnamed = tmp_path / "console.vv", tmp_path / "download"
    async with serving(password="secret") as server:
        for path in (file, unnamed):
            path.write_text(connection_file(server, delete_this_file=True))
            check(await screenshot(path))
        check(await screenshot("-", stdin=file.read_bytes()))
        assert (await screenshot(file, "--delete-file", "--proxy", "socks5://x")).status == Status.WRONG_USE
        assert file.exists()
        check(await screenshot(file, "--delete-file"))
        assert not file.exists() and unnamed.exists()


async def test_what_an_option_says_counts_more_than_the_file(tmp_path: Path, ca: Path) -> None:
    file = tmp_path / "console.vv"
    async with serving(password="secret") as server:
        file.write_text(
            connection_file(server, ca=OTHER.certificate_pem, host_subject="CN=other", password="x")
        )
        options = ("--ca-file", ca, "--host-subject", OWN.subject)
        assert (await screenshot(file)).status == Status.NOT_SECURE
        assert (await screenshot(file, "--ca-file", ca)).status == Status.NOT_SECURE
        ran = await screenshot(file, *options)
        assert ran.status == Status.WRONG_PASSWORD
        check(await screenshot(file, *options, SPICE_PASSWORD="secret"))
        check(await screenshot(file, "--pubkey", OWN.pubkey, SPICE_PASSWORD="secret"))


@pytest.mark.parametrize(
    ("text", "status", "why"),
    [
        ("[virt-viewer]\ntype=vnc\nhost=h\nport=1\n", Status.NOT_POSSIBLE, "for VNC, not for SPICE"),
        ("[virt-viewer]\ntype=spice\npassword=hidden\n", Status.WRONG_USE, "neither a host nor a socket"),
        ("password=hidden\n", Status.WRONG_USE, "not a connection file"),
    ],
)
async def test_connection_files_that_lead_nowhere(
    tmp_path: Path, text: str, status: Status, why: str
) -> None:
    file = tmp_path / "console.vv"
    file.write_text(text)
    for ran in (await screenshot(file), await screenshot("-", stdin=text.encode())):
        assert ran.status == status and why in ran.err and "hidden" not in ran.err


async def test_standard_input_is_one_thing_only(tmp_path: Path) -> None:
    ran = await screenshot(tmp_path / "none.vv")
    assert ran.status == Status.WRONG_USE and "none.vv: No such file" in ran.err
    ran = await screenshot("-", "--password-file", "-")
    assert ran.status == Status.WRONG_USE and "cannot be both" in ran.err
    ran = await spice_rs_command("type", "-", "-")
    assert ran.status == Status.WRONG_USE and "cannot be both" in ran.err
