"""docs/ways.md names what there is, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spice_rs.cli._app import run
from spice_rs.connection_file import HOTKEYS, KEYS, ConnectionFile

pytestmark = pytest.mark.checkout

PAGE = (Path(__file__).parents[1] / "docs/ways.md").read_text()


def rows(title: str) -> list[list[str]]:
    """Return the cells of the tables of a section."""
    section = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    return [line.strip("|").split(" | ") for line in section.splitlines() if line.startswith("|")]


def test_every_key_of_a_connection_file_is_there_with_what_becomes_of_it() -> None:
    told = {
        key: what for keys, what in rows("Connection files")[2:] for key in re.findall("`([a-z-]+)`", keys)
    }
    assert set(told) == {*KEYS, *HOTKEYS}
    values = {key: "1" if "enable" in key or key in NUMBERS else "main" for key in told}
    lines = [f"{key}={value}" for key, value in values.items()]
    file = ConnectionFile.parse("\n".join(["[virt-viewer]", *lines, ""]))
    assert set(file.kept_only) == {key for key, what in told.items() if what.strip().startswith("kept")}


NUMBERS = ("port", "tls-port", "color-depth", "fullscreen", "delete-this-file")


@pytest.mark.parametrize("command", ["info", "serve"])
def test_options_that_are_named_are_options(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    there = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out))
    section = PAGE.partition("\n## Doors")[2 if command == "serve" else 0]
    assert set(re.findall(r"--[a-z][a-z-]+", section)) - there == set()
