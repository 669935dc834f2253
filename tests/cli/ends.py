"""The command as a user runs it: as a process, with its output and its status."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass

import trio

PATIENCE = 60.0


@dataclass(frozen=True)
class Ran:
    """What a command has left."""

    status: int
    out: bytes
    err: str

    @property
    def said(self) -> str:
        return self.out.decode()


async def spice_rs_command(*arguments: object, stdin: bytes = b"", **environment: str) -> Ran:
    """Run `spice-rs` to its end."""
    with trio.fail_after(PATIENCE):
        done = await trio.run_process(
            [sys.executable, "-m", "spice_rs", *map(str, arguments)],
            stdin=stdin,
            capture_stdout=True,
            capture_stderr=True,
            check=False,
            env=os.environ | environment,
        )
    assert isinstance(done, subprocess.CompletedProcess)
    return Ran(done.returncode, done.stdout, done.stderr.decode())
