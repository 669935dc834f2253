"""Host-subjects as text: good ones, bad ones with what is said of them, and that what a server says of itself is one."""

from __future__ import annotations

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from spice_rs.tls import ClientTls, ServerTls

from .test_trust import CA, shown


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("CN=host", [("CN", "host")]),
        ("commonName=host", [("CN", "host")]),
        ("2.5.4.3=host", [("CN", "host")]),
        ("  C=XX ,  O=some  body,CN=host,", [("C", "XX"), ("O", "some body"), ("CN", "host")]),
        (r"O=a\, b\\c,CN=x=y", [("O", "a, b\\c"), ("CN", "x=y")]),
        ("CN=one,CN=two", [("CN", "one"), ("CN", "two")]),
        (
            "ST=s,L=l,OU=ou,emailAddress=me@host,DC=org",
            [("ST", "s"), ("L", "l"), ("OU", "ou"), ("emailAddress", "me@host"), ("DC", "org")],
        ),
        (
            "OU=PVE Cluster Node,O=Proxmox Virtual Environment,CN=pve",
            [("OU", "PVE Cluster Node"), ("O", "Proxmox Virtual Environment"), ("CN", "pve")],
        ),
        ("1.3.6.1.4.1.99999.1=odd", [("1.3.6.1.4.1.99999.1", "odd")]),
    ],
)
async def test_subjects(written: str, parts: list[tuple[str, str]]) -> None:
    pair = CA.issue(parts)
    await shown(pair, ClientTls(ca=CA.pem, subject=written), "whatever")
    # And as the server itself writes it.
    own = ServerTls(certificate=pair.pem, key=pair.key_pem).subject
    await shown(pair, ClientTls(ca=CA.pem, subject=own), "whatever")


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "it is empty"),
        (" , ,", "it is empty"),
        ("host", "'host' has no ="),
        ("CN=host,lab", "'lab' has no ="),
        ("CN=", "'CN' has no value"),
        ("=host", "nothing is called '' there"),
        ("cn=host", "did you mean CN?"),
        ("XX=host", "nothing is called 'XX' there"),
        ("CN=a\\b", "a backslash stands before a comma or a backslash only"),
        ("CN=a\\", "a backslash stands before a comma or a backslash only"),
        ("9.1=host", "nothing is called '9.1' there"),
    ],
)
def test_what_is_no_subject(written: str, why: str) -> None:
    with pytest.raises(ValueError, match="not a host-subject") as caught:
        ClientTls(ca=CA.pem, subject=written)
    assert why in str(caught.value) and "write it as C=XX,O=somebody,CN=host" in str(caught.value)


values = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
subjects = st.lists(st.tuples(st.sampled_from(["O", "OU", "CN", "L", "ST"]), values), min_size=1, max_size=5)


@settings(max_examples=25)
@given(subjects)
def test_every_server_is_known_by_what_it_says_of_itself(parts: list[tuple[str, str]]) -> None:
    pair = CA.issue(parts)
    own = ServerTls(certificate=pair.pem, key=pair.key_pem).subject
    trio.run(shown, pair, ClientTls(ca=CA.pem, subject=own), "whatever")


@given(st.text())
def test_no_text_does_anything_else(text: str) -> None:
    try:
        ClientTls(ca=CA.pem, subject=text)
    except ValueError:
        return
