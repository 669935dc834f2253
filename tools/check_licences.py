"""Fail if a Rust dependency carries a licence that deny.toml does not allow.

usage: check_licences.py        reads `cargo metadata`, for every target and feature that Cargo.lock knows

It stands in for `cargo deny check licenses`, which no registry in reach offers prebuilt in a current version.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Print every crate that is not allowed; return the exit status."""
    allowed = set(tomllib.loads((ROOT / "deny.toml").read_text())["licenses"]["allow"])
    packages = dependencies()
    refused = [(name, expression) for name, expression in packages if not acceptable(expression, allowed)]
    for name, expression in refused:
        print(f"{name}: {expression or 'no licence field'} is not allowed by deny.toml", file=sys.stderr)
    if not refused:
        print(f"{len(packages)} crates, all under licences that deny.toml allows")
    return 1 if refused else 0


def dependencies() -> list[tuple[str, str]]:
    """Return name with version, and licence expression, of every crate that comes from a registry."""
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--all-features"]
    metadata = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
    return sorted(
        (f"{package['name']} {package['version']}", package["license"] or "")
        for package in metadata["packages"]
        if package["source"] is not None
    )


def acceptable(expression: str, allowed: set[str]) -> bool:
    """Evaluate an SPDX expression: AND needs both sides, OR one, `A/B` is the old spelling of OR.

    >>> acceptable("(MIT OR Apache-2.0) AND Unicode-3.0", {"MIT", "Unicode-3.0"})
    True
    >>> acceptable("MIT AND GPL-2.0-only", {"MIT"})
    False
    """
    tokens = re.findall(r"[()]|[^\s()]+(?: WITH [^\s()]+)?", expression.replace("/", " OR "))
    if not tokens:
        return False
    result, rest = any_of(tokens, allowed)
    return result and not rest


def any_of(tokens: list[str], allowed: set[str]) -> tuple[bool, list[str]]:
    """Evaluate alternatives; AND binds more strongly than OR."""
    result, rest = all_of(tokens, allowed)
    while rest[:1] == ["OR"]:
        other, rest = all_of(rest[1:], allowed)
        result = result or other
    return result, rest


def all_of(tokens: list[str], allowed: set[str]) -> tuple[bool, list[str]]:
    """Evaluate terms joined by AND."""
    result, rest = term(tokens, allowed)
    while rest[:1] == ["AND"]:
        other, rest = term(rest[1:], allowed)
        result = result and other
    return result, rest


def term(tokens: list[str], allowed: set[str]) -> tuple[bool, list[str]]:
    """Evaluate one licence name or a bracket; a malformed expression allows nothing."""
    if tokens[:1] == ["("]:
        result, rest = any_of(tokens[1:], allowed)
        return result and rest[:1] == [")"], rest[1:]
    return bool(tokens) and tokens[0] in allowed, tokens[1:]


if __name__ == "__main__":
    sys.exit(main())
