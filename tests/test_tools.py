"""The project's own tools."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.checkout

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("MIT/Apache-2.0", True),
        ("GPL-2.0-only OR MIT", True),
        ("MIT AND GPL-2.0-only", False),
        ("(MIT OR GPL-2.0-only) AND Unicode-3.0", True),
        ("MIT OR GPL-2.0-only AND Unicode-3.0", True),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("Apache-2.0 WITH Something-else", False),
        ("(MIT", False),
        ("", False),
    ],
)
def test_a_licence_expression_means_what_spdx_says(expression: str, allowed: bool) -> None:
    from tools.check_licences import acceptable

    names = {"MIT", "Apache-2.0", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"}
    assert acceptable(expression, names) is allowed


def test_extras_that_name_extras_are_opened() -> None:
    from tools.requirements import requirements

    project = {"name": "us", "optional-dependencies": {"a": ["x==1"], "b": ["us[a]", "y"]}}
    assert list(requirements(project, ["b"])) == ["x==1", "y"]


@pytest.mark.parametrize(
    ("tool", "advice"),
    [
        ("cargo", "rustup.rs"),
        ("python", "apt install python3"),
        ("cc", "apt install gcc"),
        ("Xorg", "make peers"),
    ],
)
def test_a_missing_tool_gives_one_line_of_advice(tool: str, advice: str, tmp_path: Path) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    environment = {**os.environ, "PATH": str(tmp_path), "PYTHON": "python3"}
    said = subprocess.run(
        [bash, str(ROOT / "tools" / "need.sh"), tool], env=environment, capture_output=True, text=True
    )
    assert said.returncode == 1
    assert said.stderr.count("\n") == 1
    assert advice in said.stderr
