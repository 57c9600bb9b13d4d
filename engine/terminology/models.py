"""What a codelist and its terms are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType


@dataclass(frozen=True)
class Term:
    """One term: NCI code, submission value, synonyms and preferred term (decode)."""

    code: str
    value: str
    synonyms: tuple[str, ...]
    decode: str


@dataclass(frozen=True)
class Codelist:
    """One codelist of a published package; ``terms`` is keyed by submission value.

    >>> yes = Term("C49488", "Y", ("Yes",), "Yes")
    >>> no = Term("C49487", "N", ("No",), "No")
    >>> ny = Codelist("C66742", "NY", "No Yes Response", False, {"Y": yes, "N": no}, "sdtm")
    >>> ny.find("Yes").value, ny.find("n").value, ny.find("maybe")
    ('Y', 'N', None)
    """

    code: str
    value: str
    name: str
    extensible: bool
    terms: Mapping[str, Term] = field(compare=False)
    package: str
    version: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms", MappingProxyType(dict(self.terms)))

    def __contains__(self, value: object) -> bool:
        """Whether ``value`` is a submission value, letter for letter."""
        return value in self.terms

    def find(self, text: str) -> Term | None:
        """The one term that ``text`` can mean, or None.

        Tried in turn: submission value letter for letter, submission value in
        any case, synonym letter for letter, synonym in any case.  The first
        step that fits anything decides, and None is its answer when it fits
        several terms: ``Pa`` (pascal) and ``PA`` (a year) are units, so ``pa`` is none.
        """
        if text in self.terms:
            return self.terms[text]
        folded = text.casefold()
        for table, key in zip(self._tables, (folded, text, folded), strict=True):
            found = table.get(key, ())
            if found:
                return found[0] if len(found) == 1 else None
        return None

    def by_code(self, code: str) -> Term | None:
        """The term with this NCI code, or None (a test's code and name share one)."""
        return self._by_code.get(code)

    @cached_property
    def _by_code(self) -> dict[str, Term]:
        return {term.code: term for term in self.terms.values()}

    @cached_property
    def _tables(self) -> tuple[dict[str, list[Term]], ...]:
        terms = self.terms.values()
        return (
            _grouped((term.value.casefold(), term) for term in terms),
            _grouped((word, term) for term in terms for word in term.synonyms),
            _grouped((word.casefold(), term) for term in terms for word in term.synonyms),
        )


def _grouped(pairs: Iterable[tuple[str, Term]]) -> dict[str, list[Term]]:
    table: dict[str, list[Term]] = {}
    for word, term in pairs:
        found = table.setdefault(word, [])
        if term not in found:
            found.append(term)
    return table
