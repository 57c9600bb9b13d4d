"""How a study's dates and times are written: the formats that read them, told from the values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from dossier.spec_new.raw import RawColumn, RawTable
from dossier.spec_new.words import listed
from engine.dates.formats import compile_format, normalise

Role = Literal["date", "time"]
_DATE = re.compile(r"(?=.*\d)(?=.*[-/.年 ]|.*[A-Za-z]{3}).{6,}|\d{8}")
_TIME = re.compile(r"\d{1,2}[:.]\d\d.*|\d{4}")
_SEPARATORS = re.compile(r"[-/.:,\s]+")
_ENOUGH = 0.8
_LOOKED_AT = 400


@dataclass
class Style:
    """What a table's dates and times need to be read, and whether they might be read another way."""

    dates: list[str]
    times: list[str]
    date_columns: set[str]
    time_columns: set[str]
    swapped: bool = False


def unknown_words(tables: Iterable[RawTable]) -> list[str]:
    """Words for unknown parts that stand inside dates somewhere, in the order of the table of words."""
    found = set()
    words = {word.casefold(): word for word in listed("formats", "unknown")}
    for table in tables:
        for column in table.columns.values():
            for value in column.distinct[:_LOOKED_AT]:
                parts = _SEPARATORS.split(value.casefold())
                known = [words[part] for part in parts if part in words]
                if known and len(parts) == 3 and any(re.fullmatch(r"\d{4}", part) for part in parts):
                    found.update(known)
    return [word for word in words.values() if word in found]


def style_of(table: RawTable, unknown: Sequence[str]) -> Style:
    """The formats of a table's date and time columns."""
    about = [c for c in table.columns.values() if c.is_role("visitdate") or not c.is_role("admin")]
    dates = [c for c in about if _share(c, "date", _DATE, unknown) >= _ENOUGH]
    dated = {c.name for c in dates}
    times = [c for c in about
             if c.name not in dated and _share(c, "time", _TIME, unknown) >= _ENOUGH and _timely(c)]
    chosen, swapped = choose_formats([v for c in dates for v in c.distinct], "date", unknown)
    clocks, _ = choose_formats([v for c in times for v in c.distinct], "time", unknown)
    return Style(chosen, clocks, dated, {c.name for c in times}, swapped)


def _timely(column: RawColumn) -> bool:
    """Four digits alone are a time only where the name says so."""
    return any(":" in value for value in column.distinct) or "TIM" in column.key or column.key.endswith("TM")


def _share(column: RawColumn, role: Role, shape: re.Pattern[str], unknown: Sequence[str]) -> float:
    """How much of a column is read by some format."""
    values = column.distinct[:_LOOKED_AT]
    shaped = [value for value in values if shape.fullmatch(value.strip())]
    if len(shaped) < _ENOUGH * len(values) or not shaped:
        return 0.0
    if all(value.isdigit() for value in shaped) and role == "date" and "DAT" not in column.key \
            and not column.key.endswith(("DT", "DTC")):
        return 0.0
    return sum(bool(_readings(value, role, unknown)) for value in shaped) / len(values)


def _readings(value: str, role: Role, unknown: Sequence[str]) -> dict[str, object]:
    """What each format makes of a value, if anything."""
    found: dict[str, object] = {}
    for text in listed("formats", role):
        read = compile_format(text, role, tuple(unknown)).read(normalise(value))
        if isinstance(read, tuple):
            found[text] = read
    return found


def choose_formats(values: Sequence[str], role: Role, unknown: Sequence[str]) -> tuple[list[str], bool]:
    """The fewest formats that read the values, none in two ways; and whether day and month may be swapped.

    >>> choose_formats(["09-APR-2024", "UN-MAY-2024", "2024/4/30"], "date", ["UN"])
    (['dd-MMM-yyyy', 'yyyy/M/d'], False)
    >>> choose_formats(["03/04/2024"], "date", [])
    (['dd/MM/yyyy'], True)
    """
    readings = {value: _readings(value, role, unknown) for value in dict.fromkeys(values)}
    readings = {value: found for value, found in readings.items() if found}
    chosen: list[str] = []
    left = dict(readings)
    order = {text: rank for rank, text in enumerate(listed("formats", role))}
    swapped = False
    while left:
        votes = Counter(text for found in left.values() for text in found)
        fitting = [t for t in votes if t not in chosen and not _clashes(t, chosen, readings)]
        if not fitting:
            break
        best = min(fitting, key=lambda t: (-votes[t], order[t]))
        rivals = [t for t in fitting if votes[t] == votes[best] and t != best]
        swapped = swapped or any(_differs(best, t, left) for t in rivals)
        chosen.append(best)
        left = {value: found for value, found in left.items() if best not in found}
    return sorted(chosen, key=order.__getitem__) if len(chosen) > 1 else chosen, swapped


def _clashes(text: str, chosen: Sequence[str], readings: dict[str, dict[str, object]]) -> bool:
    return any(text in found and other in found and found[text] != found[other]
               for found in readings.values() for other in chosen)


def _differs(one: str, other: str, readings: dict[str, dict[str, object]]) -> bool:
    return any(one in found and other in found and found[one] != found[other] for found in readings.values())


def common_style(styles: Iterable[Style]) -> tuple[list[str], list[str]]:
    """The formats that the study states once: those of most tables first, none that clash."""
    found = list(styles)
    dates = _merged([s.dates for s in found])
    times = _merged([s.times for s in found])
    return dates, times


def _merged(lists: Sequence[Sequence[str]]) -> list[str]:
    votes = Counter(text for formats in lists for text in formats)
    order = {text: rank for rank, text in enumerate([*listed("formats", "date"), *listed("formats", "time")])}
    kept: list[str] = []
    for text in sorted(votes, key=lambda t: (-votes[t], order[t])):
        if not any(_swaps(text, other) for other in kept):
            kept.append(text)
    return kept


def _swaps(one: str, other: str) -> bool:
    """Whether two formats read some text differently: day and month in another order."""
    letters = [re.sub(r"(.)\1*", r"\1", re.sub("[^yMd]", "", text)) for text in (one, other)]
    signs = [set(re.sub("[A-Za-z]", "", text)) for text in (one, other)]
    return letters[0] != letters[1] and signs[0] == signs[1] and "MMM" not in one + other
