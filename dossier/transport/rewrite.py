"""Values as they are written for an agency: translated, and in characters of its encoding.

Every value that changes is counted, and every one that cannot be written is a
fault with its record and subject.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from dossier.transport.characters import Characters
from dossier.transport.rules import HAN
from dossier.transport.terms import Terms
from dossier.transport.values import at_of, short, texts_of
from engine.errors import Place, Record
from engine.xpt import Metadata
from engine.xpt.faults import LISTED, Faults

DISTINCT = 1000
"""So many values of a variable that cannot be written are told one by one, the others together."""


@dataclass
class Change:
    """A value that is written otherwise: how, in how many records, and the first of these."""

    dataset: str
    variable: str
    original: str
    written: str
    translated: bool
    count: int = 0
    records: list[Record] = field(default_factory=list)


@dataclass(frozen=True)
class Rules:
    """How the text of a dataset is written.

    ``terms`` are by variable; ``qualifiers`` those of QVAL and ``titles`` those
    of QLABEL in a dataset of supplemental qualifiers, by QNAM.
    """

    characters: Characters
    agency: str
    terms: Mapping[str, Terms] = field(default_factory=dict)
    qualifiers: Mapping[str, Terms] = field(default_factory=dict)
    titles: Mapping[str, Terms] = field(default_factory=dict)
    language: str = "en"
    hint: str = ""

    def for_variable(self, name: str, qualified: bool) -> Mapping[str, Terms]:
        """The terms of a variable by QNAM, or under "" for all records."""
        if qualified and name == "QVAL":
            return self.qualifiers
        if qualified and name == "QLABEL":
            return self.titles
        return {"": self.terms[name]} if name in self.terms else {}


class Rewriter:
    """Rewrites one dataset, part by part; the first time through it notes changes, faults and lengths."""

    def __init__(self, file: str, metadata: Metadata, rules: Rules) -> None:
        self.rules = rules
        self.metadata = metadata
        self.changes: dict[tuple[str, str], Change] = {}
        self.longest: dict[str, int] = {}
        self.faults = Faults(file, metadata.name, metadata.column_names)
        self._file = file
        self._touched: set[str] = set()
        self.untold: dict[str, dict[str, int]] = {}
        """Values by variable that have no Chinese term though others of it have, and in how many records."""
        self._bad: dict[str, set[str]] = {}
        self._numbers = {v.name: n for n, v in enumerate(metadata.variables)}
        self._texts = [v.name for v in metadata.variables if v.type == "Char"]
        self._qualified = {"QNAM", "QVAL"} <= set(self._texts)

    def look(self, frame: pd.DataFrame) -> None:
        """Note what of a part will change, what cannot be written, and how long the texts are."""
        first = int(frame.index[0]) if len(frame) else 0
        self.faults.first = first
        subjects = frame["USUBJID"] if "USUBJID" in self._texts else None

        def named(at: np.ndarray) -> list[str]:
            return [""] * len(at) if subjects is None else subjects.iloc[at].fillna("").tolist()

        self.faults.subjects = named
        for name in self._texts:
            values = frame[name]
            written = self._written(name, values, frame)
            if written is not None:
                self._note(name, values, written, first, named)
                values = written.values
            self._measure(name, values)

    def rewrite(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A part as it is written; only after all parts were looked at."""
        made = {}
        for name in self._touched:
            written = self._written(name, frame[name], frame)
            if written is not None:
                made[name] = written.values
        return frame.assign(**made) if made else frame

    def _written(self, name: str, values: pd.Series, frame: pd.DataFrame) -> _Written | None:
        """A column as it is written, None where nothing changes."""
        texts = texts_of(values)
        at = at_of(pc.match_substring_regex(texts, "[^ -~]"))
        wanted = self.rules.for_variable(name, self._qualified)
        asked = np.zeros(len(values), dtype=bool)
        asked[at] = True
        if "" in wanted:
            asked[:] = True
        elif wanted:
            asked |= frame["QNAM"].isin(list(wanted)).to_numpy(dtype=bool)
        if not asked.any():
            return None
        positions = np.flatnonzero(asked)
        qnam = frame["QNAM"].iloc[positions].fillna("") if wanted and "" not in wanted else None
        return self._mapped(values, positions, wanted, qnam)

    def _mapped(self, values: pd.Series, positions: np.ndarray, wanted: Mapping[str, Terms],
                qnam: pd.Series | None) -> _Written | None:
        """The values at positions, each distinct one looked up once."""
        some = values.iloc[positions].fillna("")
        pairs: list[tuple[str, str]]
        if qnam is None:
            codes, distinct = pd.factorize(some)
            pairs = [(str(text), "") for text in distinct]
        else:
            codes, both = pd.MultiIndex.from_arrays([some, qnam]).factorize()
            pairs = [(str(text), str(name)) for text, name in both]
        found = _Written(values, positions, codes)
        for text, qualifier in pairs:
            term = wanted.get(qualifier, {}).get(text)
            made, bad = self.rules.characters.written(text if term is None else term)
            found.originals.append(text)
            found.made.append(made)
            found.bad.append(bad)
            found.translated.append(term is not None and term != text)
            found.untold.append(term is None and bool(text) and qualifier in wanted)
        if found.originals == found.made and not any(found.bad) and not any(found.untold):
            return None
        found.finish()
        return found

    def _note(self, name: str, values: pd.Series, written: _Written, first: int, named: object) -> None:
        for n, original in enumerate(written.originals):
            bad, made = written.bad[n], written.made[n]
            if written.untold[n] and self.rules.language == "zh" and not HAN.search(original):
                untold = self.untold.setdefault(name, {})
                untold[original] = untold.get(original, 0) + len(written.at(n))
            if not bad and made == original:
                continue
            at = written.at(n)
            if bad:
                self._refuse(name, original, bad, at, made)
                continue
            self._touched.add(name)
            change = self.changes.setdefault((name, original), Change(
                self.metadata.name, name, original, made, written.translated[n]))
            change.count += len(at)
            listed = at[: max(0, LISTED - len(change.records))]
            who = named(listed) if callable(named) else []
            change.records += [Record(Place(self._file, first + int(one) + 1), subject)
                               for one, subject in zip(listed, who, strict=True)]

    def _refuse(self, name: str, original: str, bad: str, at: np.ndarray, made: str) -> None:
        told = self._bad.setdefault(name, set())
        told.add(original)
        signs = ", ".join(f"'{c}'" if c.isprintable() else repr(c) for c in bad[:3])
        more = f" and {len(bad) - 3} more" if len(bad) > 3 else ""
        kind = "ASCII" if self.rules.characters.encoding == "ascii" else self.rules.characters.encoding
        self.faults.add(self._numbers[name], original if len(told) <= DISTINCT else "", at,
                        f"{short(original)} holds {signs}{more}, which is not {kind}", self.rules.hint)

    def _measure(self, name: str, values: pd.Series) -> None:
        """The bytes of the longest text, and a fault where one is longer than the format allows."""
        encoding = self.rules.characters.encoding
        texts = texts_of(values)
        if encoding in ("ascii", "utf-8"):
            sizes = np.asarray(pc.binary_length(texts.cast("large_binary")))
        else:
            coded = texts.dictionary_encode()
            each = [len(text.encode(encoding, "replace")) for text in coded.dictionary.to_pylist()]
            sizes = np.array([*each, 0])[np.asarray(coded.indices)]
        most = int(sizes.max(initial=0))
        self.longest[name] = max(self.longest.get(name, 0), most)
        long = np.flatnonzero(sizes > 200)
        if len(long):
            self.faults.add(self._numbers[name], "long", long, f"text of {sizes[long[0]]} bytes",
                            "version 5 has room for 200")


class _Written:
    """Values of a column that were looked up: each distinct one with what it is written as."""

    def __init__(self, values: pd.Series, positions: np.ndarray, codes: np.ndarray) -> None:
        self.values = values
        self.positions = positions
        self.codes = codes
        self.originals: list[str] = []
        self.made: list[str] = []
        self.bad: list[str] = []
        self.translated: list[bool] = []
        self.untold: list[bool] = []
        self._order = np.argsort(codes, kind="stable")
        self._bounds = np.searchsorted(codes[self._order], np.arange(codes.max(initial=-1) + 2))

    def at(self, number: int) -> np.ndarray:
        """The positions of one of the values."""
        return self.positions[self._order[self._bounds[number] : self._bounds[number + 1]]]

    def finish(self) -> None:
        """Put what is written in the places of what was there."""
        made = pd.Series([text or None for text in self.made], dtype="str").take(self.codes)
        whole = self.values.copy()
        whole.iloc[self.positions] = made.to_numpy()
        self.values = whole
