"""No secret is ever in a repr, a log record, an exception, or in what the command says."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import logging
import os
import tempfile
import traceback
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import quote, quote_plus

import pytest
import trio
from hypothesis import example, given, settings
from hypothesis import strategies as st

import spice_rs
from spice_rs import auth, proxmox, uri, websocket
from spice_rs.cli._app import run
from spice_rs.cli._options import Options
from spice_rs.connection_file import ConnectionFile
from spice_rs.link import Credentials
from spice_rs.proxy import Proxy, tunnel
from spice_rs.sasl import Login, Logins
from spice_rs.server._tickets import Ticket
from spice_rs.testing import memory_opener
from spice_rs.tls import ServerTls
from spice_rs.ways import find, way
from tests.ways.test_ways import proxying

# With everything in it that has a meaning in an address, a file or a header. It begins with what stands nowhere else, because
# Hypothesis also tries words that it has found in the program.
secrets = st.text(
    st.sampled_from(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" + "@:/?#&;=%+ \\'\"[]!,~äß€"
    ),
    min_size=6,
    max_size=30,
).map(lambda text: f"zQ7{text.strip()}")

awkward = (
    "p@ss:w/rd?x=1",
    "semi;colon&amp=1",
    "back\\slash'quo\"te",
    "per%40cent+plus#",
    "umlaut-äöü-€",
    "[brackets]:5900/",
)


def with_examples(test: Any) -> Any:
    """Try the awkward ones always."""
    for text in awkward:
        test = example(text)(test)
    return test


def forms(secret: str) -> set[str]:
    """How a secret may be written."""
    data = secret.encode()
    return {
        secret,
        repr(secret)[1:-1],
        json.dumps(secret)[1:-1],
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        base64.b64encode(data).decode().rstrip("="),
        base64.b64encode(b"me:" + data).decode().rstrip("="),
        data.hex(),
    }


def hidden(secret: str, *texts: str) -> None:
    """Make sure that no text has it, however it is written."""
    for text in texts:
        for form in forms(secret):
            assert form not in text, text


def chain(error: BaseException) -> list[BaseException]:
    """Return an error and everything that it came from and that is shown with it, each once."""
    found: dict[int, BaseException] = {}
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in found:
            continue
        found[id(each)] = each
        before = None if each.__suppress_context__ else each.__context__
        waiting += [each.__cause__, before, *getattr(each, "exceptions", ())]
    return list(found.values())


def harmless(secret: str, error: BaseException) -> None:
    """Make sure that an error does not tell a secret, nor what it came from."""
    for each in chain(error):
        hidden(secret, str(each), repr(each), *map(str, getattr(each, "__notes__", ())))
        hidden(secret, *(str(value) for value in vars(each).values()))
    hidden(secret, "".join(traceback.format_exception(error)))


async def outcome(attempt: Callable[[], Awaitable[object]], secret: str) -> BaseException | None:
    """Do something; return the error that it ended with, once that is known to be harmless."""
    try:
        await attempt()
    except Exception as error:
        harmless(secret, error)
        return error
    return None


# Reprs.


@given(secrets)
@with_examples
def test_no_repr_has_one(secret: str) -> None:
    quoted = quote(secret, safe="")
    file = ConnectionFile(
        host="h",
        port=1,
        username="me",
        password=secret,
        proxy=f"http://me:{quoted}@proxy",
        ovirt={"sso-token": secret},
        unknown={"x-token": secret},
    )
    for each in (
        uri.parse(f"spice://me@h?password={quoted}"),
        Proxy.parse(f"http://me:{quoted}@proxy"),
        Proxy("h", 1, user="me", password=secret),
        file,
        ConnectionFile(host=f"pvespiceproxy:1:2:pve::{secret}", tls_port=1, password=secret),
        way(ConnectionFile(host=f"pvespiceproxy:1:2:pve::{secret}", port=1, password=secret)),
        way(file),
        way(f"spice://me@h:1?password={quoted}", proxy=f"http://me:{quoted}@proxy"),
        way(f"ws://me:{quoted}@h/x?token={quoted}"),
        websocket.opener(f"ws://me:{quoted}@h/x?token={quoted}"),
        way(websocket.opener(f"ws://me:{quoted}@h/x?token={quoted}")),
        proxmox.parse(f"proxmox://root@pam@pve/1?password={quoted}"),
        Credentials(secret, Login("me", secret)),
        Login("me", secret),
        Login("me", lambda: secret),
        Logins({"me": secret}),
        Ticket(secret[:15]),
        auth.ClientSide(secret, b""),
        Options(password=secret, proxy=f"http://me:{quoted}@proxy"),
        Options().work(f"spice://me@h?password={quoted}"),
    ):
        hidden(secret, repr(each), str(each), f"{each}")


def test_no_repr_has_a_private_key() -> None:
    pair = ServerTls.self_signed()
    assert isinstance(pair.key, bytes)
    lines = pair.key.decode().splitlines()[1:-1]
    locked = mock.Mock(pair=pair)
    for each in (pair, locked.pair):
        assert not any(line in repr(each) + str(each) for line in lines)


# Texts that are none.


@given(secrets)
@with_examples
def test_what_cannot_be_read_is_not_repeated(secret: str) -> None:
    quoted = quote(secret, safe="")
    for read, text in (
        (uri.parse, f"spice://h?password={quoted}&x=1"),
        (uri.parse, f"spice://h?password={quoted}&password={quoted}"),
        (uri.parse, f"spice://me:{quoted}@h"),
        (uri.parse, f"spice://me:{quoted}@h:many"),
        (uri.parse, f"spice+tls://h?password={quoted}"),
        (uri.parse, f"http://me:{quoted}@h?password={quoted}"),
        (Proxy.parse, f"http://me:{quoted}@a:b:c"),
        (Proxy.parse, f"socks5://me:{quoted}@a"),
        (websocket.opener, f"ws://me:{quoted}@h:many/x?token={quoted}"),
        (websocket.opener, f"http://me:{quoted}@h/x?token={quoted}"),
        (proxmox.parse, f"proxmox://root@pam@pve?password={quoted}"),
        (proxmox.parse, f"proxmox://root:{quoted}@pve/1"),
        (ConnectionFile.parse, f"[virt-viewer]\ntype=spice\nx{secret.replace('=', '')}\n"),
        (ConnectionFile.parse, f"password={secret}\n"),
        (ConnectionFile.parse, f"[virt-viewer]\npassword={secret}\n"),
        (
            lambda text: way(text, tls=spice_rs.ClientTls(pubkey="sha256//" + 43 * "A" + "=")),
            f"ws://me:{quoted}@h?token={quoted}",
        ),
        (auth.check_password, secret + "\0"),
        (auth.check_password, secret * 10),
    ):
        with pytest.raises(ValueError) as caught:
            read(text)
        harmless(secret, caught.value)


# Sessions: what is logged, and what their errors say.


class Records(logging.Handler):
    """Keeps what is logged, with every argument and every traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        formatter = logging.Formatter("%(name)s %(message)s")
        self.texts += [formatter.format(record), repr(record.args), str(record.msg)]


@contextlib.contextmanager
def recorded() -> Iterator[Records]:
    """Record everything for a block."""
    records, root = Records(), logging.getLogger()
    level = root.level
    root.addHandler(records)
    root.setLevel(logging.DEBUG)
    try:
        yield records
    finally:
        root.removeHandler(records)
        root.setLevel(level)


def log_of(test: Callable[..., Awaitable[None]], *arguments: object) -> list[str]:
    """Run a test; return what was logged."""
    with recorded() as records:
        trio.run(test, *arguments)
    assert records.texts
    return records.texts


passwords = secrets.filter(lambda text: len(text.encode()) <= auth.PASSWORD_MAX)


@settings(max_examples=15)
@given(passwords, passwords)
def test_sessions_with_tickets_tell_nothing(secret: str, wrong: str) -> None:
    async def sessions() -> None:
        async with spice_rs.serve(size=(16, 16), password=secret) as server, trio.open_nursery() as nursery:
            opener = memory_opener(server, nursery)

            async def attempt(**options: Any) -> None:
                async with spice_rs.connect(opener, **options) as session:
                    await session.display.frame()
                    hidden(secret, repr(session), repr(session.main), repr(server), repr(server.clients))

            assert await outcome(lambda: attempt(password=secret), secret) is None
            with mock.patch("spice_rs.server._tickets.FIRST_DELAY", 0.001):
                for options in ({"password": wrong + "x"}, {"login": Login("me", wrong)}, {}):
                    error = await outcome(lambda options=options: attempt(**options), wrong)
                    assert isinstance(error, spice_rs.AuthenticationError)
                    harmless(secret, error)
            nursery.cancel_scope.cancel()

    for text in log_of(sessions):
        hidden(secret, text)
        hidden(wrong, text)


@settings(max_examples=8)
@given(passwords, passwords, st.sampled_from(["SCRAM-SHA-256", "DIGEST-MD5", "PLAIN"]))
def test_sessions_with_logins_tell_nothing(secret: str, wrong: str, mechanism: str) -> None:
    pair = ServerTls.self_signed()
    trust = spice_rs.ClientTls(pubkey=pair.pubkey)

    async def sessions() -> None:
        logins = Logins({"me": secret}, mechanisms=[mechanism])
        async with spice_rs.serve(
            "spice+tls://127.0.0.1:0", size=(16, 16), tls=pair, logins=logins
        ) as server:

            async def attempt(password: str, user: str = "me") -> None:
                login = Login(user, password)
                async with spice_rs.connect(server.addresses[0], tls=trust, login=login) as session:
                    await session.display.frame()
                    hidden(password, repr(session), repr(server), repr(server.clients))

            assert await outcome(lambda: attempt(secret), secret) is None
            with mock.patch("spice_rs.server._tickets.FIRST_DELAY", 0.001):
                assert await outcome(lambda: attempt(wrong + "x"), wrong) is not None
                assert await outcome(lambda: attempt(secret, "other"), secret) is not None

    for text in log_of(sessions):
        hidden(secret, text)
        hidden(wrong, text)


@settings(max_examples=15)
@given(secrets)
@with_examples
def test_proxies_and_targets_that_fail_tell_nothing(secret: str) -> None:
    quoted = quote(secret, safe="")

    async def attempts() -> None:
        logging.getLogger("spice_rs").debug("begun")
        async with (
            spice_rs.serve("spice://127.0.0.1:0", size=(16, 16)) as server,
            proxying(server, "vm.example", "me:too") as (_, where),
        ):
            for name in ("vm.example", f"pvespiceproxy:1:2:pve::{secret}"):
                file = ConnectionFile(
                    host=name, port=1, proxy=where.replace("me:too", f"me:{quoted}"), password=secret[:10]
                )
                assert await outcome(lambda file=file: connected(file), secret) is not None  # type: ignore[misc]
        for target in (
            f"spice://127.0.0.1:1?password={quoted}",
            ConnectionFile(host="127.0.0.1", port=1, password=secret),
            f"ws://me:{quoted}@127.0.0.1:1/x?token={quoted}",
            f"proxmox://me@pam@127.0.0.1:1/100?password={quoted}",
        ):
            assert await outcome(lambda target=target: connected(target), secret) is not None  # type: ignore[misc]
        assert await outcome(lambda: find(ConnectionFile(password=secret)), secret) is not None
        ours, _theirs = trio.testing.memory_stream_pair()
        name = f"pvespiceproxy:1:2:pve::{secret}\r\nX: y"
        assert (
            await outcome(lambda: tunnel(ours, Proxy("h", 1, user="me", password=secret), name, 1), secret)
            is not None
        )

    for text in log_of(attempts):
        hidden(secret, text)


async def connected(target: Any) -> None:
    async with spice_rs.connect(target):
        pass


# The command.


@settings(max_examples=10)
@given(passwords)
@with_examples
def test_the_command_tells_nothing(secret: str) -> None:
    quoted = quote(secret, safe="")
    nowhere = "spice://127.0.0.1:1"
    with tempfile.TemporaryDirectory() as folder:
        password, file, table = (Path(folder) / name for name in ("password", "console.vv", "users"))
        password.write_text(secret + "\n")
        table.write_text(f"{secret.replace(':', '')}\n")
        file.write_text(
            ConnectionFile(
                host="127.0.0.1", port=1, password=secret, proxy=f"http://me:{quoted}@127.0.0.1:1"
            ).dump()
        )
        for arguments in (
            ("info", f"{nowhere}?password={quoted}"),
            ("info", f"{nowhere}?password={quoted}&x=1"),
            ("info", f"spice://me:{quoted}@127.0.0.1:1"),
            ("info", f"ws://me:{quoted}@127.0.0.1:1/?token={quoted}"),
            ("info", f"proxmox://me@pam@127.0.0.1:1/1?password={quoted}"),
            ("info", nowhere, f"--password={secret}"),
            ("info", nowhere, f"--password={secret}", "--nonsense"),
            ("info", nowhere, f"--password={secret}", "--timeout", "long"),
            ("info", nowhere, f"--password={secret}", "--proxy", f"socks5://me:{quoted}@proxy"),
            ("info", nowhere, "--proxy", f"http://me:{quoted}@127.0.0.1:1"),
            ("info", nowhere, "--password-file", password),
            ("info", nowhere, "--sasl-user", "me", "--password-file", password),
            ("info", file),
            ("info", file, "--pubkey", "sha256//x"),
            ("doctor", file),
            ("doctor", f"{nowhere}?password={quoted}"),
            (
                "serve",
                "--image",
                "/nowhere.png",
                "--listen",
                "spice://127.0.0.1:0",
                "--password-file",
                password,
            ),
            ("serve", "--image", "/nowhere.png", "--listen", "spice://127.0.0.1:0", "--sasl", table),
        ):
            for debug in ((), ("--debug",)):
                hidden(secret, said(*arguments, *debug))
        hidden(
            secret,
            said(
                "info",
                nowhere,
                "--debug",
                SPICE_PASSWORD=secret,
                SPICE_PROXY=f"http://me:{quoted}@127.0.0.1:1",
            ),
        )


def said(*arguments: object, **environment: str) -> str:
    """Run the command, which fails; return what it says, and what it logs."""
    out, err = io.StringIO(), io.StringIO()
    with (
        recorded() as records,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.dict(os.environ, environment),
    ):
        assert run([str(argument) for argument in arguments]) != 0
    return out.getvalue() + err.getvalue() + "".join(records.texts)
