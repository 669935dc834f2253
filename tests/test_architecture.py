"""Invariants of ARCHITECTURE.md that can be read off the files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CRATES = sorted(path for path in (ROOT / "rust" / "crates").iterdir() if path.is_dir())
BINDING = sorted((ROOT / "rust" / "src").glob("*.rs"))
PARSERS = ("spice-wire", "spice-proto")

pytestmark = pytest.mark.checkout


@pytest.mark.parametrize("crate", CRATES, ids=lambda crate: crate.name)
def test_pure_crates_forbid_unsafe_and_do_not_know_python(crate: Path) -> None:
    assert "#![forbid(unsafe_code)]" in (crate / "src" / "lib.rs").read_text()
    assert "pyo3" not in (crate / "Cargo.toml").read_text()


@pytest.mark.parametrize("crate", CRATES, ids=lambda crate: crate.name)
def test_pure_crates_do_no_io_and_have_no_clock_and_no_thread(crate: Path) -> None:
    forbidden = re.compile(r"\bstd::(fs|net|io|time|thread|process|env)\b")
    for path in sorted((crate / "src").rglob("*.rs")):
        assert not forbidden.search(path.read_text()), path


@pytest.mark.parametrize("name", PARSERS)
def test_parsers_are_linted_against_panics(name: str) -> None:
    text = (ROOT / "rust" / "crates" / name / "src" / "lib.rs").read_text()
    for lint in ("indexing_slicing", "unwrap_used", "expect_used", "panic", "arithmetic_side_effects"):
        assert f"clippy::{lint}" in text


def test_unsafe_stands_in_three_files() -> None:
    holders = [path.name for path in BINDING if re.search(r"\bunsafe\b(?!_)", without_comments(path))]
    assert holders == ["buffers.rs", "descriptor.rs"]


def test_python_exceptions_are_made_in_one_file() -> None:
    makers = [
        path.name for path in BINDING if re.search(r"PyErr::(new|from_value|from_type)", path.read_text())
    ]
    assert makers in ([], ["errors.rs"])


def test_large_files_say_why() -> None:
    paths = [*(ROOT / "rust").rglob("*.rs"), *(ROOT / "python").rglob("*.py")]
    for path in paths:
        text = path.read_text()
        if len(text.splitlines()) > 400 and "tests" not in path.parts and "Generated" not in text[:400]:
            assert re.search(r"one (thing|file|table|list)", text[:1500]), (
                f"{path} has over 400 lines and does not say why"
            )


def without_comments(path: Path) -> str:
    return re.sub(r"//.*", "", path.read_text())
