"""What is wrong with the values of a dataset, part by part; text is looked at as the bytes it is stored as.

Text is read as if every byte were a character (ISO 8859-1), so that no value of
any file is refused before it is looked at.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from engine.columns import Kind
from engine.xpt import Metadata
from engine.xpt.faults import Faults
from engine.xpt.times import in_range, kind_of

BYTES = "latin-1"
"""The encoding in which each byte is a character of its own."""

_PARTS = ("utf-8", "gb18030")


@dataclass
class ValueCheck:
    """Looks at the values of one dataset; ``longest`` has the bytes of the longest text by variable."""

    file: str
    metadata: Metadata
    encoding: str
    agency: str = ""
    longest: dict[str, int] = field(default_factory=dict)
    special: dict[str, Counter[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.faults = Faults(self.file, self.metadata.name, self.metadata.column_names)
        self._kinds = {v.name: kind_of(v.format) for v in self.metadata.variables if v.type == "Num"}

    def add(self, frame: pd.DataFrame, metadata: Metadata) -> None:
        """Look at a further part."""
        self.faults.first = int(frame.index[0]) if len(frame) else 0
        subjects = frame["USUBJID"] if "USUBJID" in frame and frame["USUBJID"].dtype == "str" else None
        if subjects is not None:
            self.faults.subjects = lambda at: subjects.iloc[at].fillna("").map(told_bytes).tolist()
        for number, variable in enumerate(self.metadata.variables):
            if variable.type == "Char":
                self._text(number, variable.name, texts_of(frame[variable.name]))
            else:
                self._number(number, variable.name, frame[variable.name])
        for name, letters in metadata.special.items():
            self.special.setdefault(name, Counter()).update(letters.tolist())

    def _text(self, number: int, name: str, texts: Any) -> None:
        longest = pc.max(pc.utf8_length(texts)).as_py() if len(texts) else 0
        self.longest[name] = max(self.longest.get(name, 0), longest or 0)
        self._tell(number, "blank", texts, pc.starts_with(texts, " "), "begins with a blank")
        odd = at_of(pc.match_substring_regex(texts, r"[\x00-\x1f\x7f]"))
        if len(odd):
            sign = next(c for c in texts[int(odd[0])].as_py() if c < " " or c == "\x7f")
            self.faults.add(number, "control", odd, f"holds {sign!r}, which is no character to print")
        self._foreign(number, texts, at_of(pc.invert(pc.string_is_ascii(texts))))

    def _tell(self, number: int, kind: str, texts: Any, mask: Any, what: str) -> None:
        at = at_of(mask)
        if len(at):
            first = told_bytes(texts[int(at[0])].as_py())
            self.faults.add(number, kind, at, f"{short(first)} {what}")

    def _foreign(self, number: int, texts: Any, at: np.ndarray) -> None:
        """Texts that are not of the encoding."""
        if not len(at):
            return
        if self.encoding == "ascii":
            first = told_bytes(texts[int(at[0])].as_py())
            odd = next((c for c in first if not c.isascii()), first[:1])
            hint = f"{self.agency} reads ASCII" if self.agency else ""
            self.faults.add(number, "ascii", at, f"{short(first)} holds '{odd}', which is not ASCII", hint)
            return
        coded = texts.take(pa.array(at)).dictionary_encode()
        bad = [not _is(text, self.encoding) for text in coded.dictionary.to_pylist()]
        wrong = at[np.array(bad, dtype=bool)[np.asarray(coded.indices)]]
        if len(wrong):
            stored = texts[int(wrong[0])].as_py().encode(BYTES)
            shown = repr(stored if len(stored) <= 40 else stored[:40] + b"...")
            self.faults.add(number, "encoding", wrong, f"holds {shown}, which is not {self.encoding}",
                            "name the encoding of the values with --encoding")

    def _number(self, number: int, name: str, values: pd.Series) -> None:
        kind = self._kinds[name]
        if kind is Kind.NUMBER:
            return
        at = np.flatnonzero(~in_range(values, kind) & values.notna())
        if len(at):
            format = self.metadata.variables[number].format
            value = values.iloc[int(at[0])]
            self.faults.add(number, "range", at, f"{value:.15g} is no {kind.value} that {format} can show")


def texts_of(values: pd.Series) -> Any:
    """A column of text as one large arrow array, blank as empty."""
    found = pa.array(values.array, from_pandas=True)
    whole = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    return whole.cast(pa.large_string()).fill_null("")


def at_of(mask: Any) -> np.ndarray:
    """The positions where an arrow mask is true."""
    return np.flatnonzero(np.asarray(mask, dtype=bool))


def told_bytes(text: str) -> str:
    """Text of single bytes as it was most likely meant.

    >>> told_bytes("恶心".encode("gb18030").decode("latin-1")), told_bytes("\\xe9")
    ('恶心', 'é')
    """
    if text.isascii():
        return text
    stored = text.encode(BYTES)
    return next((stored.decode(name) for name in _PARTS if _is(text, name)), text)


def short(text: str) -> str:
    """A text in quotes, cut where it is long."""
    return f"'{text if len(text) <= 60 else text[:57] + '...'}'"


def _is(text: str, encoding: str) -> bool:
    try:
        text.encode(BYTES).decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
