"""What a newer peer says is kept and written back as it came."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spice_rs import _core
from spice_rs.enums import AgentCap, ChannelType, CompositeFlags, ImageType, MouseMode, Ropd
from spice_rs.messages import Message, Unknown, display, main

CHANNELS = [int(kind) for kind in ChannelType]


@given(
    channel=st.sampled_from(CHANNELS),
    sender=st.sampled_from(["client", "server"]),
    body=st.binary(max_size=100),
)
def test_unknown_message_is_written_back(channel: int, sender: str, body: bytes) -> None:
    message = _core.decode(channel, sender, 999, body)
    assert message == Unknown(999, body)
    assert _core.encode(channel, sender, message) == (999, body)


@given(number=st.integers(100, 2**32 - 1), body=st.binary(max_size=100))
def test_unknown_agent_message_is_written_back(number: int, body: bytes) -> None:
    form = {"selection": True, "grab_serial": True}
    message = _core.decode_agent(number, body, **form)
    assert message == Unknown(number, body)
    assert _core.encode_agent(message, **form) == (number, body)


def test_unknown_message_with_a_number_that_no_header_holds() -> None:
    with pytest.raises(ValueError, match="16 bits"):
        _core.encode(1, "client", Unknown(1 << 16, b""))


@given(number=st.integers(0, 255))
def test_unknown_enumeration_value_is_written_back(number: int) -> None:
    codecs = _core.decode(2, "client", 105, bytes([1, number]))
    assert codecs.codecs == (number,)  # type: ignore[attr-defined]
    assert _core.encode(2, "client", codecs) == (105, bytes([1, number]))


@given(bits=st.integers(0, 0xFFFF))
def test_unknown_flags_are_written_back(bits: int) -> None:
    body = bits.to_bytes(2, "little") * 2
    mode = _core.decode(1, "server", 105, body)
    assert mode == main.MouseModeChanged(MouseMode(bits), MouseMode(bits))
    assert isinstance(mode.supported, MouseMode)
    assert _core.encode(1, "server", mode) == (105, body)


def test_unknown_value_is_a_member_without_a_name_of_its_own() -> None:
    kind = ImageType(55)
    assert kind == 55
    assert kind.name == "0x37"
    assert kind not in list(ImageType)
    assert repr(kind) == "<ImageType.0x37: 55>"
    assert pickle.loads(pickle.dumps(kind)) == copy.deepcopy(kind) == kind


@pytest.mark.parametrize("wrong", [-1, "BITMAP", None])
def test_what_is_no_value_at_all_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="not a valid ImageType"):
        ImageType(wrong)


def test_unknown_flags_do_not_pile_up() -> None:
    before = len(CompositeFlags._value2member_map_)
    for bits in range(1000):
        assert CompositeFlags(bits << 8).value == bits << 8
    # Named bits may be remembered in their combinations, which are few.
    assert len(CompositeFlags._value2member_map_) - before < 200
    assert (Ropd.OP_PUT | Ropd(1 << 15)).value == 8 | 1 << 15
    assert AgentCap(99).name == "0x63"


def test_base_messages_belong_to_every_channel() -> None:
    for channel in CHANNELS:
        notify = _core.decode(channel, "server", 7, bytes(24) + b"\0")
        assert type(notify).__name__ == "Notify"
        assert isinstance(notify, Message)


def test_messages_are_frozen() -> None:
    with pytest.raises(AttributeError):
        display.Mode(1, 2, 3).bits = 4  # type: ignore[misc]
