"""What is known of the whole study while its files are guessed."""

from __future__ import annotations

from dataclasses import dataclass, field

from dossier.spec_new.raw import RawColumn, RawTable
from dossier.spec_new.subjects import Subjects
from dossier.spec_new.times import Style
from dossier.spec_new.variables import Match
from dossier.spec_new.visits import Visits
from dossier.spec_new.words import term_for
from engine.terminology import Codelist, Term, find_codelist


@dataclass
class Context:
    """The tables with what was told of them, and which domains there will be."""

    tables: list[RawTable]
    styles: dict[str, Style]
    unknown: list[str]
    subjects: Subjects | None
    visits: Visits
    matched: dict[str, list[Match]] = field(default_factory=dict)

    @property
    def domains(self) -> dict[str, list[RawTable]]:
        """The tables of each domain."""
        found: dict[str, list[RawTable]] = {}
        for table in self.tables:
            if table.domain is not None:
                found.setdefault(table.domain, []).append(table)
        return found


def terms_of(column: RawColumn, lists: list[Codelist], variable: str) -> tuple[dict[str, str], list[str]]:
    """What of a column's values wants a ``map``: guessed terms, and values that no term is known for."""
    told: dict[str, str] = {}
    strange: list[str] = []
    for value in filter(str.isprintable, column.distinct if lists else ()):
        found = term_for(value, lists, variable)
        if found is None:
            strange.append(value)
        elif not isinstance(found, Term):
            told[value] = found
    return told, strange


def yes_and_no(column: RawColumn) -> tuple[list[str], list[str]]:
    """The values that mean yes, and those that mean no."""
    codelist = find_codelist("NY")
    assert codelist is not None
    yes: list[str] = []
    no: list[str] = []
    for value in column.distinct[:20]:
        found = term_for(value, [codelist])
        word = found.value if isinstance(found, Term) else found
        if word in ("Y", "N"):
            (yes if word == "Y" else no).append(value)
    return yes, no


def quoted(values: list[str], most: int = 6) -> str:
    """A few values, for a note.

    >>> quoted(["a", "b"]), quoted([str(n) for n in range(9)], 2)
    ("'a', 'b'", "'0', '1' and 7 more")
    """
    shown = ", ".join(f"'{value[:40]}'" for value in values[:most])
    return shown + (f" and {len(values) - most} more" if len(values) > most else "")
