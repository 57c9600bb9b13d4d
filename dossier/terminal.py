"""What a person sees while a build runs and when it ends."""

from __future__ import annotations

import shutil
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from dossier.pipeline import Summary


class Progress:
    """One changing line on a terminal; a plain line each elsewhere.  No values of subjects."""

    def __init__(self, stream: TextIO) -> None:
        self.stream, self.live = stream, stream.isatty()
        self.start = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __call__(self, message: str) -> None:
        """Say what is being done."""
        if self.live:
            width = shutil.get_terminal_size().columns - 1
            self.stream.write(f"\r\x1b[K{message[:width]}")
            self.stream.flush()
        else:
            self.stream.write(f"{time.monotonic() - self.start:6.1f} s  {message}\n")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if self.live:
            self.stream.write("\r\x1b[K")
            self.stream.flush()


def say(text: str) -> None:
    """Print what a terminal without its characters can show as well."""
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding))


def terminal_width() -> int:
    """The columns of the terminal; 100 where there is none."""
    return shutil.get_terminal_size((100, 24)).columns


HEADS = ("dataset", "records", "variables", "subjects", "problems", "seconds")


def closing_table(summary: Summary) -> str:
    """The table a build ends with; ``problems`` counts records mended as the spec says."""
    lines = [(n, f"{r:,}", str(v), f"{s:,}", f"{p:,}", f"{t:.2f}") for n, r, v, s, p, t in summary.lines]
    width = [max(len(row[i]) for row in [HEADS, *lines]) for i in range(len(HEADS))]
    rows = ["  ".join(c.ljust(w) if i == 0 else c.rjust(w)
                      for i, (c, w) in enumerate(zip(row, width, strict=True))) for row in [HEADS, *lines]]
    rows.insert(1, "  ".join("-" * w for w in width))
    text = "\n".join([*rows, f"written to {summary.folder.as_posix()}"])
    if summary.unchanged:
        text += f"\nunchanged since the last build: {', '.join(summary.unchanged)}"
    if summary.kept:
        text += f"\nkept from the last build: {', '.join(summary.kept)}"
    if summary.empty:
        text += f"\nnot written, without records: {', '.join(summary.empty)}"
    if any(p for *_, p, _ in summary.lines):
        text += "\nproblems: records mended as the specs say; -v lists them"
    return text
