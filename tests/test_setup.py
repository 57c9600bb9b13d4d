"""The set-up script: stamps, refusals, and pip where there is none."""

from __future__ import annotations

import doctest
import hashlib
import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

NO_NETWORK = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": "",
              "PIP_EXTRA_INDEX_URL": ""}


@pytest.fixture
def scripts(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of scripts, importable for the test."""
    monkeypatch.syspath_prepend(str(root / "scripts"))
    yield root / "scripts"
    for name in ("setup", "pip_wheel", "interop_xport"):
        sys.modules.pop(name, None)


@pytest.fixture
def setup(scripts: Path) -> ModuleType:
    return importlib.import_module("setup")


@pytest.fixture
def pip_wheel(scripts: Path) -> ModuleType:
    return importlib.import_module("pip_wheel")


@pytest.fixture
def checkout(root: Path, tmp_path: Path) -> Path:
    """What the set-up needs of a checkout, with an environment that looks made."""
    made = tmp_path / "checkout"
    for part in ("scripts", "requirements"):
        shutil.copytree(root / part, made / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(root / file, made / file)
    return made


def with_environment(checkout: Path, name: str = ".venv") -> Path:
    """An environment without pip, as a Python without ensurepip makes it."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", checkout / name], check=True)
    return checkout / name


def run(checkout: Path, *targets: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, checkout / "scripts" / "setup.py", *targets], text=True,
                          capture_output=True, env={**os.environ, **NO_NETWORK, **settings}, check=False)


def test_a_stamp_holds_until_something_it_depends_on_changes(setup: ModuleType, checkout: Path) -> None:
    folder = with_environment(checkout)
    assert not setup.is_ready(checkout, "run")
    place = setup.stamp(folder, "run")
    place.write_text(setup.key(checkout, "run"))
    assert setup.is_ready(checkout, "run")
    assert not setup.is_ready(checkout, "test")
    for changed in ("requirements/run.lock", "pyproject.toml", ".venv/pyvenv.cfg"):
        kept = (checkout / changed).read_bytes()
        (checkout / changed).write_bytes(kept + b"\n# changed\n")
        assert not setup.is_ready(checkout, "run"), changed
        (checkout / changed).write_bytes(kept)
        assert setup.is_ready(checkout, "run"), changed
    moved = checkout.rename(checkout.parent / "moved")
    assert not setup.is_ready(moved, "run")  # scripts of an environment name its folder


def test_a_good_stamp_needs_no_network_and_says_nothing(setup: ModuleType, checkout: Path) -> None:
    setup.stamp(with_environment(checkout), "run").write_text(setup.key(checkout, "run"))
    done = run(checkout, "run")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_an_environment_without_its_python_is_not_ready(setup: ModuleType, checkout: Path) -> None:
    folder = with_environment(checkout)
    setup.stamp(folder, "run").write_text(setup.key(checkout, "run"))
    shutil.rmtree(folder / "bin")
    assert not setup.is_ready(checkout, "run")


@pytest.mark.full
def test_a_failed_set_up_leaves_no_stamp(checkout: Path) -> None:
    """With an index that holds nothing the set-up fails; the next one fills up what is there."""
    pytest.importorskip("ensurepip")
    folder = with_environment(checkout)
    subprocess.run([str(folder / "bin" / "python"), "-m", "ensurepip"], check=True, capture_output=True)
    (folder / ".dossier-stamp-test").write_text("of an older lock\n")
    for _ in ("first", "again"):
        done = run(checkout, "test")
        assert done.returncode == 1
        assert done.stdout == "set-up: installing requirements/test.lock\n"
        assert done.stderr.splitlines()[-1] == (
            "set-up: pip could not install requirements/test.lock (its reason is above); "
            "nothing is marked as done")
        assert not list(folder.glob(".dossier-*"))


@pytest.mark.full
def test_an_interrupted_set_up_is_started_anew(setup: ModuleType, checkout: Path,
                                               capsys: pytest.CaptureFixture[str]) -> None:
    folder = with_environment(checkout)
    (folder / "half-installed").write_text("")
    (folder / setup.UNFINISHED).write_text("")
    setup.prepare(checkout, "run")
    assert capsys.readouterr().out.splitlines()[0] == "set-up: an interrupted set-up is started anew"
    assert not (folder / "half-installed").exists()
    assert (folder / setup.UNFINISHED).exists()  # until the new one has ended
    assert (folder / ".gitignore").read_text() == "*\n"


def test_a_folder_that_is_no_environment_is_left_alone(setup: ModuleType, checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "notes.txt").write_text("mine")
    with pytest.raises(SystemExit) as refused:
        setup.prepare(checkout, "run")
    assert str(refused.value) == (
        f"set-up: {checkout / '.venv'} is there and is no virtual environment; move it away")
    assert (checkout / ".venv" / "notes.txt").read_text() == "mine"


def test_old_python_is_told_in_one_line(setup: ModuleType, tmp_path: Path,
                                        monkeypatch: pytest.MonkeyPatch) -> None:
    """A name promises nothing: what an interpreter says of itself counts."""
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, says in (("python3.13", "pypy 3 13"), ("python3.12", "cpython 3 9"), ("python3.11", "")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {says}\n")
        (tmp_path / name).chmod(0o755)
    with pytest.raises(SystemExit) as refused:
        setup.find_python("cpython", (3, 9))
    assert str(refused.value) == ("set-up: CPython 3.11 or newer is needed; this is cpython 3.9 "
                                  "and the path has no python3.14, python3.13, python3.12, python3.11")
    (tmp_path / "python3.11").write_text("#!/bin/sh\necho cpython 3 11\n")
    assert setup.find_python("cpython", (3, 9)) == str(tmp_path / "python3.11")


def test_scripts_for_old_pythons_use_syntax_they_read(scripts: Path) -> None:
    """``python3`` may be old: it must get as far as saying so."""
    import ast

    for name in ("setup.py", "pip_wheel.py"):
        ast.parse((scripts / name).read_text(encoding="utf-8"), feature_version=(3, 7))


def test_unknown_target(checkout: Path) -> None:
    done = run(checkout, "everything")
    assert (done.returncode, done.stderr) == (1, "set-up: name one or more of run, test, interop\n")


def test_lock_files_pin_and_hash_everything(root: Path) -> None:
    """Each package has its hashes, and the test lock agrees with the run lock."""
    pins: dict[str, dict[str, str]] = {}
    for path in sorted((root / "requirements").glob("*.lock")):
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip(" ")]
        for number, line in enumerate(lines):
            if line.startswith(("#", " ")):
                continue
            name, _, version = line.removesuffix(" \\").partition("==")
            assert version, line
            assert lines[number + 1].strip().startswith("--hash=sha256:"), line
            pins.setdefault(path.stem, {})[name] = version
    assert sorted(pins) == ["interop", "interop-reader", "run", "test"]
    assert pins["run"].items() <= pins["test"].items()
    assert {"pandas", "pip", "setuptools", "tzdata", "colorama"} <= set(pins["run"])
    assert pins["interop"]["pandas"].startswith("2.3.")


def test_pip_settings(pip_wheel: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file named by PIP_CONFIG_FILE, then the environment."""
    (tmp_path / "pip.conf").write_text(
        "[global]\nindex-url = https://mirror/simple\ncert = /a\n[install]\nextra-index-url = https://more/simple\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CERT", "/b")
    found = pip_wheel.settings()
    assert (found["index-url"], found["extra-index-url"], found["cert"]) == (
        "https://mirror/simple", "https://more/simple", "/b")
    monkeypatch.setenv("PIP_INDEX_URL", "https://other/simple")
    assert pip_wheel.settings()["index-url"] == "https://other/simple"


def local_index(pip_wheel: ModuleType, folder: Path) -> tuple[str, Path, str]:
    """An index on disk with the pip that came with this Python; its address, a lock, the version."""
    wheels = pip_wheel.bundled(sys.executable)
    if not wheels:
        pytest.skip("this Python came without a wheel of pip")
    wheel = Path(wheels[0])
    (folder / "simple" / "pip").mkdir(parents=True)
    shutil.copy(wheel, folder / wheel.name)
    (folder / "simple" / "pip" / "index.html").write_text(f'<a href="../../{wheel.name}">{wheel.name}</a>')
    version = wheel.name.split("-")[1]
    lock = folder / "pip.lock"
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    lock.write_text(f"pip=={version} \\\n    --hash=sha256:{digest}\n")
    return (folder / "simple").as_uri(), lock, version


@pytest.mark.full
def test_pip_is_fetched_only_with_the_hash_of_the_lock(pip_wheel: ModuleType, tmp_path: Path,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    address, lock, version = local_index(pip_wheel, tmp_path)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", address)
    target = tmp_path / "into"
    target.mkdir()
    fetched = pip_wheel.fetched(lock, target)
    told = subprocess.run([sys.executable, f"{fetched}/pip", "--version"], check=True,
                          capture_output=True, text=True)
    assert told.stdout.startswith(f"pip {version} ")
    lock.write_text(lock.read_text().replace(lock.read_text().rsplit(":", 1)[1].strip(), "0" * 64))
    assert pip_wheel.fetched(lock, target) is None
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert pip_wheel.fetched(lock, target) is None


@pytest.mark.full
def test_an_environment_without_pip_is_filled(pip_wheel: ModuleType, checkout: Path, tmp_path: Path) -> None:
    """From a Python without ensurepip to a stamped environment, with an index on disk."""
    address, lock, version = local_index(pip_wheel, tmp_path)
    shutil.copy(lock, checkout / "requirements" / "interop.lock")
    (checkout / "requirements" / "interop-reader.lock").write_text("")
    folder = with_environment(checkout, ".venv-interop")
    done = run(checkout, "interop", PIP_NO_INDEX="0", PIP_INDEX_URL=address)
    assert done.returncode == 0, done.stderr
    told = subprocess.run([folder / "bin" / "python", "-m", "pip", "--version"], check=True,
                          capture_output=True, text=True)
    assert told.stdout.startswith(f"pip {version} ")
    again = run(checkout, "interop")
    assert (again.returncode, again.stdout) == (0, "")


@pytest.mark.parametrize("name", ["setup", "pip_wheel", "interop_xport"])
def test_examples_in_scripts(scripts: Path, name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0
