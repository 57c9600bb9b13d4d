"""Time the build of a study from a fresh interpreter (``make bench``).

``bench.py [STUDY] [RUNS]`` builds into a folder that is thrown away and
prints the seconds of each run, their median, and the largest memory of any.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(arguments: list[str]) -> None:
    """Build the study several times over."""
    study = arguments[0] if arguments else "specs/study.yaml"
    runs = int(arguments[1]) if len(arguments) > 1 else 3
    command: list[str | Path] = [Path(sys.executable).parent / "dossier", "build", "--study", study, "--out"]
    seconds = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as out:
            begun = time.perf_counter()
            subprocess.run([*command, out], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            seconds.append(time.perf_counter() - begun)
            print(f"{study}: {seconds[-1]:.2f} s", flush=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    megabytes = peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
    print(f"{study}: median {statistics.median(seconds):.2f} s of {runs} runs, at most {megabytes:.0f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
