"""The functions on text.  Positions and lengths count characters (code points) from 1."""

from __future__ import annotations

from typing import Any

import pandas as pd

from engine.columns import Kind
from engine.expressions.casts import shown
from engine.expressions.operators import MAX_TEXT, TOO_LONG, too_long, without
from engine.expressions.tree import number_text
from engine.expressions.vectors import Refusal, Vector, merge


def _whole(function: str, value: float, least: int) -> int | Refusal:
    if value % 1 or value < least:
        return Refusal(f"{function}: {number_text(value)} is not a whole number from {least}")
    return int(min(value, MAX_TEXT + 1))


def _too_long(function: str) -> Refusal:
    return Refusal(f"{function}: {TOO_LONG}")


def substr(text: str, start: float, count: float = MAX_TEXT) -> str | Refusal:
    """Part of a text from a position on."""
    first, size = _whole("SUBSTR", start, 1), _whole("SUBSTR", count, 0)
    if isinstance(first, Refusal):
        return first
    return size if isinstance(size, Refusal) else text[first - 1:first - 1 + size]


def left(text: str, count: float) -> str | Refusal:
    """The first characters of a text."""
    size = _whole("LEFT", count, 0)
    return size if isinstance(size, Refusal) else text[:size]


def right(text: str, count: float) -> str | Refusal:
    """The last characters of a text."""
    size = _whole("RIGHT", count, 0)
    if isinstance(size, Refusal):
        return size
    return text[-size:] if size else ""


def lpad(text: str, count: float, pad: str) -> str | Refusal:
    """Fill a text on the left; one that is longer already is refused, never cut."""
    size = _whole("LPAD", count, 0)
    if isinstance(size, Refusal):
        return size
    if size > MAX_TEXT:
        return _too_long("LPAD")
    if len(text) > size:
        return Refusal(f"LPAD: {shown(text)} is longer than {size} characters")
    missing = size - len(text)
    return (pad * missing)[:missing] + text


def replace(text: str, part: str, new: str = "") -> str | Refusal:
    """Replace each occurrence of a part, or remove it."""
    if len(text) + text.count(part) * (len(new) - len(part)) > MAX_TEXT:
        return _too_long("REPLACE")
    return text.replace(part, new)


def split_part(text: str, separator: str, index: float) -> str | Refusal:
    """One of the parts between separators; a negative number counts from the end."""
    if index % 1 or index == 0:
        return Refusal(f"SPLIT_PART: {number_text(index)} is not a whole number other than 0")
    parts = text.split(separator)
    if abs(index) > len(parts):
        return ""
    return parts[int(index) - 1 if index > 0 else int(index)]


def strpos(text: str, part: str) -> float:
    """The position of a part in a text, 0 if it is not there."""
    return float(text.find(part) + 1)


def concat(arguments: list[Vector]) -> Vector:
    """Join texts, leaving out NULLs; NULL if all are NULL."""
    bad = merge(*(argument.bad for argument in arguments))
    long = too_long([argument.data for argument in arguments], 0)
    if long is not None:
        kept = [Vector(Kind.TEXT, without(argument.data, long)) for argument in arguments]
        return concat(kept)._replace(bad=merge(bad, {f"CONCAT: {TOO_LONG}": long}))
    made: Any = None
    for argument in arguments:
        text: Any = pd.Series(argument.data).fillna("").array
        if made is None:
            made = text
        elif len(made) != len(text):
            made = made[0] + text if len(made) == 1 else made + text[0]
        else:
            made = made + text
    return Vector(Kind.TEXT, pd.Series(made).mask(made == "").array, bad)
