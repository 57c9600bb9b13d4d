"""The formats a date or time may be collected in, compiled from their letters.

The letters are those of Java and Unicode (UTS 35): ``yyyy yy MM M MMM MMMM dd d
HH H hh h mm ss a``; all else is literal, letters between apostrophes or a bare
``T`` too; a blank between date and time also stands for the ``T`` of ISO 8601.
Doubled letters ask for two digits, single ones for one or two.  ``excel`` stands
alone: the serial number of a spreadsheet.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from engine.dates.excel import read_excel_date, read_excel_time
from engine.dates.parts import COMPONENTS, MISSING, Components, in_calendar, in_day

_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september",
           "october", "november", "december")
_MONTH_NUMBERS = {name: n for n, full in enumerate(_MONTHS, start=1) for name in (full, full[:3])}
_MONTH_NUMBERS["sept"] = 9
_HALVES = {"am": "am", "a.m.": "am", "上午": "am", "pm": "pm", "p.m.": "pm", "下午": "pm"}

_NAME = "|".join(sorted(_MONTH_NUMBERS, key=len, reverse=True))
_HALF = "|".join(re.escape(word) for word in sorted(_HALVES, key=len, reverse=True))
_CLOCK = frozenset({*COMPONENTS[3:], "half"})
# Token: the component it writes and the pattern of its text.
_TOKENS: dict[str, tuple[str, str]] = {
    "yyyy": ("year", r"\d{4}"), "yy": ("year", r"\d{2}"),
    "MMMM": ("month", _NAME), "MMM": ("month", _NAME), "MM": ("month", r"\d{2}"), "M": ("month", r"\d{1,2}"),
    "dd": ("day", r"\d{2}"), "d": ("day", r"\d{1,2}"),
    "HH": ("hour", r"\d{2}"), "H": ("hour", r"\d{1,2}"), "hh": ("hour", r"\d{2}"), "h": ("hour", r"\d{1,2}"),
    "mm": ("minute", r"\d{2}"), "ss": ("second", r"\d{2}"), "a": ("half", _HALF),
}
_LEXER = re.compile(
    r"'(?P<quoted>[^']*)'|(?P<token>(?P<letter>[A-Za-z])(?P=letter)*)|(?P<plain>[^A-Za-z']+)|(?P<open>')")
# In 2025年3月1日 these belong to the number before them, and go where it goes.
_SUFFIXES = "年月日号时時点點分秒"
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))

Trouble = Literal["calendar", "clock", "midnight"]


def normalise(text: str) -> str:
    """Trim, make full-width characters and dashes plain, and collapse blanks.

    >>> normalise("　２０２５年３月１日 ")
    '2025年3月1日'
    """
    return " ".join(unicodedata.normalize("NFKC", text).translate(_DASHES).split())


@dataclass(frozen=True)
class _Piece:
    """One component of a format, with the literal before it and the suffix it carries."""

    name: str       # a component, or "half" for AM/PM
    token: str
    before: str
    suffix: str


@dataclass(frozen=True)
class _Form:
    """A format or a truncation of it: a pattern, and the pieces its groups read."""

    pattern: re.Pattern[str]
    pieces: tuple[_Piece, ...]


def _pieces(text: str) -> tuple[list[_Piece], str]:
    """Cut a format into its components and the literal at its end."""
    found: list[_Piece] = []
    literal = ""
    for match in _LEXER.finditer(unicodedata.normalize("NFKC", text).translate(_DASHES)):
        token = match["token"]
        if match["open"]:
            raise ValueError(f"the format '{text}' has an apostrophe without a second")
        if token is None or token == "T":
            literal += token or match["quoted"] or match["plain"] or ""
            continue
        if token not in _TOKENS:
            known = " ".join(_TOKENS)
            raise ValueError(f"'{token}' in the format '{text}' is no date or time component; known: {known}")
        name = _TOKENS[token][0]
        if any(piece.name == name for piece in found):
            raise ValueError(f"the format '{text}' has the {name} twice")
        if found:
            kept = literal.lstrip(_SUFFIXES)
            last = found[-1]
            found[-1] = _Piece(last.name, last.token, last.before, literal[:len(literal) - len(kept)])
            literal = kept
        found.append(_Piece(name, token, literal, ""))
        literal = ""
    return found, literal


def _check(text: str, pieces: Sequence[_Piece], role: str) -> None:
    names = {piece.name for piece in pieces}
    dates, times = names & set(COMPONENTS[:3]), names & set(COMPONENTS[3:])
    if not (dates if role == "date" else times) or (role == "time" and dates):
        raise ValueError(f"'{text}' is no {role} format")
    short = any(piece.token in ("hh", "h") for piece in pieces)
    if short != ("half" in names):
        raise ValueError(f"the format '{text}' needs hh or h together with a (AM or PM)")
    for higher, lower in pairwise(COMPONENTS[3:]):
        if lower in times and higher not in times:
            raise ValueError(f"the format '{text}' has the {lower} without the {higher}")


def _subsets(names: set[str], tokens: set[str]) -> Iterator[set[str]]:
    """The components of the format itself, then of each truncation of it."""
    date, time = names & set(COMPONENTS[:3]), names & _CLOCK
    kept = set(time)
    yield date | kept
    for lower in ("second", "minute"):
        if lower in kept:
            kept.discard(lower)
            yield date | kept
    if not date:
        return
    if time:
        yield date
    if date == set(COMPONENTS[:3]):
        yield {"year", "month"}
    if "yy" not in tokens and "year" in date and len(date) > 1:
        yield {"year"}      # two digits alone would rather be a day


def _form(pieces: Sequence[_Piece], end: str, names: set[str], words: Sequence[str]) -> _Form:
    kept = tuple(piece for piece in pieces if piece.name in names)
    # Atomic, the longest word first: words that begin alike cost no second look, however many there are.
    unknown = f"|(?>{'|'.join(map(re.escape, words))})" if words else ""
    text = _literal(pieces[0].before, False)
    for n, piece in enumerate(kept):
        if n and not piece.before.strip() and piece.name in _CLOCK and kept[n - 1].name not in _CLOCK:
            text += r"(?:\s+|T)" if piece.before else ""
        elif n:
            text += _literal(piece.before, "half" in (piece.name, kept[n - 1].name))
        pattern = _TOKENS[piece.token][1]
        text += f"({pattern}{'' if piece.name == 'half' else unknown})" + re.escape(piece.suffix)
    if kept[-1] is pieces[-1]:
        text += _literal(end, False)
    return _Form(re.compile(text, re.IGNORECASE), kept)


def _literal(text: str, loose: bool) -> str:
    """A pattern for literal text; beside AM or PM a blank may be left out."""
    blank = r"\s*" if loose else r"\s+"
    parts = [re.escape(part) for part in re.split(r"\s+", text)]
    return blank.join(parts) if len(parts) > 1 or not loose else blank + parts[0] + blank


class Format:
    """One collected format; :meth:`read` reads a normalised text by it."""

    def __init__(self, text: str, role: Literal["date", "time"], unknown: Sequence[str],
                 year_cutoff: int) -> None:
        self.text = text
        self._role = role
        self._words = frozenset(normalise(word).casefold() for word in unknown)
        self._cutoff = year_cutoff
        self._excel = text == "excel"
        self._forms: list[_Form] = []
        if self._excel:
            return
        pieces, end = _pieces(text)
        _check(text, pieces, role)
        words = sorted(self._words - {""}, key=len, reverse=True)
        tokens = {piece.token for piece in pieces}
        for names in _subsets({piece.name for piece in pieces}, tokens):
            self._forms.append(_form(pieces, end, names, words))

    def read(self, text: str) -> Components | Trouble | None:
        """Components; or what is wrong with them; or ``None`` where the text does not fit.

        >>> Format("dd-MMM-yyyy", "date", ["UN"], 1950).read("UN-Mar-2025")
        (2025, 3, -1, -1, -1, -1)
        """
        if self._excel:
            return read_excel_date(text) if self._role == "date" else read_excel_time(text)
        for form in self._forms:
            match = form.pattern.fullmatch(text)
            if match is not None:
                return self._components(form, match.groups())
        return None

    def _components(self, form: _Form, texts: Sequence[str]) -> Components | Trouble:
        found = dict.fromkeys(COMPONENTS, MISSING)
        half = ""
        for piece, text in zip(form.pieces, texts, strict=True):
            word = text.casefold()
            if piece.name == "half":
                half = _HALVES[word]
            elif word in self._words and (piece.name in COMPONENTS[:3] or not word.isdigit()):
                continue
            else:
                found[piece.name] = _MONTH_NUMBERS[word] if word in _MONTH_NUMBERS else int(word)
            if piece.token == "yy" and found["year"] != MISSING:
                found["year"] = full_year(found["year"], self._cutoff)
        if half and found["hour"] != MISSING:
            if not 1 <= found["hour"] <= 12:
                return "clock"
            found["hour"] = found["hour"] % 12 + (12 if half == "pm" else 0)
        known = tuple(found[name] for name in COMPONENTS)
        if not in_calendar(known):
            return "calendar"
        if not in_day(known):
            return "midnight" if found["hour"] == 24 and max(known[4:]) <= 0 else "clock"
        return known  # type: ignore[return-value]


def full_year(two_digits: int, cutoff: int) -> int:
    """The year of a two-digit year, in the hundred years that start at ``cutoff``.

    >>> full_year(49, 1950), full_year(50, 1950)
    (2049, 1950)
    """
    return cutoff + (two_digits - cutoff) % 100


@lru_cache(maxsize=256)
def compile_format(
    text: str, role: Literal["date", "time"], unknown: tuple[str, ...], year_cutoff: int = 1950,
) -> Format:
    """A format ready to read with; ``ValueError`` names what is wrong with its letters."""
    return Format(text, role, unknown, year_cutoff)
