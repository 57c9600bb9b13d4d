"""Time reading and writing of transport files beside other programs (``make bench-xpt``).

``xpt.py [--rows N ...] [--runs N] [--large]``: a laboratory table of 25 variables
and 203 bytes a record is written and read by ``engine.xpt``, pyreadstat,
pandas.read_sas and, where Rscript has it, haven; the disk alone is shown for
information.  Every run is a process of its own; programs take turns in one run,
the first of which warms up and does not count.  Printed are the medians of
processor time after imports, of the wall clock, and of the most memory above
what the process had before.  ``--large`` instead writes and reads 20 million
records in parts.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import run

HERE = Path(__file__).resolve()
ROWS = (100_000, 1_000_000)
LARGE, PART = 20_000_000, 250_000
MIB = 2**20
CREATED = datetime(2026, 6, 30)
WRITERS = ("engine.xpt", "engine.xpt by codes", "pyreadstat", "haven", "disk")
READERS = ("engine.xpt", "pyreadstat", "pandas.read_sas", "haven", "disk")
TIMES = {("write", "pyreadstat"): 25, ("write", "haven"): 2.5, ("read", "pyreadstat"): 10,
         ("read", "pandas.read_sas"): 6}
"""So many times the processor time of engine.xpt others should take at least."""
SECONDS = {"write": 1.2, "read": 0.8}
"""The processor time that engine.xpt should take at most, for a million records."""
WRITE_MEMORY, READ_MEMORY, LARGE_MEMORY = 64 * MIB, 0.4, 2**30
"""The memory it should take at most: above the table, of what pyreadstat takes, for many records in parts."""

HAVEN = """a <- commandArgs(TRUE); status <- "/proc/self/status"
most <- function() if (file.exists(status)) {
  as.numeric(gsub("[^0-9]", "", grep("^VmHWM:", readLines(status), value = TRUE))) * 1024
} else NA
if (a[1] == "write") d <- haven::read_xpt(a[2]) else invisible(loadNamespace("haven"))
invisible(gc()); if (file.exists(status)) cat("5", file = "/proc/self/clear_refs")
before <- most(); t <- proc.time()
if (a[1] == "write") haven::write_xpt(d, a[3], version = 5, name = "LB") else d <- haven::read_xpt(a[2])
u <- proc.time() - t; cat(u[[1]] + u[[2]], u[[3]], most() - before)"""


def write_own(folder: Path, codes: bool = False) -> Callable[[], object]:
    """Writing with engine.xpt, text as ``str`` or as categories."""
    from engine import xpt

    frame = table(folder, codes)
    return lambda: xpt.write(frame, folder / "lb.xpt", created=CREATED)


def write_pyreadstat(folder: Path) -> Callable[[], object]:
    """Writing with pyreadstat, from pandas."""
    import pyreadstat

    frame = table(folder)
    path = str(folder / "other.xpt")
    return lambda: pyreadstat.write_xport(frame, path, table_name="LB", file_format_version=5)


def write_disk(folder: Path) -> Callable[[], object]:
    """Writing the same bytes with nothing else."""
    data = (folder / "lb.xpt").read_bytes()

    def written() -> None:
        with (folder / "raw").open("wb") as file:
            file.write(data)
            os.fsync(file.fileno())

    return written


def read_own(folder: Path) -> Callable[[], object]:
    """Reading with engine.xpt."""
    from engine import xpt

    return lambda: xpt.read(folder / "lb.xpt")


def read_pyreadstat(folder: Path) -> Callable[[], object]:
    """Reading with pyreadstat."""
    import pyreadstat

    return lambda: pyreadstat.read_xport(str(folder / "lb.xpt"))


def read_pandas(folder: Path) -> Callable[[], object]:
    """Reading with pandas."""
    import pandas as pd

    return lambda: pd.read_sas(folder / "lb.xpt", encoding="ascii")


def read_disk(folder: Path) -> Callable[[], object]:
    """Reading the bytes with nothing else."""
    return lambda: (folder / "lb.xpt").read_bytes()


JOBS: dict[tuple[str, str], Callable[[Path], Callable[[], object]]] = {
    ("write", "engine.xpt"): write_own,
    ("write", "engine.xpt by codes"): lambda folder: write_own(folder, True),
    ("write", "pyreadstat"): write_pyreadstat, ("write", "disk"): write_disk,
    ("read", "engine.xpt"): read_own, ("read", "pyreadstat"): read_pyreadstat,
    ("read", "pandas.read_sas"): read_pandas, ("read", "disk"): read_disk,
}


def table(folder: Path, codes: bool = False) -> Any:
    """The table as pandas has it."""
    import pandas as pd

    frame = pd.read_parquet(folder / "lb.parquet")
    return frame.astype(dict.fromkeys(frame.select_dtypes("str"), "category")) if codes else frame


def job(what: str, who: str, folder: Path) -> None:
    """Do one thing once in this process and print what it took."""
    import pyarrow.compute  # noqa: F401 (what is imported late is not timed)

    act = JOBS[what, who](folder)
    before = rested()
    begun, used = time.perf_counter(), processor_seconds()
    kept = act()
    found = {"cpu": processor_seconds() - used, "wall": time.perf_counter() - begun, "peak": peak() - before}
    del kept
    print(json.dumps(found))


def large(folder: Path, rows: int) -> None:
    """Write and read records in parts, and print what it took."""
    import data_xpt
    import pandas as pd

    from engine import xpt

    first = data_xpt.table(0, PART).to_pandas()
    lengths = {name: int(values.str.len().max()) for name, values in first.items() if values.dtype == "str"}

    def parts() -> Iterator[pd.DataFrame]:
        for start in range(0, rows, PART):
            yield data_xpt.table(start, min(start + PART, rows)).to_pandas()

    path = folder / "lb.xpt"
    begun = processor_seconds()
    xpt.write(parts(), path, variable_length=lengths | {"USUBJID": 20}, created=CREATED)
    written = processor_seconds()
    records = sum(len(part) for part, _ in xpt.read_chunks(path, PART))
    read, size = processor_seconds() - written, path.stat().st_size / 2**30
    most = peak()
    start = (rows - 1) // PART * PART
    last, _ = xpt.read(path, row_offset=start)
    wanted = data_xpt.table(start, rows).to_pandas().set_index(last.index)
    same = records == rows and wanted.equals(last)
    print(f"{records:,} records, {size:.2f} GiB, {most / MIB:,.0f} MiB of memory at most (aimed at:"
          f" {LARGE_MEMORY / MIB:,.0f}); processor time: made and written {written - begun:.1f} s, read"
          f" {read:.1f} s; the last {len(last):,} records {'are as written' if same else 'DIFFER'}")
    path.unlink()


def processor_seconds() -> float:
    """User and system time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak() -> int:
    """The most memory this process has had, in bytes; on Linux since :func:`rested`."""
    status = Path("/proc/self/status")
    if status.is_file():
        found = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(found.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def rested() -> int:
    """Let go of what making the table has left, and count the most memory anew; gives the memory used."""
    import gc

    import pyarrow as pa

    gc.collect()
    pa.default_memory_pool().release_unused()
    forget = Path("/proc/self/clear_refs")
    if forget.exists():
        forget.write_text("5")
    return peak()


def haven(what: str, folder: Path) -> dict[str, float] | None:
    """The same with haven, its processor time as R tells it; None where it is not installed."""
    command = ["Rscript", "-e", HAVEN, what, str(folder / "lb.xpt"), str(folder / "haven.xpt")]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if done.returncode:
        return None
    cpu, wall, most = (float("nan") if word == "NA" else float(word) for word in done.stdout.split())
    return {"cpu": cpu, "wall": wall, "peak": most}


def once(what: str, who: str, folder: Path) -> dict[str, float] | None:
    """One run in a process of its own."""
    if who == "haven":
        return haven(what, folder) if shutil.which("Rscript") else None
    done = subprocess.run([sys.executable, str(HERE), "--job", what, who, str(folder)], check=True,
                          stdout=subprocess.PIPE)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measured(folder: Path, runs: int) -> dict[tuple[str, str], dict[str, float]]:
    """The medians of several runs in which the programs take turns, after one that warms up."""
    turns = [("write", who) for who in WRITERS] + [("read", who) for who in READERS]
    found: dict[tuple[str, str], list[dict[str, float]]] = {}
    for number in range(runs + 1):
        for turn in turns:
            one = once(*turn, folder)
            if number and one is not None:
                found.setdefault(turn, []).append(one)
    return {turn: {key: statistics.median(one[key] for one in all_) for key in ("cpu", "wall", "peak")}
            for turn, all_ in found.items()}


def report(rows: int, runs: int, data: Path) -> None:
    """Measure with a table of so many records and print a line a program."""
    folder = run.made(data, "xpt", rows)
    head = f"{rows:,} records"
    print(f"{head:30} {'cpu s':>8} {'wall s':>8} {'MiB':>8}   times engine.xpt's cpu; target", flush=True)
    found = measured(folder, runs)
    for (what, who), one in found.items():
        times = one["cpu"] / found[what, "engine.xpt"]["cpu"]
        figures = f"{one['cpu']:8.2f} {one['wall']:8.2f} {one['peak'] / MIB:8,.0f}"
        print(f"{what + ' ' + who:30} {figures} {times:7.1f}{target(what, who, rows, found)}", flush=True)


def target(what: str, who: str, rows: int, found: dict[tuple[str, str], dict[str, float]]) -> str:
    """What is aimed at for a line of the report, and whether it is missed."""
    one, own = found[what, who], found[what, "engine.xpt"]
    if (what, who) in TIMES:
        least = TIMES[what, who]
        return f"  at least {least:g}" + ("" if one["cpu"] >= least * own["cpu"] else ": missed")
    if who != "engine.xpt" or rows != ROWS[-1]:
        return ""
    most = WRITE_MEMORY if what == "write" else READ_MEMORY * found[what, "pyreadstat"]["peak"]
    kept = own["cpu"] < SECONDS[what] and own["peak"] <= most
    return f"  under {SECONDS[what]} s, {most / MIB:,.0f} MiB at most" + ("" if kept else ": missed")


def main(arguments: list[str]) -> None:
    """Read the command line and report."""
    parser = argparse.ArgumentParser(description="time reading and writing of transport files")
    parser.add_argument("--rows", type=int, nargs="*", default=list(ROWS), help="records of the table")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--large", action="store_true", help=f"write and read {LARGE:,} records in parts")
    parser.add_argument("--data", type=Path, default=run.DATA, help="folder of the data that are made")
    parser.add_argument("--job", nargs=3, metavar=("WHAT", "WHO", "FOLDER"), help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.job:
        job(given.job[0], given.job[1], Path(given.job[2]))
    elif given.large:
        given.data.mkdir(parents=True, exist_ok=True)
        large(given.data.resolve(), LARGE)
    else:
        for rows in given.rows:
            report(rows, given.runs, given.data.resolve())


if __name__ == "__main__":
    main(sys.argv[1:])
