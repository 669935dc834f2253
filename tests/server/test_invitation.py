"""Connection files that a server writes of itself: what stands there, who comes in by them, and what is kept secret."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

import spice_rs
from spice_rs.connection_file import ConnectionFile
from spice_rs.errors import AuthenticationError
from spice_rs.sasl import Logins
from spice_rs.server import ChannelSecurity
from spice_rs.tls import ServerTls
from tests.server.test_serve import shown
from tests.tls.certificates import Maker
from tests.tls.sessions import EVERY, encrypted, linked

OWN = ServerTls.self_signed()
PLAIN, INSIDE = "spice://127.0.0.1:0", "spice+tls://127.0.0.1:0"


@pytest.mark.parametrize(
    ("doors", "security", "ports", "channels"),
    [
        ([PLAIN], {}, (True, False), None),
        ([INSIDE], {}, (False, True), None),
        ([PLAIN, INSIDE], {}, (False, True), None),
        ([PLAIN, INSIDE], {"display": "tls"}, (False, True), None),
        ([PLAIN, INSIDE], {"display": "clear"}, (True, True), ("main", "inputs", "cursor")),
        ([PLAIN, INSIDE], {"default": "clear"}, (True, False), None),
    ],
)
async def test_a_file_leads_inside_of_tls_wherever_that_goes(
    doors: list[str],
    security: Mapping[str, ChannelSecurity],
    ports: tuple[bool, bool],
    channels: tuple[str, ...] | None,
) -> None:
    tls = OWN if INSIDE in doors else None
    async with spice_rs.serve(*doors, tls=tls, channel_security=security) as server:
        file = server.connection_file()
        assert (file.port is not None, file.tls_port is not None) == ports
        assert file.host == "127.0.0.1" and file.secure_channels == channels
        trusted = (OWN.certificate_pem, OWN.subject) if file.tls_port else (None, None)
        assert (file.ca, file.host_subject) == trusted
        for port in filter(None, (file.port, file.tls_port)):
            assert any(address.endswith(f":{port}") for address in server.addresses)


async def test_who_has_the_file_comes_in_once_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "console.vv"
    path.write_text("something older")
    path.chmod(0o644)
    async with spice_rs.serve(PLAIN, INSIDE, tls=OWN, name="a desk") as server:
        server.set_password("for once", expires_in=30, one_time=True)
        server.connection_file().save(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        file = ConnectionFile.load(path)
        assert (file.title, file.delete_this_file) == ("a desk", True) and "for once" not in repr(file)
        async with spice_rs.connect(file) as session:
            await linked(session)
            assert encrypted(session) == EVERY
            await shown(server, session)
        with pytest.raises(AuthenticationError):
            async with spice_rs.connect(file):
                pass
        with pytest.raises(ValueError, match="set_password"):
            server.connection_file()


async def test_a_file_for_who_logs_in_has_a_name_and_no_password() -> None:
    logins = Logins({"alice": "secret"})
    async with spice_rs.serve(PLAIN, logins=logins, password="not asked for") as server:
        file = server.connection_file(user="alice")
        assert (file.username, file.password, file.delete_this_file) == ("alice", None, None)
        async with spice_rs.connect(file, password="secret"):
            assert server.clients[0].user == "alice"


async def test_an_authority_is_named_where_it_is_known() -> None:
    root = Maker()
    pair = root.issue(names=["localhost"])
    only = ServerTls(certificate=pair.pem, key=pair.key_pem)
    whole = ServerTls(certificate=pair.pem + root.pem, key=pair.key_pem)
    async with spice_rs.serve(INSIDE, tls=only) as server:
        # Whoever knows the authority looks for the name.
        file = server.connection_file(host="localhost")
        assert (file.host, file.ca, file.host_subject) == ("localhost", None, None)
        given = server.connection_file(ca=root.pem)
        assert (given.ca, given.host_subject) == (root.pem, only.subject)
        server.set_tls(whole)
        assert server.connection_file().ca == root.pem
        async with spice_rs.connect(server.connection_file()):
            pass


async def test_what_a_file_cannot_name_is_said(tmp_path: Path) -> None:
    async with spice_rs.serve("spice://0.0.0.0:0") as server:
        with pytest.raises(ValueError, match=r"host=\.\.\."):
            server.connection_file()
        assert server.connection_file(host="vm.example").host == "vm.example"
    async with spice_rs.serve(f"spice+unix://{tmp_path}/s") as server:
        file = server.connection_file()
        assert (file.unix_path, file.host) == (f"{tmp_path}/s", None)
        async with spice_rs.connect(file):
            pass
    async with spice_rs.serve() as server:
        with pytest.raises(ValueError, match="no address"):
            server.connection_file()
