"""Small tools to place a mess: find rows by subject, change, copy or add them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .text import NO

Tables = dict[str, pd.DataFrame]
Where = dict[str, str]


def find(tables: Tables, name: str, who: str, where: Where | None = None) -> pd.Index[Any]:
    """The rows of subject ``who`` (``01-006``) that hold these values.

    Raises LookupError where there is none: the mess would be missing from the data.
    """
    table = tables[name]
    if "SUBJ" in table:
        chosen = (table["SITE"] + "-" + table["SUBJ"]) == who
    else:
        chosen = table["SUBJECT"].str.strip().str.endswith(who)
    for column, value in (where or {}).items():
        chosen &= table[column] == value
    if not chosen.any():
        raise LookupError(f"{name}: {who}: no row with {where}")
    return table.index[chosen]


def get(tables: Tables, name: str, who: str, where: Where, column: str) -> str:
    """The value in the first such row."""
    return str(tables[name].at[find(tables, name, who, where)[0], column])


def put(tables: Tables, name: str, who: str, where: Where | None = None, **values: str) -> None:
    """Change values in all such rows."""
    rows = find(tables, name, who, where)
    for column, value in values.items():
        tables[name].loc[rows, column] = value


def copy(
    tables: Tables, name: str, who: str, where: Where | None = None, last: bool = False, **values: str
) -> None:
    """Add a copy of the first such row right after it, or ``last`` in the file, with changed values."""
    table = tables[name]
    row = int(find(tables, name, who, where)[0])
    added = table.loc[[row]].assign(**values)
    cut = len(table) if last else row + 1
    tables[name] = pd.concat([table.iloc[:cut], added, table.iloc[cut:]], ignore_index=True)


def add(tables: Tables, name: str, who: str, number: str, **values: str) -> None:
    """Add a row after the subject's last, numbered on in column ``number``, empty where no value is given."""
    table = tables[name]
    rows = find(tables, name, who)
    at, first = int(rows[-1]) + 1, table.loc[rows[0]]
    new = dict.fromkeys(table.columns, "") | {
        "SITE": str(first["SITE"]),
        "SUBJ": str(first["SUBJ"]),
        "REC_VER": "1",
    }
    new[number] = str(table.loc[rows, number].astype("int64").max() + 1)
    new |= values
    tables[name] = pd.concat(
        [table.iloc[:at], pd.DataFrame([new]).astype("str"), table.iloc[at:]], ignore_index=True
    )


def add_event(tables: Tables, who: str, term: str, start: str, **values: str) -> None:
    """Add an adverse event that is mild, not serious, over and possibly related unless said otherwise."""
    site = who[:2]
    chinese = site == "02"
    related = ("可能有关", "无关") if chinese else ("POSSIBLE", "NOT RELATED")
    usual = {
        "AETERM": term,
        "AESTDAT": start,
        "AEONGO": NO[site],
        "CTCAEGR": "1",
        "AESER": NO[site],
        "RELCART": related[0],
        "RELLD": related[1],
        "RELLK": related[1],
        "AEACN": "NOT APPLICABLE",
        "AEOUT": "痊愈" if chinese else "RECOVERED",
        "AECONTRT": NO[site],
        "DLT": NO[site],
    }
    add(tables, "ae", who, "AESPID", **(usual | values))
