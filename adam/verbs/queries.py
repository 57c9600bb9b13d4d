"""Customized queries of terms: query."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from engine.build.derivation import Derivation
from engine.coded import Coded
from engine.columns import Column, Kind
from engine.spec.entries import Entry
from engine.spec.references import RefField
from engine.spec.verbs import verb
from engine.yaml.fields import MapOf, OneOrMany, TextField


class Query(Entry):
    """``{query: {NAME: {COLUMN: [TERM, ...], ...}, ...}}``."""

    query: MapOf[TextField, MapOf[RefField, OneOrMany[TextField]]]


@verb("query", layer="adam")
def derive_query(entry: Query, at: Derivation) -> Column:
    """The name of the first query that lists a record's term.

    A query holds terms by column, such as AEDECOD or AELLT; one in any of its
    columns is enough.  Terms are compared in any case, blanks around them left out.

    Source: ADaM OCCDS 1.1, section 3.2 (customized queries, CQzzNAM).
    """
    found = np.full(at.rows.size, -1, dtype="int32")
    for number, columns in enumerate(entry.query.values()):
        for ref, terms in columns.items():
            found[_listed(at.coded(ref), terms) & (found < 0)] = number
    return Column(Coded.choice(found, [str(name) for name in entry.query]), Kind.TEXT)


def _listed(texts: Coded, terms: Iterable[str]) -> np.ndarray:
    """Which records have one of the terms."""
    wanted = {str(term).strip().casefold() for term in terms}
    return texts.where_text(lambda text: text.strip().casefold() in wanted)
