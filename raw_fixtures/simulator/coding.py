"""The invented dictionary: one line for every verbatim that can occur."""

from __future__ import annotations

import unicodedata

import pandas as pd

from .terms import BODIES, TERMS, Term

MARK, MARK_ZH, DICTIONARY = " (inv)", "（虚构）", "INVENTED 1.0"


def normal(text: str) -> str:
    """A verbatim as the dictionary holds it.

    >>> normal(" Fever（mild）")
    'FEVER(MILD)'
    """
    return unicodedata.normalize("NFKC", text).strip().upper()


class _Codes:
    """Numbers names in the order they are first met, in a range of its own for each level."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, str], int] = {}

    def of(self, level: int, name: str) -> str:
        count = sum(1 for seen in self._seen if seen[0] == level)
        return str(90000000 + level * 100000 + self._seen.setdefault((level, name), count + 1))


def dictionary() -> pd.DataFrame:
    """The file coding.csv; it does not depend on the subjects."""
    codes = _Codes()
    rows = [row for term in TERMS.values() for row in _rows(term, codes)]
    return pd.DataFrame(rows).fillna("").astype("str")


def _rows(term: Term, codes: _Codes) -> list[dict[str, str]]:
    rows = []
    written = dict.fromkeys(normal(text) for text in (*term.english, term.chinese, term.also) if text)
    level = {"AE": 0, "MH": 0, "CM": 5}[term.kind]
    common = {"PT": term.name + MARK, "PT_CODE": codes.of(level + 2, term.name)}
    if term.kind == "CM":
        place = {"SOC": term.group + MARK, "SOC_CODE": codes.of(level + 4, term.group)}
        body_zh = "药物类别"
    else:
        high, body, body_zh = BODIES[term.body]
        place = {
            "HLT": term.group + MARK,
            "HLT_CODE": codes.of(3, term.group),
            "HLGT": high + MARK,
            "HLGT_CODE": codes.of(4, high),
            "SOC": body + MARK,
            "SOC_CODE": codes.of(5, body),
        }
    for verbatim in written:
        low = {} if term.kind == "CM" else _lowest(term, verbatim, codes)
        row = {
            "KIND": term.kind,
            "VERBATIM": verbatim,
            **low,
            **common,
            **place,
            "PT_ZH": term.name_zh + MARK_ZH,
            "SOC_ZH": body_zh + MARK_ZH,
            "DICT": DICTIONARY,
        }
        rows.append({name: row.get(name, "") for name in COLUMNS})
    return rows


def _lowest(term: Term, verbatim: str, codes: _Codes) -> dict[str, str]:
    """Each English way of writing has its own lowest term; the Chinese one shares the first."""
    english = {normal(text): text for text in term.english}
    name = english.get(verbatim, term.english[0])
    return {"LLT": name + MARK, "LLT_CODE": codes.of(1, f"{term.kind} {name}")}


COLUMNS = (
    "KIND",
    "VERBATIM",
    "LLT",
    "LLT_CODE",
    "PT",
    "PT_CODE",
    "HLT",
    "HLT_CODE",
    "HLGT",
    "HLGT_CODE",
    "SOC",
    "SOC_CODE",
    "PT_ZH",
    "SOC_ZH",
    "DICT",
)
