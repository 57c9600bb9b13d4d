"""The transport files that a command is to look at, and their names in its messages."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.errors import DataError, Place, Problem, SpecError


@contextlib.contextmanager
def reading(shown: str) -> Iterator[None]:
    """Turn what the system says of a file that cannot be read into a DataError.

    >>> with reading("ae.xpt"):
    ...     open("/no/such/ae.xpt")
    Traceback (most recent call last):
    engine.errors.DataError: ae.xpt: cannot be read: No such file or directory
    """
    try:
        yield
    except OSError as error:
        raise DataError(Problem(Place(shown), "", f"cannot be read: {error.strerror}")) from error


def require_there(paths: Sequence[Path]) -> None:
    """Raise SpecError that names every path at which there is neither a file nor a folder."""
    missing = [Problem(Place(path.as_posix()), "", "no such file or folder") for path in paths
               if not path.exists()]
    if missing:
        raise SpecError(missing)


def in_folder(folder: Path) -> dict[str, Path]:
    """The transport files in a folder and those below it, by their way from it, in order of names.

    Raises SpecError where there is none.
    """
    with reading(folder.as_posix()):
        found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")
                 if path.suffix.lower() == ".xpt" and path.is_file()}
    if not found:
        raise SpecError(Problem(Place(folder.as_posix()), "", "there is no .xpt file in this folder"))
    return dict(sorted(found.items(), key=lambda one: one[0].casefold()))


def listed(paths: Sequence[Path]) -> list[Path]:
    """All transport files of files and folders, each once."""
    require_there(paths)
    found: dict[Path, None] = {}
    for path in paths:
        found |= dict.fromkeys(in_folder(path).values() if path.is_dir() else [path])
    return list(found)


def paired(a: Path, b: Path) -> list[tuple[str, Path | None, Path | None]]:
    """The files of two folders by name, or two files: a name, the file in ``a``, the file in ``b``.

    Names that differ in case alone belong together.  Raises SpecError when one
    is a folder and the other a file, or one is not there.
    """
    require_there([a, b])
    if a.is_dir() != b.is_dir():
        folder, file = (a, b) if a.is_dir() else (b, a)
        message = f"is a folder, and {file.as_posix()} is a file"
        raise SpecError(Problem(Place(folder.as_posix()), "", message, "name two files or two folders"))
    if not a.is_dir():
        return [(a.name, a, b)]
    first, second = in_folder(a), in_folder(b)
    keys_a, keys_b = _folded(first), _folded(second)
    if keys_a is None or keys_b is None:  # a name in two spellings: only the very same belong together
        keys_a, keys_b = {name: name for name in first}, {name: name for name in second}
    made = []
    for key in sorted({*keys_a, *keys_b}):
        name = keys_a.get(key) or keys_b[key]
        made.append((name, first.get(keys_a.get(key, "")), second.get(keys_b.get(key, ""))))
    return made


def _folded(found: dict[str, Path]) -> dict[str, str] | None:
    """Names by themselves in small letters; None where two have the same."""
    made = {name.casefold(): name for name in found}
    return made if len(made) == len(found) else None
