"""SAS7BDAT and XPT files: numbers as text, dates by their SAS format in ISO 8601."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyreadstat

from engine.columns import Kind
from engine.readers.source import Cells, Header, Reader, more
from engine.readers.texts import sas_text
from engine.xpt import layout, times


class SasReader(Reader):
    """Reads one SAS dataset with ReadStat."""

    _names: tuple[str, ...] = ()
    _formats: tuple[str, ...] = ()
    _kinds: tuple[str, ...] = ()

    def header(self) -> Header:
        if self._transport:
            self._require_one_dataset()
        _, found = self._read(metadataonly=True)
        self._names = tuple(found.column_names)
        self._formats = tuple(found.original_variable_types[name] or "" for name in self._names)
        self._kinds = tuple(found.readstat_variable_types[name] for name in self._names)
        return Header(self._names, tuple(label or "" for label in found.column_labels), self._formats)

    @property
    def _transport(self) -> bool:
        return (self.source.format or self.source.path.suffix.lower()) in ("xpt", ".xpt")

    def _require_one_dataset(self) -> None:
        data = self.source.path.read_bytes()
        version = layout.version_of(data)
        if version is None:
            raise self.error("is not a SAS transport file")
        count = layout.members(data, version)
        if count != 1:
            raise self.error(f"holds {count} datasets, one is expected")

    def _read(self, **options: Any) -> tuple[Any, Any]:
        """Read with dates as numbers; a SAS7BDAT file states its own encoding."""
        reads = pyreadstat.read_xport if self._transport else pyreadstat.read_sas7bdat
        stated = self.source.encoding if self._transport or self.source.encoding != "utf-8" else None
        options |= {"disable_datetime_conversion": True, "encoding": stated}
        try:
            frame, found = reads(str(self.source.path), **options)
        except pyreadstat.ReadstatError as error:
            told = str(error).strip().rstrip(".").lower()
            if "convert string" in told:
                hint = "write encoding: with the true one, for example gb18030 or cp1252"
                raise self.error(f"holds text that is not {stated or 'in the encoding it states'}",
                                 hint) from error
            what = "transport file" if self._transport else "dataset"
            raise self.error(f"is not a whole SAS {what}: {told}") from error
        return frame, found

    def cells(self, positions: Sequence[int]) -> Cells:
        asked = [self._names[at] for at in positions] or list(self._names[:1])
        frame, _ = self._read(usecols=asked)
        columns = {at: self._texts(frame[self._names[at]], at) for at in positions}
        return Cells(columns, np.arange(1, len(frame) + 1, dtype="int32"))

    def _texts(self, values: Any, at: int) -> Any:
        if self._kinds[at] == "string":
            return pa.array(values, type=pa.large_string(), from_pandas=True)
        kind = times.kind_of(self._formats[at])
        numbers = values.astype("float64")
        if kind is not Kind.NUMBER and not (inside := times.in_range(numbers, kind)).all():
            bad = np.flatnonzero(~inside)
            told = f"{self._names[at]}: {numbers.iloc[bad[0]]} is not a SAS {kind.value}{more(len(bad) - 1)}"
            raise self.error(told, line=int(bad[0]) + 1, records=self.records(bad + 1))
        return sas_text(numbers, kind)
