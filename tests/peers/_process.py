"""Starting, waiting for and ending the programs that peers are made of."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self


class PeerFailed(Exception):
    """A peer did not start or did not get as far as it had to; the text ends with the last lines of its log."""


class Peer:
    """A directory, a log and some programs, all of which end with the `with` block.

    Every program gets a session of its own and is ended through its own process id; nothing is ever looked for by name.
    All methods block. In a Trio program that talks to the peer at the same time, call them through
    `trio.to_thread.run_sync`, or use `tests.peers.running`.
    """

    def __init__(self, kind: str) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix=f"spice-{kind}-"))
        self.log = self.directory / "log"
        self.env = dict(os.environ, HOME=str(self.directory), LC_ALL="C.UTF-8")
        self._programs: list[subprocess.Popen[bytes]] = []

    def start(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        stdin: int | IO[bytes] = subprocess.DEVNULL,
        stdout: int | IO[bytes] | None = None,
        pass_fds: Sequence[int] = (),
    ) -> subprocess.Popen[bytes]:
        """Start a program that lives until `stop`; what it says goes to the log."""
        with self.log.open("ab") as log:
            program = subprocess.Popen(
                argv,
                stdin=stdin,
                stdout=log if stdout is None else stdout,
                stderr=log,
                env=self.env if env is None else env,
                cwd=self.directory,
                start_new_session=True,
                pass_fds=pass_fds,
            )
        self._programs.append(program)
        return program

    def run(self, argv: Sequence[str], *, timeout: float = 60) -> bytes:
        """Run a program to its end and return its standard output; raise `PeerFailed` if it fails."""
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=self.env,
            cwd=self.directory,
            timeout=timeout,
        )
        if done.returncode:
            raise PeerFailed(
                f"{argv[0]} ended with {done.returncode}: {done.stderr.decode(errors='replace').strip()}"
            )
        return done.stdout

    def wait_until(self, what: str, condition: Callable[[], bool], *, timeout: float = 30) -> None:
        """Poll a condition; raise `PeerFailed` when time is up or a program of this peer has died."""
        deadline = time.monotonic() + timeout
        while not condition():
            dead = next((p for p in self._programs if p.poll()), None)
            if dead is not None:
                raise PeerFailed(
                    f"waiting for {what}: {dead.args!r} ended with {dead.returncode}\n{self.log_tail()}"
                )
            if time.monotonic() > deadline:
                raise PeerFailed(f"waiting for {what}: {timeout:g} s are over\n{self.log_tail()}")
            time.sleep(0.02)

    def wait_listening(self, port: int) -> None:
        """Wait until somebody listens on a TCP port, without connecting: a probe would cost the server a link."""
        self.wait_until(f"a listener on port {port}", lambda: listening(port))

    def log_tail(self, lines: int = 15) -> str:
        """Return the end of the log, for error texts."""
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""

    def stop(self) -> None:
        """End everything that was started, the youngest first, and remove the directory. Idempotent."""
        while self._programs:
            end(self._programs.pop())
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def end(program: subprocess.Popen[bytes], patience: float = 3) -> None:
    """End one program and whatever it started in its session: asked first, then killed."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(program.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(patience)
            break
    for pipe in (program.stdin, program.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def free_port() -> int:
    """Return a TCP port of the loopback that the system has just given out and that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listening(port: int) -> bool:
    """Tell whether a socket of this machine listens on that TCP port, from the kernel's table."""
    wanted = f":{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[1].endswith(wanted) and fields[3] == LISTEN:
                    return True
    return False


LISTEN = "0A"  # TCP_LISTEN in include/net/tcp_states.h
