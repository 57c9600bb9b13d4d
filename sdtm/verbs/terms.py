"""What the terminology says of a term: term."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, Self

import numpy as np
import pandas as pd
from pydantic import model_validator

from engine.build.derivation import Derivation
from engine.build.rows import distinct_records
from engine.coded import Coded
from engine.columns import Column, Kind
from engine.errors import did_you_mean, hint_for, likely
from engine.spec.entries import Entry
from engine.spec.references import ExpressionField, RefField
from engine.spec.verbs import verb
from engine.terminology import Term, find_codelist, names
from engine.yaml.fields import Model, TextField, wrong


class TermOf(Model):
    """A term: its text ``of`` a column, the ``codelist`` it is of, and what is wanted of it."""

    of: RefField
    codelist: ExpressionField
    take: Literal["code", "decode"] | None = None
    pair: TextField | None = None

    @model_validator(mode="after")
    def _one_wish(self) -> Self:
        if self.take is not None and self.pair is not None:
            raise wrong("'take' and 'pair' both stand here", "one of them says what is wanted of the term",
                        self.places.get("pair"))
        return self


class TermEntry(Entry):
    """``{term: {of: TSVAL, codelist: LIST, take, pair}}``."""

    term: TermOf

    def faults(self, variable: str) -> Iterator[tuple[str, str]]:
        """A codelist under ``pair`` that nobody knows."""
        pair = self.term.pair
        if pair is not None and find_codelist(str(pair)) is None:
            yield f"unknown codelist '{pair}'", hint_for(str(pair), [*names("sdtm"), *names("adam")])


@verb("term", layer="sdtm")
def derive_term(entry: TermEntry, at: Derivation) -> Column:
    """What terminology says of a term: its NCI code, its preferred term, or its pair in another codelist.

    Codes and names of tests and parameters stand in two codelists whose terms share
    their NCI codes; ``pair`` gives the other one.  Blank where the term or the name of
    its codelist is; a text that is no term of that codelist is refused.

    Source: CDISC terminology; SDTMIG 3.4, section 7.4.1 (TSVALCD, and TSPARM of TSPARMCD).
    """
    part = entry.term
    texts, lists = at.coded(part.of), at.evaluate(part.codelist)
    if lists.kind is not Kind.TEXT:
        raise at.wrong(f"'{part.codelist.text}' is a {lists.kind.value}, where a codelist's name is wanted")
    pairs, first = distinct_records([texts, lists.coded])
    known = list(zip(texts.take(first).texts(), lists.coded.take(first).texts(), strict=True))
    wanted = _wish(part)
    found = [_found(text, name) for text, name in known]
    made = [wanted(term) if term is not None else None for term in found]
    for code, (text, name) in enumerate(known):
        if text is not None and name is not None and made[code] is None:
            at.refuse(pairs == code, *_fault(text, name, found[code], part))
    return Column(Coded.of(pd.Series(made, dtype="str")).take(np.asarray(pairs)), Kind.TEXT)


def _found(text: str | None, name: str | None) -> Term | None:
    codes = find_codelist(name) if name is not None and text is not None else None
    return codes.find(str(text)) if codes is not None else None


def _wish(part: TermOf) -> Callable[[Term], str | None]:
    if part.pair is not None:
        others = find_codelist(str(part.pair))
        return lambda term: found.value if others and (found := others.by_code(term.code)) else None
    return lambda term: term.decode if part.take == "decode" else term.code


def _fault(text: str, name: str, term: Term | None, part: TermOf) -> tuple[str, None, str]:
    codes = find_codelist(name)
    if codes is None:
        return f"unknown codelist '{name}'", None, hint_for(name, [*names("sdtm"), *names("adam")])
    if term is None:
        near = likely(text, codes.terms)
        return (f"'{text}' is not in codelist {codes.value} ({codes.code})", None,
                did_you_mean(text, near) if near else "the codelist says which terms it has")
    return f"'{text}' has no pair in codelist {part.pair}", None, "name the codelist whose codes are the same"


__all__ = ["TermEntry", "TermOf", "derive_term"]
