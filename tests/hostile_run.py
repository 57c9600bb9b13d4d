"""Runs a command on a hostile study in a process of its own, which may hang, run wild or die.

A server (this file as a script) loads the program once and then forks for every case, so
that a case costs no start-up and its time and memory are its own.  POSIX only.
"""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 4 << 30  # bytes of address space a case may take beyond the server's own
_PROGRESS = re.compile(r"^ *\d+\.\d s  .*\n", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """How a command ended; ``status`` is None for one that was killed, or died."""

    status: int | None
    said: str       # standard error without the lines of progress
    seconds: float  # of the processor
    megabytes: float  # at the peak, beyond what the program takes before it begins


class Server:
    """Runs commands in folders, each with a time after which it is killed."""

    def __enter__(self) -> Self:
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen([sys.executable, __file__], cwd=ROOT, env=environment, text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def run(self, folder: Path, command: tuple[str, ...], patience: float) -> Outcome:
        """Run ``dossier COMMAND`` in a folder; it is killed when patience, in seconds, is at its end."""
        with tempfile.TemporaryDirectory() as aside:
            asked = {"folder": str(folder), "command": command, "patience": patience, "aside": aside}
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            print(json.dumps(asked), file=self._process.stdin, flush=True)
            told: dict[str, Any] = json.loads(self._process.stdout.readline())
            said = Path(aside, "err").read_text(encoding="utf-8", errors="replace")
        return Outcome(told["status"], _PROGRESS.sub("", said), told["seconds"], told["megabytes"])


def _serve() -> None:
    """Answer requests, a line of JSON each, until there are no more."""
    _warm()
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(_forked(asked)), flush=True)


def _warm() -> None:
    """Load what any command loads, and what is read but once: grammar, standards, terminology."""
    from hostile_study import CHECK, write_study

    import dossier.pipeline
    import dossier.terminal  # noqa: F401
    from dossier.cli import main
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere:
        write_study(Path(folder))
        kept = os.dup(1)
        os.dup2(nowhere.fileno(), 1)
        here = Path.cwd()
        os.chdir(folder)
        main([*CHECK, "--quick"])  # without --quick, threads begin that no fork takes along
        os.chdir(here)
        sys.stdout.flush()
        os.dup2(kept, 1)


def _forked(asked: dict[str, Any]) -> dict[str, Any]:
    answer = Path(asked["aside"], "answer")
    Path(asked["aside"], "err").touch()
    child = os.fork()
    if not child:
        _child(asked, answer)
    until = time.monotonic() + asked["patience"]
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            break
        time.sleep(0.002)
    if not answer.exists():
        return {"status": None, "seconds": 0.0, "megabytes": 0.0}
    found: dict[str, Any] = json.loads(answer.read_text())
    return found


def _child(asked: dict[str, Any], answer: Path) -> None:
    """Run the command with its output aside, write how it went, and end."""
    from dossier.cli import BROKEN, main
    for name, descriptor in (("out", 1), ("err", 2)):
        os.dup2(os.open(Path(asked["aside"], name), os.O_CREAT | os.O_WRONLY), descriptor)
    os.chdir(asked["folder"])
    begun, before = time.process_time(), _peak()
    if sys.platform == "linux":
        most = LIMIT + int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    try:
        status = main(list(asked["command"]))
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
        status = BROKEN
    sys.stdout.flush()
    sys.stderr.flush()
    told = {"status": status, "seconds": time.process_time() - begun, "megabytes": _peak() - before}
    answer.write_text(json.dumps(told))
    os._exit(0)


def _peak() -> float:
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size / (1 << 20 if sys.platform == "darwin" else 1 << 10)


if __name__ == "__main__":
    _serve()
