"""What makes a subject: the columns that name site and subject, and the expression of USUBJID."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from dossier.spec_new.draft import in_expression
from dossier.spec_new.raw import RawTable


@dataclass
class Subjects:
    """The study's rule, and the rules of tables whose columns are others.

    ``site`` is None where the subject's own number says it all.
    """

    site: str | None
    subject: str
    expression: str
    site_column: str | None = None
    own: dict[str, str] = field(default_factory=dict)


def find_subjects(tables: Sequence[RawTable], study: str) -> Subjects | None:
    """The columns most tables have; None where no table names a subject."""
    pairs = Counter((_name(t, "site"), str(_name(t, "subject"))) for t in tables if _name(t, "subject"))
    if not pairs:
        return None
    weights = Counter({pair: count * (1 + (pair[0] is not None)) for pair, count in pairs.items()})
    site_column, subject = weights.most_common(1)[0][0]
    frame = _frame(tables, site_column, subject)
    inside = site_column is not None and _holds(frame[subject], frame[site_column])
    whole = _starts_with(frame[subject], study)
    site = None if site_column is None or inside or whole else site_column
    parts = [in_expression(name) for name in (site, subject) if name]
    expression = " || '-' || ".join([*([] if whole else ["study.id"]), *parts])
    found = Subjects(site, subject, expression, site_column)
    known = set(_made(frame, found, study))
    for table in tables:
        if subject not in table.columns or (site is not None and site not in table.columns):
            rule = _own_rule(table, study, known)
            if rule is not None:
                found.own[table.name] = rule
    return found


def _name(table: RawTable, role: str) -> str | None:
    column = table.first(role)
    return column.name if column else None


def _frame(tables: Sequence[RawTable], site: str | None, subject: str) -> pd.DataFrame:
    names = [name for name in (site, subject) if name]
    parts = [t.frame[names] for t in tables if all(name in t.columns for name in names)]
    return pd.concat(parts, ignore_index=True).dropna().drop_duplicates()


def _holds(subjects: pd.Series, sites: pd.Series) -> bool:
    """Whether a subject's number begins with its site's."""
    hits = [str(s).upper().startswith(str(t).upper()) for s, t in zip(subjects, sites, strict=True)]
    longer = [len(str(s)) > len(str(t)) for s, t in zip(subjects, sites, strict=True)]
    return bool(hits) and sum(hits) >= 0.95 * len(hits) and all(longer)


def _starts_with(values: pd.Series, study: str) -> bool:
    upper = values.dropna().str.upper()
    return len(upper) > 0 and bool(upper.str.startswith(study.upper() + "-").mean() > 0.95)


def _made(frame: pd.DataFrame, rule: Subjects, study: str) -> pd.Series:
    made = frame[rule.subject].astype("str")
    if rule.site is not None:
        made = frame[rule.site].astype("str") + "-" + made
    return made if not rule.expression.startswith("study.id") else study + "-" + made


def _own_rule(table: RawTable, study: str, known: set[str]) -> str | None:
    """The rule that gives known subjects from another column: as it is, or with the study before it."""
    name = _name(table, "subject")
    if name is None:
        return None
    column, values = in_expression(name), table.frame[name].dropna()
    upper = values.str.upper()
    whole, short = upper.isin(known), (study + "-" + values).isin(known)
    if not (whole | short).any():
        return None
    if not short.any():
        return column if values.isin(known).all() else f"UPPER({column})"
    if not (whole & ~short).any():
        return f"study.id || '-' || {column}"
    return (f"CASE WHEN UPPER({column}) LIKE '{study}-%' THEN UPPER({column}) "
            f"ELSE study.id || '-' || {column} END")
