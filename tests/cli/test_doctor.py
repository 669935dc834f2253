"""The command `doctor`: each stage of a connection, where it stops, and what it says then."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from spice_rs.cli._failures import Status
from spice_rs.connection_file import ConnectionFile
from spice_rs.sasl import Logins
from spice_rs.tls import ServerTls
from tests.cli.ends import Ran, spice_rs_command
from tests.cli.test_trust import OTHER, OWN, serving
from tests.ways.proxmox import ConnectProxy
from tests.ways.test_proxy import TICKET
from tests.ways.test_ways import port, proxying

PLAIN = "spice://127.0.0.1:0"


async def doctor(*arguments: object, **environment: str) -> tuple[list[str], Ran]:
    """Run it; return how the stages went, as `ok connect`."""
    ran = await spice_rs_command("doctor", *arguments, **environment)
    return [" ".join(line.split()[:2]) for line in ran.said.splitlines()], ran


def stops(stages: list[str], *expected: str) -> None:
    """Make sure that all stages went well but the last."""
    assert stages == [*(f"ok {name}" for name in expected[:-1]), f"FAILED {expected[-1]}"]


@asynccontextmanager
async def stranger(talk: Callable[[trio.SocketStream], Awaitable[None]]) -> AsyncIterator[str]:
    """Listen as somebody who does something else; return the address."""
    async with trio.open_nursery() as nursery:
        (listener,) = await nursery.start(functools.partial(trio.serve_tcp, talk, 0, host="127.0.0.1"))
        yield f"127.0.0.1:{listener.socket.getsockname()[1]}"
        nursery.cancel_scope.cancel()


def says(words: bytes) -> Callable[[trio.SocketStream], Awaitable[None]]:
    async def talk(stream: trio.SocketStream) -> None:
        await stream.send_all(words)
        await stream.send_eof()
        while await stream.receive_some():
            pass

    return talk


# All is well.


async def test_every_stage_of_a_plain_connection() -> None:
    async with serving(PLAIN, password="secret") as server:
        stages, ran = await doctor(server.addresses[0], SPICE_PASSWORD="secret")
    assert (ran.status, ran.err) == (Status.DONE, "")
    assert stages == ["ok resolve", "ok connect", "ok link", "ok authentication", "ok channels", "ok picture"]
    for what in ("127.0.0.1", "SPICE 2", "a ticket", "inputs 0, display 0, cursor 0", "64x48"):
        assert what in ran.said


async def test_every_stage_of_the_longest_way(tmp_path: Path) -> None:
    pair, file = ServerTls.self_signed("pve.example"), tmp_path / "console.vv"
    async with (
        serving("spice+tls://127.0.0.1:0", tls=pair, logins=Logins({"alice": "secret"})) as server,
        proxying(server, TICKET, "me:too") as (_, proxy),
    ):
        file.write_text(
            ConnectionFile(
                host=TICKET,
                tls_port=61000,
                proxy=proxy,
                username="alice",
                password="secret",
                ca=pair.certificate_pem,
                host_subject=pair.subject,
            ).dump()
        )
        stages, ran = await doctor(file)
    names = ("resolve", "connect", "proxy", "TLS", "link", "authentication", "channels", "picture")
    assert stages == [f"ok {name}" for name in names], ran.err
    assert "TLS 1.3" in ran.said and "SASL by SCRAM-SHA-256" in ran.said and "secret" not in ran.said


async def test_other_ways_have_stages_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "spice"
    async with serving(PLAIN, f"spice+unix://{path}") as server:
        stages, _ = await doctor(f"spice+unix://{path}")
        assert stages[:3] == ["ok connect", "ok link", "ok authentication"]
        stages, _ = await doctor(f"ws://127.0.0.1:{port(server)}/")
        assert stages[:4] == ["ok resolve", "ok connect", "ok WebSocket", "ok link"]


# Where it stops.


async def test_it_stops_at_a_name_that_does_not_resolve() -> None:
    stages, ran = await doctor("spice://no-such-host.invalid")
    stops(stages, "resolve")
    assert ran.status == Status.NO_SERVER and "does not resolve" in ran.err


async def test_it_stops_where_nobody_listens(tmp_path: Path) -> None:
    stages, ran = await doctor("spice://127.0.0.1:1")
    stops(stages, "resolve", "connect")
    assert ran.status == Status.NO_SERVER and "nothing listens there" in ran.err
    stages, ran = await doctor(f"spice+unix://{tmp_path}/none")
    stops(stages, "connect")
    assert ran.status == Status.NO_SERVER and "there is no such socket" in ran.err


async def test_it_stops_at_a_proxy_that_refuses() -> None:
    async with stranger(ConnectProxy({}).serve) as place:
        stages, ran = await doctor("spice://vm.example", "--proxy", f"http://{place}")
    stops(stages, "resolve", "connect", "proxy")
    assert ran.status == Status.NO_SERVER and "401" in ran.err


async def test_it_stops_at_a_certificate_that_is_not_trusted(tmp_path: Path) -> None:
    (tmp_path / "own.pem").write_text(OWN.certificate_pem)
    (tmp_path / "other.pem").write_text(OTHER.certificate_pem)
    pair = ServerTls.self_signed()
    cases = (
        ((), "--ca-file"),
        (("--ca-file", tmp_path / "other.pem"), "--ca-file"),
        (("--ca-file", tmp_path / "own.pem", "--host-subject", "CN=other"), "--host-subject"),
        (("--pubkey", pair.pubkey), "its key is not the one"),
    )
    async with serving() as server:
        for options, advice in cases:
            stages, ran = await doctor(server.addresses[0], *options)
            stops(stages, "resolve", "connect", "TLS")
            assert ran.status == Status.NOT_SECURE and advice in ran.err


async def test_it_stops_at_a_certificate_for_another_name(tmp_path: Path) -> None:
    from tests.tls.ends import AUTHORITY

    (tmp_path / "ca.pem").write_text(AUTHORITY.pem)
    leaf = AUTHORITY.issue("vm.example")
    pair = ServerTls(
        certificate=b"".join(pem.bytes() for pem in leaf.cert_chain_pems), key=leaf.private_key_pem.bytes()
    )
    async with serving("spice+tls://127.0.0.1:0", tls=pair) as server:
        stages, ran = await doctor(server.addresses[0], "--ca-file", tmp_path / "ca.pem")
    stops(stages, "resolve", "connect", "TLS")
    assert ran.status == Status.NOT_SECURE and "vm.example" in ran.err and "--host-subject" in ran.err


async def test_it_stops_where_one_port_is_taken_for_the_other() -> None:
    async with serving("spice://127.0.0.1:0", "spice+tls://127.0.0.1:0", tls=OWN) as server:
        plain, secured = (each.rpartition(":")[2] for each in server.addresses)
        stages, ran = await doctor(f"spice+tls://127.0.0.1:{plain}", "--pubkey", OWN.pubkey)
        stops(stages, "resolve", "connect", "TLS")
        assert ran.status == Status.NOT_SECURE and "without TLS" in ran.err
        stages, ran = await doctor(f"spice://127.0.0.1:{secured}")
        stops(stages, "resolve", "connect", "link")
        assert ran.status == Status.NOT_SECURE and "spice+tls://host:port" in ran.err


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        (b"RFB 003.008\n", Status.NOT_SPICE, "it speaks VNC"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Status.NOT_SPICE, "it speaks HTTP"),
        (b"\x15\x03\x01\x00\x02\x02\x28", Status.NOT_SPICE, "spice+tls://"),
        (b"", Status.FAILED, "closed the connection without a word"),
    ],
)
async def test_it_stops_at_what_is_no_spice(words: bytes, status: Status, text: str) -> None:
    async with stranger(says(words)) as place:
        stages, ran = await doctor(f"spice://{place}")
    stops(stages, "resolve", "connect", "link")
    assert ran.status == status and text in ran.err


async def test_it_stops_at_what_says_nothing() -> None:
    async def silent(_stream: trio.SocketStream) -> None:
        await trio.sleep_forever()

    async with stranger(silent) as place:
        stages, ran = await doctor(f"spice://{place}", "--timeout", 2)
    stops(stages, "resolve", "connect", "link")
    assert ran.status == Status.TOO_LATE and "no end after" in ran.said


async def test_it_stops_at_a_wrong_password() -> None:
    async with serving(PLAIN, password="secret") as server:
        for environment, text in (
            ({"SPICE_PASSWORD": "wrong-one"}, "wrong password"),
            ({}, "a password is needed"),
        ):
            stages, ran = await doctor(server.addresses[0], **environment)
            stops(stages, "resolve", "connect", "link", "authentication")
            assert ran.status == Status.WRONG_PASSWORD and text in ran.err
            assert "wrong-one" not in ran.err + ran.said


async def test_it_stops_where_a_name_is_wanted() -> None:
    async with serving(PLAIN, logins=Logins({"alice": "secret"})) as server:
        stages, ran = await doctor(server.addresses[0])
        stops(stages, "resolve", "connect", "link", "authentication")
        assert ran.status == Status.WRONG_PASSWORD and "--sasl-user" in ran.err
        stages, ran = await doctor(server.addresses[0], "--sasl-user", "alice", SPICE_PASSWORD="wrong-one")
        stops(stages, "resolve", "connect", "link", "authentication")
        assert ran.status == Status.WRONG_PASSWORD and "wrong-one" not in ran.err


async def test_it_names_channels_that_do_not_open() -> None:
    both = ("spice://127.0.0.1:0", "spice+tls://127.0.0.1:0")
    for rules, last in (({"display": "tls"}, "FAILED channels"), ({"inputs": "tls"}, "ok picture")):
        async with serving(*both, tls=OWN, channel_security=rules) as server:
            stages, ran = await doctor(server.addresses[0])
        assert "FAILED channels" in stages and stages[-1] == last
        assert ran.status == Status.NOT_SECURE and "wants this channel encrypted" in ran.err
