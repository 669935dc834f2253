"""Addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spice_rs.uri import TcpAddress, UnixAddress, parse


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("spice://host:5901", TcpAddress("host", 5901)),
        ("spice://host", TcpAddress("host", 5900)),
        ("SPICE://Host/", TcpAddress("Host", 5900)),
        ("spice://127.0.0.1:1", TcpAddress("127.0.0.1", 1)),
        ("spice://[::1]:5900", TcpAddress("::1", 5900)),
        ("spice://[fe80::1%eth0]", TcpAddress("fe80::1%eth0", 5900)),
        ("spice://me@host:5900", TcpAddress("host", 5900, user="me")),
        ("spice://me@realm@host:5900", TcpAddress("host", 5900, user="me@realm")),
        ("spice://a%3Ab@host", TcpAddress("host", 5900, user="a:b")),
        ("spice://@host", TcpAddress("host", 5900, user="")),
        ("spice://host?password=%40%26%3B%3D", TcpAddress("host", 5900, password="@&;=")),
        (
            "spice://me@host;tls-port=5901&port=5900;password=a@b?c/d",
            TcpAddress("host", 5900, "me", "a@b?c/d", 5901),
        ),
        ("spice://host?port=5902", TcpAddress("host", 5902)),
        ("spice://host;port=5902;password=a%20b", TcpAddress("host", 5902, password="a b")),
        ("spice://host:5900/?password=p@ss;", TcpAddress("host", 5900, password="p@ss")),
        ("spice://host?port=&password=x", TcpAddress("host", 5900, password="x")),
        ("spice+tls://host:5901", TcpAddress("host", None, tls_port=5901)),
        ("SPICE+TLS://me@[::1]:1?password=x", TcpAddress("::1", None, "me", "x", 1)),
        ("spice://host?tls-port=5901", TcpAddress("host", None, tls_port=5901)),
        ("spice://host:5900?tls-port=5901", TcpAddress("host", 5900, tls_port=5901)),
        ("spice://host?port=5900&tls-port=5901", TcpAddress("host", 5900, tls_port=5901)),
        ("spice+unix:///run/vm 1/spice.sock", UnixAddress("/run/vm 1/spice.sock")),
        ("spice+unix://@abstract", UnixAddress("@abstract")),
        ("spice+unix://relative?not=a query", UnixAddress("relative?not=a query")),
    ],
)
def test_it_reads(text: str, address: object) -> None:
    assert parse(text) == address


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no scheme"),
        ("host:5900", "no scheme"),
        ("http://host:5900", "'http' is not SPICE"),
        ("spice://", "no host"),
        ("spice://:5900", "no host"),
        ("spice://host:", "no port"),
        ("spice://host:0", "no port"),
        ("spice://host:65536", "no port"),
        ("spice://host:999999999999999999999", "no port"),
        ("spice://host:٣", "no port"),
        ("spice://host:59x", "no port"),
        ("spice://::1", "brackets"),
        ("spice://[::1", "host:port"),
        ("spice://host:5900/path", "host:port"),
        ("spice://host/path", "host:port"),
        ("spice://host:5900?port=5901", "port twice"),
        ("spice://host?password=a&password=b", "password twice"),
        ("spice://host?colour=red", "unknown key 'colour'"),
        ("spice://me:secret@host", "written ?password="),
        ("spice://host?tls-port=0", "no port"),
        ("spice://host?port=1&tls-port=x", "'x' is no port"),
        ("spice://host?Port=1", "unknown key 'Port'"),
        ("spice+tls://host", "no port"),
        ("spice+tls://host:5901?tls-port=5902", "unknown key 'tls-port'"),
        ("spice+tls://:5901", "no host"),
        ("spice+unix://", "no socket"),
    ],
)
def test_it_says_what_is_wrong_and_shows_a_right_one(text: str, why: str) -> None:
    with pytest.raises(ValueError, match="not a SPICE address") as caught:
        parse(text)
    assert why in str(caught.value)
    assert "spice://host:port" in str(caught.value)


def test_a_password_is_never_shown() -> None:
    address = parse("spice://host?password=hunter2")
    assert "hunter2" not in repr(address) + str(address)
    with pytest.raises(ValueError, match="unknown key") as caught:
        parse("spice://host?password=hunter2&x=1")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "spice://host:5901",
        "spice://[::1]:5900",
        "spice+tls://host:5901",
        "spice://[::1]?port=1&tls-port=2",
        "spice+unix:///a b",
    ],
)
def test_an_address_writes_itself(text: str) -> None:
    assert str(parse(text)) == text


@given(st.text())
def test_no_text_does_anything_else(rest: str) -> None:
    for scheme in ("spice://", "spice+tls://", "spice+unix://", ""):
        try:
            parse(scheme + rest)
        except ValueError:
            continue
