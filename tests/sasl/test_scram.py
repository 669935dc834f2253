"""The server's half of SCRAM, to clients that say odd things."""

from __future__ import annotations

from typing import Any

import pytest
import scramp
from hypothesis import given
from hypothesis import strategies as st

from spice_rs.sasl import LoginRefused
from spice_rs.sasl._scram import ScramServer
from spice_rs.sasl._users import Users

NAMES = ("SCRAM-SHA-1", "SCRAM-SHA-256")
TABLE = {"alice": "secret", "a,b=c": "odd"}
NONCE = "fyko+d2lbbFgONRv9qkxdawL"


def halves(name: str = NAMES[1], user: str = "alice", password: str = "secret") -> tuple[Any, ScramServer]:
    """The library's client and our server."""
    return scramp.ScramClient([name], user, password, c_nonce=NONCE), ScramServer(name, Users(TABLE))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("user", TABLE)
def test_a_client_of_the_library_comes_in_and_knows_who_is_there(name: str, user: str) -> None:
    client, server = halves(name, user, TABLE[user])
    assert server.step(None).data == b""
    client.set_server_first(server.step(str(client.get_client_first()).encode()).data.decode())
    reply = server.step(str(client.get_client_final()).encode())
    client.set_server_final(reply.data.decode())
    assert reply.finished and server.user == user
    with pytest.raises(LoginRefused):
        server.step(b"")


@pytest.mark.parametrize(
    "first",
    [
        f"n,,n=alice,r={NONCE}",
        f"y,,n=alice,r={NONCE}",
        f"n,a=alice,n=alice,r={NONCE}",
        f"n,,n=alice,r={NONCE},x=more",
        f"n,a=a=2Cb=3Dc,n=a=2Cb=3Dc,r={NONCE}",
    ],
)
def test_what_the_standard_allows_is_answered(first: str) -> None:
    answer = halves()[1].step(first.encode()).data.decode()
    assert answer.startswith(f"r={NONCE}") and ",s=" in answer and int(answer.rpartition(",i=")[2]) >= 4096


@pytest.mark.parametrize(
    "first",
    [
        "",
        "n,,",
        f"n,,n=,r={NONCE}",
        "n,,n=alice,r=",
        f"n,,n=nobody,r={NONCE}",
        f"n,a=bob,n=alice,r={NONCE}",
        f"n,a=,n=alice,r={NONCE}",
        f"p=tls-unique,,n=alice,r={NONCE}",
        f"n,,m=new,n=alice,r={NONCE}",
        f"n,,n=al=ice,r={NONCE}",
        f"n,,n=alice,r={NONCE}\0",
        f"n,,n=alice,r={'x' * 5000}",
        b"\xff\xfe",
    ],
)
def test_what_it_does_not_is_refused(first: str | bytes) -> None:
    with pytest.raises(LoginRefused):
        halves()[1].step(first if isinstance(first, bytes) else first.encode())


FINALS = {
    "another header": ("c=biws", "c=eSws"),
    "no header": ("c=biws,", ""),
    "another nonce": (f"r={NONCE}", "r=another"),
    "no proof": (",p=", ",x="),
    "a proof that is no base64": (",p=", ",p=!"),
    "an empty one": ("=", ""),
    "more": (",p=", ",y=more,p="),
}


@pytest.mark.parametrize(("old", "new"), FINALS.values(), ids=FINALS)
def test_a_last_message_that_was_changed_is_refused(old: str, new: str) -> None:
    client, server = halves()
    client.set_server_first(server.step(str(client.get_client_first()).encode()).data.decode())
    final = str(client.get_client_final())
    assert old in final
    with pytest.raises(LoginRefused):
        server.step(final.replace(old, new).encode())
    assert server.user is None


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_noise_is_refused(first: bytes, final: bytes) -> None:
    server = halves()[1]
    with pytest.raises(LoginRefused):
        server.step(first)
    server = halves()[1]
    server.step(f"n,,n=alice,r={NONCE}".encode())
    with pytest.raises(LoginRefused):
        server.step(final)
