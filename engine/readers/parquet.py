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

MOST_RECORDS = 20_000_000
MOST_BYTES = 4 << 30  # unpacked


class ParquetReader(Reader):
    """Reads one Parquet file."""

    def __init__(self, source: Source, table: str) -> None:
        super().__init__(source, table)
        try:
            schema = pq.read_schema(source.path)
            texts = [field.name for field in schema if _is_text(field.type)]
            self._file = pq.ParquetFile(source.path, read_dictionary=texts)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise self.error("is not a Parquet file") from error
        self._require_bounded()

    def _require_bounded(self) -> None:
        """Refuse what a few bytes can claim: a column that repeats a value costs nothing in the file."""
        found = self._file.metadata
        if found.num_rows > MOST_RECORDS:
            raise self.error(f"has {found.num_rows:,} records, {MOST_RECORDS:,} at most", "split the file")
        size = sum(found.row_group(n).total_byte_size for n in range(found.num_row_groups))
        if size > MOST_BYTES:
            raise self.error(f"unpacks to {size >> 20:,} MiB, {MOST_BYTES >> 20:,} MiB at most",
                             "split the file")

    def close(self) -> None:
        self._file.close()

    def header(self) -> Header:
        names = tuple(self._file.schema_arrow.names)
        return Header(names, ("",) * len(names))

    def cells(self, positions: Sequence[int]) -> Cells:
        names = self._file.schema_arrow.names
        plain = all("." not in names[at] for at in positions)  # a dot would mean a part of a nested column
        try:
            table = self._file.read(columns=[names[at] for at in positions] if plain else None)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise self.error(f"is a damaged Parquet file ({error})") from error
        rows = np.arange(1, self._file.metadata.num_rows + 1, dtype="int32")
        columns = {}
        for at in positions:
            try:
                texts = _by_codes(table.column(names[at]))
            except (OverflowError, ValueError) as error:  # bytes that are no text, or beyond the calendar
                raise self.error(f"column '{names[at]}' holds what cannot be written as text ({error})"
                                 ) from error
            if texts is None:
                kind = table.schema.field(names[at]).type
                raise self.error(f"column '{names[at]}' holds {kind}, not plain values")
            columns[at] = texts
            self._require_no_nul(texts, names[at])
        return Cells(columns, rows)

    def _require_no_nul(self, texts: Any, name: str) -> None:
        odd = pc.match_substring(texts.dictionary, "\0").fill_null(False)
        if not pc.any(odd).as_py():
            return
        bad = np.flatnonzero(np.asarray(odd.take(texts.indices).fill_null(False), dtype=bool))
        if len(bad):
            raise self.error(f"column '{name}' holds a NUL character" + more(len(bad) - 1),
                             line=int(bad[0]) + 1, records=self.records(bad + 1))


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _by_codes(column: Any) -> Any:
    """A column by codes, its distinct values written as text; None for a type that has no plain text."""
    if column.num_chunks > 1 and pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    if pa.types.is_string_view(column.type):
        column = column.cast(pa.large_string())
    try:
        encoded = column.combine_chunks()
        encoded = encoded if pa.types.is_dictionary(encoded.type) else encoded.dictionary_encode()
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):  # nested values have no codes
        return None
    encoded.dictionary.validate(full=True)  # a file may call any bytes text
    texts = arrow_text(encoded.dictionary)
    return None if texts is None else pa.DictionaryArray.from_arrays(encoded.indices, texts, safe=False)


def arrow_text(values: Any) -> Any:
    """An arrow array as text, or None for a type that has no plain text.

    >>> arrow_text(pa.array([1.0, None, 2.5])).to_pylist()
    ['1', None, '2.5']
    >>> arrow_text(pa.array([True, None])).to_pylist()
    ['TRUE', None]
    """
    kind, text = values.type, pa.large_string()
    if pa.types.is_boolean(kind):
        return pc.if_else(values, "TRUE", "FALSE").cast(text)
    if pa.types.is_floating(kind):
        return by_distinct(values.to_numpy(zero_copy_only=False), shortest)
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        return _moments(values)
    if pa.types.is_date(kind):
        return values.cast(pa.date32()).cast(text)
    plain = (_is_text, pa.types.is_integer, pa.types.is_decimal, pa.types.is_null)
    return values.cast(text) if any(test(kind) for test in plain) else None


def _moments(values: Any) -> Any:
    """Timestamps and times in ISO 8601, to the microsecond at most."""
    kind = values.type
    coarse = pa.timestamp("us", kind.tz) if pa.types.is_timestamp(kind) else pa.time64("us")
    fine = str(kind).startswith(("timestamp[ns", "time64[ns"))
    encoded = values.cast(coarse, safe=not fine).dictionary_encode()
    texts = pa.array([value.as_py().isoformat() for value in encoded.dictionary], type=pa.large_string())
    return texts.take(encoded.indices)
