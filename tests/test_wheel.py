"""The wheel: all that the packages need is in it, and it builds the same datasets as the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
from test_tutorial import PAGE, steps, write

pytestmark = pytest.mark.full

PACKAGES = ("engine", "sdtm", "adam", "dossier")
UNSET = ("PYTHONPATH", "SOURCE_DATE_EPOCH", "PIP_USER", "PIP_REQUIRE_HASHES", "PIP_REQUIRE_VIRTUALENV")
SETTINGS = {k: v for k, v in os.environ.items() if k not in UNSET} | {"PIP_NO_INDEX": "1"}


def run(command: list[str | Path], folder: Path) -> str:
    """Run a command in a folder, without anything of the checkout on its path; gives what it prints."""
    done = subprocess.run(command, cwd=folder, env=SETTINGS, text=True, capture_output=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def built(kind: str, source: Path, out: Path) -> Path:
    """The wheel or sdist of a tree, by the backend that pyproject.toml names."""
    code = f"import sys, setuptools.build_meta as made; made.build_{kind}(sys.argv[1])"
    run([sys.executable, "-c", code, out], source)
    (made,) = out.iterdir()
    return made


@pytest.fixture(scope="module")
def tree(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean copy of what a wheel is built from."""
    folder = tmp_path_factory.mktemp("clean") / "tree"
    folder.mkdir()
    for package in PACKAGES:
        shutil.copytree(root / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(root / file, folder / file)
    return folder


@pytest.fixture(scope="module")
def wheel(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the clean copy, which is left as it was."""
    copy = tmp_path_factory.mktemp("wheel") / "tree"
    shutil.copytree(tree, copy)
    return built("wheel", copy, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an empty environment with the wheel; the libraries are those of this environment."""
    folder = tmp_path_factory.mktemp("environment") / "env"
    run([sys.executable, "-m", "venv", "--without-pip", folder], folder.parent)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    run([sys.executable, "-m", "pip", "--python", programs / "python", "install", "-q", "--no-deps",
         "--disable-pip-version-check", wheel], folder.parent)
    site = run([programs / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], folder)
    # The path alone: a .pth file in there, such as that of the editable checkout, is not followed.
    libraries = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (Path(site.strip()) / "libraries.pth").write_text("\n".join(sorted(libraries)) + "\n", encoding="utf-8")
    return programs


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The study of the tutorial, as it stands at the end."""
    for step in steps(PAGE):
        if not step.command:
            write(step, tmp_path)
    return tmp_path


def contents(archive: Path) -> dict[str, bytes]:
    """The files of a wheel by name."""
    with zipfile.ZipFile(archive) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_the_wheel_has_every_file_of_the_packages_and_no_other(tree: Path, wheel: Path) -> None:
    files = {path.relative_to(tree).as_posix(): path.read_bytes()
             for package in PACKAGES for path in (tree / package).rglob("*") if path.is_file()}
    found = contents(wheel)
    own = {name for name in found if ".dist-info/" not in name}
    assert own == set(files)
    assert all(found[name] == files[name] for name in own)
    assert own >= {
        "engine/expressions/grammar.lark", "engine/numbers/units.csv", "engine/standards/data/labels-zh.csv",
        "engine/standards/data/sdtmig-3.4-variables.csv", "adam/records/data/frequencies.csv",
        "engine/terminology/data/sdtm-2025-03-28-terms.csv", "dossier/py.typed"}


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    assert wheel.name == f"dossier_cdisc-{version('dossier-cdisc')}-py3-none-any.whl"
    found = {name.partition(".dist-info/")[2]: data.decode() for name, data in contents(wheel).items()
             if ".dist-info/" in name}
    assert "dossier = dossier.cli:main" in found["entry_points.txt"]
    assert "License-Expression: MIT" in found["METADATA"]
    assert "licenses/LICENSE" in found


def test_nothing_of_the_checkout_can_be_imported(root: Path, environment: Path, tmp_path: Path) -> None:
    code = ("import sys, dossier, engine, sdtm, adam, importlib.util as found\n"
            "files = [package.__file__ for package in (dossier, engine, sdtm, adam)]\n"
            "print(*files, *filter(None, sys.path), sep='\\n')\n"
            "assert found.find_spec('tests') is None and found.find_spec('simulator') is None")
    said = run([environment / "python", "-c", code], tmp_path)
    lines = [Path(line).resolve() for line in said.splitlines()]
    assert all(line.is_relative_to(environment.parent.resolve()) for line in lines[:4])
    libraries = Path(sysconfig.get_path("purelib")).resolve()
    assert [line for line in lines if line.is_relative_to(root) and line != libraries] == []


def test_version_and_help(environment: Path, tmp_path: Path) -> None:
    dossier = environment / "dossier"
    assert run([dossier, "--version"], tmp_path) == f"dossier {version('dossier-cdisc')}\n"
    assert run([dossier, "--help"], tmp_path).startswith("usage: dossier ")
    for words in (["build"], ["spec", "check"]):
        assert run([dossier, *words, "--help"], tmp_path).startswith(f"usage: dossier {' '.join(words)} ")


def test_it_builds_what_the_checkout_builds(environment: Path, study: Path) -> None:
    run([environment / "dossier", "build", "--study", "study.yaml", "--out", "installed"], study)
    run([sys.executable, "-m", "dossier", "build", "--study", "study.yaml", "--out", "checkout"], study)
    one, other = ({path.relative_to(folder).as_posix(): path.read_bytes()
                   for path in folder.rglob("*") if path.is_file()}
                  for folder in (study / "installed/m5", study / "checkout/m5"))
    assert sum(name.endswith(".xpt") for name in one) == 7
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []


def test_the_sdist_builds_the_same_wheel(tree: Path, wheel: Path, tmp_path: Path) -> None:
    shutil.copytree(tree, tmp_path / "tree")
    (tmp_path / "out").mkdir()
    with tarfile.open(built("sdist", tmp_path / "tree", tmp_path / "out")) as opened:
        opened.extractall(tmp_path / "unpacked", filter="data")
    (source,) = (tmp_path / "unpacked").iterdir()
    (tmp_path / "dist").mkdir()
    again = built("wheel", source, tmp_path / "dist")
    assert again.name == wheel.name
    assert contents(again) == contents(wheel)
