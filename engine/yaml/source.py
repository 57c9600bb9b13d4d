"""The bytes of a spec: found inside the study folder, bounded, and plain UTF-8."""

from __future__ import annotations

import errno
import os
import re
import stat
import unicodedata
from codecs import BOM_UTF8
from pathlib import Path

from engine.characters import BIDIRECTIONAL, CONTROLS, INVISIBLE
from engine.errors import Place, Problem, SpecError, hint_for

MAX_BYTES = 2 * 1024 * 1024
MAX_PROBLEMS = 100

# All of these can make a line read as another.  What is merely invisible may be
# meant, for raw data hold it too: then it is written as an escape, which shows.
_RAW = re.compile(rf"[\t{CONTROLS}{BIDIRECTIONAL}{INVISIBLE}]|\r(?!\n)")
_VALUE = re.compile(rf"[\r{CONTROLS}{BIDIRECTIONAL}]")
_BIDIRECTIONAL, _INVISIBLE = re.compile(f"[{BIDIRECTIONAL}]"), re.compile(f"[{INVISIBLE}]")
# The parsers differ on escapes that name no character, so none reaches them.
BAD_ESCAPE = re.compile(r"""
    (?<!\\)(?:\\\\)*                            # after an even number of backslashes
    (\\U(?!000|0010)[0-9A-Fa-f]{8} | \\(?:u|U0000)[dD][89A-Fa-f][0-9A-Fa-f]{2})
    """, re.VERBOSE)


def show_path(path: Path) -> str:
    """The path as given, relative to the current directory where it lies under it.

    >>> show_path(Path("specs/sdtm/ae.yaml")), show_path(Path.cwd() / "specs")
    ('specs/sdtm/ae.yaml', 'specs')
    """
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return path.as_posix()


def read_source(path: Path, root: Path) -> str:
    """The text of a file inside ``root``; symbolic links are followed first.

    Raises :class:`SpecError` for a file outside ``root``, a missing file, one
    over 2 MiB, bytes that are not UTF-8, and unseen characters.
    """
    file = show_path(path)
    raw = _read_bytes(_inside(path, root, file), file)
    raw = raw.removeprefix(BOM_UTF8)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        good = raw[:error.start].decode("utf-8")
        place = place_at(good, len(good), file)
        raise SpecError(Problem(place, "", f"byte 0x{raw[error.start]:02X} is not UTF-8",
                                "save the file as UTF-8")) from None
    check_characters(text, file)
    return text


def _inside(path: Path, root: Path, file: str) -> Path:
    if "\0" in str(path):
        raise SpecError(Problem(None, "", "a file name cannot hold U+0000"))
    real, home = Path(os.path.realpath(path)), Path(os.path.realpath(root))
    if not real.is_relative_to(home):
        what = "is a link to a file" if path.is_symlink() else "the file is"
        raise SpecError(Problem(Place(file), "", f"{what} outside the study folder '{show_path(root)}'",
                                "a spec reads only files of its own study"))
    try:
        kind = real.stat().st_mode
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            hint = "it is a link that leads nowhere" if path.is_symlink() else _near(real)
            raise SpecError(Problem(Place(file), "", "no such file", hint)) from None
        raise SpecError(Problem(Place(file), "", f"the file cannot be read ({error.strerror})")) from error
    if stat.S_ISDIR(kind):
        raise SpecError(Problem(Place(file), "", "this is a folder, not a file"))
    if not stat.S_ISREG(kind):
        raise SpecError(Problem(Place(file), "", "this is a device or pipe, not a file"))
    return real


def _near(missing: Path) -> str:
    if not missing.parent.is_dir():
        return f"there is no folder '{missing.parent.name}'"
    names = [entry.name for entry in missing.parent.iterdir()
             if entry.suffix in (".yaml", ".yml") and entry.is_file()]
    return hint_for(missing.name, names)


def _read_bytes(real: Path, file: str) -> bytes:
    try:
        with real.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise SpecError(Problem(Place(file), "", f"the file cannot be read ({error.strerror})")) from error
    _require_size(len(raw), file)
    return raw


def _require_size(size: int, file: str) -> None:
    if size > MAX_BYTES:
        raise SpecError(Problem(Place(file), "", "the file is larger than 2 MiB", "split it"))


def check_characters(text: str, file: str) -> None:
    """Refuse text with unseen characters, tabs or lone carriage returns, or over 2 MiB."""
    _require_size(len(text), file)
    problems = []
    for match in _RAW.finditer(text):
        message, hint = _unseen(match[0])
        problems.append(Problem(place_at(text, match.start(), file), "", message, hint))
        if len(problems) == MAX_PROBLEMS:
            break
    if not problems and (escape := BAD_ESCAPE.search(text)):
        problems.append(Problem(place_at(text, escape.start(1), file), "", "the escape is no character",
                                "use single quotes"))
    if problems:
        raise SpecError(problems)


def check_value(value: str, place: Place) -> Problem | None:
    """The problem of a value that an escape gave an unseen character, if it did."""
    match = _VALUE.search(value)
    return Problem(place, "", *_unseen(match[0])) if match else None


def _unseen(character: str) -> tuple[str, str]:
    if character == "\t":
        return "a tab", 'use spaces; in double quotes write "\\t"'
    if character == "\r":
        return "a carriage return without a line feed", "end lines with LF or CR LF"
    code = f"U+{ord(character):04X}"
    if _BIDIRECTIONAL.match(character):
        return f"bidirectional control character {code}", "remove it"
    if _INVISIBLE.match(character):
        escape = f"\\u{ord(character):04X}" if ord(character) < 0x10000 else f"\\U{ord(character):08X}"
        return (f"invisible character {code} ({unicodedata.name(character, 'no name')})",
                f'remove it, or in double quotes write "{escape}"')
    return f"control character {code}", "remove it"


def place_at(text: str, index: int, file: str) -> Place:
    """The place of a character of ``text``.

    >>> str(place_at("a: 1\\nb: 2", 8, "ae.yaml"))
    'ae.yaml:2:4'
    """
    return Place(file, text.count("\n", 0, index) + 1, index - (text.rfind("\n", 0, index) + 1) + 1)
