"""Time the benchmarks (``make bench``), each run in a fresh process.

``run.py [NAME ...] [--rows N] [--subjects N] [--runs N]``: names are ``lb``,
``adam``, ``specs`` and ``study``, all of them if none is said.  Data are made
once below ``build/bench``.  Printed are the median of user and system time
from after all imports to finished tables (no transport files are written), of
the wall clock, and of the peak memory of the process, with the targets beside.

This process stays small: Linux counts a parent's memory into its child's peak.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
DATA = ROOT / "build" / "bench"
ROWS, SUBJECTS = 1_000_000, 15_300
NAMES = ("lb", "adam", "specs", "study")
MIB = 1024 * 1024


@dataclass(frozen=True)
class Job:
    """What is run, with which targets: seconds of processor time and MiB at most, None where there is none.

    ``base`` names the job whose seconds ``times`` is a multiple of.
    """

    name: str
    arguments: tuple[str, ...]
    seconds: float | None = None
    memory: int | None = None
    base: str | None = None
    times: float | None = None


def jobs_of(name: str, rows: int, subjects: int, data: Path) -> list[Job]:
    """The jobs of one benchmark, their data made."""
    studies = HERE / "studies"
    if name == "lb":
        return _lb(rows, data)
    if name == "adam":
        study = (str(studies / "adam" / "study.yaml"), str(made(data, "adam", subjects)))
        seconds, memory = (25, 3 * 1024) if subjects == SUBJECTS else (None, None)
        return [Job("adam", (*study, "ADSL", "ADAE", "ADPC"), seconds, memory), Job("adam and sdtm", study)]
    if name == "specs":
        folder = made(data, "specs")
        return [Job("specs", ("--check", str(folder / "study.yaml"), str(folder / "raw")), 2)]
    return [Job("study", (str(ROOT / "specs" / "study.yaml"), str(ROOT / "raw_fixtures")))]


def _lb(rows: int, data: Path) -> list[Job]:
    """Jobs A and B; with more records than the standard's, after those of the standard to compare with."""
    studies = {job: str(HERE / "studies" / f"lb-{job.lower()}" / "study.yaml") for job in "AB"}
    if rows == ROWS:
        raw = str(made(data, "lb", rows))
        return [Job("lb A", (studies["A"], raw), 2, 640), Job("lb B", (studies["B"], raw), 4)]
    found: list[Job] = []
    memory = 5 * 1024 if rows == 10 * ROWS else None
    for job, study in studies.items():
        base, times = None, None
        if rows > ROWS:
            found.append(Job(f"lb {job}, {ROWS:,} rows", (study, str(made(data, "lb", ROWS)))))
            base, times = found[-1].name, 1.1 * rows / ROWS
        arguments = (study, str(made(data, "lb", rows)))
        found.append(Job(f"lb {job}, {rows:,} rows", arguments, None, memory, base, times))
    return found


def made(data: Path, name: str, *size: int) -> Path:
    """The folder of a benchmark's data, made by a process of its own where they are not there."""
    folder = data / "-".join([name, *(str(number) for number in size)])
    sources = [HERE / f"data_{name}.py", *sorted((HERE / "studies" / name).glob("*.in"))]
    stamp = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    mark = folder / ".stamp"
    if mark.is_file() and mark.read_text(encoding="utf-8") == stamp:
        return folder
    print(f"making the data {folder.name}", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    code = "import sys, importlib, pathlib; importlib.import_module(sys.argv[1]).make(" \
           "pathlib.Path(sys.argv[2]), *map(int, sys.argv[3:]))"
    subprocess.run([sys.executable, "-c", code, f"data_{name}", str(folder), *map(str, size)], check=True,
                   cwd=HERE)
    mark.write_text(stamp, encoding="utf-8")
    return folder


def run(job: Job) -> dict[str, Any]:
    """Run a job once, in a process of its own."""
    done = subprocess.run([sys.executable, str(HERE / "job.py"), *job.arguments], check=True, cwd=ROOT,
                          stdout=subprocess.PIPE)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measured(job: Job, runs: int) -> dict[str, Any]:
    """The medians of several runs, and the run of the median."""
    found = [run(job) for _ in range(runs)]
    middle = sorted(found, key=lambda one: one["cpu"])[(runs - 1) // 2]
    return middle | {key: statistics.median(one[key] for one in found) for key in ("cpu", "wall", "peak")}


def line(job: Job, found: dict[str, Any], seconds: dict[str, float]) -> str:
    """A line of the table."""
    wanted = []
    if job.seconds is not None:
        wanted.append((f"{job.seconds:g} s", found["cpu"] < job.seconds))
    if job.base is not None and job.times is not None:
        times = found["cpu"] / seconds[job.base]
        wanted.append((f"{job.times:g} x (is {times:.1f})", times < job.times))
    if job.memory is not None:
        wanted.append((f"{job.memory:,} MiB", found["peak"] / MIB < job.memory))
    told = ", ".join(f"< {text}{'' if good else ' MISSED'}" for text, good in wanted)
    shown = f"{job.name:24} {found['cpu']:8.2f} {found['wall']:8.2f} {found['peak'] / MIB:8,.0f}   {told}"
    return shown.rstrip()


def parts(found: dict[str, Any]) -> str:
    """Where the wall seconds of the median run went."""
    spent = sorted(found["seconds"].items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {value:.2f}" for name, value in spent if value >= 0.01)


def _show(text: str) -> None:
    print(text, flush=True)


def report(names: list[str], rows: int, subjects: int, runs: int, data: Path,
           show: Callable[[str], None] = _show) -> dict[str, dict[str, Any]]:
    """Run the benchmarks and print a table; gives what was measured, by job."""
    show(f"{'job':24} {'cpu s':>8} {'wall s':>8} {'MiB':>8}   targets")
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        for job in jobs_of(name, rows, subjects, data):
            found[job.name] = measured(job, runs)
            show(line(job, found[job.name], {key: one["cpu"] for key, one in found.items()}))
            if spent := parts(found[job.name]):
                show(f"{'':24} {spent}")
    return found


def main(arguments: list[str]) -> None:
    """Read the command line and report."""
    parser = argparse.ArgumentParser(description="time the benchmarks")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(NAMES)}; all if none is named")
    parser.add_argument("--rows", type=int, default=ROWS, help="records of the laboratory file")
    parser.add_argument("--subjects", type=int, default=SUBJECTS, help="subjects of the analysis datasets")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the data that are made")
    given = parser.parse_args(arguments)
    if strange := [name for name in given.names if name not in NAMES]:
        parser.error(f"no benchmark '{strange[0]}'; known: {', '.join(NAMES)}")
    report(given.names or list(NAMES), given.rows, given.subjects, given.runs, given.data.resolve())


if __name__ == "__main__":
    main(sys.argv[1:])
