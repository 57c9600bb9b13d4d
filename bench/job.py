"""One benchmark job in this process: ``job.py STUDY RAW [DATASET ...]``, or ``job.py --check STUDY RAW``.

Builds the study's datasets (or only those named, and what they read) to
finished tables, without writing transport files; with ``--check`` specs are
only read and checked.  Prints one line of JSON: seconds of processor time since
all modules were imported, of the wall clock, the process's peak memory in
bytes, the wall seconds of each dataset, and the number of records of each.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import resource
import sys
import time
from pathlib import Path

import dossier.pipeline as pipeline
from engine.build.execute import Build
from engine.build.finish import Finished
from engine.spec.verbs import load_verbs

_LATE = ("pyarrow.csv", "pyarrow.parquet", "pyarrow.compute", "pyarrow.dataset")
"""Modules that libraries import when they are first needed."""


def import_all() -> None:
    """Import all that a build may import later, so that it is not timed."""
    load_verbs()
    for package in ("engine", "sdtm", "adam"):
        found = importlib.import_module(package)
        for module in pkgutil.walk_packages(found.__path__, f"{package}."):
            importlib.import_module(module.name)
    for name in _LATE:
        importlib.import_module(name)


def build(study: Path, raw: Path, only: list[str] | None = None) -> tuple[list[Finished], dict[str, float]]:
    """The finished datasets of a study, and the wall seconds of each as it was derived.

    Raises as the pipeline does where specs or data are not in order.
    """
    plan = pipeline.check(study, raw)
    work = Build(plan)
    wanted = set(only) if only else None
    seconds = work.run(wanted)
    begun = time.perf_counter()
    finished = pipeline.finish_all(work, wanted, lambda message: None)
    work.require_clean()
    return finished, {**seconds, "finish": time.perf_counter() - begun}


def processor_seconds() -> float:
    """User and system time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_bytes() -> int:
    """The most memory this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main(arguments: list[str]) -> None:
    """Do the job and print what it took."""
    only_check = arguments[0] == "--check"
    study, raw = (Path(path) for path in arguments[only_check:][:2])
    import_all()
    begun, used = time.perf_counter(), processor_seconds()
    seconds: dict[str, float] = {}
    records: dict[str, int] = {}
    if only_check:
        pipeline.check(study, raw)
    else:
        finished, seconds = build(study, raw, arguments[2:])
        records = {item.name: len(item.frame) for item in finished}
    print(json.dumps({
        "cpu": processor_seconds() - used, "wall": time.perf_counter() - begun, "peak": peak_bytes(),
        "seconds": seconds, "records": records}))


if __name__ == "__main__":
    main(sys.argv[1:])
