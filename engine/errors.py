"""The three kinds of answer Dossier gives when something is wrong.

A :class:`SpecError` collects every mistake of a study's specs before data are
touched; a :class:`DataError` collects every bad record of a dataset; a finding
of a rule is data and never an exception.  Each line reads
*place: subject: what is wrong; hint*.
"""

from __future__ import annotations

import difflib
import heapq
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.characters import bounded, disguise, plain, visible

_NO_DIGIT = re.compile("[^0-9]")
LONGEST_WORD = 100  # characters of a word that a similar one is looked for
MOST_WORDS = 5_000  # words it is compared with


@dataclass(frozen=True, order=True)
class Place:
    """Where something stands: a file and, where known, line and column (from 1).

    >>> str(Place("specs/sdtm/ae.yaml", 12, 5))
    'specs/sdtm/ae.yaml:12:5'
    >>> str(Place("raw_fixtures/ae.csv", 17))
    'raw_fixtures/ae.csv:17'
    """

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        parts = [visible(self.file), *(str(n) for n in (self.line, self.column) if n is not None)]
        return ":".join(parts)


@dataclass(frozen=True)
class Record:
    """One bad record of a raw table: its place and its subject."""

    place: Place
    subject: str = ""


@dataclass(frozen=True)
class Problem:
    """One mistake: place, subject (``AE.AESEV``), what is wrong, and a hint.

    Written out, it shows what cannot be seen by its code, and cuts what is very long.
    ``records`` lists the bad records behind a data problem; ``spec`` is the
    line of the spec that asked for the value.

    >>> print(Problem(Place("ae.yaml", 3, 1), "AE.AESEV", "unknown verb 'asign'",
    ...               "did you mean 'assign'?"))
    ae.yaml:3:1: AE.AESEV: unknown verb 'asign'; did you mean 'assign'?
    """

    place: Place | None
    subject: str
    message: str
    hint: str = ""
    records: tuple[Record, ...] = field(default=(), compare=False)
    spec: Place | None = None

    def __str__(self) -> str:
        head = [str(self.place)] if self.place else []
        if self.subject:
            head.append(visible(bounded(self.subject)))
        text = ": ".join([*head, visible(bounded(self.message))])
        return f"{text}; {visible(bounded(self.hint))}" if self.hint else text


class DossierError(Exception):
    """Base of the two errors a user can mend; its text is a line a problem."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        found = (problems,) if isinstance(problems, Problem) else tuple(problems)
        if not found:
            raise ValueError("an error needs at least one problem")
        self.problems: tuple[Problem, ...] = found
        super().__init__("\n".join(str(problem) for problem in found))


class SpecError(DossierError):
    """The specs are wrong; nothing was read.  Exit status 2."""


class DataError(DossierError):
    """The data were refused.  Exit status 1."""


def counted(number: int, thing: str) -> str:
    """A number and what is counted, one or several of it.

    >>> counted(1, "record"), counted(1200, "record")
    ('1 record', '1200 records')
    """
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def hint_for(word: str, known: Iterable[str]) -> str:
    """Suggest the nearest known word, or list the few there are.

    >>> hint_for("asign", ["assign", "copy"])
    "did you mean 'assign'?"
    >>> hint_for("zzz", ["assign", "copy"])
    'known: assign, copy'

    A word that only looks like a known one is told from it by the name of its character,
    and one that differs in nothing but capitals is said to.

    >>> hint_for("coltim", ["COLTIM"])
    "did you mean 'COLTIM'? case matters"

    >>> hint_for("S\u0415X", ["SEX", "AGE"])
    "did you mean 'SEX', without CYRILLIC CAPITAL LETTER IE?"
    """
    words = set(known)
    near = nearest(word, words)
    if near is not None:
        suggested = did_you_mean(word, near)
        return f"{suggested} case matters" if word != near and word.lower() == near.lower() else suggested
    if not words:
        return ""
    shown = ", ".join(heapq.nsmallest(12, words))
    return f"known: {shown}" + (f" and {len(words) - 12} more" if len(words) > 12 else "")


def likely(value: str, known: Iterable[str]) -> str | None:
    """The word that a collected value seems to mean.

    A number in a value is seldom a slip: ``2 h`` does not mean ``4 h``.

    >>> likely("Mld", ["MILD"]), likely("2 h", ["4 h"])
    ('MILD', None)
    """
    digits = _NO_DIGIT.sub("", value)
    return nearest(value, [word for word in known if _NO_DIGIT.sub("", word) == digits])


def did_you_mean(word: str, near: str) -> str:
    """Suggest a word; one that looks the same is told from it by the name of its character.

    >>> did_you_mean("asign", "assign"), did_you_mean("S1\u200b", "S1")
    ("did you mean 'assign'?", "did you mean 'S1', without ZERO WIDTH SPACE?")
    """
    told = disguise(word, near)
    return f"did you mean '{near}', without {told}?" if told else f"did you mean '{near}'?"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like another, looked for among a bounded number.

    >>> nearest("asign", ["assign", "copy"]), nearest("zzz", ["assign", "copy"])
    ('assign', None)
    """
    if len(word) > LONGEST_WORD:
        return None
    words = set(known)
    wanted = plain(word).lower()
    lowered = {plain(w).lower(): w for w in sorted(_comparable(wanted, words))}
    if wanted in lowered:
        return lowered[wanted]
    turned = [w for w in lowered if w[:1] == wanted[:1] and sorted(w) == sorted(wanted)]
    if len(turned) == 1:  # the same letters in another order: HBG is HGB, not SHBG
        return lowered[turned[0]]
    near = [lowered[w] for w in difflib.get_close_matches(wanted, list(lowered), n=5, cutoff=0.6)]
    # Of those alike in any case the one that is alike as typed: UL/L is U/L rather than uL/uL.
    return max(near, key=lambda w: sum(difflib.SequenceMatcher(None, one, other).ratio() for one, other in (
        (word, w), (wanted, plain(w).lower()))), default=None)


def _comparable(wanted: str, words: set[str]) -> Iterable[str]:
    """Of very many words those that begin alike and are about as long."""
    if len(words) <= MOST_WORDS:
        return words
    close = (w for w in words if w[:1].lower() == wanted[:1] and abs(len(w) - len(wanted)) <= 2)
    return heapq.nsmallest(MOST_WORDS, close)
