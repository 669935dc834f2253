"""The command's ways in at real servers: TLS, logins by name, Kerberos at both of its ends."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spice_rs.cli._failures import Status
from spice_rs.connection_file import ConnectionFile
from tests.cli.ends import Ran, spice_rs_command
from tests.cli.test_serve import serving
from tests.peers import require, sasl, x509
from tests.peers.kerberos import Realm
from tests.peers.qemu import Qemu
from tests.tls.certificates import Maker

pytestmark = pytest.mark.peer

CA, OTHER_CA = Maker(), Maker(subject=(("CN", "other CA"),))
GOOD = CA.issue(names=["localhost", "127.0.0.1"])
SUBJECT = "C=XX,O=lab,CN=localhost"


def shows(peer: Qemu, ran: Ran) -> None:
    """Make sure that a screenshot is what the machine shows."""
    assert (ran.status, ran.err) == (Status.DONE, "")
    with Image.open(io.BytesIO(ran.out)) as picture:
        assert np.array_equal(np.asarray(picture.convert("RGB")), peer.ground_truth())


@pytest.fixture
def machine(qemu: Callable[..., Qemu], tmp_path: Path) -> Qemu:
    """Return a machine with both ports and a password, whose channel main has to be encrypted."""
    shown = x509.write(tmp_path / "tls", ca=CA.pem, certificate=GOOD.pem, key=GOOD.key_pem)
    peer = qemu(tls=shown, password="secret", tls_channels=("main",), vga="std")
    peer.wait_ready()
    peer.pause()
    return peer


async def test_qemu_is_trusted_by_what_the_options_say(machine: Qemu, tmp_path: Path) -> None:
    ca, other = tmp_path / "tls" / "ca-cert.pem", tmp_path / "other.pem"
    other.write_text(OTHER_CA.pem)
    where = f"spice+tls://127.0.0.1:{machine.tls_port}"
    both = f"spice://127.0.0.1?port={machine.port}&tls-port={machine.tls_port}"
    key = tmp_path / "tls" / "server-cert.pem"
    for address, *options in (
        (where, "--ca-file", ca),
        (both, "--ca-file", ca, "--host-subject", SUBJECT),
        (where, "--pubkey", key),
    ):
        ran = await spice_rs_command("screenshot", address, "-o", "-", *options, SPICE_PASSWORD="secret")
        shows(machine, ran)
    for options, text in (
        (("--ca-file", other), "--ca-file"),
        (("--ca-file", ca, "--host-subject", "CN=localhost,O=lab,C=XX"), "another order"),
    ):
        ran = await spice_rs_command("doctor", where, *options, SPICE_PASSWORD="secret")
        assert ran.status == Status.NOT_SECURE and text in ran.err
        assert ran.said.splitlines()[-1].startswith("FAILED  TLS")
    ran = await spice_rs_command("doctor", f"spice://127.0.0.1:{machine.port}", SPICE_PASSWORD="secret")
    assert ran.status == Status.NOT_SECURE and "tls-port" in ran.err
    assert ran.said.splitlines()[-1].startswith("FAILED  link")


async def test_a_connection_file_of_qemu_is_enough(machine: Qemu, tmp_path: Path) -> None:
    file = tmp_path / "console.vv"
    ConnectionFile(
        host="127.0.0.1",
        port=machine.port,
        tls_port=machine.tls_port,
        password="secret",
        ca=CA.pem,
        host_subject=SUBJECT,
        secure_channels=("main",),
        tls_ciphers="DEFAULT",
    ).save(file)
    shows(machine, await spice_rs_command("screenshot", file, "-o", "-"))
    shows(machine, await spice_rs_command("screenshot", "-", "-o", "-", stdin=file.read_bytes()))
    ran = await spice_rs_command("doctor", file)
    assert ran.status == Status.DONE and "a ticket" in ran.said


async def test_a_name_logs_in_at_qemu(qemu: Callable[..., Qemu], tmp_path: Path) -> None:
    require("sasl")
    peer = qemu(sasl=sasl.configure(tmp_path, "DIGEST-MD5", {"alice": "secret"}), vga="std")
    peer.wait_ready()
    peer.pause()
    user = ("--sasl-user", "alice")
    shows(peer, await spice_rs_command("screenshot", peer.address, "-o", "-", *user, SPICE_PASSWORD="secret"))
    ran = await spice_rs_command("doctor", peer.address, *user, SPICE_PASSWORD="secret")
    assert ran.status == Status.DONE and "SASL by DIGEST-MD5" in ran.said
    ran = await spice_rs_command("doctor", peer.address, *user, SPICE_PASSWORD="wrong")
    assert ran.status == Status.WRONG_PASSWORD and ran.said.splitlines()[-1].startswith(
        "FAILED  authentication"
    )
    ran = await spice_rs_command("doctor", peer.address)
    assert ran.status == Status.WRONG_PASSWORD and "--sasl-user" in ran.err


@pytest.fixture
def realm() -> Iterator[Realm]:
    """Return a Kerberos realm."""
    require("kerberos")
    with Realm() as found:
        yield found


async def test_kerberos_at_both_ends_of_the_command(realm: Realm, tmp_path: Path) -> None:
    Image.new("RGB", (64, 48), "red").save(tmp_path / "desk.png")
    options = (
        "--image",
        tmp_path / "desk.png",
        "--listen",
        "spice://127.0.0.1:0",
        "--sasl-keytab",
        realm.keytab,
    )
    async with serving(*options, **realm.environment) as served:
        await served.read()
        where = served.address.replace("127.0.0.1", "localhost")
        ran = await spice_rs_command("doctor", where, **realm.environment)
        assert ran.status == Status.DONE and "SASL by GSSAPI" in ran.said
        without = realm.environment | {"KRB5CCNAME": f"FILE:{tmp_path}/no-tickets"}
        ran = await spice_rs_command("doctor", where, **without)
        assert ran.status == Status.WRONG_PASSWORD and "kinit" in ran.err
