"""Writes one dataset to one transport file, the same bytes on every run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd

from engine.xpt.checks import Header, HeaderCheck, require_header
from engine.xpt.disk import replacing
from engine.xpt.infer import Given, described
from engine.xpt.model import LIMITS, Metadata, Variable
from engine.xpt.records import Part, RecordWriter, frame_of
from engine.xpt.sources import text_source
from engine.xpt.texts import Encoding

Table = pd.DataFrame | Iterable[Part]
"""What is written: a table, or its parts one after the other."""


def write(frame: Table, path: str | Path, *, name: str | None = None, label: str = "",
          variables: Sequence[Variable] | None = None,
          column_labels: Sequence[str | None] | Mapping[str, str] | None = None,
          variable_format: Mapping[str, str] | None = None,
          variable_informat: Mapping[str, str] | None = None,
          variable_length: Mapping[str, int] | None = None,
          special: Mapping[str, pd.Series] | None = None,
          created: datetime | None = None, version: int = 5,
          encoding: str | Encoding = "ascii", label_encoding: str = "ascii",
          checks: Sequence[HeaderCheck] = ()) -> Metadata:
    """Write ``frame`` to the file ``path`` as the dataset ``name`` (that of the file if not said).

    Either ``variables`` says which columns are written, in which order and how,
    or all are, with labels (also as a list), formats, informats and lengths
    given by name; what is not given is taken from the data: text is as long as
    its longest value, numbers have 8 bytes, dates, datetimes and times the
    formats DATE9., DATETIME20. and TIME8.  A large table may come in parts.

    Text is ``str``, categories, objects or Arrow text; missing, empty and blank
    are the same, and blanks at the end are not kept.  Numbers are of any dtype,
    missing ones ``.``, or as ``special`` says (see :class:`Metadata`); minus
    zero is written as zero, a decimal as the nearest double.  Dates and times
    are what their format shows of them; a ``timedelta`` is a time.  The index is
    not written.

    The file takes its place when all of it is on disk, and is named as the
    dataset, in small letters.  ``created`` is stamped into the headers; without
    it the time of writing is, and no two runs give the same bytes.

    Raises DataError, and leaves what was there, with every name, label, length
    and value that the version cannot hold (in version 5: names of 8, labels of
    40, text of 200 bytes, all ASCII), and with what would be read otherwise than
    it is: a blank last record, text that stands where a header may.  With another ``encoding`` (``gb18030``)
    values may be any text of it; lengths count its bytes, no header says so.
    ``label_encoding`` says the same of labels, ``checks`` are further rules.

    >>> import tempfile
    >>> frame = pd.DataFrame({"USUBJID": ["01-001", "01-002"], "AGE": [54, 61]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(frame, Path(folder, "dm.xpt"), created=datetime(2026, 6, 30)).records
    2
    """
    path = Path(path)
    name = path.stem.upper() if name is None else name
    _require_usable(path, name, version)
    codec = encoding if isinstance(encoding, Encoding) else Encoding(encoding)
    parts = iter([frame] if isinstance(frame, pd.DataFrame) else frame)
    if (first := next(parts, None)) is None:
        raise ValueError("there is no part of the table to write, not even an empty one")
    given = Given(column_labels, variable_format, variable_informat, variable_length)
    if variables is None:
        lengths = _Lengths(codec, LIMITS[version].text, isinstance(frame, pd.DataFrame))
        variables = described(frame_of(first), path.name, name, given, lengths)
    elif given != Given():
        raise ValueError("labels, formats, informats and lengths stand in variables, or are given by name")
    at = (datetime.now() if created is None else created).replace(microsecond=0)
    header = Header(path.name, name, label, tuple(variables), at, version, label_encoding)
    require_header(header, checks)
    with replacing(path) as file:
        records = RecordWriter(header, codec, file).write(first, parts, special or {})
    return Metadata(name, label, version, at, at, records, tuple(variables))


def _require_usable(path: Path, name: str, version: int) -> None:
    """Raise ValueError for a version that does not exist, and a file not named as its dataset."""
    if version not in LIMITS:
        raise ValueError(f"no such version of the transport format: {version}")
    if path.name != f"{name.lower()}.xpt":
        raise ValueError(f"dataset {name} belongs in {name.lower()}.xpt, not in {path.name}")


class _Lengths:
    """Gives the length of a column of text: that of its longest value, or the most that there is room for."""

    def __init__(self, encoding: Encoding, most: int, whole: bool) -> None:
        self._encoding = encoding
        self._most = most
        self._whole = whole

    def __call__(self, values: pd.Series) -> int:
        if not self._whole:
            raise ValueError(f"the length of {values.name} must be given: the table comes in parts")
        return min(self._most, max(1, text_source(values, self._encoding).longest()))
