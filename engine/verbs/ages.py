"""Age in completed years: age."""

from __future__ import annotations

from engine.build.derivation import Derivation
from engine.columns import Column, Kind
from engine.dates import compute_age, iso_date
from engine.spec.entries import Entry
from engine.spec.references import RefField
from engine.spec.verbs import verb
from engine.verbs.spans import DATED
from engine.yaml.fields import Model


class Ages(Model):
    """The date of birth, and the date to tell the age at; both may be partial."""

    birth: RefField
    at: RefField


class AgeEntry(Entry):
    """``{age: {birth: BRTHDTC, at: RFICDTC}}``."""

    age: Ages


@verb("age", kind=Kind.NUMBER)
def derive_age(entry: AgeEntry, at: Derivation) -> Column:
    """Completed years from birth to a date, by birthdays.

    A partial date gives an age where every day it allows gives the same one; another is
    refused, or left blank with ``unread: blank``.

    Source: SDTMIG 3.4, section 5.2 (AGE, with AGEU YEARS); ADaMIG 1.3, section 3.2.2 (AAGE).
    """
    part = entry.age
    birth, day = _dates(part.birth, at), _dates(part.at, at)
    found = compute_age(birth.values, day.values)
    shown = "'" + birth.values.fillna("") + "' to '" + day.values.fillna("") + "'"
    made = at.settle("blank" if entry.unread in ("blank", "keep") else None,
                     found.undetermined.to_numpy(dtype=bool), found.years,
                     lambda v: f"{v} does not tell the age", shown, "'unread: blank' leaves it out")
    at.refuse((made < 0).to_numpy(), lambda v: f"{v}: the birth is later", shown)
    return Column(made, Kind.NUMBER)


def _dates(ref: RefField, at: Derivation) -> Column:
    column = at.column(ref)
    if column.kind not in DATED:
        raise at.wrong(f"'{ref}' is a {column.kind.value}, where a date is wanted")
    return column if column.kind is Kind.TEXT else Column(iso_date(column.values), Kind.TEXT)
