"""Each mechanism, our two halves joined in memory; what each says is checked against strangers in tests/interop."""

from __future__ import annotations

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import memory_stream_pair

from spice_rs._words import Words
from spice_rs.errors import AuthenticationError, RemoteProtocolError
from spice_rs.sasl import (
    ClientMechanism,
    LayeredStream,
    Login,
    LoginRefused,
    Logins,
    NoSuchMechanism,
    ServerMechanism,
    client_login,
    server_login,
)
from spice_rs.sasl._digest import DigestClient, DigestServer, Terms
from spice_rs.sasl._digest_layer import CIPHERS, DigestLayer
from spice_rs.sasl._users import Users

TABLE = {"alice": "secret", "jürgen": 'grün, "und" blau\\', "евгений": "пароль"}

Halves = tuple[ClientMechanism | Exception, ServerMechanism | Exception]


async def both(login: Login, logins: Logins, *, encrypted: bool) -> Halves:
    """Log in; return what each side has of it."""
    ours, theirs = memory_stream_pair()
    results: dict[str, ClientMechanism | ServerMechanism | Exception] = {}

    async def client() -> None:
        choose = lambda offered: login.choose(offered, host="localhost", encrypted=encrypted)  # noqa: E731
        try:
            results["client"] = await client_login(Words(ours, "server"), choose)
        except Exception as error:
            results["client"] = error
        await ours.send_eof()

    async def server() -> None:
        try:
            results["server"] = await server_login(
                Words(theirs, "client"), logins.offered(encrypted=encrypted)
            )
        except Exception as error:
            results["server"] = error
        await theirs.send_eof()

    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(client)
            nursery.start_soon(server)
    return results["client"], results["server"]  # type: ignore[return-value]


PASSWORDS = [
    ("DIGEST-MD5", False),
    ("DIGEST-MD5", True),
    ("PLAIN", True),
    ("SCRAM-SHA-1", True),
    ("SCRAM-SHA-256", True),
]


@pytest.mark.parametrize(("name", "encrypted"), PASSWORDS)
@pytest.mark.parametrize("user", TABLE)
async def test_who_knows_the_password_comes_in(name: str, encrypted: bool, user: str) -> None:
    login = Login(user, lambda: TABLE[user], mechanisms=[name])
    client, server = await both(login, Logins(TABLE), encrypted=encrypted)
    assert isinstance(client, ClientMechanism), client
    assert isinstance(server, ServerMechanism), server
    assert server.user == user
    assert (client.layer() is None) == (server.layer() is None) == encrypted


@pytest.mark.parametrize(("name", "encrypted"), PASSWORDS)
@pytest.mark.parametrize(("user", "password"), [("alice", "wrong"), ("nobody", "secret"), ("alice", "")])
async def test_who_does_not_know_it_does_not(name: str, encrypted: bool, user: str, password: str) -> None:
    client, server = await both(Login(user, password, mechanisms=[name]), Logins(TABLE), encrypted=encrypted)
    assert isinstance(server, LoginRefused)
    assert isinstance(client, AuthenticationError)
    for text in (str(client), str(server), repr(client)):
        assert "secret" not in text and (
            not password or password == "secret" or password not in text.replace("wrong name", "")
        )


async def test_the_server_must_know_the_password_too() -> None:
    """A server that takes every password is found out by mechanisms that can tell."""
    for name, encrypted in PASSWORDS:
        client, _ = await both(
            Login("alice", "other", mechanisms=[name]), Logins(lambda user: "secret"), encrypted=encrypted
        )
        assert isinstance(client, AuthenticationError) or name == "PLAIN"


async def test_nothing_that_gives_the_password_away_is_used_without_tls() -> None:
    client, server = await both(
        Login("alice", "secret", mechanisms=["PLAIN"]), Logins(TABLE), encrypted=False
    )
    assert isinstance(client, AuthenticationError) and not isinstance(server, ServerMechanism)
    with pytest.raises(AuthenticationError, match="give the password away without TLS"):
        Login("alice", "secret").choose(["PLAIN", "SCRAM-SHA-1"], host="h", encrypted=False)
    with pytest.raises(AuthenticationError, match="has no name and password"):
        Login().choose(["DIGEST-MD5"], host="h", encrypted=False)
    with pytest.raises(AuthenticationError, match="was told to use GSSAPI"):
        Login("a", "b", mechanisms=["GSSAPI"]).choose(["PLAIN"], host="h", encrypted=True)


async def test_anonymous_and_external_only_where_they_are_asked_for() -> None:
    assert "ANONYMOUS" not in Logins(TABLE).offered(encrypted=True)
    assert "ANONYMOUS" not in Logins(anonymous=True).offered(encrypted=False)
    _, server = await both(Login(mechanisms=["ANONYMOUS"]), Logins(anonymous=True), encrypted=True)
    assert isinstance(server, ServerMechanism) and server.user == "anonymous"
    _, server = await both(Login(mechanisms=["EXTERNAL"]), Logins(identity=lambda: "root"), encrypted=True)
    assert isinstance(server, ServerMechanism) and server.user == "root"
    _, server = await both(Login(mechanisms=["EXTERNAL"]), Logins(identity=lambda: None), encrypted=True)
    assert isinstance(server, LoginRefused)


def test_digest_is_what_the_standard_says() -> None:
    """The example of RFC 2831, 4."""
    terms = Terms(
        "elwood.innosoft.com", "OA6MG9tEQGm2hh", "OA6MHXh6VqTrRk", "auth", "imap/elwood.innosoft.com"
    )
    secret = terms.secret("chris", "secret")
    assert terms.proof(secret, "AUTHENTICATE") == "d388dad90d4bbd760a152321f2143af7"
    assert terms.proof(secret, "") == "ea40f60335c427b5527b84dbabcdfffd"


@pytest.mark.parametrize("cipher", CIPHERS)
@given(data=st.lists(st.binary(max_size=100), max_size=5))
def test_a_layer_gives_back_what_it_got(cipher: str, data: list[bytes]) -> None:
    client = DigestLayer(b"k" * 16, cipher, 1024, is_client=True)
    server = DigestLayer(b"k" * 16, cipher, 1024, is_client=False)
    for piece in data:
        assert server.unwrap(client.wrap(piece)) == piece
        assert client.unwrap(server.wrap(piece)) == piece


@pytest.mark.parametrize("cipher", CIPHERS)
def test_a_forged_packet_is_noticed(cipher: str) -> None:
    def pair() -> tuple[DigestLayer, DigestLayer]:
        return tuple(DigestLayer(b"k" * 16, cipher, 1024, is_client=side) for side in (True, False))  # type: ignore[return-value]

    whole = pair()[0].wrap(b"some words")
    for at in range(len(whole)):
        forged = bytearray(whole)
        forged[at] ^= 1
        with pytest.raises(RemoteProtocolError, match="changed on the way"):
            pair()[1].unwrap(bytes(forged))
    for packet in (b"", whole[:5], whole[:-1], b"x" * 16):
        with pytest.raises(RemoteProtocolError):
            pair()[1].unwrap(packet)
    client, server = pair()
    client.wrap(b"lost")
    with pytest.raises(RemoteProtocolError):
        server.unwrap(client.wrap(b"the next"))


@pytest.mark.parametrize("cipher", CIPHERS)
async def test_a_stream_in_a_layer_is_a_stream(cipher: str) -> None:
    async def pair() -> tuple[LayeredStream, LayeredStream]:
        streams = memory_stream_pair()
        layers = [DigestLayer(b"k" * 16, cipher, 1024, is_client=side) for side in (True, False)]
        one, other = (LayeredStream(stream, layer) for stream, layer in zip(streams, layers, strict=True))
        return one, other

    one, other = await pair()
    words = bytes(range(256)) * 1000
    async with trio.open_nursery() as nursery:
        nursery.start_soon(one.send_all, words)
        got = b""
        while len(got) < len(words):
            got += await other.receive_some(7777)
    assert got == words


async def test_a_packet_without_end_is_refused() -> None:
    ours, theirs = memory_stream_pair()
    stream = LayeredStream(ours, DigestLayer(b"k" * 16, "rc4", 1024, is_client=True))
    await theirs.send_all(b"\xff\xff\xff\xff")
    with pytest.raises(RemoteProtocolError, match="4294967295 bytes"):
        await stream.receive_some()


HOSTILE_SERVERS: dict[str, bytes] = {
    "a list without end": b"\xff\xff\xff\xff",
    "hangs up": b"",
    "a challenge without end": b"\x0c\0\0\0,DIGEST-MD5,\xff\xff\xff\x7f",
    "a challenge that is none": b"\x0c\0\0\0,DIGEST-MD5,\x04\0\0\0x=\xff\0\0",
    "nothing to log in by": b"\0\0\0\0",
    "success at once": b"\x0c\0\0\0,DIGEST-MD5,\0\0\0\0\x01\0\0\0\0",
    "no end": b"\x0c\0\0\0,DIGEST-MD5," + b"\0\0\0\0\0" * 40,
}


@pytest.mark.parametrize("words", HOSTILE_SERVERS.values(), ids=HOSTILE_SERVERS.keys())
async def test_a_hostile_server_is_an_error_in_words(words: bytes) -> None:
    from spice_rs.errors import SpiceError

    ours, theirs = memory_stream_pair()
    await theirs.send_all(words)
    await theirs.send_eof()
    login = Login("alice", "secret")
    with pytest.raises(SpiceError) as caught, trio.fail_after(5):
        await client_login(
            Words(ours, "server"), lambda offered: login.choose(offered, host="h", encrypted=False)
        )
    assert "secret" not in str(caught.value)


HOSTILE_CLIENTS: dict[str, tuple[bytes, type[Exception]]] = {
    "an empty name": (b"\0\0\0\0", LoginRefused),
    "a name of 101 bytes": (b"\x65\0\0\0" + b"A" * 101, LoginRefused),
    "two names": (b"\x10\0\0\0DIGEST-MD5,PLAIN", NoSuchMechanism),
    "a part of a name": (b"\x06\0\0\0DIGEST", NoSuchMechanism),
    "a name with a NUL": (b"\x0b\0\0\0DIGEST-MD5\0", NoSuchMechanism),
    "data without end": (b"\x0a\0\0\0DIGEST-MD5\xff\xff\xff\xff", NoSuchMechanism),
    "an answer that is none": (b"\x0a\0\0\0DIGEST-MD5\0\0\0\0\x03\0\0\0\xff\xff\0", LoginRefused),
    "no answer": (b"\x0a\0\0\0DIGEST-MD5" + b"\0\0\0\0" * 3, LoginRefused),
}


@pytest.mark.parametrize(("words", "error"), HOSTILE_CLIENTS.values(), ids=HOSTILE_CLIENTS.keys())
async def test_a_hostile_client_is_refused(words: bytes, error: type[Exception]) -> None:
    ours, theirs = memory_stream_pair()
    await ours.send_all(words)
    with pytest.raises(error), trio.fail_after(5):
        await server_login(Words(theirs, "client"), Logins(TABLE).offered(encrypted=False))


async def test_a_server_that_makes_the_client_work_for_ever_is_refused() -> None:
    mechanism = Login("alice", "secret", mechanisms=["SCRAM-SHA-1"]).choose(
        ["SCRAM-SHA-1"], host="h", encrypted=True
    )
    first = mechanism.step(None)
    assert first is not None
    nonce = first.decode().rpartition("r=")[2]
    with pytest.raises(RemoteProtocolError, match="iterations"):
        mechanism.step(f"r={nonce}x,s=QSXCR+Q6sek8bf92,i=2000000000".encode())


def test_a_client_answers_no_other_question() -> None:
    """An answer that was heard is of no use for another challenge, and a changed one is of none at all."""
    server = DigestServer(Users(TABLE), realm="here", protects=True)
    client = DigestClient("alice", "secret", host="localhost", protects=True)
    challenge = server.step(None).data
    assert challenge is not None
    answer = client.step(challenge)
    assert answer is not None
    other = DigestServer(Users(TABLE), realm="here", protects=True)
    other.step(None)
    with pytest.raises(LoginRefused):
        other.step(answer)
    with pytest.raises(LoginRefused):
        server.step(answer.replace(b"auth-conf", b"auth"))
