"""Make the environments of this checkout: ``setup.py run``, ``test`` or ``interop``.

``run`` fills ``.venv`` with what building the datasets needs, ``test`` with
that and what tests and checks need, ``interop`` makes ``.venv-interop``.  All
packages come from hashed lock files under ``requirements/``; pip's own
settings hold (``PIP_INDEX_URL``, ``pip.conf``).  A stamp is written last; as
long as it fits, nothing is done and no network is used.

Runs under the system's ``python3`` before anything is installed, so it keeps
to the standard library and to syntax that an old Python reads.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, Iterator, List, NoReturn, Optional, Sequence, Tuple

ROOT = Path(__file__).resolve().parents[1]
LOWEST = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")  # looked for when python3 is too old

# target: environment, locks, whether the checkout itself is installed, targets fulfilled with it
TARGETS: Dict[str, Tuple[str, Tuple[str, ...], bool, Tuple[str, ...]]] = {
    "run": (".venv", ("run.lock",), True, ("run",)),
    "test": (".venv", ("test.lock",), True, ("run", "test")),
    "interop": (".venv-interop", ("interop.lock", "interop-reader.lock"), False, ("interop",)),
}
NO_DEPENDENCIES = "interop-reader.lock"
UNFINISHED = ".dossier-unfinished"


def fail(message: str) -> NoReturn:
    """End with one line."""
    raise SystemExit("set-up: " + message)


def output(command: Sequence[object]) -> Optional[str]:
    """What a command prints, or None when it fails or does not exist."""
    try:
        done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, universal_newlines=True)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def fits(implementation: str, version: Sequence[int]) -> bool:
    """Whether an interpreter can run the project.

    >>> fits("cpython", (3, 12)), fits("cpython", (3, 9)), fits("pypy", (3, 11))
    (True, False, False)
    """
    return implementation == "cpython" and tuple(version[:2]) >= LOWEST


def find_python(implementation: str = sys.implementation.name,
                version: Sequence[int] = sys.version_info[:2]) -> str:
    """A CPython that is new enough: the one that runs this, or the newest on the path."""
    if fits(implementation, version):
        return str(getattr(sys, "_base_executable", None) or sys.executable)
    asked = "import sys; print(sys.implementation.name, *sys.version_info[:2])"
    for name in NEWER:
        found = shutil.which(name)
        words = (output([found, "-c", asked]) or "").split() if found else []
        if found and len(words) == 3 and fits(words[0], [int(word) for word in words[1:]]):
            return found
    wrong = (*LOWEST, implementation, *version, ", ".join(NEWER))
    return fail("CPython {}.{} or newer is needed; this is {} {}.{} and the path has no {}".format(*wrong))


def interpreter(folder: Path) -> Path:
    """The Python of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def stamp(folder: Path, target: str) -> Path:
    """Where the stamp of a target stands."""
    return folder / (".dossier-stamp-" + target)


def key(root: Path, target: str) -> str:
    """What a set-up depends on: locks, pyproject, Python, and the place of the checkout."""
    name, locks, _, _ = TARGETS[target]
    digest = hashlib.sha256()
    for path in [root / "requirements" / lock for lock in locks] + [root / "pyproject.toml"]:
        digest.update(path.read_bytes())
    settings = root / name / "pyvenv.cfg"
    python = os.path.realpath(str(interpreter(root / name)))
    digest.update((settings.read_text(encoding="utf-8") if settings.exists() else "").encode("utf-8"))
    digest.update("|".join((python, str(root))).encode("utf-8"))
    return digest.hexdigest()


def is_ready(root: Path, target: str) -> bool:
    """Whether the stamp of a target is there and fits."""
    folder = root / TARGETS[target][0]
    place = stamp(folder, target)
    return (interpreter(folder).exists() and place.exists()
            and place.read_text(encoding="utf-8").strip() == key(root, target))


@contextlib.contextmanager
def only_one(root: Path) -> Iterator[None]:
    """Wait for other set-ups of this checkout; the lock goes with the process that holds it."""
    try:
        import fcntl
    except ImportError:  # no file locks of this kind on Windows
        yield
        return
    with open(str(root / "pyproject.toml"), "rb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("waiting for another set-up of this checkout")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def say(message: str) -> None:
    """One line of progress."""
    print("set-up: " + message, flush=True)


def make_environment(python: str, folder: Path) -> None:
    """An empty environment, with pip where the Python brings it; marked as unfinished."""
    reason = ""
    for more in ([], ["--without-pip"]):  # Debian without python3-venv has no ensurepip
        folder.mkdir()
        (folder / UNFINISHED).write_text("A set-up of this environment was begun.\n", encoding="utf-8")
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")  # whatever the environment's name
        made = subprocess.run([python, "-m", "venv", *more, str(folder)], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, universal_newlines=True)
        if made.returncode == 0:
            return
        reason = (made.stdout.strip().splitlines() or ["no reason given"])[-1]
        shutil.rmtree(str(folder))
    fail("%s cannot make a virtual environment (%s); on Debian or Ubuntu install python3-venv"
         % (python, reason))


def prepare(root: Path, target: str) -> Path:
    """The environment of a target: the one there is, or a new one."""
    folder = root / TARGETS[target][0]
    if folder.exists() and (folder / UNFINISHED).exists():
        say("an interrupted set-up is started anew")
        shutil.rmtree(str(folder))
    asked = "import sys; print(sys.implementation.name, *sys.version_info[:2])"
    words = (output([interpreter(folder), "-c", asked]) or "").split()
    usable = len(words) == 3 and fits(words[0], [int(word) for word in words[1:]])
    if not usable and folder.exists():
        if not (folder / "pyvenv.cfg").exists() and any(folder.iterdir()):
            fail("%s is there and is no virtual environment; move it away" % folder)
        shutil.rmtree(str(folder))
    if not usable:
        python = find_python()
        say("making %s with %s" % (folder.name, python))
        make_environment(python, folder)
    return folder


def installers(root: Path, folder: Path) -> Iterator[List[str]]:
    """Commands that may run pip for an environment, nearest first."""
    python = str(interpreter(folder))
    yield [python, "-m", "pip"]
    base = find_python()
    yield [base, "-m", "pip", "--python", python]
    sys.path.insert(0, str(ROOT / "scripts"))
    import pip_wheel
    for wheel in pip_wheel.bundled(base):
        yield [python, wheel + "/pip"]
    fetched = pip_wheel.fetched(root / "requirements" / "run.lock", folder)
    if fetched:
        yield [python, fetched + "/pip"]


def find_pip(root: Path, folder: Path) -> List[str]:
    """A pip that works for an environment."""
    for command in installers(root, folder):
        if output(command + ["--version"]) is not None:
            return command
    return fail("no pip for %s: this Python has none, none is bundled and none could be fetched; "
                "on Debian or Ubuntu install python3-venv" % folder)


def pip(command: List[str], what: str, *arguments: str) -> None:
    """Run pip; its own messages say why it fails."""
    quiet = ["install", "-qq", "--disable-pip-version-check", "--no-input"]  # errors only
    # A setting that sends packages elsewhere would miss the environment.
    settings = dict(os.environ, PIP_USER="0", PIP_REQUIRE_VIRTUALENV="0", PIP_REQUIRE_HASHES="0")
    done = subprocess.run(command + quiet + list(arguments), env=settings)
    if done.returncode != 0:
        fail("pip could not install %s (its reason is above); nothing is marked as done" % what)


def install(root: Path, target: str) -> None:
    """Fill the environment of a target and stamp it."""
    _, locks, itself, fulfilled = TARGETS[target]
    folder = prepare(root, target)
    for done in fulfilled:
        if stamp(folder, done).exists():
            stamp(folder, done).unlink()
    unfinished = folder / UNFINISHED
    unfinished.write_text("A set-up of this environment was begun.\n", encoding="utf-8")
    try:
        for lock in locks:
            say("installing requirements/" + lock)
            more = ["--no-deps"] if lock == NO_DEPENDENCIES else []
            pip(find_pip(root, folder), "requirements/" + lock, "--require-hashes", "--only-binary=:all:",
                "--requirement", str(root / "requirements" / lock), *more)
        if itself:
            pip(find_pip(root, folder), "the checkout", "--no-deps", "--no-index", "--no-build-isolation",
                "--editable", str(root))
    except SystemExit:
        unfinished.unlink()  # refused, not interrupted: what is there can be filled up
        raise
    unfinished.unlink()
    for done in fulfilled:
        stamp(folder, done).write_text(key(root, done) + "\n", encoding="utf-8")


def main(arguments: Sequence[str]) -> None:
    """Set up the targets named."""
    unknown = [name for name in arguments if name not in TARGETS]
    if unknown or not arguments:
        fail("name one or more of %s" % ", ".join(TARGETS))
    for target in arguments:
        if is_ready(ROOT, target):
            continue
        with only_one(ROOT):
            if not is_ready(ROOT, target):
                begun = time.time()
                install(ROOT, target)
                say("%s is ready (%.0f s)" % (TARGETS[target][0], time.time() - begun))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        fail("interrupted; the next run starts anew")
