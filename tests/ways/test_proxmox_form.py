"""A connection file as Proxmox writes it, whole: from its text to a picture."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from PIL import Image

import spice_rs
from spice_rs.cli._failures import Status
from spice_rs.connection_file import ConnectionFile
from spice_rs.errors import AuthenticationError, CertificateError, ConnectError
from spice_rs.server import Server
from spice_rs.tls import ServerTls
from tests.cli.ends import spice_rs_command
from tests.server.test_serve import picture, shown
from tests.tls.certificates import Maker
from tests.ways.proxmox import ConnectProxy
from tests.ways.test_proxy import TICKET
from tests.ways.test_ways import proxying

CLUSTER = Maker((("CN", "Proxmox Virtual Environment"), ("OU", "0f1e2d3c"), ("O", "PVE Cluster Manager CA")))
SUBJECT = "OU=PVE Cluster Node,O=Proxmox Virtual Environment,CN=pve.example"
PARTS = [tuple(part.split("=")) for part in SUBJECT.split(",")]
NODE = CLUSTER.issue(PARTS, names=["pve.example", "localhost"])
PASSWORD = "0f1e2d3c4b5a69788796a5b4c3d2e1f001234567"


@asynccontextmanager
async def node() -> AsyncIterator[tuple[Server, ConnectProxy, str]]:
    """Run a machine behind a node's proxy; return the text that the node hands out for it."""
    pair = ServerTls(certificate=NODE.pem, key=NODE.key_pem)
    async with (
        spice_rs.serve("spice+tls://127.0.0.1:0", size=(64, 48), tls=pair, when_busy="disconnect") as server,
        proxying(server, TICKET) as (proxy, where),
    ):
        await server.screen.update(picture(64, 48))
        server.set_password(PASSWORD, expires_in=30, one_time=True)
        yield server, proxy, handed_out(where)


def handed_out(proxy: str) -> str:
    ca = CLUSTER.pem.replace("\n", "\\n")
    return (
        "[virt-viewer]\n"
        f"toggle-fullscreen=Shift+F11\nproxy={proxy}\ntls-port=61000\ndelete-this-file=1\nca={ca}\n"
        f"secure-attention=Ctrl+Alt+Ins\nhost={TICKET}\ntype=spice\nhost-subject={SUBJECT}\n"
        f"title=VM 100 - test\nrelease-cursor=Ctrl+Alt+R\npassword={PASSWORD}\n"
    )


async def test_one_password_and_one_ticket_open_every_channel() -> None:
    async with node() as (server, proxy, text):
        with trio.fail_after(20):
            async with spice_rs.connect(ConnectionFile.parse(text)) as session:
                await shown(server, session)
                for channel in filter(None, session.channels.values()):
                    await channel.up()
        assert proxy.asked == [f"{TICKET}:61000"] * 4
        # It was for one session.
        with pytest.raises(AuthenticationError):
            async with spice_rs.connect(ConnectionFile.parse(text)):
                pass


async def test_the_command_makes_a_picture_of_it_and_deletes_it_only_when_asked(tmp_path: Path) -> None:
    async with node() as (server, _, text):
        file = tmp_path / "pve-spice.vv"
        for options in ((), ("--delete-file",)):
            file.write_text(text)
            server.set_password(PASSWORD, one_time=True)
            ran = await spice_rs_command("screenshot", file, "-o", "-", *options)
            assert (ran.status, ran.err) == (Status.DONE, "")
            with Image.open(io.BytesIO(ran.out)) as image:
                assert image.size == (64, 48)
            assert file.exists() == (not options)


@pytest.mark.parametrize(
    ("old", "new", "error", "why"),
    [
        (TICKET, TICKET.replace("67", "76"), ConnectError, "401"),
        (PASSWORD, "expired", AuthenticationError, "wrong password"),
        (SUBJECT, SUBJECT.replace("pve.example", "pve2.example"), CertificateError, "CN=pve.example"),
        (SUBJECT, ",".join(reversed(SUBJECT.split(","))), CertificateError, "another order"),
        ("Authority-is-replaced", "", CertificateError, "give the right one"),
        (
            f"host-subject={SUBJECT}\n",
            "",
            CertificateError,
            r"it is not for 'pvespiceproxy:68f0a1c2:100:pve::\.\.\.'",
        ),
    ],
)
async def test_what_does_not_fit_is_refused_without_telling_secrets(
    old: str, new: str, error: type[Exception], why: str
) -> None:
    async with node() as (server, _, text):
        if old.startswith("Authority"):
            stranger = Maker(CLUSTER.subject)
            old, new = CLUSTER.pem.replace("\n", "\\n"), stranger.pem.replace("\n", "\\n")
        with pytest.raises(error, match=why) as caught:
            async with spice_rs.connect(ConnectionFile.parse(text.replace(old, new))) as session:
                await shown(server, session)
    assert TICKET.rpartition("::")[2] not in str(caught.value) and PASSWORD not in str(caught.value)
