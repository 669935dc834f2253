from __future__ import annotations

import math

import pytest
import trio

from spice_rs.channels.inputs import InputsClient
from spice_rs.client._pace import PACE
from spice_rs.client.keyboard import Keyboard
from spice_rs.enums import KeyModifiersMask
from spice_rs.errors import Disconnected
from spice_rs.keymap import NotOnLayout, UnknownKey, chord, strokes
from spice_rs.messages.inputs import FromClient, KeyDown, KeyScancode, KeyUp

from .desk import desk

(CAPS_LOCK,) = chord("Caps_Lock")


def codes(messages: list[FromClient]) -> str:
    """Return the bytes of all keys that were sent, in order."""
    result = b""
    for message in messages:
        match message:
            case KeyScancode(code):
                result += code
            case KeyDown(code) | KeyUp(code):
                result += code.to_bytes(4, "little").rstrip(b"\0")
            case other:
                raise AssertionError(other)
    return result.hex(" ")


async def test_a_chord_is_one_message_where_the_server_takes_scan_codes(autojump_clock: object) -> None:
    async with desk() as at:
        await at.keyboard.press("Ctrl", "Alt", "F2")
        (message,) = await at.arrived()
        assert message == KeyScancode(bytes.fromhex("1d 38 3c bc b8 9d"))


async def test_a_chord_goes_down_and_up_key_by_key_elsewhere(autojump_clock: object) -> None:
    async with desk(scan_codes=False) as at:
        await at.keyboard.press("Ctrl_R+Delete")
        assert await at.arrived() == [KeyDown(0x1DE0), KeyDown(0x53E0), KeyUp(0xD3E0), KeyUp(0x9DE0)]


async def test_down_and_up(autojump_clock: object) -> None:
    async with desk() as at:
        await at.keyboard.down("Ctrl", "a")
        assert at.keyboard.held == ("Ctrl", "A")
        await at.keyboard.down("a")
        await at.keyboard.up("a")
        await at.keyboard.up("a")
        await at.keyboard.up("Ctrl")
        assert at.keyboard.held == ()
        assert codes(await at.arrived()) == "1d 1e 9e 9d"


async def test_a_held_key_stays_down_under_press_and_nested_hold(autojump_clock: object) -> None:
    async with desk() as at:
        async with at.keyboard.hold("Ctrl"):
            await at.keyboard.press("Ctrl", "a")
            async with at.keyboard.hold("Ctrl", "Shift"):
                assert at.keyboard.held == ("Ctrl", "Shift")
            assert at.keyboard.held == ("Ctrl",)
        assert codes(await at.arrived()) == "1d 1e 9e 2a aa 9d"


async def test_up_inside_a_hold_lets_go_once(autojump_clock: object) -> None:
    async with desk() as at:
        async with at.keyboard.hold("Ctrl"):
            await at.keyboard.up("Ctrl")
        assert codes(await at.arrived()) == "1d 9d"


async def test_hold_lets_go_in_the_reverse_order_after_an_error(autojump_clock: object) -> None:
    async with desk() as at:
        with pytest.raises(ZeroDivisionError):
            async with at.keyboard.hold("Ctrl", "Alt"):
                raise ZeroDivisionError
        assert codes(await at.arrived()) == "1d 38 b8 9d"


async def test_hold_lets_go_when_cancelled(autojump_clock: object) -> None:
    async with desk() as at:
        with trio.move_on_after(5):
            async with at.keyboard.hold("Ctrl"):
                await trio.sleep_forever()
        assert codes(await at.arrived()) == "1d 9d"


async def test_release_all(autojump_clock: object) -> None:
    async with desk() as at:
        await at.keyboard.down("Ctrl", "Alt_R")
        at.keyboard.release_all()
        at.keyboard.release_all()
        assert codes(await at.arrived()) == "1d e0 38 e0 b8 9d"


async def test_text_is_a_message_for_each_character(autojump_clock: object) -> None:
    async with desk() as at:
        await at.keyboard.type("aB\n")
        assert await at.arrived() == [
            KeyScancode(bytes.fromhex("1e 9e")),
            KeyScancode(bytes.fromhex("2a 30 b0 aa")),
            KeyScancode(bytes.fromhex("1c 9c")),
        ]


async def test_text_is_the_same_keys_without_scan_codes(autojump_clock: object) -> None:
    text = "".join(map(chr, range(32, 127)))
    sent = []
    for scan_codes in (True, False):
        async with desk(scan_codes=scan_codes) as at:
            at.keyboard.pace = 0
            await at.keyboard.type(text)
            sent.append(codes(await at.arrived()))
    assert sent[0] == sent[1]
    assert len(sent[0].split()) == sum(4 if stroke.shift else 2 for stroke in strokes(text))


async def test_text_under_a_held_shift_does_not_lose_it(autojump_clock: object) -> None:
    async with desk() as at:
        async with at.keyboard.hold("Shift"):
            await at.keyboard.type("aB")
        assert codes(await at.arrived()) == "2a 1e 9e 30 b0 aa"


async def test_caps_lock_turns_shift_round_for_letters_only(autojump_clock: object) -> None:
    async with desk() as at:
        await at.server.set_lights(KeyModifiersMask.CAPS_LOCK)
        await at.client.wait_until(lambda: at.keyboard.lights == KeyModifiersMask.CAPS_LOCK)
        await at.keyboard.type("aB1!")
        assert codes(await at.arrived()) == "2a 1e 9e aa 30 b0 02 82 2a 02 82 aa"


async def test_text_waits_for_the_light_after_caps_lock(autojump_clock: object) -> None:
    # A server tells its lights two seconds after a lock key; what is typed before could come out in the wrong case.
    async with desk() as at:
        await at.keyboard.press("Caps_Lock")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(at.keyboard.type, "a")
            await trio.sleep(2)
            assert await at.arrived() == [KeyScancode(CAPS_LOCK.press + CAPS_LOCK.release)]
            await at.server.set_lights(KeyModifiersMask.CAPS_LOCK)
        assert codes(await at.arrived()) == "2a 1e 9e aa"


async def test_text_without_letters_does_not_wait_after_caps_lock(autojump_clock: object) -> None:
    async with desk() as at:
        await at.keyboard.press("Caps_Lock")
        start = trio.current_time()
        await at.keyboard.type("123\n")
        assert trio.current_time() - start < 1


async def test_a_text_that_cannot_be_typed_is_not_begun(autojump_clock: object) -> None:
    async with desk() as at:
        with pytest.raises(NotOnLayout, match="'ü'"):
            await at.keyboard.type("für")
        with pytest.raises(UnknownKey):
            await at.keyboard.press("Ctrl", "Alt", "Etn")
        assert await at.arrived() == []
        assert at.keyboard.held == ()


async def test_a_cancelled_text_leaves_no_key_down(autojump_clock: object) -> None:
    async with desk(scan_codes=False) as at:
        with trio.move_on_after(10.5 * PACE):
            await at.keyboard.type("A" * 1000)
        assert codes(await at.arrived()) == " ".join(["2a 1e 9e aa"] * 11)


async def test_strokes_keep_their_pace_and_the_first_does_not_wait(autojump_clock: object) -> None:
    async with desk() as at:
        start = trio.current_time()
        await at.keyboard.press("a")
        assert trio.current_time() == start
        await at.keyboard.type("x" * 100)
        for _ in range(100):
            await at.keyboard.press("Down")
        assert math.isclose(trio.current_time() - start, 200 * PACE, rel_tol=0.01)


async def test_texts_of_two_tasks_do_not_mix(autojump_clock: object) -> None:
    async with desk() as at, trio.open_nursery() as nursery:
        nursery.start_soon(at.keyboard.type, "aaaa")
        nursery.start_soon(at.keyboard.type, "bbbb")
        await trio.sleep(1)
        typed = codes(await at.arrived()).replace("1e 9e", "a").replace("30 b0", "b")
        assert typed in ("a a a a b b b b", "b b b b a a a a")


async def test_after_the_end_of_the_session(autojump_clock: object) -> None:
    async with desk() as at:
        await at.keyboard.down("Ctrl")
        at.client.stop(Disconnected("gone"))
        with pytest.raises(Disconnected, match="gone"):
            await at.keyboard.press("a")
        with pytest.raises(Disconnected, match="gone"):
            await at.keyboard.type("a")
        at.keyboard.release_all()  # The server did that when the channel ended.
        assert at.keyboard.held == ()


async def test_a_hold_across_the_end_of_the_session_raises_nothing_of_its_own(autojump_clock: object) -> None:
    async with desk() as at, at.keyboard.hold("Ctrl"):
        at.client.stop(Disconnected("gone"))


async def test_a_stroke_waits_for_the_link(autojump_clock: object) -> None:
    keyboard = Keyboard(InputsClient())
    with trio.move_on_after(5) as scope:
        await keyboard.press("a")
    assert scope.cancelled_caught
