"""A build killed at any moment leaves the last good set, whole."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

KILLS = 50


def build(root: Path, out: Path, stamp: int) -> subprocess.Popen[bytes]:
    """Start a build whose files carry ``stamp`` as their time."""
    command = [sys.executable, "-m", "dossier", "build", "--study", str(root / "specs/study.yaml"),
               "--out", str(out)]
    return subprocess.Popen(command, env={**os.environ, "SOURCE_DATE_EPOCH": str(stamp)},
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def stamps(out: Path) -> dict[str, bytes]:
    """The time stamped into each visible file."""
    return {p.name: p.read_bytes()[144:160] for p in (out / "m5").rglob("*.xpt")}


@pytest.mark.full
def test_fifty_kills_leave_one_whole_set(root: Path, tmp_path: Path) -> None:
    begun = time.monotonic()
    assert build(root, tmp_path, 1_000_000_000).wait() == 0
    whole = time.monotonic() - begun
    names = set(stamps(tmp_path))
    assert len(names) >= 10
    draw = random.Random(20260630)
    finished = 0
    for number in range(1, KILLS + 1):
        process = build(root, tmp_path, 1_000_000_000 + 86_400 * number)
        # half of the kills fall into the last fifth, where files are written and exchanged
        moment = draw.uniform(0, whole * 1.4) if number % 2 else draw.uniform(whole * 0.8, whole * 1.15)
        try:
            process.wait(moment)
            finished += 1
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        found = stamps(tmp_path)
        assert set(found) == names, f"kill {number} after {moment:.2f} s"
        assert len(set(found.values())) == 1, f"kill {number} after {moment:.2f} s: a mixed set"
    assert 0 < finished < KILLS, "the moments of the kills miss a whole build, or all of it"
    assert build(root, tmp_path, 2_000_000_000).wait() == 0
    left = [p.name for p in tmp_path.iterdir()]
    assert sorted(left) == [".lock", ".state.json", "m5"], "what killed builds left behind is cleared away"
