"""Connection files: what remote-viewer's mean, what is no such file, and that secrets stay secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spice_rs.connection_file import HOTKEYS, KEYS, ConnectionFile

PROXMOX = r"""[virt-viewer]
tls-port=61000
delete-this-file=1
secure-attention=Ctrl+Alt+Ins
release-cursor=Ctrl+Alt+R
title=VM 100 - test
type=spice
host-subject=OU=PVE Cluster Node,O=Proxmox Virtual Environment,CN=pve.example
host=pvespiceproxy:68f0a1c2:100:pve::0123456789abcdef0123456789abcdef01234567
password=0f1e2d3c4b5a6978
proxy=http://pve.example:3128
toggle-fullscreen=Shift+F11
ca=-----BEGIN CERTIFICATE-----\nMIIFiz\n-----END CERTIFICATE-----\n
"""


def test_what_proxmox_hands_out_is_understood() -> None:
    file = ConnectionFile.parse(PROXMOX)
    assert file.host == "pvespiceproxy:68f0a1c2:100:pve::0123456789abcdef0123456789abcdef01234567"
    assert (file.port, file.tls_port, file.delete_this_file) == (None, 61000, True)
    assert file.ca == "-----BEGIN CERTIFICATE-----\nMIIFiz\n-----END CERTIFICATE-----\n"
    assert file.host_subject == "OU=PVE Cluster Node,O=Proxmox Virtual Environment,CN=pve.example"
    assert file.proxy == "http://pve.example:3128"
    assert file.hotkeys["toggle-fullscreen"] == "Shift+F11" and not file.unknown


def test_every_key_is_read_and_written() -> None:
    numbers = {"port": "5900", "tls-port": "5901", "color-depth": "32"}
    flags = ("fullscreen", "enable-smartcard", "enable-usbredir", "enable-usb-autoshare", "delete-this-file")
    values = {key: numbers.get(key, "1" if key in flags else f"some {key}") for key in (*KEYS, *HOTKEYS)}
    values |= {"type": "spice", "x-mine": "kept", "secure-channels": "main;inputs"}
    text = "[virt-viewer]\n" + "".join(f"{key}={value}\n" for key, value in values.items())
    text += "\n[ovirt]\nhost=engine\nsso-token=token\n"
    file = ConnectionFile.parse(text)
    assert file.secure_channels == ("main", "inputs") and file.fullscreen is True
    assert file.unknown == {"x-mine": "kept"} and file.ovirt == {"host": "engine", "sso-token": "token"}
    assert ConnectionFile.parse(file.dump()) == file


def test_it_says_which_keys_nobody_looks_at() -> None:
    file = ConnectionFile.parse(PROXMOX)
    assert file.kept_only == ("title", "toggle-fullscreen", "release-cursor", "secure-attention")
    text = "[virt-viewer]\ntype=spice\nhost=h\nport=1\nsecure-channels=main\ncolor-depth=16\nx-mine=1\n"
    assert ConnectionFile.parse(text).kept_only == ("color-depth", "x-mine")


def test_a_repr_is_short_and_has_no_ticket() -> None:
    assert repr(ConnectionFile(host="h", port=5900, password="hidden")) == (
        "ConnectionFile(type='spice', host='h', port=5900)"
    )
    shown = repr(ConnectionFile.parse(PROXMOX))
    assert "host='pvespiceproxy:68f0a1c2:100:pve::...'" in shown and "0123456789abcdef" not in shown


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", r"no group \[virt-viewer\]"),
        ("[other]\ntype=spice\n", r"no group \[virt-viewer\]"),
        ("[virt-viewer]\nhost=h\n", "no key 'type'"),
        ("type=spice\n", "key=value"),
        ("[virt-viewer]\nsecret words without a sign\n", "key=value"),
        ("[virt-viewer]\ntype=spice\nport=many\n", "'port' is no number from 0 to 65535: 'many'"),
        ("[virt-viewer]\ntype=spice\ntls-port=65536\n", "'tls-port' is no number"),
        ("[virt-viewer]\ntype=spice\nfullscreen=perhaps\n", "'fullscreen' is neither 0 nor 1"),
    ],
)
def test_what_is_no_connection_file_is_refused_in_words(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        ConnectionFile.parse(text)
    assert "secret" not in str(caught.value)


def test_a_port_that_is_not_there_is_none_whatever_is_written() -> None:
    assert ConnectionFile.parse("[virt-viewer]\ntype=spice\nport=-1\ntls-port=5901\n").port == 0


def test_a_file_is_deleted_only_where_it_says_so_and_only_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "console.vv"
    path.write_text(PROXMOX)
    file = ConnectionFile.load(path)
    assert path.exists()
    assert file.delete(path) and not path.exists() and not file.delete(path)
    path.write_text(PROXMOX.replace("delete-this-file=1", "delete-this-file=0"))
    assert not ConnectionFile.load(path).delete(path) and path.exists()


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.vv"
    path.write_bytes(b"x" * (2 << 20))
    with pytest.raises(ValueError, match="more than 1 MiB"):
        ConnectionFile.load(path)
    path.write_bytes(b"\xff\xfe[virt-viewer]")
    with pytest.raises(ValueError, match="UTF-8"):
        ConnectionFile.load(path)


words = (
    st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=8)
    .map(str.strip)
    .filter(lambda t: len(t) > 7)
)


@given(words, words, words)
def test_no_secret_is_in_a_repr(password: str, token: str, user: str) -> None:
    file = ConnectionFile(
        password=password,
        proxy=f"http://{user}:{token}@proxy:3128",
        ovirt={"sso-token": token},
        unknown={"x": token},
    )
    assert password not in repr(file) and token not in repr(file)
    assert ConnectionFile.parse(file.dump()) == file
