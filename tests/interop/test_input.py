"""What is typed and clicked arrives at real servers: at an X program in Xspice, at a guest without a system in QEMU."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trio

import spice_rs
from spice_rs.keymap import chord, key_names
from tests.interop.guests import BIOS, CONTROLLER, Guest
from tests.peers import Peer
from tests.peers.qemu import Qemu
from tests.peers.xspice import Xspice

PRINTABLE = "".join(map(chr, range(32, 127)))
THOUSAND = (PRINTABLE * 11)[:1000]

# The X keysyms of keys that are named otherwise here. F13 and above, and the media keys, have no code in Xspice's driver or
# another one than elsewhere.
KEYSYMS = {
    "Esc": "Escape", "Enter": "Return", "Ctrl": "Control_L", "Shift": "Shift_L", "Alt": "Alt_L", "ISO_102": "less",
    "Ctrl_R": "Control_R", "Super": "Super_L", "Space": "space", "Tab": "Tab", "Backspace": "BackSpace", "-": "minus",
    "=": "equal", "[": "bracketleft", "]": "bracketright", ";": "semicolon", "'": "apostrophe", "`": "grave",
    "\\": "backslash", ",": "comma", ".": "period", "/": "slash",
}  # fmt: skip
SAME_IN_X = (
    "1 2 3 4 5 6 7 8 9 0 F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12 Shift_R Alt_R Super_R Menu Print Pause KP_Multiply "
    "KP_Subtract KP_Add KP_Divide KP_Enter Home Up Page_Up Left Right End Down Page_Down Insert Delete"
).split()

# What the keyboard that QEMU 7.2 emulates does not have.
NOT_IN_QEMU = {*(f"F{number}" for number in range(13, 25)), "Browser_Search"}
# What it sends otherwise than it was told: as a real keyboard does, with a Shift of its own, or as six bytes.
OTHERWISE_IN_QEMU = {"Print": "e02a e037 e0b7 e0aa", "Pause": "e11d45 e19dc5"}


@pytest.fixture
def watched(xspice: Callable[..., Xspice]) -> Xspice:
    peer = xspice()
    peer.watch_input()
    return peer


async def until(peer: Peer, what: str, condition: Callable[[], bool]) -> None:
    await trio.to_thread.run_sync(peer.wait_until, what, condition)


async def test_all_of_ascii_arrives_in_x(watched: Xspice) -> None:
    async with spice_rs.connect(watched.address) as session:
        await session.keyboard.type(PRINTABLE + "\t\n")
        await until(watched, "the text", lambda: "Return" in [e["name"] for e in watched.input_events("key")])
    assert typed(watched) == PRINTABLE + "\t\r"


def typed(peer: Xspice) -> str:
    return "".join(event["text"] for event in peer.input_events("key") if event["down"])


async def test_a_thousand_characters_arrive_in_x_at_any_pace(watched: Xspice) -> None:
    async with spice_rs.connect(watched.address) as session:
        session.keyboard.pace = 0
        await session.keyboard.type(THOUSAND)
        await until(watched, "the text", lambda: len(typed(watched)) >= len(THOUSAND))
    assert typed(watched) == THOUSAND


async def test_keys_by_name_arrive_in_x(watched: Xspice) -> None:
    wanted = {**KEYSYMS, **{name: name for name in SAME_IN_X}}
    async with spice_rs.connect(watched.address) as session:
        for name in wanted:
            await session.keyboard.press(name)
        await until(watched, "the keys", lambda: len(watched.input_events("key")) >= 2 * len(wanted))
    events = [(event["name"], event["down"]) for event in watched.input_events("key")]
    assert events == [(keysym, down) for keysym in wanted.values() for down in (True, False)]


async def test_letters_come_out_right_under_caps_lock(watched: Xspice) -> None:
    async with spice_rs.connect(watched.address) as session:
        await session.keyboard.press("Caps_Lock")
        await session.keyboard.type("Xspice!")
    # A client that comes later is told at its start.
    async with spice_rs.connect(watched.address) as session:
        await session.keyboard.type("Xspice.")
        await session.keyboard.press("Caps_Lock")
        await session.keyboard.type("Xspice?")
        await until(watched, "the text", lambda: "?" in typed(watched))
    assert typed(watched) == "Xspice!Xspice.Xspice?"


async def test_the_pointer_arrives_in_x(watched: Xspice) -> None:
    async with spice_rs.connect(watched.address) as session:
        await session.mouse.click(10, 20)
        await session.mouse.click(1023, 767, button="right", count=2)
        await session.mouse.scroll(2)
        await session.mouse.scroll(-1)
        await session.mouse.drag((100, 100), (200, 150))
        await until(watched, "the end of the drag", lambda: len(buttons(watched)) >= 8)
    assert buttons(watched) == [
        (1, 10, 20, True), (1, 10, 20, False),
        (3, 1023, 767, True), (3, 1023, 767, False), (3, 1023, 767, True), (3, 1023, 767, False),
        (1, 100, 100, True), (1, 200, 150, False),
    ]  # fmt: skip
    assert [event["direction"] for event in watched.input_events("scroll")] == ["up", "up", "down"]


def buttons(peer: Xspice) -> list[tuple[int, int, int, bool]]:
    return [(e["button"], e["x"], e["y"], e["down"]) for e in peer.input_events("button")]


async def test_five_hundred_motions_are_acknowledged(watched: Xspice) -> None:
    async with spice_rs.connect(watched.address) as session:
        for x in range(500):
            await session.mouse.move(x, x // 2)
        await until(watched, "the last motion", lambda: last_motion(watched) == (499, 249))


def last_motion(peer: Xspice) -> tuple[int, int] | None:
    motions = peer.input_events("motion")
    return (motions[-1]["x"], motions[-1]["y"]) if motions else None


async def test_nothing_stays_down_when_the_session_ends(watched: Xspice) -> None:
    async with spice_rs.connect(watched.address) as session:
        await session.keyboard.down("Ctrl", "Shift_R")
        await session.mouse.move(5, 5)
        await session.mouse.press()
        await until(watched, "the button", lambda: len(buttons(watched)) == 1)
    await until(watched, "its release", lambda: len(buttons(watched)) == 2)
    await until(watched, "the keys' release", lambda: len(watched.input_events("key")) == 4)
    released = [event["name"] for event in watched.input_events("key") if not event["down"]]
    assert released == ["Shift_R", "Control_L"]


def boot(qemu: Callable[..., Qemu], folder: Path, code: bytes, **options: Any) -> tuple[Qemu, Guest]:
    guest = Guest(folder, code)
    return qemu(vga="std", extra=guest.arguments, **options), guest


async def test_each_key_gives_its_code_to_a_guest_of_qemu(qemu: Callable[..., Qemu], tmp_path: Path) -> None:
    peer, guest = boot(qemu, tmp_path, CONTROLLER)
    async with spice_rs.connect(peer.address) as session:
        await until(peer, "the guest", lambda: b"\xfa" in guest.mouse.read_bytes())
        wrong = {}
        for name in [name for name in key_names() if name not in NOT_IN_QEMU]:
            (key,) = chord(name)
            expected = bytes.fromhex(OTHERWISE_IN_QEMU.get(name, "")) or key.press + key.release
            before = len(guest.keyboard.read_bytes())
            await session.keyboard.press(name)
            with trio.move_on_after(1):
                while len(guest.keyboard.read_bytes()) < before + len(expected):
                    await trio.sleep(0.005)
            came = guest.keyboard.read_bytes()[before:]
            if came != expected:
                wrong[name] = came.hex(" ")
        assert wrong == {}


@pytest.mark.slow
async def test_a_thousand_characters_arrive_in_a_guest_of_qemu(
    qemu: Callable[..., Qemu], tmp_path: Path
) -> None:
    peer, guest = boot(qemu, tmp_path, BIOS)
    async with spice_rs.connect(peer.address) as session:
        await until(peer, "the guest", lambda: guest.keyboard.read_bytes() == b">")
        await session.keyboard.type(PRINTABLE + THOUSAND + "\n")
        await until(peer, "the end of the text", lambda: guest.keyboard.read_bytes().endswith(b"\r"))
    assert guest.keyboard.read_bytes().decode("ascii") == ">" + PRINTABLE + THOUSAND + "\r"


async def test_a_chord_and_a_held_key_in_a_guest_of_qemu(qemu: Callable[..., Qemu], tmp_path: Path) -> None:
    peer, guest = boot(qemu, tmp_path, CONTROLLER)
    async with spice_rs.connect(peer.address) as session:
        await until(peer, "the guest", lambda: b"\xfa" in guest.mouse.read_bytes())
        await session.keyboard.press("Ctrl+Alt+F2")
        async with session.keyboard.hold("Shift"):
            await session.keyboard.press("Ctrl_R")
    expected = bytes.fromhex("1d 38 3c bc b8 9d 2a e0 1d e0 9d aa")
    await until(peer, "the keys", lambda: len(guest.keyboard.read_bytes()) >= len(expected))
    assert guest.keyboard.read_bytes() == expected


async def test_a_guest_without_a_system_takes_distances_only(
    qemu: Callable[..., Qemu], tmp_path: Path
) -> None:
    # The machine has a tablet, but nothing in it that uses it.
    peer, guest = boot(qemu, tmp_path, CONTROLLER, tablet=True)
    async with spice_rs.connect(peer.address) as session:
        await until(peer, "the guest", lambda: guest.mouse.read_bytes() == b"\xfa")
        with pytest.raises(spice_rs.NoAbsolutePointer, match="move_by"):
            await session.mouse.click(10, 10)
        await session.mouse.move_by(10, 5)
        await session.mouse.click(button="right")
        await until(peer, "the mouse", lambda: len(guest.mouse.read_bytes()) >= 1 + 3 * 3)
    # Packets of a PS/2 mouse: buttons and signs, distance to the right, distance up.
    assert guest.mouse.read_bytes() == bytes.fromhex("fa 28 0a fb 0a 00 00 08 00 00")


async def test_a_tablet_in_qemu_takes_places(qemu: Callable[..., Qemu]) -> None:
    # Without a PS/2 mouse the tablet is the pointer, although nothing in the guest uses it.
    peer = qemu(vga="std", tablet=True, extra=("-machine", "pc,i8042=off"))
    async with spice_rs.connect(peer.address) as session:
        # QEMU acknowledges each four, so a hundred come through a window of eight only if both sides count the same.
        for x in range(100):
            await session.mouse.move(x, x)
        await session.mouse.click(5, 5)
        assert session.mouse_mode == spice_rs.MouseMode.CLIENT
        assert session.mouse.position == (5, 5)
