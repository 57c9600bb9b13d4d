"""CDISC controlled terminology as published by NCI EVS: codelists and their terms.

Three packages of 2025-03-28 are carried as data: ``sdtm``, ``adam`` and
``define`` (Define-XML).  Codes, names, submission values, synonyms and
preferred terms only; for definitions see the published files.
``scripts/make_terminology.py`` wrote the data.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import Literal

from engine.terminology.models import Codelist, Term

__all__ = ["PACKAGES", "Codelist", "Package", "Term", "codelist", "find_codelist", "names", "versions"]

Package = Literal["sdtm", "adam", "define"]
PACKAGES: tuple[Package, ...] = ("sdtm", "adam", "define")
_VERSIONS: tuple[str, ...] = ("2025-03-28",)

_CodelistRow = tuple[str, str, str, bool]


def versions(package: Package = "sdtm") -> tuple[str, ...]:
    """The published versions of a package that are carried, oldest first.

    >>> versions("adam")
    ('2025-03-28',)
    """
    _check(package, _VERSIONS[0])
    return _VERSIONS


def codelist(name_or_code: str, package: Package = "sdtm", version: str = "2025-03-28") -> Codelist | None:
    """A codelist by its submission value (``NY``) or its NCI code (``C66742``).

    None when the package has no such codelist; :class:`ValueError` when the
    package or the version is not carried.

    >>> ny = codelist("NY")
    >>> ny.code, ny.extensible, list(ny.terms)
    ('C66742', False, ['N', 'NA', 'U', 'Y'])
    >>> codelist("C66742") is ny
    True
    >>> codelist("DTYPE", "adam").find("LOCF").decode
    'Last Observation Carried Forward Imputation Technique'
    >>> codelist("NOSUCH") is None
    True
    """
    _check(package, version)
    by_word = _codelists(package, version)
    row = by_word.get(name_or_code)
    return _built(row[0], package, version) if row else None


def find_codelist(name_or_code: str, first: Package = "sdtm") -> Codelist | None:
    """A codelist of the package named, else of the others that data use (SDTM, ADaM).

    >>> find_codelist("DATEFL").package, find_codelist("NY", "adam").package
    ('adam', 'sdtm')
    """
    order: tuple[Package, ...] = ("adam", "sdtm") if first == "adam" else ("sdtm", "adam")
    return next((found for p in order if (found := codelist(name_or_code, p)) is not None), None)


def names(package: Package = "sdtm", version: str = "2025-03-28") -> tuple[str, ...]:
    """Submission values of all codelists of a package, in order (for hints).

    >>> "NY" in names() and "DTYPE" in names("adam")
    True
    """
    _check(package, version)
    return tuple(sorted({row[1] for row in _codelists(package, version).values()}))


def _check(package: str, version: str) -> None:
    if package not in PACKAGES:
        raise ValueError(f"no terminology package '{package}'; known: {', '.join(PACKAGES)}")
    if version not in _VERSIONS:
        raise ValueError(f"no {package} terminology of '{version}'; known: {', '.join(_VERSIONS)}")


def _read(package: str, version: str, part: str) -> list[list[str]]:
    path = resources.files(__name__) / "data" / f"{package}-{version}-{part}.csv"
    return list(csv.reader(path.read_text(encoding="utf-8").splitlines()))[1:]


@cache
def _codelists(package: str, version: str) -> dict[str, _CodelistRow]:
    found: dict[str, _CodelistRow] = {}
    for code, value, name, extensible in _read(package, version, "codelists"):
        found[code] = found[value] = (code, value, name, extensible == "Yes")
    return found


@cache
def _term_rows(package: str, version: str) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {}
    for row in _read(package, version, "terms"):
        found.setdefault(row[0], []).append(row)
    return found


@cache
def _built(code: str, package: str, version: str) -> Codelist:
    _, value, name, extensible = _codelists(package, version)[code]
    terms = {}
    for _, term, submission, synonyms, decode in _term_rows(package, version).get(code, []):
        words = tuple(word for word in synonyms.split("; ") if word)
        terms[submission] = Term(term, submission, words, decode)
    return Codelist(code, value, name, extensible, terms, package, version)
