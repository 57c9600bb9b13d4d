"""Formats of dates and times as SAS, Oracle, Excel and Python write them, in the letters used here."""

from __future__ import annotations

import re
from typing import Literal

from engine.dates.formats import compile_format

_SAS = {
    "DATE": "ddMMMyyyy", "DDMMYY": "dd/MM/yyyy", "MMDDYY": "MM/dd/yyyy", "YYMMDD": "yyyy-MM-dd",
    "YYMMDDN": "yyyyMMdd", "E8601DA": "yyyy-MM-dd", "IS8601DA": "yyyy-MM-dd", "B8601DA": "yyyyMMdd",
    "TIME": "HH:mm:ss", "TOD": "HH:mm:ss", "E8601TM": "HH:mm:ss", "IS8601TM": "HH:mm:ss", "HHMM": "HH:mm",
}
_SAS_NAME = re.compile(r"([A-Z]+(?:8601[A-Z]+)?)(\d*)\.?\d*")
_STRFTIME = {"%Y": "yyyy", "%y": "yy", "%m": "MM", "%b": "MMM", "%B": "MMMM", "%d": "dd", "%H": "HH",
             "%I": "hh", "%M": "mm", "%S": "ss", "%p": "a"}
_ORACLE = (("HH24", "HH"), ("HH12", "hh"), ("MONTH", "MMMM"), ("MON", "MMM"), ("MI", "mm"), ("YYYY", "yyyy"),
           ("YY", "yy"), ("DD", "dd"), ("SS", "ss"), ("AM", "a"), ("PM", "a"))


def meant_format(text: str, role: Literal["date", "time"]) -> str | None:
    """The format that one of another program seems to mean; None where that is not plain.

    >>> meant_format("DD-MON-YYYY", "date"), meant_format("yyyy-mm-dd", "date"), meant_format("HH:MM", "time")
    ('dd-MMM-yyyy', 'yyyy-MM-dd', 'HH:mm')
    >>> meant_format("date9.", "date"), meant_format("%d/%m/%Y", "date"), meant_format("Easter", "date")
    ('ddMMMyyyy', 'dd/MM/yyyy', None)
    """
    for made in (_of_sas(text), _of_strftime(text), _of_letters(text, role)):
        if made is not None and made != text and _compiles(made, role):
            return made
    return None


def _of_sas(text: str) -> str | None:
    found = _SAS_NAME.fullmatch(text.upper())
    made = _SAS.get(found[1]) if found is not None else None
    return "HH:mm" if found is not None and made == "HH:mm:ss" and found[2] == "5" else made


def _of_strftime(text: str) -> str | None:
    return re.sub("%[A-Za-z]", lambda part: _STRFTIME.get(part[0], part[0]), text) if "%" in text else None


def _of_letters(text: str, role: str) -> str:
    """Capitals as Oracle writes them, and months and minutes taken for each other."""
    made = text
    for theirs, ours in _ORACLE:
        made = re.sub(rf"(?<![A-Za-z]){theirs}(?![A-Za-z])", ours, made, flags=re.IGNORECASE)
    wrong, right = ("mm", "MM") if role == "date" else ("MM", "mm")
    return re.sub(rf"(?<![A-Za-z]){wrong}(?![A-Za-z])", right, made)


def _compiles(text: str, role: Literal["date", "time"]) -> bool:
    try:
        compile_format(text, role, ())
    except ValueError:
        return False
    return True
