"""What `connect` does of what a connection file says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio

import spice_rs
from spice_rs.connection_file import ConnectionFile
from spice_rs.enums import ChannelType
from spice_rs.errors import CertificateError, TlsError
from spice_rs.server import Server
from spice_rs.tls import ServerTls
from spice_rs.uri import parse
from spice_rs.ways import way
from tests.server.test_serve import picture, shown
from tests.tls.test_session import encrypted, linked

OWN = ServerTls.self_signed()


@asynccontextmanager
async def serving(**options: Any) -> AsyncIterator[tuple[Server, dict[str, Any]]]:
    """Serve at both ports; return also what a file needs to say to come in."""
    addresses = ("spice://127.0.0.1:0", "spice+tls://127.0.0.1:0")
    async with spice_rs.serve(*addresses, size=(64, 48), **{"tls": OWN, **options}) as server:
        await server.screen.update(picture(64, 48))
        plain, secured = map(parse, server.addresses)
        known = {"host": "localhost", "port": plain.port, "tls_port": secured.tls_port}  # type: ignore[union-attr]
        yield server, {**known, "ca": OWN.certificate_pem, "host_subject": OWN.subject}


async def inside(file: ConnectionFile) -> set[str]:
    """Connect; return which channels came inside of TLS."""
    with trio.fail_after(20):
        async with spice_rs.connect(file) as session:
            await linked(session)
            return encrypted(session)


EVERY = {"main", "display", "inputs", "cursor"}


@pytest.mark.parametrize(
    ("channels", "expected"),
    [
        (None, EVERY),
        ((), EVERY),
        (("all",), EVERY),
        (("main", "all"), EVERY),
        (("main", "inputs"), {"main", "inputs"}),
        (("main", "playback", "usbredir"), {"main"}),
    ],
)
async def test_secure_channels_go_to_the_tls_port(
    channels: tuple[str, ...] | None, expected: set[str]
) -> None:
    async with serving() as (_, known):
        assert await inside(ConnectionFile(**known, secure_channels=channels)) == expected
        # Where there is no other port there is no choice.
        assert await inside(ConnectionFile(**{**known, "port": None}, secure_channels=channels)) == EVERY


async def test_a_server_with_the_same_rules_is_content() -> None:
    rules = {"default": "clear", "main": "tls", "inputs": "tls"}
    async with serving(channel_security=rules) as (server, known):
        file = ConnectionFile(**known, secure_channels=("main", "inputs"))
        async with spice_rs.connect(file) as session:
            await shown(server, session)
            await linked(session)


def test_secure_channels_that_could_only_go_in_clear_text_are_refused() -> None:
    with pytest.raises(ValueError, match="wants channels encrypted, and names no port"):
        way(ConnectionFile(host="h", port=5900, secure_channels=("main",)))
    with pytest.raises(ValueError, match="there is no channel 'smain'"):
        way(ConnectionFile(host="h", port=5900, tls_port=5901, secure_channels=("smain",)))


async def test_channels_that_are_not_wanted_are_not_opened() -> None:
    async with serving() as (server, known):
        file = ConnectionFile(**known, disable_channels=("inputs", "cursor", "playback", "telepathy"))
        async with spice_rs.connect(file) as session:
            await shown(server, session)
            opened = {kind.name.lower() for (kind, _), channel in session.channels.items() if channel}
            assert opened == {"main", "display"}
            assert session.channels[ChannelType.INPUTS, 0] is None
            with pytest.raises(spice_rs.Unsupported):
                _ = session.keyboard
    with pytest.raises(ValueError, match="no session without it"):
        way(ConnectionFile(host="h", port=5900, disable_channels=("main",)))


async def test_ciphers_leave_out_what_they_do_not_name() -> None:
    name = "ECDHE-ECDSA-AES256-GCM-SHA384"
    old = ServerTls(certificate=OWN.certificate, key=OWN.key, versions=["1.2"])
    async with serving(tls=old) as (_, known):
        for text in ("DEFAULT", "HIGH:!aNULL", name, f"{name}:AES256-SHA"):
            assert await inside(ConnectionFile(**known, tls_ciphers=text)) == EVERY
        for text in ("ECDHE-RSA-AES256-GCM-SHA384", "AES256-SHA", "DEFAULT:!ECDSA"):
            with pytest.raises(TlsError):
                await inside(ConnectionFile(**known, tls_ciphers=text))
    async with serving() as (_, known):  # As with OpenSSL, TLS 1.3 is not asked.
        assert await inside(ConnectionFile(**known, tls_ciphers="AES256-SHA")) == EVERY
    with pytest.raises(ValueError, match="not a list of ciphers"):
        way(ConnectionFile(host="h", tls_port=5901, tls_ciphers="no such thing"))


async def test_the_subject_decides_where_there_is_one() -> None:
    async with serving() as (_, known):
        with pytest.raises(CertificateError, match="its subject is"):
            await inside(ConnectionFile(**{**known, "host_subject": "CN=other"}))
        # The name does not matter then: Proxmox's is none.
        assert await inside(ConnectionFile(**{**known, "host": "127.0.0.1"})) == EVERY
        assert await inside(ConnectionFile(**{**known, "host_subject": None})) == EVERY
