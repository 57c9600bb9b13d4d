"""Tables of the study file as rows, beside raw tables: no subject, their place a line of YAML."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engine.build.rows import SUBJECT, Origin, Rows
from engine.coded import Coded
from engine.columns import Kind
from engine.spec.design import DesignTable


def design_rows(table: DesignTable) -> Rows:
    """The records of a table of the study file; all columns are text.

    >>> from engine.errors import Place
    >>> made = design_rows(DesignTable("design.arms", {"ARMCD": ("A", None)}, (Place("study.yaml", 5),) * 2))
    >>> made.coded("ARMCD").texts(), str(made.origin.place(1))
    (['A', None], 'study.yaml:5')
    """
    files = tuple(dict.fromkeys(place.file for place in table.places))
    file = np.array([files.index(place.file) for place in table.places], dtype="int32")
    line = np.array([place.line or 0 for place in table.places], dtype="int32")
    rows = Rows(table.name, len(table.places), Origin(files, file, line))
    for name, values in table.columns.items():
        rows.put((name,), pd.Series(values, dtype="str"), Kind.TEXT)
    rows.put(SUBJECT, Coded.nulls(rows.size), Kind.TEXT)
    return rows
