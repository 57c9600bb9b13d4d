"""A build after the last one: what depends on a change is made anew, and the files are as if all were."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from bad_cases import BASE

from dossier import state
from dossier.cli import main
from dossier.pipeline import Summary, build

NAMES = ["AE", "DM", "EX", "LB", "PC", "ADAE", "ADPC", "ADSL"]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small study with its first build beside it."""
    home = tmp_path_factory.mktemp("first")
    shutil.copytree(BASE, home / "study")
    assert again(home).unchanged == ()
    return home


@pytest.fixture
def home(first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, where the command is run: the state knows files by the paths they are named by."""
    shutil.copytree(first, tmp_path / "home")
    monkeypatch.chdir(tmp_path / "home")
    again(Path(), fresh=True)
    return tmp_path / "home"


def again(home: Path, *, fresh: bool = False) -> Summary:
    return build(home / "study" / "study.yaml", home / "out", fresh=fresh)


def files(out: Path) -> dict[str, bytes]:
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in sorted((out / "m5").rglob("*.xpt"))}


def swap(file: str, old: str, new: str) -> Callable[[Path], None]:
    def change(home: Path) -> None:
        path = home / "study" / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old} is not in {file}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return change


def drop(file: str) -> Callable[[Path], None]:
    return lambda home: (home / file).unlink()


def spoil(file: str) -> Callable[[Path], None]:
    def change(home: Path) -> None:
        path = next((home / "out").rglob(file))
        path.write_bytes(path.read_bytes()[:-80])
    return change


@pytest.mark.parametrize(("change", "rebuilt"), [
    (lambda home: None, set()),
    (swap("sdtm/pc.yaml", "domain: PC", "# a comment\ndomain: PC"), {"PC", "ADPC"}),
    pytest.param(swap("adam/adae.yaml", "dataset: ADAE", "dataset: ADAE  # events"), {"ADAE"},
                 marks=pytest.mark.full),
    (swap("raw/pk.csv", "87.2", "87.25"), {"PC", "ADPC"}),
    pytest.param(swap("study.yaml", "raw:", "# all depends on this file\nraw:"), set(NAMES),
                 marks=pytest.mark.full),
    pytest.param(spoil("lb.xpt"), {"LB"}, marks=pytest.mark.full),
    (spoil("suppae.xpt"), {"AE"}),
], ids=["nothing", "spec", "last spec", "raw file", "study file", "spoilt file", "spoilt qualifiers"])
def test_what_depends_on_a_change_is_built(home: Path, change: Callable[[Path], None],
                                           rebuilt: set[str]) -> None:
    change(Path())
    summary = again(Path())
    made = {line[0] for line in summary.lines if not line[0].startswith("SUPP")}
    assert made == rebuilt
    assert set(summary.unchanged) == set(NAMES) - rebuilt
    incremental = files(Path("out"))
    again(Path(), fresh=True)
    assert files(Path("out")) == incremental


def test_text_of_one_name_keeps_one_length(home: Path) -> None:
    """A longer value in one dataset changes the length that is written in the others."""
    swap("adam/adae.yaml", "variables:",
         "variables:\n  COUNTRY: {constant: A LONG NAME OF A COUNTRY, codelist: none}")(Path())
    assert "DM" in {line[0] for line in again(Path()).lines}
    incremental = files(Path("out"))
    again(Path(), fresh=True)
    assert files(Path("out")) == incremental


@pytest.mark.full
def test_a_dataset_that_is_gone_leaves_no_file(home: Path) -> None:
    drop("study/adam/adpc.yaml")(Path())
    assert "ADPC" not in again(Path()).unchanged
    assert not [name for name in files(Path("out")) if name.endswith("adpc.xpt")]


@pytest.mark.full
def test_a_build_of_named_datasets_tells_of_them_alone(home: Path) -> None:
    """What was not named is still to be built where it depends on a change."""
    swap("raw/pk.csv", "87.2", "87.25")(Path())
    build(Path("study/study.yaml"), Path("out"), ["PC"])
    summary = again(Path())
    assert [line[0] for line in summary.lines] == ["ADPC"]
    incremental = files(Path("out"))
    again(Path(), fresh=True)
    assert files(Path("out")) == incremental


@pytest.mark.full
@pytest.mark.parametrize("text", ["", "{", "[]", '{"base": 1}', "null"])
def test_a_state_that_cannot_be_read_is_none(home: Path, text: str) -> None:
    Path("out", state.FILE).write_text(text, encoding="utf-8")
    assert again(Path()).unchanged == ()


@pytest.mark.full
def test_other_code_builds_all(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = json.loads(Path("out", state.FILE).read_text(encoding="utf-8"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert again(Path()).unchanged == ()
    assert json.loads(Path("out", state.FILE).read_text(encoding="utf-8"))["base"] != told["base"]


def test_refused_data_leave_the_state_as_it_was(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    swap("raw/ae.csv", "MILD", "Mld")(Path())
    arguments = ["build", "--study", "study/study.yaml", "--out", "out"]
    assert main(arguments) == 1
    assert "'Mld' is not in codelist AESEV" in capsys.readouterr().err
    swap("raw/ae.csv", "Mld", "MILD")(Path())
    assert main(arguments) == 0
    assert capsys.readouterr().out.endswith("nothing has changed since this build\n")


def test_nothing_to_do_imports_nothing_heavy(home: Path) -> None:
    code = ("import sys; from dossier.cli import main; "
            "status = main(['build', '--study', 'study/study.yaml', '--out', 'out']); "
            "print(status, sorted({'pandas', 'numpy', 'pyarrow', 'yaml', 'pydantic'} & set(sys.modules)))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("nothing has changed since this build\n0 []\n")
    assert done.stderr == ""


@pytest.mark.full
def test_fresh_builds_all(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "--study", "study/study.yaml", "--out", "out", "--fresh"]) == 0
    said = capsys.readouterr()
    assert "nothing has changed" not in said.out
    assert "deriving AE" in said.err
