"""Programs that take turns, so that other load and the clock's speed meet all of them."""

from __future__ import annotations

import math
import subprocess
from pathlib import Path


class Program:
    """A program that obeys commands, a line each, and answers each with a line."""

    def __init__(self, path: Path) -> None:
        try:
            self.process = subprocess.Popen(
                [path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
            )
        except FileNotFoundError:
            raise SystemExit(f"{path} is missing: `make bench` builds it") from None

    def ask(self, line: str) -> str:
        """Send a command and give the answer."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer or answer.startswith("error"):
            raise SystemExit(f"{self.process.args!s}: {line[:80]}: {answer or 'no answer'}")
        return answer

    def close(self) -> None:
        """Let the program end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def best_seconds(programs: list[Program], rounds: int) -> list[float]:
    """Let what each program has loaded run `rounds` times, in turns, and give each one's best time."""
    times: list[list[int]] = [[] for _ in programs]
    for _ in range(rounds):
        for mine, program in zip(times, programs, strict=True):
            mine.append(int(program.ask("run")))
    return [min(each) / 1e9 for each in times]


class Table:
    """A table of times in Markdown, printed as it grows."""

    def __init__(self, title: str, sizes: str) -> None:
        self.ratios: list[float] = []
        self.more = sizes.count("|")
        print(
            f"\n| {title} | {sizes} | C ms | ours ms | ratio |\n|---|---|---|---|{'---|' * (self.more + 1)}"
        )

    def row(self, name: str, sizes: str, reference: float, ours: float) -> None:
        """Print what one picture took, in seconds."""
        self.ratios.append(reference / ours)
        print(
            f"| {name} | {sizes} | {reference * 1e3:.2f} | {ours * 1e3:.2f} | {self.ratios[-1]:.2f} |",
            flush=True,
        )

    def end(self) -> None:
        """Print what the rows come to, if there are any."""
        if not self.ratios:
            return
        mean = math.exp(sum(map(math.log, self.ratios)) / len(self.ratios))
        print(
            f"| geometric mean, least | {'| ' * self.more}| | | {mean:.2f}, {min(self.ratios):.2f} |",
            flush=True,
        )
