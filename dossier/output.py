"""The result set of a build: made aside, then swapped in whole, by one build at a time.

Readers of ``out/m5`` see the old set or the new one, never a part of either,
also when a build fails or is killed.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from engine.errors import DataError, Place, Problem

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_LOCK = ".lock"
_STAGING = ".staging-"
_PREVIOUS = ".previous-"

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # linux/fs.h
_RENAME_SWAP = 2      # sys/stdio.h of macOS
_UNSUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}


@contextmanager
def staged(out: Path, folder: str = "m5", *,
           exchange: Callable[[Path, Path], bool] | None = None) -> Iterator[Path]:
    """Give an empty folder to build in; it becomes ``out/folder`` when the block ends well.

    Holds the lock of ``out`` meanwhile.  When the block raises, the folder is
    removed and ``out/folder`` stays as it was.  What killed builds left behind
    is cleared away first.  ``exchange`` is :func:`exchange_folders` if nothing
    else is given; see :func:`swap`.

    Raises DataError when ``out`` or ``out/folder`` is no folder, cannot be
    written, or is being written by another build (whose process it names).

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as temporary:
    ...     with staged(Path(temporary, "out")) as stage:
    ...         _ = Path(stage, "dm.xpt").write_text("new")
    ...     print(Path(temporary, "out", "m5", "dm.xpt").read_text())
    new
    """
    if not folder or PurePosixPath(folder).name != folder or folder.startswith("."):
        raise ValueError(f"'{folder}' is no plain folder name")
    _require_folder(out)
    _require_folder(out / folder)
    with _refused(out):
        out.mkdir(parents=True, exist_ok=True)
    with _locked(out):
        stage = out / f"{_STAGING}{os.getpid()}-{folder}"
        with _refused(out):
            recover(out, folder)
            stage.mkdir()
        done = False
        try:
            yield stage
            _to_disk(stage)
            done = True
        finally:
            if not done:
                _remove(stage, ignore_errors=True)
        swap(stage, out / folder, exchange or exchange_folders)


def require_usable(out: Path, folder: str = "m5") -> None:
    """Refuse, before any work is done, an ``out`` that :func:`staged` could not use; nothing is left behind.

    Raises DataError where ``out``, ``out/folder`` or a folder above is a file, or where
    no folder can be made.
    """
    _require_folder(out)
    _require_folder(out / folder)
    there = out
    while not there.exists() and there != there.parent:
        there = there.parent
    _require_folder(there)
    with _refused(out):
        Path(tempfile.mkdtemp(prefix=".trial-", dir=there)).rmdir()


def carry_over(stage: Path, previous: Path, names: Iterable[str]) -> list[str]:
    """Keep files of the last good set that this build has not made anew.

    ``names`` are paths below ``previous``; returns those kept.  A name that is
    in ``stage`` already, or not in ``previous``, is passed over.  Files are
    linked where the file system can, else copied: a linked file is the old one,
    so replace it, never write into it.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as temporary:
    ...     old, new = Path(temporary, "old"), Path(temporary, "new")
    ...     old.mkdir(); new.mkdir()
    ...     _ = Path(old, "dm.xpt").write_text("old"), Path(old, "ae.xpt").write_text("old")
    ...     _ = Path(new, "ae.xpt").write_text("new")
    ...     carry_over(new, old, ["dm.xpt", "ae.xpt", "vs.xpt"])
    ['dm.xpt']
    """
    kept = []
    for name in names:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise ValueError(f"'{name}' does not lie in the result set")
        source, target = previous / name, stage / name
        if target.exists() or not source.is_file():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            target.hardlink_to(source)
        except OSError:  # other file systems, and file systems without links
            shutil.copy2(source, target)
        kept.append(name)
    return kept


def recover(out: Path, folder: str) -> None:
    """Put right what a killed build left: restore the set it had put aside, remove its staging.

    Call it with the lock of ``out`` held.
    """
    target, previous = out / folder, out / f"{_PREVIOUS}{folder}"
    if previous.is_dir():
        if target.exists():
            _remove(previous)
        else:
            previous.rename(target)
    for left in out.glob(f"{_STAGING}*"):
        _remove(left)


def _remove(folder: Path, ignore_errors: bool = False) -> None:
    """Remove a folder; of a link, which may have stood for the result set, the link alone."""
    if folder.is_symlink():
        folder.unlink()
    else:
        shutil.rmtree(folder, ignore_errors=ignore_errors)


def swap(stage: Path, target: Path, exchange: Callable[[Path, Path], bool]) -> None:
    """Make ``stage`` the folder ``target``; the old one is removed.

    ``exchange`` swaps two folders in one step, or says that the system cannot;
    then two renames do, and :func:`recover` mends a stop between them.  What
    cannot be removed of the old folder is left to the next build.
    """
    if not target.exists():
        stage.rename(target)
        _sync(target.parent)
        return
    if exchange(stage, target):
        old = stage
    else:
        old = target.with_name(f"{_PREVIOUS}{target.name}")
        target.rename(old)
        stage.rename(target)
    _sync(target.parent)
    _remove(old, ignore_errors=True)


def exchange_folders(one: Path, two: Path) -> bool:
    """Exchange two folders of one file system in one step; False where the system cannot.

    Source: renameat2(2) of Linux, with RENAME_EXCHANGE; renamex_np of macOS, with RENAME_SWAP.
    """
    if sys.platform == "win32":
        return False
    library = ctypes.CDLL(None, use_errno=True)
    first, second = os.fsencode(one), os.fsencode(two)
    if sys.platform == "darwin":
        call, arguments = "renamex_np", (first, second, ctypes.c_uint(_RENAME_SWAP))
    else:
        here = ctypes.c_int(_AT_FDCWD)
        call, arguments = "renameat2", (here, first, here, second, ctypes.c_uint(_RENAME_EXCHANGE))
    if not hasattr(library, call):
        return False
    if getattr(library, call)(*arguments) == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNSUPPORTED:
        return False
    raise OSError(code, os.strerror(code), str(one), None, str(two))


def _require_folder(path: Path) -> None:
    """Refuse a file where a folder is to be."""
    with _refused(path):
        if path.exists() and not path.is_dir():
            raise _problem(path, "is a file, a folder is needed")


@contextmanager
def _refused(out: Path) -> Iterator[None]:
    """Tell what the system refuses in the project's form."""
    try:
        yield
    except OSError as error:
        raise _problem(out, f"cannot be written: {error.strerror}") from error


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Hold ``out/.lock``, which the system lets go of when the process ends, however it ends."""
    with _refused(out):
        handle = os.open(out / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        with _refused(out):
            taken = _take(handle)
        if not taken:
            holder = os.read(handle, 20).decode("ascii", "replace").strip()
            who = f"another build (process {holder})" if holder else "another build"
            raise _problem(out, f"{who} is writing this folder", "wait for it to end, or")
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode("ascii"))
        yield
    finally:
        os.close(handle)


def _take(handle: int) -> bool:
    """Take the lock; False when another process has it."""
    if sys.platform == "win32":
        os.lseek(handle, 1 << 20, os.SEEK_SET)  # a byte far beyond the text, which stays readable
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _problem(out: Path, message: str, hint: str = "") -> DataError:
    other = "name another folder with --out"
    return DataError(Problem(Place(str(out)), "build", message, f"{hint} {other}".strip()))


def _to_disk(folder: Path) -> None:
    """Have every file and folder below written to the disk, so that the swap never shows an empty file."""
    for place, _, files in os.walk(folder, topdown=False):
        for file in files:
            _sync(Path(place, file))
        _sync(Path(place))


def _sync(path: Path) -> None:
    if sys.platform == "win32":
        return  # folders cannot be opened there, and a rename is written through
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
