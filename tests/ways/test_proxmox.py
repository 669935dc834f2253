"""Machines of Proxmox: asked of a node's API, and reached by what that hands out."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio

import spice_rs
from spice_rs import proxmox
from spice_rs.cli._failures import Status
from spice_rs.errors import (
    AuthenticationError,
    CertificateError,
    ConnectError,
    MissingExtra,
    RemoteProtocolError,
    SpiceError,
    Unsupported,
)
from spice_rs.proxmox import Machine, parse
from spice_rs.server import Server
from spice_rs.tls import ClientTls, ServerTls
from tests.cli.ends import spice_rs_command
from tests.server.test_serve import shown
from tests.ways.proxmox import ConnectProxy
from tests.ways.proxmox_api import PASSWORD, SECRET, TICKET, TOKEN, USER, Node
from tests.ways.test_proxmox_form import CLUSTER, NODE, SUBJECT, node
from tests.ways.test_proxmox_form import PASSWORD as ONE_TIME
from tests.ways.test_proxy import TICKET as PROXY_TICKET

SECRETS = (PASSWORD, SECRET, TICKET, ONE_TIME, PROXY_TICKET.rpartition("::")[2])
TRUST = ClientTls(ca=CLUSTER.pem)


@dataclass
class Cluster:
    """What a test needs to know of one."""

    server: Server
    proxy: ConnectProxy
    api: Node
    port: int

    def address(self, machine: str = "desk", user: str = USER) -> str:
        return f"proxmox://{user}@127.0.0.1:{self.port}/{machine}"

    async def find(
        self, machine: str | int = "desk", user: str = USER, password: str = PASSWORD, **options: object
    ):
        return await proxmox.find(
            "localhost", machine, user=user, password=password, port=self.port, **{"tls": TRUST, **options}
        )  # type: ignore[arg-type]


@asynccontextmanager
async def cluster() -> AsyncIterator[Cluster]:
    """Run a node: its API, its proxy, and a machine behind that."""
    async with node() as (server, proxy, text):
        where = text.partition("proxy=")[2].partition("\n")[0]

        def hand_out(host: str) -> dict[str, object]:
            return {
                "type": "spice",
                "title": "VM 100 - desk",
                "host": PROXY_TICKET,
                "tls-port": 61000,
                "proxy": where.replace("127.0.0.1", host),
                "password": ONE_TIME,
                "ca": CLUSTER.pem.replace("\n", "\\n"),
                "host-subject": SUBJECT,
                "delete-this-file": 1,
                "toggle-fullscreen": "Shift+F11",
            }

        api = Node(hand_out)
        pair = ServerTls(certificate=NODE_API.pem, key=NODE_API.key_pem)
        async with api.listening(pair) as port:
            yield Cluster(server, proxy, api, port)


NODE_API = CLUSTER.issue((("CN", "pve.example"),), names=["pve.example", "localhost", "127.0.0.1"])
assert NODE is not NODE_API


@pytest.mark.parametrize(("user", "password"), [(USER, PASSWORD), (TOKEN, SECRET)])
@pytest.mark.parametrize("machine", ["desk", "100"])
async def test_an_address_leads_to_the_picture(user: str, password: str, machine: str) -> None:
    async with cluster() as it:
        with trio.fail_after(20):
            async with spice_rs.connect(it.address(machine, user), password=password, tls=TRUST) as session:
                await shown(it.server, session)
        assert ("POST /api2/json/access/ticket" in it.api.asked) == (user == USER)
        assert it.api.asked[-1] == "POST /api2/json/nodes/two/qemu/100/spiceproxy"
        assert set(it.proxy.asked) == {f"{PROXY_TICKET}:61000"}


async def test_what_is_handed_out_can_be_looked_at_first() -> None:
    async with cluster() as it:
        file = await it.find(100)
        assert (file.host, file.tls_port, file.password) == (PROXY_TICKET, 61000, ONE_TIME)
        assert file.ca == CLUSTER.pem and file.host_subject == SUBJECT and file.title == "VM 100 - desk"
        assert file.proxy is not None and file.proxy.startswith("http://localhost:")
        async with spice_rs.connect(file) as session:
            await shown(it.server, session)


async def test_the_command_takes_machines_of_proxmox(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(CLUSTER.pem)
    async with cluster() as it:
        options = ("--ca-file", tmp_path / "ca.pem")
        ran = await spice_rs_command("screenshot", it.address(), "-o", "-", *options, SPICE_PASSWORD=PASSWORD)
        assert (ran.status, ran.err) == (Status.DONE, "") and ran.out.startswith(b"\x89PNG")
        it.server.set_password(ONE_TIME)
        ran = await spice_rs_command("doctor", it.address(), *options, SPICE_PASSWORD=PASSWORD)
        assert ran.status == Status.DONE
        stages = [line.split()[1] for line in ran.said.splitlines()]
        assert stages[-7:] == ["connect", "proxy", "TLS", "link", "authentication", "channels", "picture"]
        assert "Proxmox" in stages and not any(secret in ran.said for secret in SECRETS)
        for environment, status in (
            ({"SPICE_PASSWORD": "wrong"}, Status.WRONG_PASSWORD),
            ({}, Status.WRONG_PASSWORD),
        ):
            ran = await spice_rs_command("info", it.address(), *options, **environment)
            assert ran.status == status and ran.err.count("\n") == 1
        ran = await spice_rs_command("info", it.address(), SPICE_PASSWORD=PASSWORD)
        assert ran.status == Status.NOT_SECURE and "--ca-file" in ran.err


async def refused(it: Cluster, error: type[SpiceError], why: str, *who: str, **options: object) -> None:
    """Make sure that nothing is handed out, and that no secret is in the text that says why."""
    with pytest.raises(error, match=why) as caught:
        await it.find(*who, **options)  # type: ignore[arg-type]
    assert not any(secret in str(caught.value) for secret in SECRETS)


async def test_who_may_not_is_told_why() -> None:
    async with cluster() as it:
        await refused(it, AuthenticationError, "does not believe alice@pve", "desk", USER, "wrong")
        await refused(it, AuthenticationError, "does not believe", "desk", TOKEN, "wrong")
        await refused(it, AuthenticationError, "VM.Console", "hidden")
        await refused(it, ConnectError, r"there are 100 \(desk\), 101 \(off\), 200 \(hidden\)", "other")
        await refused(it, ConnectError, "VM 101 not running", "off")
        await refused(it, CertificateError, "--ca-file", tls=ClientTls())
        it.api.second_factor = True
        await refused(it, Unsupported, "use a token")
        with pytest.raises(AuthenticationError, match="no user"):
            await proxmox.find("localhost", 100, port=it.port, tls=TRUST)
        with pytest.raises(ValueError, match="HTTP does not carry") as caught:
            await it.find(user="a!b", password=f"{SECRET}\r\nX: y")
        assert SECRET not in str(caught.value)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: "


@pytest.mark.parametrize(
    ("answer", "error", "why"),
    [
        (b"", RemoteProtocolError, "not answer as HTTP has it"),
        (b"REDQ\x02\0\0\0\r\n\r\n", RemoteProtocolError, "not answer as HTTP has it"),
        (
            b"HTTP/1.1 200 OK\r\n" + b"X: yyyyyyyyyyyy\r\n" * 9999,
            RemoteProtocolError,
            "not answer as HTTP has it",
        ),
        (OK + b"9999999\r\n\r\n" + b" " * 9999999, RemoteProtocolError, "more than 4 MiB"),
        (OK + b"9\r\n\r\n{", RemoteProtocolError, "not answer as HTTP has it"),
        (OK + b"2\r\n\r\n{}", RemoteProtocolError, "not one of Proxmox's"),
        (OK + b"2\r\n\r\n[]", RemoteProtocolError, "not one of Proxmox's"),
        (OK + b"3\r\n\r\n\xff\xfe{", RemoteProtocolError, "not one of Proxmox's"),
        (OK + b'11\r\n\r\n{"data":{}}', RemoteProtocolError, "hands out no way"),
        (OK + b'13\r\n\r\n{"data":null}', RemoteProtocolError, "hands out no way"),
        (
            OK + b'39\r\n\r\n{"data":{"type":"spice","port":"many"}}',
            RemoteProtocolError,
            "'port' is no number",
        ),
        (b"HTTP/1.1 302 Found\r\nLocation: http://x\r\nContent-Length: 0\r\n\r\n", ConnectError, "302 Found"),
        (b"HTTP/1.1 595 No route to host\r\nContent-Length: 0\r\n\r\n", ConnectError, "595 No route"),
    ],
)
async def test_a_node_that_answers_oddly(answer: bytes, error: type[SpiceError], why: str) -> None:
    async with cluster() as it:
        it.api.odd["/api2/json/nodes/two/qemu/100/spiceproxy"] = answer
        with trio.fail_after(20):
            await refused(it, error, why)


@pytest.mark.parametrize(
    "listed", [b'{"data":null}', b'{"data":[1,{"name":"desk"},{"vmid":"x","name":"desk"}]}']
)
async def test_a_list_of_machines_that_is_none(listed: bytes) -> None:
    async with cluster() as it:
        it.api.odd["/api2/json/cluster/resources?type=vm"] = OK + b"%d\r\n\r\n%b" % (len(listed), listed)
        await refused(it, ConnectError, "there is no such machine")


async def test_a_node_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxmox, "ANSWER_WITHIN", 0.2)

    async def silent(_stream: trio.SocketStream) -> None:
        await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, silent, listeners)
        port = listeners[0].socket.getsockname()[1]
        with pytest.raises(ConnectError, match=r"no answer .* within 0.2 s"):
            await proxmox.find("localhost", 100, user=USER, password=PASSWORD, port=port, tls=TRUST)
        nursery.cancel_scope.cancel()


async def test_a_missing_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spice_rs._http", None)
    monkeypatch.delattr(spice_rs, "_http", raising=False)
    with pytest.raises(MissingExtra, match=r"pip install 'spice-rs\[proxmox\]'"):
        async with spice_rs.connect("proxmox://root@pam@host/100", password="x"):
            pass


# Addresses.


@pytest.mark.parametrize(
    ("text", "machine"),
    [
        ("proxmox://root@pam@pve/100", Machine("pve", "100", "root@pam")),
        ("proxmox://root@pam!name@pve:443/desk/", Machine("pve", "desk", "root@pam!name", port=443)),
        ("proxmox://pve/a%20b", Machine("pve", "a b")),
        ("proxmox://root@pam@[::1]/100?password=p@ss%26", Machine("::1", "100", "root@pam", "p@ss&")),
        ("proxmox://[::1]:1/100", Machine("::1", "100", port=1)),
    ],
)
def test_addresses(text: str, machine: Machine) -> None:
    assert parse(text) == machine
    assert str(machine).startswith("proxmox://") and "p@ss" not in str(machine) + repr(machine)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("proxmox://", "names no host"),
        ("proxmox://pve", "names no machine"),
        ("proxmox://pve/", "names no machine"),
        ("proxmox://pve/a/b", "names no machine"),
        ("proxmox://pve:0/100", "'0' is no port"),
        ("proxmox://::1/100", "needs brackets"),
        ("proxmox://pve/100?password=hidden&x=1", "unknown key 'x'"),
        ("proxmox://pve/100?port=1&password=hidden", "unknown key 'port'"),
    ],
)
async def test_what_is_no_address(text: str, why: str) -> None:
    with pytest.raises(ValueError, match="not a machine of Proxmox") as caught:
        parse(text)
    assert why in str(caught.value) and "hidden" not in str(caught.value)
