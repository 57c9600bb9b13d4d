"""SAS7BDAT and XPT files: numbers as text, dates by their SAS format in ISO 8601."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyreadstat

from engine import xpt
from engine.columns import Kind
from engine.errors import DataError, Problem
from engine.readers.source import Cells, Header, Reader, more
from engine.readers.texts import sas_text
from engine.xpt import times

ENCODING_HINT = "write encoding: with the true one, for example gb18030 or cp1252"


class SasReader(Reader):
    """Reads one SAS dataset: SAS7BDAT with ReadStat, XPT with the project's own reader."""

    _names: tuple[str, ...] = ()
    _formats: tuple[str, ...] = ()
    _kinds: tuple[str, ...] = ()

    def header(self) -> Header:
        read = self._transported if self._transport else self._read
        _, found = read(metadataonly=True)
        self._names = tuple(found.column_names)
        formats = found.original_variable_types
        self._formats = tuple((formats[name] or "").removesuffix(".") for name in self._names)
        if isinstance(found, xpt.Metadata):
            self._kinds = tuple("string" if v.type == "Char" else "double" for v in found.variables)
        else:
            self._kinds = tuple(found.readstat_variable_types[name] for name in self._names)
        return Header(self._names, tuple(label or "" for label in found.column_labels), self._formats)

    @property
    def _transport(self) -> bool:
        return (self.source.format or self.source.path.suffix.lower()) in ("xpt", ".xpt")

    def _transported(self, **options: Any) -> tuple[Any, xpt.Metadata]:
        """Read a transport file with dates as numbers; its faults are told as those of the raw table."""
        try:
            codec = xpt.Encoding(self.source.encoding)
        except ValueError:
            told = f"text of an XPT file cannot be in {self.source.encoding}"
            raise self.error(told, ENCODING_HINT) from None
        try:
            return xpt.read(self.source.path, encoding=codec.name, disable_datetime_conversion=True,
                            shown=self.source.file, **options)
        except DataError as error:
            raise DataError(self._told(problem) for problem in error.problems) from None

    def _told(self, problem: Problem) -> Problem:
        """A problem of a transport file as one of the raw table."""
        variable = problem.subject.rpartition(".")[2]
        message = f"{variable}: {problem.message}" if variable else problem.message
        hint = ENCODING_HINT if problem.hint == xpt.ENCODING_HINT else problem.hint
        return replace(problem, subject=self.table, message=message, hint=hint, spec=self.source.place)

    def _read(self, **options: Any) -> tuple[Any, Any]:
        """Read a SAS7BDAT file with dates as numbers; it states its own encoding."""
        stated = self.source.encoding if self.source.encoding != "utf-8" else None
        options |= {"disable_datetime_conversion": True, "encoding": stated}
        try:
            frame, found = pyreadstat.read_sas7bdat(str(self.source.path), **options)
        except (pyreadstat.ReadstatError, UnicodeDecodeError) as error:
            told = str(error).strip().rstrip(".").lower()
            if "convert string" in told or isinstance(error, UnicodeDecodeError):
                raise self.error(f"holds text that is not {stated or 'in the encoding it states'}",
                                 ENCODING_HINT) from error
            raise self.error(f"is not a whole SAS dataset: {told}") from error
        return frame, found

    def cells(self, positions: Sequence[int]) -> Cells:
        asked = [self._names[at] for at in positions] or list(self._names[:1])
        read = self._transported if self._transport else self._read
        frame, _ = read(usecols=asked)
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
