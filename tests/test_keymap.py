import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spice_rs.keymap import Key, NotOnLayout, UnknownKey, chord, key_names, strokes

PRINTABLE = "".join(map(chr, range(32, 127)))


def key(name: str) -> Key:
    (found,) = chord(name)
    return found


@pytest.mark.parametrize(
    "name, code",
    [
        # From the table of a PC keyboard's set 1, one from each end of each run.
        ("Esc", 0x01), ("1", 0x02), ("Backspace", 0x0E), ("Tab", 0x0F), ("]", 0x1B), ("Enter", 0x1C),
        ("Ctrl", 0x1D), ("a", 0x1E), ("`", 0x29), ("Shift", 0x2A), ("\\", 0x2B), ("z", 0x2C), ("/", 0x35),
        ("Shift_R", 0x36), ("KP_Multiply", 0x37), ("Alt", 0x38), ("Space", 0x39), ("Caps_Lock", 0x3A),
        ("F1", 0x3B), ("F10", 0x44), ("Num_Lock", 0x45), ("Scroll_Lock", 0x46), ("KP_7", 0x47),
        ("KP_Decimal", 0x53), ("ISO_102", 0x56), ("F11", 0x57), ("F12", 0x58), ("F13", 0x5D),
    ],
)  # fmt: skip
def test_plain_keys(name: str, code: int) -> None:
    assert key(name).down_code == code
    assert key(name).up_code == code | 0x80


def test_extended_keys_carry_their_prefix_in_the_lowest_byte() -> None:
    assert key("Ctrl_R").down_code == 0x1DE0
    assert key("Ctrl_R").up_code == 0x9DE0
    assert key("Delete").press == b"\xe0\x53"
    assert key("Delete").release == b"\xe0\xd3"


def test_pause_is_the_code_that_servers_know_for_it() -> None:
    # Seen: QEMU 7.2 gives its guest e1 1d 45 e1 9d c5 for it, Xspice the keysym Pause (tests/interop/test_input.py).
    assert key("Pause").press + key("Pause").release == bytes.fromhex("e046e0c6")


@pytest.mark.parametrize("spelling", ["Page_Up", "PageUp", "page-up", "PAGE UP", "pgup", "Prior"])
def test_spellings_of_one_key(spelling: str) -> None:
    assert key(spelling) == key("Page_Up")


@pytest.mark.parametrize(
    "spelling, name",
    [
        ("Return", "Enter"), ("Escape", "Esc"), ("Control", "Ctrl"), ("Control_R", "Ctrl_R"), ("AltGr", "Alt_R"),
        ("Win", "Super"), ("SysRq", "Print"), ("Del", "Delete"), ("minus", "-"), ("bracketleft", "["),
        ("XF86AudioMute", "Mute"), ("KP_Page_Up", "KP_9"),
    ],
)  # fmt: skip
def test_other_names(spelling: str, name: str) -> None:
    assert key(spelling) == key(name)


@pytest.mark.parametrize(
    "spelling, names",
    [
        ("Ctrl+Alt+F2", ["Ctrl", "Alt", "F2"]),
        ("ctrl-alt-del", ["Ctrl", "Alt", "Delete"]),
        ("Ctrl+-", ["Ctrl", "-"]),
        ("ctrl--", ["Ctrl", "-"]),
        ("Ctrl+Page-Up", ["Ctrl", "Page_Up"]),
        ("-", ["-"]),
        ("a+a", ["A"]),
    ],
)
def test_chords(spelling: str, names: list[str]) -> None:
    assert [found.name for found in chord(spelling)] == names


def test_a_chord_of_several_names() -> None:
    assert chord("Ctrl", "Alt", "F2") == chord("Ctrl+Alt", "F2") == chord("Ctrl+Alt+F2")


@pytest.mark.parametrize(
    "name, hint",
    [
        ("Retrun", "did you mean Enter?"),
        ("Ctrl+!", "is Shift+1 on a US keyboard"),
        ("", ""),
        ("Ctrl+", "Ctrl?"),
        ("ä", ""),
    ],
)
def test_a_name_that_no_key_has(name: str, hint: str) -> None:
    with pytest.raises(UnknownKey, match="no key is named") as caught:
        chord(name)
    assert str(caught.value).endswith(hint)
    assert isinstance(caught.value, ValueError)


def test_every_key_is_found_by_its_own_name_and_no_two_are_one() -> None:
    keys = [key(name) for name in key_names()]
    assert [found.name for found in keys] == key_names()
    assert len({found.press for found in keys}) == len(keys) > 140


def test_all_of_ascii_that_can_be_seen_can_be_typed() -> None:
    typed = strokes(PRINTABLE)
    assert len({(stroke.key, stroke.shift) for stroke in typed}) == len(PRINTABLE)
    assert {c for c, stroke in zip(PRINTABLE, typed, strict=True) if stroke.capital} == set(
        string.ascii_letters
    )


def test_text() -> None:
    assert [(s.key.name, s.shift) for s in strokes("aA?\t\n")] == [
        ("A", False), ("A", True), ("/", True), ("Tab", False), ("Enter", False)
    ]  # fmt: skip
    assert strokes("a\r\nb\r") == strokes("a\nb\n")


def test_a_character_of_another_layout_is_named_with_its_place() -> None:
    with pytest.raises(NotOnLayout, match=r"'é' \(U\+00E9\) at position 3 .*clipboard") as caught:
        strokes("caféä")
    assert (caught.value.character, caught.value.position) == ("é", 3)


@given(st.text())
def test_any_text_is_typed_whole_or_refused(text: str) -> None:
    try:
        typed = strokes(text)
    except NotOnLayout as error:
        assert text[error.position] == error.character
    else:
        assert len(typed) == len(text.replace("\r\n", "\n"))


@given(st.text())
def test_any_name_is_found_or_refused(name: str) -> None:
    try:
        assert chord(name)
    except UnknownKey as error:
        assert error.name in name
