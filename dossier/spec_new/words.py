"""What names and labels of raw columns usually mean: the project's tables of words, beside the standards'."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib import resources

from engine.standards import sdtm_dataset, sdtm_names
from engine.terminology import Codelist, Term, find_codelist

_PLAIN = re.compile(r"[\W_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_STOP = frozenset((
    "of", "the", "a", "an", "for", "and", "or", "to", "in", "on", "at", "is", "was", "were", "be", "by",
    "with", "any", "this", "that", "if", "subject", "patient", "participant", "please", "specify"))
_UNIT = re.compile(r"\s*[(\[（]([^()\[\]（）]+)[)\]）]\s*$")
NO_DOMAIN = frozenset({"SUPPQUAL", "RELREC", "RELSPEC", "RELSUB", "CO", "SE", "SM", "OI",
                       "TA", "TD", "TE", "TI", "TM", "TS", "TV"})
"""Datasets that no raw table is a form of."""


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """The rows of ``data/NAME.csv``."""
    path = resources.files(__package__ or "") / "data" / f"{name}.csv"
    return tuple(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def squeezed(text: str) -> str:
    """A name without what only separates: capitals and digits of any script.

    >>> squeezed("Subject Id"), squeezed("AE_STDAT"), squeezed("CMDOSE（mg）")
    ('SUBJECTID', 'AESTDAT', 'CMDOSEMG')
    """
    return _PLAIN.sub("", unicodedata.normalize("NFKC", text)).upper()


def tokens(text: str) -> list[str]:
    """The words of a name or label, plain and without what any label has.

    >>> tokens("Start Date/Time of Adverse Events"), tokens("EventDate"), tokens("WBC_U")
    (['start', 'date', 'time', 'adverse', 'event'], ['event', 'date'], ['wbc', 'u'])
    """
    plain = _CAMEL.sub(" ", unicodedata.normalize("NFKC", text))
    words = [word.lower() for word in _PLAIN.split(plain) if word]
    return [_singular(word) for word in words if word not in _STOP]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def without_unit(name: str) -> tuple[str, str]:
    """A name and the unit that stands in brackets behind it.

    >>> without_unit("Hemoglobin (g/dL)"), without_unit("CMDOSE（mg）"), without_unit("AETERM")
    (('Hemoglobin', 'g/dL'), ('CMDOSE', 'mg'), ('AETERM', ''))
    """
    found = _UNIT.search(name)
    return (name[:found.start()].strip(), found[1].strip()) if found else (name, "")


@cache
def role_names(role: str) -> dict[str, int]:
    """Squeezed names that play a role in every form (subject, site, visit ...), with their rank."""
    return {squeezed(row["name"]): rank for rank, row in enumerate(table("columns")) if row["role"] == role}


@cache
def domain_words() -> dict[str, str]:
    """Words of a file's name, or of its sheet's, that tell the domain; the standard's labels first."""
    found: dict[str, set[str]] = {}
    for name in sdtm_names():
        standard = sdtm_dataset(name)
        if standard is not None and name not in NO_DOMAIN:
            for word in tokens(standard.label):
                if len(word) > 3:
                    found.setdefault(word, set()).add(name)
    told = {word: next(iter(names)) for word, names in found.items() if len(names) == 1}
    return told | {_singular(row["word"]): row["domain"] for row in table("domains")}


def listed(name: str, kind: str) -> tuple[str, ...]:
    """The texts of one kind in a table of two columns."""
    return tuple(row["text"] for row in table(name) if row["kind"] == kind)


@cache
def _values(codelist: str) -> dict[str, str]:
    return {fold(row["word"]): row["term"] for row in table("values") if row["codelist"] == codelist}


def fold(text: str) -> str:
    """A value as it is compared: plain forms, one blank, any case."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def term_for(text: str, lists: Iterable[Codelist], variable: str = "") -> Term | str | None:
    """The term a value may mean: one by the codelist itself, a text by words, None if nothing fits.

    >>> ny, out = find_codelist("NY"), find_codelist("OUT")
    >>> term_for("yes", [ny]).value, term_for("是", [ny]), term_for("Recovered or resolved", [out])
    ('Y', 'Y', 'RECOVERED/RESOLVED')
    >>> term_for("perhaps", [ny]) is None
    True
    """
    every = list(lists)
    for codelist in every:
        if (known := codelist.find(text)) is not None:
            return known
    for name in (*(c.value for c in every), variable):
        if (told := _values(name).get(fold(text))) is not None:
            return told
    return next((near for codelist in every if (near := _same_words(text, codelist)) is not None), None)


def _same_words(text: str, codelist: Codelist) -> str | None:
    """The one term with the same words, in any order, or whose words all stand in the text."""
    own = frozenset(tokens(text))
    if not own or len(codelist.terms) > 400:
        return None
    by_words = {value: frozenset(tokens(value)) for value in codelist.terms}
    same = [value for value, words in by_words.items() if words == own]
    if len(same) != 1 and len(own) > 2:
        fewest = 2 if own & {"not", "no", "non", "other"} else 1
        same = [value for value, words in by_words.items() if fewest <= len(words) and words < own]
        longest = max((len(by_words[value]) for value in same), default=0)
        same = [value for value in same if len(by_words[value]) == longest]
    return same[0] if len(same) == 1 else None


@cache
def test_for(name: str, domain: str) -> str | None:
    """The code of a test of a findings domain that a name means, by terminology or words.

    >>> test_for("WBC", "LB"), test_for("Hemoglobin", "LB"), test_for("TBIL", "LB"), test_for("SITE", "LB")
    ('WBC', 'HGB', 'BILI', None)
    """
    standard = sdtm_dataset(domain)
    variables = standard.variables if standard is not None else {}
    lists = [found for kind in ("TESTCD", "TEST")
             for v in [variables.get(f"{domain}{kind}")] if v is not None
             for c in v.codelists[:1] if (found := find_codelist(c)) is not None]
    told = {squeezed(row["word"]): row["code"] for row in table("tests") if row["domain"] == domain}
    if len(lists) == 2:
        codes, names = lists
        if (own := codes.find(name)) is not None:
            return own.value
        if squeezed(name) not in told and (long := names.find(" ".join(name.split()))) is not None:
            same = codes.by_code(long.code)
            return same.value if same is not None else None
    return told.get(squeezed(name))
