"""Parquet files: each type as text, the way the other readers give it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.readers.source import Cells, Header, Reader, Source, more
from engine.readers.texts import by_distinct, shortest


class ParquetReader(Reader):
    """Reads one Parquet file."""

    def __init__(self, source: Source, table: str) -> None:
        super().__init__(source, table)
        try:
            self._file = pq.ParquetFile(source.path)
        except pa.ArrowInvalid as error:
            raise self.error("is not a Parquet file") from error

    def close(self) -> None:
        self._file.close()

    def header(self) -> Header:
        names = tuple(self._file.schema_arrow.names)
        return Header(names, ("",) * len(names))

    def cells(self, positions: Sequence[int]) -> Cells:
        names = self._file.schema_arrow.names
        plain = all("." not in names[at] for at in positions)  # a dot would mean a part of a nested column
        table = self._file.read(columns=[names[at] for at in positions] if plain else None)
        rows = np.arange(1, self._file.metadata.num_rows + 1, dtype="int32")
        columns = {}
        for at in positions:
            texts = arrow_text(table.column(names[at]).combine_chunks())
            if texts is None:
                kind = table.schema.field(names[at]).type
                raise self.error(f"column '{names[at]}' holds {kind}, not plain values")
            columns[at] = texts
            self._require_no_nul(texts, names[at])
        return Cells(columns, rows)

    def _require_no_nul(self, texts: Any, name: str) -> None:
        bad = np.flatnonzero(np.asarray(pc.match_substring(texts, "\0").fill_null(False), dtype=bool))
        if len(bad):
            raise self.error(f"column '{name}' holds a NUL character" + more(len(bad) - 1),
                             line=int(bad[0]) + 1, records=self.records(bad + 1))


def arrow_text(values: Any) -> Any:
    """An arrow array as text, or None for a type that has no plain text.

    >>> arrow_text(pa.array([1.0, None, 2.5])).to_pylist()
    ['1', None, '2.5']
    >>> arrow_text(pa.array([True, None])).to_pylist()
    ['TRUE', None]
    """
    kind, text = values.type, pa.large_string()
    if pa.types.is_dictionary(kind):
        return arrow_text(values.dictionary_decode())
    if pa.types.is_boolean(kind):
        return pc.if_else(values, "TRUE", "FALSE").cast(text)
    if pa.types.is_floating(kind):
        numbers = values.to_numpy(zero_copy_only=False)
        return by_distinct(numbers, shortest)
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        return _moments(values)
    if pa.types.is_date(kind):
        return values.cast(pa.date32()).cast(text)
    plain = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view,
             pa.types.is_integer, pa.types.is_decimal, pa.types.is_null)
    return values.cast(text) if any(test(kind) for test in plain) else None


def _moments(values: Any) -> Any:
    """Timestamps and times in ISO 8601, to the microsecond at most."""
    kind = values.type
    coarse = pa.timestamp("us", kind.tz) if pa.types.is_timestamp(kind) else pa.time64("us")
    encoded = values.cast(coarse, safe=False).dictionary_encode()
    texts = pa.array([value.as_py().isoformat() for value in encoded.dictionary], type=pa.large_string())
    return texts.take(encoded.indices)
