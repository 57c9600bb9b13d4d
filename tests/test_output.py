"""dossier.output: the visible set is always one whole set, whatever fails, and one build writes at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dossier.output import carry_over, exchange_folders, recover, staged, swap
from engine.errors import DataError

ROOT = Path(__file__).resolve().parents[1]


def build(out: Path, text: str, *names: str) -> None:
    with staged(out) as stage:
        for name in names:
            path = stage / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


def files(folder: Path) -> dict[str, str]:
    found = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_text() for path in found}


def entries(out: Path) -> list[str]:
    return sorted(path.name for path in out.iterdir())


def no_exchange(one: Path, two: Path) -> bool:
    """A system that cannot exchange two folders in one step."""
    assert one.is_dir()
    assert two.is_dir()
    return False


def test_a_build_replaces_the_whole_set(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    build(out, "one", "datasets/x/tabulations/sdtm/dm.xpt", "datasets/x/tabulations/sdtm/ae.xpt")
    build(out, "two", "datasets/x/tabulations/sdtm/dm.xpt")
    assert files(out / "m5") == {"datasets/x/tabulations/sdtm/dm.xpt": "two"}
    assert entries(out) == [".lock", "m5"]
    assert (out / ".lock").read_text() == f"{os.getpid()}\n"


def test_the_staging_folder_is_empty_and_beside_the_set(tmp_path: Path) -> None:
    with staged(tmp_path, "report") as stage:
        assert stage == tmp_path / f".staging-{os.getpid()}-report"
        assert list(stage.iterdir()) == []
    assert entries(tmp_path) == [".lock", "report"]


def fail(out: Path, error: BaseException) -> None:
    with staged(out) as stage:
        (stage / "dm.xpt").write_text("two")
        (stage / "vs.xpt").write_text("two")
        carry_over(stage, out / "m5", ["ae.xpt"])
        raise error


@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt(), SystemExit(3)])
def test_a_failed_build_changes_nothing(tmp_path: Path, error: BaseException) -> None:
    build(tmp_path, "one", "dm.xpt", "ae.xpt")
    with pytest.raises(type(error)):
        fail(tmp_path, error)
    assert files(tmp_path / "m5") == {"dm.xpt": "one", "ae.xpt": "one"}
    assert entries(tmp_path) == [".lock", "m5"]
    build(tmp_path, "three", "dm.xpt")
    assert files(tmp_path / "m5") == {"dm.xpt": "three"}


def test_other_things_in_the_folder_stay(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    build(tmp_path, "one", "dm.xpt")
    assert entries(tmp_path) == [".lock", "m5", "notes.txt"]


def test_the_mode_is_that_of_any_new_folder(tmp_path: Path) -> None:
    build(tmp_path, "one", "dm.xpt")
    plain = tmp_path / "plain"
    plain.mkdir()
    assert (tmp_path / "m5").stat().st_mode == plain.stat().st_mode


@pytest.mark.skipif(sys.platform != "linux", reason="renameat2 is a call of Linux")
def test_folders_are_exchanged_in_one_step(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
        (folder / "name").write_text(folder.name)
    assert exchange_folders(one, two)
    assert ((one / "name").read_text(), (two / "name").read_text()) == ("two", "one")
    with pytest.raises(FileNotFoundError) as caught:
        exchange_folders(one, tmp_path / "three")
    assert (caught.value.filename, caught.value.filename2) == (str(one), str(tmp_path / "three"))


def test_without_exchange_two_renames_do(tmp_path: Path) -> None:
    for text in ("one", "two"):
        with staged(tmp_path, exchange=no_exchange) as stage:
            (stage / "dm.xpt").write_text(text)
    assert files(tmp_path / "m5") == {"dm.xpt": "two"}
    assert entries(tmp_path) == [".lock", "m5"]


def test_a_stop_between_the_two_renames_is_mended(tmp_path: Path) -> None:
    build(tmp_path, "one", "dm.xpt")
    (tmp_path / "m5").rename(tmp_path / ".previous-m5")
    (tmp_path / ".staging-1-m5").mkdir()
    recover(tmp_path, "m5")
    assert files(tmp_path / "m5") == {"dm.xpt": "one"}
    assert entries(tmp_path) == [".lock", "m5"]


def test_a_stop_after_the_two_renames_keeps_the_new_set(tmp_path: Path) -> None:
    build(tmp_path, "two", "dm.xpt")
    (tmp_path / ".previous-m5").mkdir()
    (tmp_path / ".previous-m5" / "dm.xpt").write_text("one")
    recover(tmp_path, "m5")
    assert files(tmp_path / "m5") == {"dm.xpt": "two"}
    assert entries(tmp_path) == [".lock", "m5"]


def test_swap_makes_the_first_set(tmp_path: Path) -> None:
    (tmp_path / "stage").mkdir()
    swap(tmp_path / "stage", tmp_path / "m5", no_exchange)
    assert entries(tmp_path) == ["m5"]


def test_a_link_in_place_of_the_set_is_replaced_and_what_it_shows_stays(tmp_path: Path) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    build(elsewhere, "one", "dm.xpt")
    out.mkdir()
    (out / "m5").symlink_to(elsewhere / "m5")
    build(out, "two", "dm.xpt")
    assert files(out / "m5") == {"dm.xpt": "two"}
    assert files(elsewhere / "m5") == {"dm.xpt": "one"}
    assert entries(out) == [".lock", "m5"]


def refusal(out: Path) -> str:
    with pytest.raises(DataError) as caught:
        build(out, "one", "dm.xpt")
    return str(caught.value)


def test_an_output_folder_that_is_a_file(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("mine")
    assert refusal(out) == f"{out}: build: is a file, a folder is needed; name another folder with --out"
    assert refusal(out / "sub") == (
        f"{out / 'sub'}: build: cannot be written: Not a directory; name another folder with --out")
    (tmp_path / "m5").write_text("mine")
    assert refusal(tmp_path) == (
        f"{tmp_path / 'm5'}: build: is a file, a folder is needed; name another folder with --out")
    assert out.read_text() == "mine"


@pytest.fixture
def unwritable() -> Iterator[Path]:
    """A folder this process may not write in; root becomes nobody for a moment."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755 if os.geteuid() == 0 else 0o555)
        was = os.geteuid()
        os.seteuid(65534 if was == 0 else was)
        try:
            yield Path(folder)
        finally:
            os.seteuid(was)
            Path(folder).chmod(0o755)


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="folders have owners on POSIX only")
def test_an_output_folder_that_may_not_be_written(unwritable: Path) -> None:
    expected = "build: cannot be written: Permission denied; name another folder with --out"
    assert refusal(unwritable) == f"{unwritable}: {expected}"
    assert refusal(unwritable / "out") == f"{unwritable / 'out'}: {expected}"


@pytest.mark.parametrize("folder", ["", "a/b", "..", ".hidden"])
def test_the_set_has_a_plain_name(tmp_path: Path, folder: str) -> None:
    with pytest.raises(ValueError, match=r"is no plain folder name$"), staged(tmp_path, folder):
        pass
    assert entries(tmp_path) == []


def test_files_not_made_anew_are_carried_over(tmp_path: Path) -> None:
    build(tmp_path, "one", "sdtm/dm.xpt", "sdtm/ae.xpt", "adam/adsl.xpt")
    with staged(tmp_path) as stage:
        (stage / "sdtm").mkdir()
        (stage / "sdtm" / "ae.xpt").write_text("two")
        names = ["adam/adsl.xpt", "sdtm/ae.xpt", "sdtm/dm.xpt", "sdtm/vs.xpt"]
        assert carry_over(stage, tmp_path / "m5", names) == ["adam/adsl.xpt", "sdtm/dm.xpt"]
    assert files(tmp_path / "m5") == {"sdtm/dm.xpt": "one", "sdtm/ae.xpt": "two", "adam/adsl.xpt": "one"}


@pytest.mark.parametrize("name", ["../dm.xpt", "/etc/hosts", "sdtm/../../dm.xpt"])
def test_nothing_is_carried_from_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"does not lie in the result set$"):
        carry_over(tmp_path, tmp_path, [name])


HOLD = """
import sys
from pathlib import Path
from dossier.output import staged
from engine.errors import DataError
try:
    with staged(Path(sys.argv[1])) as stage:
        (stage / "dm.xpt").write_text(sys.argv[2])
        print("building", flush=True)
        sys.stdin.readline()
except DataError as error:
    print(error, file=sys.stderr)
    sys.exit(1)
"""


def start(out: Path, text: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", HOLD, str(out), text], cwd=ROOT, text=True,
                            stdin=pipe, stdout=pipe, stderr=pipe)


def test_a_second_build_is_told_who_is_building(tmp_path: Path) -> None:
    with start(tmp_path, "first") as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "building\n"
        busy = (f"{tmp_path}: build: another build (process {first.pid}) is writing this folder;"
                " wait for it to end, or name another folder with --out")
        with start(tmp_path, "second") as second:
            said, complained = second.communicate()
        assert (second.returncode, said, complained) == (1, "", busy + "\n")
        assert refusal(tmp_path) == busy
        first.communicate("\n")
    assert first.returncode == 0
    assert files(tmp_path / "m5") == {"dm.xpt": "first"}
    assert entries(tmp_path) == [".lock", "m5"]


def test_a_killed_build_holds_nothing(tmp_path: Path) -> None:
    build(tmp_path, "old", "dm.xpt")
    with start(tmp_path, "killed") as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "building\n"
        first.kill()
        first.communicate()
    assert files(tmp_path / "m5") == {"dm.xpt": "old"}
    assert entries(tmp_path) == [".lock", f".staging-{first.pid}-m5", "m5"]
    build(tmp_path, "new", "dm.xpt")
    assert files(tmp_path / "m5") == {"dm.xpt": "new"}
    assert entries(tmp_path) == [".lock", "m5"]


# Forks builders that make one set after another, kills each at a random moment and looks at the set.
# A process of its own does it: it has one thread, so that it may fork.
KILLER = """
import json, os, random, signal, sys, time
from pathlib import Path
from dossier.output import exchange_folders, recover, staged

out, kills, renames = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "renames"
chance = random.Random(20260630)
names = [f"datasets/x/{kind}/d{n:02d}.xpt" for kind in ("sdtm", "adam") for n in range(8)]

def build(generation):
    with staged(out, exchange=(lambda one, two: False) if renames else exchange_folders) as stage:
        for name in names:
            path = stage / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w") as file:
                for _ in range(4):
                    file.write(f"{generation}\\n" * 200)
                    file.flush()

def visible():
    files = [path for path in (out / "m5").rglob("*") if path.is_file()]
    found = {path.relative_to(out / "m5").as_posix(): path.read_text() for path in files}
    assert sorted(found) == sorted(names), sorted(found)
    texts = set(found.values())
    assert len(texts) == 1, "files of several sets"
    text = texts.pop()
    generation = int(text.split("\\n", 1)[0])
    assert text == f"{generation}\\n" * 800, "a torn file"
    return generation

build(1)
last, leftovers, mended, advanced = visible(), 0, 0, 0
for _ in range(kills):
    child = os.fork()
    if not child:
        generation = last
        while True:
            generation += 1
            build(generation)
    time.sleep(chance.uniform(0, 0.05))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    leftovers += any(out.glob(".staging-*"))
    if renames and not (out / "m5").exists():
        mended += 1
    if renames:
        recover(out, "m5")
    now = visible()
    assert now >= last, (now, last)
    advanced += now > last
    last = now
build(last + 1)
assert visible() == last + 1
print(json.dumps({"leftovers": leftovers, "advanced": advanced, "mended": mended,
                  "entries": sorted(p.name for p in out.iterdir())}))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
@pytest.mark.parametrize(("way", "kills"), [("exchange", 50), ("renames", 25)])
def test_a_kill_at_any_moment_leaves_one_whole_set(tmp_path: Path, way: str, kills: int) -> None:
    done = subprocess.run([sys.executable, "-c", KILLER, str(tmp_path), str(kills), way], cwd=ROOT, text=True,
                          capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["entries"] == [".lock", "m5"]
    assert told["leftovers"] > 0  # some builds were killed half way
    assert told["mended"] == 0 or way == "renames"
