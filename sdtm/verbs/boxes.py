"""Several check boxes to one value: choose."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engine.build.derivation import Derivation
from engine.columns import Column, Kind, blank, repeated
from engine.spec.entries import Entry
from engine.spec.references import RefField
from engine.spec.verbs import verb
from engine.yaml.fields import Key, MapOf, OneOrMany, TextField


class Choose(Entry):
    """``{choose: {VALUE: COLUMN}, ticked, unticked, many, supplemental}``.

    Any text ticks a box if ``ticked`` is not given; else text that is neither
    ``ticked`` nor ``unticked`` follows ``unread``.  With ``many`` several boxes give
    that value, and the single ones go to supplemental qualifiers PREFIX1, PREFIX2 ...
    """

    choose: MapOf[Key, RefField]
    ticked: OneOrMany[TextField] | None = None
    unticked: OneOrMany[TextField] | None = None
    many: TextField | None = None
    supplemental: TextField | None = None

    def brings(self) -> tuple[str, ...]:
        """``many`` need be no term: MULTIPLE is none of RACE (SDTMIG 3.4, 5.2)."""
        return () if self.many is None else (str(self.many),)

    def also_makes(self, variable: str) -> tuple[str, ...]:
        """The supplemental qualifiers: as many as there are boxes."""
        if self.supplemental is None:
            return ()
        return tuple(f"{self.supplemental}{n}" for n in range(1, len(self.choose) + 1))

    def also_supplemental(self, variable: str) -> tuple[str, ...]:
        """All of them are."""
        return self.also_makes(variable)


@verb("choose", layer="sdtm")
def derive_choose(entry: Choose, at: Derivation) -> dict[str, Column]:
    """The value of the check box that is ticked, blank where none is.

    Source: SDTMIG 3.4, sections 4.2.8.3 (several values) and 5.2 (RACE MULTIPLE, with the
    races in SUPPDM).
    """
    names = [str(name) for name in entry.choose]
    hits = np.stack([_ticked(entry, column, at) for column in entry.choose.values()], axis=1)
    count = hits.sum(axis=1)
    values = blank(at.index, Kind.TEXT)
    for number in reversed(range(len(names))):
        values = values.mask(hits[:, number], names[number])
    if entry.many is not None:
        values = values.mask(count > 1, str(entry.many))
    elif (count > 1).any():
        listed = _listed(names, hits)
        at.refuse(count > 1, lambda v: f"several boxes are ticked: {v}", listed,
                  "'many' says what several mean")
    made = {at.variable: Column(values, Kind.TEXT)}
    several = hits & (count > 1)[:, None]
    place = np.cumsum(several, axis=1)
    for number, name in enumerate(entry.also_makes(at.variable), start=1):
        single = blank(at.index, Kind.TEXT)
        for box, value in enumerate(names):
            single = single.mask(several[:, box] & (place[:, box] == number), value)
        made[name] = Column(single, Kind.TEXT)
    return made


def _ticked(entry: Choose, ref: RefField, at: Derivation) -> np.ndarray:
    values = at.text(ref)
    if entry.ticked is None:
        return values.notna().to_numpy()
    yes = {str(word).casefold() for word in entry.ticked}
    no = {str(word).casefold() for word in entry.unticked or ()}
    folded = values.str.strip().str.casefold()
    hit = folded.isin(yes).to_numpy()
    stray = (values.notna() & ~folded.isin(yes | no)).to_numpy()
    if entry.unread in (None, "error"):
        at.refuse(stray, lambda v: f"'{v}' in {ref} neither ticks the box nor leaves it empty", values,
                  "add it to 'ticked' or to 'unticked'")
    else:
        at.note(stray, lambda v: f"'{v}' in {ref} is taken as not ticked", values)
    return hit


def _listed(names: list[str], hits: np.ndarray) -> pd.Series:
    """The ticked boxes of each record, for a message."""
    made = repeated("", pd.RangeIndex(len(hits)))
    for number, name in enumerate(names):
        one = np.where(made == "", name, ", " + name)
        made = made.where(~hits[:, number], made + one)
    return made
