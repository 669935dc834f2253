"""What of the X display can be tested without one: key codes, joined areas, names, authority files."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spice_rs import keymap
from spice_rs.errors import SourceError
from spice_rs.server.screen import Area
from spice_rs.sources._x11._damage import AREAS_MAX, WASTE, bounds, joined, pixels
from spice_rs.sources._x11._door import Place, cookie, place
from spice_rs.sources._x11._keys import Keycodes

EVDEV = Keycodes(8, 255)
XFREE86 = Keycodes(8, 255, evdev=False)


def code(name: str, codes: Keycodes = EVDEV) -> int | None:
    return codes.of_scan_code(keymap.chord(name)[0].down_code)


def test_every_key_has_a_code_of_its_own() -> None:
    codes = {name: code(name) for name in keymap.key_names()}
    assert None not in codes.values()
    assert len(set(codes.values())) == len(codes)


@pytest.mark.parametrize(
    "name, evdev, xfree86",
    [
        ("Esc", 9, 9),
        ("A", 38, 38),
        ("F12", 96, 96),
        ("Up", 111, 98),
        ("KP_Enter", 104, 108),
        ("Super", 133, 115),
    ],
)
def test_some_keys(name: str, evdev: int, xfree86: int) -> None:
    assert code(name) == evdev
    assert code(name, XFREE86) == xfree86


def test_the_code_of_a_release_is_that_of_the_key() -> None:
    for name in keymap.key_names():
        key = keymap.chord(name)[0]
        assert EVDEV.of_scan_code(key.up_code) == EVDEV.of_scan_code(key.down_code)


@given(st.integers(0, 0xFFFFFFFF))
def test_no_scan_code_gives_what_x_does_not_take(scan_code: int) -> None:
    found = Keycodes(8, 200).of_scan_code(scan_code)
    assert found is None or 8 <= found <= 200


spans = st.tuples(st.integers(0, 1919), st.integers(1, 900)).map(lambda two: (two[0], min(1920, sum(two))))
areas = st.tuples(spans, spans).map(lambda two: (two[0][0], two[1][0], two[0][1], two[1][1]))


@given(st.lists(areas, max_size=60))
def test_joined_areas_cover_all_that_was_drawn(given_areas: list[Area]) -> None:
    result = joined(given_areas)
    assert len(result) <= AREAS_MAX
    for area in given_areas:
        assert any(bounds([area, other]) == other for other in result)
    # They fit into the memory of one screen, and into the area around all.
    if result:
        assert sum(map(pixels, result)) <= pixels(bounds(given_areas))


def test_what_is_far_apart_is_not_joined() -> None:
    film, cursor = (100, 100, 740, 460), (1500, 1000, 1508, 1016)
    assert joined([film, cursor]) == [film, cursor]
    lines = [(10, top, 400, top + 10) for top in range(0, 200, 20)]
    assert joined(lines) == [(10, 0, 400, 190)]
    assert pixels(joined(lines)[0]) - sum(map(pixels, lines)) < 2 * WASTE
    assert joined([]) == []


@pytest.mark.parametrize(
    "name, host, number",
    [
        (":0", None, 0),
        (":10.1", None, 10),
        ("unix:3", None, 3),
        ("unixhost:3", "unixhost", 3),
        ("localhost:10.0", "localhost", 10),
        ("[::1]:0", "::1", 0),
    ],
)
def test_names_of_displays(name: str, host: str | None, number: int) -> None:
    assert place(name) == Place(name, host, number)


@pytest.mark.parametrize("name", ["", ":", "0", ":x", ":0.x", "/tmp/socket:0", ":123456"])
def test_what_is_no_name_of_a_display(name: str) -> None:
    with pytest.raises(SourceError, match="they look like :0"):
        place(name)


def entry(family: int, *fields: bytes) -> bytes:
    return struct.pack(">H", family) + b"".join(struct.pack(">H", len(field)) + field for field in fields)


def test_the_cookie_of_a_display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "desk")
    magic = b"MIT-MAGIC-COOKIE-1"
    file = tmp_path / "authority"
    monkeypatch.setenv("XAUTHORITY", str(file))
    assert cookie(place(":1")) is None
    whole = (
        entry(256, b"other", b"1", magic, b"not of this machine")
        + entry(256, b"desk", b"2", magic, b"two")
        + entry(256, b"desk", b"1", b"XDM-AUTHORIZATION-1", b"of another kind")
        + entry(256, b"desk", b"1", magic, b"one")
        + entry(65535, b"", b"", magic, b"all")
    )
    file.write_bytes(whole)
    assert [cookie(place(name)) for name in (":1", ":2", ":3")] == [b"one", b"two", b"all"]
    # A file that is damaged opens nothing, and breaks nothing.
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        assert cookie(place(":1")) in (None, b"one")
