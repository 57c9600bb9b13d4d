"""Customized queries of terms: query."""

from __future__ import annotations

import numpy as np

from engine.build.derivation import Derivation
from engine.columns import Column, Kind, blank, marked
from engine.spec.entries import Entry
from engine.spec.references import RefField
from engine.spec.verbs import verb
from engine.yaml.fields import MapOf, OneOrMany, TextField


class Query(Entry):
    """``{query: {NAME: {COLUMN: [TERM, ...], ...}, ...}}``."""

    query: MapOf[TextField, MapOf[RefField, OneOrMany[TextField]]]


@verb("query", layer="adam")
def derive_query(entry: Query, at: Derivation) -> Column:
    """The name of the first query that lists a record's term (CQzzNAM; OCCDS 1.1, section 3.2.6).

    A query holds terms by column, such as AEDECOD or AELLT; one in any of its
    columns is enough.  Terms are compared in any case, blanks around them left out.
    """
    values = blank(at.index, Kind.TEXT)
    for name, columns in entry.query.items():
        hit = np.zeros(at.rows.size, dtype=bool)
        for ref, terms in columns.items():
            wanted = [str(term).strip().casefold() for term in terms]
            hit |= at.text(ref).str.strip().str.casefold().isin(wanted).to_numpy()
        values = values.where(values.notna(), marked(hit, str(name), at.index))
    return Column(values, Kind.TEXT)
