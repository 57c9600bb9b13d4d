"""How much a study may hold: far above any real one, and little enough to be checked in a moment."""

from __future__ import annotations

from collections.abc import Sized

from engine.errors import Place, Problem, SpecError

MOST = {
    "raw tables": 1_000,
    "raw files": 2_000,
    "datasets' files": 200,
    "variables": 1_500,        # of a dataset, working columns and those of a source included
    "tests": 1_500,            # of a source
    "sources": 100,            # of a dataset
    "joined tables": 50,       # of a source
    "steps": 100,              # of a dataset
    "keys": 100,               # of a dataset; likewise those it is sorted by
    "relations": 200,          # of a dataset
    "analysis windows": 1_000,  # of a list
    "grading tables": 50,
    "terms": 1_000,            # of a grading table
    "limits": 20,              # of a grade
    "formats": 50,             # of dates, and of times
    "unknown words": 100,
    "lists of the design": 100,
    "rows": 1_000,             # of a list of the design
}
"""The most of each thing, by its name in messages."""

LONGEST_FORMAT = 60    # characters of a date or time format
LONGEST_ETCD = 8       # characters of an element's code (SDTMIG 3.4, 7.2.2)
LONGEST_WORD = 60      # characters of a word for an unknown part
LONGEST_FOLDER = 64    # characters of the study's folder in the output
LONGEST_PATH = 250     # characters of a raw file's path, or of the raw folder's


def too_many(count: int, what: str) -> str:
    """What is wrong with so many; '' if it is not too many.

    >>> too_many(1_200, "raw tables"), too_many(7, "raw tables")
    ('1,200 raw tables, 1,000 at most', '')
    """
    return f"{count:,} {what}, {MOST[what]:,} at most" if count > MOST[what] else ""


def require_few(found: Sized, what: str, place: Place, subject: str) -> None:
    """Raise a SpecError if there is more of something than any study needs."""
    if told := too_many(len(found), what):
        raise SpecError(Problem(place, subject, told))
