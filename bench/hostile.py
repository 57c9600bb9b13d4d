"""Print how long each hostile study takes to be answered, and how much memory (``make bench-hostile``).

``hostile.py [WORD...]`` runs the cases of ``tests/hostile_cases.py`` whose name holds a
word, all if none is given.  Seconds are those of the processor from the start of the command in
a program that is loaded already; memory is the peak beyond that program's own.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from hostile_cases import CASES
from hostile_run import Server

PATIENCE = 120.0
LIMIT = 1.0  # second that an answer may take


def main(words: list[str]) -> int:
    """Run the cases; the exit status is 1 if one is slow, dies or ends with another status."""
    chosen = [case for case in CASES if not words or any(word in case.name for word in words)]
    failed = 0
    print(f"{'case':66} {'seconds':>7} {'MB':>6}")
    with Server() as server:
        for case in chosen:
            with tempfile.TemporaryDirectory() as top:
                folder = Path(top, "home/study")
                folder.mkdir(parents=True)
                case.make(folder)
                found = server.run(folder, case.command, PATIENCE)
            bad = found.status != case.status or found.seconds > LIMIT
            failed += bad
            note = "" if not bad else f"  status {found.status}" if found.status != case.status else "  slow"
            print(f"{case.name[:66]:66} {found.seconds:7.2f} {found.megabytes:6.0f}{note}", flush=True)
    print(f"{len(chosen)} cases, {failed} of them slow or wrong")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
