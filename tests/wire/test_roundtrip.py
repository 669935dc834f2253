"""Every message of every channel, built as a Python object, goes to bytes and comes back as it was."""

from __future__ import annotations

import dataclasses
import typing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spice_rs import _core, messages
from spice_rs.errors import DecodeError, LimitExceeded, LocalProtocolError
from spice_rs.limits import Limits
from spice_rs.messages import Message, agent, display, draw, inputs

from .values import AGENT, Entry, entries, structs
from .values import messages as values

ALL = pytest.mark.parametrize("entry", entries(), ids=str)
# Each message has few shapes; a hundred of each would take minutes.
FEW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def encode(entry: Entry, message: Message) -> tuple[int, bytes]:
    if entry.number == AGENT:
        return _core.encode_agent(message, selection=True, grab_serial=True)
    return _core.encode(entry.number, entry.sender, message)


def decode(entry: Entry, body: bytes) -> Message:
    if entry.number == AGENT:
        return _core.decode_agent(entry.id, body, selection=True, grab_serial=True)
    return _core.decode(entry.number, entry.sender, entry.id, body)


@ALL
@FEW
@given(data=st.data())
def test_message_comes_back(entry: Entry, data: st.DataObject) -> None:
    message = data.draw(values(entry))
    number, body = encode(entry, message)
    assert number == entry.id
    assert decode(entry, body) == message


@ALL
@FEW
@given(data=st.data())
def test_cut_message_is_a_decode_error_or_another_message(entry: Entry, data: st.DataObject) -> None:
    _, body = encode(entry, data.draw(values(entry)))
    cut = body[: data.draw(st.integers(0, len(body)))]
    try:
        message = decode(entry, cut)
    except DecodeError as error:
        assert error.message == entry.name
        assert error.field is not None
        assert error.offset is not None
        assert error.offset <= len(cut)
    else:
        assert decode(entry, encode(entry, message)[1]) == message


@pytest.mark.parametrize("name", ["LinkHeader", "LinkMessage", "LinkReply", "FullHeader", "MiniHeader"])
@FEW
@given(data=st.data())
def test_struct_comes_back(name: str, data: st.DataObject) -> None:
    module = "header" if name.endswith("lHeader") or name == "MiniHeader" else "link"
    struct = data.draw(structs(module, name))
    assert _core.decode_struct(name, _core.encode_struct(struct)) == struct


@pytest.mark.parametrize("name", ["AgentHeader", "ChunkHeader"])
@FEW
@given(data=st.data())
def test_agent_header_comes_back(name: str, data: st.DataObject) -> None:
    struct = data.draw(structs("agent", name))
    assert _core.decode_struct(name, _core.encode_struct(struct)) == struct


@pytest.mark.parametrize("selection", [True, False])
@pytest.mark.parametrize("grab_serial", [True, False])
def test_agent_prefixes_follow_the_capabilities(selection: bool, grab_serial: bool) -> None:
    form = {"selection": selection, "grab_serial": grab_serial}
    grab = agent.ClipboardGrab(agent.ClipboardSelection(1), 7, (agent.ClipboardType.UTF8_TEXT,))
    number, body = _core.encode_agent(grab, **form)
    assert len(body) == 4 + 4 * selection + 4 * grab_serial
    back = _core.decode_agent(number, body, **form)
    assert back == dataclasses.replace(grab, selection=int(selection), serial=7 * grab_serial)


def test_generated_annotations_resolve() -> None:
    for name in messages.__all__:
        module = getattr(messages, name)
        for cls in vars(module).values() if not isinstance(module, type) else ():
            if dataclasses.is_dataclass(cls):
                assert set(typing.get_type_hints(cls)) >= {field.name for field in dataclasses.fields(cls)}


def test_message_of_another_channel_is_refused() -> None:
    with pytest.raises(LocalProtocolError) as caught:
        _core.encode(1, "client", inputs.KeyDown(30))
    assert (caught.value.channel, caught.value.message) == ("main", "KeyDown")
    with pytest.raises(LocalProtocolError):
        _core.encode(3, "server", inputs.KeyDown(30))


def test_value_that_does_not_fit_names_its_field() -> None:
    with pytest.raises(LocalProtocolError) as caught:
        _core.encode(2, "server", display.InvalPalette(1 << 64))
    assert (caught.value.channel, caught.value.message, caught.value.field) == (
        "display",
        "InvalPalette",
        "id",
    )
    clip = draw.Clip(draw.ClipType.RECTS, None)
    with pytest.raises(LocalProtocolError, match="is not what kind says") as caught:
        _core.encode(2, "server", display.StreamClip(1, clip))
    assert caught.value.field == "clip.rects"


@pytest.mark.parametrize("wrong", [object(), 1.5, {}, {1}])
def test_value_of_a_wrong_type_is_a_type_error(wrong: object) -> None:
    with pytest.raises(TypeError):
        _core.encode(3, "client", inputs.KeyDown(wrong))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        _core.encode(3, "client", wrong)  # type: ignore[arg-type]


def test_list_within_itself_ends() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(ValueError, match="without end"):
        _core.encode(2, "client", display.PreferredVideoCodecType(endless))  # type: ignore[arg-type]


def test_limits_are_those_of_the_caller() -> None:
    message = display.InvalList((display.Resource(display.ResourceType.PIXMAP, 1),) * 3)
    number, body = _core.encode(2, "server", message)
    assert _core.decode(2, "server", number, body, Limits(list=3)) == message
    with pytest.raises(LimitExceeded) as caught:
        _core.decode(2, "server", number, body, Limits(list=2))
    assert caught.value.field == "resources"


def test_text_that_is_no_utf8_survives() -> None:
    body = b"\3\0\0\0a\xff\0"
    name = _core.decode(1, "server", 113, body)
    assert name.name == "a\udcff"  # type: ignore[attr-defined]
    assert _core.encode(1, "server", name) == (113, body)


def test_unknown_struct_is_named() -> None:
    with pytest.raises(ValueError, match="no struct Nothing"):
        _core.decode_struct("Nothing", b"")
    with pytest.raises(DecodeError) as caught:
        _core.decode_struct("LinkHeader", b"REDQ")
    assert (caught.value.message, caught.value.field) == ("LinkHeader", "major_version")
