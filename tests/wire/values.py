"""Values of every message, drawn by the tables, as the Python classes."""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from hypothesis import strategies as st

from spice_rs import _core, enums
from spice_rs.messages import Message

Table = dict[str, Any]
AGENT = 0


@dataclass(frozen=True)
class Entry:
    """One message of one direction of one channel."""

    channel: str
    number: int
    sender: str
    id: int
    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.channel}-{self.sender}-{self.name}"


@cache
def schema() -> Table:
    table: Table = json.loads(_core.schema())
    return table


@cache
def struct(module: str, name: str) -> Table:
    return next(s for s in schema()["structs"] if (s["module"], s["name"]) == (module, name))


def entries() -> list[Entry]:
    """Every message; those that all channels have under the main channel, the agent's under number 0."""
    found = []
    for channel in schema()["channels"]:
        number = 1 if channel["name"] == "Base" else channel["number"]
        for sender in ("server", "client"):
            for message in channel[sender]:
                body = message["body"]
                found.append(
                    Entry(channel["name"], number, sender, message["id"], body["module"], body["name"])
                )
    return found


def messages(entry: Entry) -> st.SearchStrategy[Message]:
    return structs(entry.module, entry.name)


@st.composite
def structs(draw: st.DrawFn, module: str, name: str, around: dict[str, int] | None = None) -> Any:
    """One struct; what its fields say about later ones, also inside of them, is kept in `known`."""
    known = dict(around or {})
    values = []
    for field in struct(module, name)["fields"]:
        value = draw(shapes(field, field["shape"], known, small=name in ("Bitmap", "Glyph")))
        known[field["name"]] = len(value) if isinstance(value, tuple) else value
        values.append(value)
    return getattr(importlib.import_module(f"spice_rs.messages.{module}"), name)(*values)


def shapes(
    field: Table, shape: Table, known: dict[str, int], *, small: bool = False
) -> st.SearchStrategy[Any]:
    match shape["is"]:
        case "uint":
            sizes = small and field["name"] in ("stride", "width", "height")
            return st.integers(0, 6 if sizes else 2 ** shape["bits"] - 1)
        case "int":
            return st.integers(-(2 ** (shape["bits"] - 1)), 2 ** (shape["bits"] - 1) - 1)
        case "enum" | "flags":
            return named(shape["name"])
        case "array":
            return st.binary(min_size=shape["size"], max_size=shape["size"])
        case "bytes":
            size = byte_count(shape["rule"], known)
            return st.binary(max_size=50) if size is None else st.binary(min_size=size, max_size=size)
        case "text":
            return st.binary(max_size=20).map(
                lambda raw: raw.rstrip(b"\0").decode("utf-8", "surrogateescape")
            )
        case "list":
            least, most = list_length(shape["rule"], known)
            return st.lists(shapes(field, shape["item"], known), min_size=least, max_size=most).map(tuple)
        case "pointer":
            target = shapes(field, shape["to"], known)
            return st.none() | target if shape["null"] else target
        case "struct":
            return structs(shape["module"], shape["name"], known)
        case "choice":
            chosen = arm(shape["arms"], known[field["tags"][0]])
            return st.none() if chosen is None else shapes(field, chosen, known)
    raise AssertionError(shape)


def named(name: str) -> st.SearchStrategy[Any]:
    """Members of an enumeration, and values that have no name."""
    table = next(e for e in schema()["enums"] if e["name"] == name)
    cls = getattr(enums, name)
    numbers = [member["value"] for member in table["members"]]
    return (st.sampled_from(numbers) | st.integers(0, 2 ** table["bits"] - 1)).map(cls)


def byte_count(rule: str, known: dict[str, int]) -> int | None:
    if rule == "stride times height":
        return known["stride"] * known["height"]
    if rule.startswith("width and depth"):
        bits = next((bits for flag, bits in ((1, 1), (2, 4)) if known["flags"] & flag), 8)
        return -(-known["width"] * bits // 8) * known["height"]
    return None


def list_length(rule: str, known: dict[str, int]) -> tuple[int, int]:
    if rule == "one a monitor with PHYSICAL_SIZE":
        count = known["monitors"] if known["flags"] & 2 else 0
        return count, count
    return 0, 4


def arm(arms: list[Table], tag: int) -> Table | None:
    """What the tag selects, as the reader does it."""
    for candidate in arms:
        match candidate["when"]:
            case "is" if tag in candidate["values"]:
                break
            case "has" if tag & candidate["values"]:
                break
            case "otherwise":
                break
    shape: Table | None = candidate["shape"]
    return shape
