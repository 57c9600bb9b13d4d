"""Text as it was typed, mended where the spec asks for it; numbers and dates as text.

Arrow arrays of ``large_string`` are worked on by their distinct values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from engine.coded import Coded
from engine.columns import Kind
from engine.xpt import times

REPAIRS = ("width", "mojibake", "trim")

_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
"""Full-width forms and the ideographic space, to ASCII (Unicode block FF00)."""

# The 27 characters that Windows-1252 has where Latin-1 has control characters;
# its five undefined bytes are read as Latin-1 (WHATWG Encoding Standard).
_UNDEFINED = {chr(b): b for b in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}
_CP1252 = {bytes([b]).decode("cp1252"): b for b in range(0x80, 0xA0) if chr(b) not in _UNDEFINED}
_LATIN1 = {chr(b): b for b in range(0x80, 0x100)}
_TABLES = ({chr(b): b for b in range(0xA0, 0x100)} | _CP1252 | _UNDEFINED, _LATIN1)
_RUN = re.compile("[\x80-\xff" + "".join(map(re.escape, _CP1252)) + "]+")


def half_width(text: str) -> str:
    """Turn full-width forms into ASCII; ideographs and their own punctuation stay.

    >>> half_width("\\uff08\\uff11\\uff0e\\uff15\\uff09\\u3001\\u6b63\\u5e38\\u3002")
    '(1.5)、正常。'
    """
    return text.translate(_HALF)


def unscramble(text: str) -> str:
    """Mend UTF-8 that was read as Windows-1252 or Latin-1: each run whose bytes are UTF-8.

    A run is mended only if its characters are the bytes of well-formed UTF-8 in
    one of the two tables, so that the way back gives the same run.

    >>> unscramble("Cmax\\u00ef\\u00bc\\u02c6ng"), unscramble("caf\\u00e9")
    ('Cmax（ng', 'café')
    """
    return _RUN.sub(lambda run: _unscrambled(run.group()), text)


def _unscrambled(run: str) -> str:
    for table in _TABLES:
        if all(character in table for character in run):
            try:
                return bytes(table[character] for character in run).decode("utf-8")
            except UnicodeDecodeError:
                continue
    return run


def mend(text: str, repair: Sequence[str]) -> str:
    """Repair one text; mojibake first, since its bytes may look like blanks.

    >>> mend(" AE\\uff21 ", ["width", "trim"])
    'AEA'
    """
    if "mojibake" in repair:
        text = unscramble(text)
    if "width" in repair:
        text = half_width(text)
    return text.strip() if "trim" in repair else text


def clean(values: Any, repair: Sequence[str], missing: Sequence[str]) -> Coded:
    """Repair a column of text and make blank and missing texts NULL.

    ``values`` is an arrow array of strings, perhaps by codes.
    A text is missing when it is blank or, trimmed, equals one of ``missing``.

    >>> clean(pa.array([" NA ", "012", "", "na"]), ["trim"], ["NA"]).texts()
    [None, '012', None, 'na']
    """
    coded = Coded.of_arrow(values)
    mended = _mended(coded.distinct, repair)
    trimmed = _trimmed(mended)
    gone = pc.is_in(trimmed, value_set=pa.array([*missing, ""], type=pa.large_string()))
    kept = pc.if_else(gone, pa.scalar(None, type=pa.large_string()), trimmed if "trim" in repair else mended)
    return coded if kept.equals(coded.distinct) else coded.renamed(kept)


def _mended(distinct: Any, repair: Sequence[str]) -> Any:
    """Repair width and mojibake where a text is not plain ASCII."""
    if not {"width", "mojibake"} & set(repair):
        return distinct
    odd = np.flatnonzero(~np.asarray(pc.string_is_ascii(distinct), dtype=bool))
    if not len(odd):
        return distinct
    kept = [word for word in repair if word != "trim"]
    texts = distinct.to_numpy(zero_copy_only=False)
    texts[odd] = [mend(text, kept) for text in texts[odd]]
    return pa.array(texts, type=pa.large_string())


def _trimmed(distinct: Any) -> Any:
    """Trim with Python's idea of a blank; most columns have none to trim."""
    ends = pc.match_substring_regex(distinct, r"^[\x00-\x20]|[\x00-\x20]$|^[^\x00-\x7f]|[^\x00-\x7f]$")
    odd = np.flatnonzero(np.asarray(ends, dtype=bool))
    if not len(odd):
        return distinct
    texts = distinct.to_numpy(zero_copy_only=False)
    texts[odd] = [text.strip() for text in texts[odd]]
    return pa.array(texts, type=pa.large_string())


def shortest(number: Any) -> str:
    """The shortest text that is this number and no other, without an exponent if it can be.

    >>> [shortest(x) for x in (5.0, 0.1, -2.50, 1e-5, 1e16, 1e300, -0.0)]
    ['5', '0.1', '-2.5', '0.00001', '10000000000000000', '1e+300', '0']
    """
    size = abs(float(number))
    if size == 0:
        return "0"
    if 1e-10 <= size < 1e21:
        return np.format_float_positional(number, trim="-")
    return np.format_float_scientific(number, trim="-", exp_digits=1) if np.isfinite(size) else str(number)


def by_distinct(values: np.ndarray | pd.Series, function: Callable[[Any], str]) -> Any:
    """An arrow array of the text of each value, worked out once for each distinct one.

    >>> by_distinct(np.array([1.0, np.nan, 1.0]), shortest).to_pylist()
    ['1', None, '1']
    """
    codes, distinct = pd.factorize(np.asarray(values), use_na_sentinel=True)
    texts = pa.array([function(value) for value in distinct], type=pa.large_string())
    return texts.take(pa.array(codes, mask=codes < 0))


def sas_text(values: pd.Series, kind: Kind) -> Any:
    """SAS numbers as text: dates, datetimes and times in ISO 8601, numbers at their shortest.

    >>> sas_text(pd.Series([24000.0, None, 2936547.0]), Kind.DATE).to_pylist()
    ['2025-09-16', None, '9999-12-31']
    >>> sas_text(pd.Series([30600.0, 90000.5]), Kind.TIME).to_pylist()
    ['08:30:00', '25:00:00.5']
    """
    if kind is Kind.NUMBER:
        return by_distinct(values, shortest)
    return by_distinct(values, lambda number: _sas_iso(float(number), kind))


def _sas_iso(number: float, kind: Kind) -> str:
    if kind is Kind.TIME:
        return clock(number)
    scale = times.DAY if kind is Kind.DATE else 1
    seconds = number // 1 * scale if kind is Kind.DATE else number
    day, rest = divmod(seconds, times.DAY)
    days = int(times.calendar_days(np.array([int(day)]))[0])
    date = str(np.datetime64("1960-01-01", "D") + np.timedelta64(days, "D"))
    return date if kind is Kind.DATE else f"{date}T{clock(rest)}"


def clock(seconds: float) -> str:
    """Seconds since midnight as hours, minutes and seconds; more than a day keeps counting hours.

    >>> clock(59.25), clock(-1800)
    ('00:00:59.25', '-00:30:00')
    """
    sign, size = ("-", -seconds) if seconds < 0 else ("", seconds)
    whole, fraction = divmod(round(size * 1_000_000), 1_000_000)
    tail = f".{fraction:06d}".rstrip("0") if fraction else ""
    return f"{sign}{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}{tail}"
