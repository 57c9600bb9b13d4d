"""Read results as they are typed: numbers, comparators, units typed in.

The collected text itself (--ORRES) is never changed; what it says stands beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from engine.numbers.unit_text import plain, unit_key

_COMPARATORS = {"<": "<", "<=": "<=", "=<": "<=", "≤": "<=", "⩽": "<=", "≦": "<=",
                ">": ">", ">=": ">=", "=>": ">=", "≥": ">=", "⩾": ">=", "≧": ">="}
_SIGN = "|".join(sorted(_COMPARATORS, key=len, reverse=True))
# Below and above the limit of quantification or detection, as laboratories abbreviate them.
_BELOW = "BLQ|BQL|BLOQ|LLOQ|LLQ|BLOD|BDL|LOQ|LOD"
_ABOVE = "ALQ|AQL|ALOQ|ULOQ|ULQ"
_LIMIT = re.compile(
    rf"(?:(?P<below>{_BELOW})|(?P<above>{_ABOVE}))\s*\(\s*(?P<rest>[^()]*?)\s*\)", re.IGNORECASE)
_COMPARED = re.compile(rf"(?P<sign>{_SIGN})\s*(?P<rest>.*)", re.DOTALL)
_EXPONENT = r"(?:[eE][+-]?\d{1,3})?"
_GROUPED = {",": r"[1-9]\d{0,2}(?:,\d{3})+", ".": r"[1-9]\d{0,2}(?:\.\d{3})+"}


class Results(NamedTuple):
    """What each result says, five series on the index of the input.

    ``number``: float64, NaN if the text is none.  ``comparator``: ``< <= > >=`` or
    NULL; the number is then the limit, not a measurement.  ``unit``: the unit
    typed in, as declared, or NULL.  ``text``: the text as collected, trimmed.
    ``kind``: number, comparator, text or blank.
    """

    number: pd.Series
    comparator: pd.Series
    unit: pd.Series
    text: pd.Series
    kind: pd.Series


class _One(NamedTuple):
    number: float = np.nan
    comparator: str | None = None
    unit: str | None = None
    text: str | None = None
    kind: str = "text"


def _pattern(mark: str, group: str | None) -> str:
    whole = rf"(?:{_GROUPED[group]}|\d+)" if group else r"\d+"
    return rf"-?(?:{whole}(?:{re.escape(mark)}\d*)?|{re.escape(mark)}\d+){_EXPONENT}"


def _number_readers(comma: bool | Literal["auto"], thousands: bool) -> list[tuple[re.Pattern[str], str, str]]:
    """Patterns of a number at the start of a text, with its decimal and thousands marks."""
    point = (re.compile(_pattern(".", "," if thousands else None)), ".", ",")
    decimal = (re.compile(_pattern(",", "." if thousands else None)), ",", ".")
    if comma == "auto":
        return [point, decimal]
    return [decimal if comma else point]


def _split_number(text: str, readers: Sequence[tuple[re.Pattern[str], str, str]]) -> list[tuple[float, str]]:
    """The number a text starts with and what follows, by each reader that accepts it."""
    found = []
    for pattern, mark, group in readers:
        match = pattern.match(text)
        # What follows must not go on with the number: 1,5 read as 1 would leave ,5 behind.
        if match is None or re.match(r"[\d.,]", text[match.end():]):
            continue
        digits = match[0].replace(group, "").replace(mark, ".")
        number = float(digits)
        if np.isfinite(number):
            found.append((number, text[match.end():].strip()))
    return found


def _reader(
    comma: bool | Literal["auto"], thousands: bool, units: Mapping[str, str],
) -> Callable[[str], _One]:
    readers = _number_readers(comma, thousands)

    def amount(text: str) -> tuple[float, str | None] | None:
        """A number and its unit, or ``None`` where the text is not just that."""
        ways = set(_split_number(text, readers))
        if len(ways) != 1:      # 1,234: one thousand or one and a bit, and nothing says which
            return None
        number, rest = ways.pop()
        if not rest:
            return number, None
        unit = units.get(unit_key(rest))
        return None if unit is None else (number, unit)

    def read(raw: str) -> _One:
        shown, text = raw.strip(), plain(raw)
        if not text:
            return _One(kind="blank")
        limit = _LIMIT.fullmatch(text)
        body = limit["rest"] if limit else text
        compared = _COMPARED.fullmatch(body)
        if limit and not compared:
            return _One(text=shown)
        found = amount(compared["rest"] if compared else body)
        if found is None:
            return _One(text=shown)
        number, unit = found
        if compared is None:
            return _One(number, None, unit, shown, "number")
        sign = _COMPARATORS[compared["sign"]]
        if limit and (sign[0] == "<") != bool(limit["below"]):
            return _One(text=shown)
        return _One(number, sign, unit, shown, "comparator")

    return read


def read_results(
    text: pd.Series,
    *,
    decimal_comma: bool | Literal["auto"] = False,
    thousands: bool = True,
    units: Sequence[str] = (),
) -> Results:
    """Read a column of typed results.

    A number may have a minus, leading zeros, an exponent and a decimal point;
    ``thousands`` allows ``1,234``.  With ``decimal_comma`` True the two marks change
    places (``1,5``; ``1.234`` is one thousand two hundred and thirty-four); with
    "auto" both decimal marks are read, and what could be either (``1,234``,
    ``1.234``) is text, unless ``thousands`` is False.  A number may stand after ``< <= > >=`` (also
    ≤ ≥ and full-width signs) and in ``BLQ(<50)``, and before one of ``units``.

    All else is text and has no number: ``+1``, ``1+``, ``3.5-9.5``, ``ND``, a unit not
    declared.  Units are matched by :func:`~engine.numbers.unit_text.unit_key` and given
    as declared; ``ValueError`` if two declared ones are the same by it and differ.

    >>> found = read_results(pd.Series(["１,234", "BLQ(<50)", "5.6 x10⁹/l", "1+", None], dtype="str"),
    ...                      units=["10^9/L"])
    >>> found.number.tolist(), found.comparator.tolist()
    ([1234.0, 50.0, 5.6, nan, nan], [nan, '<', nan, nan, nan])
    >>> found.unit[2], found.kind.tolist()
    ('10^9/L', ['number', 'comparator', 'number', 'text', 'blank'])
    """
    known: dict[str, str] = {}
    for unit in units:
        first = known.setdefault(unit_key(unit), unit)
        if first != unit:
            raise ValueError(f"the units '{first}' and '{unit}' cannot be told apart")
    known.pop("", None)
    read = _reader(decimal_comma, thousands, known)
    codes, distinct = pd.factorize(text, use_na_sentinel=True)
    # The last row stands for NULL: code -1 picks it.
    rows = [*(read(str(value)) for value in distinct), _One(kind="blank")]

    def column(name: str, dtype: str) -> pd.Series:
        taken = pd.Series([getattr(row, name) for row in rows], dtype=dtype).take(codes % len(rows))
        taken.index = text.index
        return taken

    return Results(column("number", "float64"), column("comparator", "str"), column("unit", "str"),
                   column("text", "str"), column("kind", "str"))
